"""IntervalDisplay: named numbers with intervals, of any result."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from skdime._utils.annotations import Axes, DataFrame, Palette
from skdime._utils.checks import check_count
from skdime.displays import _lettering
from skdime.displays._named_rows import IntervalRows
from skdime.displays._style import TOGETHER, modality_tones


@dataclass(kw_only=True, eq=False, repr=False)
class IntervalDisplay(IntervalRows):
    """Show the numbers of a result with their intervals, one below the other.

    Named numbers with intervals, one below the other.

    It is recommended to use :meth:`from_result`, or ``plot()`` of a result.

    Parameters
    ----------
    value, low, high : ndarray of shape (n_bars,)
        Numbers and the ends of their intervals, nan where there is none.
    names : sequence of str
        What the numbers are of, from top to bottom.
    groups : sequence of str
        Bars of one group have one colour; those of the group ``"MI"`` that of MI.
    title : str
        What is drawn.
    quantity : str
        What the numbers are, with their unit.
    whiskers : str, default=None
        What the intervals are, if there are any; None for confidence intervals.
    level : float, default=0.95
        Of the confidence intervals.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What the bars are drawn on.
    figure_ : matplotlib Figure
        The figure that holds it.

    See Also
    --------
    ModalitySummaryDisplay : Shares of modalities.
    ModalityWorthDisplay : Scores of sets of modalities.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skdime.displays import IntervalDisplay
    >>> from skdime.metrics import AdditiveGap
    >>> gap = AdditiveGap(0.75, 0.5, 0.25, 0.02, 0.03, 0.04)
    >>> display = IntervalDisplay.from_result(gap)
    >>> print(display.frame().round(2))
            name  value   low  high
    0      model   0.75  0.71  0.79
    1    UC only   0.50  0.44  0.56
    2  model - UC   0.25  0.17  0.33
    >>> plt.close(display.figure_)
    """

    value: np.ndarray
    names: Sequence[str]
    groups: Sequence[str]
    title: str
    quantity: str
    whiskers: str | None = None

    @classmethod
    def from_result(
        cls,
        result: Any,
        *,
        max_display: int = 16,
        ax: Axes | None = None,
        palette: Palette = None,
        **choices: Any,
    ) -> Self:
        """Draw the numbers of a result.

        Parameters
        ----------
        result : AdditiveGap, GroupMeans, GroupSummaries, InteractionRegions, \
                ModalityProposal or Stability
            What the function of that name returned.
        max_display : int, default=16
            Most bars.
        ax : matplotlib Axes, default=None
            What to draw on; None makes a figure.
        palette : list of colours, default=None
            One for each group of bars.
        **choices : dict
            What the result has several of: ``output``, a name, for GroupMeans,
            GroupSummaries and Stability; ``measure`` for Stability.

        Returns
        -------
        display : IntervalDisplay
        """
        if not hasattr(result, "_intervals"):
            raise TypeError(
                "`result` must be an AdditiveGap, GroupMeans, GroupSummaries, "
                "InteractionRegions, ModalityProposal or Stability, got a "
                f"{type(result).__name__}. Other results have displays of their own: "
                "call their plot()."
            )
        check_count("max_display", max_display)
        numbers = result._intervals(max_display, **choices)
        return cls(**numbers).plot(ax=ax, palette=palette)

    _names_share = 0.55

    def _size(self):
        # rules are long: a figure of its own grows with them
        letters = max(map(len, self.names), default=0)
        names = letters / _lettering.letters_in(1)
        width = min(11, max(7, names / self._names_share))
        return width, 0.32 * len(self.names) + 1.6

    def _row_names(self):
        return list(self.names)

    def _draw_rows(self, palette):
        groups = [group for group in dict.fromkeys(self.groups) if group != "MI"]
        tones = modality_tones(groups, palette) | {"MI": TOGETHER}
        colours = [tones[group] for group in self.groups]
        self._draw_intervals(self.value, colours)

    def _write(self):
        _lettering.titled(self.ax_, self.title)
        if self.whiskers == "":
            _lettering.label_x(self.ax_, self.quantity)
        else:
            self._name_values(self.quantity)

    def _about_whiskers(self):
        return self.whiskers or super()._about_whiskers()

    def frame(self) -> DataFrame:
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``name``, ``value``, ``low`` and ``high``.
        """
        return self._frame("name", self.names, "value")
