"""Altered files of explanations: refused with a ValueError, or the same numbers.

``SKDIME_FUZZ=10000 pytest tests/_results/test_load_fuzz.py`` for a longer run.
"""

import io
import json
import os
import pickle
import zipfile
from dataclasses import fields

import numpy as np
import pytest

from skdime import Disentangler, Explanation, LocalExplainer, MultimodalArray
from skdime.perturbers import TextPerturber

N_FILES = int(os.environ.get("SKDIME_FUZZ", "1500"))


@pytest.fixture(scope="module")
def explanation():
    """Two outputs, a table and texts."""
    words = np.array(["ash", "birch", "cedar", "elm", "fir", "oak"])
    rng = np.random.RandomState(0)
    texts = [" ".join(words[rng.permutation(6)[:3]]) for _ in range(8)]
    X = MultimodalArray(text=texts, number=np.arange(8.0))

    def model(X):
        lengths = np.array([len(text) for text in X["text"]])
        return np.column_stack([lengths * X["number"], X["number"]])

    dis = Disentangler(model, n_references=4, random_state=0)
    explainer = LocalExplainer(
        dis, [("text", TextPerturber())], n_samples=8, random_state=0
    )
    return explainer.fit(X).explain(X[:3])


@pytest.fixture(scope="module")
def content(explanation, tmp_path_factory):
    """The bytes of a file."""
    path = tmp_path_factory.mktemp("fuzz") / "x.npz"
    explanation.save(path)
    return path.read_bytes()


def values_of(explanation):
    """Everything that an explanation holds, as a flat dict."""
    found = {}
    for part, prefix in ((explanation, ""), (explanation.decomposition, "d.")):
        found |= {prefix + f.name: getattr(part, f.name) for f in fields(part)}
    for name, part in found.pop("inputs").items():
        found |= {f"{name}.{f.name}": getattr(part, f.name) for f in fields(part)}
    del found["decomposition"]
    return found


def same(one, other):
    one, other = values_of(one), values_of(other)
    return one.keys() == other.keys() and all(
        np.array_equal(np.asarray(one[k]), np.asarray(other[k]), equal_nan=_number(v))
        and np.asarray(one[k]).dtype == np.asarray(other[k]).dtype
        for k, v in other.items()
    )


def _number(value):
    return np.asarray(value).dtype.kind in "fc"


# --- ways to alter a file -----------------------------------------------------------


def flip(rng, content):
    """Bits of some bytes, anywhere."""
    data = bytearray(content)
    for position in rng.randint(len(data), size=rng.randint(1, 6)):
        data[position] ^= 1 << rng.randint(8)
    return bytes(data)


def overwrite(rng, content):
    """A run of bytes becomes random, zero or all ones."""
    data = bytearray(content)
    start, n = rng.randint(len(data)), rng.randint(1, 65)
    kind = rng.randint(3)
    new = [rng.bytes(n), bytes(n), b"\xff" * n][kind]
    data[start : start + n] = new
    return bytes(data)


def truncate(rng, content):
    return content[: rng.randint(len(content))]


def cut_out(rng, content):
    start, n = rng.randint(len(content)), rng.randint(1, 400)
    return content[:start] + content[start + n :]


def put_in(rng, content):
    start = rng.randint(len(content))
    return content[:start] + rng.bytes(rng.randint(1, 100)) + content[start:]


def splice(rng, content):
    """A piece of the file, somewhere else in it."""
    start, to = rng.randint(len(content), size=2)
    n = rng.randint(1, 300)
    return content[:to] + content[start : start + n] + content[to + n :]


def central_directory(rng, content):
    """The list of members at the end, with names, sizes and places."""
    data = bytearray(content)
    start = content.index(b"PK\x01\x02")
    for position in rng.randint(start, len(data), size=rng.randint(1, 4)):
        data[position] = rng.randint(256)
    return bytes(data)


def repacked(change):
    """An archive without a flaw, in which one member was changed."""

    def alter(rng, content):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        names = sorted(members)
        change(rng, members, names[rng.randint(len(names))], names)
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return stream.getvalue()

    return alter


def _bytes(rng, members, name, names):
    members[name] = flip(rng, members[name])


def _header(rng, members, name, names):
    data = bytearray(members[name])
    data[rng.randint(min(128, len(data)))] = rng.randint(256)
    members[name] = bytes(data)


def _swap(rng, members, name, names):
    other = names[rng.randint(len(names))]
    members[name], members[other] = members[other], members[name]


def _remove(rng, members, name, names):
    del members[name]


def _add(rng, members, name, names):
    members[f"more{rng.randint(9)}.npy"] = members[name]


