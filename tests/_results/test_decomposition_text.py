"""What a printed decomposition says beside its numbers."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from skdime import Disentangler, LocalExplainer

X = np.random.RandomState(0).normal(size=(60, 2))
Y = (X[:, 0] + X[:, 1] > 1.5).astype(int)
HIGH = [[3.0, 3.0], [0.0, 0.0]]


def fitted(**options):
    """Probabilities of a model that is additive in log-odds: UC has no bounds."""
    return Disentangler(LogisticRegression(C=100.0), random_state=0, **options)


def test_uc_beyond_probabilities_is_explained():
    dis = fitted(response_method="predict_proba").fit(X, Y)
    values = dis.decompose(HIGH)
    beyond = (values.uc < -1e-9) | (values.uc > 1 + 1e-9)
    assert beyond[:, 0].tolist() == [True, False]
    # the parts are additive: MI makes up for what is no probability
    np.testing.assert_allclose(values.uc + values.mi, values.output)
    assert ((values.output >= 0) & (values.output <= 1)).all()
    text = "UC is below 0 or above 1 in 1 of 2 rows"
    assert text in repr(values) and "link='logit'" in repr(values)
    assert text not in repr(dis.decompose(HIGH[1:]))


def test_an_explanation_explains_it_too():
    dis = fitted(response_method="predict_proba")
    explainer = LocalExplainer(dis, n_samples=40, random_state=0).fit(X, Y)
    assert "UC is below 0 or above 1" in repr(explainer.explain(HIGH[:1]))


@pytest.mark.parametrize(
    "options",
    [
        {"response_method": "decision_function"},
        {"response_method": "predict_proba", "link": "logit"},
    ],
    ids=["scores", "log-odds"],
)
def test_what_has_no_bounds_says_nothing(options):
    values = fitted(**options).fit(X, Y).decompose(HIGH)
    assert (values.uc > 1).any()
    assert "below 0" not in repr(values)
