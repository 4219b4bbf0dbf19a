"""BarDisplay: the features of one row, UC and MI side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from sklearn.utils import Bunch

from skdime._results.explanation import Explanation
from skdime._results.fields import PARTS
from skdime._utils.annotations import Axes, DataFrame, Label, NamesLike, Order, Palette
from skdime.displays import _lettering
from skdime.displays._bar_marks import draw_bars, draw_hollow
from skdime.displays._base import RowDisplay, explanation_of_row, output_of
from skdime.displays._choice import largest_features
from skdime.displays._feature_rows import FeatureRows
from skdime.displays._rest import fewer_rests, remainders, rest_labels, rest_notes
from skdime.displays._style import WHISKERS, modality_tones
from skdime.displays._words import describe_fit, shorten

_BARS = f"A bar: the change from typical to as in this row. {WHISKERS}"
_RESTS = (
    " Hollow: what is there with all of the modality's features typical, "
    "and what is not shown or missed by surrogates (misfit). All bars of a "
    "modality add up to what it adds on its own, and to MI."
)
_RESTS_IN_SHORT = " Hollow: the rest, so that bars add up for each modality."


@dataclass(kw_only=True, eq=False, repr=False)
class BarDisplay(FeatureRows, RowDisplay):
    """One row: coefficients of UC and MI side by side, in one order, on one scale.

    A bar is the change in the output when the feature goes from typical to as in the
    row. R2 tells how well surrogates reproduce the part.

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

    coef: np.ndarray
    se: np.ndarray
    r2: np.ndarray
    feature_values: NamesLike
    modality_names: list[str]
    row_name: str
    rests: Sequence[Bunch] = ()

    @classmethod
    def from_explanation(
        cls,
        explanation: Explanation,
        *,
        row: Label | None = None,
        output: Label | None = None,
        max_display: int = 10,
        order: Order = "size",
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
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
            Most features; fewer are drawn where `ax` is too small for their names.
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
        row_explanation = explanation_of_row(cls, explanation, row)
        c, quantity = output_of(row_explanation, output)
        coef = row_explanation.coef[0, :, :, c]
        positions = largest_features(row_explanation, np.abs(coef), order, max_display)
        return cls(
            coef=coef[:, positions],
            se=row_explanation.se[0][:, positions, c],
            r2=row_explanation.r2[0, :, :, c],
            feature_names=row_explanation.feature_names[positions],
            feature_modalities=row_explanation.feature_modalities[positions],
            feature_values=row_explanation.feature_values[0, positions],
            modality_names=row_explanation.modality_names.tolist(),
            row_name=str(row_explanation.row_names[0]),
            quantity=quantity,
            rests=remainders(row_explanation, c, positions),
            n_features=int((~np.isnan(coef).all(axis=0)).sum()),
        ).plot(ax=ax, palette=palette)

    def _fitted(self, place):
        n_lines = self._n_lines + len(self.modality_names)
        picture = self._with_first(place.rows_that_fit(n_lines))
        n_drawn = len(picture.feature_names)
        everything = self.rests, self.coef, self.feature_modalities
        return replace(picture, rests=fewer_rests(*everything, n_drawn, place.is_small))

    def _size(self):
        return 8, 0.3 * (len(self.feature_names) + len(self.rests)) + 2.4

    def _draw(self, palette):
        self._divide_by_part()
        tones = modality_tones(self.modality_names, palette)
        shades = [tones[name] for name in self.feature_modalities]
        for p, axes in enumerate(self.axes_):
            draw_bars(axes, self.coef[p], 2 * np.asarray(self.se[p]), shades)
            draw_hollow(axes, self.rests, p, tones, len(shades))
        self._share_limits()
        labels = rest_labels(self.rests, self._label_length())
        self._name_rows(self.feature_values, labels)

    def _write(self):
        title = f"Row {shorten(self.row_name, 40)}: {self._feature_count()}"
        notes = _BARS + rest_notes(self.rests, _RESTS, _RESTS_IN_SHORT)
        self._write_around(title, f"change in {self.quantity}", notes)

    def _below_title(self, axes, part):
        r2 = self.r2[PARTS.index(part)]
        return "\n" + describe_fit(r2, self.modality_names, _lettering.room(axes))

    def frame(self) -> DataFrame:
        """All numbers of the display, as a tidy pandas frame.

        A picture may have no room for some of them.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``part``, ``modality``, ``feature``, ``value`` (what the row
            holds), ``coef`` and ``se``; then the hollow bars, whose names stand in
            place of a feature and which have no value and no ``se``.
        """
        import pandas as pd

        features = self.feature_modalities, self.feature_names, self.feature_values
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
        names = ["part", "modality", "feature", "value", "coef", "se"]
        return pd.DataFrame(lines, columns=names)
