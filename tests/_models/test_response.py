"""The axis of outputs: always there, always last, always with names, in one unit."""

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdime import Disentangler, Explanation, LocalExplainer
from tests._data import slopes

MODALITIES = [("a", [0, 2]), ("b", [1, 3])]

X = np.random.RandomState(0).normal(size=(60, 4))
SCORE = X[:, 0] * X[:, 1] + X[:, 2]
BINARY = np.where(SCORE > 0, "yes", "no")
THREE = np.digitize(SCORE, [-0.5, 0.5])
TWO_TARGETS = np.column_stack([SCORE > 0, THREE])
TWO_LABELS = np.column_stack([SCORE > 0, X[:, 3] > 0]).astype(int)
TREE = DecisionTreeClassifier(max_depth=4, random_state=0)
FOREST = RandomForestClassifier(5, max_depth=4, random_state=0)


def positive(probabilities):
    return probabilities[:, 1:]


def targets(probabilities):
    """One array a target: of two classes the second, of more all."""
    parts = [p[:, 1:] if p.shape[1] == 2 else p for p in probabilities]
    return np.hstack(parts)


def column(values):
    return values.reshape(len(values), -1)


def same(values):
    return values


# kind: model, y, its method, from there to (n, C), names of the outputs, unit
KINDS = {
    "binary, both methods": (
        LogisticRegression(),
        BINARY,
        "decision_function",
        column,
        ["yes"],
        "decision function",
    ),
    "binary, decisions only": (
        LinearSVC(),
        BINARY,
        "decision_function",
        column,
        ["yes"],
        "decision function",
    ),
    "binary, probabilities only": (
        TREE,
        BINARY,
        "predict_proba",
        positive,
        ["yes"],
        "probability",
    ),
    "binary, labels are numbers": (
        GaussianNB(),
        np.where(SCORE > 0, 7, -1),
        "predict_proba",
        positive,
        ["7"],
        "probability",
    ),
    "binary, labels are booleans": (
        GaussianNB(),
        SCORE > 0,
        "predict_proba",
        positive,
        ["True"],
        "probability",
    ),
    "pipeline": (
        make_pipeline(StandardScaler(), TREE),
        BINARY,
        "predict_proba",
        positive,
        ["yes"],
        "probability",
    ),
    "multi-class, both methods": (
        LogisticRegression(),
        THREE,
        "decision_function",
        same,
        ["0", "1", "2"],
        "decision function",
    ),
    "multi-class, decisions only": (
        RidgeClassifier(),
        THREE,
        "decision_function",
        same,
        ["0", "1", "2"],
        "decision function",
    ),
    "multi-class, one against one": (
        SVC(decision_function_shape="ovo"),
        np.digitize(SCORE, [-0.7, 0, 0.7]),
        "decision_function",
        same,
        [f"output{i}" for i in range(6)],
        "decision function",
    ),
    "multi-class, probabilities only": (
        FOREST,
        THREE,
        "predict_proba",
        same,
        ["0", "1", "2"],
        "probability",
    ),
    "multi-output, lists of probabilities": (
        FOREST,
        TWO_TARGETS,
        "predict_proba",
        targets,
        ["target0_1", "target1_0", "target1_1", "target1_2"],
        "probability",
    ),
    "multi-output, one model a target": (
        MultiOutputClassifier(TREE),
        TWO_TARGETS,
        "predict_proba",
        targets,
        ["target0_1", "target1_0", "target1_1", "target1_2"],
        "probability",
    ),
    "multi-output, chain": (
        ClassifierChain(LogisticRegression()),
        TWO_LABELS,
        "decision_function",
        same,
        ["target0_1", "target1_1"],
        "decision function",
    ),
    "multi-label": (
        OneVsRestClassifier(GaussianNB()),
        TWO_LABELS,
        "predict_proba",
        same,
        ["0", "1"],
        "probability",
    ),
    "regression": (
        DecisionTreeRegressor(max_depth=4),
        SCORE,
        "predict",
        column,
        ["output"],
        "prediction",
    ),
    "regression, a column as target": (
        Ridge(),
        SCORE[:, None],
        "predict",
        column,
        ["output"],
        "prediction",
    ),
    "multi-output regression": (
        DecisionTreeRegressor(max_depth=4),
        X[:, :3] ** 2,
        "predict",
        same,
        ["output0", "output1", "output2"],
        "prediction",
    ),
    "outliers": (
        IsolationForest(n_estimators=5, random_state=0),
        None,
        "decision_function",
        column,
        ["output"],
        "decision function",
    ),
}


