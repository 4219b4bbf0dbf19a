"""State of estimators that formats without pickle, such as that of skops, can store."""

import copyreg
from copy import copy
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator

from skdime._rows.portable import Portable, as_portable, from_portable

# Key of a state that was taken apart.
_MARK = "_portable"


class Pairs(NamedTuple):
    """A dict whose keys are no texts and no numbers, such as bytes or tuples."""

    keys: list
    values: list


class PortableState:
    """An estimator whose state has no frames where formats without pickle ask for it.

    pickle, joblib and copies keep frames as they are.
    """

    def __reduce_ex__(self, protocol):
        return copyreg.__newobj__, (type(self),), BaseEstimator.__getstate__(self)

    def __getstate__(self):
        return _taken_apart(super().__getstate__(), {}) | {_MARK: True}

    def __setstate__(self, state):
        if _MARK in state:
            parts = {name: part for name, part in state.items() if name != _MARK}
            state = _put_together(parts, set())
        super().__setstate__(state)


def _is_ours(thing):
    """Whether it is an object of this package with attributes."""
    module = type(thing).__module__.partition(".")[0]
    return module == "skdime" and hasattr(thing, "__dict__")


def _taken_apart(thing, memo):
    """The same with frames in their parts; the thing itself where it has none.

    Parameters
    ----------
    thing : object
    memo : dict
        By id what was taken apart already, and the thing itself, so that it stays.
    """
    if id(thing) in memo:
        return memo[id(thing)][0]
    memo[id(thing)] = thing, thing  # an object that holds itself
    portable = as_portable(thing)
    if type(thing) is dict and not all(isinstance(key, (str, int)) for key in thing):
        parts = thing, thing.values()
        portable = Pairs(*([_taken_apart(p, memo) for p in each] for each in parts))
    elif portable is thing:
        portable = _with_parts(thing, lambda part: _taken_apart(part, memo))
    memo[id(thing)] = portable, thing
    return portable


def _with_parts(thing, change):
    if _is_ours(thing):
        parts = {name: change(part) for name, part in vars(thing).items()}
        if all(parts[name] is part for name, part in vars(thing).items()):
            return thing
        changed = copy(thing)
        vars(changed).update(parts)
        return changed
    if type(thing) is dict:
        changed = {key: change(part) for key, part in thing.items()}
        same = all(changed[key] is part for key, part in thing.items())
        return thing if same else changed
    if isinstance(thing, slice):
        ends = thing.start, thing.stop, thing.step
        if not any(isinstance(end, np.integer) for end in ends):
            return thing
        # JSON has no integers of numpy
        return slice(*(None if end is None else int(end) for end in ends))
    if isinstance(thing, (list, tuple)):
        parts = [change(part) for part in thing]
        if all(one is other for one, other in zip(parts, thing, strict=True)):
            return thing
        if hasattr(thing, "_fields"):
            return type(thing)(*parts)
        return type(thing)(parts)
    return thing


def _put_together(thing, ids):
    """Frames of their parts, in objects as they are, which others may hold as well."""
    if isinstance(thing, Portable):
        return from_portable(thing)
    if isinstance(thing, Pairs):
        keys, values = (_put_together(part, ids) for part in thing)
        return dict(zip(keys, values, strict=True))
    if _is_ours(thing):
        if id(thing) not in ids:
            ids.add(id(thing))
            for name, part in list(vars(thing).items()):
                vars(thing)[name] = _put_together(part, ids)
        return thing
    return _with_parts(thing, lambda part: _put_together(part, ids))
