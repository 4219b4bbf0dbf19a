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


def interacting(X):
    return X[:, 0] + X[:, 1] * X[:, 2]


@pytest.mark.parametrize("pairs", [False, True])
def test_every_number_of_a_row_has_its_standard_error(pairs):
    Z = np.random.RandomState(0).normal(size=(50, 3))
    dis = Disentangler(interacting, n_references=20, random_state=0).fit(Z)
    values = dis.decompose(Z[:1], pairs=pairs)
    printed = repr(values)
    baseline = (
        f"UC = baseline {values.baseline[0]:.4g} +- {values.baseline_se[0]:.2g}, "
    )
    assert baseline in printed
    for m in range(3):
        main, error = values.main[0, m, 0], values.main_se[0, m, 0]
        assert f"x{m} {main:+.4g} +- {error:.2g}" in printed
    if pairs:
        pair, error = values.pairs[0, 2, 0], values.pairs_se[0, 2, 0]
        assert f"x1 & x2 {pair:+.4g} +- {error:.2g}" in printed
        # an exact zero has no error that would be worth a word
        assert "x0 & x1 +0," in printed and printed.endswith("higher +0")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_rounding_of_the_outputs_leaves_is_printed_as_zero(dtype):
    Z = np.random.RandomState(0).normal(size=(50, 2))
    weights = np.array([0.1, 0.7], dtype=dtype)
    values = Disentangler(
        lambda Z: Z.astype(dtype) @ weights + dtype(0.3), n_references=20
    ).fit(Z)
    for row in Z[:6]:
        parts = values.decompose(row[None])
        assert " + MI 0 " in repr(parts), parts.mi
    assert "MI 0 (means of" in repr(values.decompose(Z))


def test_no_error_where_all_rows_are_references():
    rows = np.random.RandomState(0).normal(size=(30, 2))
    dis = Disentangler(lambda X: X[:, 0] * X[:, 1] + X[:, 1])
    assert "all 30 rows of fit are references" in repr(dis.fit(rows).decompose(rows))
    few = dis.set_params(n_references=20, random_state=0).fit(rows).decompose(rows)
    assert "are references" not in repr(few)


def test_an_additive_model_has_no_error():
    rows = np.random.RandomState(0).normal(size=(300, 2))
    dis = Disentangler(lambda X: X[:, 0] + X[:, 1], random_state=0).fit(rows)
    assert "MI 0 (MI is 0 in every hybrid row)" in repr(dis.decompose(rows[:1]))
