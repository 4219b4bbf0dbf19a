"""Every kind of model on a raw frame: it is given what it was fitted on."""

import numpy as np
import pytest
from sklearn.compose import (
    ColumnTransformer,
    TransformedTargetRegressor,
)
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
)
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests._data import slopes
from tests._rows._tables import (
    CLASSIFIERS,
    NO_WARNINGS,
    TABLE,
    Watch,
    as_numbers,
    as_words,
    assert_sound,
    explain,
    halves,
    watched,
)

pytestmark = NO_WARNINGS


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_classifiers(table, kind, frozen):
    watch = Watch(table)
    words = ["category", "text", "object"]
    tree = DecisionTreeClassifier(max_depth=4, random_state=0)
    line = LogisticRegression(C=0.1, max_iter=1000)
    model = CLASSIFIERS[kind](watched(watch, tree, words), watched(watch, line, words))
    y = np.where(table["float"].gt(0) ^ table["bool"], "yes", "no")
    if frozen:
        model = FrozenEstimator(model.fit(table, y))
    watch.calls = 0
    explainer, explanation = explain(model, TABLE, table, y)
    assert watch.calls
    assert_sound(explanation)
    assert explanation.output_names.tolist() == ["yes"]
    disentangler = explainer.disentangler_
    respond = getattr(disentangler.estimator_, disentangler.response_method_)
    expected = respond(table[:5]).reshape(5, -1)[:, -1]
    np.testing.assert_array_equal(explanation.decomposition.output[:, 0], expected)


REGRESSORS = {
    "pipeline": lambda tree: tree,
    "transformed target": lambda tree: TransformedTargetRegressor(
        tree, func=np.log1p, inverse_func=np.expm1
    ),
    "grid search": lambda tree: GridSearchCV(
        TransformedTargetRegressor(tree),
        {"regressor__decisiontreeregressor__max_depth": [2, 4]},
        cv=2,
    ),
}


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("kind", REGRESSORS)
def test_regressors(table, kind, frozen):
    watch = Watch(table)
    tree = DecisionTreeRegressor(max_depth=4, random_state=0)
    model = REGRESSORS[kind](watched(watch, tree))
    y = np.exp(table["float"] * table["int"].sub(2))
    if frozen:
        model = FrozenEstimator(model.fit(table, y))
    watch.calls = 0
    explainer, explanation = explain(model, TABLE, table, y)
    assert watch.calls
    assert_sound(explanation)
    fitted = explainer.disentangler_.estimator_
    np.testing.assert_array_equal(
        explanation.decomposition.output[:, 0], fitted.predict(table[:5])
    )


def test_multi_output_regressor(table):
    watch = Watch(table)
    tree = DecisionTreeRegressor(max_depth=4, random_state=0)
    y = np.column_stack([table["float"], table["int"]])
    model = MultiOutputRegressor(watched(watch, tree))
    explainer, explanation = explain(model, TABLE, table, y)
    assert_sound(explanation)
    fitted = explainer.disentangler_.estimator_
    np.testing.assert_array_equal(
        explanation.decomposition.output, fitted.predict(table[:5])
    )


def test_multi_output_classifier(table):
    watch = Watch(table)
    tree = DecisionTreeClassifier(max_depth=4, random_state=0)
    y = np.column_stack([table["float"] > 0, table["int"] % 3])
    model = MultiOutputClassifier(watched(watch, tree))
    explainer, explanation = explain(model, TABLE, table, y)
    assert_sound(explanation)
    one, three = explainer.disentangler_.estimator_.predict_proba(table[:5])
    np.testing.assert_array_equal(
        explanation.decomposition.output, np.hstack([one[:, 1:], three])
    )


@pytest.mark.parametrize(
    "Model", [HistGradientBoostingClassifier, HistGradientBoostingRegressor]
)
def test_boosting_with_categories_from_dtype(frame, Model):
    frame = frame[["float", "nan", "int", "bool", "category", "ordered"]]
    watch = Watch(frame)
    boosting = Model(
        max_iter=5,
        min_samples_leaf=5,
        categorical_features="from_dtype",
        random_state=0,
    )
    model = make_pipeline(FunctionTransformer(watch), boosting)
    y = frame["category"].eq("u") ^ frame["bool"]
    explainer, explanation = explain(model, halves(frame), frame, y.astype(int))
    assert_sound(explanation)
    fitted = explainer.disentangler_.estimator_
    respond = getattr(fitted, "decision_function", fitted.predict)
    np.testing.assert_array_equal(
        explanation.decomposition.output[:, 0], respond(frame[:5])
    )


