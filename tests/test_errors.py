"""Bad input: every message says what was given and what to do."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdime import Disentangler, LocalExplainer
from skdime.perturbers import TabularPerturber


def product(X):
    X = np.asarray(X, dtype=float)
    return X[:, 0] * X[:, 1]


@pytest.fixture
def frame(X):
    """The rows of `X` as a pandas frame."""
    pd = pytest.importorskip("pandas")
    return pd.DataFrame(X, columns=list("vwxyz"))


@pytest.fixture(params=[Disentangler, LocalExplainer])
def build(request, two):
    """Either estimator, and the method that is asked for results."""

    def f(model=product, modalities=two, **options):
        dis = Disentangler(model, modalities, n_references=5, **options)
        if request.param is Disentangler:
            return dis
        return LocalExplainer(dis, n_samples=10, random_state=0)

    return f


# --- modalities ---------------------------------------------------------------------


def test_unknown_column_of_an_array(X):
    with pytest.raises(ValueError, match=r"\[9\] in modality 'b'.*shape \(60, 5\)"):
        Disentangler(product, [("a", [0]), ("b", [9])]).fit(X)


def test_unknown_column_of_a_frame(frame):
    modalities = [("a", ["v"]), ("b", ["nope"])]
    with pytest.raises(ValueError, match=r"'nope'.*X has the columns \['v', 'w', 'x'"):
        Disentangler(product, modalities).fit(frame)


def test_names_of_columns_need_a_frame(X):
    with pytest.raises(ValueError, match=r"\['v'\] in modality 'a'.*dataframes"):
        Disentangler(product, [("a", ["v"]), ("b", slice(1, None))]).fit(X)


def test_overlapping_columns(X):
    modalities = [("a", [0, 1, 2]), ("b", [2, 3, 4])]
    with pytest.raises(ValueError, match="'x2' is in modality 'a' and again in 'b'"):
        Disentangler(product, modalities).fit(X)


def test_column_in_no_modality(frame):
    modalities = [("a", ["v"]), ("b", ["w", "x"])]
    with pytest.raises(ValueError, match=r"\['y', 'z'\] of X are in no modality.*drop"):
        Disentangler(product, modalities).fit(frame)


def test_one_modality(X):
    with pytest.raises(ValueError, match="at least 2 modalities, got 1"):
        Disentangler(product, [("a", slice(0, None))]).fit(X)


def test_no_modality(X):
    with pytest.raises(ValueError, match="at least 2 modalities, got 0"):
        Disentangler(product, []).fit(X)


def test_modality_without_columns(X):
    with pytest.raises(ValueError, match="Modality 'b' has no columns"):
        Disentangler(product, [("a", slice(0, None)), ("b", [])]).fit(X)


def test_repeated_name(X):
    modalities = [("a", [0, 1]), ("a", [2, 3, 4])]
    with pytest.raises(ValueError, match=r"must be unique; \['a'\] occur more than"):
        Disentangler(product, modalities).fit(X)


@pytest.mark.parametrize("name", ["", "a__b", 3, None])
def test_invalid_name(X, name):
    modalities = [(name, [0, 1]), ("b", [2, 3, 4])]
    with pytest.raises(ValueError, match=r"non-empty string without '__'.*got"):
        Disentangler(product, modalities).fit(X)


@pytest.mark.parametrize("entry", ["ab", ("a",), ("a", None, [0])])
def test_invalid_entry(X, entry):
    with pytest.raises(ValueError, match=r"(must be a pair \(name, columns\)|'a')"):
        Disentangler(product, [entry, ("b", [2, 3, 4])]).fit(X)


def test_mask_of_another_length(X):
    modalities = [("a", np.array([True, False])), ("b", [2, 3, 4])]
    with pytest.raises(ValueError, match="modality 'a'"):
        Disentangler(product, modalities).fit(X)


# --- references and rows ------------------------------------------------------------


@pytest.mark.parametrize("n_references", [1, 0, -5, 2.5])
def test_too_few_references(X, two, n_references):
    with pytest.raises(ValueError, match=r"'n_references'.*\[2, inf\).*or None. Got"):
        Disentangler(product, two, n_references=n_references).fit(X)


def test_one_row(X, build):
    with pytest.raises(ValueError, match="At least 2 rows are needed"):
        build().fit(X[:1])


@pytest.mark.parametrize("container", ["array", "frame"])
def test_no_rows(X, build, container, request):
    rows = X if container == "array" else request.getfixturevalue("frame")
    estimator = build().fit(rows)
    for call in (estimator.fit, estimator.transform):
        with pytest.raises(ValueError, match=r"0 sample\(s\)"):
            call(rows[:0])


def test_one_row_as_a_vector(X, build):
    with pytest.raises(ValueError, match="Expected 2D array"):
        build().fit(X).transform(X[0])


def test_one_row_as_a_series(frame, build):
    with pytest.raises(ValueError, match=r"X is a Series.*X\.iloc\[\[i\]\]"):
        build().fit(frame).transform(frame.iloc[0])


def test_repeated_column_names(frame, build):
    frame.columns = ["v", "v", "x", "y", "z"]
    with pytest.raises(ValueError, match=r"same name: \['v'\]"):
        build().fit(frame)


@pytest.mark.parametrize("columns", [4, 6])
def test_another_number_of_columns(X, build, columns):
    estimator = build().fit(X)
    other = np.hstack([X, X])[:, :columns]
    with pytest.raises(ValueError, match=f"X has {columns} features.*expecting 5"):
        estimator.transform(other)


@pytest.mark.parametrize(
    "columns, words",
    [
        (["v", "w", "x", "y"], "missing:\n- z"),
        (["w", "v", "x", "y", "z"], "in the same order as they were in fit"),
        (["v", "w", "x", "y", "u"], "(?s)unseen at fit time:\n- u.*missing:\n- z"),
        (["v", "w", "x", "y", "z", "u"], "unseen at fit time:\n- u"),
    ],
)
def test_other_columns_of_a_frame(frame, build, columns, words):
    estimator = build().fit(frame)
    other = frame.assign(u=1.0)[columns]
    with pytest.raises(ValueError, match=words):
        estimator.transform(other)


@pytest.mark.parametrize("kind", ["integers", "levels"])
def test_reordered_columns_whose_names_are_no_strings(frame, build, kind):
    pd = pytest.importorskip("pandas")
    frame.columns = (
        [10, 11, 12, 13, 14]
        if kind == "integers"
        else pd.MultiIndex.from_product([["s"], list("vwxyz")])
    )
    estimator = build().fit(frame)
    with pytest.raises(ValueError, match="fit"):
        estimator.transform(frame.iloc[:, [1, 0, 2, 3, 4]])


def test_other_dtypes_of_a_frame(frame, build):
    estimator = build().fit(frame)
    with pytest.raises(TypeError, match=r"v: (str|object) \(was float64\).*astype"):
        estimator.transform(frame.astype({"v": str}))


def test_other_categories_of_a_frame(frame, build):
    pd = pytest.importorskip("pandas")
    frame["z"] = pd.Categorical(["u", "v"] * 30)
    estimator = build(lambda X: X["v"]).fit(frame)
    frame["z"] = pd.Categorical(["u", "w"] * 30)
    with pytest.raises(TypeError, match=r"z: CategoricalDtype\(categories=\['u', 'w'"):
        estimator.transform(frame)


def test_an_array_that_would_lose_digits(X, build):
    estimator = build().fit(X.astype(np.float32))
    with pytest.raises(TypeError, match=r"dtype float32.*float64.*lose digits"):
        estimator.transform(X)


def test_an_array_that_fits_is_accepted(X, build):
    estimator = build().fit(X)
    integers = np.ones((2, 5), dtype=int)
    expected = estimator.transform(integers.astype(float))
    np.testing.assert_array_equal(estimator.transform(integers), expected)


@pytest.mark.parametrize("dtype", [str, object])
def test_an_array_of_no_numbers_after_numbers(X, build, dtype):
    estimator = build().fit(X)
    with pytest.raises(TypeError, match="fitted on an array of dtype float64"):
        estimator.transform(X[:2].astype(dtype))


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_an_array_after_a_frame_of_other_dtypes(frame, build):
    estimator = build().fit(frame.astype({"w": int}))
    with pytest.raises(TypeError, match=r"dtypes than in fit: w: float64 \(was int"):
        estimator.transform(frame.to_numpy())


def test_a_polars_frame_after_a_pandas_frame(frame, build):
    pl = pytest.importorskip("polars")
    estimator = build().fit(frame)
    other = pl.DataFrame({name: frame[name].to_numpy() for name in frame})
    with pytest.raises(TypeError, match="pandas data frame and is now given a polars"):
        estimator.transform(other)


def test_a_sparse_matrix_after_an_array(X, build):
    sparse = pytest.importorskip("scipy.sparse")
    estimator = build().fit(X)
    with pytest.raises(TypeError, match="numpy array and is now given a sparse matrix"):
        estimator.transform(sparse.csr_matrix(X))


@pytest.mark.filterwarnings("ignore:Determining the column names of a LazyFrame")
@pytest.mark.parametrize("kind", ["Table", "LazyFrame"])
def test_a_container_that_is_not_supported(frame, build, kind):
    if kind == "Table":
        rows = pytest.importorskip("pyarrow").Table.from_pandas(frame)
    else:
        rows = pytest.importorskip("polars").LazyFrame({n: [1.0, 2.0] for n in "vwxyz"})
    with pytest.raises(TypeError, match=f"X is of type {kind}.*a numpy array"):
        build().fit(rows)


# --- the model ----------------------------------------------------------------------


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_model_that_returns_no_finite_number(X, build, bad):
    def f(X):
        return np.where(X[:, 0] > X[:, 0].min(), bad, 0)

    with pytest.raises(ValueError, match=r"NaN or infinity for \d+ of the 5 rows"):
        build(f).fit(X)


@pytest.mark.parametrize(
    "output",
    [
        lambda X: X[:-1, 0],
        lambda X: np.vstack([X, X])[:, 0],
        lambda X: X[:, :2].T,
        lambda X: X[:, 0].mean(),
        lambda X: None,
    ],
)
def test_model_that_returns_another_number_of_rows(X, build, output):
    with pytest.raises(ValueError, match=r"given 5 rows and.*must return shape \(5"):
        build(output).fit(X)


def test_model_that_returns_three_dimensions(X, build):
    with pytest.raises(ValueError, match=r"shape \(5, 5, 1\); it must return shape"):
        build(lambda X: X[:, :, None]).fit(X)


def test_model_that_returns_no_output(X, build):
    with pytest.raises(ValueError, match=r"returned an array of shape \(5, 0\)"):
        build(lambda X: X[:, :0]).fit(X)


@pytest.mark.parametrize(
    "values",
    [["yes"], ["1.5"], [b"1"], [1 + 1j], np.array(["2020-01-01"], dtype="M8[D]")],
    ids=["words", "digits", "bytes", "complex", "dates"],
)
def test_model_that_returns_no_numbers(X, build, values):
    with pytest.raises(ValueError, match=r"output \(callable\) must be numbers, got"):
        build(lambda X: np.repeat(values, len(X))).fit(X)


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        LinearRegression(),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ],
)
def test_model_refitted_by_accident(X, labels, build, estimator):
    fitted = estimator.fit(X, labels == "yes")
    with pytest.raises(ValueError, match=r"y.*FrozenEstimator\("):
        build(fitted).fit(X)


def test_errors_of_the_models_own_fit_are_kept(X, build):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        build(LogisticRegression()).fit(X, [0, 1])


def test_frozen_model_that_is_not_fitted(X, build):
    with pytest.raises(NotFittedError, match="LogisticRegression"):
        build(FrozenEstimator(LogisticRegression())).fit(X)


class LabelsOnly(ClassifierMixin, BaseEstimator):
    """A classifier that gives neither scores nor probabilities."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))


