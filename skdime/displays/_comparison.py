"""ComparisonDisplay: what changed most between two models."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from skdime._utils.annotations import Axes, DataFrame, Label, Order, Palette
from skdime._utils.checks import check_count
from skdime._utils.controls import plain
from skdime._utils.listed import count
from skdime.displays._base import output_of
from skdime.displays._feature_rows import FeatureRows
from skdime.displays._marks import draw_dot, draw_span
from skdime.displays._style import modality_tones
from skdime.displays._words import literal


@dataclass(kw_only=True, eq=False, repr=False)
class ComparisonDisplay(FeatureRows):
    """Show which features changed most between two models.

    Mean sizes of coefficients of two models, the largest changes first.

    It is recommended to use :meth:`from_comparison`.

    Parameters
    ----------
    coef : ndarray of shape (2, 2, n_features)
        Mean absolute coefficients of the first and the second model, in UC and MI.
    size, se : ndarray of shape (2, n_features)
        Mean absolute coefficients of the difference of both, and standard errors.
    feature_names, feature_modalities : sequence of str
        The features from top to bottom.
    modality_names : list of str
        All modalities, in the order of their colours.
    names : tuple of (str, str)
        What the two models are called.
    quantity : str
        What the coefficients change, with its unit.
    n_rows : int
        How many rows the means are taken over.
    n_features : int, default=None
        How many features there are, if not all are shown.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (2,)
        Panels of UC and of MI.
    figure_ : matplotlib Figure
        The figure that holds them.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from skdime.displays import ComparisonDisplay
    >>> display = ComparisonDisplay(
    ...     coef=np.array([[[2.0, 1.0], [0.5, 0.5]], [[1.0, 1.1], [0.5, 0.9]]]),
    ...     size=np.array([[1.0, 0.2], [0.1, 0.4]]),
    ...     se=np.full((2, 2), 0.15),
    ...     feature_names=["bmi", "ldl"],
    ...     feature_modalities=["exam", "serum"],
    ...     modality_names=["exam", "serum"],
    ...     names=("before", "after"),
    ...     quantity="risk",
    ...     n_rows=100,
    ... ).plot()
    >>> print(display.frame().head(4))
      part modality feature  before  after  change    se  established
    0   uc     exam     bmi     2.0    1.0     1.0  0.15         True
    1   uc    serum     ldl     1.0    1.1     0.2  0.15        False
    2   mi     exam     bmi     0.5    0.5     0.1  0.15        False
    3   mi    serum     ldl     0.5    0.9     0.4  0.15         True
    >>> plt.close(display.figure_)
    """

    coef: np.ndarray
    size: np.ndarray
    se: np.ndarray
    modality_names: list[str]
    names: tuple[str, str]
    n_rows: int

    @classmethod
    def from_comparison(
        cls,
        comparison: Any,
        *,
        output: Label | None = None,
        max_display: int = 10,
        order: Order = "size",
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
        """Draw what :func:`~skdime.model_selection.compare` returned.

        Parameters
        ----------
        comparison : Comparison
            Explanations of two models and of their difference.
        output : label, default=None
            A name in ``comparison.change.output_names``; None takes the output of the
            second model that is largest in most rows.
        max_display : int, default=10
            Most features; fewer are drawn where `ax` is too small for their names.
        order : {"size", "uc", "mi", "given"} or list, default="size"
            By how much features changed in both parts, or in one of them, in the order
            of the explanation; or the features to show, each a name or a pair of
            modality and name.
        ax : matplotlib Axes, default=None
            Is replaced by the two panels; None makes a figure.
        palette : list of colours, default=None
            One for each modality.

        Returns
        -------
        display : ComparisonDisplay
        """
        check_count("max_display", max_display)
        c, quantity = output_of(comparison.second, output)
        size, se = (values[..., c] for values in comparison.mean_abs_change())
        change = comparison.change
        both = (comparison.first, comparison.second)
        display = cls(
            coef=np.array([each.mean_abs()[..., c] for each in both]),
            size=size,
            se=se,
            feature_names=change.feature_names,
            feature_modalities=change.feature_modalities,
            modality_names=change.modality_names.tolist(),
            names=comparison.names,
            quantity=quantity,
            n_rows=len(change),
        )
        largest = display._largest(size, order, max_display)
        return largest.plot(ax=ax, palette=palette)

    @property
    def established(self) -> np.ndarray:
        """Whether changes exceed 1.96 standard errors, of shape (2, n_features)."""
        return np.asarray(self.size) > 1.96 * np.asarray(self.se)

    def _size(self):
        return 8, 0.3 * len(self.feature_names) + 2.4

    def _draw(self, palette):
        self._divide_by_part()
        tones = modality_tones(self.modality_names, palette)
        first, second = np.asarray(self.coef)

        def draw_changes(axes, p):
            for f, modality in enumerate(self.feature_modalities):
                ends = first[p, f], second[p, f]
                draw_span(axes, ends, f, "-" if self.established[p, f] else ":")
                draw_dot(axes, ends[0], f)
                draw_dot(axes, ends[1], f, tones[modality])

        self._draw_around_zero(draw_changes)
        self._name_rows()

    def _write(self):
        first, second = (literal(plain(name)) for name in self.names)
        title = f"{self._feature_count()}, mean sizes over {count(self.n_rows, 'row')}"
        notes = (
            f"White: {first}; coloured: {second}. Dotted: the mean change is within "
            "1.96 standard errors."
        )
        self._write_around(title, f"change in {self.quantity}", notes)

    def frame(self) -> DataFrame:
        """All numbers of the display, as a tidy pandas frame.

        A picture may have no room for some of them.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``part``, ``modality``, ``feature``, the mean sizes of both models
            in columns of their names, ``change``, ``se`` and ``established``.
        """
        sizes = dict(zip(self.names, np.asarray(self.coef), strict=True))
        return self._long_frame(
            **sizes, change=self.size, se=self.se, established=self.established
        )
