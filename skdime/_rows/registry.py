"""The containers that can hold rows, each with what stands for its kind.

Whoever adds a container writes a class, as :mod:`skdime._rows.container` says, and its
line here. A MultimodalArray, whose keys hold one of these each, is put on top in
:mod:`skdime._rows.containers`.
"""

import numpy as np
import scipy.sparse as sp

from skdime._rows.arrays import Array, SparseMatrix
from skdime._rows.frames_of_pandas import PandasFrame, PandasSeries
from skdime._rows.frames_of_polars import PolarsFrame, PolarsSeries
from skdime._rows.lists import List
from skdime._utils.optional import loaded_types

# The first test that an object passes decides.
CONTAINERS = [
    (lambda X: isinstance(X, np.ndarray), Array()),
    (lambda X: isinstance(X, list), List()),
    (sp.issparse, SparseMatrix()),
    (lambda X: isinstance(X, loaded_types("DataFrame", "pandas")), PandasFrame()),
    (lambda X: isinstance(X, loaded_types("Series", "pandas")), PandasSeries()),
    (lambda X: isinstance(X, loaded_types("DataFrame", "polars")), PolarsFrame()),
    (lambda X: isinstance(X, loaded_types("Series", "polars")), PolarsSeries()),
]


def find_container(X):
    """What stands for the kind of container that `X` is, or None where it is none."""
    return next((container for fits, container in CONTAINERS if fits(X)), None)
