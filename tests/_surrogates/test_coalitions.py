"""Coefficients that bend and add up, against values derived by hand."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.metrics import fidelity
from skdime.perturbers import TabularPerturber

TWO = [("a", [0, 1, 2]), ("b", [3, 4, 5])]
THREE = [("a", [0, 1]), ("b", [2, 3]), ("c", [4, 5])]


@pytest.fixture(scope="module")
def X():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(300, 6))
    X[:, 2] = rng.exponential(size=300) * 100
    X[:, 5] = rng.uniform(size=300) < 0.03
    X.setflags(write=False)
    return X


def explainer(model, modalities, effects="shapley", options=None, **parameters):
    perturbers = [(name, TabularPerturber(effects=effects)) for name, _ in modalities]
    parameters = {"n_samples": 100, "random_state": 0} | parameters
    disentangler = Disentangler(model, modalities, **options or {})
    parameters.setdefault("algorithm", "coalitions")
    return LocalExplainer(disentangler, perturbers, **parameters)


def coefficients(model, X, rows, modalities=TWO, **parameters):
    """UC and MI of the first output, (n_rows, 2, n_features)."""
    fitted = explainer(model, modalities, **parameters).fit(X)
    return fitted.explain(rows), fitted


def additive(X):
    return np.sin(2 * X[:, 0]) + X[:, 1] ** 2 + np.log1p(X[:, 2]) + np.abs(X[:, 4])


def test_an_additive_model_bends_and_has_no_interaction(X):
    found, _ = coefficients(additive, X, X[:4])
    shapes = np.zeros((len(X), 6))
    for j, shape in ((0, np.sin(2 * X[:, 0])), (1, X[:, 1] ** 2)):
        shapes[:, j] = shape
    shapes[:, 2], shapes[:, 4] = np.log1p(X[:, 2]), np.abs(X[:, 4])
    expected = (shapes - shapes.mean(axis=0))[:4]
    np.testing.assert_allclose(found.coef[:, 0, :, 0], expected, atol=0.03)
    np.testing.assert_allclose(found.coef[:, 1, :, 0], 0, atol=0.01)
    assert (found.r2[:, 0, :, 0] > 0.99).all()


def test_a_linear_model_has_slope_times_distance_from_the_mean(X):
    weights = np.array([3.0, -2.0, 0.01, 1.0, 0.0, 5.0])
    found, _ = coefficients(lambda X: 1e4 + X @ weights, X, X[:3])
    expected = (X[:3] - X.mean(axis=0)) * weights
    np.testing.assert_allclose(found.coef[:, 0, :, 0], expected, atol=2e-3)
    np.testing.assert_allclose(found.coef[:, 1, :, 0], 0, atol=2e-3)


def test_a_product_by_hand(X):
    """Of x0 * x3, each gets its deviation times the mean, or the other's deviation."""
    found, fitted = coefficients(lambda X: X[:, 0] * X[:, 3], X, X[:3])
    references = fitted.disentangler_.references_
    moved, others = X[:3] - X.mean(axis=0), references.mean(axis=0)
    uc, mi = np.moveaxis(found.coef[..., 0], 1, 0)
    np.testing.assert_allclose(uc[:, 0], moved[:, 0] * others[3], atol=5e-3)
    np.testing.assert_allclose(uc[:, 3], moved[:, 3] * others[0], atol=5e-3)
    for first, second in ((0, 3), (3, 0)):
        expected = moved[:, first] * (X[:3, second] - others[second])
        np.testing.assert_allclose(mi[:, first], expected, atol=5e-3)
    np.testing.assert_allclose(uc[:, [1, 2, 4, 5]], 0, atol=5e-3)


def test_an_interaction_within_a_modality_is_shared(X):
    """Half of x0 * x1 is each one's, the means of both taken off."""
    for effects, share in (("shapley", 0.5), ("main", 0.0)):
        found, _ = coefficients(
            lambda X: X[:, 0] * X[:, 1], X, X[:3], effects=effects, n_samples=200
        )
        moved, mean = X[:3] - X.mean(axis=0), X.mean(axis=0)
        both = share * moved[:, 0] * moved[:, 1]
        expected = moved[:, 0] * mean[1] + both
        np.testing.assert_allclose(found.coef[:, 0, 0, 0], expected, atol=0.02)


