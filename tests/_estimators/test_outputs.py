"""Disentangler: outputs of every model, their names and units."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skdime import Disentangler
from tests._data import product

# --- outputs, names, units ----------------------------------------------------------


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "estimator, options, method, unit",
    [
        (LogisticRegression(), {}, "decision_function", "decision function"),
        (MLPClassifier(), {}, "predict_proba", "probability"),
        (
            LogisticRegression(),
            {"response_method": "predict_proba"},
            "predict_proba",
            "probability",
        ),
        (
            LogisticRegression(),
            {"response_method": "predict_proba", "link": "logit"},
            "predict_proba",
            "log-odds",
        ),
        (
            LogisticRegression(),
            {"response_method": "predict_log_proba"},
            "predict_log_proba",
            "log-probability",
        ),
    ],
)
def test_binary_classifier_has_one_output(
    X, labels, two, estimator, options, method, unit
):
    if isinstance(estimator, MLPClassifier):
        estimator.set_params(max_iter=2, tol=10, n_iter_no_change=1)
    dis = Disentangler(estimator, two, n_references=5, **options).fit(X, labels)
    assert dis.output_names_.tolist() == ["yes"]
    assert dis.response_method_ == method
    assert dis.unit_ == unit
    assert dis.get_feature_names_out().tolist() == ["uc__yes", "mi__yes"]
    assert dis.transform(X).shape == (len(X), 2)


def test_outputs_of_a_multiclass_classifier_are_its_classes(X, two):
    y = np.array(["u", "v", "w"])[np.arange(len(X)) % 3]
    dis = Disentangler(LogisticRegression(), two, n_references=5).fit(X, y)
    names = ["uc__u", "uc__v", "uc__w", "mi__u", "mi__v", "mi__w"]
    assert dis.get_feature_names_out().tolist() == names
    np.testing.assert_allclose(
        dis.decompose(X).output, dis.estimator_.decision_function(X)
    )


def test_outputs_of_a_regressor_are_its_targets(X, two):
    dis = Disentangler(LinearRegression(), two).fit(X, X[:, :2])
    assert dis.response_method_ == "predict"
    assert dis.output_names_.tolist() == ["output0", "output1"]


def test_outputs_of_a_multioutput_classifier(X, two):
    y = np.column_stack([X[:, 0] > 0, np.digitize(X[:, 1], [-0.5, 0.5])])
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    dis = Disentangler(tree, two, n_references=5).fit(X, y)
    names = ["target0_1", "target1_0", "target1_1", "target1_2"]
    assert dis.output_names_.tolist() == names
    first, second = dis.estimator_.predict_proba(X)
    np.testing.assert_array_equal(
        dis.decompose(X).output, np.hstack([first[:, 1:], second])
    )


def test_logit_of_a_multioutput_classifier_is_taken_target_by_target(X, two):
    y = np.column_stack([X[:, 0] * X[:, 1] > 0, X[:, 2] > 0]).astype(int)
    forest = RandomForestClassifier(20, min_samples_leaf=8, random_state=0)
    dis = Disentangler(
        forest, two, response_method="predict_proba", link="logit", n_references=5
    ).fit(X, y)
    expected = [np.log(p[:, 1] / p[:, 0]) for p in dis.estimator_.predict_proba(X)]
    np.testing.assert_allclose(dis.decompose(X).output, np.transpose(expected))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "estimator",
    [
        MLPClassifier((4,), max_iter=2, tol=10, n_iter_no_change=1, random_state=0),
        OneVsRestClassifier(LogisticRegression()),
    ],
)
def test_two_labels_are_two_outputs_and_no_binary_problem(X, two, estimator):
    y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(int)
    dis = Disentangler(
        estimator, two, response_method="predict_proba", n_references=5
    ).fit(X, y)
    np.testing.assert_allclose(dis.decompose(X).output, dis.estimator_.predict_proba(X))


def test_two_labels_are_told_from_two_classes_in_any_batch(X, two):
    # every probability is 0 or 1, so that those of many rows add up to 1
    trees = OneVsRestClassifier(DecisionTreeClassifier(random_state=0))
    y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(int)
    dis = Disentangler(trees, two, n_references=5, max_memory=1).fit(X, y)
    np.testing.assert_array_equal(
        dis.decompose(X).output, dis.estimator_.predict_proba(X)
    )


@pytest.mark.parametrize("n_labels", [2, 3])
def test_logit_of_labels_is_taken_label_by_label(X, two, n_labels):
    y = (X[:, :n_labels] > 0).astype(int)
    dis = Disentangler(
        OneVsRestClassifier(LogisticRegression()),
        two,
        response_method="predict_proba",
        link="logit",
        n_references=5,
    ).fit(X, y)
    probabilities = dis.estimator_.predict_proba(X)
    expected = np.log(probabilities / (1 - probabilities))
    np.testing.assert_allclose(dis.decompose(X).output, expected)


def test_one_vs_one_outputs_are_not_named_after_classes(X, two):
    y = np.array(["u", "v", "w"])[np.arange(len(X)) % 3]
    svc = SVC(decision_function_shape="ovo")
    dis = Disentangler(svc, two, n_references=5).fit(X, y)
    assert dis.transform(X).shape == (len(X), 6)  # 3 pairs of classes
    assert not set(dis.output_names_) & set("uvw")


@pytest.mark.parametrize(
    "estimator, n_classes, names",
    [
        (SVC(decision_function_shape="ovo"), 2, ["v"]),
        (OneVsRestClassifier(SVC(decision_function_shape="ovo")), 3, ["u", "v", "w"]),
    ],
)
def test_one_vs_one_inside_changes_no_name(X, two, estimator, n_classes, names):
    y = np.array(["u", "v", "w"])[np.arange(len(X)) % n_classes]
    dis = Disentangler(estimator, two, n_references=5).fit(X, y)
    assert dis.output_names_.tolist() == names


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_a_callable_may_return_a_vector_or_a_column(X, two, shape):
    dis = Disentangler(
        lambda X: product(X).reshape(shape), two, n_references=5, random_state=0
    ).fit(X)
    assert dis.response_method_ == "callable"
    assert dis.output_names_.tolist() == ["output"]
    expected = Disentangler(product, two, n_references=5, random_state=0).fit(X)
    np.testing.assert_array_equal(dis.transform(X), expected.transform(X))


@pytest.mark.parametrize("max_memory", [20_000, 2**28])
def test_logit_of_a_forest_is_finite_and_reports_what_it_clips(
    X, labels, two, max_memory
):
    forest = RandomForestClassifier(n_estimators=3, random_state=0)
    dis = Disentangler(forest, two, link="logit", max_memory=max_memory, random_state=0)
    with pytest.warns(UserWarning, match="were clipped before taking log-odds"):
        dis.fit(X, labels)
    hybrids = X.copy()[np.repeat(np.arange(len(X)), len(X))]
    hybrids[:, two[1][1]] = np.tile(X[:, two[1][1]], (len(X), 1))
    extreme = np.isin(dis.estimator_.predict_proba(hybrids)[:, 1], [0, 1])
    assert 0 < dis.clipped_share_ < 1
    assert dis.clipped_share_ == pytest.approx(extreme.mean())
    assert np.isfinite(dis.transform(X)).all()


def test_no_warning_and_no_share_when_nothing_is_clipped(X, labels, two, recwarn):
    dis = Disentangler(
        LogisticRegression(), two, response_method="predict_proba", link="logit"
    ).fit(X, labels)
    assert dis.clipped_share_ == 0
    assert not [w for w in recwarn if "clipped" in str(w.message)]


def test_transform_obeys_set_output(X, two):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("vwxyz"), index=np.arange(len(X)) + 100)
    dis = Disentangler(lambda X: product(X.to_numpy()), two)
    out = dis.set_output(transform="pandas").fit(frame).transform(frame)
    assert out.columns.tolist() == ["uc__output", "mi__output"]
    assert out.index.equals(frame.index)
