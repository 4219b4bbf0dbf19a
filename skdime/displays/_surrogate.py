"""SurrogateDisplay: UC and MI of the model against what surrogates make of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from skdime._results.explanation import Explanation
from skdime._results.fields import PARTS
from skdime._utils.annotations import Axes, DataFrame, Label, Palette
from skdime._utils.checks import check_count
from skdime._utils.frames import long_frame
from skdime._utils.listed import count
from skdime._utils.missing import nan_mean
from skdime.displays import _lettering
from skdime.displays._base import ExplanationDisplay, drawn_explanation, output_of
from skdime.displays._choice import largest_in_order
from skdime.displays._marks import dot_area
from skdime.displays._style import LINE, PART_TITLES, modality_tones
from skdime.displays._words import shorten_all, some_of


@dataclass(kw_only=True, eq=False, repr=False)
class SurrogateDisplay(ExplanationDisplay):
    """Show how well the surrogate models reproduce UC and MI of each row.

    One dot for every row: a part against its prediction by the surrogate models.

    One dot for every row and modality. On the diagonal the surrogate has the value
    that it stands for; R2 tells how well it fits the perturbations around the rows.
    Where both are poor, distrust the coefficients.

    It is recommended to use :meth:`from_explanation` or :meth:`from_estimator`.

    Parameters
    ----------
    target, local_prediction, r2 : ndarray of shape (n_rows, 2, n_modalities)
        UC and MI, the surrogates' values for them, and their R2.
    shown_names : list of str of length n_modalities
        The modalities shown.
    row_names : sequence
        The rows.
    quantity : str
        The output with its unit.
    modality_names : list of str, default=None
        All modalities, in the order of their colours, if not all are shown.

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
    >>> from skdime.displays import SurrogateDisplay
    >>> target = np.linspace(0, 1, 12).reshape(6, 2, 1)
    >>> display = SurrogateDisplay(
    ...     target=target,
    ...     local_prediction=target**1.1,
    ...     r2=np.full((6, 2, 1), 0.8),
    ...     shown_names=["exam"],
    ...     row_names=range(6),
    ...     quantity="probability",
    ... ).plot()
    >>> print(display.frame().head(4))
       row part modality    target  local_prediction   r2
    0    0   uc     exam  0.000000          0.000000  0.8
    1    0   mi     exam  0.090909          0.071527  0.8
    2    1   uc     exam  0.181818          0.153321  0.8
    3    1   mi     exam  0.272727          0.239498  0.8
    >>> plt.close(display.figure_)
    """

    target: np.ndarray
    local_prediction: np.ndarray
    r2: np.ndarray
    shown_names: list[str]
    row_names: Sequence | np.ndarray
    quantity: str
    modality_names: list[str] | None = None

    @classmethod
    def from_explanation(
        cls,
        explanation: Explanation,
        *,
        output: Label | None = None,
        max_display: int = 6,
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
        """Draw all rows of an explanation.

        Parameters
        ----------
        explanation : Explanation
            What ``LocalExplainer.explain`` returned.
        output : label, default=None
            A name in ``explanation.output_names``; None takes the output that is
            largest in most rows.
        max_display : int, default=6
            Most modalities shown, those whose surrogates fit worst.
        ax : matplotlib Axes, default=None
            Is replaced by the two panels; None makes a figure.
        palette : list of colours, default=None
            One for each modality.

        Returns
        -------
        display : SurrogateDisplay
        """
        explanation = drawn_explanation(cls, explanation)
        check_count("max_display", max_display)
        c, quantity = output_of(explanation, output)
        r2 = explanation.r2[..., c]
        misfit = -np.nan_to_num(r2, nan=1).mean(axis=(0, 1))
        positions = largest_in_order(misfit, max_display)
        return cls(
            target=explanation.target[:, :, positions, c],
            local_prediction=explanation.local_prediction[:, :, positions, c],
            r2=r2[:, :, positions],
            shown_names=explanation.modality_names[positions].tolist(),
            modality_names=explanation.modality_names.tolist(),
            row_names=explanation.row_names,
            quantity=quantity,
        ).plot(ax=ax, palette=palette)

    def _size(self):
        return 8, 4.6

    def _draw(self, palette):
        self._divide_by_part()
        names = self.modality_names or self.shown_names
        tones = modality_tones(names, palette)
        tones = [tones[name] for name in self.shown_names]
        self._dots = [
            self._draw_part(axes, p, tones) for p, axes in enumerate(self.axes_)
        ]

    def _draw_part(self, axes, p, tones):
        target = np.asarray(self.target)[:, p]
        values = np.asarray(self.local_prediction)[:, p]
        low, high = min(target.min(), values.min()), max(target.max(), values.max())
        # of a constant part, a margin of its size: rounding is not enlarged
        margin = 0.06 * (high - low or abs(high) or 1.0)
        limits = low - margin, high + margin
        axes.plot(limits, limits, color=LINE, lw=0.8, zorder=0)
        axes.set(xlim=limits, ylim=limits)
        axes.locator_params(nbins=4)
        _lettering.open_frame(axes)
        size = dot_area(0.38)
        return [
            axes.scatter(x, y, s=size, marker=tone.marker, **tone.dots)
            for x, y, tone in zip(target.T, values.T, tones, strict=True)
        ]

    def _write(self):
        for p, (axes, part) in enumerate(zip(self.axes_, PARTS, strict=True)):
            r2 = nan_mean(np.asarray(self.r2)[:, p])
            fits = ["undefined" if np.isnan(fit) else f"{fit:.2f}" for fit in r2]
            names = shorten_all(self.shown_names, max(5, _lettering.room(axes) - 18))
            words = [f"{n}: R2 {fit}" for n, fit in zip(names, fits, strict=True)]
            _lettering.legend_above(axes, self._dots[p], words, PART_TITLES[part])
            _lettering.label_x(axes, f"{part.upper()} itself: {self.quantity}")
        _lettering.label_y(self.axes_[0], f"surrogate's value: {self.quantity}")
        n = len(self.modality_names or self.shown_names)
        modalities = some_of(len(self.shown_names), n, "modality")
        title = f"{modalities}, {count(len(self.row_names), 'row')}"
        notes = (
            "One dot per row and modality. On the line the surrogate has the value of "
            "UC or MI."
        )
        _lettering.head_and_foot(self._panels, title, "", notes)

    def frame(self) -> DataFrame:
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``row``, ``part``, ``modality``, ``target``, ``local_prediction``
            and ``r2``.
        """
        return long_frame(
            [{"row": self.row_names}, {"part": PARTS}, {"modality": self.shown_names}],
            target=self.target,
            local_prediction=self.local_prediction,
            r2=self.r2,
        )