COLUMN_TRANSFORMERS = {
    "a transformer for every modality": {
        "exam": ["float", "bool", "visit"],
        "exam words": ["category"],
        "lab": ["nan", "int"],
        "lab words": ["text", "object"],
    },
    "transformers across modalities": {
        "numbers": ["visit", "nan", "int", "bool", "float"],
        "some words": ["text", "category"],
        "other words": ["object"],
    },
}


@pytest.mark.parametrize("final", [DecisionTreeClassifier(max_depth=4), SVC()], ids=str)
@pytest.mark.parametrize("kind", COLUMN_TRANSFORMERS)
def test_transformers_of_columns_are_given_what_they_were_fitted_on(table, kind, final):
    transformers, watches = [], []
    for name, columns in COLUMN_TRANSFORMERS[kind].items():
        watch = Watch(table[columns])
        watches.append(watch)
        if "category" in columns or "object" in columns:
            steps = [FunctionTransformer(as_words), OneHotEncoder()]
        else:
            steps = [FunctionTransformer(as_numbers), SimpleImputer()]
        steps = make_pipeline(FunctionTransformer(watch), *steps)
        transformers.append((name, steps, columns))
    model = make_pipeline(ColumnTransformer(transformers), final)
    model.fit(table, table["float"].gt(0) ^ table["bool"])
    for watch in watches:
        watch.calls = 0
    explainer, explanation = explain(FrozenEstimator(model), TABLE, table)
    assert all(watch.calls for watch in watches)
    # the same where nothing is known about the model
    method = explainer.disentangler_.response_method_
    respond = getattr(model, method)
    _, expected = explain(lambda X: respond(X).reshape(len(X), -1)[:, -1], TABLE, table)
    np.testing.assert_allclose(explanation.coef, expected.coef, atol=1e-10)
    np.testing.assert_allclose(explanation.se, expected.se, atol=1e-10)
    values, known = explanation.decomposition, expected.decomposition
    np.testing.assert_allclose(values.main, known.main, atol=1e-12)


@pytest.mark.parametrize("rest", ["passthrough", SimpleImputer()])
def test_the_rest_of_a_column_transformer(table, rest):
    X = table[["float", "nan", "int", "bool", "category", "text"]]
    words = ("words", OneHotEncoder(), ["category", "text"])
    encoder = ColumnTransformer([words], remainder=rest, sparse_threshold=0)
    model = make_pipeline(encoder, DecisionTreeClassifier(max_depth=4))
    model.fit(X, X["float"].gt(0) ^ X["bool"])
    # leaves are exact where a tree is recognised, draws of a function are not
    options = {"perturbers": slopes(halves(X))}
    _, explanation = explain(FrozenEstimator(model), halves(X), X, **options)
    _, expected = explain(
        lambda X: model.predict_proba(X)[:, 1], halves(X), X, **options
    )
    np.testing.assert_allclose(explanation.coef, expected.coef, atol=1e-10)


def test_a_category_is_one_feature_and_its_effect_is_found(table):
    def model(X):
        return X["category"].isin(["u"]).to_numpy() * 3.0 + X["int"].to_numpy()

    lines = slopes(TABLE)
    _, explanation = explain(model, TABLE, table, perturbers=lines, alpha=1e-9)
    coef = explanation.sel(
        part="uc", modality="exam", feature="category", output="output"
    )
    is_u = table["category"].eq("u")
    # a category that is not u differs from the average by not being u, as far as the
    # regressor "same as in the row" can tell
    expected = 3.0 * (1 - is_u.mean())
    np.testing.assert_allclose(coef[is_u[:5]], expected, rtol=1e-6)
    assert (coef[~is_u[:5]] < 0).all()
    assert explanation.feature_names.tolist().count("category") == 1
