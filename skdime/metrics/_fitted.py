"""Fitted estimators as types: metrics take them, but do not import their classes."""

from typing import Any, Protocol

from skdime._results.decomposition import Decomposition
from skdime._results.explanation import Explanation
from skdime._utils.annotations import Rows


class FittedDisentangler(Protocol):
    """A Disentangler."""

    def decompose(self, X: Rows, *, pairs: bool = False) -> Decomposition: ...


class FittedExplainer(Protocol):
    """A LocalExplainer."""

    @property
    def disentangler_(self) -> Any: ...

    def explain(self, X: Rows) -> Explanation: ...
