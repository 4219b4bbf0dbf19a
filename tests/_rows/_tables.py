"""Raw tables, and models that look at what they are given."""

import sys

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import (
    ColumnTransformer,
)
from sklearn.ensemble import (
    StackingClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from skdime import Disentangler, LocalExplainer

N = 40

# Nothing may warn, whoever it is that does, but for what small data give rise to.
NO_WARNINGS = pytest.mark.filterwarnings(
    "error",
    "ignore:UC and MI compare with",
    "ignore:(UC|MI) of modality",
    "ignore:Too few perturbations lie near",
)


WORDS = ["category", "ordered", "string", "text", "object"]
MISSING = {"nan", "visit", "category", "string", "object", "Int64", "Float64"}
MISSING |= {"boolean"}


TABLE = [
    ("exam", ["float", "category", "bool", "visit"]),
    ("lab", ["nan", "int", "text", "object"]),
]


def as_numbers(frame):
    """Numbers and times of a pandas or polars frame as floats, missing ones as nan."""
    columns = []
    for name in frame.columns:
        column = frame[name]
        kind = getattr(column.dtype, "kind", None)
        if kind is None:
            numbers = column.to_physical().cast(sys.modules["polars"].Float64)
            columns.append(numbers.to_numpy())
        elif kind in "mM":
            values = column.to_numpy(dtype=f"{kind}8[ns]")
            numbers = values.astype(np.int64) / 1e14
            columns.append(np.where(np.isnat(values), np.nan, numbers))
        else:
            columns.append(column.astype("Float64").to_numpy(float, na_value=np.nan))
    return np.column_stack(columns)


def as_words(frame):
    """Any columns of a frame as words."""
    columns = [to_list(frame[name]) for name in frame.columns]
    words = [[str(value) for value in column] for column in columns]
    return np.array(words, dtype=object).T


def to_list(column):
    return column.tolist() if hasattr(column, "tolist") else column.to_list()


class Watch:
    """Looks at every frame on its way to the model.

    Type, columns and dtypes must be those of the training frame, and every value must
    occur in the same column of it, missing ones included.
    """

    def __init__(self, training):
        self.training = training
        self.known = {name: values_in(training[name]) for name in training.columns}
        self.seen = {name: set() for name in training.columns}
        self.calls = 0

    def __call__(self, X):
        assert type(X) is type(self.training)
        assert list(X.columns) == list(self.training.columns)
        assert list(X.dtypes) == list(self.training.dtypes)
        for name in X.columns:
            found = values_in(X[name])
            assert found <= self.known[name], (name, found - self.known[name])
            self.seen[name] |= found
        self.calls += 1
        return X

    def __deepcopy__(self, memo):
        return self  # so that every clone of a model reports to the same place


def values_in(column):
    """The different values of a column with their types; nan, NA and None differ."""
    if hasattr(column, "drop_duplicates"):
        values = column.drop_duplicates().tolist()
    else:
        values = column.unique().to_list()
    return {(type(v).__name__, None if is_missing(v) else v) for v in values}


def is_missing(value):
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:  # the truth value of NA
        return True


def watched(watch, final, words=WORDS):
    """A pipeline on raw frames: watch, encode, predict."""
    columns = list(watch.training.columns)
    numbers = [name for name in columns if name not in words]
    words = [name for name in columns if name in words]
    one_hot = OneHotEncoder()  # a word that it has not seen is an error
    encoder = ColumnTransformer(
        [
            (
                "n",
                make_pipeline(FunctionTransformer(as_numbers), SimpleImputer()),
                numbers,
            ),
            ("w", make_pipeline(FunctionTransformer(as_words), one_hot), words),
        ]
    )
    return make_pipeline(FunctionTransformer(watch), encoder, final)


def explain(model, modalities, X, y=None, rows=5, **options):
    """Fit on all rows, explain the first ones."""
    options = {"n_samples": X.shape[0], "random_state": 0} | options
    disentangler = Disentangler(model, modalities, n_references=8)
    explainer = LocalExplainer(disentangler, **options).fit(X, y)
    return explainer, explainer.explain(getattr(X, "iloc", X)[:rows])


def halves(X):
    """Two modalities whose columns take turns."""
    return [("even", slice(0, None, 2)), ("odd", slice(1, None, 2))]


def first_number(X):
    return np.asarray(X["float"])


def assert_sound(explanation):
    """All numbers are finite and add up."""
    values = explanation.decomposition
    np.testing.assert_allclose(values.uc + values.mi, values.output, atol=1e-12)
    for name in ("coef", "se", "intercept", "local_prediction"):
        assert np.isfinite(getattr(explanation, name)).all(), name
    assert explanation.coef.any()


POLARS_WORDS = ["string", "category", "enum"]


DEPTHS = {"decisiontreeclassifier__max_depth": [2, 4]}

CLASSIFIERS = {
    "pipeline": lambda tree, line: tree,
    "grid search": lambda tree, line: GridSearchCV(tree, DEPTHS, cv=2),
    "randomized search": lambda tree, line: RandomizedSearchCV(
        tree, DEPTHS, n_iter=2, cv=2, random_state=0
    ),
    "stacking": lambda tree, line: StackingClassifier(
        [("tree", tree), ("line", line)], LogisticRegression(), cv=2
    ),
    "calibrated": lambda tree, line: CalibratedClassifierCV(tree, cv=2),
    "voting": lambda tree, line: VotingClassifier(
        [("tree", tree), ("line", line)], voting="soft"
    ),
    "tuned threshold": lambda tree, line: TunedThresholdClassifierCV(line, cv=2),
}