def test_classifier_without_scores(X, labels, build):
    with pytest.raises(ValueError, match="LabelsOnly gives no real-valued output"):
        build(LabelsOnly()).fit(X, labels)


def test_labels_as_output(X, labels, build):
    with pytest.raises(ValueError, match=r"\(predict\) must be numbers.*'no'"):
        build(LabelsOnly(), response_method="predict").fit(X, labels)


def test_method_that_the_model_does_not_have(X, build):
    model = build(LinearRegression(), response_method="predict_proba")
    with pytest.raises(ValueError, match=r"no method 'predict_proba'; it has \['pred"):
        model.fit(X, X[:, 0])


def test_method_of_a_callable(X, build):
    with pytest.raises(ValueError, match=r"callable.*Leave response_method='auto'"):
        build(response_method="predict").fit(X)


def test_logit_of_scores(X, labels, build):
    with pytest.raises(ValueError, match="Set response_method='predict_proba' or"):
        build(LogisticRegression(), link="logit").fit(X, labels)


def test_logarithms_of_zero(X, labels, build):
    from sklearn.tree import DecisionTreeClassifier

    model = build(
        DecisionTreeClassifier(random_state=0),
        response_method="predict_log_proba",
        random_state=0,
    )
    with (
        np.errstate(divide="ignore"),
        pytest.raises(ValueError, match="predict_proba' with link='logit'"),
    ):
        model.fit(X, labels)


