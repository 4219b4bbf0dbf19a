"""Numbers and texts of files, as results have them."""

from typing import get_type_hints

import numpy as np

from skdime._results.storage import Refused

# Sums of a few hundred of the largest numbers must not overflow.
_LARGEST = 1e300
# What JSON makes of values of these types.
_ALLOWED = {str: str, int: int, float: (int, float)}


def as_floats(arrays, names):
    """Arrays of which some become numpy's own floats, whatever numbers they are.

    Parameters
    ----------
    arrays : dict of str to ndarray
    names : collection of str
        Those of numbers; a file need not have all of them.
    """
    return arrays | {n: arrays[n].astype(np.float64) for n in names if n in arrays}


def check_sizes(arrays, names):
    """Refuse numbers that are infinite, or so large that sums of a few are.

    Parameters
    ----------
    arrays : dict of str to ndarray
    names : collection of str
        Those that are checked; a file need not have all of them.

    Raises
    ------
    Refused
    """
    for name in names:
        if name in arrays and (np.abs(arrays[name]) > _LARGEST).any():
            raise Refused(f"{name} has numbers above {_LARGEST:g}")


def check_fields(cls, values):
    """Refuse values of other types than the fields of a dataclass have.

    Parameters
    ----------
    cls : type
        A dataclass; the types are its annotations.
    values : dict of str to object
        Of fields that are texts and numbers.

    Raises
    ------
    Refused
    """
    types = get_type_hints(cls)
    for name, value in values.items():
        allowed = _ALLOWED.get(types.get(name))
        if allowed is None:
            continue
        right = isinstance(value, allowed) and not isinstance(value, bool)
        if not right or (types[name] is int and value < 0):
            raise Refused(
                f"{name} is {value!r:.60}, which is no {types[name].__name__}"
            )
