"""Files whose hash is right and whose content is no explanation: refused by name."""

from pathlib import Path

import numpy as np
import pytest

from skdime import Explanation
from skdime._results.explanation_file import FORMAT, READERS, packed
from skdime._results.storage import write_arrays
from tests._data import numbers_of
from tests._results._explained import explanation_of

FILES = Path(__file__).parent / "files"


@pytest.fixture(scope="module")
def explanation():
    return explanation_of(np.random.RandomState(0))


def test_every_format_that_is_read_has_a_file_of_its_own():
    assert {path.name for path in FILES.iterdir()} == {
        f"explanation-{form.rpartition('/')[2]}.npz" for form in READERS
    }
    assert FORMAT in READERS


@pytest.mark.parametrize("path", sorted(FILES.glob("*.npz")), ids=lambda p: p.stem)
def test_files_of_every_release_are_read(explanation, path):
    loaded = Explanation.load(path)
    for name, expected in numbers_of(explanation).items():
        np.testing.assert_array_equal(numbers_of(loaded)[name], expected)
    for name in ("feature_names", "feature_modalities", "feature_values", "row_names"):
        assert getattr(loaded, name).tolist() == getattr(explanation, name).tolist()
    for name, part in explanation.inputs.items():
        np.testing.assert_array_equal(loaded.inputs[name].values, part.values)
        np.testing.assert_array_equal(loaded.inputs[name].labels, part.labels)
        assert loaded.inputs[name].axes == part.axes
    assert repr(loaded) == repr(explanation)


def saved(explanation, path, **changes):
    """Write a file whose arrays or description differ, with a hash of their own."""
    meta, arrays = packed(explanation)
    for name, value in changes.items():
        if name in meta:
            meta[name] = value
        elif value is None:
            del arrays[name]
        else:
            arrays[name] = value
    write_arrays(path, meta, arrays)


def test_without_changes_it_is_read(explanation, tmp_path):
    saved(explanation, tmp_path / "x.npz")
    assert repr(Explanation.load(tmp_path / "x.npz")) == repr(explanation)


INPUTS = {
    "note": {"kind": "text", "axes": None},
    "ecg": {"kind": "series", "axes": None},
    "scan": {"kind": "image", "axes": None},
}


def with_input(name, **changes):
    return {"inputs": INPUTS | {name: INPUTS[name] | changes}}


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"more": np.zeros(3)}, "too many or missing: \\['more'\\]"),
        ({"coef": None}, "too many or missing: \\['coef'\\]"),
        ({"decomposition.pairs": np.zeros((3, 6, 2))}, "too many or missing"),
        ({"r2": np.zeros((3, 2, 4, 3))}, "r2 has the shape"),
        ({"r2": np.zeros((3, 2, 4))}, "r2 has the shape"),
        ({"coef": np.zeros((3, 3, 11, 2))}, "coef has the shape"),
        ({"coef": np.full((3, 2, 11, 2), "x")}, "coef has the dtype"),
        ({"feature_names": np.zeros(11)}, "feature_names has the dtype"),
        ({"feature_values": np.full((2, 11), "x")}, "feature_values has the shape"),
        ({"decomposition.row_names": np.arange(4)}, "row_names has the shape"),
        ({"decomposition.row_names": np.zeros(3, complex)}, "row_names has the dtype"),
        ({"decomposition.output_names": np.full(2, "x")}, "output_names has a name tw"),
        ({"decomposition.modality_names": np.full(4, "ecg")}, "modality_names has a n"),
        ({"feature_modalities": np.full(11, "else")}, "of modalities that it has not"),
        ({"unit": 3}, "its description holds something else"),
        ({"n_model_rows": "many"}, "its description holds something else"),
        ({"decomposition.clipped_share": None}, "its description holds something"),
        ({"inputs": {}}, "too many or missing"),
        (with_input("note", kind="series"), "input 'note' has other shapes"),
        (with_input("note", kind="sound"), "it is damaged, or was written by"),
        (with_input("ecg", axes=[0, 2]), "input 'ecg' has other shapes"),
        (with_input("ecg", axes=[1, 1]), "input 'ecg' has other shapes"),
        ({"decomposition.n_references": "x"}, "n_references is 'x', which is no int"),
        ({"decomposition.n_references": -1}, "n_references is -1, which is no int"),
        ({"decomposition.evaluation": [1]}, "evaluation is .*, which is no str"),
        ({"decomposition.note": 3}, "note is 3, which is no str"),
        ({"coef": np.full((3, 2, 11, 2), np.inf)}, "coef has numbers above 1e\\+300"),
        ({"decomposition.uc": np.full((3, 2), -1e308)}, "decomposition.uc has numbers"),
        ({"inputs.0.labels": np.zeros((3, 1), int)}, "longer than their labels"),
        ({"inputs.1.labels": np.full((3, 1, 12), 11)}, "of features that it has not"),
        ({"inputs.1.labels": np.full((3, 1, 12), -2)}, "of features that it has not"),
        ({"inputs.1.values": np.zeros((3, 1, 9))}, "input 'ecg' has other shapes"),
        ({"inputs.2.values": np.zeros((2, 4, 6))}, "input 'scan' has other shapes"),
        ({"inputs.2.values": np.full((3, 4, 6), "x")}, "input 'scan' has other shapes"),
    ],
)
def test_what_does_not_fit(explanation, tmp_path, changes, reason):
    path = tmp_path / "x.npz"
    saved(explanation, path, **changes)
    with pytest.raises(ValueError, match=f"is not a file written by .*{reason}"):
        Explanation.load(path)


@pytest.mark.parametrize("dtype", ["<f4", ">f8"])
def test_numbers_of_other_dtypes(explanation, tmp_path, dtype):
    path = tmp_path / "x.npz"
    changes = {"decomposition.output": explanation.decomposition.output.astype(dtype)}
    saved(explanation, path, **changes, coef=explanation.coef.astype(dtype))
    loaded = Explanation.load(path)
    assert loaded.coef.dtype == loaded.decomposition.output.dtype == np.float64
    np.testing.assert_allclose(loaded.coef, explanation.coef, rtol=1e-6)
    assert loaded.to_html()


def test_a_small_file_that_unfolds(explanation, tmp_path):
    path = tmp_path / "x.npz"
    explanation.save(path)
    n_bytes = sum(np.asarray(array).nbytes for array in packed(explanation)[1].values())
    Explanation.load(path, max_memory=n_bytes)
    with pytest.raises(ValueError, match="pass a larger `max_memory`, or None"):
        Explanation.load(path, max_memory=n_bytes - 1)
