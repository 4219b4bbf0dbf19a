"""Outputs as models return them: widened, or refused with the fix."""

from collections import OrderedDict
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp

from skdime import Disentangler
from skdime._models.output_matrix import is_integer, output_matrix

TWO = [("a", [0, 1]), ("b", [2, 3])]
X = np.random.RandomState(0).normal(size=(40, 4))
VALUES = np.arange(12.0).reshape(4, 3)


class Tensor:
    """An array behind what tensors of torch do, in bfloat16 or wider."""

    def __init__(self, values, dtype="torch.bfloat16"):
        self.values, self.dtype = np.asarray(values, dtype=np.float32), dtype
        self.shape = self.values.shape

    def detach(self):
        return self

    cpu = detach

    def float(self):
        return Tensor(self.values, "torch.float32")

    def __array__(self, dtype=None, copy=None):
        if self.dtype == "torch.bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.values.astype(dtype or np.float32)


def told(output, n_rows=4):
    with pytest.raises(ValueError, match="The model") as caught:
        output_matrix(output, n_rows, "callable")
    return str(caught.value)


@pytest.mark.parametrize(
    "output",
    [
        VALUES,
        VALUES.astype(np.float16),
        VALUES.tolist(),
        tuple(map(tuple, VALUES)),
        list(VALUES),
        Tensor(VALUES),
        Tensor(VALUES, "torch.float32"),
    ],
)
def test_outputs_become_floats(output):
    matrix = output_matrix(output, 4, "callable")
    assert matrix.dtype == np.float64
    np.testing.assert_array_equal(matrix, VALUES)


def test_narrow_floats_of_numpy_are_widened():
    dtypes = pytest.importorskip("ml_dtypes")
    matrix = output_matrix(VALUES.astype(dtypes.bfloat16), 4, "callable")
    np.testing.assert_array_equal(matrix, VALUES)


@pytest.mark.parametrize(
    "output, fix",
    [
        ((VALUES, None), "lambda X: model(X)[0]"),
        ((Tensor(VALUES), Tensor(VALUES)), "lambda X: model(X)[0]"),
        ({"loss": 1.0, "logits": VALUES}, "lambda X: model(X)['logits']"),
        (OrderedDict(probability=VALUES), "lambda X: model(X)['probability']"),
        (SimpleNamespace(logits=VALUES), "lambda X: model(X).logits"),
        (SimpleNamespace(hidden=VALUES, scores=VALUES), "lambda X: model(X).scores"),
        ([Tensor(row) for row in VALUES], "lambda X: torch.stack(model(X))"),
        ([VALUES[:, 0], VALUES[:, 1]], "lambda X: np.column_stack(model(X))"),
        (VALUES.T, "return its transpose"),
        (VALUES[:, :, None], "output.reshape(4, -1)"),
        (sp.csr_matrix(VALUES), "lambda X: model(X).toarray()"),
    ],
)
def test_what_is_no_array_is_refused_with_the_fix(output, fix):
    assert fix in told(output)


def test_similarities_of_all_rows_with_all_others_are_refused():
    with pytest.raises(ValueError, match=r"np\.diagonal\(model\(X\)\)"):
        Disentangler(lambda X: X[:, :2] @ X[:, 2:].T, TWO).fit(X)
    diagonal = Disentangler(lambda X: (X[:, :2] * X[:, 2:]).sum(axis=1), TWO).fit(X)
    candidates = Disentangler(lambda X: X[:, :2] @ X[:8, 2:].T[:, :1], TWO)
    assert diagonal.decompose(X[:3]).output.shape == (3, 1)
    with pytest.raises(ValueError, match="depends on the rows beside it"):
        candidates.fit(X)


@pytest.mark.parametrize(
    "output, expected",
    [
        (np.arange(3), True),
        (np.array([True, False]), True),
        ([1, 0, 2], True),
        (np.arange(3.0), False),
        ([0.5, 1], False),
        (Tensor(VALUES), False),
        (Tensor(VALUES, "torch.int64"), True),
    ],
)
def test_integers_are_told_from_floats(output, expected):
    assert is_integer(output) is expected