def test_a_rare_flag_is_found(X):
    model = lambda X: X[:, 0] + 5 * X[:, 5] * (1 + X[:, 1])  # noqa: E731
    rows = X[[0, np.flatnonzero(X[:, 5])[0]]]
    found, fitted = coefficients(model, X, rows)
    others = fitted.disentangler_.references_.mean(axis=0)
    moved = rows[:, 5] - X[:, 5].mean()
    uc, mi = np.moveaxis(found.coef[..., 0], 1, 0)
    np.testing.assert_allclose(uc[:, 5], 5 * moved * (1 + others[1]), rtol=0.02)
    expected = 5 * moved * (rows[:, 1] - others[1])
    np.testing.assert_allclose(mi[:, 5], expected, rtol=0.02)


def test_what_is_peculiar_to_the_row_is_found(X):
    """Rare levels, codes among numbers and values that no training row has."""
    rng = np.random.RandomState(1)
    Z = rng.normal(size=(600, 4))
    modalities = [("a", [0, 1]), ("b", [2, 3])]

    def at_row(model, Z, row):
        found, fitted = coefficients(model, Z, row, modalities=modalities)
        return found.coef[0, :, :, 0], fitted.disentangler_.references_.mean(axis=0)

    rare = Z.copy()
    rare[:, 0] = rng.choice(6, 600, p=[0.3, 0.3, 0.2, 0.1, 0.09, 0.01])
    row = rare[rare[:, 0] == 5][:1]
    row[0, 2] = 1.5
    model = lambda Z: (Z[:, 0] == 5) * (5 + 2 * Z[:, 2])  # noqa: E731
    coef, others = at_row(model, rare, row)
    expected = 2 * (1 - np.mean(rare[:, 0] == 5)) * (1.5 - others[2])
    np.testing.assert_allclose(coef[1, 0], expected, rtol=0.1)

    codes = np.where(rng.uniform(size=Z.shape) < 0.1, 0, Z)
    row = codes[codes[:, 0] == 0][:1]
    spike = lambda Z: 3.0 * (Z[:, 0] == 0)  # noqa: E731
    found, _ = coefficients(spike, codes, row, modalities=modalities, n_samples=200)
    coef = found.coef[0, :, :, 0]
    assert coef[0, 0] == pytest.approx(3 * np.mean(codes[:, 0] != 0), rel=0.06)

    constant = Z.copy()
    constant[:, 1] = 3
    row = np.array([[0.0, 4.0, 1.0, 0.0]])
    coef, others = at_row(lambda Z: Z[:, 1] * Z[:, 2], constant, row)
    np.testing.assert_allclose(coef[1, 1], 1 - others[2], atol=0.15)


def test_a_constant_column_has_no_coefficient(X):
    constant = X.copy()
    constant[:, 1] = 0.1  # whose standard deviation is not exactly 0
    found, _ = coefficients(lambda X: 1000 + X[:, 0] ** 2, constant, constant[:2])
    np.testing.assert_allclose(found.coef[:, :, 1], 0, atol=0.02)


def test_a_row_far_outside_of_the_data(X):
    rows = X[[0, 0]]
    rows[:, 1] = 300.0, 1e6
    model = lambda X: np.tanh(X[:, 1]) * X[:, 3]  # noqa: E731
    found, _ = coefficients(model, X, rows)
    assert np.isfinite(found.coef).all()


def test_parts_that_do_not_vary_have_no_r2(X):
    found, fitted = coefficients(lambda X: X @ np.arange(1.0, 7.0), X, X[:2])
    assert np.isnan(found.r2[:, 1]).all()
    assert fitted.score(X[:2]) > 0.999


def test_three_modalities_and_a_pair_by_hand(X):
    model = lambda X: X[:, 0] * X[:, 2] + 2 * X[:, 2] * X[:, 4]  # noqa: E731
    options = {"n_references": None}
    found, fitted = coefficients(model, X, X[:2], modalities=THREE, options=options)
    moved = X[:2] - X.mean(axis=0)
    expected = moved[:, 2] * (moved[:, 0] + 2 * moved[:, 4])
    np.testing.assert_allclose(found.coef[:, 1, 2, 0], expected, rtol=1e-3, atol=0.02)
    pair = fitted.explain(X[:2], pair=("b", "c"))
    # of two rows the means of three pairs over 300 references, nothing twice
    assert pair.n_model_rows == found.n_model_rows + 2 * 3 * 300
    assert pair.feature_modalities.tolist() == ["b", "b", "c", "c"]
    expected = 2 * moved[:, 2] * moved[:, 4]
    for feature in (0, 2):
        np.testing.assert_allclose(
            pair.coef[:, 1, feature, 0], expected, rtol=1e-3, atol=0.02
        )


def bent(X):
    return np.tanh(X[:, 0] * X[:, 3]) + X[:, 1] * X[:, 4] + np.sin(X[:, 2] / 50)


