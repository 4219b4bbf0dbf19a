"""SurrogateDisplay: UC and MI of the model against what straight lines make of them."""

import numpy as np

from skdime._explanation import PARTS
from skdime._sklearn import check_matplotlib_support
from skdime.displays._base import (
    ExplanationDisplay,
    check_explanation,
    describe_output,
    shown_output,
)
from skdime.displays._choice import check_max_display
from skdime.displays._panels import legend_above, panels, room, wrap
from skdime.displays._style import (
    LINE,
    MARKERS,
    PART_TITLES,
    counted,
    modality_colours,
    shorten,
)


class SurrogateDisplay(ExplanationDisplay):
    """The parts of the model's output against the surrogates' values for them.

    One dot for every row and modality. On the diagonal the surrogate has the value
    that it stands for; R2 tells how well it fits the perturbations around the rows.
    Where both are poor, distrust the coefficients.

    It is recommended to use :meth:`from_explanation` or :meth:`from_estimator`.

    Parameters
    ----------
    target, local_prediction, r2 : ndarray of shape (n_rows, 2, n_modalities)
        UC and MI, the surrogates' values for them, and their R2.
    modality_names : list of str
        The modalities.
    row_names : sequence
        The rows.
    quantity : str
        The output with its unit.

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
    ...     modality_names=["exam"],
    ...     row_names=range(6),
    ...     quantity="probability",
    ... ).plot()
    >>> plt.close(display.figure_)
    """

    def __init__(
        self, *, target, local_prediction, r2, modality_names, row_names, quantity
    ):
        self.target = target
        self.local_prediction = local_prediction
        self.r2 = r2
        self.modality_names = modality_names
        self.row_names = row_names
        self.quantity = quantity

    @classmethod
    def from_explanation(
        cls, explanation, *, output=None, max_display=6, ax=None, palette=None
    ):
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
        check_matplotlib_support(f"{cls.__name__}.from_explanation")
        check_explanation(cls, explanation)
        check_max_display(max_display)
        c = shown_output(explanation, output)
        r2 = explanation.r2[..., c]
        worst = np.argsort(np.nan_to_num(r2, nan=1).mean(axis=(0, 1)), kind="stable")
        shown = np.sort(worst[:max_display])
        display = cls(
            target=explanation.target[:, :, shown, c],
            local_prediction=explanation.local_prediction[:, :, shown, c],
            r2=r2[:, :, shown],
            modality_names=explanation.modality_names[shown].tolist(),
            row_names=explanation.row_names,
            quantity=describe_output(explanation, c, output),
        )
        return display.plot(ax=ax, palette=palette)

    def _size(self):
        return 8, 4.6

    def _draw(self, ax, palette):
        self.axes_ = panels(ax, 1, 2, self._size())[0]
        self.figure_ = self.axes_[0].figure
        colours = modality_colours(self.modality_names, palette)
        for p, axes in enumerate(self.axes_):
            self._draw_part(axes, p, list(colours.values()))
        left, right = self.axes_
        left.set_xlabel(wrap(f"UC and MI themselves: {self.quantity}", room(left, 0.9)))
        right.set_xlabel(
            wrap(
                f"one dot a row, {counted(len(self.row_names), 'row')}", room(right, 1)
            )
        )
        left.set_ylabel("surrogate's value")

    def _draw_part(self, axes, p, colours):
        target = np.asarray(self.target)[:, p]
        values = np.asarray(self.local_prediction)[:, p]
        dots = [
            axes.scatter(
                target[:, m],
                values[:, m],
                s=14,
                color=colours[m],
                marker=MARKERS[m % len(MARKERS)],
                alpha=0.8,
                linewidths=0,
            )
            for m in range(len(self.modality_names))
        ]
        low, high = min(target.min(), values.min()), max(target.max(), values.max())
        margin = 0.06 * (high - low or 1.0)
        limits = low - margin, high + margin
        axes.plot(limits, limits, color=LINE, lw=0.8, zorder=0)
        axes.set(xlim=limits, ylim=limits)
        axes.locator_params(nbins=5)
        axes.spines[["top", "right"]].set_visible(False)
        names = [
            f"{shorten(name, 16)}: R2 {_mean(np.asarray(self.r2)[:, p, m])}"
            for m, name in enumerate(self.modality_names)
        ]
        legend_above(axes, dots, names, PART_TITLES[PARTS[p]])

    def frame(self):
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``row``, ``part``, ``modality``, ``target``, ``local_prediction``
            and ``r2``.
        """
        import pandas as pd

        target = np.asarray(self.target)
        r, p, m = (axis.ravel() for axis in np.indices(target.shape))
        return pd.DataFrame(
            {
                "row": np.asarray(self.row_names)[r],
                "part": np.array(PARTS)[p],
                "modality": np.asarray(self.modality_names)[m],
                "target": target.ravel(),
                "local_prediction": np.ravel(self.local_prediction),
                "r2": np.ravel(self.r2),
            }
        )


def _mean(r2):
    known = r2[~np.isnan(r2)]
    return f"{known.mean():.2f}" if known.size else "undefined"
