"""ModalityWorthDisplay: scores of a model with every set of its modalities."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from skdime._estimators.disentangler import Disentangler
from skdime._utils.annotations import Axes, DataFrame, Palette
from skdime._utils.checks import check_count
from skdime._utils.from_sklearn import check_matplotlib_support
from skdime._utils.listed import count
from skdime.displays import _lettering
from skdime.displays._checks import check_result
from skdime.displays._choice import largest_in_order
from skdime.displays._marks import mark_value
from skdime.displays._named_rows import IntervalRows
from skdime.displays._style import REST, TOGETHER, modality_tones
from skdime.metrics import ModalityWorth, modality_worth


@dataclass(kw_only=True, eq=False, repr=False)
class ModalityWorthDisplay(IntervalRows):
    """Show what each modality is worth to the score of a model.

    Scores of a model with every set of its modalities.

    A line marks the score without any modality.

    It is recommended to use :meth:`from_worth` or :meth:`from_estimator`.

    Parameters
    ----------
    score, low, high : ndarray of shape (n_sets,)
        Scores and the ends of their confidence intervals.
    sets : list of tuple of str
        Modalities of each set, from top to bottom; the first one is empty.
    modality_names : list of str
        All modalities, in the order of their colours.
    scoring : str
        What the score is.
    n_rows : int
        Rows that were scored.
    level : float, default=0.95
        Of the confidence intervals.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What the bars are drawn on.
    figure_ : matplotlib Figure
        The figure that holds it.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skdime.displays import ModalityWorthDisplay
    >>> display = ModalityWorthDisplay(
    ...     score=[0.5, 0.7, 0.6, 0.8],
    ...     low=[0.5, 0.65, 0.55, 0.76],
    ...     high=[0.5, 0.75, 0.65, 0.84],
    ...     sets=[(), ("note",), ("ECG",), ("note", "ECG")],
    ...     modality_names=["note", "ECG"],
    ...     scoring="roc_auc",
    ...     n_rows=300,
    ... ).plot()
    >>> print(display.frame().head(4))
       modalities  score   low  high
    0        none    0.5  0.50  0.50
    1        note    0.7  0.65  0.75
    2         ECG    0.6  0.55  0.65
    3  note + ECG    0.8  0.76  0.84
    >>> plt.close(display.figure_)
    """

    score: np.ndarray
    sets: list[tuple[str, ...]]
    modality_names: list[str]
    scoring: str
    n_rows: int

    @classmethod
    def from_worth(
        cls,
        worth: ModalityWorth,
        *,
        max_display: int = 16,
        level: float = 0.95,
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
        """Draw the scores of sets of modalities.

        Parameters
        ----------
        worth : ModalityWorth
            What :func:`~skdime.metrics.modality_worth` returned.
        max_display : int, default=16
            Most sets beside those of none and of all modalities, the best ones.
        level : float, default=0.95
            Of the confidence intervals.
        ax : matplotlib Axes, default=None
            What to draw on; None makes a figure.
        palette : list of colours, default=None
            One for each modality.

        Returns
        -------
        display : ModalityWorthDisplay
        """
        use = f"{cls.__name__}.from_estimator(disentangler, X, y)"
        instead = f"a Disentangler use {use}"
        check_result("worth", worth, ModalityWorth, "metrics.modality_worth", instead)
        check_count("max_display", max_display)
        last = len(worth.sets) - 1
        best = 1 + largest_in_order(worth.score[1:last], max_display)
        drawn_sets = [0, *best.tolist(), last]
        low, high = worth.interval("score", level)
        return cls(
            score=worth.score[drawn_sets],
            low=low[drawn_sets],
            high=high[drawn_sets],
            sets=[worth.sets[s] for s in drawn_sets],
            modality_names=worth.modality_names.tolist(),
            scoring=worth.scoring,
            n_rows=worth.n_rows,
            level=level,
        ).plot(ax=ax, palette=palette)

    @classmethod
    def from_estimator(
        cls,
        disentangler: Disentangler,
        X: Any,
        y: Any,
        *,
        scoring: Any = None,
        **options: Any,
    ) -> Self:
        """Score every set of modalities and draw the scores.

        Parameters
        ----------
        disentangler : Disentangler
            Fitted.
        X : container of rows
            Rows to score on.
        y : array-like
            Their targets.
        scoring : str or callable, default=None
            As for :func:`~skdime.metrics.modality_worth`.
        **options : dict
            Passed to :meth:`from_worth`.

        Returns
        -------
        display : ModalityWorthDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        return cls.from_worth(modality_worth(disentangler, X, y, scoring), **options)

    def _row_names(self):
        return [" + ".join(each) or "none" for each in self.sets]

    def _draw_rows(self, palette):
        tones = modality_tones(self.modality_names, palette)
        colours = [tones[each[0]] if len(each) == 1 else TOGETHER for each in self.sets]
        colours[0] = REST
        self._draw_intervals(self.score, colours)
        mark_value(self.ax_, self.score[0], ls="--", zorder=2)

    def _write(self):
        _lettering.titled(self.ax_, "Score with some modalities, others absent")
        self._name_values(f"{self.scoring} of {count(self.n_rows, 'row')}")

    def frame(self) -> DataFrame:
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``modalities``, ``score``, ``low`` and ``high``.
        """
        return self._frame("modalities", self._row_names(), "score")
