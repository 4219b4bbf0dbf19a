"""Warnings that name rows and modality, and say what to change; what "auto" does."""

import warnings

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime._estimators import fitted_surrogates, local_surrogates
from skdime.perturbers import TabularPerturber
from tests._data import slopes

TWO = [("a", [0, 1]), ("b", [2, 3])]


def rows(n=400, seed=0):
    return np.random.RandomState(seed).normal(size=(n, 4))


def smooth(X):
    return X.sum(axis=1) + X[:, 0] * X[:, 2]


def even(X):
    """No straight line says anything of the first feature."""
    return np.cos(3 * X[:, 0]) + X[:, 2]


def test_few_references():
    with pytest.warns(UserWarning, match=r"with 8 references only.*n_references to 20"):
        Disentangler(smooth, TWO, n_references=8).fit(rows())


@pytest.mark.parametrize("n_references", [None, 100, 9])
def test_few_rows(n_references):
    with pytest.warns(UserWarning, match="with 9 references only, all rows that fit"):
        Disentangler(smooth, TWO, n_references=n_references).fit(rows(9))


def test_a_surrogate_that_does_not_fit():
    dis = Disentangler(even, TWO)
    explainer = LocalExplainer(dis, slopes(TWO), random_state=0).fit(rows())
    with pytest.warns(UserWarning, match=r"UC of modality 'a' .*rows .*kernel_width"):
        explainer.explain(rows(6, seed=1))


def test_a_surrogate_of_mi_that_does_not_fit():
    def waves(X):
        return np.cos(6 * X[:, 0]) * np.cos(6 * X[:, 2]) + X[:, 0] + X[:, 2]

    dis = Disentangler(waves, TWO)
    explainer = LocalExplainer(dis, slopes(TWO), random_state=0).fit(rows())
    with pytest.warns(UserWarning, match="MI of modality 'a' in .*: fitted poorly"):
        explainer.explain(rows(6, seed=1))


def test_mi_that_moves_no_output_does_not_warn():
    def waves(X):
        return 1e-3 * np.cos(6 * X[:, 0]) * np.cos(6 * X[:, 2]) + X[:, 0] + X[:, 2]

    dis = Disentangler(waves, TWO, random_state=0)
    explainer = LocalExplainer(dis, random_state=0).fit(rows())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        explainer.explain(rows(6, seed=1))


def test_warnings_point_at_the_users_line():
    with pytest.warns(UserWarning, match="UC of modality 'a'") as record:
        dis = Disentangler(even, TWO, n_references=8)
        explainer = LocalExplainer(dis, slopes(TWO)).fit(rows())
        explainer.explain(rows(6, seed=1))
    told = [str(warning.message) for warning in record]
    # one warning of each kind names all modalities and parts
    (poor,) = [message for message in told if "fitted poorly" in message]
    assert "UC of modality 'a' in" in poor
    assert len(told) == len({message[:20] for message in told}) >= 2
    assert {warning.filename for warning in record} == {__file__}


def test_a_kernel_that_is_too_narrow():
    explainer = LocalExplainer(
        Disentangler(smooth, TWO), slopes(TWO), kernel_width=0.01, random_state=0
    ).fit(rows())
    with pytest.warns(UserWarning, match="Too few perturbations.*'a' .*effective"):
        explainer.explain(rows(3, seed=1))


def test_a_good_fit_does_not_warn():
    explainer = LocalExplainer(Disentangler(smooth, TWO), random_state=0).fit(rows())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        explainer.explain(rows(6, seed=1))


# --- numbers of references and perturbations ------------------------------------------


@pytest.mark.parametrize("tol", [0.05, 0.1])
def test_as_many_references_as_the_standard_error_needs(tol):
    X = rows(3000)
    dis = Disentangler(smooth, TWO, n_references="auto", tol=tol, random_state=0)
    found = dis.fit(X).decompose(X[:200])
    relative = found.uc_se / found.output.std()
    assert dis.converged_
    # the variance within strata of a pilot of 64 is known to 20 %
    assert np.quantile(relative, 0.95) < 1.4 * tol
    assert relative.max() > 0.7 * tol


def test_an_additive_model_needs_few_references():
    dis = Disentangler(lambda X: X.sum(axis=1), TWO, n_references="auto").fit(rows())
    assert dis.converged_
    # UC is exact, but what each modality adds is relative to the references
    assert len(dis.references_) <= 400


def test_a_tolerance_out_of_reach_is_told():
    dis = Disentangler(smooth, TWO, n_references="auto", tol=1e-4, random_state=0)
    with pytest.warns(UserWarning, match="would need .* references"):
        dis.fit(rows(1500))
    assert not dis.converged_


