"""What modalities are worth: scores of all sets, gains, losses, Shapley values."""

from itertools import combinations, permutations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdime import Disentangler
from skdime.metrics import additive_gap, modality_worth


def normal(n, n_columns, seed):
    return np.random.RandomState(seed).normal(size=(n, n_columns))


def three_way(X):
    return X[:, 0] + X[:, 1] * X[:, 2] + X.prod(axis=1)


def scores_by_hand(model, references, X, y):
    """R2 of the mean output over references, for every set of columns, by loops."""
    K, scores = X.shape[1], []
    for size in range(K + 1):
        for present in combinations(range(K), size):
            absent = [m for m in range(K) if m not in present]
            means = []
            for row in X:
                hybrids = np.tile(row, (references.shape[1], 1))
                hybrids[:, absent] = references[absent].T
                means.append(model(hybrids).mean())
            scores.append(r2_score(y, means))
    return np.array(scores)


def test_scores_are_those_of_means_over_references():
    X, pool = normal(25, 3, 0), normal(40, 3, 1)
    y = three_way(X) + normal(25, 1, 2)[:, 0]
    dis = Disentangler(three_way, random_state=0).fit(pool)
    tuples = dis._references.tuples
    references = np.array([pool[order, m] for m, order in enumerate(tuples)])
    worth = modality_worth(dis, X, y)
    np.testing.assert_allclose(
        worth.score, scores_by_hand(three_way, references, X, y), rtol=1e-10
    )
    assert worth.sets == [
        (),
        ("x0",),
        ("x1",),
        ("x2",),
        ("x0", "x1"),
        ("x0", "x2"),
        ("x1", "x2"),
        ("x0", "x1", "x2"),
    ]


def shapley_by_hand(worth):
    """Mean gain of each modality over all orders in which they may come."""
    score = {
        frozenset(names): s for names, s in zip(worth.sets, worth.score, strict=True)
    }
    names, gains = list(worth.modality_names), []
    for order in permutations(names):
        so_far, gain = frozenset(), dict.fromkeys(names)
        for name in order:
            gain[name] = score[so_far | {name}] - score[so_far]
            so_far |= {name}
        gains.append([gain[name] for name in names])
    return np.mean(gains, axis=0)


def test_gains_losses_and_shapley_values_follow_from_scores():
    X = normal(60, 3, 0)
    worth = modality_worth(
        Disentangler(three_way, random_state=0).fit(X), X, three_way(X)
    )
    np.testing.assert_allclose(worth.shapley, shapley_by_hand(worth))
    np.testing.assert_allclose(worth.gain, worth.score - worth.score[0])
    np.testing.assert_allclose(worth.loss, worth.score[-1] - worth.score[[6, 5, 4]])
    assert worth.shapley.sum() == pytest.approx(worth.gain[-1])
    np.testing.assert_allclose(worth.share, worth.shapley / worth.gain[-1])


def test_a_modality_that_the_model_ignores_is_worth_nothing():
    X = normal(80, 3, 0)
    dis = Disentangler(lambda X: X[:, 0] * X[:, 1], random_state=0).fit(X)
    worth = modality_worth(dis, X, X[:, 0] * X[:, 1])
    assert worth.loss[2] == 0 and worth.shapley[2] == pytest.approx(0, abs=1e-12)
    assert worth.shapley_se[2] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("n_modalities", [2, 3])
def test_of_xor_all_modalities_are_needed(n_modalities):
    X = np.random.RandomState(0).choice([-1.0, 1.0], size=(400, n_modalities))
    dis = Disentangler(lambda X: X.prod(axis=1), random_state=0).fit(X)
    worth = modality_worth(dis, X, X.prod(axis=1))
    np.testing.assert_allclose(worth.score[:-1], 0, atol=0.1)
    assert worth.score[-1] == 1
    np.testing.assert_allclose(worth.loss, 1, atol=0.1)
    np.testing.assert_allclose(worth.shapley, 1 / n_modalities, atol=0.06)


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01))
    modalities = {"mean": range(10), "error": range(10, 20), "worst": range(20, 30)}
    dis = Disentangler(
        model, modalities, response_method="predict_proba", random_state=0
    )
    return dis.fit(X[:300], y[:300]), X[300:400], y[300:400]


