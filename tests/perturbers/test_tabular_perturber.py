"""TabularPerturber: what is drawn, what a coefficient counts, LIME's own recipe."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from skdime.perturbers import TabularPerturber
from tests._by_hand import fit_explainer, hybrids, reference
from tests._data import AB, slopes


@pytest.fixture
def frame():
    """A pandas frame with numbers, categories and missing values of both kinds."""
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    n = 60
    return pd.DataFrame(
        {
            "float": rng.normal(size=n),
            "float32": rng.normal(size=n).astype(np.float32),
            "missing": np.where(rng.rand(n) < 0.3, np.nan, rng.normal(size=n)),
            "int": rng.randint(5, size=n),
            "bool": rng.rand(n) < 0.5,
            "category": pd.Categorical(
                rng.choice(list("uvw"), size=n), categories=list("uvwx")
            ),
            "text": rng.choice(["left", "right"], size=n),
            "date": pd.date_range("2020-01-01", periods=n),
            "zoned": pd.date_range("2020-01-01", periods=n, tz="UTC"),
            "nullable": pd.array([1, None, 3] * (n // 3), dtype="Int64"),
            "nullable float": pd.array([1.5, None, 3.5] * (n // 3), dtype="Float64"),
            "maybe": pd.array([True, False, None] * (n // 3), dtype="boolean"),
            "x": rng.normal(size=n),
        }
    )


@pytest.mark.parametrize("sampler", ["features", "rows"])
def test_draws_occur_in_the_data_with_their_dtypes(frame, sampler):
    columns = [name for name in frame.columns if name != "x"]

    def f(X):
        assert X.dtypes.equals(frame.dtypes)
        return X["float"].to_numpy() * X["x"].to_numpy()

    exp = fit_explainer(
        f,
        frame,
        [("other", columns), ("x", ["x"])],
        perturbers=[("other", TabularPerturber(sampler, effects="slope"))],
        n_samples=90,
    )
    draws = exp.perturbers_[0][1].draws_
    for name in columns:
        assert set(draws[name].dropna()) <= set(frame[name].dropna())
        assert draws[name].isna().any() == frame[name].isna().any()
    assert np.isfinite(exp.transform(frame[:3])).all()


def test_every_value_is_drawn_equally_often(X, two):
    exp = fit_explainer(lambda X: X[:, 0], X, two, n_samples=2 * len(X))
    draws = exp.perturbers_[0][1].draws_
    np.testing.assert_array_equal(
        np.sort(draws[:, 0]), np.sort(np.repeat(X[:, two[0][1][0]], 2))
    )


def test_rows_are_drawn_whole(X, two):
    perturbers = [("b", TabularPerturber("rows", effects="slope"))]
    exp = fit_explainer(lambda X: X[:, 0], X, two, perturbers=perturbers)
    rows = {tuple(row) for row in X[:, two[1][1]]}
    assert {tuple(row) for row in exp.perturbers_[1][1].draws_} <= rows


def test_features_are_drawn_apart(X, two):
    exp = fit_explainer(lambda X: X[:, 0], X, two)
    rows = {tuple(row) for row in X[:, two[1][1]]}
    assert not {tuple(row) for row in exp.perturbers_[1][1].draws_} <= rows


@pytest.mark.parametrize("sampler", ["features", "rows", "lime"])
def test_groups_are_drawn_jointly(sampler):
    X = np.random.RandomState(0).normal(size=(200, 3))
    X[:, 1] = X[:, 0]
    perturber = TabularPerturber(sampler, effects="slope", groups={"pair": [0, 1]})
    exp = fit_explainer(
        lambda X: X.prod(axis=1),
        X,
        [("a", [0, 1]), ("b", [2])],
        perturbers=[("a", perturber)],
    )
    draws = exp.perturbers_[0][1].draws_
    quartile = np.searchsorted(np.quantile(X[:, 0], [0.25, 0.5, 0.75]), draws)
    np.testing.assert_array_equal(quartile[:, 0], quartile[:, 1])


def test_a_group_has_one_coefficient(X):
    modalities = [("a", [0, 1, 2]), ("b", [3, 4])]
    perturber = TabularPerturber(groups={"pair": ["x2", 0]})
    exp = fit_explainer(
        lambda X: X @ [1, 2, 3, 0, 0],
        X,
        modalities,
        perturbers=[("a", perturber)],
        n_samples=300,
    )
    explanation = exp.explain(X[:4])
    assert explanation.feature_names.tolist() == ["pair", "x1", "x3", "x4"]
    departure = X[:4] - X.mean(axis=0)
    expected = departure[:, 0] + 3 * departure[:, 2]
    np.testing.assert_allclose(explanation.coef[:, 0, 0, 0], expected, atol=0.02)
    texts = explanation.feature_values[:, 0]
    assert texts.tolist() == [f"{row[0]}, {row[2]}" for row in X[:4]]


def test_a_category_counts_against_its_share(frame):
    # Additive: 2 for category u. The average is "u with the share that it has".
    def f(X):
        return 2.0 * (X["text"] == "left").to_numpy() + X["x"].to_numpy()

    rows = frame[["text", "x"]]
    exp = fit_explainer(f, rows, [("a", ["text"]), ("b", ["x"])], n_samples=300)
    explanation = exp.explain(rows[:10])
    share = (rows["text"] == "left").mean()
    expected = 2 * ((rows["text"][:10] == "left") - share)
    np.testing.assert_allclose(explanation.coef[:, 0, 0, 0], expected, rtol=0.02)
    np.testing.assert_allclose(
        explanation.local_prediction[:, 0, 0], explanation.target[:, 0, 0], atol=0.02
    )
    assert explanation.feature_values[:, 0].tolist() == rows["text"][:10].tolist()


def test_missing_numbers_are_values(frame):
    # Additive: 3 if missing, else the value. The average is the mean of those present
    # and as much missingness as there is.
    def f(X):
        return X["missing"].fillna(3.0).to_numpy() + X["x"].to_numpy()

    rows = frame[["missing", "x"]]
    exp = fit_explainer(f, rows, [("a", ["missing"]), ("b", ["x"])], n_samples=600)
    values = rows["missing"]
    share, mean = values.isna().mean(), values.mean()
    effect = np.where(values.isna(), 3 - mean, values - mean)
    expected = effect - share * (3 - mean)
    coef = exp.explain(rows).coef[:, 0, 0, 0]
    np.testing.assert_allclose(coef, expected, atol=0.03)


def test_distance_of_categories_and_of_missing_numbers(frame):
    # a category differs by 0 or 1; so does missing from present
    names = ["missing", "text", "x"]
    exp = fit_explainer(
        lambda X: X["x"].to_numpy(), frame[names], [("a", names[:2]), ("b", ["x"])]
    )
    draws = exp.perturbers_[0][1].draws_
    spread = frame["missing"].std(ddof=0)
    effective = exp.explain(frame[names][:6]).effective_samples[:, 0]
    for i in range(6):
        x = frame.iloc[i]
        number = ((draws["missing"] - x["missing"]) / spread) ** 2
        number[draws["missing"].isna() != np.isnan(x["missing"])] = 1
        distance = number.fillna(0) + (draws["text"] != x["text"])
        weights = np.exp(-distance / (2 * 0.75**2 * 2))
        assert effective[i] == pytest.approx(weights.sum() ** 2 / (weights**2).sum())


def test_a_number_missing_where_none_was_has_no_known_effect(X, two):
    exp = fit_explainer(lambda X: np.nan_to_num(X).sum(axis=1), X, two)
    row = X[:1].copy()
    row[0, two[1][1][0]] = np.nan
    with pytest.warns(UserWarning, match="b/x1 = 'nan'"):
        coef = exp.explain(row).coef[0, 0, :, 0]
    np.testing.assert_array_equal(np.isnan(coef), [False, False, True, False, False])


def test_a_category_that_no_row_had_has_no_known_effect(frame):
    pd = pytest.importorskip("pandas")

    def f(X):
        return (X["float"] + (X["category"] == "u")).to_numpy() * X["x"].to_numpy()

    columns = ["float", "category", "x"]
    exp = fit_explainer(
        f, frame[columns], [("a", columns[:2]), ("b", ["x"])], n_samples=90
    )
    row = frame[columns].iloc[[0]].copy()
    row["category"] = pd.Categorical(["x"], categories=list("uvwx"))
    with pytest.warns(UserWarning, match="coefficients are nan: a/category = 'x'"):
        explanation = exp.explain(row)
    unknown = np.isnan(explanation.coef[0, :, :, 0])
    np.testing.assert_array_equal(unknown, [[False, True, False]] * 2)


@pytest.mark.parametrize("sampler", ["features", "rows", "lime"])
def test_a_constant_column_has_no_effect(sampler):
    # 0.1 has no exact mean: the standard deviation comes out as 1e-17
    rng = np.random.RandomState(0)
    X = np.column_stack([np.full(1000, 0.1), rng.normal(size=(1000, 2))])
    exp = fit_explainer(
        lambda X: X[:, 1] * (1 + X[:, 2]),
        X,
        [("a", [0, 1]), ("b", [2])],
        perturbers=[("a", TabularPerturber(sampler, effects="slope"))],
        n_samples=200,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # 0.2 was never drawn
        same, other = exp.explain([[0.1, 1.0, 1.0], [0.2, 1.0, 1.0]])
    for explanation in (same, other):
        constant, varying = explanation.coef[0, 0, :2, 0]
        assert abs(constant) < 1e-8 or np.isnan(constant)
        assert 0.5 < varying < 2
    # the kernel goes on telling near draws from far ones
    np.testing.assert_allclose(other.effective_samples, same.effective_samples)


@pytest.mark.parametrize("categorical", [["x1"], [0], "from_dtype"])
def test_categorical_features(X, categorical):
    X = X.copy()
    X[:, 1] = np.arange(len(X)) % 3
    exp = fit_explainer(
        lambda X: (X[:, 1] == 1) * 1.0,
        X,
        [("a", [1, 2]), ("b", [0, 3, 4])],
        perturbers=slopes([("a", [])], categorical_features=categorical),
        n_samples=180,
    )
    found = exp.perturbers_[0][1].categorical_
    coef = exp.transform(X[1:2])[0, 0]
    if categorical == "from_dtype":
        assert found.tolist() == [False, False]
        assert abs(coef) < 0.1  # no linear trend over 0, 1, 2
    else:
        assert found.tolist() == [True, False]
        assert coef == pytest.approx(2 / 3, rel=0.02)


@pytest.mark.parametrize(
    "name, categorical",
    [
        ("float", False),
        ("int", False),
        ("date", False),
        ("zoned", False),
        ("nullable", False),
        ("nullable float", False),
        ("bool", True),
        ("category", True),
        ("text", True),
        ("maybe", True),
    ],
)
def test_kinds_of_pandas_columns(frame, name, categorical):
    exp = fit_explainer(
        lambda X: X["x"].to_numpy(), frame[[name, "x"]], [("a", [name]), ("b", ["x"])]
    )
    assert exp.perturbers_[0][1].categorical_.tolist() == [categorical]
    assert np.isfinite(exp.transform(frame[[name, "x"]])).all()


def test_polars_frames_give_the_numbers_of_pandas_frames(frame):
    pl = pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    names = ["missing", "int", "text", "date", "x"]
    other = pl.from_pandas(frame[names])

    def f(X):
        values = np.nan_to_num(X["missing"].to_numpy()) + X["int"].to_numpy()
        return values * X["x"].to_numpy()

    coef = [
        fit_explainer(f, rows, [("a", names[:-1]), ("b", ["x"])]).transform(rows[:5])
        for rows in (frame[names], other)
    ]
    np.testing.assert_allclose(*coef, atol=1e-9)


def test_sparse_rows_give_the_same_numbers(X, two):
    sparse = pytest.importorskip("scipy.sparse")
    X = np.where(X > 0, X, 0)
    dense = fit_explainer(lambda X: X[:, 0] * X[:, 1], X, two)
    exp = fit_explainer(
        lambda S: S.toarray()[:, 0] * S.toarray()[:, 1], sparse.csr_array(X), two
    )
    np.testing.assert_allclose(
        exp.transform(sparse.csr_array(X[:5])), dense.transform(X[:5]), atol=1e-13
    )


def test_fewer_perturbations_than_features(X):
    exp = fit_explainer(
        lambda X: X[:, 0] * X[:, 4], X, [("a", [0, 1, 2, 3]), ("b", [4])], n_samples=3
    )
    explanation = exp.explain(X[:2])
    assert np.isfinite(explanation.coef).all()


def test_a_row_far_from_every_draw(X, two):
    exp = fit_explainer(lambda X: np.tanh(X[:, 0] * X[:, 1]), X, two)
    row = X[:1].copy()
    row[0, two[0][1][0]] = 1e160
    assert np.isfinite(exp.explain(row).r2).all()


def test_ten_modalities_of_one_column(assert_close):
    X = np.random.RandomState(0).normal(size=(50, 10))
    columns = [(f"x{j}", [j]) for j in range(10)]
    exp = fit_explainer(lambda X: X.prod(axis=1), X, columns)
    for m in range(10):
        y = hybrids(exp, X[0], m).prod(axis=1)[:, None]
        both = exp.explain(X[:1]).coef[0, :, m].sum(axis=0)
        assert_close(both, reference(exp, X, X[0], m).coef(y)[0])


def test_a_constant_model_has_no_effects(X, two):
    exp = fit_explainer(lambda X: np.full(len(X), 7.0), X, two)
    explanation = exp.explain(X[:2])
    np.testing.assert_allclose(explanation.coef, 0, atol=1e-13)
    assert np.isnan(explanation.r2).all()


# --- LIME's own recipe --------------------------------------------------------------


def test_lime_sampler_is_limes_ridge_on_bins(X, assert_close):
    def f(X):
        return np.exp(X[:, 0]) * X[:, 3] + X[:, 1]

    modalities = [("a", [0, 1, 2]), ("b", [3, 4])]
    perturbers = [("a", TabularPerturber("lime", effects="slope"))]
    exp = fit_explainer(f, X, modalities, perturbers=perturbers, n_samples=200)
    draws = exp.perturbers_[0][1].draws_
    edges = np.quantile(X[:, :3], [0.25, 0.5, 0.75], axis=0)
    same = np.column_stack(
        [
            np.searchsorted(edges[:, j], draws[:, j])
            == np.searchsorted(edges[:, j], X[0, j])
            for j in range(3)
        ]
    )
    distance = np.sqrt((~same).sum(axis=1))
    weights = np.sqrt(np.exp(-(distance**2) / (np.sqrt(3) * 0.75) ** 2))
    ridge = Ridge(alpha=1).fit(same, f(hybrids(exp, X[0], 0)), sample_weight=weights)
    explanation = exp.explain(X[:1])
    assert_close(explanation.coef[0].sum(axis=0)[:3, 0], ridge.coef_)
    assert_close(explanation.intercept[0, :, 0].sum(axis=0), [ridge.intercept_])


def test_lime_draws_stay_in_the_data(X):
    # a truncated normal within the bin; integers take the values of the bin
    ints = np.random.RandomState(0).randint(7, size=(60, 2))
    for rows in (X[:, :2], ints):
        exp = fit_explainer(
            lambda X: X[:, 0] * 1.0,
            rows,
            AB,
            perturbers=[("a", TabularPerturber("lime", effects="slope"))],
            n_samples=500,
        )
        draws = exp.perturbers_[0][1].draws_
        assert draws.dtype == rows.dtype
        assert rows[:, 0].min() <= draws.min() <= draws.max() <= rows[:, 0].max()
        edges = np.quantile(rows[:, 0], [0.25, 0.5, 0.75])
        shares = [
            np.bincount(np.searchsorted(edges, values), minlength=4) / len(values)
            for values in (draws[:, 0], rows[:, 0])
        ]
        np.testing.assert_allclose(*shares, atol=0.1)
    assert set(draws[:, 0]) <= set(ints[:, 0])


@pytest.mark.parametrize("dtype", ["float32", "Float64", "double[pyarrow]"])
def test_lime_sampler_keeps_the_dtype_of_frames(frame, dtype):
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    rows = frame[["float", "x"]].astype({"float": dtype})

    def f(X):
        assert X.dtypes.equals(rows.dtypes)
        return X["float"].to_numpy(dtype=float) * X["x"].to_numpy()

    exp = fit_explainer(
        f,
        rows,
        [("a", ["float"]), ("b", ["x"])],
        perturbers=[("a", TabularPerturber("lime", effects="slope"))],
    )
    assert np.isfinite(exp.transform(rows[:3])).all()


@pytest.mark.parametrize("name", ["missing", "nullable"])
def test_lime_sampler_refuses_missing_numbers(frame, name):
    # LIME has no bin for them; without an error the coefficient is 0 for every row
    with pytest.raises(ValueError, match=r"missing|NaN"):
        fit_explainer(
            lambda X: X["x"].to_numpy(),
            frame[[name, "x"]],
            [("a", [name]), ("b", ["x"])],
            perturbers=[("a", TabularPerturber("lime", effects="slope"))],
        )


@pytest.mark.slow
def test_lime_package_gives_the_same_within_its_own_spread():
    lime_tabular = pytest.importorskip("lime.lime_tabular")
    rng = np.random.RandomState(0)
    X = rng.normal(size=(300, 6))
    X[:, 1] = rng.randint(6, size=300)
    x = np.array([[0.5, 4.0, -1.0, 1.0, 1.2, -0.7]])

    def f(X):
        product = X[:, 2] * X[:, 3] * X[:, 5]
        return np.tanh(X[:, 0] + X[:, 1] * X[:, 4] / 3) + product + np.abs(X[:, 2])

    def with_the_second_modality_held(Z):
        return f(np.hstack([Z, np.repeat(x[:, 4:], len(Z), axis=0)]))

    ours, theirs = [], []
    for seed in range(10):
        exp = fit_explainer(
            f,
            X,
            [("one", [0, 1, 2, 3]), ("two", [4, 5])],
            perturbers=[("one", TabularPerturber("lime", effects="slope"))],
            n_samples=1000,
            random_state=seed,
        )
        ours.append(exp.explain(x).coef[0].sum(axis=0)[:4, 0])
        explainer = lime_tabular.LimeTabularExplainer(
            X[:, :4],
            mode="regression",
            feature_selection="none",
            discretize_continuous=True,
            random_state=seed,
        )
        explanation = explainer.explain_instance(
            x[0, :4], with_the_second_modality_held, num_features=4, num_samples=1000
        )
        theirs.append([coef for _, coef in sorted(explanation.local_exp[1])])
    difference = np.mean(ours, axis=0) - np.mean(theirs, axis=0)
    assert (np.abs(difference) < np.std(theirs, axis=0)).all()


# --- categories that are rare -------------------------------------------------------


def frame_with_rare():
    pd = pytest.importorskip("pandas")
    ward = ["north"] * 6 + ["south"] * 5 + ["rare"]
    name = [f"patient {i}" for i in range(12)]
    return pd.DataFrame({"ward": ward, "age": np.arange(12.0), "name": name})


@pytest.mark.parametrize("sampler", ["features", "rows", "lime"])
def test_rare_categories_are_not_drawn(sampler):
    frame = frame_with_rare()[["ward", "age"]]
    perturber = TabularPerturber(sampler, effects="slope", min_count=2)
    perturber.fit(frame, 60, ["ward", "age"], np.random.RandomState(0))
    assert set(perturber.draws_["ward"]) == {"north", "south"}
    # the ages of "rare" are drawn unless whole rows are
    assert (sampler == "features") == (11.0 in perturber.draws_["age"].tolist())
    coefficients = perturber.design(frame.iloc[[0, 11]], "auto", "auto").contrast[:, 0]
    assert np.isnan(coefficients).tolist() == [False, True]


def test_groups_are_drawn_where_all_their_categories_are_frequent():
    frame = frame_with_rare()[["ward", "age"]]
    perturber = TabularPerturber(groups={"both": ["ward", "age"]}, min_count=6)
    perturber.fit(frame, 60, ["ward", "age"], np.random.RandomState(0))
    assert set(perturber.draws_["age"]) == set(range(6))


def test_a_column_of_nothing_but_rare_categories():
    frame = frame_with_rare()
    with pytest.raises(ValueError, match=r"`min_count` of .* is 2, and no row.*'name'"):
        TabularPerturber(min_count=2).fit(
            frame, 9, list(frame), np.random.RandomState(0)
        )


def test_min_count_is_a_count():
    with pytest.raises(ValueError, match="`min_count` must be an integer of at"):
        TabularPerturber(min_count=0).fit(
            frame_with_rare(), 9, ["a", "b", "c"], np.random.RandomState(0)
        )