@pytest.fixture(scope="module")
def fitted(X):
    return explainer(bent, TWO).fit(X)


def test_coefficients_add_up_to_the_decomposition(fitted, X):
    found = fitted.explain(X[:5])
    sums = found.coef.reshape(5, 2, 2, 3).sum(axis=3)
    np.testing.assert_allclose(
        found.intercept[..., 0] + sums, found.local_prediction[..., 0]
    )
    np.testing.assert_allclose(found.intercept[:, 1], 0, atol=1e-12)
    main = found.decomposition.main[..., 0]
    parts = np.stack([main, np.tile(found.decomposition.mi, 2)], axis=1)
    np.testing.assert_allclose(sums, parts, atol=0.2)


def test_no_row_depends_on_the_others(fitted, X):
    every = fitted.explain(X[:4]).coef
    np.testing.assert_allclose(fitted.explain(X[[3, 1]]).coef, every[[3, 1]])
    np.testing.assert_allclose(fitted.transform(X[:4]), every.reshape(4, -1))


def test_the_same_in_little_memory(fitted, X):
    few = explainer(bent, TWO, options={"max_memory": 50_000}).fit(X)
    np.testing.assert_allclose(few.explain(X[:3]).coef, fitted.explain(X[:3]).coef)


@pytest.mark.parametrize("weights", ["uniform", "calibrated"])
def test_parts_add_up_to_the_output(X, weights):
    options = {"reference_weights": weights, "n_references": 40}
    plain, with_self = (
        explainer(bent, TWO, options=options | {"include_self": include_self})
        .fit(X)
        .explain(X[:2])
        for include_self in (False, True)
    )
    np.testing.assert_allclose(with_self.coef.sum(axis=1), plain.coef.sum(axis=1))
    for found in (plain, with_self):
        total = found.target.sum(axis=1)[:, 0]
        np.testing.assert_allclose(total, found.decomposition.output)


@pytest.mark.slow
def test_outputs_of_other_scales_change_nothing(X):
    both, _ = coefficients(
        lambda X: np.column_stack([1e4 * X[:, 1] ** 2, bent(X)]), X, X[:2], tol=1e-9
    )
    alone, _ = coefficients(bent, X, X[:2], tol=1e-9)
    np.testing.assert_allclose(both.coef[..., 1], alone.coef[..., 0], atol=1e-6)


def test_a_constant_model_has_no_coefficients(X):
    found, _ = coefficients(lambda X: np.full(len(X), 2.5), X, X[:2])
    np.testing.assert_allclose(found.coef, 0, atol=1e-12)
    assert np.isnan(found.r2).all()


@pytest.mark.slow
def test_standard_errors_are_those_of_the_differences(X):
    """Errors of many rows are about as large as they are said to be."""
    seed = {"random_state": 0}
    truth, _ = coefficients(bent, X, X[:8], n_samples=300, tol=1e-3, options=seed)
    found, _ = coefficients(bent, X, X[:8], n_samples=60, random_state=1, options=seed)
    off = np.abs(found.coef - truth.coef)
    within = off <= 2 * np.hypot(found.se_perturbations, truth.se_perturbations) + 2e-3
    assert within.mean() > 0.8


@pytest.mark.slow
def test_more_hybrids_where_the_tolerance_asks_for_them(X):
    steps = lambda X: np.floor(2 * X[:, 0] * X[:, 3])  # noqa: E731
    rows = {}
    for tol in (10.0, 0.4, 1e-6):
        found, fitted = coefficients(steps, X, X[:3], tol=tol, n_samples=400)
        rows[tol] = found.n_model_rows
        assert found.n_model_rows <= fitted.cost(X[:3]).explain_rows
    assert rows[10.0] < rows[0.4] < rows[1e-6]
    assert rows[1e-6] == fitted.cost(X[:3]).explain_rows


def test_fit_costs_what_is_predicted(X):
    unfitted = explainer(bent, THREE)
    predicted = unfitted.cost(X).fit_rows
    assert unfitted.fit(X).n_model_rows_ == predicted


