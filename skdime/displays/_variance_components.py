"""VarianceComponentsDisplay: where the variation of explanations comes from."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from skdime._results.fields import PARTS
from skdime._utils.annotations import Axes, DataFrame, Label, NamesLike, Palette
from skdime._utils.checks import check_count
from skdime._utils.frames import long_frame
from skdime.displays import _lettering
from skdime.displays._choice import largest_in_order, output_or_largest
from skdime.displays._marks import stack_bars
from skdime.displays._named_rows import NamedRows
from skdime.displays._style import modality_tones


@dataclass(kw_only=True, eq=False, repr=False)
class VarianceComponentsDisplay(NamedRows):
    """Show where the variation of explanations over folds comes from.

    Variation of explanations by source: data, references, perturbations.

    It is recommended to use :meth:`from_components`.

    Parameters
    ----------
    variance : ndarray of shape (n_places, n_sources)
        Variances of the coefficients of a part and modality.
    place_names : sequence of str of length n_places
        Parts and modalities from top to bottom.
    source_names : sequence of str of length n_sources
        Sources of variation.
    quantity : str
        What the coefficients change.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What the bars are drawn on.
    figure_ : matplotlib Figure
        The figure that holds it.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skdime.displays import VarianceComponentsDisplay
    >>> display = VarianceComponentsDisplay(
    ...     variance=[[3.0, 0.5, 0.1], [2.0, 1.0, 0.1]],
    ...     place_names=["UC of exam", "MI of exam"],
    ...     source_names=["data", "references", "sampling"],
    ...     quantity="risk",
    ... ).plot()
    >>> print(display.frame().head(4))
            place      source  variance
    0  UC of exam        data       3.0
    1  UC of exam  references       0.5
    2  UC of exam    sampling       0.1
    3  MI of exam        data       2.0
    >>> plt.close(display.figure_)
    """

    variance: np.ndarray
    place_names: NamesLike
    source_names: NamesLike
    quantity: str

    @classmethod
    def from_components(
        cls,
        components: Any,
        *,
        output: Label | None = None,
        max_display: int = 10,
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
        """Draw what ``CrossExplanation.variance_components`` returned.

        Parameters
        ----------
        components : VarianceComponents
            Variances of the sources.
        output : label, default=None
            A name in ``components.output_names``; None takes the one that varies most.
        max_display : int, default=10
            Most modalities, those that vary most.
        ax : matplotlib Axes, default=None
            What to draw on; None makes a figure.
        palette : list of colours, default=None
            One for each source.

        Returns
        -------
        display : VarianceComponentsDisplay
        """
        check_count("max_display", max_display)
        sd = components.sd()
        total = sd["total"].sum(axis=0)
        c = output_or_largest(components.output_names, output, total.sum(axis=0))
        modalities = largest_in_order(total[:, c], max_display)
        names = components.modality_names[modalities]
        sources = [name for name in sd if name != "total"]
        sources = [name for name in sources if np.isfinite(sd[name]).any()]
        variance = [np.square(sd[name][:, modalities, c]).ravel() for name in sources]
        return cls(
            variance=np.nan_to_num(np.stack(variance, axis=1)),
            place_names=[
                f"{part.upper()} of {name}" for part in PARTS for name in names
            ],
            source_names=sources,
            quantity=str(components.output_names[c]),
        ).plot(ax=ax, palette=palette)

    def _row_names(self):
        return self.place_names

    def _draw_rows(self, palette):
        tones = modality_tones(list(self.source_names), palette)
        colours = [tones[name] for name in self.source_names]
        self._bars = stack_bars(self.ax_, np.asarray(self.variance), colours)

    def _write(self):
        title = "Why explanations differ between folds"
        _lettering.legend_above(self.ax_, self._bars, list(self.source_names), title)
        quantity = f"variance of the coefficients, in squares of {self.quantity}"
        _lettering.label_x(self.ax_, quantity)

    def frame(self) -> DataFrame:
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``place`` (part and modality), ``source`` and ``variance``.
        """
        axes = [{"place": self.place_names}, {"source": self.source_names}]
        return long_frame(axes, variance=self.variance)
