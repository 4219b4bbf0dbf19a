"""What a column of a table is taken for, and what else it may be."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from skdime._rows.cells import is_missing
from skdime._rows.containers import is_categorical, take
from skdime._rows.values import MISSING, as_labels, as_numbers, as_texts, scale
from skdime._utils.listed import shortened
from skdime.perturbers._cell_kinds import look_at_levels

# Share of rows with a string of their own, from which strings may be texts.
_DIFFERENT = 0.5
# Words that texts have on average: names of categories have one or two.
_WORDS = 3
# Whole numbers of so few values, each in so many rows, may be codes of categories.
_FEW_LEVELS, _ROWS_A_LEVEL = 12, 5
# Share of rows with a number from which the other ones are marks of what is missing.
_MOSTLY = 0.8


class ColumnChoice(NamedTuple):
    """What a column is taken for.

    Attributes
    ----------
    taken_for : {"number", "date", "ordered", "category"}
    why : str
    n_levels : int
        Different values that are not missing.
    average : str
    may_be : str, default=""
        What else it may be; empty where the choice is clear.
    is_close : bool, default=False
        Whether what else it may be would give quite other coefficients.
    """

    taken_for: str
    why: str
    n_levels: int
    average: str
    may_be: str = ""
    is_close: bool = False


def column_choice(values, is_category, is_named):
    """What a column of a table is taken for.

    Parameters
    ----------
    values : column
    is_category : bool
        Whether its perturber takes it for categories.
    is_named : bool
        Whether it was said so by name.
    """
    why = "named in categorical_features" if is_named else f"dtype {values.dtype}"
    if is_category:
        choice = _category(values, why)
    else:
        choice = _on_scale(values, why)
    return choice._replace(may_be="", is_close=False) if is_named else choice


def _on_scale(values, why):
    try:
        kind, numbers = scale(values), as_numbers(values)
    except (TypeError, ValueError):  # `fit` raises an error that names the column
        return ColumnChoice("number", why, 0, "no numbers")
    present = np.flatnonzero(~np.isnan(numbers))
    levels = np.unique(numbers[present])
    if not len(present):
        return ColumnChoice("number", f"{why}, all missing", 0, "")
    if kind != "number":
        middle = present[np.argsort(numbers[present], kind="stable")[len(present) // 2]]
        (median,) = as_texts(take(values, [middle]))
        return ColumnChoice(kind, why, len(levels), f"median {shortened(median)}")
    average = f"mean {numbers[present].mean():.4g}"
    choice = ColumnChoice("number", why, len(levels), average)
    whole = bool((levels == np.rint(levels)).all())
    few = len(levels) <= min(_FEW_LEVELS, len(present) / _ROWS_A_LEVEL)
    # of two values a line and a category are the same
    may_be_codes = whole and few and len(levels) > 2
    return choice._replace(may_be="a category" * may_be_codes)


def _category(values, why):
    counts = Counter(as_labels(values))
    n_levels = len(counts) - (MISSING in counts)
    level, count = counts.most_common(1)[0]
    average = f"{shortened(level)} ({count / counts.total():.0%})"
    choice = ColumnChoice("category", why, n_levels, average)
    if is_categorical(values):
        return choice
    del counts[MISSING]
    if not counts:
        return choice
    are_texts = all(isinstance(level, str) for level in counts)
    if are_texts and all(map(_is_number, counts)):
        return choice._replace(may_be="a number, written as text", is_close=True)
    text = _text_among_numbers(counts)
    if text is not None:
        may_be = f"a number, in a column with texts such as {shortened(repr(text))}"
        return choice._replace(may_be=may_be, is_close=True)
    if not are_texts:
        return choice
    look = look_at_levels(counts, counts.total())
    if look.different > _DIFFERENT and look.n_words >= _WORDS:
        return choice._replace(may_be="a text", is_close=True)
    return choice


def _text_among_numbers(counts):
    """The first text of a column in which nearly all rows have a number."""
    numbers = [level for level in counts if _is_number(level)]
    n_rows = sum(counts[level] for level in numbers)
    if len(numbers) <= _FEW_LEVELS or n_rows < _MOSTLY * counts.total():
        return None
    return next((x for x in counts if isinstance(x, str) and not _is_number(x)), None)


def _is_number(level):
    try:
        return not isinstance(level, bool) and not is_missing(float(level))
    except (TypeError, ValueError):
        return False
