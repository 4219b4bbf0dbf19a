"""Parts of SHAP values equal those over all coalitions, or have honest errors."""

import numpy as np
import pytest

from skdime import Explanation
from skdime.perturbers import MaskPerturber, TabularPerturber
from tests._data import AB, Counter, explainer_of, largest, product
from tests._surrogates._games import hybrids_of, parts_by_coalitions
from tests._surrogates._masked import Columns

SPLITS = {
    "two": [("a", [0, 3, 5, 6]), ("b", [1, 2, 4, 7])],
    "three": [("a", [0, 3, 6]), ("b", [1, 2]), ("c", [4, 5, 7])],
}


def model(X):
    X = np.asarray(X, dtype=float)
    first = np.sin(X[:, 0]) * X[:, 4] + X[:, 1] * X[:, 2] * X[:, 5] + X[:, 3] ** 2
    return np.column_stack([first + X[:, 6] * X[:, 7], X[:, 0] * X[:, 1] + X[:, 7]])


def additive(X):
    X = np.asarray(X, dtype=float)
    return np.sin(X[:, 0]) + X[:, 1] ** 2 - X[:, 4] + np.abs(X[:, 5])


@pytest.fixture(scope="module")
def X():
    return np.random.RandomState(0).normal(size=(200, 8))


def explainer(output, modalities, X, **options):
    defaults = {"attribution": "shapley", "n_references": 20, "random_state": 0}
    exp = explainer_of(output, modalities, **(defaults | options))
    # the same references whatever the seed of coalitions
    return exp.set_params(disentangler__random_state=0).fit(X)


def columns_of(exp):
    return [columns for _, columns in exp.disentangler_.modalities_]


def in_order(exp, parts):
    """From the order of columns to that of features."""
    return parts[:, np.concatenate(columns_of(exp))]


def assert_adds_up(explanation):
    values, coef = explanation.decomposition, np.nan_to_num(explanation.coef)
    for m, name in enumerate(explanation.modality_names):
        mine = explanation.feature_modalities == name
        sums = coef[:, 0, mine].sum(axis=1)
        np.testing.assert_allclose(sums, values.main[:, m], rtol=0, atol=1e-10)
    sums = coef[:, 1].sum(axis=1)
    np.testing.assert_allclose(sums, values.mi, rtol=0, atol=1e-10)
    sums = coef.sum(axis=(1, 2))
    expected = values.output - values.baseline
    np.testing.assert_allclose(sums, expected, rtol=0, atol=1e-10)
    assert largest(explanation.rest) < 1e-10
    ends = explanation.intercept.copy()
    for m, name in enumerate(explanation.modality_names):
        mine = explanation.feature_modalities == name
        ends[:, :, m] += coef[:, :, mine].sum(axis=2)
    np.testing.assert_allclose(ends, explanation.target, rtol=0, atol=1e-10)


@pytest.mark.parametrize("split", SPLITS)
def test_all_coalitions_give_values_by_definition(X, split):
    exp = explainer(model, SPLITS[split], X, algorithm="exhaustive")
    explanation, points = exp.explain(X[:2]), hybrids_of(exp)
    for row, x in enumerate(X[:2]):
        expected = parts_by_coalitions(model, x, points, columns_of(exp))
        expected = in_order(exp, expected)
        np.testing.assert_allclose(explanation.coef[row], expected, rtol=0, atol=1e-10)
    assert not explanation.se_perturbations.any()
    assert explanation.se_references.min(axis=(0, 2)).max() > 0
    assert_adds_up(explanation)
    assert explanation.n_model_rows <= exp.cost(X[:2]).explain_rows
    np.testing.assert_allclose(exp.transform(X[:1])[0], explanation.coef[0].ravel())


def test_few_coalitions_are_evaluated_by_default(X):
    exp = explainer(_few, [("a", [0, 2]), ("b", [1])], X[:, :3], n_samples=1700)
    explanation = exp.explain(X[:1, :3])
    expected = parts_by_coalitions(
        lambda X: _few(X)[:, None], X[0, :3], hybrids_of(exp), columns_of(exp)
    )
    np.testing.assert_allclose(
        explanation.coef[0], in_order(exp, expected), rtol=0, atol=1e-10
    )


