"""A table of numbers and codes, and what plans make of models of it."""

import numpy as np
from sklearn.base import (
    BaseEstimator,
    OneToOneFeatureMixin,
    TransformerMixin,
)
from sklearn.compose import (
    ColumnTransformer,
)

from skdime._models.response import Response
from skdime._references.engine import Engine
from skdime._references.grid import Grid
from skdime._references.plan import best_plan, direct_plan
from skdime._rows.modalities import split

# Columns of the table: number, number, and codes of 2, 5 (rare ones too) and 3
# categories, positive number.
TWO = [("a", np.array([0, 3, 5])), ("b", np.array([1, 2, 4]))]


RNG = np.random.RandomState(0)


TABLE = np.column_stack(
    [
        RNG.normal(size=(60, 2)),
        RNG.randint(2, size=60),
        RNG.choice(5, p=[0.4, 0.4, 0.1, 0.05, 0.05], size=60),
        RNG.randint(3, size=60),
        RNG.gamma(2, size=60),
    ]
)


Y = TABLE[:, 0] * TABLE[:, 1] + np.sin(TABLE[:, 2] + TABLE[:, 3]) * TABLE[:, 5]


def evaluate(plan, X, modalities):
    """Outputs on hybrids: the first modality of 7 rows, the others of 8 others."""
    engine = Engine(plan, 2**20)
    blocks = split(X[:7], modalities)[:1] + split(X[7:15], modalities)[1:]
    sources = [(block, min(m, 1)) for m, block in enumerate(blocks)]
    grid = Grid(sources, plan.columns)
    return engine.way(grid.shape).outputs(grid)


def best(model, X, modalities, method="auto"):
    columns = [columns for _, columns in modalities]
    return best_plan(Response(model, method), columns, split(X, modalities))


def direct(model, X, modalities, method="auto"):
    columns = [columns for _, columns in modalities]
    return evaluate(direct_plan(Response(model, method), columns), X, modalities)


def columns_transformed(*steps, **options):
    """Each step with its columns in a ColumnTransformer."""
    named = [(f"step{i}", *step) for i, step in enumerate(steps)]
    return ColumnTransformer(named, **options)


class BySize(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Depends on how many rows it is given."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X * len(X)
