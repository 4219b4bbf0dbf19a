"""Deletion and insertion, infidelity, sensitivity and local accuracy."""

import dataclasses

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from skdime.metrics import (
    faithfulness_curves,
    fidelity,
    infidelity,
    local_accuracy,
    max_sensitivity,
)
from skdime.perturbers import TabularPerturber
from tests._data import line_and_product as model
from tests._data import slopes

# small settings, which the explainer rightly complains of
pytestmark = pytest.mark.filterwarnings(
    "ignore:Too few perturbations lie near", "ignore:(UC|MI|UC and MI) (of|compare)"
)

TWO = [("a", [0, 1, 2]), ("b", [3, 4, 5])]


@pytest.fixture(scope="module")
def rows():
    X = np.random.RandomState(0).normal(size=(100, 6))
    return X - X.mean(axis=0)


@pytest.fixture(scope="module")
def explainer(rows):
    dis = Disentangler(model, TWO, n_references=None, random_state=0)
    return LocalExplainer(dis, n_samples=300, random_state=0).fit(rows)


def with_coef(explanation, coef):
    return dataclasses.replace(explanation, coef=coef)


def test_curves_by_hand(rows):
    """An additive model: values, order and areas follow from the row alone."""
    dis = Disentangler(
        lambda X: X @ [4.0, 2, 1, 1, 0, -1], TWO, n_references=None, random_state=0
    )
    explainer = LocalExplainer(dis, n_samples=100, random_state=0).fit(rows)
    x = np.array([[1.0, -1, 2, 3, 1, 1]])  # contributions 4 -2 2 and 3 0 -1
    curves = faithfulness_curves(explainer, x, n_draws=100, random_state=0)
    thirds = np.array([0, 1, 2, 3]) / 3
    np.testing.assert_allclose(curves.fraction[0], [thirds, thirds])
    # UC is 4 - 2 + 2 + 3 + 0 - 1 = 6; a loses 4, 2, -2, and b loses 3, 0, -1
    deletion = [[6, 2, 0, 2], [6, 3, 3, 4]]
    insertion = [[2, 6, 8, 6], [4, 7, 7, 6]]
    np.testing.assert_allclose(curves.deletion[0, 0, :, :, 0], deletion, atol=1e-9)
    np.testing.assert_allclose(curves.insertion[0, 0, :, :, 0], insertion, atol=1e-9)
    # trapezoids of width 1 / 3
    np.testing.assert_allclose(curves.deletion_area[0, 0, :, 0], [2, 11 / 3])
    np.testing.assert_allclose(curves.insertion_area[0, 0, :, 0], [6, 19 / 3])
    np.testing.assert_allclose(curves.gain[0, 0, :, 0], [4, 8 / 3])
    np.testing.assert_allclose(curves.deletion[0, 1], 0, atol=1e-9)  # MI
    fraction, deletion, _ = curves.mean_curves(7)
    np.testing.assert_allclose(deletion[0, 0, :, 0], [6, 4, 2, 1, 0, 1, 2], atol=1e-9)
    np.testing.assert_allclose(fraction, np.arange(7) / 6)


def test_magnitude_by_hand(rows):
    dis = Disentangler(
        lambda X: X @ [4.0, 2, 1, 1, 0, -1], TWO, n_references=None, random_state=0
    )
    explainer = LocalExplainer(dis, n_samples=100, random_state=0).fit(rows)
    x = np.array([[1.0, -1, 1, 3, 1, 1]])  # a: 4 -2 1, so 4, -2, 1 by size; UC = 5
    curves = faithfulness_curves(
        explainer, x, order="magnitude", n_draws=100, random_state=0
    )
    np.testing.assert_allclose(curves.deletion[0, 0, 0, :, 0], [5, 1, 3, 2], atol=1e-9)
    np.testing.assert_allclose(curves.insertion[0, 0, 0, :, 0], [2, 6, 4, 5], atol=1e-9)
    # distances from 5: (0 4 2 3) and (3 1 1 0)
    assert curves.deletion_area[0, 0, 0, 0] == pytest.approx(7.5 / 3)
    assert curves.insertion_area[0, 0, 0, 0] == pytest.approx(3.5 / 3)
    assert curves.gain[0, 0, 0, 0] == pytest.approx(4 / 3)


