"""One call for a fitted model: the numbers of the estimators, the model as it is."""

import pickle
import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeRegressor

import skdime
from skdime import Disentangler, LocalExplainer
from tests._data import TWO, assert_same_numbers, product

X = np.random.RandomState(0).normal(size=(80, 5))
y = X[:, 0] * X[:, 1] + X[:, 2]


@pytest.fixture(scope="module")
def forest():
    return RandomForestRegressor(5, random_state=0).fit(X[:60], y[:60])


def test_it_is_the_frozen_model_in_the_two_estimators(forest):
    disentangler = Disentangler(FrozenEstimator(forest), TWO, n_references=20)
    explainer = LocalExplainer(disentangler, random_state=0).fit(X[:60])
    options = {"n_references": 20, "random_state": 0}
    found = skdime.explain(forest, X[:60], TWO, rows=X[60:], **options)
    assert_same_numbers(found, explainer.explain(X[60:]))
    np.testing.assert_allclose(found.decomposition.output[:, 0], forest.predict(X[60:]))


def test_rows_are_those_of_X_unless_given(forest):
    found = skdime.explain(forest, X[:4], TWO, random_state=0)
    np.testing.assert_allclose(found.decomposition.output[:, 0], forest.predict(X[:4]))


def test_parameters_reach_both_estimators():
    model = LogisticRegression().fit(X, y > 0)
    found = skdime.explain(
        model,
        X,
        {"a": [0, 3], "b": [1]},
        rows=X[:3],
        remainder="b",
        response_method="predict_proba",
        link="logit",
        perturbers={"a": skdime.perturbers.TabularPerturber(groups={"both": [0, 1]})},
        outputs="predicted",
        budget=2000,
        random_state=0,
    )
    assert found.unit == "log-odds"
    assert found.feature_names.tolist() == ["both", "x1", "x2", "x4"]
    # of two classes there is one output, in all rows
    assert found.output_names.tolist() == ["True"]
    assert found.decomposition.row_outputs is None


def test_a_function():
    found = skdime.explain(product, X[:, :2], rows=X[:2, :2], random_state=0)
    np.testing.assert_allclose(found.decomposition.output[:, 0], product(X[:2]))


def test_a_model_that_is_not_fitted():
    with pytest.raises(NotFittedError, match=r"LinearRegression is not fitted.*fit\("):
        skdime.explain(LinearRegression(), X, TWO)


def test_an_explainer_is_no_model():
    with pytest.raises(TypeError, match="Disentangler, which explains a model itself"):
        skdime.explain(Disentangler(product), X)


class TestFitSaysThatItRefits:
    def test_disentangler(self, forest):
        with pytest.warns(UserWarning, match=r"Forest.* is fitted already.*explain\("):
            disentangler = Disentangler(forest, TWO, n_references=5).fit(X, y)
        assert disentangler.estimator_ is not forest

    def test_local_explainer(self, forest):
        disentangler = Disentangler(forest, TWO, n_references=5)
        with pytest.warns(UserWarning, match="is fitted already") as caught:
            LocalExplainer(disentangler, random_state=0).fit(X, y)
        assert sum("fitted already" in str(each.message) for each in caught) == 1
        assert caught[0].filename == __file__

    @pytest.mark.parametrize(
        "model",
        [
            LinearRegression(),
            FrozenEstimator(LinearRegression().fit(X, y)),
            FrozenEstimator(FunctionTransformer()),
            product,
        ],
    )
    def test_nothing_where_nothing_is_refitted(self, model):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            skdime._models.model.warn_if_refitted(model)


FITTED = LinearRegression().fit(X, y)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: skdime.explain(X, FITTED), "ndarray instead, and one of type Linear"),
        (lambda: skdime.explain(X), "missing a required argument: 'X'. Call skdime"),
        (lambda: skdime.explain(X, X), "`model` must be a fitted model or a function"),
        (lambda: skdime.explain(FITTED, X, y), "`modalities` must be a dict"),
        (lambda: skdime.explain(FITTED, X, X[:2]), "ndarray instead. Call skdime"),
        (lambda: skdime.explain(FITTED, X, None, X[:2]), "too many positional argum"),
        (lambda: skdime.explain(FITTED, X, y=y), "'y'. Call skdime.explain.model, X"),
        (lambda: skdime.explain(FITTED, X, rows="r 3"), "or names. Got 'r 3' instead"),
        (lambda: skdime.explain(FITTED, X, rows=3), "Got 3 instead. Pass rows=X.iloc"),
        (
            lambda: skdime.explain(FITTED, X, rows=[0, 3]),
            r"positions .*\[0, 3\]",
        ),
        (lambda: skdime.explain(FITTED, X, rows=y > 0), "rows=X.mask"),
        (lambda: skdime.explain(FITTED, X, rows=slice(3)), "slice.None, 3, None. inst"),
    ],
)
def test_arguments_in_each_others_place(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_methods_take_rows_alone():
    explainer = skdime.LocalExplainer(
        skdime.Disentangler(LinearRegression(), n_references=20), n_samples=20
    ).fit(X, y)
    with pytest.raises(TypeError, match=r"explain: too many .* Pass only the rows"):
        explainer.explain(X[:2], y[:2])
    with pytest.raises(TypeError, match=r"explain: got an .*'rows'|'X'. Pass only"):
        explainer.explain(rows=X[:2])
    with pytest.raises(TypeError, match=r"X must be rows. Got a LinearRegression"):
        explainer.explain(FITTED)
    with pytest.raises(TypeError, match=r"decompose: too many .* Pass only the rows"):
        explainer.disentangler_.decompose(X[:2], y[:2])


def test_a_frame_with_columns_named_as_methods_is_no_model():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X[:, :2], columns=["fit", "predict"])
    found = skdime.explain(lambda X: X["fit"] * X["predict"], frame, rows=frame[:1])
    assert found.feature_names.tolist() == ["fit", "predict"]