@pytest.mark.slow
def test_classifiers_are_scored_by_the_scores_of_scikit_learn(cancer):
    dis, X, y = cancer
    by_name = modality_worth(dis, X, y, "roc_auc")
    assert by_name.score[-1] == roc_auc_score(y, dis.estimator_.predict_proba(X)[:, 1])
    assert by_name.score[0] == 0.5
    assert by_name.scoring == "roc_auc"
    assert modality_worth(dis, X, y, roc_auc_score).scoring == "roc_auc_score"
    accuracy = modality_worth(dis, X, y)
    assert accuracy.score[-1] == dis.estimator_.score(X, y)
    assert accuracy.score[-1] == additive_gap(dis, X, y).score
    assert "accuracy of 100 rows" in repr(accuracy)
    assert all(name in repr(accuracy) for name in ("mean", "error", "worst"))


def test_exact_means_of_trees_are_scored():
    X, pool = normal(60, 3, 0), normal(150, 3, 1)
    forest = RandomForestRegressor(5, max_depth=4, random_state=0)
    dis = Disentangler(forest, random_state=0).fit(pool, three_way(pool))
    by_leaves = modality_worth(dis, X, three_way(X))
    dis = Disentangler(dis.estimator_.predict, n_references=None, random_state=0)
    by_rows = modality_worth(dis.fit(pool), X, three_way(X))
    np.testing.assert_allclose(by_leaves.score, by_rows.score, atol=0.08)
    assert by_leaves.n_model_rows == 60 < by_rows.n_model_rows
    ratio = by_leaves.score_se / by_rows.score_se
    assert (ratio > 0.7).all() and (ratio < 1.4).all()


@pytest.mark.slow
def test_errors_are_the_spread_over_samples():
    """R2 of x0 is 1/4, of x0 with x1 3/4, of y = x0 + x1 + x0 x1 + noise."""

    def model(X):
        return X[:, 0] + X[:, 1] + X[:, 0] * X[:, 1]

    found = []
    for seed in range(25):
        X = normal(150, 3, seed)
        dis = Disentangler(model, {"a": [0], "b": [1, 2]}, random_state=seed)
        dis.fit(normal(200, 3, 100 + seed))
        found.append(
            modality_worth(dis, X, model(X) + normal(150, 1, 200 + seed)[:, 0])
        )
    for name, expected in {
        "score": [0, 0.25, 0.25, 0.75],
        "loss": [0.5, 0.5],
        "shapley": [0.375, 0.375],
    }.items():
        values = np.array([getattr(worth, name) for worth in found])
        se = np.array([getattr(worth, f"{name}_se") for worth in found])
        bounds = [worth.interval(name) for worth in found]
        inside = [(low <= expected) & (expected <= high) for low, high in bounds]
        assert np.mean(inside) >= 0.85
        np.testing.assert_allclose(values.mean(axis=0), expected, atol=0.06)
        assert 0.7 < se.mean() / values.std(axis=0).mean() < 1.6


def test_references_of_your_own_have_no_error():
    X = normal(40, 2, 0)
    dis = Disentangler(lambda X: X.sum(axis=1), references="average").fit(X)
    assert modality_worth(dis, X, X.sum(axis=1)).score_se[-1] == 0


def test_notebooks_show_tables_of_modalities_and_sets(cancer):
    worth = modality_worth(*cancer)
    markup = worth._repr_html_()
    assert markup.count("<table") == 2
    for value in (worth.loss[1], worth.score[3]):
        assert f"{value:.3f}" in markup


def test_frame_of_worth(cancer):
    pytest.importorskip("pandas")
    dis, X, y = cancer
    worth = modality_worth(dis, X, y)
    frame = worth.to_frame(level=0.8).set_index(["quantity", "modalities"])
    assert frame.loc[("score", "none"), "value"] == worth.score[0]
    assert frame.loc[("gain", "mean + worst"), "value"] == worth.gain[5]
    low, _ = worth.interval("shapley", 0.8)
    assert frame.loc[("shapley", "error"), "low"] == low[1]


@pytest.mark.filterwarnings("ignore:Only one class is present")
def test_few_rows_of_a_class_leave_the_error_unknown(cancer):
    dis, X, y = cancer
    rows = np.concatenate([np.flatnonzero(y == 0)[:1], np.flatnonzero(y == 1)[:9]])
    worth = modality_worth(dis, X[rows], y[rows], "roc_auc")
    assert np.isnan(worth.score_se).all() and not np.isnan(worth.score).any()
    assert "[" not in repr(worth)


def test_wrong_objects():
    X = normal(20, 2, 0)
    with pytest.raises(TypeError, match="must be a fitted Disentangler, got a Logis"):
        modality_worth(LogisticRegression(), X, X[:, 0])