def test_frames_with_categories_and_missing_numbers(X):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("pqrstu")).drop(columns="r")
    frame["kind"] = pd.Categorical(np.array(["x", "y", "z"])[np.arange(300) % 3])
    frame.loc[::7, "p"] = np.nan
    levels = {"x": 0.0, "y": 2.0, "z": -1.0}

    def model(F):
        kind = F["kind"].astype(str).map(levels).to_numpy()
        return F["p"].fillna(5).to_numpy() + kind * F["s"].to_numpy()

    modalities = [("a", ["p", "kind"]), ("b", ["q", "s", "t", "u"])]
    found, fitted = coefficients(model, frame, frame[:8], modalities=modalities)
    filled = frame["p"].fillna(5).to_numpy()
    expected = filled[:8] - filled.mean()
    np.testing.assert_allclose(
        found.sel(part="uc", feature="p")[:, 0], expected, atol=0.05
    )
    kinds = frame["kind"].astype(str).map(levels).to_numpy()
    s = frame["s"].to_numpy()
    others = fitted.disentangler_.references_["s"].to_numpy().mean()
    expected = (kinds[:8] - kinds.mean()) * (s[:8] - others)
    np.testing.assert_allclose(
        found.sel(part="mi", feature="kind")[:, 0], expected, atol=0.05
    )


def test_a_level_that_no_draw_has_gets_a_coefficient(X):
    pd = pytest.importorskip("pandas")
    kinds = np.where(
        np.arange(300) == 0, "rare", np.array(["x", "y"])[np.arange(300) % 2]
    )
    frame = pd.DataFrame({"kind": kinds, "p": X[:, 0], "q": X[:, 1]})
    model = lambda F: 3 * (F["kind"] == "rare").to_numpy() + F["q"].to_numpy()  # noqa: E731
    modalities = [("a", ["kind", "p"]), ("b", ["q"])]
    fitted = explainer(model, modalities, random_state=3).fit(frame)
    found = fitted.explain(frame[:1])
    coef = found.sel(part="uc", feature="kind")[0, 0]
    assert coef == pytest.approx(3 - 3 / 300, abs=0.1)


def test_groups_are_one_feature(X):
    group = TabularPerturber(effects="shapley", groups={"both": [0, 1]})
    model = lambda X: X[:, 0] * X[:, 1] + X[:, 3]  # noqa: E731
    fitted = LocalExplainer(
        Disentangler(model, TWO), [("a", group)], n_samples=300, random_state=0
    ).fit(X)
    found = fitted.explain(X[:4])
    product = X[:, 0] * X[:, 1]
    expected = product[:4] - product.mean()
    coef = found.sel(part="uc", modality="a", feature="both")[:, 0]
    np.testing.assert_allclose(coef, expected, atol=0.1)


def test_beside_a_text(X):
    words = np.array(["one", "two", "three"])
    texts = np.array(
        [" ".join(words[[i % 3, i % 2]]) for i in range(300)], dtype=object
    )
    rows = MultimodalArray({"table": X[:, :2], "note": texts})

    def model(rows):
        twos = np.array(["two" in text for text in rows["note"]], dtype=float)
        return np.asarray(rows["table"])[:, 0] * twos

    fitted = LocalExplainer(
        Disentangler(model),
        [("table", TabularPerturber(effects="shapley"))],
        n_samples=200,
        random_state=0,
    ).fit(rows)
    found = fitted.explain(rows[:4])
    twos = np.array(["two" in text for text in texts[:4]], dtype=float)
    share = np.mean(["two" in t for t in fitted.disentangler_.references_["note"]])
    moved = X[:4, 0] - X[:, 0].mean()
    uc, mi = np.moveaxis(found.sel(modality="table", feature="x0")[..., 0], 1, 0)
    np.testing.assert_allclose(uc, moved * share, atol=0.1)
    np.testing.assert_allclose(mi, moved * (twos - share), atol=0.1)


def test_what_does_not_go_together(X):
    for parameter in ({"kernel_width": 1.0}, {"alpha": 0.1}):
        with pytest.raises(ValueError, match=f"`{next(iter(parameter))}` belongs to"):
            explainer(bent, TWO, **parameter).fit(X)
    with pytest.raises(ValueError, match="must be 'shapley', 'main' or 'slope'"):
        explainer(bent, TWO, effects="trend").fit(X)
    wrong = [("a", TabularPerturber("rows", effects="main"))]
    with pytest.raises(ValueError, match="Set sampler='features'"):
        LocalExplainer(Disentangler(bent, TWO), wrong).fit(X)


def test_a_poor_fit_is_warned_of_with_advice_that_fits(X):
    noise = lambda X: np.sin(1e4 * (X[:, 0] + X[:, 3]))  # noqa: E731
    fitted = explainer(noise, TWO, n_samples=60).fit(X)
    advice = r"held-out perturbations, with .* A larger n_samples"
    with pytest.warns(UserWarning, match=advice):
        fitted.explain(X[:2])


def test_fidelity_says_where_to_look_instead(fitted, X):
    with pytest.raises(NotImplementedError, match="algorithm='draws'"):
        fidelity(fitted, X[:2])