def test_all_rows_leave_no_error_of_two_modalities():
    dis = Disentangler(smooth, TWO, n_references="auto", tol=1e-4).fit(rows(100))
    assert len(dis.references_) == 100
    assert dis.converged_
    assert not dis.decompose(rows(3)).uc_se.any()


def test_too_few_rows_for_a_tolerance_are_told():
    """Combinations of three modalities are a sample, even of all rows."""
    X = np.random.RandomState(0).normal(size=(60, 4))

    def product(X):
        return X[:, 0] * X[:, 1] * X[:, 3]

    three = [("a", [0]), ("b", [1, 2]), ("c", [3])]
    dis = Disentangler(product, three, n_references="auto", tol=0.02, random_state=0)
    with pytest.warns(UserWarning, match="60 are drawn.*pass more rows"):
        dis.fit(X)
    assert not dis.converged_


def bend(X):
    return np.tanh(X[:, 0] * X[:, 2] + X[:, 1]) + np.sin(2 * X[:, 3])


def test_as_many_perturbations_as_the_standard_error_needs():
    X = rows(1000)
    counts = []
    for tol in (0.2, 0.05):
        explainer = LocalExplainer(
            Disentangler(bend, TWO, random_state=0),
            slopes(TWO),
            n_samples="auto",
            tol=tol,
            random_state=0,
        ).fit(X)
        counts.append(explainer.n_samples_)
        if explainer.converged_:
            found = explainer.explain(X[:40])
            wrong = np.square(found.se_perturbations).sum(axis=(1, 2, 3))
            size = np.square(found.coef).sum(axis=(1, 2, 3)).mean()
            assert np.quantile(np.sqrt(wrong / size), 0.9) < 1.2 * tol
    assert counts[0] < counts[1]


def steps(X):
    """What a step between two draws does is told by the row itself."""
    return 2 * (X[:, 0] > 0.3) + 2 * (X[:, 3] > 0) * (X[:, 1] > 0.5)


def explained_references(n_samples, seed=0):
    """Coefficients of the references, and the error of draws that fit expects."""
    explainer = LocalExplainer(
        Disentangler(steps, TWO, n_references=16, random_state=0),
        n_samples=n_samples,
        algorithm="exhaustive",
        random_state=seed,
    ).fit(rows(300))
    with explainer._engine(0, "fit") as engine:
        error = explainer._fits.sampling_error(engine)
    references = explainer.disentangler_.references_
    return explainer.explain(references).coef, error


@pytest.fixture(scope="module")
def coef_of_many_draws():
    return explained_references(1000)[0]


@pytest.mark.parametrize("n_samples", [40, 80])
def test_the_error_of_bent_effects_is_about_what_few_draws_miss(
    n_samples, coef_of_many_draws
):
    found = [explained_references(n_samples, seed) for seed in range(6)]
    wrong = np.square([coef - coef_of_many_draws for coef, _ in found])
    wrong = wrong.sum(axis=(2, 3, 4)).mean(axis=0)
    size = np.square(coef_of_many_draws).sum(axis=(1, 2, 3)).mean()
    wrong = np.sqrt(wrong.max() / size)
    assert wrong < np.mean([error for _, error in found]) < 4 * wrong


def test_perturbations_out_of_reach_are_told(monkeypatch):
    # 500 are out of reach sooner than 4,000
    for module in (local_surrogates, fitted_surrogates):
        monkeypatch.setattr(module, "MOST_SAMPLES", 500)
    explainer = LocalExplainer(
        Disentangler(bend, TWO, n_references=20, random_state=0),
        n_samples="auto",
        tol=1e-3,
        random_state=0,
    )
    with pytest.warns(UserWarning, match="500 perturbations leave"):
        explainer.fit(rows(200))
    assert explainer.n_samples_ == 500
    assert not explainer.converged_


# --- calibrated references ------------------------------------------------------------

THREE = [("a", [0]), ("b", [1, 2]), ("c", [3])]


@pytest.mark.parametrize("modalities", [TWO, THREE])
def test_an_additive_model_stays_without_interaction(modalities):
    dis = Disentangler(
        lambda X: np.exp(X).sum(axis=1),
        modalities,
        reference_weights="calibrated",
        n_references=50,
        random_state=0,
    )
    found = dis.fit(rows()).decompose(rows(9, seed=1))
    np.testing.assert_allclose(found.mi, 0, atol=1e-12)


