"""The output of either class of a binary classifier, and names that users give."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdime
from skdime import Disentangler

X = np.random.RandomState(0).normal(size=(80, 4))
Y = np.where(X[:, 0] * X[:, 1] + X[:, 2] > 0, "well", "ill")
TWO = {"a": [0, 2], "b": [1, 3]}
FOREST = RandomForestClassifier(5, max_depth=4, random_state=0)
MODELS = {
    "leaves, probability": (FOREST, {"response_method": "predict_proba"}),
    "leaves, log-odds": (
        HistGradientBoostingClassifier(max_iter=5),
        {"response_method": "predict_proba", "link": "logit"},
    ),
    "leaves, decisions": (HistGradientBoostingClassifier(max_iter=5), {}),
    "leaves behind an encoder": (make_pipeline(StandardScaler(), FOREST), {}),
    "additive": (LogisticRegression(), {}),
    "rows": (GaussianNB(), {}),
    "log-probability": (GaussianNB(), {"response_method": "predict_log_proba"}),
}


def decompose(model, **options):
    disentangler = Disentangler(model, TWO, n_references=20, random_state=0, **options)
    return disentangler.fit(X, Y).decompose(X[:5])


@pytest.mark.parametrize("kind", MODELS)
def test_effects_on_one_class_are_those_on_the_other_reversed(kind):
    model, options = MODELS[kind]
    other = decompose(model, **options)
    ill = decompose(model, pos_label="ill", **options)
    assert ill.output_names.tolist() == ["ill"]
    assert other.output_names.tolist() == ["well"]
    assert ill.n_model_rows == other.n_model_rows  # by the same way
    if kind != "log-probability":
        np.testing.assert_allclose(ill.main, -other.main, atol=1e-10)
        np.testing.assert_allclose(ill.mi, -other.mi, atol=1e-10)
        np.testing.assert_allclose(ill.main_se, other.main_se, atol=1e-10)
    fitted = model.fit(X, Y)
    method = options.get("response_method", "auto")
    if method == "auto":
        has_scores = hasattr(fitted, "decision_function")
        method = "decision_function" if has_scores else "predict_proba"
    expected = getattr(fitted, method)(X[:5])
    expected = -expected if expected.ndim == 1 else expected[:, 0]
    if "link" in options:
        expected = np.log(expected / (1 - expected))
    np.testing.assert_allclose(ill.output[:, 0], expected, atol=1e-10)
    again = decompose(model, pos_label="well", **options)
    np.testing.assert_array_equal(again.output, other.output)


def test_of_a_fitted_model_in_one_call():
    model = RandomForestClassifier(5, max_depth=4, random_state=0).fit(X, Y)
    options = {"rows": X[:3], "n_references": 20, "random_state": 0}
    ill = skdime.explain(model, X, TWO, pos_label="ill", **options)
    well = skdime.explain(model, X, TWO, **options)
    np.testing.assert_allclose(ill.coef, -well.coef, atol=1e-10)
    assert ill.output_names.tolist() == ["ill"]


@pytest.mark.parametrize(
    "model, y, options, words",
    [
        (LogisticRegression(), Y, {"pos_label": "sick"}, r"classes \['ill', 'we"),
        (Ridge(), X[:, 0], {"pos_label": 1}, "'predict' of a model with no classes"),
        (LogisticRegression(), np.arange(80) % 3, {"pos_label": 1}, "other classes"),
        (lambda X: X[:, 0], None, {"pos_label": 1}, "'callable' of a model with no"),
    ],
)
def test_what_has_no_such_class(model, y, options, words):
    with pytest.raises(ValueError, match=words):
        Disentangler(model, TWO, **options).fit(X, y)


def test_names_of_outputs():
    def model(X):
        return np.column_stack([X[:, 0], X[:, 1] * X[:, 2]])

    names = ["days", "costs"]
    found = skdime.explain(model, X, TWO, rows=X[:3], output_names=names)
    assert found.output_names.tolist() == names
    assert found.sel(output="costs", feature="x0").shape == (3, 2)
    assert "costs: baseline" in repr(found)
    one = Disentangler(Ridge(), TWO, output_names="days").fit(X, X[:, 0])
    assert one.get_feature_names_out().tolist() == ["uc__days", "mi__days"]


@pytest.mark.parametrize("names", ["days", ["a"], ["a", "a"], ["a", "b", "c"]])
def test_other_names_than_outputs(names):
    disentangler = Disentangler(lambda X: X[:, :2], TWO, output_names=names)
    with pytest.raises(ValueError, match="must be 2 different names, one for each out"):
        disentangler.fit(X)
