"""The sets that rows hold: codes, texts that list them, and objects with numbers."""

from numbers import Number
from typing import NamedTuple

import numpy as np

from skdime._rows.cells import as_dtype, is_missing, objects

# What separates codes in a text, the surest first: a comma may belong to a name.
SEPARATORS = (";", "|", ",", None)


class Elements(NamedTuple):
    """The elements of a set, each of them once.

    Attributes
    ----------
    items : list
        Codes; of objects what every part has there, or a tuple of it.
    element_of : ndarray of int of shape (n_positions,)
        For every position in the cell its element; -1 for missing codes and padding.
    are_codes : bool
        Whether elements are told by their value. Objects are told by their position.
    """

    items: list
    element_of: np.ndarray
    are_codes: bool

    @property
    def positions(self):
        """Where every element stands first, ndarray of int of shape (n_elements,)."""
        return np.array(
            [np.argmax(self.element_of == k) for k in range(len(self.items))], dtype=int
        )


def parts_of(cell, n_keys):
    """What a row holds under every key, or None if the modality has a single one."""
    several = isinstance(cell, tuple) or _is_object_array(cell)
    if several and len(cell) == n_keys > 1 and all(map(_is_collection, cell)):
        return list(cell)
    return None


def elements_of(cell, n_keys, separator):
    """Read the elements of one cell.

    Parameters
    ----------
    cell : str, set, list, tuple, ndarray, or missing
    n_keys : int
        Keys or columns of the modality.
    separator : str or None
        Of codes in a text; None is white space.

    Raises
    ------
    TypeError, ValueError
        If the cell is no collection, or its parts differ in length.
    """
    parts = parts_of(cell, n_keys)
    if parts is not None:
        return _objects_of(parts)
    if not _is_collection(cell) and is_missing(cell):
        return Elements([], np.array([], dtype=int), True)
    if isinstance(cell, str):
        return _codes_of([piece.strip() or None for piece in cell.split(separator)])
    if isinstance(cell, (set, frozenset)):
        return _codes_of(in_order(cell))
    if not _is_collection(cell):
        raise _no_set(cell)
    if isinstance(cell, np.ndarray) and cell.ndim > 1:
        return _objects_of([cell])
    items = cell.tolist() if isinstance(cell, np.ndarray) else list(cell)
    if all(map(_is_code, items)):
        return _codes_of(items)
    return _objects_of([cell])


def in_order(codes):
    """Codes of a set in an order that does not depend on hashes."""
    return sorted(codes, key=lambda code: (type(code).__name__, code))


def separator_among(texts):
    """What separates codes: the first of `SEPARATORS` that any text has."""
    for separator in SEPARATORS[:-1]:
        if any(separator in text for text in texts):
            return separator
    return None


def without(cell, keep, parts, separator):
    """The cell with only the positions that are kept.

    Parameters
    ----------
    cell : object
    keep : ndarray of bool of shape (n_positions,)
    parts : list or None
        What it holds under every key.
    separator : str or None
    """
    if parts is not None:
        return _like_parts(cell, [without(p, keep, None, separator) for p in parts])
    if isinstance(cell, np.ndarray):
        return cell[keep]
    if isinstance(cell, str):
        return _text_without(cell, keep, separator)
    ordered = in_order(cell) if isinstance(cell, (set, frozenset)) else cell
    return type(cell)(
        [item for item, stays in zip(ordered, keep, strict=True) if stays]
    )


def with_others(cell, keep, parts, others):
    """The cell with the positions that are not kept replaced.

    Parameters
    ----------
    cell : object
    keep : ndarray of bool of shape (n_positions,)
    parts : list or None
    others : list
        For every part what replaces one of its elements.
    """
    if parts is not None:
        pairs = zip(parts, others, strict=True)
        return _like_parts(cell, [with_others(p, keep, None, [o]) for p, o in pairs])
    (other,) = others
    if isinstance(cell, np.ndarray):
        replaced = cell.copy()
        replaced[~keep] = other
        return replaced
    return type(cell)(
        [item if stays else other for item, stays in zip(cell, keep, strict=True)]
    )


def numbers_of(part):
    """The numbers of the elements of a part, (n_elements, ...); None if it has none."""
    if isinstance(part, np.ndarray) and part.dtype.kind != "O":
        return part if part.dtype.kind in "biuf" else None
    try:
        values = np.array(list(part))
    except ValueError:  # of unequal length
        return None
    return values if values.dtype.kind in "biuf" else None


def as_element(value, part):
    """A value in the type and dtype that the elements of a part have."""
    if isinstance(value, str):
        return value
    if isinstance(part, np.ndarray) and part.dtype.kind != "O":
        return as_dtype(np.asarray(value), part.dtype)
    example = next(iter(part))
    value = as_dtype(np.asarray(value), np.asarray(example).dtype)
    if isinstance(example, (np.ndarray, np.generic)):
        return value
    return type(example)(value.tolist())


def _codes_of(items):
    """Equal codes are one element, wherever they stand; missing ones are none."""
    position = {}
    element_of = np.array(
        [
            -1 if is_missing(item) else position.setdefault(item, len(position))
            for item in items
        ],
        dtype=int,
    )
    return Elements(list(position), element_of, True)


def _objects_of(parts):
    lengths = [len(part) for part in parts]
    if len(set(lengths)) > 1:
        raise ValueError(
            f"A row of the set has {lengths} elements under its keys, but every key "
            "must have something of each element, in the same order. Give keys of "
            "another kind a modality of their own."
        )
    present = _present(parts)
    element_of = np.where(present, np.cumsum(present) - 1, -1)
    each = list(zip(*parts, strict=True)) if len(parts) > 1 else list(parts[0])
    return Elements([each[i] for i in np.flatnonzero(present)], element_of, False)


def _present(parts):
    """Which objects are no padding: networks read fixed numbers, filled up by 0."""
    numbers = [v for v in map(numbers_of, parts) if v is not None and v.ndim > 1]
    if not numbers:
        return np.ones(len(parts[0]), dtype=bool)
    others = [
        (np.nan_to_num(v) != 0).any(axis=tuple(range(1, v.ndim))) for v in numbers
    ]
    return np.logical_or.reduce(others)


def _like_parts(cell, parts):
    return objects(parts) if isinstance(cell, np.ndarray) else tuple(parts)


def _text_without(text, keep, separator):
    pieces = text.split(separator)
    present_pieces = [piece for piece, stays in zip(pieces, keep, strict=True) if stays]
    if len(present_pieces) == len(pieces):
        return text
    joined = (" " if separator is None else separator).join(present_pieces)
    return joined if keep[0] else joined.lstrip()


def _is_object_array(cell):
    return isinstance(cell, np.ndarray) and cell.dtype.kind == "O" and cell.ndim == 1


def _is_collection(cell):
    if isinstance(cell, np.ndarray):
        return cell.ndim > 0
    return isinstance(cell, (str, set, frozenset, list, tuple))


def _is_code(item):
    return isinstance(item, (str, bytes, Number, np.generic)) or is_missing(item)


def _no_set(cell):
    return TypeError(
        f"A row of the modality holds a {type(cell).__name__}, which is no set. "
        "SetPerturber takes sets, lists and arrays of codes, texts of codes such as "
        "'A;B;C', arrays of shape (n_objects, n_features), and several keys of these; "
        "None and nan are missing sets."
    )