@pytest.mark.slow
@pytest.mark.parametrize("order", ["signed", "magnitude"])
def test_explanation_is_clearly_better_than_chance(explainer, rows, order):
    x = rows[:25]
    explanation = explainer.explain(x)
    options = {"order": order, "n_draws": 20, "random_state": 0}
    mean, se = faithfulness_curves(explainer, x, explanation, **options).mean_gain()
    assert (mean > 3 * se).all()
    rng = np.random.RandomState(1)
    by_chance = []
    for _ in range(8):
        shuffled = rng.normal(size=explanation.coef.shape)
        other = with_coef(explanation, shuffled)
        by_chance.append(
            faithfulness_curves(explainer, x, other, **options).mean_gain()[0]
        )
    by_chance = np.array(by_chance)
    assert (mean > by_chance.max(axis=0)).all()
    error = by_chance.std(axis=0, ddof=1) / np.sqrt(len(by_chance))
    assert (np.abs(by_chance.mean(axis=0)) < 4 * error).all()


def test_reversed_ranking_is_as_bad_as_the_ranking_is_good(explainer, rows):
    explanation = explainer.explain(rows[:5])
    good = faithfulness_curves(explainer, rows[:5], explanation, random_state=0)
    reversed_one = with_coef(explanation, -explanation.coef)
    bad = faithfulness_curves(explainer, rows[:5], reversed_one, random_state=0)
    np.testing.assert_allclose(bad.gain, -good.gain, atol=1e-9)


def test_curves_of_groups_of_columns_move_together(rows):
    from skdime.perturbers import TabularPerturber

    dis = Disentangler(model, TWO, n_references=None, random_state=0)
    perturber = TabularPerturber(groups={"first": [0, 1]})
    explainer = LocalExplainer(
        dis, [("a", perturber)], n_samples=100, random_state=0
    ).fit(rows)
    curves = faithfulness_curves(explainer, rows[:2], n_draws=100, random_state=0)
    assert np.isfinite(curves.fraction).sum(axis=-1).tolist() == [[3, 4], [3, 4]]
    x, coef = rows[0], explainer.explain(rows[:2]).coef[0, 0, :2, 0]
    one, two = 4 * x[0] + 2 * x[1], x[2]
    whole = curves.deletion[0, 0, 0, 0, 0]
    removed = one if coef[0] > coef[1] else two
    np.testing.assert_allclose(curves.deletion[0, 0, 0, 1, 0], whole - removed)
    assert np.isfinite(curves.gain).all()


def test_masks_use_their_own_replacement():
    from skdime.perturbers import MaskPerturber

    class Zeros(MaskPerturber):
        def features(self, cell):
            return [f"f{i}" for i in range(len(cell))]

        def perturb(self, cell, masks):
            return [np.where(mask, cell, 0.0) for mask in masks]

        def describe(self, cell):
            return [str(value) for value in cell]

    X = np.random.RandomState(0).normal(size=(100, 4)) + 5
    modalities = [("a", [0, 1]), ("b", [2, 3])]
    dis = Disentangler(lambda X: X @ [1.0, 2, 3, 4], modalities, random_state=0)
    explainer = LocalExplainer(dis, [("a", Zeros())], random_state=0).fit(X)
    x = X[:1]
    curves = faithfulness_curves(explainer, x, n_draws=100, random_state=0)
    whole, first, second = (x[0] @ [1, 2, 3, 4]), x[0, 0], 2 * x[0, 1]
    steps = [whole, whole - second, whole - first - second]
    np.testing.assert_allclose(curves.deletion[0, 0, 0, :, 0], steps)
    assert np.nanmax(infidelity(explainer, x)[0, 0, 0]) < 1e-3  # linear in the masks
    fresh = fidelity(explainer, x, n_samples=20, random_state=0)
    assert fresh[0, 0, 0, 0] == pytest.approx(1, abs=1e-4)
    assert np.isnan(fresh[0, 1]).all()  # additive: MI does not vary


