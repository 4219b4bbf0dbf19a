"""Raw polars frames: on every call the model is given what it was fitted on."""

from collections import Counter

import numpy as np
import pytest
from sklearn.ensemble import (
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from tests._rows._tables import (
    CLASSIFIERS,
    NO_WARNINGS,
    POLARS_WORDS,
    N,
    Watch,
    assert_sound,
    explain,
    first_number,
    halves,
    watched,
)

pytestmark = NO_WARNINGS


def test_the_model_is_given_frames_like_its_polars_frame(polars_frame):
    watch = Watch(polars_frame)
    tree = DecisionTreeClassifier(max_depth=5, random_state=0)
    model = watched(watch, tree, POLARS_WORDS)
    y = (polars_frame["float"] > 0).to_numpy()
    explainer, explanation = explain(model, halves(polars_frame), polars_frame, y)
    assert_sound(explanation)
    fitted = explainer.disentangler_.estimator_
    np.testing.assert_array_equal(
        explanation.decomposition.output[:, 0],
        fitted.predict_proba(polars_frame[:5])[:, 1],
    )
    assert watch.seen == watch.known
    nulls = {name for name in polars_frame.columns if polars_frame[name].null_count()}
    assert nulls == {"null", "int8", "bool", "date", "time", *POLARS_WORDS}
    assert all(("NoneType", None) in watch.seen[name] for name in nulls)
    assert ("float", None) in watch.seen["null"]  # nan is not null


def test_polars_draws_have_every_value_as_often_as_the_data(polars_frame):
    explainer, _ = explain(
        first_number, halves(polars_frame), polars_frame, n_samples=2 * N
    )
    for _, perturber in explainer.perturbers_:
        assert perturber.draws_.schema.items() <= polars_frame.schema.items()
        for drawn in perturber.draws_.get_columns():
            expected = Counter(map(str, polars_frame[drawn.name].to_list() * 2))
            assert Counter(map(str, drawn.to_list())) == expected


@pytest.mark.parametrize("kind", ["grid search", "stacking", "calibrated"])
def test_models_on_polars_frames(polars_frame, kind):
    watch = Watch(polars_frame)
    tree = watched(watch, DecisionTreeClassifier(max_depth=4), POLARS_WORDS)
    line = watched(watch, LogisticRegression(C=1e-3, max_iter=5000), POLARS_WORDS)
    model = CLASSIFIERS[kind](tree, line)
    y = (polars_frame["float"] > 0).to_numpy()
    _, explanation = explain(model, halves(polars_frame), polars_frame, y)
    assert_sound(explanation)
    assert explanation.row_names.tolist() == [0, 1, 2, 3, 4]


def test_boosting_with_categories_from_polars_dtypes(polars_frame):
    pl = pytest.importorskip("polars")
    given = polars_frame[["float", "null", "int", "enum"]]
    given = given.with_columns(pl.col("int").cast(pl.Int32))
    watch = Watch(given)
    boosting = HistGradientBoostingRegressor(
        max_iter=5, min_samples_leaf=5, categorical_features="from_dtype"
    )
    model = make_pipeline(FunctionTransformer(watch), boosting)
    y = given["float"].to_numpy() * (given["enum"] == "u").fill_null(False).to_numpy()
    _, explanation = explain(model, halves(given), given, y)
    assert_sound(explanation)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_and_arrays_give_the_same_numbers(library):
    frames = pytest.importorskip(library)
    X = np.random.RandomState(0).normal(size=(N, 4))
    X[::7, 1] = np.nan
    given = frames.DataFrame({name: X[:, i] for i, name in enumerate("abcd")})

    def model(X):
        a, b, c, d = np.nan_to_num(np.asarray(X)).T
        return a * c + b * d

    _, of_array = explain(model, halves(X), X)
    _, of_frame = explain(model, halves(X), given)
    np.testing.assert_allclose(of_frame.coef, of_array.coef, atol=1e-12)
    np.testing.assert_allclose(of_frame.se, of_array.se, atol=1e-12)
