"""Columns that a fitted pipeline drops, and their coefficients, which are exactly 0."""

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skdime import Disentangler, LocalExplainer
from skdime._models.columns_read import columns_read
from skdime.perturbers import MaskedTabularPerturber, TabularPerturber

N = 80
X = np.random.RandomState(0).normal(size=(N, 5))
X[:, 4] = np.arange(N) % 3
Y = X[:, 0] + 3 * X[:, 1] + X[:, 2]

DROP = make_column_transformer((StandardScaler(), [0, 1]), (OneHotEncoder(), [4]))
MIX = make_column_transformer((PCA(1), [0, 2]), ("drop", [1]), remainder="passthrough")


class Own(StandardScaler):
    """A subclass may do anything."""


@pytest.mark.parametrize(
    "model, read",
    [
        (make_pipeline(DROP, LinearRegression()), [0, 1, 4]),
        (make_pipeline(StandardScaler(), DROP, LinearRegression()), [0, 1, 4]),
        (make_pipeline(MIX, LinearRegression()), [0, 2, 3, 4]),
        (make_pipeline(SelectKBest(f_regression, k=2), LinearRegression()), [0, 1]),
        (make_pipeline(PCA(2), LinearRegression()), range(5)),
        (make_pipeline(Own(), LinearRegression()), range(5)),
        (LinearRegression(), range(5)),
    ],
)
def test_columns_read(model, read):
    model.fit(X, Y)
    assert np.flatnonzero(columns_read(model, 5)).tolist() == list(read)


def test_a_function_may_read_all_columns():
    assert columns_read(lambda X: X[:, 0], 3).all()


@pytest.mark.parametrize(
    "perturber",
    [
        TabularPerturber(effects="slope"),
        TabularPerturber(effects="shapley"),
        MaskedTabularPerturber(),
    ],
)
def test_dropped_columns_are_exactly_0(perturber):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcde"))
    frame["note"] = [f"case {i}" for i in range(N)]  # levels that no draw repeats
    numbers = make_column_transformer((StandardScaler(), ["a", "b", "c"]))
    model = make_pipeline(numbers, RandomForestRegressor(5, random_state=0))
    modalities = [("one", ["a", "d", "note"]), ("two", ["b", "c", "e"])]
    dis = Disentangler(model, modalities, n_references=10, random_state=0)
    perturbers = [(name, perturber) for name, _ in modalities]
    explainer = LocalExplainer(dis, perturbers, n_samples=100, random_state=0)
    found = explainer.fit(frame, Y).explain(frame[:4])
    for feature in ("d", "note", "e"):
        at = found.feature_names == feature
        assert (found.coef[:, :, at] == 0).all()
        assert (found.se[:, :, at] == 0).all()
    assert (np.abs(found.sel(part="uc", feature="b")) > 0.1).any()