def test_no_model(X, two):
    with pytest.raises(ValueError, match=r"'estimator' parameter.*'fit'.*Got 3"):
        Disentangler(3, two).fit(X)


def test_fit_parameters_that_a_callable_cannot_take(X, build):
    with pytest.raises((TypeError, ValueError), match="sample_weight"):
        build().fit(X, sample_weight=np.ones(len(X)))


def test_disentangler_that_is_none(X):
    with pytest.raises(TypeError, match=r"LocalExplainer\(Disentangler\(Logistic"):
        LocalExplainer(LogisticRegression()).fit(X)


# --- the explainer ------------------------------------------------------------------


def explainer(modalities, perturbers="auto", **options):
    dis = Disentangler(product, modalities, n_references=5)
    return LocalExplainer(dis, perturbers, **({"n_samples": 10} | options))


def test_perturber_of_an_unknown_modality(X, two):
    perturbers = [("c", TabularPerturber())]
    with pytest.raises(ValueError, match=r"\['c'\] that do not exist.*\['a', 'b'\]"):
        explainer(two, perturbers).fit(X)


def test_two_perturbers_of_one_modality(X, two):
    perturbers = [("a", TabularPerturber()), ("a", TabularPerturber("rows"))]
    with pytest.raises(ValueError, match=r"perturbers.*'a'"):
        explainer(two, perturbers).fit(X)


