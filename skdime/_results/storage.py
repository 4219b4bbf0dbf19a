"""Arrays and their description in one file, written and read without pickle."""

import hashlib
import json
import os
import uuid
from contextlib import contextmanager, suppress

import numpy as np

PART = ".part"


@contextmanager
def atomically(path):
    """Write a file that is there as a whole or not at all.

    Parameters
    ----------
    path : str or path-like

    Yields
    ------
    stream : binary file
        What is written gets the name `path` once it is complete and on the disk. After
        an error nothing is left; after a ``kill -9`` a file that ends with `PART`.
    """
    part = f"{os.fspath(path)}.{uuid.uuid4().hex}{PART}"
    try:
        with open(part, "xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.remove(part)
        raise


def write_arrays(path, meta, arrays):
    """Write a compressed ``.npz`` file; the ending is added when it is missing.

    Parameters
    ----------
    path : str or path-like
    meta : dict
        What JSON can hold; ``meta["format"]`` names the format.
    arrays : dict of str to ndarray
    """
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    meta = meta | {"sha256": _digest(meta, arrays)}
    with atomically(_with_ending(path)) as stream:
        np.savez_compressed(stream, meta=np.array(json.dumps(meta)), **arrays)


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
        If the file is foreign, damaged, altered, or of another format.
    OSError
        If it cannot be opened.
    """
    with open(_with_ending(path), "rb") as stream:
        try:
            return build(*_checked(stream, form))
        except _Refused as error:
            reason, cause = str(error), error
        # a damaged archive raises anything, from zlib.error to MemoryError
        except Exception as error:
            reason, cause = "it is damaged, or was written by something else", error
    raise ValueError(
        f"{path} is not a file written by Explanation.save: {reason}."
    ) from cause


class _Refused(Exception):
    """An archive that can be read, and is not what was asked for."""


def _checked(stream, form):
    with np.load(stream, allow_pickle=False) as stored:
        arrays = dict(stored)
    meta = json.loads(str(arrays.pop("meta")))
    if meta["format"] != form:
        raise _Refused(f"it has the format {meta['format']!r} instead of {form!r}")
    if meta.pop("sha256") != _digest(meta, arrays):
        raise _Refused("its content has been altered since it was written")
    return meta, arrays


def _digest(meta, arrays):
    """SHA-256 over names, dtypes, shapes, bytes, and the description."""
    digest = hashlib.sha256(json.dumps(meta, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _with_ending(path):
    path = os.fspath(path)
    return path if path.endswith(".npz") else f"{path}.npz"