def three_outputs(X):
    return np.column_stack([X[:, 0] * X[:, 1], X[:, 2] ** 2, X[:, 3]])


CALLABLES = {
    "(n,)": (lambda X: X[:, 0] * X[:, 1], ["output"]),
    "(n, 1)": (lambda X: X[:, :1] * X[:, 1:2], ["output"]),
    "(n, 3)": (three_outputs, ["output0", "output1", "output2"]),
    "list": (lambda X: (X[:, 0] * X[:, 1]).tolist(), ["output"]),
    "list of lists": (
        lambda X: three_outputs(X).tolist(),
        ["output0", "output1", "output2"],
    ),
    "float32": (lambda X: np.float32(X[:, 0] * X[:, 1]), ["output"]),
    "integers": (lambda X: (X[:, 0] * X[:, 1] > 0).astype(int), ["output"]),
    "booleans": (lambda X: X[:, 0] * X[:, 1] > 0, ["output"]),
}


def explainer_of(model, **options):
    disentangler = Disentangler(model, MODALITIES, n_references=8, **options)
    lines = slopes(MODALITIES)  # exact, and each output as if it were alone
    return LocalExplainer(disentangler, lines, n_samples=40, random_state=0)


def check_axes(explainer, expected, names, unit):
    """The layout of everything, for five explained rows with outputs `expected`."""
    explanation = explainer.explain(X[:5])
    values = explanation.decomposition
    C = len(names)
    np.testing.assert_array_equal(values.output, expected)
    assert explanation.output_names.tolist() == values.output_names.tolist() == names
    shapes = {
        "output": (5, C),
        "baseline": (C,),
        "uc": (5, C),
        "mi": (5, C),
        "main": (5, 2, C),
        "baseline_se": (C,),
        "uc_se": (5, C),
        "mi_se": (5, C),
        "main_se": (5, 2, C),
    }
    assert {name: getattr(values, name).shape for name in shapes} == shapes
    shapes = {
        "coef": (5, 2, 4, C),
        "se": (5, 2, 4, C),
        "intercept": (5, 2, 2, C),
        "r2": (5, 2, 2, C),
        "target": (5, 2, 2, C),
        "local_prediction": (5, 2, 2, C),
    }
    assert {name: getattr(explanation, name).shape for name in shapes} == shapes
    np.testing.assert_allclose(values.uc + values.mi, values.output, atol=1e-12)
    features = ["a__x0", "a__x2", "b__x1", "b__x3"]
    endings = [f"__{name}" for name in names] if C > 1 else [""]
    assert explainer.get_feature_names_out().tolist() == [
        f"{part}__{feature}{ending}"
        for part in ("uc", "mi")
        for feature in features
        for ending in endings
    ]
    np.testing.assert_allclose(
        explainer.transform(X[:5]), explanation.coef.reshape(5, -1), atol=1e-12
    )
    assert explanation.unit == values.unit == explainer.disentangler_.unit_ == unit
    for result in (explanation, explanation[0], values, values[0]):
        assert f"unit: {unit}" in repr(result)
    for c, name in enumerate(names):
        np.testing.assert_array_equal(
            explanation.sel(output=name), explanation.coef[..., c]
        )
        assert {effect.output for effect in explanation.top(3, output=name)} == {name}


@pytest.mark.parametrize("kind", KINDS)
def test_models(kind):
    model, y, method, shaped, names, unit = KINDS[kind]
    explainer = explainer_of(model).fit(X, y)
    disentangler = explainer.disentangler_
    assert disentangler.response_method_ == method
    expected = shaped(getattr(disentangler.estimator_, method)(X[:5]))
    check_axes(explainer, expected, names, unit)


@pytest.mark.parametrize("kind", CALLABLES)
def test_callables(kind):
    model, names = CALLABLES[kind]
    expected = column(np.asarray(model(X[:5]), dtype=float))
    check_axes(explainer_of(model).fit(X), expected, names, "model output")


def test_a_callable_may_return_a_series_or_a_frame():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcd"))
    one = explainer_of(lambda X: X["a"] * X["b"]).fit(frame).explain(frame[:5])
    expected = explainer_of(lambda X: X[:, 0] * X[:, 1]).fit(X).explain(X[:5])
    np.testing.assert_allclose(one.coef, expected.coef, atol=1e-12)
    two = explainer_of(lambda X: X[["a", "b"]] ** 2).fit(frame).explain(frame[:5])
    assert two.coef.shape == (5, 2, 4, 2)


