"""Types of public arguments; those of optional packages only for type checkers."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

    from skdime._estimators.local_explainer import LocalExplainer
else:  # matplotlib and pandas are optional, and slow to import
    Axes = DataFrame = Figure = LocalExplainer = object

Label = Hashable
Names = Sequence[str] | np.ndarray
Order = str | Sequence[str | tuple[str, str]]
Palette = Sequence[str | tuple[float, ...]] | None
