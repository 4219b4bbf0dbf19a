"""MI in log-odds that depends on where probabilities of 0 and 1 are clipped."""

import re
import warnings

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer

X = np.random.RandomState(0).normal(size=(40, 3))
TWO, THREE = {"a": [0], "b": [1, 2]}, {"a": [0], "b": [1], "c": [2]}
WARNING = "MI depends on the clip"


def leaves(X):
    """Probabilities of 0 and 1 where leaves are pure, as trees have them."""
    p = np.select([X[:, 0] * X[:, 1] > 0.5, X[:, 2] > 0.6], [1.0, 0.0], 0.4)
    return np.where(X[:, 1] < -1, 0.7, p)


def classes(X):
    p, q = leaves(X), np.where(X[:, 0] > 0, 0.0, 0.5)
    return np.column_stack([p, (1 - p) * q, (1 - p) * (1 - q)])


def clipped_at(clip, model):
    """The same model in log-odds, with a clip of its own."""

    def log_odds(X):
        p = np.clip(model(X), clip, 1 - clip)
        if p.ndim == 1:
            return np.log(p / (1 - p))
        return np.log(p) - np.log(p).mean(axis=1, keepdims=True)

    return log_odds


def decomposed(model, modalities, **options):
    options |= {"n_references": 20, "random_state": 0}
    return Disentangler(model, modalities, **options).fit(X).decompose(X[:15])


@pytest.mark.filterwarnings("ignore:.*were clipped before")
@pytest.mark.parametrize("include_self", [False, True])
@pytest.mark.parametrize("modalities", [TWO, THREE], ids=["two", "three"])
@pytest.mark.parametrize("model", [leaves, classes])
def test_a_warning_says_what_another_clip_would_change(model, modalities, include_self):
    options = {"include_self": include_self}
    with pytest.warns(UserWarning, match=WARNING):
        result = decomposed(model, modalities, link="logit", **options)
    one, other = (
        decomposed(clipped_at(clip, model), modalities, **options).mi
        for clip in (1e-6, 1e-7)
    )
    np.testing.assert_allclose(result.mi, one, rtol=1e-6)
    size = np.sqrt(np.square(one).mean(axis=0))
    moved = np.abs(other - one)
    share = np.sqrt(np.square(moved).mean(axis=0)) / size
    n_rows = (moved > 0.05 * size).any(axis=1).sum()
    told = re.search(
        r"change in (\d+) of 15 rows, by up to (\S+) and by (\d+)%", result.note
    )
    assert int(told[1]) == n_rows
    assert float(told[2]) == pytest.approx(moved.max(), rel=0.05)
    assert int(told[3]) == pytest.approx(100 * share.max(), abs=1)
    assert WARNING in repr(result)


@pytest.mark.filterwarnings("ignore:.*were clipped before")
def test_an_explanation_tells_it_at_no_model_row():
    explainers = [
        LocalExplainer(
            Disentangler(model, TWO, n_references=20, link=link),
            n_samples=40,
            random_state=0,
        ).fit(X)
        for model, link in [(leaves, "logit"), (clipped_at(1e-6, leaves), "identity")]
    ]
    with pytest.warns(UserWarning, match=WARNING):
        explanation = explainers[0].explain(X[:5])
    with warnings.catch_warnings(record=True) as caught:
        expected = explainers[1].explain(X[:5])
    assert not [each for each in caught if WARNING in str(each.message)]
    assert WARNING in explanation.decomposition.note
    assert explanation.n_model_rows == expected.n_model_rows


@pytest.mark.parametrize("link", ["identity", "logit"])
def test_probabilities_away_from_0_and_1_say_nothing(link):
    def moderate(X):
        return 0.2 + 0.6 * leaves(X)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decomposed(moderate, TWO, link=link).note == ""
