"""What calls of a model need, and what an error of the model says."""

import numpy as np
import pytest

from skdime._models.calls import MOST_ROWS, Calls, Need, rows_in_a_call
from skdime._models.response import Response
from skdime._references.grid import Grid


def grid_of(n_rows, n_others):
    rows = np.arange(float(n_rows))[:, None], np.arange(float(n_others))[:, None]
    return Grid([(rows[0], 0), (rows[1], 1)], [[0], [1]])


@pytest.mark.parametrize("batch_size", [None, 1, 5, 100])
@pytest.mark.parametrize("max_memory", [1, 200, 2**20])
def test_what_a_grid_needs_is_what_it_takes(max_memory, batch_size):
    lengths = []

    def model(X):
        lengths.append(len(X))
        return X[:, 0] * X[:, 1]

    calls = Calls(Response(model), max_memory, batch_size=batch_size)
    outputs = calls.outputs(grid_of(6, 7))[:, :, 0]
    np.testing.assert_array_equal(outputs, np.outer(np.arange(6), np.arange(7)))
    need = calls.need(42, 42, row_bytes=16)
    assert need.rows == calls.n_model_rows == sum(lengths)
    assert need.calls == len(lengths)
    most = min(42, rows_in_a_call(max_memory, 16))
    assert max(lengths) == (most if batch_size is None else min(most, batch_size))


def test_a_call_has_at_most_so_many_rows():
    assert rows_in_a_call(2**40, 1.0) == MOST_ROWS
    assert rows_in_a_call(1, 1000.0) == 1


def test_tasks_that_follow_each_other_add_up():
    first, second = Need(10, 2, 100, 7), Need(1, 1, 300, 5)
    assert sum([first, second], Need()) == Need(11, 3, 300, 12)


def test_an_error_names_the_first_row_that_fails():
    def model(X):
        if (X.sum(axis=1) == 9).any():
            raise RuntimeError("no nines")
        return X[:, 0]

    with pytest.raises(RuntimeError) as caught:
        Calls(Response(model), 2**20).outputs(grid_of(6, 7))
    (note,) = caught.value.__notes__
    assert "numpy array of shape (42, 2)" in note
    assert "row 3 of these with row 6 of the others" in note