def test_texts_and_tables_under_keys():
    from skdime import MultimodalArray

    rng = np.random.RandomState(0)
    words = np.array(["good", "bad", "soup", "service", "table"])
    texts = np.array([" ".join(rng.choice(words, 4)) for _ in range(60)], dtype=object)
    X = MultimodalArray({"note": texts, "vitals": rng.normal(size=(60, 2))})

    def model(X):
        # a bad review only counts where the first number is positive
        bad = np.array([text.count("bad") for text in X["note"]])
        good = np.array([text.count("good") for text in X["note"]])
        return good - bad * (X["vitals"][:, 0] > 0) + X["vitals"][:, 1]

    dis = Disentangler(model, n_references=30, random_state=0)
    explainer = LocalExplainer(dis, n_samples=200, random_state=0).fit(X)
    x = X[:6]
    mean, se = faithfulness_curves(explainer, x, random_state=0).mean_gain()
    assert (mean[0] > 2 * se[0]).all()
    fresh = fidelity(explainer, x, random_state=0)
    assert np.nanmin(fresh[:, 0, 0]) > 0.95  # UC of the note: a line in its words
    assert np.isfinite(infidelity(explainer, x, n_draws=5)).any(axis=0).all()
    with pytest.raises(TypeError, match="the numbers of a table"):
        max_sensitivity(explainer, x)


def test_frame_of_curves(explainer, rows):
    pytest.importorskip("pandas")
    curves = faithfulness_curves(explainer, rows[:2], random_state=0)
    frame = curves.to_frame()
    assert len(frame) == 2 * 2 * 2 * 2 * 4
    one = frame.query(
        "row == 1 and part == 'mi' and modality == 'b' and curve == 'insertion'"
    )
    np.testing.assert_allclose(one["value"], curves.insertion[1, 1, 1, :, 0])
    assert "mi of b" in repr(curves)


def test_infidelity_by_hand(rows):
    dis = Disentangler(
        lambda X: X @ [4.0, 2, 1, 1, 0, -1], TWO, n_references=None, random_state=0
    )
    explainer = LocalExplainer(dis, n_samples=100, random_state=0).fit(rows)
    x = np.array([[1.0, -1, 2, 3, 1, 1]])
    explanation = explainer.explain(x)
    options = {"n_draws": 100, "random_state": 0}
    wrong = np.zeros_like(explanation.coef)
    nothing = infidelity(explainer, x, with_coef(explanation, wrong), **options)
    # changes of the 7 subsets of a, with 4 -2 2: 4 -2 2 2 6 0 4; of b 3 0 -1: 3 0 -1 3
    # 2 -1 2
    expected = np.array([[16 + 4 + 4 + 4 + 36 + 0 + 16], [9 + 0 + 1 + 9 + 4 + 1 + 4]])
    np.testing.assert_allclose(nothing[0, 0], expected / 7)
    wrong[0, 0, :, 0] = [5, -2, 2, 3, 0, -1]  # one too much in 4 of 7 subsets
    found = infidelity(explainer, x, with_coef(explanation, wrong), **options)
    np.testing.assert_allclose(found[0, 0, :, 0], [4 / 7, 0], atol=1e-12)
    share = infidelity(
        explainer, x, with_coef(explanation, wrong), normalize=True, **options
    )
    np.testing.assert_allclose(share[0, 0, :, 0], [4 / 80, 0], atol=1e-12)
    assert np.isnan(share[0, 1]).all()


def test_infidelity_tells_right_from_wrong(explainer, rows):
    x = rows[:20]
    explanation = explainer.explain(x)
    options = {"normalize": True, "n_draws": 50, "random_state": 0}
    right = np.nanmedian(infidelity(explainer, x, explanation, **options), axis=0)
    double = with_coef(explanation, 3 * explanation.coef)
    wrong = np.nanmedian(infidelity(explainer, x, double, **options), axis=0)
    assert (right < 0.5).all()
    assert (wrong > 2 * right).all()


def test_sensitivity_of_a_linear_and_a_wild_model(rows):
    def wild(X):
        return np.sin(8 * X[:, 0]) * (1 + X[:, 3]) + X[:, 1]

    found = []
    for f in (lambda X: X @ [4.0, 2, 1, 1, 2, -1], wild):
        dis = Disentangler(f, TWO, n_references=50, random_state=0)
        explainer = LocalExplainer(
            dis, slopes(TWO), n_samples=300, kernel_width=0.3, random_state=0
        ).fit(rows)
        found.append(max_sensitivity(explainer, rows[:9], radius=0.3, random_state=0))
    smooth, rough = (values[:, 0, 0, 0] for values in found)
    assert np.median(rough) > 2 * np.median(smooth)


def test_sensitivity_grows_with_the_radius(explainer, rows):
    small, large = (
        max_sensitivity(explainer, rows[:5], radius=r, random_state=0)
        for r in (0.01, 0.3)
    )
    assert (large > 5 * small).all()


