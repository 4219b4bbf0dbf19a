"""Basis functions of columns: centred, scaled, and blind to nothing that occurs."""

import numpy as np
import pytest

from skdime.perturbers import _bases
from skdime.perturbers._bases import CUBIC, HATS, column_basis

SPLINES = pytest.mark.parametrize("spline", [HATS, CUBIC], ids=["hats", "cubic"])


def numbers(seed=0, n=400):
    return np.random.RandomState(seed).exponential(size=n)


COLUMNS = {
    "skewed": numbers(),
    "few values": np.random.RandomState(0).randint(5, size=400).astype(float),
    "two values": (np.arange(400) % 50 == 0).astype(float),
    "missing": np.where(np.arange(400) % 9 == 0, np.nan, numbers()),
    "large offset": 1e6 + numbers(),
}


@SPLINES
@pytest.mark.parametrize("values", COLUMNS.values(), ids=COLUMNS.keys())
def test_functions_are_centred_and_of_unit_size(values, spline):
    functions = column_basis(values, False, spline)(values)
    np.testing.assert_allclose(functions.mean(axis=0), 0, atol=1e-8)
    np.testing.assert_allclose(np.square(functions).sum(axis=1).mean(), 1)


@SPLINES
def test_splines_are_uncorrelated_with_the_line(spline):
    values = numbers()
    basis = column_basis(values, False, spline)
    line, *bent = basis(values).T[:-1]
    assert np.abs(np.corrcoef(line, basis.line(values))[0, 1]) == pytest.approx(1)
    assert np.abs(np.array(bent) @ basis.line(values)).max() < 1e-6 * len(values)


@SPLINES
def test_any_function_of_few_values_is_in_the_span(spline):
    values = COLUMNS["few values"]
    functions = column_basis(values, False, spline)(values)
    target = np.array([0.0, 3.0, 1.0, -2.0, 0.5])[values.astype(int)]
    target = target - target.mean()
    fitted = functions @ np.linalg.lstsq(functions, target, rcond=None)[0]
    np.testing.assert_allclose(fitted, target, atol=1e-6)


@SPLINES
def test_a_constant_column_is_zero(spline):
    basis = column_basis(np.full(30, 7.0), False, spline)
    assert not basis(np.full(5, 7.0)).any()
    assert not basis.line(np.full(5, 7.0)).any()


@SPLINES
def test_a_missing_number_is_told_by_its_indicator_alone(spline):
    values = COLUMNS["missing"]
    basis = column_basis(values, False, spline)
    assert basis.line(np.array([np.nan]))[0] == 0
    present, missing = basis(np.array([values[1], np.nan]))
    assert not np.allclose(present, missing)
    # no row had one in fit, but the row to explain may
    basis = column_basis(numbers(), False, spline)
    assert np.isfinite(basis(np.array([np.nan]))).all()


def test_levels_have_indicators_and_a_new_one_has_its_own():
    codes = np.array([0, 0, 1, 1, 1, 2])
    basis = column_basis(codes, True, HATS)
    functions = basis(np.array([0, 1, 2, 7]))
    assert np.linalg.matrix_rank(functions[1:] - functions[0]) == 3
    np.testing.assert_allclose(basis(codes).mean(axis=0), 0, atol=1e-12)


@SPLINES
def test_the_line_goes_on_beyond_the_knots(spline):
    basis = column_basis(numbers(), False, spline)
    line = basis.line(np.array([100.0, 101.0, 102.0]))
    np.testing.assert_allclose(np.diff(line, 2), 0, atol=1e-10)


@SPLINES
def test_of_very_many_values_some_tell_nearly_the_same(spline, monkeypatch):
    values = numbers(n=20_000)
    values[::9] = np.nan
    at = np.append(np.linspace(0, 4, 50), np.nan)
    monkeypatch.setattr(_bases, "_MOST_AVERAGED", 2_000)
    few = column_basis(values, False, spline)
    monkeypatch.setattr(_bases, "_MOST_AVERAGED", 20_000)
    every = column_basis(values, False, spline)
    functions = few(values)
    np.testing.assert_allclose(functions.mean(axis=0), 0, atol=0.01)
    np.testing.assert_allclose(np.square(functions).sum(axis=1).mean(), 1, rtol=0.03)
    kernels = [basis(at) @ basis(at).T for basis in (few, every)]
    np.testing.assert_allclose(*kernels, atol=0.05 * np.abs(kernels[1]).max())


def test_a_rare_one_of_few_values_has_its_knot(monkeypatch):
    values = np.arange(30_000.0) % 3
    values[7], values[8] = 1.5, np.nan
    monkeypatch.setattr(_bases, "_MOST_AVERAGED", 2_000)
    functions = column_basis(values, False, HATS)(np.array([1, 1.5, 2.0]))
    assert np.linalg.matrix_rank(functions, tol=1e-6) == 3


def test_a_flag_of_a_single_row_of_very_many(monkeypatch):
    values = np.zeros(10_000)
    values[7] = 1.0
    expected = column_basis(values, False, HATS)(np.array([0.0, 1.0]))
    monkeypatch.setattr(_bases, "_MOST_AVERAGED", 100)
    functions = column_basis(values, False, HATS)(np.array([0.0, 1.0]))
    np.testing.assert_allclose(functions, expected, rtol=1e-6)
    assert functions.any()
