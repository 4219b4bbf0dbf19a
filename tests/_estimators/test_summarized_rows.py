"""Disentangler.summarize: shares of variance over hybrids, with intervals."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.frozen import FrozenEstimator

from skdime import Disentangler, MultimodalArray
from skdime._estimators import summarized_rows
from skdime._estimators.summarized_rows import shares_of_rows
from skdime._references.variance_shares import summary_of
from skdime.metrics import additive_gap


def normal(n, n_columns, seed, r=0.0):
    """Columns of variance 1 of which any two have the correlation r."""
    rng = np.random.RandomState(seed)
    common = np.sqrt(r) * rng.normal(size=(n, 1))
    return common + np.sqrt(1 - r) * rng.normal(size=(n, n_columns))


def bilinear(X):
    return X[:, 0] + X[:, 1] + X[:, 0] * X[:, 1]


def three_way(X):
    return X[:, 0] + X[:, 1] * X[:, 2] + X.prod(axis=1)


def shares(model, pool, X, **params):
    """The summary without how real hybrids are, which takes a second."""
    dis = Disentangler(model, random_state=0, **params).fit(pool)
    return summary_of(shares_of_rows(dis, X)[0])


def assert_within(summary, name, expected):
    low, high = summary.interval(name)
    assert (low[..., 0] <= np.asarray(expected) + 1e-12).all()
    assert (np.asarray(expected) <= high[..., 0] + 1e-12).all()


@pytest.mark.parametrize("r", [0.0, 0.8])
def test_bilinear_has_three_thirds_also_of_correlated_rows(r):
    summary = shares(bilinear, normal(1000, 2, 0, r), normal(2000, 2, 1, r))
    for name in ("main", "interaction"):
        assert_within(summary, name, 1 / 3)
        np.testing.assert_allclose(getattr(summary, name), 1 / 3, atol=0.06)
    np.testing.assert_allclose(summary.main.sum() + summary.interaction, 1)
    assert summary.spread == pytest.approx(np.sqrt(3), rel=0.1)


def test_three_way_has_three_thirds():
    summary = shares(
        three_way, normal(1000, 3, 0), normal(1000, 3, 1), n_references=200
    )
    assert_within(summary, "main", [1 / 3, 0, 0])
    assert_within(summary, "pairs", [0, 0, 1 / 3])
    assert_within(summary, "higher", 1 / 3)
    assert_within(summary, "interaction", 2 / 3)
    assert summary.higher == pytest.approx(1 / 3, abs=0.12)


@pytest.mark.parametrize("n_modalities", [2, 3])
def test_additive_has_no_interaction(n_modalities):
    weights = np.arange(1, n_modalities + 1)
    X = normal(500, n_modalities, 0)
    summary = shares(lambda X: np.sin(X) @ weights, X, normal(300, n_modalities, 1))
    assert summary.interaction[0] < 1e-12
    assert summary.interval("interaction")[1][0] < 1e-9
    assert_within(summary, "main", weights**2 / np.square(weights).sum())


@pytest.mark.parametrize("n_modalities", [2, 3, 4])
def test_xor_is_interaction_of_the_highest_order(n_modalities):
    X = np.random.RandomState(0).choice([-1.0, 1.0], size=(600, n_modalities))
    summary = shares(lambda X: X.prod(axis=1), X, X[:200], n_references=300)
    assert summary.interaction == pytest.approx(1, abs=0.04)
    highest = "pairs" if n_modalities == 2 else "higher"
    assert getattr(summary, highest).ravel() == pytest.approx(1, abs=0.08)
    assert_within(summary, highest, 1)
    assert summary.main.max() < 0.04


def grid_shares(table):
    """Shares by brute force, from the outputs of all combinations of values."""
    whole, effects = table.mean(), {}
    axes = range(table.ndim)
    for size in range(1, table.ndim + 1):
        for kept in [s for s in _subsets(table.ndim) if len(s) == size]:
            mean = table.mean(axis=tuple(set(axes) - set(kept)), keepdims=True)
            lower = sum(effects[s] for s in effects if set(s) < set(kept))
            effects[kept] = mean - whole - lower
    return {s: np.square(e).mean() / table.var() for s, e in effects.items()}


def _subsets(n):
    return [tuple(np.flatnonzero([c >> i & 1 for i in range(n)])) for c in range(2**n)]


@pytest.mark.parametrize("n_modalities", [2, 3])
def test_shares_are_those_of_all_combinations(n_modalities):
    rng = np.random.RandomState(0)
    table = rng.normal(size=(3,) * n_modalities) ** 3
    expected = grid_shares(table)
    X = rng.randint(3, size=(1500, n_modalities))
    pool = rng.randint(3, size=(800, n_modalities))
    found = shares(lambda X: table[tuple(X.T)], pool, X, n_references=300)
    singles = [expected[(m,)] for m in range(n_modalities)]
    assert_within(found, "main", singles)
    np.testing.assert_allclose(found.main[:, 0], singles, atol=0.06)
    assert found.interaction == pytest.approx(1 - sum(singles), abs=0.08)
    if n_modalities == 3:
        pairs = [expected[(0, 1)], expected[(0, 2)], expected[(1, 2)]]
        assert_within(found, "pairs", pairs)
        assert_within(found, "higher", expected[(0, 1, 2)])


def mean_squares(X, references):
    dis = Disentangler(bilinear, references=references).fit(X)
    parts = dis.decompose(X)
    return np.append(np.square(parts.main[:, :, 0]).mean(axis=0), (parts.mi**2).mean())


def test_errors_of_references_are_the_jackknife_over_references():
    X, pool = normal(150, 2, 0, 0.5), normal(40, 2, 1, 0.5)
    dis = Disentangler(bilinear, n_references=None).fit(pool)
    references = dis._references.of_population(None)
    effects = references.effects(dis._engine(None), X, squares=True)
    terms = [("main", 0), ("main", 1), ("mi", 0)]
    influences = np.stack([effects.squares.of_term(*term) for term in terms])
    found = effects.squares.standard_error(influences)[:, 0]
    left = [mean_squares(X, np.delete(pool, j, axis=0)) for j in range(40)]
    expected = np.sqrt(39 * np.var(left, axis=0))
    np.testing.assert_allclose(found, expected, rtol=0.06)


def test_exact_means_of_trees_give_the_same_shares():
    X = normal(400, 3, 0)
    forest = RandomForestRegressor(5, max_depth=3, random_state=0)
    forest = FrozenEstimator(forest.fit(X, three_way(X)))
    by_leaves = shares(forest, X, X, n_references=None)
    by_rows = shares(forest.predict, X, X[:200], n_references=100)
    assert by_leaves.n_model_rows < 1000 < by_rows.n_model_rows
    for name in ("main", "pairs"):
        difference = getattr(by_leaves, name) - getattr(by_rows, name)
        error = getattr(by_rows, f"{name}_se") + getattr(by_leaves, f"{name}_se")
        assert (np.abs(difference) < 2 * error + 0.02).all()


def test_the_whole_summary():
    X = normal(200, 2, 0, 0.9)
    dis = Disentangler(
        lambda X: np.column_stack([X[:, 0], bilinear(X)]),
        {"chart": [0], "lab": [1]},
        random_state=0,
    ).fit(X)
    summary = dis.summarize(X)
    head, own, together, others, hybrids, _ = repr(summary).split("\n")
    assert "output1 (1 of 2 outputs) varies by" in head
    assert "chart" in own and "lab" in own and "[" in own
    assert together.startswith("  Only together (MI): ")
    assert others.startswith("  Explained by the other modalities: chart ")
    assert hybrids.startswith(f"  Hybrid rows: AUC {summary.hybrid_auc:.2f}. Some are")
    assert 0.75 < summary.hybrid_auc < 0.85  # r = .9 of two normal columns: .81
    assert (summary.explained_by_others[:, 1] > 0.5).all()
    assert summary._repr_html_().count("<li>") == 5
    frame = pytest.importorskip("pandas") and summary.to_frame()
    assert list(frame["term"][:3]) == ["interaction", "main: chart", "main: lab"]
    line = frame.set_index(["output", "term"]).loc[("output1", "interaction")]
    low, high = summary.interval("interaction")
    assert (line["low"], line["high"]) == (low[1], high[1])
    assert summary.n_rows == 200 and summary.interaction.shape == (2,)


def test_targets_add_what_interaction_is_worth(monkeypatch):
    monkeypatch.setattr(summarized_rows, "hybrid_auc", lambda blocks: 0.5)
    X = normal(60, 2, 0)
    dis = Disentangler(bilinear, n_references=30, random_state=0).fit(X)
    without, summary = dis.summarize(X), dis.summarize(X, bilinear(X))
    expected = additive_gap(dis, X, bilinear(X))
    assert summary.gap == expected and summary.gap.gap_se == expected.gap_se
    assert summary.gap.score == 1 > summary.gap.additive_score
    last = repr(summary).split("\n")[-1]
    assert last.startswith(f"  Score: R2 1.000, of UC only {expected[1]:.3f}, ")
    assert without.gap is None and "Score" not in repr(without)
    assert summary.n_model_rows > without.n_model_rows


def test_summaries_are_the_same_whenever_they_are_made():
    X = normal(60, 2, 0)
    dis = Disentangler(bilinear, n_references=30).fit(X)
    first, second = dis.summarize(X[:20]), dis.summarize(X[:20])
    np.testing.assert_array_equal(first.main, second.main)
    assert first.hybrid_auc == second.hybrid_auc


def test_references_of_your_own_are_no_sample():
    X = normal(300, 2, 0)
    found = shares(bilinear, X, X, references=np.zeros((1, 2)))
    parts = Disentangler(bilinear, references=np.zeros((1, 2))).fit(X).decompose(X)
    squares = np.square(parts.main[:, :, 0]).mean(axis=0)
    np.testing.assert_allclose(
        found.main[0, 0] / found.main[1, 0], squares[0] / squares[1]
    )


def test_modalities_of_any_kind_are_summarized():
    rng = np.random.RandomState(0)
    X = MultimodalArray(
        note=[" ".join(rng.choice(["pain", "severe", "mild"], 4)) for _ in range(40)],
        ecg=rng.normal(size=(40, 2, 10)),
    )

    def model(X):
        severe = np.array(["severe" in note for note in X["note"]], dtype=float)
        return severe + X["ecg"][:, 0, 3] * severe

    summary = Disentangler(model, n_references=30, random_state=0).fit(X).summarize(X)
    assert 0.2 < summary.hybrid_auc < 0.8
    assert summary.interaction[0] > 0.1


def test_what_cannot_be_summarized():
    X = normal(40, 3, 0)
    dis = Disentangler(bilinear, n_references=30).fit(X[:, :2])
    with pytest.raises(ValueError, match=r"X has 1 row\. Pass two rows or more"):
        dis.summarize(X[:1, :2])
    held = Disentangler(bilinear, {"a": [0], "b": [1]}, remainder="hold").fit(X)
    with pytest.raises(ValueError, match="remainder='hold'"):
        held.summarize(X)


@pytest.fixture(scope="module")
def three_classes():
    X = normal(60, 2, 0)
    y = np.array(["hi", "lo", "mid"])[np.digitize(X.prod(axis=1), [-0.5, 0.5])]
    model = RandomForestClassifier(3, random_state=0).fit(X, y)
    return Disentangler(FrozenEstimator(model)).fit(X), X, y


def test_other_outputs_are_told(three_classes):
    dis, X, _ = three_classes
    summary = dis.summarize(X)
    last, order = repr(summary).split("\n")[-1], np.argsort(-summary.spread)
    for c in order[1:]:
        share = f"{summary.output_names[c]} {summary.interaction[c]:.0%} ["
        assert share in last
    assert summary.output_names[order[0]] not in last.split("plot")[0]
    assert "to_frame() has all shares, plot(output=" in last


def test_targets_of_other_rows_or_classes(three_classes):
    dis, X, y = three_classes
    X, y = X[:20], y[:20]
    with pytest.raises(ValueError, match=r"one target for each of the 20 rows.*has 15"):
        additive_gap(dis, X, y[:15])
    with pytest.raises(ValueError, match=r"No class of the model, \['hi'.*\[0\]"):
        additive_gap(dis, X, np.zeros(20, dtype=int))
    with pytest.warns(UserWarning, match=r"does not know, \['none'\]: they count as"):
        found = additive_gap(dis, X, np.append(y[:-1], "none"))
    assert found.score == pytest.approx(additive_gap(dis, X, y).score - 1 / 20)


def test_targets_that_are_no_numbers():
    X = normal(40, 2, 0)
    dis = Disentangler(bilinear).fit(X)
    with pytest.raises(ValueError, match=r"must be numbers.* Got 'hi', among others"):
        additive_gap(dis, X, ["hi"] * 40)