def test_sensitivity_leaves_other_columns_alone():
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    X = pd.DataFrame({"n": rng.randint(0, 9, 80), "f": rng.normal(size=80)})
    seen = []

    def model(X):
        seen.append(X)
        return X["n"] + X["f"]

    explainer = LocalExplainer(Disentangler(model), n_samples=50, random_state=0).fit(X)
    max_sensitivity(explainer, X[:5], n_draws=2, random_state=0)
    assert all(frame["n"].isin(range(9)).all() for frame in seen)
    whole = X[["n"]].assign(m=X["n"])
    explainer = LocalExplainer(
        Disentangler(lambda X: X["n"] + X["m"]), n_samples=50, random_state=0
    ).fit(whole)
    with pytest.raises(ValueError, match="no column of floats"):
        max_sensitivity(explainer, whole[:5])


def test_local_accuracy(explainer, rows):
    explanation = explainer.explain(rows[:5])
    gap = local_accuracy(explanation)
    assert gap.shape == (5, 2, 2, 1)
    np.testing.assert_allclose(gap[:, 0], 0, atol=0.05)  # UC is linear
    added = explanation.intercept[:, 1, 0] + explanation.coef[:, 1, :3].sum(axis=1)
    expected = np.abs(added - explanation.decomposition.mi)
    np.testing.assert_allclose(gap[:, 1, 0], expected)


def test_determinism_and_wrong_input(explainer, rows):
    one, two = (
        faithfulness_curves(explainer, rows[:3], random_state=3).gain for _ in range(2)
    )
    np.testing.assert_array_equal(one, two)
    with pytest.raises(ValueError, match="`order`"):
        faithfulness_curves(explainer, rows[:3], order="absolute")
    with pytest.raises(ValueError, match="`n_points` must be an integer of at least 2"):
        faithfulness_curves(explainer, rows[:3], n_points=1)
    with pytest.raises(ValueError, match="`explanation` must be of the rows of X"):
        infidelity(explainer, rows[:3], explainer.explain(rows[:2]))
    with pytest.raises(ValueError, match="`radius`"):
        max_sensitivity(explainer, rows[:3], radius=0)
    with pytest.raises(ValueError, match="`n_samples`"):
        fidelity(explainer, rows[:3], n_samples=1)


def saturating(X):
    X = X.reshape(len(X), -1)
    return np.tanh((X[:, :6] * X[:, 6:]).sum(axis=1) / 2 + X.sum(axis=1) / 4)


@pytest.mark.slow
def test_the_default_is_as_faithful_as_the_exhaustive_one():
    """And clearly better than chance, whose gain is 0, on UC and on MI."""
    X = np.random.RandomState(0).normal(size=(500, 12))
    x = np.random.RandomState(1).normal(size=(40, 12))
    dis = Disentangler(
        saturating, [("a", slice(0, 6)), ("b", slice(6, 12))], random_state=0
    )
    gains = {}
    for algorithm in ("auto", "exhaustive"):
        explainer = LocalExplainer(dis, algorithm=algorithm, random_state=0).fit(X)
        curves = faithfulness_curves(explainer, x, random_state=0)
        gains[algorithm] = curves.gain
        mean, se = curves.mean_gain()
        assert (mean > 3 * se).all()
    difference = gains["auto"] - gains["exhaustive"]
    n = len(x)
    mean, se = difference.mean(axis=0), difference.std(axis=0, ddof=1) / np.sqrt(n)
    assert (np.abs(mean) < 3 * se + 0.02 * gains["exhaustive"].mean(axis=0)).all()


def test_nothing_to_rank_has_no_gain():
    """A single feature, and a part that does not vary."""
    X = np.random.RandomState(0).normal(size=(200, 3))
    dis = Disentangler(lambda X: X[:, 1] - 2 * X[:, 2], [("a", [0]), ("b", [1, 2])])
    explainer = LocalExplainer(dis, n_samples=50, random_state=0).fit(X)
    gain = faithfulness_curves(explainer, X[:3], random_state=0).gain
    assert np.isnan(gain[:, :, 0]).all()  # one feature
    assert np.isnan(gain[:, 1]).all()  # no interaction
    assert gain[:, 0, 1].mean() > 0
    sensitivity = max_sensitivity(explainer, X[:3], random_state=0)
    assert np.isnan(sensitivity[:, 0, 0]).all()  # UC of a does not vary
    assert np.isnan(sensitivity[:, 1]).all()
    assert (sensitivity[:, 0, 1] > 0).all()


