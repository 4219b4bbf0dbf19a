"""Arrays and their description in one file."""

import io
import json
import tracemalloc
import zipfile

import numpy as np
import pytest

from skdime._results.storage import (
    PART,
    Reader,
    Refused,
    _digest,
    atomically,
    read_arrays,
    write_arrays,
)

META = {"format": "test/1", "unit": "days", "axes": [1, 0], "note": "naïve"}
ARRAYS = {
    "numbers": np.array([[1.5, np.nan], [-0.0, np.inf]]),
    "integers": np.arange(3, dtype=np.int8),
    "texts": np.array(["a", "ø 🙂"]),
    "flags": np.array([True, False]),
    "none": np.zeros((0, 4)),
}


def readers(build=lambda meta, arrays: (meta, arrays), check=lambda *_: None):
    return {"test/1": Reader(check, build)}


@pytest.mark.parametrize("name", ["file.npz", "file", "file.of.rows"])
def test_what_is_written_is_read_again(tmp_path, name):
    write_arrays(tmp_path / name, META, ARRAYS)
    (path,) = tmp_path.iterdir()
    assert path.name == name.removesuffix(".npz") + ".npz"
    meta, arrays = read_arrays(tmp_path / name, readers())
    assert meta == META
    assert list(arrays) == list(ARRAYS)
    for key, expected in ARRAYS.items():
        assert arrays[key].dtype == expected.dtype
        np.testing.assert_array_equal(arrays[key], expected)


def test_a_file_that_was_renamed(tmp_path):
    write_arrays(tmp_path / "file.npz", META, ARRAYS)
    (tmp_path / "file.npz").rename(tmp_path / "file.bin")
    assert read_arrays(tmp_path / "file.bin", readers())[0] == META
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="is not a file written by"):
        read_arrays(tmp_path / "notes.txt", readers())


def test_the_file_is_one_that_numpy_reads_without_pickle(tmp_path):
    write_arrays(tmp_path / "file.npz", META, ARRAYS)
    with np.load(tmp_path / "file.npz", allow_pickle=False) as stored:
        assert json.loads(str(stored["meta"]))["unit"] == "days"
        assert set(stored) == {"meta", *ARRAYS}


def test_an_error_leaves_the_file_as_it_was(tmp_path):
    write_arrays(tmp_path / "file.npz", META, ARRAYS)
    before = (tmp_path / "file.npz").read_bytes()
    with pytest.raises(TypeError):
        write_arrays(tmp_path / "file.npz", {**META, "x": object()}, ARRAYS)
    assert (tmp_path / "file.npz").read_bytes() == before


@pytest.mark.parametrize(
    "name, array",
    [
        ("numbers", ARRAYS["numbers"] + 1),
        ("numbers", ARRAYS["numbers"].astype(np.float32)),
        ("integers", ARRAYS["integers"].reshape(3, 1)),
        ("texts", ARRAYS["texts"][::-1]),
        ("more", np.zeros(1)),
        ("meta", np.array(json.dumps(META))),
        ("meta", np.array("no JSON")),
    ],
)
def test_what_was_altered_is_refused(tmp_path, name, array):
    path = tmp_path / "file.npz"
    write_arrays(path, META, ARRAYS)
    with np.load(path) as stored:
        content = dict(stored) | {name: array}
    np.savez_compressed(path, **content)
    with pytest.raises(ValueError, match="is not a file written by Explanation"):
        read_arrays(path, readers())


def test_another_format_is_named(tmp_path):
    words = "has the format 'test/2', and this version of skdime reads 'test/1'"
    write_arrays(tmp_path / "file.npz", META | {"format": "test/2"}, ARRAYS)
    with pytest.raises(ValueError, match=words):
        read_arrays(tmp_path / "file.npz", readers())


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "nothing", readers())