def test_a_row_by_its_name():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcde"), index=[f"p{i}" for i in range(80)])
    found = skdime.explain(lambda X: X["a"] * X["b"], frame, rows=frame[10:13])
    assert_same_numbers(found["p11"], found[1])
    parts = found.decomposition["p12"]
    np.testing.assert_array_equal(parts.output, found.decomposition.output[2:])
    with pytest.raises(KeyError, match="'p1' is unknown"):
        found["p1"]


def test_a_frozen_model_is_named():
    tree = DecisionTreeRegressor().fit(X, y)
    with pytest.raises(ValueError, match="DecisionTreeRegressor has no method 'pred"):
        skdime.explain(tree, X, response_method="predict_proba")


def test_it_says_what_fit_took(forest):
    disentangler = Disentangler(FrozenEstimator(forest), TWO, n_references=20)
    explainer = LocalExplainer(disentangler, random_state=0).fit(X[:60])
    found = explainer.explain(X[60:])
    assert found.n_fit_rows == explainer.n_model_rows_ > 0
    assert (
        f"{found.n_model_rows:,} model rows (fit: {found.n_fit_rows:,} rows)"
        in (repr(found).split("\n")[0])
    )
    assert f"(fit: {found.n_fit_rows:,} rows)" in found.to_html()
    joined = found[:2].concatenate(found[2:])
    assert joined.n_fit_rows == found.n_fit_rows  # fitted once for both
    other = replace(found, n_fit_rows=found.n_fit_rows + 1)
    assert found.concatenate(other).n_fit_rows == 0  # one number for neither
    assert "(fit:" not in repr(found.concatenate(other))


def test_an_explanation_has_no_explainer(forest):
    found = skdime.explain(forest, X[:60], TWO, rows=X[60:62], random_state=0)
    with pytest.raises(AttributeError, match=r"no model\. Fit .*explain_pairs\(rows\)"):
        found.explain_pairs()
    with pytest.raises(AttributeError, match=r"no attribute 'coefs'$"):
        _ = found.coefs
    assert_same_numbers(pickle.loads(pickle.dumps(found)), found)


def test_a_class_is_no_fitted_model():
    with pytest.raises(
        TypeError, match=r"is the class LinearRegression.*\.fit\(X, y\)"
    ):
        skdime.explain(LinearRegression, X, TWO)


def test_a_transformer_is_no_model():
    with pytest.raises(ValueError, match="StandardScaler transforms rows and predicts"):
        skdime.explain(StandardScaler().fit(X), X, TWO)


def test_a_method_tells_less_than_its_model(forest):
    with pytest.warns(UserWarning, match="method predict of RandomForestRegressor"):
        Disentangler(forest.predict, TWO).fit(X)
    with pytest.raises(TypeError, match=r"is the method fit of .*does not predict"):
        Disentangler(forest.fit, TWO).fit(X)


def test_columns_in_another_order():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcde"))
    model = LinearRegression().fit(frame, y)
    modalities = {"one": ["a", "b"], "two": ["c", "d", "e"]}
    with pytest.raises(ValueError, match=r"them in another order\. Pass X\[train"):
        skdime.explain(model, frame[list("edcba")], modalities)
    with pytest.raises(ValueError, match=r"has others, \['f'\]\. Pass X\[train"):
        skdime.explain(model, frame.assign(f=1.0), modalities | {"three": ["f"]})
    with pytest.raises(ValueError, match=r"same order.*\nPass X\[train.columns\]"):
        skdime.explain(model, frame, modalities, rows=frame[list("edcba")])


def test_one_row_as_a_dict():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": X[:, 0], "b": np.arange(80)})
    row = {"a": 1.0, "b": 2}

    def explain(rows):
        options = {"rows": rows, "n_references": 5, "random_state": 0}
        return skdime.explain(product, frame, budget=400, **options)

    assert len(explain([row])) == 1
    with pytest.raises(TypeError, match=r"single values, which is one row.*\[X\]"):
        explain(row)
    with pytest.raises(ValueError, match=r"Column 'b'.*X\.astype\(\{'b': float\}\)"):
        explain([row | {"b": 2.5}])
    with pytest.raises(TypeError, match=r"pass X\.astype\(\{'b': 'int64'\}\)"):
        explain(pd.DataFrame([row | {"b": 2.5}]))