@pytest.mark.parametrize(
    "options, unit",
    [
        ({"response_method": "predict_proba"}, "probability"),
        ({"response_method": "predict_log_proba"}, "log-probability"),
        ({"response_method": "decision_function"}, "decision function"),
        ({"link": "logit"}, "log-odds"),
        ({"response_method": "predict_proba", "link": "logit"}, "log-odds"),
    ],
)
def test_the_unit_follows_the_method_that_is_asked_for(options, unit):
    explainer = explainer_of(LogisticRegression(), **options).fit(X, BINARY)
    explanation = explainer.explain(X[:2])
    assert explanation.unit == unit
    assert f"unit: {unit}" in repr(explanation)


def test_the_logit_of_a_binary_logistic_regression_is_its_decision():
    of_logit = explainer_of(
        LogisticRegression(), response_method="predict_proba", link="logit"
    )
    of_decision = explainer_of(LogisticRegression())
    logit = of_logit.fit(X, BINARY).explain(X[:5])
    decision = of_decision.fit(X, BINARY).explain(X[:5])
    np.testing.assert_allclose(logit.coef, decision.coef, atol=1e-8)
    np.testing.assert_allclose(
        logit.decomposition.uc, decision.decomposition.uc, atol=1e-8
    )


@pytest.mark.parametrize("labels", [THREE, THREE == 1, BINARY])
def test_outputs_are_chosen_by_their_labels(labels):
    explainer = explainer_of(FOREST).fit(X, labels)
    explanation = explainer.explain(X[:5])
    for c, label in enumerate(np.unique(labels)[-explanation.coef.shape[-1] :]):
        expected = explanation.coef[..., c]
        np.testing.assert_array_equal(explanation.sel(output=label), expected)
        np.testing.assert_array_equal(explanation.sel(output=label.item()), expected)


# --- outputs that are tied to each other ----------------------------------------------


def test_probabilities_of_all_classes_add_up():
    explanation = explainer_of(FOREST).fit(X, THREE).explain(X[:5])
    values = explanation.decomposition
    np.testing.assert_allclose(values.uc.sum(axis=-1), 1, atol=1e-12)
    np.testing.assert_allclose(values.mi.sum(axis=-1), 0, atol=1e-12)
    np.testing.assert_allclose(explanation.coef.sum(axis=-1), 0, atol=1e-12)


def test_a_binary_probability_and_its_complement_are_mirrored():
    one = explainer_of(TREE).fit(X, BINARY).explain(X[:5])
    other = explainer_of(TREE).fit(X, BINARY == "no").explain(X[:5])
    np.testing.assert_allclose(other.coef, -one.coef, atol=1e-12)


def test_each_output_is_explained_as_if_it_were_alone():
    def model(X):
        return np.column_stack([np.sin(X[:, 0] * X[:, 1]), X[:, 2] * X[:, 3]])

    together = explainer_of(model).fit(X).explain(X[:5])
    for c in range(2):
        alone = explainer_of(lambda X, c=c: model(X)[:, c]).fit(X).explain(X[:5])
        np.testing.assert_allclose(
            together.coef[..., c], alone.coef[..., 0], atol=1e-10
        )


def test_all_outputs_come_from_the_same_model_rows():
    # an output without interaction takes a look at values that no reference has
    one = explainer_of(lambda X: X[:, 0] + X[:, 1]).fit(X)
    three = explainer_of(three_outputs).fit(X)
    assert one.n_model_rows_ == three.n_model_rows_
    assert one.explain(X[:5]).n_model_rows == three.explain(X[:5]).n_model_rows


# --- log-odds of probabilities that are 0 or 1 ----------------------------------------

CLIPPED = {
    "two classes": (BINARY, 1),
    "three classes": (THREE, 3),
    "two targets": (TWO_LABELS, 2),
    "two targets, one of three classes": (TWO_TARGETS, 4),
}

UNITS = {
    "two classes": "log-odds",
    "three classes": "centred log-ratio",
    "two targets": "log-odds",
    "two targets, one of three classes": "log-odds or centred log-ratio",
}