@pytest.mark.parametrize("modalities", [TWO, THREE])
def test_calibrated_references_stand_for_all_rows(modalities):
    X, explained = rows(2000), rows(10, seed=1)
    options = {"modalities": modalities, "random_state": 0}
    truth = Disentangler(smooth, modalities, n_references=None).fit(X)
    truth = truth.decompose(explained)
    wrong = []
    for weights in ("uniform", "calibrated"):
        dis = Disentangler(smooth, reference_weights=weights, **options).fit(X)
        found = dis.decompose(explained)
        wrong.append(np.linalg.norm(found.main - truth.main))
        np.testing.assert_allclose(found.uc + found.mi, found.output)
    assert wrong[1] < wrong[0] / (2 if len(modalities) == 2 else 1)


def test_weights_are_exact_on_what_is_linear():
    """By hand: with features f of mean 0 over all, the mean of 3 f over all is 0."""
    X = np.column_stack([np.arange(200.0), np.tile([0.0, 1.0], 100)])
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    dis = Disentangler(
        lambda X: X[:, 0] * X[:, 1],
        [("a", [0]), ("b", [1])],
        n_references=60,
        reference_weights="calibrated",
        random_state=0,
    ).fit(X)
    uniform = Disentangler(
        lambda X: X[:, 0] * X[:, 1],
        [("a", [0]), ("b", [1])],
        n_references=60,
        random_state=0,
    ).fit(X)
    assert (
        np.abs(dis.transform(X)[:, 0]).max()
        < 0.1 * np.abs(uniform.transform(X)[:, 0]).max()
    )


def test_coefficients_with_calibrated_references():
    X, explained = rows(2000), rows(10, seed=1)
    errors = {}
    for weights in ("uniform", "calibrated"):
        dis = Disentangler(smooth, TWO, reference_weights=weights, random_state=0)
        found = LocalExplainer(dis, random_state=0).fit(X).explain(explained)
        expected = explained[:, 0] - X[:, 0].mean()
        errors[weights] = np.abs(found.coef[:, 0, 0, 0] - expected).mean()
    assert errors["calibrated"] < errors["uniform"] / 3


# --- models that are not deterministic ------------------------------------------------


def noisy(rng):
    return lambda X: X[:, 0] * X[:, 2] + 0.1 * rng.normal(size=len(X))


@pytest.mark.parametrize("modalities", [TWO, THREE])
def test_a_model_that_is_not_deterministic(modalities):
    model = noisy(np.random.RandomState(0))
    with pytest.warns(UserWarning, match="not deterministic: .* of 8 .* up to 0"):
        Disentangler(model, modalities).fit(rows())


def test_noise_in_some_rows():
    rng = np.random.RandomState(0)

    def model(X):
        return X[:, 0] * X[:, 2] + (X[:, 1] > 0.3) * rng.normal(size=len(X))

    with pytest.warns(UserWarning, match=r"[1-7] of 8 reference rows"):
        Disentangler(model, TWO, random_state=0).fit(rows())


def test_rounding_is_no_reason_to_warn():
    count = iter(range(10**6))

    def rounded(X):
        return (X[:, 0] * X[:, 2] + 3) * (1 + 1e-7 * (next(count) % 2))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Disentangler(rounded, TWO).fit(rows())


# --- what a constant that is added to all outputs must not change --------------------


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
@pytest.mark.parametrize("offset", [0.0, 1e5, 1.7e9])
def test_an_offset_changes_the_baseline_only(algorithm, offset):
    def model(X):
        return offset + 3600 * (X[:, 0] * X[:, 2] + X[:, 1])

    dis = Disentangler(model, TWO, random_state=0)
    explainer = LocalExplainer(dis, algorithm=algorithm, random_state=0).fit(rows())
    found = explainer.explain(rows(5, seed=1))
    assert (found.r2[:, 0, 0] > 0.9).all()  # UC of a
    assert (found.r2[:, 1] > 0.9).all()
    assert np.isfinite(explainer.score(rows(5, seed=1)))


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
def test_a_part_that_does_not_vary_where_the_output_is_0(algorithm):
    X = rows(200)
    X[:, 0] = X[:, 0] > 0

    def gate(X):  # the last column does nothing, and rows with a closed gate give 0
        return X[:, 0] * X[:, 1]

    three = [("gate", [0]), ("b", [1]), ("c", [2, 3])]
    dis = Disentangler(gate, three, random_state=0)
    explainer = LocalExplainer(dis, algorithm=algorithm, random_state=0).fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = explainer.explain(X[:20])
    assert np.isnan(found.r2[:, :, 2]).all()


def test_single_precision_is_no_variation():
    def model(X):  # UC of b does not vary
        return (3 + X[:, 0] + X[:, 1] ** 2).astype(np.float32) * np.float32(1.1)

    dis = Disentangler(model, TWO, random_state=0)
    for algorithm in ("auto", "exhaustive"):
        explainer = LocalExplainer(dis, algorithm=algorithm, random_state=0)
        found = explainer.fit(rows()).explain(rows(5, seed=1))
        assert np.isnan(found.r2[:, :, 1]).all()
        assert np.isnan(found.r2[:, 1]).all()


