"""Rows of the diabetes table, and an explainer of a tree."""

import pytest
from sklearn.datasets import load_diabetes
from sklearn.tree import DecisionTreeRegressor

from tests.model_selection._diabetes import explainer_of


@pytest.fixture(scope="module")
def data():
    """Rows and targets to fit on, and rows to explain."""
    X, y = load_diabetes(return_X_y=True)
    return X[:150], y[:150], X[150:156]


@pytest.fixture(scope="module")
def tree():
    return explainer_of(DecisionTreeRegressor(max_depth=4, random_state=0))