def _few(X):
    return np.sin(X[:, 0]) * X[:, 1] + X[:, 0] * X[:, 2]


def test_masked_features_are_players_beside_columns(X):
    modalities = [("a", [0, 3, 5]), ("b", [1, 2, 4])]
    perturbers = [("b", Columns())]

    def output(X):
        X = np.asarray(X)
        return np.column_stack([X[:, 0] * X[:, 1] * X[:, 2] + X[:, 4] * X[:, 3]])

    exp = explainer(
        output, modalities, X[:, :6] + 1, perturbers=perturbers, algorithm="exhaustive"
    )
    explanation = exp.explain(X[:1, :6])
    mean = (X[:, :6] + 1).mean(axis=0)[[1, 2, 4]]
    columns = columns_of(exp)
    expected = parts_by_coalitions(
        output, X[0, :6], hybrids_of(exp), columns, {1: mean}
    )
    found, expected = explanation.coef[0], in_order(exp, expected)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    assert_adds_up(explanation)


def test_pair_of_three_modalities(X):
    exp = explainer(model, SPLITS["three"], X, algorithm="exhaustive")
    explanation = exp.explain(X[:1], pair=("a", "c"))
    expected = parts_by_coalitions(
        model, X[0], hybrids_of(exp), columns_of(exp), players=(0, 2)
    )
    order = np.concatenate([columns_of(exp)[m] for m in (0, 2)])
    np.testing.assert_allclose(
        explanation.coef[0], expected[:, order], rtol=0, atol=1e-10
    )
    sums = explanation.coef[0, 1].sum(axis=0)
    np.testing.assert_allclose(sums, explanation.decomposition.mi[0], atol=1e-10)


def test_additive_models_have_no_mi(X):
    columns = [0, 1, 4, 5]
    exp = explainer(additive, SPLITS["two"], X, n_samples=120)
    explanation = exp.explain(X[:2])
    assert explanation.n_model_rows < 2 * 2**8 * 20  # not all coalitions
    assert largest(explanation.sel(part="mi")) < 1e-10
    assert_adds_up(explanation)
    points = hybrids_of(exp)
    for j in columns:
        rows = np.zeros((len(points) + 2, 8))
        rows[:2, j], rows[2:, j] = X[:2, j], points[:, j]
        own = additive(rows)
        expected = own[:2] - own[2:].mean()
        found = explanation.sel(part="uc", feature=f"x{j}")[:, 0]
        features = explanation.feature_names.tolist()
        se = explanation.se_perturbations[:, 0, features.index(f"x{j}"), 0]
        assert (np.abs(found - expected) < 4 * se + 1e-10).all()


def test_a_product_of_two_modalities_is_halved(X):
    exp = explainer(product, AB, X[:, :2] + 1)
    mean = hybrids_of(exp).mean(axis=0)
    coef = exp.explain(X[:3, :2]).coef[..., 0]
    deviations = X[:3, :2] - mean
    np.testing.assert_allclose(coef[:, 0], deviations * mean[::-1], atol=1e-12)
    both = deviations.prod(axis=1, keepdims=True) / 2
    np.testing.assert_allclose(coef[:, 1], np.tile(both, 2), atol=1e-12)


@pytest.mark.slow  # fits of several seeds
@pytest.mark.parametrize("split", SPLITS)
def test_standard_errors_hold(X, split):
    exact = explainer(model, SPLITS[split], X, algorithm="exhaustive").explain(X[:3])
    apart, errors = [], []
    for seed in range(5):
        exp = explainer(model, SPLITS[split], X, n_samples=160, random_state=seed)
        explanation = exp.explain(X[:3])
        assert_adds_up(explanation)
        apart.append(explanation.coef - exact.coef)
        errors.append(explanation.se_perturbations)
    apart, errors = np.abs(apart), np.array(errors)
    assert (apart <= 1.96 * errors + 1e-12).mean() > 0.9
    assert np.sqrt((apart**2).mean() / (errors**2).mean()) > 0.4


def test_standard_errors_of_some_coalitions(X):
    options = {"n_references": 30}
    exact = explainer(model, SPLITS["three"], X, algorithm="exhaustive", **options)
    exact = exact.explain(X[:3]).coef
    found = explainer(model, SPLITS["three"], X, n_samples=160, **options).explain(
        X[:3]
    )
    apart = np.abs(found.coef - exact)
    assert (apart <= 1.96 * found.se_perturbations + 1e-12).mean() > 0.85
    assert np.linalg.norm(apart) < 0.5 * np.linalg.norm(exact)