@pytest.mark.parametrize("kind", CLIPPED)
def test_log_odds_of_a_forest_are_finite(kind):
    y, n_outputs = CLIPPED[kind]
    forest = RandomForestClassifier(3, random_state=0)
    explainer = explainer_of(forest, link="logit")
    with pytest.warns(UserWarning, match="were clipped before taking log-odds"):
        explainer.fit(X, y)
    disentangler = explainer.disentangler_
    probabilities = disentangler.estimator_.predict_proba(X)
    if isinstance(probabilities, list):
        probabilities = np.hstack(probabilities)
    assert {0.0, 1.0} <= set(probabilities.ravel().tolist())
    assert 0 < disentangler.clipped_share_ <= 1
    explanation = explainer.explain(X[:10])
    values = explanation.decomposition
    assert explanation.coef.shape == (10, 2, 4, n_outputs)
    for name in ("coef", "se", "intercept", "local_prediction"):
        assert np.isfinite(getattr(explanation, name)).all(), name
    for name in ("output", "baseline", "uc", "mi", "main", "uc_se", "main_se"):
        assert np.isfinite(getattr(values, name)).all(), name
    assert np.abs(values.output).max() < 14  # the log-odds of 1e-6
    assert explanation.unit == UNITS[kind]
    assert f"unit: {UNITS[kind]}" in repr(explanation)
    assert np.isfinite(explainer.score(X[:10]))


def test_the_clipped_share_is_the_share_of_zeros_and_ones():
    def probability(X):
        return np.clip(X[:, 0], 0, 1) * (X[:, 1] > 0)

    with pytest.warns(UserWarning, match="% of the probabilities") as caught:
        disentangler = Disentangler(
            probability, MODALITIES, n_references=None, link="logit"
        ).fit(X)
    # the baseline is a mean over all pairs of references
    pairs = np.clip(X[:, 0], 0, 1)[:, None] * (X[:, 1] > 0)
    share = np.isin(pairs, [0, 1]).mean()
    assert disentangler.clipped_share_ == pytest.approx(share)
    assert f"{share:.1%}" in str(caught[0].message)


def test_centred_log_ratios_add_up_to_nothing():
    explainer = explainer_of(GaussianNB(), link="logit").fit(X, THREE)
    explanation = explainer.explain(X[:5])
    for array in (
        explanation.decomposition.uc,
        explanation.decomposition.mi,
        explanation.coef,
    ):
        np.testing.assert_allclose(array.sum(axis=-1), 0, atol=1e-10)
    ratios = np.log(explainer.disentangler_.estimator_.predict_proba(X[:5]))
    ratios -= ratios.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(explanation.decomposition.output, ratios)


def test_log_odds_are_averaged_after_the_link():
    # the log-odds are additive, the probabilities are not
    def probability(X):
        return 1 / (1 + np.exp(-(X[:, 0] + X[:, 1])))

    disentangler = Disentangler(probability, MODALITIES, link="logit").fit(X)
    np.testing.assert_allclose(disentangler.decompose(X).mi, 0, atol=1e-10)
    plain = Disentangler(probability, MODALITIES).fit(X)
    assert np.abs(plain.decompose(X).mi).max() > 0.01


def test_saved_results_keep_outputs_and_unit(tmp_path):
    explanation = explainer_of(FOREST).fit(X, THREE).explain(X[:5])
    explanation.save(tmp_path / "x.npz")
    loaded = Explanation.load(tmp_path / "x.npz")
    assert loaded.unit == "probability"
    assert loaded.output_names.tolist() == ["0", "1", "2"]
    np.testing.assert_array_equal(loaded.sel(output=2), explanation.coef[..., 2])


def test_every_target_has_log_odds_of_its_own():
    forest = RandomForestClassifier(10, min_samples_leaf=12, random_state=0)
    explainer = explainer_of(forest, link="logit").fit(X, TWO_TARGETS)
    one, three = explainer.disentangler_.estimator_.predict_proba(X[:5])
    output = explainer.explain(X[:5]).decomposition.output
    np.testing.assert_allclose(output[:, 0], np.log(one[:, 1] / one[:, 0]))
    ratios = np.log(three) - np.log(three).mean(axis=1, keepdims=True)
    np.testing.assert_allclose(output[:, 1:], ratios)


class LabelsInAColumn(LogisticRegression):
    """Gives labels as CatBoost does those of three classes."""

    def predict(self, X):
        return super().predict(X)[:, None]


def test_labels_in_a_column_are_one_target():
    X = np.random.RandomState(0).normal(size=(120, 2))
    y = np.digitize(X.sum(axis=1), [-0.5, 0.5])
    options = {"response_method": "predict_proba", "link": "logit", "random_state": 0}
    dis = Disentangler(LabelsInAColumn(), n_references=10, **options).fit(X, y)
    assert dis.unit_ == "centred log-ratio"
    expected = Disentangler(LogisticRegression(), n_references=10, **options).fit(X, y)
    found, expected = (each.decompose(X[:3]).output for each in (dis, expected))
    np.testing.assert_allclose(found, expected, rtol=1e-12)