@pytest.mark.parametrize("metric", [infidelity, max_sensitivity, faithfulness_curves])
def test_explanations_of_other_rows_are_refused(explainer, rows, metric):
    explanation = explainer.explain(rows[:2])
    with pytest.raises(ValueError, match=r"outputs for 2 rows differ from"):
        metric(explainer, rows[2:4], explanation)
    with pytest.raises(ValueError, match="`n_draws` must be an integer of at least 1"):
        metric(explainer, rows[:2], explanation, n_draws=0)
    with pytest.raises(TypeError, match="`explainer` must be a fitted LocalExplainer"):
        metric(explainer.disentangler_, rows[:2])


# --- infidelity of a perfect explanation ----------------------------------------------


@pytest.mark.parametrize("n_draws", [8, 20, 100])
def test_a_perfect_explanation_has_no_infidelity(n_draws):
    """Coefficients of a linear model, against all rows as replacements."""
    X, beta = np.random.RandomState(1).normal(size=(300, 6)), np.arange(1.0, 7)
    dis = Disentangler(lambda X: X @ beta, TWO, n_references=100, random_state=0)
    slopes = [(name, TabularPerturber(effects="slope")) for name in "ab"]
    explainer = LocalExplainer(dis, slopes, n_samples=100, alpha=1e-9, random_state=0)
    explainer.fit(X)
    found = infidelity(explainer, X[:4], n_draws=n_draws, random_state=0)
    size = np.square(beta).sum()
    assert found[:, 0].max() < 1e-9 * size
    explanation = explainer.explain(X[:4])
    zero = with_coef(explanation, np.zeros_like(explanation.coef))
    share = infidelity(explainer, X[:4], zero, n_draws=n_draws, normalize=True)
    np.testing.assert_allclose(share[:, 0], 1, atol=1e-6)


def test_a_perfect_explanation_of_categories_has_no_infidelity():
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    color = rng.choice(["red", "green", "blue"], size=300, p=[0.6, 0.3, 0.1])
    frame = pd.DataFrame({"color": color, "size": rng.normal(size=300)})
    frame["other"] = rng.normal(size=300)
    effect = {"red": 1.0, "green": -2.0, "blue": 4.0}

    def model(X):
        return X["color"].map(effect).astype(float) + X["size"] - X["other"]

    modalities = [("a", ["color", "size"]), ("b", ["other"])]
    dis = Disentangler(model, modalities, n_references=100, random_state=0)
    explainer = LocalExplainer(dis, n_samples=100, random_state=0).fit(frame)
    explanation = explainer.explain(frame[:6])
    mean = np.mean([effect[c] for c in color])
    coef = np.zeros_like(explanation.coef)
    coef[:, 0, 0, 0] = [effect[c] - mean for c in color[:6]]
    coef[:, 0, 1, 0] = frame["size"][:6] - frame["size"].mean()
    coef[:, 0, 2, 0] = frame["other"].mean() - frame["other"][:6]
    found = infidelity(explainer, frame[:6], with_coef(explanation, coef))
    assert found[:, 0].max() < 1e-9


def test_infidelity_of_what_bends_is_that_of_all_replacements():
    """No reference is left out: few draws give the same number on average."""
    X = np.random.RandomState(2).normal(size=(200, 4))
    two = [("a", [0, 1]), ("b", [2, 3])]

    def model(X):
        return 3 * np.tanh(2 * X[:, 0]) + X[:, 0] * X[:, 1] + X[:, 2]

    dis = Disentangler(model, two, n_references=None, random_state=0)
    slopes = [(name, TabularPerturber(effects="slope")) for name in "ab"]
    explainer = LocalExplainer(dis, slopes, n_samples=100, random_state=0).fit(X)
    rows = X[:6]
    explanation = explainer.explain(rows)
    exact = infidelity(explainer, rows, explanation, n_draws=200)[:, 0, 0, 0].mean()
    few = [
        infidelity(explainer, rows, explanation, random_state=s)[:, 0, 0, 0].mean()
        for s in range(20)
    ]
    assert np.mean(few) == pytest.approx(exact, rel=0.25)
