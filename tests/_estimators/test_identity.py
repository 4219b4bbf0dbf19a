"""What tells fitted explainers apart."""

import json

import numpy as np
import pytest
from sklearn.base import clone

from skdime import MultimodalArray
from skdime._estimators.identity import differ, identity_of, numbers_of
from skdime.perturbers import TextPerturber
from tests._data import TWO, explainer_of, product


@pytest.fixture(scope="module")
def explainer(X):
    return explainer_of(product, TWO, n_references=6, n_samples=20).fit(X)


def test_an_explainer_that_is_fitted_again_is_the_same(explainer, X):
    again = clone(explainer).set_params(n_jobs=2, disentangler__max_memory=10**5)
    assert identity_of(again.fit(X)).difference(identity_of(explainer)) == ""


@pytest.mark.parametrize(
    "change, words",
    [
        ({"tol": 0.1}, "tol was 'auto' and is 0.1"),
        ({"disentangler__tol": 0.1}, "disentangler__tol was 0.05 and is 0.1"),
        ({"disentangler__modalities": TWO[::-1]}, "it was fitted on other rows"),
        ({"disentangler__estimator": lambda X: X[:, 0]}, "gave other outputs in fit"),
    ],
)
def test_what_is_different(explainer, X, change, words):
    other = clone(explainer).set_params(**change).fit(X)
    assert words in identity_of(other).difference(identity_of(explainer))


def test_a_model_whose_outputs_have_the_same_mean(X):
    # UC of the rows is another, the baseline is not
    X = np.vstack([X, -X])

    def explained(sign):
        model = explainer_of(lambda X: sign * X[:, 0], TWO, n_references=None)
        return identity_of(model.set_params(n_samples=20).fit(X))

    assert (
        explained(1).difference(explained(-1)) == "its model gave other outputs in fit"
    )


def test_no_data_and_no_long_text_are_stored():
    rng = np.random.RandomState(0)
    secrets = [f"secret{i}" for i in range(12)]
    notes = [" ".join(rng.permutation(secrets)[:5]) for _ in range(12)]
    rows = MultimodalArray(note=notes, age=np.arange(12.0))

    def model(X):
        return X["age"] * np.array([len(note) for note in X["note"]])

    mask = "a mask of seventy letters that may quote what somebody wrote down in a note"
    explainer = explainer_of(
        model, perturbers=[("note", TextPerturber(mask_token=mask))]
    )
    explainer.set_params(n_samples=8, disentangler__n_references=4).fit(rows)
    written = json.dumps(identity_of(explainer)._asdict())
    assert "secret" not in written and "somebody" not in written
    numbers = json.dumps(numbers_of(explainer.explain(rows[:1])))
    assert "secret" not in numbers


def test_numbers_differ_by_more_than_rounding():
    numbers = [1.0, None, -1e-9]
    assert not differ(numbers, [1.0 + 1e-9, None, 1e-9])
    assert differ(numbers, [1.0 + 1e-5, None, 1e-9])
    assert differ(numbers, [1.0, 2.0, 1e-9])
    assert differ(numbers, [1.0, None])
    assert not differ([], [])
