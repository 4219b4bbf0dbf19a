"""Columns of any library as numpy arrays: numbers as floats, the rest as categories."""

import secrets
from collections import Counter
from hashlib import blake2b
from numbers import Real

import numpy as np

from skdime._rows.cells import is_missing
from skdime._rows.containers import container_of
from skdime._rows.scales import CATEGORY

# What stands for None, NaN, NaT and NA among categories.
MISSING = "<missing>"


def scale(column):
    """What the values of a column are: "number", "date", "ordered" or "category".

    It is judged by the dtype, and for objects by their types. Numbers are floats,
    integers, decimals, durations and times of the day; dates are times and periods;
    ordered are intervals and the levels of ordered categories. Booleans, other
    categories, strings and all else are categories.
    """
    return container_of(column).scale(column)


def is_number(column):
    """Whether the values of a column lie on a scale: numbers, dates, ordered levels."""
    return scale(column) != CATEGORY


def as_numbers(column):
    """A column that :func:`is_number` as float64, missing values as nan.

    Dates count days, seconds or their dtype's unit, ordered levels their rank.
    """
    return container_of(column).as_numbers(column)


def as_labels(column):
    """A column as a list of hashable values, all missing ones alike."""
    labels = [MISSING if is_missing(value) else value for value in _items(column)]
    try:
        hash(tuple(labels))
    except TypeError as error:
        raise ValueError(
            "A table column holds arrays or lists, which are neither numbers nor "
            "categories. Give such columns a modality and a perturber of their own."
        ) from error
    return labels


def as_texts(column):
    """A column as a list of strings; numbers keep all their digits."""
    # a float32 is 0.1 in its own digits, 0.10000000149011612 in those of Python
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "f":
        return np.asarray(column).astype(str).tolist()
    return [str(item) for item in _items(column)]


class Codes:
    """Integer codes of labels; the same label always has the same code.

    Labels are stored as hashes: codes ask for equality only, and names of persons are
    labels, too.

    Parameters
    ----------
    labels : list of hashable
        The labels that get codes 0, 1, 2, ... Any other label has code -1.
    min_count : int, default=1
        How often a label must occur to get a code.
    """

    def __init__(self, labels, min_count=1):
        self._key = secrets.token_bytes(16)
        self._code = {}
        for label, count in Counter(labels).items():
            if count >= min_count:
                self._code[self._hash(label)] = len(self._code)

    def __call__(self, labels):
        code = {label: self._code.get(self._hash(label), -1) for label in set(labels)}
        return np.array([code[label] for label in labels], dtype=int)

    def _hash(self, label):
        """A keyed hash of a text, number or date; other labels are themselves."""
        if isinstance(label, str):
            content = b"s" + label.encode("utf-8", "surrogatepass")
        elif isinstance(label, bytes):
            content = b"b" + label
        elif isinstance(label, Real):  # 1, 1.0 and True are one label
            content = f"n{int(label) if label % 1 == 0 else float(label)}".encode()
        elif hasattr(label, "isoformat"):
            content = f"t{label.isoformat()}".encode()
        else:
            return label
        return blake2b(content, digest_size=16, key=self._key).digest()


def _items(column):
    return column.tolist() if isinstance(column, np.ndarray) else column.to_list()