def test_what_columns_add_by_themselves_is_known_beforehand(X):
    exp = explainer(additive, SPLITS["three"], X, n_samples=120, n_references=100)
    explanation = exp.explain(X[:3])
    exact = explainer(
        additive, SPLITS["three"], X, algorithm="exhaustive", n_references=100
    )
    exact = exact.explain(X[:3])
    apart = np.linalg.norm(explanation.coef - exact.coef)
    # coalitions alone are off by a third
    assert apart < 0.1 * np.linalg.norm(exact.coef)
    assert np.nanmin(explanation.r2[:, 0]) > 0.9
    np.testing.assert_allclose(
        explanation.se_references, exact.se_references, rtol=0.2, atol=0.01
    )


@pytest.mark.parametrize("perturbers", ["auto", [("b", Columns())]])
def test_cost_is_an_upper_bound(X, perturbers):
    counter = Counter(model)
    exp = explainer(counter, SPLITS["two"], X, n_samples=100, perturbers=perturbers)
    most, before = exp.cost(X[:2]).explain_rows, counter.rows
    explanation = exp.explain(X[:2])
    assert counter.rows - before == explanation.n_model_rows <= most


def test_a_column_that_is_not_read_has_no_value(X):
    exp = explainer(model, SPLITS["two"], X, n_samples=100)
    exp.perturbers_[0][1].set_unread(np.array([0]))
    explanation = exp.explain(X[:1])
    assert not explanation.coef[:, :, 0].any()
    assert not explanation.se[:, :, 0].any()
    assert_adds_up(explanation)


class Words(MaskPerturber):
    """Words of a text, which may have none."""

    def features(self, cell):
        return cell.split()

    def perturb(self, cell, masks):
        words = cell.split()
        return [
            " ".join(w for w, kept in zip(words, mask, strict=True) if kept)
            for mask in masks
        ]


def test_a_text_without_words_leaves_its_effect_as_rest():
    import pandas as pd

    texts = ["good day", "bad", "good", "day night"] * 20
    frame = pd.DataFrame({"age": np.arange(80.0), "note": texts})

    def output(frame):
        return frame["note"].str.len() * (1 + frame["age"] / 80)

    modalities, perturbers = [("t", ["age"]), ("n", ["note"])], [("n", Words())]
    exp = explainer(output, modalities, frame, perturbers=perturbers)
    empty = pd.DataFrame({"age": [70.0], "note": [""]})
    explanation = exp.explain(empty)
    main, rest = explanation.decomposition.main[0, :, 0], explanation.rest[0, 0, :, 0]
    assert abs(main[1]) > 1
    np.testing.assert_allclose(rest, [0, main[1]], atol=1e-10)
    assert_adds_up(exp.explain(frame[:2]))


@pytest.mark.parametrize(
    "perturber",
    [
        TabularPerturber(effects="slope"),
        TabularPerturber(effects="main"),
        Columns("banzhaf"),
    ],
)
def test_other_effects_are_refused(X, perturber):
    with pytest.raises(ValueError, match="attribution='shapley' gives Shapley values"):
        explainer(product, AB, X[:, :2], perturbers=[("a", perturber)])


def test_pairs_of_features_are_refused(X):
    exp = explainer(product, AB, X[:, :2])
    with pytest.raises(ValueError, match="Set attribution='dime'"):
        exp.explain_pairs(X[:1, :2])


def test_results_know_their_attribution(X, tmp_path):
    found = [
        explainer(product, AB, X[:, :2], attribution=name).explain(X[:1, :2])
        for name in ("dime", "shapley")
    ]
    found[1].save(tmp_path / "parts")
    loaded = Explanation.load(tmp_path / "parts")
    assert loaded.attribution == "shapley"
    np.testing.assert_array_equal(loaded.rest, found[1].rest)
    with pytest.raises(ValueError, match="same attribution"):
        Explanation.concatenate(*found)
    with pytest.raises(ValueError, match="same attribution"):
        found[0] - found[1]
