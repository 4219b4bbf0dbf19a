"""Arrays and their description in one file."""

import json

import numpy as np
import pytest

from skdime._results.storage import PART, atomically, read_arrays, write_arrays

META = {"format": "test/1", "unit": "days", "axes": [1, 0], "note": "naïve"}
ARRAYS = {
    "numbers": np.array([[1.5, np.nan], [-0.0, np.inf]]),
    "integers": np.arange(3, dtype=np.int8),
    "texts": np.array(["a", "ø 🙂"]),
    "flags": np.array([True, False]),
    "none": np.zeros((0, 4)),
}


def pair(meta, arrays):
    return meta, arrays


@pytest.mark.parametrize("name", ["file.npz", "file", "file.of.rows"])
def test_what_is_written_is_read_again(tmp_path, name):
    write_arrays(tmp_path / name, META, ARRAYS)
    (path,) = tmp_path.iterdir()
    assert path.name == name.removesuffix(".npz") + ".npz"
    meta, arrays = read_arrays(tmp_path / name, "test/1", pair)
    assert meta == META
    assert list(arrays) == list(ARRAYS)
    for key, expected in ARRAYS.items():
        assert arrays[key].dtype == expected.dtype
        np.testing.assert_array_equal(arrays[key], expected)


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
        read_arrays(path, "test/1", pair)


def test_another_format_is_named(tmp_path):
    write_arrays(tmp_path / "file.npz", META, ARRAYS)
    with pytest.raises(ValueError, match="format 'test/1' instead of 'test/2'"):
        read_arrays(tmp_path / "file.npz", "test/2", pair)


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "nothing", "test/1", pair)


def test_errors_of_what_is_built_are_of_the_file(tmp_path):
    write_arrays(tmp_path / "file.npz", META, ARRAYS)
    with pytest.raises(ValueError, match="it is damaged") as raised:
        read_arrays(tmp_path / "file.npz", "test/1", lambda meta, arrays: arrays["x"])
    assert isinstance(raised.value.__cause__, KeyError)


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
