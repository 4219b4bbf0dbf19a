"""Every way to evaluate a grid gives the outputs of the model on every hybrid row."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor

from skdime import Disentangler
from skdime._models.response import Response
from skdime._models.tree_sum import TreeSum
from skdime._references.engine import Engine
from skdime._references.grid import Grid
from skdime._references.plan import best_plan, direct_plan
from skdime._references.ways import Encoded, EveryRow, SumOfModalities, SumOfTrees
from skdime._references.weighting import Weighting
from skdime._rows.modalities import split

MODALITIES = [("a", np.array([0, 3])), ("b", np.array([1, 2])), ("c", np.array([4]))]
COLUMNS = [columns for _, columns in MODALITIES]
FOREST = RandomForestRegressor(5, max_depth=4, random_state=0)
MODELS = {
    "every row": (SVR(), EveryRow, None),
    "sum of modalities": (LinearRegression(), SumOfModalities, None),
    "sum of trees": (FOREST, SumOfTrees, None),
    "encoded, every row": (make_pipeline(StandardScaler(), SVR()), Encoded, EveryRow),
    "encoded, sum of modalities": (
        make_pipeline(StandardScaler(), LinearRegression()),
        Encoded,
        SumOfModalities,
    ),
    "encoded, sum of trees": (
        make_pipeline(StandardScaler(), FOREST),
        Encoded,
        SumOfTrees,
    ),
}


@pytest.fixture(params=MODELS.values(), ids=MODELS)
def engines(request, X, monkeypatch):
    """The engines of the best and of the direct plan, and the way to be taken."""
    monkeypatch.setattr(TreeSum, "worthwhile", lambda *_: True)
    model, *kinds = request.param
    model.fit(X, X[:, 0] * X[:, 1] + X[:, 4])
    response = Response(model)
    best = best_plan(response, COLUMNS, split(X, MODALITIES))
    return Engine(best, 2**20), Engine(direct_plan(response, COLUMNS), 2**20), kinds


def grid_of(X, n_rows, n_references, varied=(0,)):
    """Hybrids of the first rows of X, which give some modalities, and others."""
    rows = split(X[:n_rows], MODALITIES)
    others = split(X[n_rows : n_rows + n_references], MODALITIES)
    return Grid(
        [
            (rows[m], 0) if m in varied else (others[m], 1)
            for m in range(len(MODALITIES))
        ],
        COLUMNS,
    )


def ways_of(engines, shape):
    best, direct, kinds = engines
    way, every = best.way(shape), direct.way(shape)
    assert [type(way), type(getattr(way, "way", None))] == [
        kinds[0],
        kinds[1] or type(None),
    ]
    assert type(every) is EveryRow
    return way, every


@pytest.mark.parametrize("varied", [(0,), (1, 2), (0, 1, 2)])
def test_outputs_are_those_of_every_row(engines, X, varied):
    grid = grid_of(X, 7, 9, varied)
    way, every = ways_of(engines, (7, 9))
    np.testing.assert_allclose(way.outputs(grid), every.outputs(grid), atol=1e-10)


@pytest.mark.parametrize("weights", ["uniform", "calibrated"])
def test_means_are_those_of_every_row(engines, X, weights):
    features = None if weights == "uniform" else X[7:16, :2]
    weighting = Weighting(9, features)
    grid = grid_of(X, 7, 9)
    way, every = ways_of(engines, (7, 9))
    expected = weighting.mean(every.outputs(grid))
    np.testing.assert_allclose(way.mean(grid, weighting), expected, atol=1e-10)


def test_rows_are_as_many_as_told(engines, X):
    best, direct, _ = engines
    shape = 7, 9
    for engine, way in zip((best, direct), ways_of(engines, shape), strict=True):
        way.outputs(grid_of(X, *shape))
        assert engine.n_model_rows == way.n_model_rows(shape)


@pytest.mark.parametrize("size", [1, 2, 4])
def test_batches_of_a_task_are_evaluated_in_its_way(engines, X, size):
    way, every = ways_of(engines, (7, 9))
    whole = grid_of(X, 7, 9)
    parts = []
    for start in range(0, 7, size):
        sources = [
            (block[start : start + size] if axis == 0 else block, axis)
            for block, axis in whole.sources
        ]
        parts.append(way.outputs(Grid(sources, COLUMNS)))
    np.testing.assert_allclose(np.concatenate(parts), every.outputs(whole), atol=1e-10)
    assert way.calls.n_model_rows <= way.n_model_rows((7, 9))


def test_the_output_of_single_rows_is_the_models_own(engines, X):
    best, direct, _ = engines
    blocks = split(X, MODALITIES)
    np.testing.assert_array_equal(best(blocks), direct(blocks))
    assert best.n_model_rows == len(X)


def test_modalities_of_equal_values_are_told_apart():
    values = np.random.RandomState(0).normal(size=(50, 1))
    X = np.hstack([values, values])
    model = LinearRegression().fit(X, X[:, 0])
    model.coef_ = np.array([1.0, 10.0])
    way, every = (
        Engine(plan, 2**20).way((6, 8))
        for plan in (
            best_plan(Response(model), [[0], [1]], [values, values]),
            direct_plan(Response(model), [[0], [1]]),
        )
    )
    assert type(way) is SumOfModalities
    for first in (0, 1):
        sources = [(values[:8], 1), (values[:8], 1)]
        sources[first] = (values[20:26], 0)
        grid = Grid(sources, [[0], [1]])
        np.testing.assert_allclose(way.outputs(grid), every.outputs(grid), atol=1e-12)


def test_a_shallow_tree_is_not_summed_where_the_model_is_faster(X):
    model = DecisionTreeRegressor(max_depth=1).fit(X, X[:, 0])
    plan = best_plan(Response(model), COLUMNS, split(X, MODALITIES))
    assert plan.trees is not None
    assert type(Engine(plan, 2**20).way((2, 2))) is EveryRow


def test_an_additive_model_of_equal_modalities_has_no_interaction():
    values = np.random.RandomState(0).normal(size=(50, 1))
    X = np.hstack([values, values])
    model = LinearRegression().fit(X, X[:, 0])
    model.coef_ = np.array([1.0, 10.0])
    frozen = FrozenEstimator(model)
    dis = Disentangler(frozen, n_references=10, random_state=0).fit(X)
    parts = dis.decompose(X[:5])
    expected = (X[:5] - dis.references_.mean(axis=0)) * [1.0, 10.0]
    np.testing.assert_allclose(parts.main[:, :, 0], expected, atol=1e-12)
