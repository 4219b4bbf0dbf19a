"""The diagram of an estimator: the model and its modalities, few or many."""

import re
from html import unescape

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from skdime import Disentangler, LocalExplainer


def words(estimator):
    markup = estimator._repr_html_()
    return unescape(re.sub("<style.*?</style>|<[^>]*>", "|", markup, flags=re.DOTALL))


@pytest.mark.parametrize("n", [2, 3, 6, 7, 60])
def test_modalities_stand_beside_the_model(n):
    modalities = {f"m{i}": [f"c{i}"] for i in range(n)}
    text = words(LocalExplainer(Disentangler(Ridge(), modalities)))
    assert "|Ridge|" in text
    assert all(f"|m{i}|" in text and f"|c{i}|" in text for i in range(min(n, 6)))
    assert (f"and {n - 6} more" in text) == (n > 6)
    assert f"|m{n}|" not in text


def test_columns_are_written_as_users_name_them():
    columns = [list("abcdefgh"), slice("u", "w"), re.compile("^x"), range(2), 3]
    text = words(Disentangler(Ridge(), {f"m{i}": c for i, c in enumerate(columns)}))
    for written in ("a, b, c, d, e, ...", "u : w", "^x", "0, 1", "3"):
        assert f"|{written}|" in text


def test_what_columns_are_taken_for_is_folded_below():
    X = np.random.RandomState(0).normal(size=(30, 3))
    disentangler = Disentangler(lambda X: X[:, 0], n_references=20)
    explainer = LocalExplainer(disentangler, n_samples=20).fit(X)
    text = words(explainer)
    assert "What columns are taken for" in text and "dtype float64" in text
    assert "What columns are taken for" not in words(LocalExplainer(disentangler))
