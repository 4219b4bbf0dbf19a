"""BarDisplay: the features of one row, UC and MI side by side."""

import numpy as np

from skdime._explanation import PARTS
from skdime._sklearn import check_matplotlib_support
from skdime.displays._base import RowDisplay, describe_output, one_row, shown_output
from skdime.displays._choice import shown_features
from skdime.displays._panels import (
    clean,
    name_rows,
    panels,
    room,
    share_limits,
    titled,
    wrap,
)
from skdime.displays._style import (
    LINE,
    WHISKERS,
    describe_fit,
    feature_label,
    modality_colours,
    shorten,
)


class BarDisplay(RowDisplay):
    """One row: coefficients of UC and MI side by side, in one order, on one scale.

    A bar is the change in the output when the feature goes from typical to as in the
    row. R2 tells how well these straight lines reproduce the part.

    It is recommended to use :meth:`from_explanation` or :meth:`from_estimator`.

    Parameters
    ----------
    coef, se : ndarray of shape (2, n_features)
        Coefficients of UC and MI and their standard errors.
    r2 : ndarray of shape (2, n_modalities)
        Fit of the surrogates, nan where a part does not vary.
    feature_names, feature_modalities, feature_values : sequence of str
        The features in the order of the bars.
    modality_names : list of str
        All modalities, in the order of their colours.
    row_name : str
        The row.
    quantity : str
        What the coefficients change, with its unit.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (2,)
        Panels of UC and of MI.
    figure_ : matplotlib Figure
        The figure that holds them.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skdime.displays import BarDisplay
    >>> display = BarDisplay(
    ...     coef=[[0.3, -0.1], [0.0, 0.2]],
    ...     se=[[0.02, 0.01], [0.01, 0.05]],
    ...     r2=[[0.9, 0.8], [0.4, 0.5]],
    ...     feature_names=["bmi", "glucose"],
    ...     feature_modalities=["exam", "serum"],
    ...     feature_values=["31", "140"],
    ...     modality_names=["exam", "serum"],
    ...     row_name="7",
    ...     quantity="probability of 'ill'",
    ... ).plot()
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        coef,
        se,
        r2,
        feature_names,
        feature_modalities,
        feature_values,
        modality_names,
        row_name,
        quantity,
    ):
        self.coef = coef
        self.se = se
        self.r2 = r2
        self.feature_names = feature_names
        self.feature_modalities = feature_modalities
        self.feature_values = feature_values
        self.modality_names = modality_names
        self.row_name = row_name
        self.quantity = quantity

    @classmethod
    def from_explanation(
        cls,
        explanation,
        *,
        row=None,
        output=None,
        max_display=10,
        order="size",
        ax=None,
        palette=None,
    ):
        """Draw one row of an explanation.

        Parameters
        ----------
        explanation : Explanation
            What ``LocalExplainer.explain`` returned.
        row : label, default=None
            A name in ``explanation.row_names``; None takes the first row.
        output : label, default=None
            A name in ``explanation.output_names``; None takes the largest output of
            the row.
        max_display : int, default=10
            Most features shown.
        order : {"size", "uc", "mi", "given"} or list, default="size"
            By the sum of both parts' absolute coefficients, by those of one part, as
            in the explanation; or the features to show, each a name or a pair of
            modality and name.
        ax : matplotlib Axes, default=None
            Is replaced by the two panels; None makes a figure.
        palette : list of colours, default=None
            One for each modality.

        Returns
        -------
        display : BarDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_explanation")
        one = one_row(cls, explanation, row)
        c = shown_output(one, output)
        coef = one.coef[0, :, :, c]
        shown = shown_features(one, np.abs(coef), order, max_display)
        display = cls(
            coef=coef[:, shown],
            se=one.se[0][:, shown, c],
            r2=one.r2[0, :, :, c],
            feature_names=one.feature_names[shown],
            feature_modalities=one.feature_modalities[shown],
            feature_values=one.feature_values[0, shown],
            modality_names=one.modality_names.tolist(),
            row_name=str(one.row_names[0]),
            quantity=describe_output(one, c, output),
        )
        return display.plot(ax=ax, palette=palette)

    def _size(self):
        return 8, 0.3 * len(self.feature_names) + 2.0

    def _draw(self, ax, palette):
        self.axes_ = panels(ax, 1, 2, self._size())[0]
        self.figure_ = self.axes_[0].figure
        colours = modality_colours(self.modality_names, palette)
        shades = [colours[name] for name in self.feature_modalities]
        for axes, coef, se in zip(self.axes_, self.coef, self.se, strict=True):
            draw_bars(axes, coef, 2 * np.asarray(se), shades)
        share_limits(self.axes_)
        self._write()

    def _write(self):
        left, right = self.axes_
        each = self.feature_modalities, self.feature_names, self.feature_values
        width = room(left, 1.0)
        name_rows(
            left, [feature_label(*f, room=width) for f in zip(*each, strict=True)]
        )
        name_rows(right, [""] * len(self.feature_names))
        fits = [describe_fit(r2, self.modality_names, width) for r2 in self.r2]
        titled(left, f"Row {shorten(self.row_name)}: on their own (UC)\n{fits[0]}")
        titled(right, f"only together (MI)\n{fits[1]}")
        left.set_xlabel(wrap(f"change in {self.quantity}", room(left, 0.8)))
        right.set_xlabel(wrap(WHISKERS, room(right, 0.8)))

    def frame(self):
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``part``, ``modality``, ``feature``, ``value`` (what the row
            holds), ``coef`` and ``se``.
        """
        import pandas as pd

        n = len(self.feature_names)
        return pd.DataFrame(
            {
                "part": np.repeat(PARTS, n),
                "modality": np.tile(self.feature_modalities, 2),
                "feature": np.tile(self.feature_names, 2),
                "value": np.tile(self.feature_values, 2),
                "coef": np.ravel(self.coef),
                "se": np.ravel(self.se),
            }
        )


def draw_bars(axes, values, whiskers, colours, positions=None):
    """Horizontal bars with whiskers, from a line at zero."""
    positions = np.arange(len(values)) if positions is None else positions
    axes.barh(positions, values, color=colours, height=0.7)
    axes.errorbar(
        values, positions, xerr=whiskers, fmt="none", color=LINE, capsize=2, lw=1
    )
    axes.axvline(0, color=LINE, lw=0.8)
    clean(axes)
