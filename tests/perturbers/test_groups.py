"""Groups: several columns as one feature."""

import numpy as np
import pytest

from skdime.perturbers import TabularPerturber
from tests._data import slopes
from tests._rows._tables import NO_WARNINGS, explain

pytestmark = NO_WARNINGS


@pytest.fixture
def one_hot():
    """Three indicators of a category with a number on either side."""
    rng = np.random.RandomState(0)
    indicators = np.eye(3)[rng.choice(3, p=[0.5, 0.3, 0.2], size=60)]
    return np.column_stack([rng.normal(size=60), indicators, rng.normal(size=60)])


ONE_HOT = [("table", slice(0, 4)), ("number", [4])]


def grouped(sampler="features"):
    """Perturbers of straight lines, one with a group."""
    groups = {"colour": [1, 2, 3]}
    table = TabularPerturber(sampler, effects="slope", groups=groups)
    return [("table", table), *slopes(ONE_HOT[1:])]


def interacting(X):
    return X[:, :4] @ [1.0, 2.0, -1.0, 4.0] * (1 + X[:, 4])


@pytest.mark.parametrize("sampler", ["features", "rows", "lime"])
def test_a_group_is_drawn_jointly(one_hot, sampler):
    if sampler == "lime":  # moves floats within their bin, and leaves integers
        one_hot = one_hot.round().astype(int)
    explainer, explanation = explain(
        interacting, ONE_HOT, one_hot, perturbers=grouped(sampler)
    )
    drawn = explainer.perturbers_[0][1].draws_[:, 1:]
    known = {tuple(row) for row in one_hot[:, 1:4]}
    assert {tuple(row) for row in drawn} == known
    assert explanation.feature_names.tolist() == ["x0", "colour", "x4"]
    assert explanation.coef.shape == (5, 2, 3, 1)


def test_without_a_group_the_columns_are_drawn_apart(one_hot):
    explainer, _ = explain(interacting, ONE_HOT, one_hot)
    sums = explainer.perturbers_[0][1].draws_[:, 1:].sum(axis=1)
    assert set(sums) - {1.0}  # rows that no category has


def test_a_group_and_its_neighbours_are_drawn_apart(one_hot):
    explainer, _ = explain(interacting, ONE_HOT, one_hot, perturbers=grouped())
    rows = {tuple(row) for row in explainer.perturbers_[0][1].draws_}
    assert rows - {tuple(row) for row in one_hot[:, :4]}


def test_the_coefficient_of_a_group_is_the_sum_over_its_columns(one_hot):
    def linear(X):
        return X @ [1.0, 2.0, -1.0, 4.0, 0.5]

    _, together = explain(linear, ONE_HOT, one_hot, perturbers=grouped(), alpha=1e-9)
    apart = slopes(ONE_HOT)
    _, apart = explain(linear, ONE_HOT, one_hot, perturbers=apart, alpha=1e-9)
    found = together.sel(part="uc", feature="colour")
    expected = (one_hot[:5] - one_hot.mean(axis=0))[:, 1:4] @ [2.0, -1.0, 4.0]
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-5)
    separate = [apart.sel(part="uc", feature=f"x{j}") for j in (1, 2, 3)]
    np.testing.assert_allclose(found, sum(separate), atol=1e-5)


def test_groups_add_up_to_the_local_prediction(one_hot):
    _, explanation = explain(interacting, ONE_HOT, one_hot, perturbers=grouped())
    for m, name in enumerate(["table", "number"]):
        total = explanation.sel(modality=name).sum(axis=2)
        np.testing.assert_allclose(
            explanation.intercept[:, :, m] + total,
            explanation.local_prediction[:, :, m],
            atol=1e-10,
        )


def test_the_group_of_a_frame():
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    dummies = pd.get_dummies(rng.choice(["left", "right"], size=40))  # of dtype bool
    X = pd.concat([pd.DataFrame({"float": rng.normal(size=40)}), dummies], axis=1)
    X["int"] = rng.randint(6, size=40)
    known = set(map(tuple, dummies.to_numpy().tolist()))

    def model(X):
        assert [dtype.kind for dtype in X.dtypes] == list("fbbi")
        assert set(map(tuple, X[["left", "right"]].to_numpy().tolist())) <= known
        return (X["float"] * X["int"] * X["left"]).to_numpy()

    side = TabularPerturber(groups={"side": ["left", "right"]})
    _, explanation = explain(
        model,
        [("a", ["left", "float", "right"]), ("b", ["int"])],
        X,
        perturbers=[("a", side)],
    )
    assert explanation.feature_names.tolist() == ["side", "float", "int"]
    row = X.iloc[1]
    assert explanation.feature_values[1, 0] == f"{row['left']}, {row['right']}"
