"""FaithfulnessCurvesDisplay: UC and MI while features are taken out and put in."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from skdime._results.fields import PARTS
from skdime._utils.annotations import Axes, DataFrame, Label, Palette
from skdime._utils.checks import check_count
from skdime._utils.frames import long_frame
from skdime._utils.listed import count
from skdime.displays import _lettering
from skdime.displays._base import Display
from skdime.displays._choice import largest_in_order, output_or_largest
from skdime.displays._marks import mark_value
from skdime.displays._style import PART_TITLES, modality_tones
from skdime.displays._words import output_label, shorten_all


@dataclass(kw_only=True, eq=False, repr=False)
class FaithfulnessCurvesDisplay(Display):
    """Show whether large coefficients move UC and MI most.

    Deletion and insertion curves, means over rows, by modality.

    It is recommended to use :meth:`from_curves`.

    Parameters
    ----------
    fraction : ndarray of shape (n_points,)
        Share of the features that are replaced or present.
    deletion, insertion : ndarray of shape (2, n_shown, n_points)
        Means of UC and MI while features are replaced, and while they come back.
    names : list of str
        The modalities that are shown.
    modality_names : list of str
        All modalities, in the order of their colours.
    quantity : str
        What UC and MI are parts of, with its unit.
    is_signed : bool
        Whether the largest coefficients come first, or the largest sizes.
    n_rows : int
        How many rows the means are taken over.

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
    >>> from skdime.displays import FaithfulnessCurvesDisplay
    >>> falls = np.array([1.0, 0.3, 0.0])
    >>> display = FaithfulnessCurvesDisplay(
    ...     fraction=np.array([0.0, 0.5, 1.0]),
    ...     deletion=np.tile(falls, (2, 2, 1)),
    ...     insertion=np.tile(1 - falls, (2, 2, 1)),
    ...     names=["note", "ECG"],
    ...     modality_names=["note", "ECG"],
    ...     quantity="risk",
    ...     is_signed=True,
    ...     n_rows=100,
    ... ).plot()
    >>> print(display.frame().head(4))
          curve part modality  fraction  value
    0  deletion   uc     note       0.0    1.0
    1  deletion   uc     note       0.5    0.3
    2  deletion   uc     note       1.0    0.0
    3  deletion   uc      ECG       0.0    1.0
    >>> plt.close(display.figure_)
    """

    fraction: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray
    names: list[str]
    modality_names: list[str]
    quantity: str
    is_signed: bool
    n_rows: int

    @classmethod
    def from_curves(
        cls,
        curves: Any,
        *,
        output: Label | None = None,
        max_display: int = 6,
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
        """Draw what :func:`~skdime.metrics.faithfulness_curves` returned.

        Parameters
        ----------
        curves : FaithfulnessCurves
            Curves of rows.
        output : label, default=None
            A name in ``curves.output_names``; None takes the output whose curves
            extend furthest.
        max_display : int, default=6
            Most modalities, those whose curves extend furthest.
        ax : matplotlib Axes, default=None
            Is replaced by the two panels; None makes a figure.
        palette : list of colours, default=None
            One for each modality.

        Returns
        -------
        display : FaithfulnessCurvesDisplay
        """
        check_count("max_display", max_display)
        fraction, deletion, insertion = curves.mean_curves()
        extent = np.nan_to_num(np.abs(deletion)).max(axis=(0, 2))
        c = output_or_largest(curves.output_names, output, extent.max(axis=0))
        largest = largest_in_order(extent[:, c], max_display)
        return cls(
            fraction=fraction,
            deletion=deletion[..., c][:, largest],
            insertion=insertion[..., c][:, largest],
            names=curves.modality_names[largest].tolist(),
            modality_names=curves.modality_names.tolist(),
            quantity=output_label(repr(str(curves.output_names[c])), curves.unit),
            is_signed=curves.order == "signed",
            n_rows=len(curves.fraction),
        ).plot(ax=ax, palette=palette)

    def _size(self):
        return 8, 4

    def _draw(self, palette):
        self._divide_by_part()
        tones = modality_tones(self.modality_names, palette)
        self._lines = []
        for p, axes in enumerate(self.axes_):
            for m, name in enumerate(self.names):
                style = {"color": tones[name].edge, "lw": 1.8}
                lines = axes.plot(self.fraction, self.insertion[p, m], **style)
                axes.plot(self.fraction, self.deletion[p, m], ls="--", **style)
                self._lines += lines * (p == 0)
            low, high = axes.get_ylim()
            if low < 0 < high:
                mark_value(axes, axis="y")
            _lettering.open_frame(axes)
            axes.xaxis.set_major_formatter("{x:.0%}")

    def _write(self):
        names = shorten_all(self.names, _lettering.room(self.axes_[0], 0.6))
        for axes, part in zip(self.axes_, PARTS, strict=True):
            title = PART_TITLES[part]
            _lettering.legend_above(axes, self._lines, names, title)
        _lettering.label_y(self.axes_[0], self.quantity)
        over = count(self.n_rows, "row")
        title = f"Features replaced and put back, means over {over}"
        notes = (
            "Solid: features come back, dashed: they are replaced, those with the "
            "largest absolute coefficients first. Both curves should bend early."
        )
        if self.is_signed:
            notes = (
                "Solid: features come back, dashed: they are replaced, those with the "
                "largest coefficients first. Curves that are far apart are better."
            )
        _lettering.head_and_foot(self._panels, title, "share of the features", notes)

    def frame(self) -> DataFrame:
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``curve`` (deletion or insertion), ``part``, ``modality``,
            ``fraction`` and ``value``.
        """
        axes = [
            {"curve": ("deletion", "insertion")},
            {"part": PARTS},
            {"modality": self.names},
            {"fraction": self.fraction},
        ]
        return long_frame(axes, value=np.stack([self.deletion, self.insertion]))
