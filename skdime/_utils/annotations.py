"""Types of what users pass and get."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame
else:  # matplotlib and pandas are optional, and imported where they are used
    Axes = DataFrame = Figure = Any


class HasShape(Protocol):
    """A data frame, a sparse matrix or a MultimodalArray."""

    @property
    def shape(self) -> tuple[int, ...]: ...


class HasFit(Protocol):
    """An estimator of any library."""

    @property
    def fit(self) -> Callable[..., Any]: ...


Rows: TypeAlias = ArrayLike | HasShape
Model: TypeAlias = HasFit | Callable[[Any], ArrayLike]
Modalities: TypeAlias = Mapping[str, Any] | Sequence[tuple[str, Any]]
Outputs: TypeAlias = str | int | ArrayLike | None
Attribution: TypeAlias = Literal["dime", "shapley"]
Auto: TypeAlias = Literal["auto"]
Part: TypeAlias = Literal["uc", "mi"]
Random: TypeAlias = np.random.RandomState
Seed: TypeAlias = int | Random | None
Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.intp]
Masks: TypeAlias = NDArray[np.bool_]
Names: TypeAlias = NDArray[np.str_]
NamesLike: TypeAlias = Sequence[str] | NDArray[Any]
Label: TypeAlias = Hashable
Order: TypeAlias = str | Sequence[str | tuple[str, str]]
Palette: TypeAlias = Sequence[str | tuple[float, ...]] | None
