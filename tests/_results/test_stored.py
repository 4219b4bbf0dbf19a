"""Results that are written to a file of their own, and read again."""

from dataclasses import fields, replace

import numpy as np
import pytest

from skdime import Decomposition, Disentangler, PairExplanation
from skdime.metrics import FaithfulnessCurves, Stability
from skdime.model_selection import VarianceComponents
from tests._data import altered

RNG = np.random.RandomState(0)
NAMES = {"modality_names": np.array(["a", "b"]), "output_names": np.array(["yes"])}


def normal(*shape):
    return RNG.normal(size=shape)


def decomposition(**options):
    X = RNG.normal(size=(30, 3))
    model = lambda X: X[:, 0] * X[:, 1] + X[:, 2]  # noqa: E731
    fitted = Disentangler(model, n_references=20, random_state=0).fit(X)
    return fitted.decompose(X[:4], **options)


def results():
    measures = [normal(3, 2, 2, 1) for _ in range(5)]
    yield decomposition()
    yield decomposition(pairs=True)
    yield replace(decomposition(), baseline=normal(4, 1), baseline_se=normal(4, 1))
    yield replace(decomposition(), row_outputs=np.array([["x"], ["y"], ["x"], ["z"]]))
    yield Stability(*measures, k=3, n_runs=2, **NAMES)
    yield VarianceComponents(
        *[normal(3, 2, 4, 1) for _ in range(4)],
        feature_modalities=np.array(list("aabb")),
        **NAMES,
    )
    yield FaithfulnessCurves(
        normal(3, 2, 5),
        normal(3, 2, 2, 5, 1),
        normal(3, 2, 2, 5, 1),
        order="signed",
        row_names=np.array([10, 20, 30]),
        unit="days",
        **NAMES,
    )


@pytest.mark.parametrize("result", results(), ids=lambda result: type(result).__name__)
def test_what_is_written_is_read(result, tmp_path):
    result.save(tmp_path / "result")
    found = type(result).load(tmp_path / "result.npz")
    for field in fields(result):
        one, other = getattr(found, field.name), getattr(result, field.name)
        np.testing.assert_equal(one, other, field.name)
    assert repr(found) == repr(result)


def test_names_that_are_objects_become_texts(tmp_path):
    names = np.array([("a", 1), ("b", 2), ("c", 3), None, None], dtype=object)[:4]
    replace(decomposition(), row_names=names).save(tmp_path / "result")
    found = Decomposition.load(tmp_path / "result")
    assert found.row_names.tolist() == ["('a', 1)", "('b', 2)", "('c', 3)", "None"]


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda meta, arrays: arrays.pop("uc"), "other arrays than a Decomposition"),
        (lambda meta, arrays: arrays.update(more=np.ones(2)), "other arrays"),
        (
            lambda meta, arrays: arrays.update(uc=np.ones((3, 1))),
            r"uc has the shape \(3",
        ),
        (lambda meta, arrays: arrays.update(uc=np.ones(4)), r"uc has the shape \(4,\)"),
        (
            lambda meta, arrays: arrays.update(baseline=np.ones((4, 1, 1))),
            "baseline has the shape",
        ),
        (
            lambda meta, arrays: arrays.update(uc=arrays["row_names"][:, None] > 0),
            "dtype bool",
        ),
        (lambda meta, arrays: meta.update(n_references="few"), "which is no int"),
        (lambda meta, arrays: meta.update(unit=["days"]), "which is no str"),
        (lambda meta, arrays: meta.update(format="skdime.Stability/1"), "the format"),
    ],
)
def test_files_that_do_not_fit_are_refused(change, words, tmp_path):
    path = tmp_path / "result.npz"
    decomposition().save(path)
    altered(path, change)
    with pytest.raises(ValueError, match=rf"written by Decomposition\.save: .*{words}"):
        Decomposition.load(path)


def test_a_file_of_another_result(tmp_path):
    decomposition().save(tmp_path / "result")
    with pytest.raises(
        ValueError, match=r"not a file written by PairExplanation\.save"
    ):
        PairExplanation.load(tmp_path / "result")


@pytest.mark.parametrize(
    "name, advice",
    [("x.png", "savefig"), ("x.html", "to_html"), ("x.csv", "to_frame")],
)
def test_files_of_another_kind(tmp_path, name, advice):
    result = decomposition()
    with pytest.raises(ValueError, match=f"ends in {name[1:]}. .*{advice}"):
        result.save(tmp_path / name)
    (tmp_path / name).write_bytes(b"no arrays")
    with pytest.raises(ValueError, match=f"{name} is not a file written by Decompos"):
        Decomposition.load(tmp_path / name)
