"""What a perturber that masks must return, checked in every call of its methods.

Perturbers are written by users too. What they return is looked at once, here, whoever
calls them: a wrong number of cells or a name that occurs twice would otherwise end in
numbers that belong to other features.
"""

from functools import wraps
from numbers import Number

import numpy as np

from skdime._rows.cells import copied, is_missing
from skdime._rows.containers import cells, n_rows, take
from skdime._utils.listed import count, listed

# Enough to meet cells that are not missing; large ones should not all be read.
_N_FIRST = 200


def checked(name, method):
    """A method of a MaskPerturber that raises if it returns what it must not.

    Parameters
    ----------
    name : str
        One of `CHECKED`.
    method : callable
    """
    if name == "perturb":

        @wraps(method)
        def perturb(self, cell, masks):
            perturbed = method(self, cell, masks)
            _check_results(self, cell, len(masks), perturbed)
            return perturbed

        return perturb

    check = _CHECKS[name]

    @wraps(method)
    def read(self, cell):
        return check(self, cell, method(self, cell))

    return read


def first_cells(block):
    """What the first rows hold: an impression of all of them.

    Parameters
    ----------
    block : container of rows

    Returns
    -------
    rows : sequence of cells
    """
    return cells(take(block, np.arange(min(n_rows(block), _N_FIRST))))


def check_perturber(perturber, block):
    """Try a fitted perturber on the first row that has features.

    Parameters
    ----------
    perturber : MaskPerturber
    block : container of rows
        The modality's columns in the rows given to ``fit``.

    Raises
    ------
    ValueError
        If the same cell has other features the second time, or is not itself with all
        of them kept.
    """
    rows = first_cells(block)
    named = ((i, cell, perturber.features(cell)) for i, cell in enumerate(rows))
    first = next((entry for entry in named if entry[2]), None)
    if first is None:
        return
    i, cell, names = first
    cell_copy = copied(cell)
    _check_on_cell(perturber, cell_copy, names)
    if same(cell_copy, cell) is False:
        raise ValueError(
            f"{type(perturber).__name__} changed a cell in place: {_short(cell)} "
            f"became {_short(cell_copy)}. Cells are the rows that were passed in, and "
            "are read again: `perturb` must copy what it changes."
        )
    perturber.perturb_row(take(block, [i]), _masks(names))


def _masks(names):
    """With all features and with none, by turns; not to be written into."""
    masks = np.tile([[True], [False]], (6, len(names)))
    masks.setflags(write=False)
    return masks


def _check_on_cell(perturber, cell, names):
    """Call every method on one cell, with and without all of its features."""
    features, perturb = (_method_name(perturber, m) for m in ("features", "perturb"))
    before = copied(cell)
    names_again = perturber.features(cell)
    if names_again != names:
        raise ValueError(
            f"{features} gave [{listed(names)}] for one cell, and "
            f"[{listed(names_again)}] for the same one again. It must depend on the "
            "cell only: give what it is made with an integer random_state, or draw in "
            "`learn`."
        )
    perturbed = perturber.perturb(cell, _masks(names))
    changed = [whole for whole in perturbed[::2] if same(whole, before) is False]
    if changed and same(cell, before) is False:
        return  # what is to be told is that it was changed in place
    if changed:
        raise ValueError(
            f"{perturb} changes a cell of which all features are kept: {_short(cell)} "
            f"became {_short(changed[0])}. Where `masks` is True a feature stays as it "
            "is, where it is False it is replaced."
        )
    without = perturbed[1]
    others = [other for other in perturbed[3::2] if same(without, other) is False]
    if others:
        raise ValueError(
            f"{perturb} gave two results for one cell and one mask: {_short(without)} "
            f"and {_short(others[0])}. It must depend on the cell and the mask only: "
            "draw what replaces features in `learn`."
        )
    for read in (perturber.inert, perturber.labels, perturber.describe):
        read(cell)


def check_deterministic(name, function, cut):
    """What a function cuts a row into; refuse one that cuts it in two ways.

    Parameters
    ----------
    name : str
        Of the parameter that holds the function.
    function : object
    cut : callable
        Called twice, without arguments.
    """
    parts = cut()
    if same(parts, cut()) is False:
        raise ValueError(
            f"`{name}` {function!r:.60} cut one row in two ways in two calls. Every "
            "row is "
            "cut several times, and its parts must be the same: give what draws in it "
            "an integer random_state, as in KMeans(8, random_state=0), or switch "
            "sampling off."
        )
    return parts


def same(one, other):
    """Whether two cells are equal, missing values too; None if that cannot be told."""
    if one is other:
        return True
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return _same_arrays(np.asarray(one), np.asarray(other))
    if hasattr(one, "equals"):  # series and frames
        return type(one) is type(other) and bool(one.equals(other))
    if isinstance(one, (list, tuple)):
        return _same_items(one, other, type(one))
    if isinstance(one, dict):
        alike = isinstance(other, dict) and one.keys() == other.keys()
        return alike and _same_items(list(one.values()), [other[k] for k in one], list)
    if is_missing(one) and is_missing(other):
        return True
    if type(one).__eq__ is object.__eq__:
        return None
    try:
        equal = one == other
        return bool(equal.all() if hasattr(equal, "all") else equal)
    except (TypeError, ValueError, RuntimeError):
        return None


