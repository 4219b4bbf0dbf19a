"""What ``fit`` and ``explain`` take in memory, beside `max_memory` and the promise."""

import re
import tracemalloc
import warnings

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from skdime._estimators import memory
from skdime._estimators.memory import SPARE, memory_beside


def model_of(n_outputs):
    def model(X):
        return (X[:, 0] * X[:, -1])[:, None] + np.arange(float(n_outputs)) * X[:, [1]]

    return model


def explainer_of(n_outputs, n_columns, max_memory, **options):
    half = n_columns // 2
    dis = Disentangler(
        model_of(n_outputs),
        [("a", slice(half)), ("b", slice(half, None))],
        n_references=40,
        max_memory=max_memory,
        random_state=0,
    )
    return LocalExplainer(dis, n_samples=300, random_state=0, **options)


def rows_of(n_columns, n_rows=200):
    return np.random.RandomState(0).normal(size=(n_rows, n_columns))


def peak(function):
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("n_outputs", "n_columns"),
    [(1, 8), (30, 6), pytest.param(1, 80, marks=pytest.mark.slow)],
)
def test_fit_stays_below_the_promise_and_max_memory(n_outputs, n_columns):
    X = rows_of(n_columns)
    explainer = explainer_of(n_outputs, n_columns, 2**24)
    before = explainer.cost(X[:2]).peak_bytes
    seen = peak(lambda: explainer.fit(X))
    after = explainer.cost(X[:2]).peak_bytes
    assert seen <= after
    if n_outputs == 1:  # before fit, the number of outputs is unknown
        assert after <= before
    assert seen <= 2**24 + SPARE


def test_bytes_stored_are_those_of_tables_and_kernels():
    X = rows_of(8)
    explainer = explainer_of(20, 8, 2**28)
    fits = explainer.fit(X)._fits
    (family,) = fits.families
    expected = 0
    for m, table in family.tables.items():
        expected += table.columns.nbytes + table.mean.nbytes + table.spread.nbytes
        expected += table.at_landmarks.nbytes
        for level in table.levels.values():
            kriging = level.kriging
            expected += level.errors.nbytes + kriging.columns.rotated.nbytes
            expected += kriging._scaled.nbytes + kriging._gram.nbytes
        factor = family.kernels[m].factor
        expected += factor.lower.nbytes + factor.pieces.lines.nbytes
        expected += sum(f.nbytes for f in factor.pieces.features)
    assert fits.stored_bytes == expected
    # completed outputs are none of what is stored
    every = 2 * 300 * 40 * 20 * 8
    assert sum(t.at_landmarks.nbytes for t in family.tables.values()) < every / 3


def test_rows_get_what_tables_leave(monkeypatch):
    X = rows_of(8)
    explainer = explainer_of(1, 8, 10**7).fit(X)
    assert memory_beside(explainer, 10**7) == 10**7
    stored = explainer._fits.stored_bytes
    monkeypatch.setattr(memory, "SPARE", 0)
    assert memory_beside(explainer, 10**7) == 10**7 - stored
    assert explainer._probe().max_memory == 10**7 - stored
    # where tables take all of it, rows are explained in smaller batches all the same
    assert memory_beside(explainer, stored) == stored // 4
    few = explainer.explain(X[:5])
    monkeypatch.undo()
    np.testing.assert_allclose(few.coef, explainer.explain(X[:5]).coef, atol=1e-12)


def test_too_little_memory_is_told_with_what_is_enough(monkeypatch):
    X = rows_of(8)
    monkeypatch.setattr(memory, "SPARE", 0)
    with pytest.warns(UserWarning, match="max_memory=1,000 is too little") as caught:
        explainer_of(5, 8, 1_000).fit(X)
    (message,) = [str(w.message) for w in caught if "max_memory" in str(w.message)]
    enough = int(re.search(r"Set it to ([\d,]+)", message)[1].replace(",", ""))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        explainer = explainer_of(5, 8, enough).fit(X)
    assert peak(lambda: explainer.fit(X)) <= enough
