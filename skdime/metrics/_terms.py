"""What rows hold in a feature: a number, or whether it is a level."""

from typing import NamedTuple

import numpy as np

from skdime._utils.texts import numbers

# Levels of a category that fewer rows have say little of rows to come.
_LEAST_ROWS = 0.05
# Numbers that differ by less, relative to their size, are the same but for rounding.
_ROUNDING = 1e-12
# Cells that libraries write for no number.
_MISSING = ("nan", "NaN", "None", "NaT", "<NA>")


class Term(NamedTuple):
    """A feature that is a number, or one level of a feature.

    Attributes
    ----------
    feature : int
        Position of the feature.
    level : str
        The value that rows have; empty for numbers, and where all rows have the same.
    numeric : bool
        Whether rows differ in a number rather than in having the level.
    values : ndarray of shape (n_rows,)
        Numbers, nan for rows without any; 1 for rows with the level and 0 for others.
    scaled : ndarray of shape (n_rows,)
        Numbers, centred and divided by their standard deviation; 1 for rows with the
        level; nan for rows without the feature or level.
    """

    feature: int
    level: str
    numeric: bool
    values: np.ndarray
    scaled: np.ndarray


def terms_of(texts):
    """Terms of every feature, by what rows hold.

    Parameters
    ----------
    texts : ndarray of str of shape (n_rows, n_features)
        Empty where a row does not have the feature.

    Returns
    -------
    terms : list of Term
    """
    return [term for f in range(texts.shape[1]) for term in _terms(f, texts[:, f])]


def _terms(feature, texts):
    present = (texts != "") & ~np.isin(texts, _MISSING)
    values = numbers(texts)
    if present.any() and np.isfinite(values[present]).all():
        spread = values[present].std()
        if spread > _ROUNDING * np.abs(values[present]).max():
            centred = values - values[present].mean()
            yield Term(feature, "", True, values, centred / spread)
        return
    levels, counts = np.unique(texts[present], return_counts=True)
    for level in levels[counts >= max(2, _LEAST_ROWS * len(texts))]:
        name = str(level) if len(levels) > 1 else ""
        has_level = texts == level
        scaled = np.where(has_level, 1.0, np.nan)
        yield Term(feature, name, False, has_level.astype(float), scaled)
