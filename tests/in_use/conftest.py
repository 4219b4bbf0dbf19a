"""Rows for the tools of scikit-learn."""

import pytest

from tests.in_use._tree import X


@pytest.fixture
def frame():
    """The rows with names of columns and cases."""
    pd = pytest.importorskip("pandas")
    index = [f"case {i}" for i in range(len(X))]
    return pd.DataFrame(X, columns=["age", "ldl", "bmi", "hdl"], index=index)
