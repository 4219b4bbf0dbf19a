"""Raw pandas frames: on every call the model is given what it was fitted on."""

from collections import Counter

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from skdime import Disentangler, LocalExplainer
from skdime.perturbers import TabularPerturber
from tests._rows._tables import (
    MISSING,
    NO_WARNINGS,
    TABLE,
    WORDS,
    N,
    Watch,
    as_numbers,
    assert_sound,
    explain,
    first_number,
    halves,
    watched,
)

pytestmark = NO_WARNINGS


def test_the_model_is_given_frames_like_its_training_frame(frame):
    names = list(frame.columns)
    watch = Watch(frame)
    model = watched(watch, DecisionTreeClassifier(max_depth=5, random_state=0))
    y = frame["float"].gt(0) ^ frame["bool"]
    explainer, explanation = explain(model, halves(frame), frame, y)
    assert_sound(explanation)
    assert explanation.feature_names.tolist() == names[::2] + names[1::2]
    assert explanation.row_names.tolist() == [f"case {i}" for i in range(5)]
    fitted = explainer.disentangler_.estimator_
    np.testing.assert_array_equal(
        explanation.decomposition.output[:, 0], fitted.predict_proba(frame[:5])[:, 1]
    )
    assert watch.calls > 5
    assert watch.seen == watch.known  # the draws reach every value, missing ones too
    missing = {name for name in names if any(v is None for _, v in watch.seen[name])}
    assert missing == MISSING


def test_draws_have_every_value_as_often_as_the_data(frame):
    explainer, _ = explain(first_number, halves(frame), frame, n_samples=3 * N)
    for _, perturber in explainer.perturbers_:
        for name, drawn in perturber.draws_.items():
            assert drawn.dtype == frame[name].dtype
            expected = Counter(map(str, frame[name].tolist() * 3))
            assert Counter(map(str, drawn.tolist())) == expected


def test_everything_without_an_order_is_a_category(frame):
    explainer, _ = explain(first_number, halves(frame), frame)
    categories = [
        name
        for _, perturber in explainer.perturbers_
        for name, chosen in zip(
            perturber.feature_names_, perturber.categorical_, strict=True
        )
        if chosen
    ]
    assert set(categories) == {*WORDS, "bool", "boolean"} - {"ordered"}


def test_feature_values_are_what_the_row_holds(frame):
    _, explanation = explain(first_number, halves(frame), frame)
    names, values = explanation.feature_names, explanation.feature_values[2]
    found = dict(zip(names.tolist(), values.tolist(), strict=True))
    for name, value in frame.iloc[2].drop("float32").items():
        assert found[name] == str(value)  # an integer is 3, not 3.0


def test_input_and_references_are_not_written_to(frame):
    pd = pytest.importorskip("pandas")
    before = frame.copy(deep=True)
    explainer, _ = explain(first_number, halves(frame), frame)
    references = explainer.disentangler_.references_.copy(deep=True)
    explainer.explain(frame[5:])
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(explainer.disentangler_.references_, references)


def test_each_modality_of_a_model_row_is_from_one_row_of_the_data(table):
    known = {name: rows_of(table[columns]) for name, columns in TABLE}

    def model(X):
        for name, columns in TABLE:
            assert rows_of(X[columns]) <= known[name]
        return first_number(X)

    whole_rows = [
        (name, TabularPerturber("rows", effects="slope")) for name, _ in TABLE
    ]
    _, explanation = explain(model, TABLE, table, perturbers=whole_rows)
    assert_sound(explanation)


def rows_of(frame):
    """The different rows of a pandas frame, as text."""
    columns = [map(str, frame[name].tolist()) for name in frame.columns]
    return set(zip(*columns, strict=True))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_workers_are_given_the_same_frames(table, n_jobs):
    watch = Watch(table)

    def model(X):
        watch(X)
        return first_number(X) * as_numbers(X[["int"]])[:, 0]

    disentangler = Disentangler(model, TABLE, n_references=8, max_memory=50_000)
    explainer = LocalExplainer(disentangler, n_samples=N, n_jobs=n_jobs)
    assert_sound(explainer.fit(table).explain(table[:5]))
    assert watch.calls > 10
