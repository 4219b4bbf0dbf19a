"""What cells look like: texts, sets of codes, sets of objects, series."""

from collections import Counter
from itertools import chain, islice
from numbers import Integral
from typing import NamedTuple

import numpy as np

from skdime._rows.cells import is_missing
from skdime.perturbers._set_cells import numbers_of
from skdime.perturbers._tokens import token_spans

# Texts that are read to count their words: more hardly change the mean.
_MOST_READ = 500
# Series of this many whole numbers, or fewer, may be codes.
_SHORT = 20
# Series of so few channels are usual (axes of a sensor), sets of so few objects too,
# but sets have so few in some rows only.
_FEW_CHANNELS = 8
# Numbers of one box, with its score and class.
_BOX = range(3, 9)
# Columns of an array that may be points in time: tables of fewer are usual. Squares of
# differences of neighbours, relative to those of any two: 1 for noise, 0.78 for the
# columns of scikit-learn's breast cancer and 0.69 for those of its digits, 0.32 for 40
# days of temperatures in Seattle, 0.16 for sines in noise.
_FEWEST_POINTS, _SMOOTH = 16, 0.5
# Correlation of neighbours below which points have no order in time.
_NO_ORDER = 0.3


class TextLook(NamedTuple):
    """What strings look like.

    Attributes
    ----------
    n_levels : int
        Different strings.
    different : float
        Share of strings that differ from all before them.
    n_words : float
        Words of a string with more letters than other characters, on average.
    shared : float
        Share of these words that other strings have, too.
    """

    n_levels: int
    different: float
    n_words: float
    shared: float


def look_at_texts(texts):
    """What strings look like.

    Parameters
    ----------
    texts : list of str
    """
    return look_at_levels(dict.fromkeys(texts), len(texts))


def look_at_levels(levels, n_texts):
    """What strings look like, of which there are `n_texts`, some of them the same.

    Parameters
    ----------
    levels : iterable of str
        Each once.
    n_texts : int
    """
    words = [_words(text) for text in islice(levels, _MOST_READ)]
    holders = Counter(chain(*map(set, words)))
    every = [holders[word] > 1 for word in chain(*words)]
    return TextLook(
        n_levels=len(levels),
        different=len(levels) / n_texts,
        n_words=len(every) / len(words),
        shared=float(np.mean(every)) if every else 0.0,
    )


def _words(text):
    """Words that are written by letters: numbers, dates and times have none."""
    words = [text[start:stop] for start, stop in token_spans(text, "words")]
    return [word for word in words if 2 * sum(map(str.isalpha, word)) >= len(word)]


def are_codes(rows):
    """Whether cells list codes: "sure", "likely", "unlikely" or "no".

    Strings are codes. Integers are codes where rows list different numbers of them
    and none twice, as rows of diagnoses do; series have one length, or repeat values.

    Parameters
    ----------
    rows : list of cells, none of them missing
    """
    if all(isinstance(cell, (set, frozenset)) for cell in rows):
        return "sure"
    if not all(isinstance(cell, (list, tuple, np.ndarray)) for cell in rows):
        return "no"
    rows = [cell.tolist() if isinstance(cell, np.ndarray) else cell for cell in rows]
    lists = [[item for item in cell if not is_missing(item)] for cell in rows]
    items = list(chain(*lists))
    if not items:
        return "no"
    if all(isinstance(item, str) for item in items):
        return "sure"
    if not all(isinstance(v, Integral) and not isinstance(v, bool) for v in items):
        return "no"
    return _are_integer_codes(lists)


def _are_integer_codes(lists):
    lengths = np.array(list(map(len, lists)))
    repeats = np.array([len(items) - len(set(items)) for items in lists])
    if np.ptp(lengths):
        if np.mean(repeats > 0) <= 0.1:
            return "sure"
        return "likely" if repeats.sum() <= 0.3 * lengths.sum() else "unlikely"
    if lengths[0] > _SHORT:
        return "no"
    return "likely" if not repeats.any() else "unlikely"


def are_objects(rows):
    """Whether cells are sets of objects: "sure", "likely", "unlikely" or "no".

    Parameters
    ----------
    rows : list of cells, none of them missing
        Arrays or lists of two dimensions, lists of any objects, or tuples of arrays
        and lists of several keys.
    """
    if not all(isinstance(cell, (list, tuple, np.ndarray)) for cell in rows):
        return "no"
    if any(isinstance(item, dict) for item in chain(*rows)):
        return "sure"
    shapes = {shape_of(cell) for cell in rows}
    if any(len(shape) != 2 for shape in shapes - {(0,)}):
        return "no"
    shapes -= {(0,)}
    lengths, widths = zip(*shapes, strict=True) if shapes else ((), ())
    if len(set(lengths)) > 1 and len(set(widths)) == 1:
        return "likely"
    if len(shapes) != 1:
        return "no"
    n, width = next(iter(shapes))
    is_box = n > width and width in _BOX
    if is_box or (n >= _FEW_CHANNELS and _resemblance(rows) < _NO_ORDER):
        return "unlikely"
    return "no"


def are_parallel(rows, n_keys):
    """Whether tuples hold different numbers of the same objects, such as their boxes.

    Parameters
    ----------
    rows : list of tuple
    n_keys : int
    """
    shapes = [[shape_of(part) for part in cell] for cell in rows]
    if n_keys < 2 or any(len(s) != n_keys for s in shapes):
        return False
    parallel = all(len({shape[:1] for shape in s}) == 1 and s[0] for s in shapes)
    # channels, and images, have one shape under all keys
    return parallel and any(len(set(s)) > 1 for s in shapes)


def are_points_in_time(array):
    """Whether neighbouring columns of a table resemble each other, as in a series.

    It is von Neumann's ratio of columns on one scale, over rows.

    Parameters
    ----------
    array : ndarray of shape (n_rows, n_columns)
    """
    if array.ndim != 2 or array.dtype.kind not in "iuf":
        return False
    values = array[:_MOST_READ].astype(float)
    values = values[:, np.isfinite(values).all(axis=0)]
    values = values[:, values.std(axis=0) > 0]
    if values.shape[1] < _FEWEST_POINTS:
        return False
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    neighbours = np.square(np.diff(values, axis=1)).mean()
    return neighbours < _SMOOTH * 2 * values.var(axis=1, ddof=1).mean()


def shape_of(cell):
    """The shape of an array or of lists; () for lists of unequal length."""
    try:
        return np.shape(cell)
    except ValueError:  # of unequal length
        return ()


def _resemblance(rows):
    """Correlation of neighbours along the last axis, as series have it."""
    values = numbers_of(rows[:50])
    if values is None:
        return 1.0
    values = values - np.nanmean(values, axis=-1, keepdims=True)
    products = np.nanmean(values[..., 1:] * values[..., :-1])
    return products / max(np.nanmean(values**2), np.finfo(float).tiny)
