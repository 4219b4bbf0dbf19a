"""A model that is not deterministic costs no more rows than one that is."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import TabularPerturber, TextPerturber

WORDS = [f"w{i}" for i in range(12)]


class Scores:
    """A smooth score of a text and two numbers, as after dropout."""

    def __init__(self, noise):
        self.noise, self.random_state = noise, np.random.RandomState(0)
        self.weights = dict(zip(WORDS, np.linspace(-1, 1, 12), strict=True))

    def __call__(self, X):
        text = np.array([sum(map(self.weights.get, t.split())) for t in X["text"]])
        output = np.tanh(text) * X["table"][:, 0] + np.tanh(X["table"]).sum(axis=1)
        return output + self.noise * self.random_state.normal(size=len(output))


@pytest.fixture(scope="module")
def X():
    rng = np.random.RandomState(0)
    texts = [" ".join(rng.permutation(WORDS)[:10]) for _ in range(40)]
    return MultimodalArray(table=rng.normal(size=(40, 2)), text=texts)


def rows(model, X, effects, n_samples=2000):
    """Model rows of fitting and explaining, and the explainer."""
    perturbers = [("table", TabularPerturber(effects=effects))]
    perturbers += [("text", TextPerturber())]
    dis = Disentangler(model, n_references=30, random_state=0)
    params = {"n_samples": n_samples, "random_state": 0}
    explainer = LocalExplainer(dis, perturbers, **params).fit(X)
    spent = explainer.explain(X[:2]).n_model_rows
    return explainer.n_model_rows_ + spent, explainer


@pytest.mark.slow
@pytest.mark.parametrize("effects", ["slope", "shapley"])
def test_noise_is_told_and_no_rows_are_spent_on_it(X, effects):
    expected, _ = rows(Scores(0), X, effects)
    with pytest.warns(UserWarning, match="No further rows are evaluated to bring"):
        found, _ = rows(Scores(0.5), X, effects)
    # the check itself calls the model twice more to tell noise
    assert found <= expected + 32


def test_the_number_of_perturbations_is_not_raised_because_of_noise(X):
    with pytest.warns(UserWarning, match="not deterministic"):
        _, explainer = rows(Scores(0.5), X, "slope", n_samples="auto")
    assert explainer.converged_ and explainer.n_samples_ == 250