@pytest.mark.parametrize(
    "entry", [("a",), ("a", "rows"), ("a", TabularPerturber), ("a", StandardScaler())]
)
def test_perturber_that_is_none(X, two, entry):
    with pytest.raises((ValueError, TypeError), match="perturber"):
        explainer(two, [entry]).fit(X)


def test_modality_with_the_name_of_a_parameter(X):
    # set_params(alpha=...) would replace the perturber
    modalities = [("alpha", [0, 1]), ("b", [2, 3, 4])]
    exp = explainer(modalities, [("alpha", TabularPerturber())])
    with pytest.raises(ValueError, match="alpha"):
        exp.fit(X)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"n_samples": 1}, "'n_samples'.*in the range"),
        ({"kernel_width": 0}, "'kernel_width'.*'auto'"),
        ({"alpha": 0}, "'alpha'.*'auto'"),
        ({"algorithm": "fast"}, "'algorithm'.*'exhaustive'"),
        ({"perturbers": "tabular"}, "'perturbers'.*'auto'"),
    ],
)
def test_invalid_parameter(X, two, options, words):
    with pytest.raises(ValueError, match=words):
        explainer(two, **options).fit(X)


@pytest.mark.parametrize(
    "perturber, words",
    [
        (TabularPerturber("gauss"), "'features', 'rows' or 'lime'. Got 'gauss'"),
        (
            TabularPerturber(categorical_features="all"),
            "'from_dtype' or a list of columns. Got 'all'",
        ),
        (
            TabularPerturber(categorical_features=["x1"]),
            r"`categorical_features` asks for column 'x1'.*\['x0', 'x3'\]",
        ),
        (TabularPerturber(groups={"g": [2]}), "`groups` asks for column 2"),
        (
            TabularPerturber(groups={"g": ["x0"], "h": [0]}),
            "'x0' in both 'g' and 'h'",
        ),
        (TabularPerturber(groups={"x3": ["x0"]}), "'x3', which is also a column"),
    ],
)
def test_invalid_parameter_of_a_perturber(X, two, perturber, words):
    with pytest.raises(ValueError, match=words):
        explainer(two, [("a", perturber)]).fit(X)


def test_a_table_perturber_on_no_table():
    X = np.random.RandomState(0).normal(size=(20, 2, 7))
    exp = LocalExplainer(
        Disentangler(lambda X: X.sum(axis=(1, 2))), [("x0", TabularPerturber())]
    )
    with pytest.raises(ValueError, match=r"shape \(20, 1, 7\). Give it a perturber"):
        exp.fit(X)


def test_cells_that_hold_arrays(frame, two):
    frame["z"] = list(np.ones((60, 3)))
    exp = LocalExplainer(Disentangler(lambda X: X["v"], two), n_samples=10)
    with pytest.raises(ValueError, match=r"arrays or lists.*perturber of their own"):
        exp.fit(frame)


# --- not fitted ---------------------------------------------------------------------


@pytest.mark.parametrize("method", ["transform", "decompose", "get_feature_names_out"])
def test_disentangler_not_fitted(X, two, method):
    given = [] if method == "get_feature_names_out" else [X]
    with pytest.raises(NotFittedError, match="Disentangler instance is not fitted"):
        getattr(Disentangler(product, two), method)(*given)


@pytest.mark.parametrize(
    "method", ["transform", "explain", "score", "get_feature_names_out"]
)
def test_local_explainer_not_fitted(X, two, method):
    given = [] if method == "get_feature_names_out" else [X]
    with pytest.raises(NotFittedError, match="LocalExplainer instance is not fitted"):
        getattr(explainer(two), method)(*given)
