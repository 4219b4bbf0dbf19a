"""Arrays and their description in one file, written and read without pickle."""

import json
import os

import numpy as np


def write_arrays(path, meta, arrays):
    """Write a compressed ``.npz`` file; the ending is added when it is missing.

    Parameters
    ----------
    path : str or path-like
    meta : dict
        What JSON can hold; ``meta["format"]`` names the format.
    arrays : dict of str to ndarray
    """
    np.savez_compressed(_with_ending(path), meta=np.array(json.dumps(meta)), **arrays)


def read_arrays(path, form, build):
    """Build what a file of a given format holds.

    Parameters
    ----------
    path : str or path-like
    form : str
        The format wanted.
    build : callable
        ``build(meta, arrays)`` makes the result.

    Raises
    ------
    ValueError
        If the file is foreign, damaged, or of another format.
    """
    try:
        with np.load(_with_ending(path), allow_pickle=False) as stored:
            arrays = dict(stored)
        meta = json.loads(str(arrays.pop("meta")))
        if meta["format"] != form:
            raise ValueError(f"format {meta['format']!r} instead of {form!r}")
        return build(meta, arrays)
    except OSError:
        raise
    except Exception as error:
        raise ValueError(
            f"{path} is not a file written by Explanation.save: {error}"
        ) from error


def _with_ending(path):
    path = os.fspath(path)
    return path if path.endswith(".npz") else f"{path}.npz"
