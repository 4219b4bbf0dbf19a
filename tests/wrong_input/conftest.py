"""Tables of patients; no test changes the one of either library."""

import numpy as np
import pytest

from tests.wrong_input._patients import columns, patients


@pytest.fixture(scope="module", params=["pandas", "polars"])
def table(request):
    """A frame of either library."""
    frames = pytest.importorskip(request.param)
    return frames.DataFrame(columns())


@pytest.fixture
def frame():
    """A pandas frame that a test may change."""
    return patients()


@pytest.fixture(scope="module")
def y():
    data = columns()
    return np.where((data["ldl"] > 3) ^ (data["age"] > 50), "ill", "well")