def _number_changed(rng, members, name, names):
    array = np.load(io.BytesIO(members[name]))
    if array.dtype.kind == "f" and array.size:
        flat = array.ravel().copy()
        flat[rng.randint(array.size)] += 1.0
        array = flat.reshape(array.shape)
    elif array.ndim:
        array = array[::-1]
    stream = io.BytesIO()
    np.save(stream, array)
    members[name] = stream.getvalue()


def _pickled(rng, members, name, names):
    stream = io.BytesIO()
    np.save(stream, np.array([Trap()], dtype=object), allow_pickle=True)
    members[name] = stream.getvalue()


def _huge(rng, members, name, names):
    """A header that promises more than any memory holds."""
    stream = io.BytesIO()
    np.save(stream, np.zeros(3))
    size = [10**9, 10**13, 2**62][rng.randint(3)]
    data = stream.getvalue()
    old = data.index(b"(3,)")
    new = f"({size},)".encode()
    header = data[:old] + new + data[old + 4 : 128 - len(new) + 4] + data[127:]
    members[name] = header


def _meta(rng, members, name, names):
    text = str(np.load(io.BytesIO(members["meta.npy"])))
    meta = json.loads(text)
    key = sorted(meta)[rng.randint(len(meta))]
    meta[key] = [None, 7, "x", {}, [], {"text": "image"}, -1.5][rng.randint(7)]
    stream = io.BytesIO()
    np.save(stream, np.array(json.dumps(meta)))
    members["meta.npy"] = stream.getvalue()


class Trap:
    """Would leave a trace if it were unpickled."""

    def __reduce__(self):
        return os.putenv, ("SKDIME_TRAP", "sprung")


WAYS = [
    flip,
    overwrite,
    truncate,
    cut_out,
    put_in,
    splice,
    central_directory,
    *map(
        repacked,
        [
            _bytes,
            _header,
            _swap,
            _remove,
            _add,
            _number_changed,
            _pickled,
            _huge,
            _meta,
        ],
    ),
]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Reading `.npy` or `.npz` file required")
def test_altered_files(explanation, content, tmp_path):
    rng = np.random.RandomState(0)
    path = tmp_path / "x.npz"
    refused = read = 0
    for i in range(N_FILES):
        altered = WAYS[i % len(WAYS)](rng, content)
        path.write_bytes(altered)
        try:
            loaded = Explanation.load(path)
        except ValueError as error:
            assert str(error).startswith(f"{path} is not a file written by")
            refused += 1
            continue
        read += 1
        assert same(loaded, explanation), f"file {i}, {WAYS[i % len(WAYS)]}"
    assert os.environ.get("SKDIME_TRAP") is None
    # most changes matter; some hit nothing but dates in the archive
    assert refused > 0.85 * N_FILES
    print(f"{N_FILES} altered files: {refused} refused, {read} with the same content")


def test_the_file_itself(explanation, content, tmp_path):
    (tmp_path / "x.npz").write_bytes(content)
    assert same(Explanation.load(tmp_path / "x.npz"), explanation)


def test_every_length(content, tmp_path):
    path = tmp_path / "x.npz"
    for length in range(0, len(content), max(1, len(content) // 300)):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="is not a file written by"):
            Explanation.load(path)


def test_a_pickle_with_the_right_name(tmp_path):
    (tmp_path / "x.npz").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match="is not a file written by"):
        Explanation.load(tmp_path / "x.npz")
    assert os.environ.get("SKDIME_TRAP") is None


def test_an_array_with_the_right_name(tmp_path):
    with open(tmp_path / "x.npz", "wb") as stream:
        np.save(stream, np.zeros(3))
    with pytest.raises(ValueError, match="is not a file written by"):
        Explanation.load(tmp_path / "x.npz")


def test_a_number_that_was_changed_is_found(content, tmp_path):
    with np.load(io.BytesIO(content)) as stored:
        arrays = dict(stored)
    arrays["coef"] = arrays["coef"] * 1.0000001
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(ValueError, match="altered since it was written"):
        Explanation.load(tmp_path / "x.npz")


def test_a_folder(tmp_path):
    (tmp_path / "x.npz").mkdir()
    with pytest.raises(OSError):
        Explanation.load(tmp_path / "x.npz")


def test_a_file_is_replaced_as_a_whole(explanation, tmp_path, monkeypatch):
    explanation.save(tmp_path / "x.npz")
    before = (tmp_path / "x.npz").read_bytes()

    def fail(*args, **kwargs):
        args[0].write(b"half of it")
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(OSError, match="No space left"):
        explanation[:1].save(tmp_path / "x.npz")
    assert (tmp_path / "x.npz").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["x.npz"]
