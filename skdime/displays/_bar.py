"""BarDisplay: the features of one row, UC and MI side by side."""

import numpy as np

from skdime._results.explanation import PARTS
from skdime._utils.from_sklearn import check_matplotlib_support
from skdime.displays._bars import draw_bars, draw_hollow
from skdime.displays._base import RowDisplay, describe_output, one_row, shown_output
from skdime.displays._choice import shown_features
from skdime.displays._panels import Panels, is_small, rows_that_fit, share_limits
from skdime.displays._rest import remainders, rest_labels, rest_notes
from skdime.displays._style import (
    PART_TITLES,
    WHISKERS,
    modality_tones,
)
from skdime.displays._texts import (
    fit_rows,
    head_and_foot,
    letters_in,
    name_rows,
    room,
    titled,
)
from skdime.displays._words import (
    describe_fit,
    feature_labels,
    shorten,
    some_of,
)

_BARS = f"A bar: the change from typical to as in this row. {WHISKERS}"
_RESTS = (
    " Hollow: what is there with all of the modality's features typical, "
    "and what is not shown or missed by straight lines (misfit). All bars of a "
    "modality add up to what it adds on its own, and to MI."
)
_RESTS_IN_SHORT = " Hollow: the rest, so that bars add up for each modality."


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
    rests : list of Bunch, default=()
        What a modality's coefficients leave of what it adds on its own and of MI:
        ``modality``, ``name`` and ``effects`` of both parts.
    n_features : int, default=None
        How many features the row has, if not all are shown.

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
        rests=(),
        n_features=None,
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
        self.rests = rests
        self.n_features = n_features

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
            Most features shown; fewer where `ax` is too small for their names.
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
        most = rows_that_fit(ax, max_display, 12 + len(one.modality_names))
        shown = shown_features(one, np.abs(coef), order, max_display)[:most]
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
            rests=remainders(one, c, shown, merged=is_small(ax)),
            n_features=int((~np.isnan(coef).all(axis=0)).sum()),
        )
        return display.plot(ax=ax, palette=palette)

    def _size(self):
        return 8, 0.3 * (len(self.feature_names) + len(self.rests)) + 2.4

    def _draw(self, ax, palette):
        self._panels = Panels(ax, self._size(), 1, 2)
        self.axes_, self.figure_ = self._panels.axes[0], self._panels.figure
        tones = modality_tones(self.modality_names, palette)
        shades = [tones[name] for name in self.feature_modalities]
        hollow = [tones[rest.modality] for rest in self.rests]
        n = len(shades)
        for p, axes in enumerate(self.axes_):
            draw_bars(axes, self.coef[p], 2 * np.asarray(self.se[p]), shades)
            draw_hollow(axes, [rest.effects[p] for rest in self.rests], hollow, n)
        share_limits(self.axes_)
        self._name_rows()

    def _name_rows(self):
        each = self.feature_modalities, self.feature_names, self.feature_values
        width = letters_in(0.38 * self._panels.size[0])
        labels = feature_labels(*each, length=width)
        labels += rest_labels(self.rests, width)
        name_rows(self.axes_[0], labels)
        name_rows(self.axes_[1], [""] * len(labels))

    def _write(self):
        fit_rows(self.axes_[0])
        for axes, part, r2 in zip(self.axes_, PARTS, self.r2, strict=True):
            fit = describe_fit(r2, self.modality_names, room(axes))
            titled(axes, f"{PART_TITLES[part]}\n{fit}")
        n_shown = len(self.feature_names)
        counted = some_of(n_shown, self.n_features or n_shown, "feature")
        title = f"Row {shorten(self.row_name, 40)}: {counted}"
        notes = _BARS + rest_notes(self.rests, _RESTS, _RESTS_IN_SHORT)
        head_and_foot(self._panels, title, f"change in {self.quantity}", notes)

    def frame(self):
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``part``, ``modality``, ``feature``, ``value`` (what the row
            holds), ``coef`` and ``se``; then the hollow bars, whose names stand in
            place of a feature and which have no value and no ``se``.
        """
        import pandas as pd

        names = ["part", "modality", "feature", "value", "coef", "se"]
        features = (
            self.feature_modalities,
            self.feature_names,
            self.feature_values,
        )
        lines = [
            (part, *line)
            for part, coef, se in zip(PARTS, self.coef, self.se, strict=True)
            for line in zip(*features, coef, se, strict=True)
        ]
        lines += [
            (part, rest.modality, rest.name, "", rest.effects[p], np.nan)
            for p, part in enumerate(PARTS)
            for rest in self.rests
        ]
        return pd.DataFrame(lines, columns=names)
