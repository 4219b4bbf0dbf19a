"""Classes that are not imported to ask for them: of optional libraries, of models."""

import subprocess
import sys

import pytest

from skdime._utils.optional import loaded_types


def test_of_libraries_that_are_imported():
    pd = pytest.importorskip("pandas")
    assert loaded_types("DataFrame", "pandas") == (pd.DataFrame,)
    assert loaded_types("DataFrame", "pandas", "no_library") == (pd.DataFrame,)


def test_a_blocked_import_has_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert loaded_types("DataFrame", "pandas") == ()


def test_nothing_is_imported_for_arrays():
    code = (
        "import sys, numpy as np\n"
        "from skdime import Disentangler\n"
        "models = 'ensemble', 'linear_model', 'model_selection', 'svm', 'tree'\n"
        "print(any(f'sklearn.{name}' in sys.modules for name in models))\n"
        "X = np.random.RandomState(0).normal(size=(9, 2))\n"
        "Disentangler(lambda X: X[:, 0] * X[:, 1]).fit(X).decompose(X)\n"
        "print('polars' in sys.modules)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert shown.stdout.split() == ["False", "False"]
