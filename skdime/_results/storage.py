"""Arrays and their description in one file, written and read without pickle."""

import hashlib
import json
import os
import uuid
import zipfile
from collections.abc import Callable
from contextlib import contextmanager, suppress
from math import prod
from typing import NamedTuple

import numpy as np

PART = ".part"
_PICTURES = ".png", ".pdf", ".svg", ".jpg", ".jpeg"
# Endings of files that hold no result, and what writes them.
_OTHER_KINDS = {
    **dict.fromkeys(_PICTURES, "For a picture, use plot().figure_.savefig(name)."),
    ".html": "For a page, use to_html(name).",
    ".csv": "For a table, use to_frame().to_csv(name).",
    ".parquet": "For a table, use to_frame().to_parquet(name).",
}
# An explanation has about thirty arrays, and two more for each modality.
_MOST_MEMBERS = 10_000
_MOST_BYTES_OF_META = 2**24
# Bytes that are hashed at once, so that arrays that are not contiguous are not copied.
_CHUNK = 2**20


class Reader(NamedTuple):
    """How files of one format are read.

    Attributes
    ----------
    check : callable
        ``check(meta, described)`` raises `Refused`, before any array is read, if the
        description and the dtypes and shapes of the arrays do not fit one another.
    build : callable
        ``build(meta, arrays)`` makes the result.
    """

    check: Callable
    build: Callable


class Refused(Exception):
    """An archive that can be read, and is not what was asked for."""


@contextmanager
def atomically(path, *, replace=True):
    """Write a file that is there as a whole or not at all.

    Parameters
    ----------
    path : str or path-like
    replace : bool, default=True
        Whether a file of that name is replaced; if not, it is a FileExistsError.

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
        if replace:
            os.replace(part, path)
        else:
            _rename(part, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.remove(part)
        raise


def _rename(part, path):
    """Rename a file unless there is one of the new name, also if that is made now."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # file systems without links
        os.replace(part, path)
    else:
        os.remove(part)


def write_arrays(path, meta, arrays):
    """Write a compressed ``.npz`` file; the ending is added when it is missing.

    Parameters
    ----------
    path : str or path-like
    meta : dict
        What JSON can hold; ``meta["format"]`` names the format.
    arrays : dict of str to ndarray
    """
    _refuse_other_kinds(os.fspath(path))
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    meta = meta | {"sha256": _digest(meta, arrays)}
    with atomically(_with_ending(path)) as stream:
        np.savez_compressed(stream, meta=np.array(json.dumps(meta)), **arrays)


def read_arrays(path, readers, max_memory=None, writer="Explanation.save"):
    """Build what a file holds.

    Parameters
    ----------
    path : str or path-like
    readers : dict of str to Reader
        By format.
    max_memory : int, default=None
        Bytes that the arrays may take; None for any number.
    writer : str, default="Explanation.save"
        What writes such files, for messages.

    Raises
    ------
    ValueError
        If the file is foreign, damaged, altered, too large, or of another format.
    OSError
        If it cannot be opened.
    """
    # what is there under the name itself is looked at, to say what is wrong with it
    path = os.fspath(path) if os.path.isfile(path) else _with_ending(path)
    with open(path, "rb") as stream:
        try:
            reader, meta, arrays = _checked(stream, readers, max_memory)
            return reader.build(meta, arrays)
        except Refused as error:
            reason, cause = str(error), error
        # a damaged archive raises anything, from zlib.error to MemoryError
        except Exception as error:
            reason, cause = "it is damaged, or was written by something else", error
    raise ValueError(f"{path} is not a file written by {writer}: {reason}.") from cause


def _checked(stream, readers, max_memory):
    """What the file holds, and who can read it; arrays only once all else is right."""
    with zipfile.ZipFile(stream) as archive:
        members = _members(archive)
        meta = _meta(archive, members)
        reader = _reader_of(meta, readers)
        described = {
            name: _described(archive, member) for name, member in members.items()
        }
        _check_size(described.values(), max_memory)
        reader.check(meta, described)
        arrays = {name: _array(archive, member) for name, member in members.items()}
    if meta.pop("sha256") != _digest(meta, arrays):
        raise Refused("its content has been altered since it was written")
    return reader, meta, arrays


def _members(archive):
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS:
        raise Refused(f"it has {len(members):,} members")
    by_name = {member.filename.removesuffix(".npy"): member for member in members}
    if len(by_name) < len(members):
        raise Refused("several of its members have the same name")
    return by_name


def _meta(archive, members):
    """The description, which is no member of the others afterwards."""
    member = members.pop("meta")
    dtype, shape = _described(archive, member)
    if dtype.kind != "U" or shape or dtype.itemsize > _MOST_BYTES_OF_META:
        raise Refused("its description is no text, or too long for one")
    return json.loads(str(_array(archive, member)))


def _reader_of(meta, readers):
    if meta["format"] not in readers:
        raise Refused(
            f"it has the format {meta['format']!r:.60}, and this version of skdime "
            f"reads {', '.join(map(repr, readers))}"
        )
    return readers[meta["format"]]


def _described(archive, member):
    """Dtype and shape of an array, by its header alone."""
    with archive.open(member) as stream:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise Refused("an array is in another version of numpy's format")
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
        if dtype.hasobject:
            raise Refused("it has arrays of objects, which are never loaded")
        # a promise that the member does not keep would take memory before it is told
        if stream.tell() + prod(shape) * dtype.itemsize != member.file_size:
            raise Refused("an array has not the size that it says it has")
    return dtype, shape


def _check_size(described, max_memory):
    n_bytes = sum(prod(shape) * dtype.itemsize for dtype, shape in described)
    if max_memory is not None and n_bytes > max_memory:
        raise Refused(
            f"its arrays take {n_bytes:,} bytes, more than the `max_memory` of "
            f"{max_memory:,}. If you trust the file, pass a larger `max_memory`, or "
            "None for any size"
        )


def _array(archive, member):
    with archive.open(member) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


def _digest(meta, arrays):
    """SHA-256 over names, dtypes, shapes, bytes, and the description."""
    digest = hashlib.sha256(json.dumps(meta, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        for chunk in _chunks(array):
            digest.update(chunk)
    return digest.hexdigest()


def _chunks(array):
    """The bytes of an array in C order, some of its first axis at a time."""
    if not array.nbytes:
        return
    array = np.atleast_1d(array)
    step = max(1, _CHUNK * len(array) // array.nbytes)
    for start in range(0, len(array), step):
        chunk = np.ascontiguousarray(array[start : start + step])
        yield chunk.reshape(-1).view(np.uint8)


def _refuse_other_kinds(path):
    """Refuse names that promise what other methods write."""
    ending = os.path.splitext(path)[1].lower()
    if ending in _OTHER_KINDS:
        raise ValueError(
            f"`save` writes arrays to an .npz file, and the name {path!r:.200} ends in "
            f"{ending}. {_OTHER_KINDS[ending]}"
        )


def _with_ending(path):
    path = os.fspath(path)
    return path if path.endswith(".npz") else f"{path}.npz"
