"""ModalitySummaryDisplay: what the variation of an output comes from."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from skdime._estimators.disentangler import Disentangler
from skdime._results.modality_summary import ModalitySummary
from skdime._utils.annotations import Axes, DataFrame, Label, Palette
from skdime._utils.checks import check_count
from skdime._utils.from_sklearn import check_matplotlib_support
from skdime._utils.listed import count
from skdime.displays import _lettering
from skdime.displays._checks import check_result
from skdime.displays._choice import largest_in_order, output_or_largest
from skdime.displays._named_rows import IntervalRows
from skdime.displays._style import TOGETHER, modality_tones
from skdime.displays._words import output_label


@dataclass(kw_only=True, eq=False, repr=False)
class ModalitySummaryDisplay(IntervalRows):
    """Show what the variation of an output comes from, with intervals.

    Shares of an output's variation by modality, pair and higher order.

    It is recommended to use :meth:`from_summary` or :meth:`from_estimator`.

    Parameters
    ----------
    share, low, high : ndarray of shape (n_terms,)
        Shares and the ends of their confidence intervals.
    term_names : list of str of length n_terms
        Modalities, pairs, ``"three or more"`` and ``"MI"``, from top to bottom.
    modality_names : list of str
        All modalities, in the order of their colours.
    quantity : str
        What varies, with its unit.
    n_rows : int
        Rows that the shares are of.
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
    >>> from skdime.displays import ModalitySummaryDisplay
    >>> display = ModalitySummaryDisplay(
    ...     share=[0.5, 0.3, 0.2],
    ...     low=[0.42, 0.25, 0.15],
    ...     high=[0.58, 0.35, 0.25],
    ...     term_names=["note", "ECG", "MI"],
    ...     modality_names=["note", "ECG"],
    ...     quantity="probability",
    ...     n_rows=300,
    ... ).plot()
    >>> print(display.frame().head(4))
       term  share   low  high
    0  note    0.5  0.42  0.58
    1   ECG    0.3  0.25  0.35
    2    MI    0.2  0.15  0.25
    >>> plt.close(display.figure_)
    """

    share: np.ndarray
    term_names: list[str]
    modality_names: list[str]
    quantity: str
    n_rows: int

    @classmethod
    def from_summary(
        cls,
        summary: ModalitySummary,
        *,
        output: Label | None = None,
        max_display: int = 12,
        level: float = 0.95,
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
        """Draw the shares of a summary.

        Parameters
        ----------
        summary : ModalitySummary
            What ``Disentangler.summarize`` returned.
        output : label, default=None
            A name in ``summary.output_names``; None takes the output that varies most.
        max_display : int, default=12
            Most terms beside MI, those with the largest shares.
        level : float, default=0.95
            Of the confidence intervals.
        ax : matplotlib Axes, default=None
            What to draw on; None makes a figure.
        palette : list of colours, default=None
            One for each modality.

        Returns
        -------
        display : ModalitySummaryDisplay
        """
        source = "Disentangler.summarize"
        instead = f"a Disentangler use {cls.__name__}.from_estimator(disentangler, X)"
        check_result("summary", summary, ModalitySummary, source, instead)
        check_count("max_display", max_display)
        n_outputs, about = len(summary.output_names), ""
        c = output_or_largest(summary.output_names, output, summary.spread)
        if output is None and n_outputs > 1:
            about = f" (varies most of {n_outputs} outputs)"
        (_, *together), *others = summary.terms(level)
        terms = [(_plain(name), *values) for name, *values in others]
        sizes = [share[c] for _, share, _, _ in terms]
        largest = largest_in_order(sizes, max_display)
        drawn_terms = [*(terms[t] for t in largest), ("MI", *together)]
        names, shares, _, bounds = zip(*drawn_terms, strict=True)
        return cls(
            share=np.array([share[c] for share in shares]),
            low=np.array([low[c] for low, _ in bounds]),
            high=np.array([high[c] for _, high in bounds]),
            term_names=list(names),
            modality_names=summary.modality_names.tolist(),
            quantity=output_label(repr(str(summary.output_names[c])), summary.unit)
            + about,
            n_rows=summary.n_rows,
            level=level,
        ).plot(ax=ax, palette=palette)

    @classmethod
    def from_estimator(cls, disentangler: Disentangler, X: Any, **options: Any) -> Self:
        """Summarize rows and draw the shares.

        Parameters
        ----------
        disentangler : Disentangler
            Fitted.
        X : container of rows
            What ``disentangler.summarize`` takes.
        **options : dict
            Passed to :meth:`from_summary`.

        Returns
        -------
        display : ModalitySummaryDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        return cls.from_summary(disentangler.summarize(X), **options)

    def _row_names(self):
        return self.term_names

    def _draw_rows(self, palette):
        tones = modality_tones(self.modality_names, palette)
        colours = [tones.get(name, TOGETHER) for name in self.term_names]
        self._draw_intervals(self.share, colours)
        _lettering.share_axis(self.ax_)

    def _write(self):
        _lettering.titled(self.ax_, f"What moves {self.quantity}")
        text = f"share of the variation over {count(self.n_rows, 'row')}"
        self._name_values(text)

    def frame(self) -> DataFrame:
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``term``, ``share``, ``low`` and ``high``.
        """
        return self._frame("term", self.term_names, "share")


def _plain(name):
    """What a term is called beside a bar."""
    kind, _, rest = name.partition(": ")
    if kind in ("main", "pair"):
        return rest
    return "three or more"