def test_errors_of_what_is_built_are_of_the_file(tmp_path):
    write_arrays(tmp_path / "file.npz", META, ARRAYS)
    with pytest.raises(ValueError, match="it is damaged") as raised:
        read_arrays(tmp_path / "file.npz", readers(lambda meta, arrays: arrays["x"]))
    assert isinstance(raised.value.__cause__, KeyError)


def test_nothing_is_read_that_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "file.npz"
    write_arrays(path, META, ARRAYS)

    def check(meta, described):
        assert meta["unit"] == "days"
        assert {name: shape for name, (_, shape) in described.items()} == {
            name: array.shape for name, array in ARRAYS.items()
        }
        raise Refused("it is not wanted")

    read = []
    monkeypatch.setattr(
        np.lib.format, "read_array", tracing(np.lib.format.read_array, read)
    )
    with pytest.raises(ValueError, match="save: it is not wanted"):
        read_arrays(path, readers(check=check))
    assert read == [()]  # the description
    n_bytes = sum(array.nbytes for array in ARRAYS.values())
    read_arrays(path, readers(), n_bytes)
    with pytest.raises(ValueError, match=f"take {n_bytes} bytes, more than the"):
        read_arrays(path, readers(), n_bytes - 1)


def tracing(function, shapes):
    def traced(*args, **kwargs):
        array = function(*args, **kwargs)
        shapes.append(array.shape)
        return array

    return traced


def rewritten(path, change):
    """The archive with other members, the description unaltered."""
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in change(members):
            archive.writestr(name, content)


def of_zeros(shape, n_bytes):
    """A member that says it has a shape, and has as many bytes of zeros."""
    stream = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue() + bytes(n_bytes)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "more, reason",
    [
        ([("numbers.npy", of_zeros((1,), 8))], "members have the same name"),
        ([("x.npy", of_zeros((2**40,), 8))], "not the size that it says"),
        ([("x.npy", of_zeros((1,), 2**20))], "not the size that it says"),
        ([("x.npy", of_zeros((2**17,), 2**20))], "more than the `max_memory` of 1,000"),
        ([(f"{i}.npy", b"") for i in range(10_001)], "it has 10,007 members"),
    ],
    ids=["twice", "less than said", "more than said", "large", "many"],
)
def test_archives_that_take_more_than_they_should(tmp_path, more, reason):
    path = tmp_path / "file.npz"
    write_arrays(path, META, ARRAYS)
    rewritten(path, lambda members: members + more)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=reason):
            read_arrays(path, readers(), 1_000)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_a_description_without_end(tmp_path):
    path = tmp_path / "file.npz"
    write_arrays(path, META | {"note": "x" * 2**23}, ARRAYS)
    with pytest.raises(ValueError, match="its description is no text, or too long"):
        read_arrays(path, readers())


def test_arrays_are_hashed_in_pieces(tmp_path):
    wide = np.broadcast_to(np.arange(8.0), (2**20, 8))  # 64 MB that are 64 bytes
    reversed_rows = np.asfortranarray(np.arange(12.0).reshape(3, 4))[::-1]
    tracemalloc.start()
    digest = _digest(META, {"wide": wide, "reversed": reversed_rows})
    assert tracemalloc.get_traced_memory()[1] < 2**23
    tracemalloc.stop()
    copies = {"wide": wide.copy(), "reversed": reversed_rows.copy()}
    assert digest == _digest(META, copies)


def test_a_file_is_there_as_a_whole_or_not_at_all(tmp_path):
    path = tmp_path / "file"
    with pytest.raises(RuntimeError), atomically(path) as stream:
        stream.write(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with atomically(path) as stream:
        stream.write(b"whole")
        assert not path.exists()
        (part,) = tmp_path.iterdir()
        assert part.name.startswith("file.") and part.name.endswith(PART)
    assert path.read_bytes() == b"whole"
    with pytest.raises(RuntimeError), atomically(path) as stream:
        stream.write(b"other")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"whole"
