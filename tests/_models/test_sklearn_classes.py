"""Classes of scikit-learn are recognised by name."""

from importlib import import_module

import pytest
from sklearn.linear_model import Ridge

from skdime._models import (
    structure,
    trees_of_combinations,
    trees_of_sklearn,
)
from skdime._models.sklearn_classes import sklearn_class

TABLES = [
    structure._COLUMNWISE,
    structure._SELECTORS,
    structure._NOT_ROW_WISE,
    structure._AFFINE,
    structure._LINEAR_REGRESSORS,
    structure._LINEAR_CLASSIFIERS,
    structure._NAIVE_BAYES,
    structure._SEARCHES,
    trees_of_combinations._LINEAR_REGRESSORS,
    trees_of_combinations._LINEAR_CLASSIFIERS,
    [name for name, _ in trees_of_combinations._READERS],
    [name for name, _ in trees_of_sklearn._READERS],
]
# compared one by one, not in a table
OTHERS = [
    "compose.ColumnTransformer",
    "dummy.DummyClassifier",
    "dummy.DummyRegressor",
    "frozen.FrozenEstimator",
    "impute.SimpleImputer",
    "pipeline.FeatureUnion",
    "pipeline.Pipeline",
    "preprocessing.FunctionTransformer",
    "preprocessing.OneHotEncoder",
]
NAMES = sorted({*OTHERS, *(name for table in TABLES for name in table)})


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_that_of_a_public_class(name):
    module, _, attribute = name.partition(".")
    public = getattr(import_module(f"sklearn.{module}"), attribute)
    assert sklearn_class(public.__new__(public)) == name


def test_subclasses_and_others_have_no_name():
    class Own(Ridge):
        pass

    assert sklearn_class(Own()) == ""
    assert sklearn_class(print) == ""
    assert sklearn_class(None) == ""