def test_an_output_that_never_varies_has_no_error():
    def model(X):
        return np.column_stack(
            [X.sum(axis=1) + X[:, 0] * X[:, 2], np.full(len(X), 0.5)]
        )

    explainer = LocalExplainer(Disentangler(model, TWO), random_state=0).fit(rows())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = explainer.explain(rows(3, seed=1))
    np.testing.assert_allclose(found.se[..., 1], 0, atol=1e-12)


@pytest.mark.parametrize("modalities", [TWO, THREE])
def test_automatic_references_of_a_rare_event(modalities):
    X = rows(1500)

    def rare(X):
        return ((X[:, 0] > 2.2) & (X[:, 2] > 1.8)).astype(float)

    dis = Disentangler(rare, modalities, n_references="auto", random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        dis.fit(X)
    assert 16 <= len(dis.references_) <= 1024


def test_automatic_references_are_no_more_than_uc_needs():
    additive = Disentangler(lambda X: X.sum(axis=1), TWO, n_references="auto")
    assert len(additive.fit(rows(800)).references_) == 16
    dis = Disentangler(smooth, TWO, n_references="auto", tol=0.05, random_state=0)
    found = dis.fit(rows(3000)).decompose(rows(100, seed=1))
    assert found.uc_se.max() > 0.025 * found.output.std()


# --- models that change what they are given -------------------------------------------


def test_a_model_that_sorts_items_in_place_is_refused():
    rng = np.random.RandomState(0)
    items = [rng.normal(size=9).tolist() for _ in range(30)]
    before = [list(item) for item in items]

    def median(X):
        for item in X["s"]:
            item.sort()
        return np.array([item[4] for item in X["s"]]) + X["d"]

    X = MultimodalArray(s=items, d=rng.normal(size=30))
    with pytest.raises(ValueError, match=r"changes the rows.*in place.*sorted\(item\)"):
        Disentangler(median, random_state=0).fit(X)
    assert items == before


def test_values_that_nothing_in_fit_tells_of_are_named():
    pd = pytest.importorskip("pandas")
    X = rows(60)
    X[:, 0] = 0
    new, same = np.array([[1.0, 0, 0.5, 1]]), np.array([[0.0, 0, 0.5, 1]])
    frame = pd.DataFrame({"ward": np.where(X[:, 1] > 0, "er", "icu"), "lab": X[:, 1]})
    frame = frame.assign(y=X[:, 2], z=X[:, 3])
    other = frame[:3].assign(ward=["er", "new", "icu"])

    def of_frame(frame):
        return (frame["ward"] == "er") + frame["lab"] * frame["y"]

    def fitted(model, X, modalities, algorithm):
        dis = Disentangler(model, modalities, n_references=16)
        return LocalExplainer(
            dis, n_samples=40, algorithm=algorithm, random_state=0
        ).fit(X)

    wards = {"a": ["ward", "lab"], "b": ["y", "z"]}
    for model, X_fit, modalities, X_new, X_same, value in (
        (smooth, X, {"a": [0, 1], "b": [2, 3]}, new, same, r"a/x0 = '1\.0'"),
        (of_frame, frame, wards, other, frame[:3], "of 1 row: a/ward = 'new'"),
    ):
        explainer = fitted(model, X_fit, modalities, "draws")
        with pytest.warns(UserWarning, match="No perturbation has these.*" + value):
            explainer.explain(X_new)
        by_row = fitted(model, X_fit, modalities, "coalitions")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            explainer.explain(X_same)
            by_row.explain(X_new)
        assert not [w for w in caught if "No perturbation has" in str(w.message)]


def test_categories_rarer_than_min_count_are_named():
    """No perturbation has them: of those draws know nothing either."""
    pd = pytest.importorskip("pandas")
    X = rows(60)
    X[:, 0] = np.arange(60) < 3
    frame = pd.DataFrame({"flag": X[:, 0] > 0, "lab": X[:, 1], "y": X[:, 2]})

    def model(frame):
        return frame["flag"] * frame["lab"] * frame["y"]

    modalities = {"a": ["flag", "lab"], "b": ["y"]}
    for min_count, warns in ((5, True), (2, False)):
        perturbers = {"a": TabularPerturber(min_count=min_count)}
        dis = Disentangler(model, modalities, n_references=16)
        explainer = LocalExplainer(dis, perturbers, n_samples=40, random_state=0)
        explainer.fit(frame)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            explainer.explain(frame[:1])
        named = [w for w in caught if "a/flag = a category rarer" in str(w.message)]
        assert bool(named) == warns
        assert not any("True" in str(w.message) for w in caught)
