"""ModalityShareDisplay: how much each modality counts, and their interaction."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from skdime._results.decomposition import Decomposition
from skdime._results.explanation import Explanation
from skdime._results.output_text import output_phrase
from skdime._utils.annotations import Axes, DataFrame, Order, Palette
from skdime._utils.checks import check_count
from skdime._utils.frames import long_frame
from skdime._utils.listed import count
from skdime._utils.names import find_name
from skdime.displays import _lettering
from skdime.displays._base import ExplanationDisplay, drawn_explanation
from skdime.displays._choice import checked_order, largest_in_order
from skdime.displays._marks import stack_bars
from skdime.displays._named_rows import NamedRows
from skdime.displays._style import LINE, REST, TOGETHER, modality_tones
from skdime.displays._words import shorten_all


@dataclass(kw_only=True, eq=False, repr=False)
class ModalityShareDisplay(NamedRows, ExplanationDisplay):
    """Show how much each modality and MI count, for each output.

    Shares of modalities and of MI in the mean absolute contributions.

    A share is a mean absolute contribution over rows, divided by the sum of those of
    all modalities and of MI.

    It is recommended to use :meth:`from_explanation` or :meth:`from_estimator`.

    Parameters
    ----------
    size : ndarray of shape (n_outputs, n_terms)
        Mean absolute contributions; those of MI come last.
    term_names : list of str of length n_terms
        Modalities, and ``"MI"``.
    output_names : list of str of length n_outputs
        The outputs from top to bottom.
    unit : str
        Unit of the contributions.
    n_rows : int
        Rows that the means are taken over.
    modality_names : list of str, default=None
        All modalities, in the order of their colours, if not all are shown.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What the bars are drawn on.
    figure_ : matplotlib Figure
        The figure that holds it.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skdime.displays import ModalityShareDisplay
    >>> display = ModalityShareDisplay(
    ...     size=[[0.2, 0.1, 0.1], [0.05, 0.1, 0.2]],
    ...     term_names=["note", "ECG", "MI"],
    ...     output_names=["sepsis", "infarct"],
    ...     unit="probability",
    ...     n_rows=100,
    ... ).plot()
    >>> print(display.frame().head(4))
        output  term  mean_abs     share
    0   sepsis  note      0.20  0.500000
    1   sepsis   ECG      0.10  0.250000
    2   sepsis    MI      0.10  0.250000
    3  infarct  note      0.05  0.142857
    >>> plt.close(display.figure_)
    """

    size: np.ndarray
    term_names: list[str]
    output_names: list[str]
    unit: str
    n_rows: int
    modality_names: list[str] | None = None

    @classmethod
    def from_explanation(
        cls,
        explanation: Explanation,
        *,
        max_display: int = 6,
        order: Order = "given",
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
        """Draw the shares over the rows of an explanation.

        Parameters
        ----------
        explanation : Explanation
            What ``LocalExplainer.explain`` returned.
        max_display : int, default=6
            Most modalities shown; the sum of all smaller ones is one more.
        order : {"given", "mi"} or list of labels, default="given"
            Outputs as in the explanation, the one with the largest share of MI
            first, or the outputs to show.
        ax : matplotlib Axes, default=None
            What to draw on; None makes a figure.
        palette : list of colours, default=None
            One for each modality.

        Returns
        -------
        display : ModalityShareDisplay
        """
        explanation = drawn_explanation(cls, explanation)
        return cls.from_decomposition(
            explanation.decomposition,
            max_display=max_display,
            order=order,
            ax=ax,
            palette=palette,
        )

    @classmethod
    def from_decomposition(
        cls,
        decomposition: Decomposition,
        *,
        max_display: int = 6,
        order: Order = "given",
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
        """Draw the shares over the rows of a decomposition.

        Parameters
        ----------
        decomposition : Decomposition
            What ``Disentangler.decompose`` returned.
        max_display : int, default=6
            Most modalities shown; the sum of all smaller ones is one more.
        order : {"given", "mi"} or list of labels, default="given"
            As in :meth:`from_explanation`.
        ax : matplotlib Axes, default=None
            What to draw on; None makes a figure.
        palette : list of colours, default=None
            One for each modality.

        Returns
        -------
        display : ModalityShareDisplay
        """
        check_count("max_display", max_display)
        values = decomposition
        main = np.abs(values.main).mean(axis=0)
        names, main = _largest(values.modality_names.tolist(), main, max_display)
        size = np.vstack([main, np.abs(values.mi).mean(axis=0)]).T
        positions = _outputs(values, size, order)
        return cls(
            size=size[positions],
            term_names=[*names, "MI"],
            output_names=[
                output_phrase(values, values.unit, c, quote=str) for c in positions
            ],
            unit=values.unit,
            n_rows=len(values),
            modality_names=values.modality_names.tolist(),
        ).plot(ax=ax, palette=palette)

    @property
    def share(self) -> np.ndarray:
        """Shares, of shape (n_outputs, n_terms); nan where nothing contributes."""
        size = np.asarray(self.size, dtype=float)
        total = size.sum(axis=1, keepdims=True)
        return np.where(total > 0, size / np.where(total > 0, total, 1), np.nan)

    def _row_names(self):
        return self.output_names

    def _draw_rows(self, palette):
        terms = self.term_names[:-1]
        tones = modality_tones(self.modality_names or terms, palette)
        self._tones = [*(tones.get(name, REST) for name in terms), TOGETHER]
        self._bars = stack_bars(self.ax_, np.nan_to_num(self.share), self._tones)
        _lettering.share_axis(self.ax_)

    def _write(self):
        self._write_percentages()
        names = shorten_all(self.term_names[:-1], _lettering.room(self.ax_, 0.8))
        title = f"What moves the output, over {count(self.n_rows, 'row')}"
        words = [*names, "only together (MI)"]
        _lettering.legend_above(self.ax_, self._bars, words, title)
        quantity = f"share of the mean absolute change in {self.unit}"
        _lettering.label_x(self.ax_, quantity)

    def _write_percentages(self):
        size = self.ax_.get_yticklabels()[0].get_fontsize()
        middle = {"ha": "center", "va": "center", "fontsize": size}
        least = 6 / _lettering.room(self.ax_)  # "100%" and a gap
        terms = zip(self._bars, self.share.T, self._tones, strict=True)
        for bars, share, tone in terms:
            # bar_label of matplotlib 3.7 fails where a bar is outside of the axis
            for bar, width in zip(bars, share, strict=True):
                if width >= least:
                    at = bar.get_bbox().get_points().mean(axis=0)
                    self.ax_.text(*at, f"{width:.0%}", **_on(tone), **middle)
        for row in np.flatnonzero(np.isnan(self.share[:, 0])):
            self.ax_.text(0.5, row, "no variation", color=LINE, **middle)

    def frame(self) -> DataFrame:
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``output``, ``term``, ``mean_abs`` and ``share``.
        """
        axes = [{"output": self.output_names}, {"term": self.term_names}]
        return long_frame(axes, mean_abs=self.size, share=self.share)


def _on(tone):
    """A colour that is read on a tone; stripes are kept away from the letters."""
    from matplotlib.colors import to_rgb

    light = np.dot(to_rgb(tone.face), [0.299, 0.587, 0.114]) > 0.5
    style = {"color": "black" if light else "white"}
    if tone.hatch:
        style["bbox"] = {"facecolor": tone.face, "linewidth": 0, "pad": 1}
    return style


def _largest(names, main, max_display):
    """The largest modalities in their order, and the sum of the others."""
    if len(names) <= max_display + 1:  # one is not summed up: it has a name
        return names, main
    largest = largest_in_order(main.sum(axis=1), max_display)
    rest = np.setdiff1d(np.arange(len(names)), largest)
    names = [*(names[m] for m in largest), f"{len(rest)} others"]
    return names, np.vstack([main[largest], main[rest].sum(axis=0)])


def _outputs(values, size, order):
    order = checked_order(order, ("given", "mi"), "outputs")
    if not isinstance(order, str):
        return [find_name(values.output_names, name, "output") for name in order]
    if order == "given":
        return list(range(len(size)))
    total = size.sum(axis=1)
    share = size[:, -1] / np.where(total > 0, total, 1)
    return np.argsort(-share, kind="stable").tolist()
