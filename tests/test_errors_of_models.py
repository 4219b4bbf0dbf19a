"""Models and explainers that cannot work: messages say what was given, what to do."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skdime import Disentangler, LocalExplainer
from skdime.perturbers import TabularPerturber
from tests._data import product

# --- the model ----------------------------------------------------------------------


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_model_that_returns_no_finite_number(X, build, bad):
    def f(X):
        return np.where(X[:, 0] > X[:, 0].min(), bad, 0)

    with pytest.raises(ValueError, match=r"NaN or infinity for \d+ of 5 rows"):
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
    options = {"link": "logit", "response_method": "decision_function"}
    with pytest.raises(ValueError, match="Set response_method='predict_proba' or"):
        build(LogisticRegression(), **options).fit(X, labels)
    with pytest.raises(ValueError, match=r"'decision_function'\. Set link='identity'"):
        build(LinearSVC(), link="logit").fit(X, labels)


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
    perturbers = [
        ("a", TabularPerturber()),
        ("a", TabularPerturber("rows", effects="slope")),
    ]
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