def _same_arrays(one, other):
    if one.shape != other.shape:
        return False
    if "O" in one.dtype.kind + other.dtype.kind:
        return _same_items(list(one.ravel()), list(other.ravel()), list)
    both_float = one.dtype.kind in "fc" and other.dtype.kind in "fc"
    return bool(np.array_equal(one, other, equal_nan=both_float))


def _same_items(items, others, kind):
    if not isinstance(others, kind) or len(items) != len(others):
        return False
    equal = [same(a, b) for a, b in zip(items, others, strict=True)]
    return False if False in equal else None if None in equal else True


def _names(self, cell, names):
    method = _method_name(self, "features")
    if isinstance(names, np.ndarray) and names.ndim == 1 and names.dtype.kind in "UO":
        names = names.tolist()
    if not isinstance(names, (list, tuple)):
        raise TypeError(
            f"{method} returned {_short(names)}, a {type(names).__name__}. It must "
            "return a list of names, one str for each feature, and [] for none."
        )
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong:
        raise TypeError(
            f"{method} returned {wrong[0]!r:.60} of type {type(wrong[0]).__name__} "
            f"among the names. Names are strings: return str({wrong[0]!r:.60})."
        )
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise ValueError(
            f"{method} returned the name {twice!r:.60} twice. Every feature of a cell "
            f"has a name of its own: number them, as in {twice!r:.60} and "
            f"{twice + ' #2'!r:.60}."
        )
    return list(names)


def _check_results(self, cell, n_masks, results):
    method = _method_name(self, "perturb")
    rule = (
        "It must return a list, or an array, of one cell for each mask, also of a "
        "single one."
    )
    if not hasattr(results, "__len__") or isinstance(results, (str, bytes, dict, set)):
        raise TypeError(
            f"{method} returned {_short(results)}, a {type(results).__name__}. {rule}"
        )
    if len(results) != n_masks:
        raise ValueError(
            f"{method} returned {count(len(results), 'cell')} for "
            f"{count(n_masks, 'mask')}. {rule}"
        )
    kind = _kind(cell)
    if isinstance(results, np.ndarray) and results.ndim > 1 and kind is np.ndarray:
        return
    other = next((item for item in results if not _is_like(item, cell, kind)), None)
    if other is not None:
        raise TypeError(
            f"{method} returned a {type(other).__name__} where the cell is a "
            f"{type(cell).__name__}. The model must get the kind of items it was "
            "fitted on: return cells of that type."
        )


def _is_like(item, cell, kind):
    return kind is None or _kind(item) in (None, kind) or isinstance(item, type(cell))


def _kind(item):
    """What a cell is to a model; None if it is missing, or cannot be told."""
    for kind in (np.ndarray, str, (Number, np.generic)):
        if isinstance(item, kind):
            return kind
    return None if is_missing(item) else type(item)


def _booleans(self, cell, inert):
    n, method = len(self.features(cell)), _method_name(self, "inert")
    inert = np.asarray(inert)
    if inert.shape != (n,) or (n and inert.dtype.kind != "b"):
        raise ValueError(
            f"{method} returned an array of shape {inert.shape} and dtype "
            f"{inert.dtype} for {count(n, 'feature')}. It must return a boolean for "
            "each feature."
        )
    return inert.astype(bool)


def _positions(self, cell, labels):
    if labels is None:
        return None
    n, method = len(self.features(cell)), _method_name(self, "labels")
    labels = np.asarray(labels)
    if labels.size and (
        labels.dtype.kind not in "iu" or labels.min() < -1 or labels.max() >= n
    ):
        raise ValueError(
            f"{method} returned labels of dtype {labels.dtype}, {labels.min()} to "
            f"{labels.max()}, for {count(n, 'feature')}. It must return an array of "
            f"integers: positions of features, 0 to {n - 1}, and -1 for none."
        )
    return labels.astype(int, copy=False)


def _texts(self, cell, texts):
    n, method = len(self.features(cell)), _method_name(self, "describe")
    if not hasattr(texts, "__len__") or isinstance(texts, str) or len(texts) != n:
        raise ValueError(
            f"{method} returned {_short(texts)} for {count(n, 'feature')}. It must "
            "return a text for each feature."
        )
    return texts


def _method_name(self, method):
    return f"{type(self).__name__}.{method}"


def _short(value):
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


_CHECKS = {
    "features": _names,
    "inert": _booleans,
    "labels": _positions,
    "describe": _texts,
}
#: Methods whose results are checked.
CHECKED = ("perturb", *_CHECKS)
