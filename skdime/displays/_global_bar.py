"""GlobalBarDisplay: how large UC and MI of each feature are over many rows."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from skdime._results.explanation import Explanation
from skdime._results.fields import PARTS
from skdime._results.large_rest import caption_of_rests, large_rests
from skdime._results.rest import REST as REST_NAME
from skdime._results.sizes import sizes_over_rows
from skdime._utils.annotations import Axes, DataFrame, Label, Order, Palette
from skdime._utils.frames import long_frame
from skdime._utils.listed import count
from skdime._utils.missing import nan_mean, nan_variance
from skdime._utils.optional import optional_module
from skdime.displays import _lettering
from skdime.displays._base import (
    ExplanationDisplay,
    drawn_explanation,
    output_of,
    output_of_runs,
)
from skdime.displays._feature_rows import FeatureRows
from skdime.displays._marks import draw_bars
from skdime.displays._panels import share_limits
from skdime.displays._style import REST, fill, modality_tones
from skdime.displays._words import shorten_all

# A rest below this share of the largest bar would be thinner than a line.
_INVISIBLE = 0.01


@dataclass(kw_only=True, eq=False, repr=False)
class GlobalBarDisplay(FeatureRows, ExplanationDisplay):
    """Show which features matter on average, for UC and for MI.

    Mean absolute coefficients of UC and MI, grouped by modality.

    It is recommended to use :meth:`from_explanation`, :meth:`from_estimator` or
    :meth:`from_cv_results`.

    Parameters
    ----------
    size, se : ndarray of shape (2, n_features)
        Mean absolute coefficients of UC and MI and their standard errors, nan where
        there are none.
    feature_names, feature_modalities : sequence of str
        The features in the order of the bars; those of a modality beside one another.
    modality_names : list of str
        All modalities, in the order of their colours.
    quantity : str
        What the coefficients change, with its unit.
    over : str
        What the means and standard errors are taken over.
    n_features : int, default=None
        How many features there are, if not all are shown.
    rest : ndarray of shape (2, n_modalities), default=None
        Mean absolute rests, what coefficients leave of main effects and of MI.
    rest_note : str, default=""
        Why rests are large, if they are.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (2,)
        Panels of UC and of MI.
    figure_ : matplotlib Figure
        The figure that holds them.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skdime.displays import GlobalBarDisplay
    >>> display = GlobalBarDisplay(
    ...     size=[[0.3, 0.1], [0.1, 0.2]],
    ...     se=[[0.02, 0.01], [0.01, 0.05]],
    ...     feature_names=["bmi", "glucose"],
    ...     feature_modalities=["exam", "serum"],
    ...     modality_names=["exam", "serum"],
    ...     quantity="probability of 'ill'",
    ...     over="100 rows",
    ... ).plot()
    >>> print(display.frame().head(4))
      part modality  feature  mean_abs    se
    0   uc     exam      bmi       0.3  0.02
    1   uc    serum  glucose       0.1  0.01
    2   mi     exam      bmi       0.1  0.01
    3   mi    serum  glucose       0.2  0.05
    >>> plt.close(display.figure_)
    """

    # heads of modalities take further lines
    _n_lines: ClassVar[int] = 10

    size: np.ndarray
    se: np.ndarray
    modality_names: list[str]
    over: str
    rest: np.ndarray | None = None
    rest_note: str = ""

    @classmethod
    def from_explanation(
        cls,
        explanation: Explanation,
        *,
        output: Label | None = None,
        max_display: int = 15,
        order: Order = "size",
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
        """Draw the means over the rows of an explanation.

        Parameters
        ----------
        explanation : Explanation
            What ``LocalExplainer.explain`` returned.
        output : label, default=None
            A name in ``explanation.output_names``; None takes the output that is
            largest in most rows.
        max_display : int, default=15
            Most features; the largest are drawn where `ax` is too small for all.
        order : {"size", "uc", "mi", "given"} or list, default="size"
            Order within each modality, and of modalities by their first feature: by
            the sum of both parts, by one part, as in the explanation; or the features
            to show, each a name or a pair of modality and name.
        ax : matplotlib Axes, default=None
            Is replaced by the two panels; None makes a figure.
        palette : list of colours, default=None
            One for each modality.

        Returns
        -------
        display : GlobalBarDisplay
        """
        explanation = drawn_explanation(cls, explanation)
        c, quantity = output_of(explanation, output)
        sizes = sizes_over_rows(explanation.coef)[..., c]
        n_rows = (~np.isnan(sizes)).sum(axis=0)
        se = np.sqrt(nan_variance(sizes) / np.maximum(n_rows, 1))
        over = count(len(explanation), "row")
        rest = nan_mean(np.abs(explanation.rest[..., c]))
        note = caption_of_rests(large_rests(explanation, c))
        display = cls._of(explanation, sizes, se, quantity, over, rest, note)
        largest = display._largest(display.size, order, max_display)
        return largest.plot(ax=ax, palette=palette)

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Any,
        *,
        output: Label | None = None,
        max_display: int = 15,
        order: Order = "size",
        **options: Any,
    ) -> Self:
        """Draw the means over rows, with standard errors over folds.

        The errors are corrected for the overlap of folds, see
        :meth:`~skdime.model_selection.CrossExplanation.mean_abs_se`.

        Parameters
        ----------
        cv_results : CrossExplanation
            What :func:`~skdime.model_selection.cross_explain` returned.
        output : label, default=None
            A name in ``cv_results.output_names``; None takes the output that is largest
            in most rows.
        max_display : int, default=15
            Most features; the largest are drawn where `ax` is too small for all.
        order : {"size", "uc", "mi", "given"} or list, default="size"
            As in :meth:`from_explanation`.
        **options : dict
            `ax` and `palette` of :meth:`plot`.

        Returns
        -------
        display : GlobalBarDisplay
        """
        c, quantity = output_of_runs(cv_results, output)
        runs = cv_results.first_runs
        sizes = cv_results.mean_abs()[runs][..., c]
        se = cv_results.mean_abs_se()[..., c]
        over = count(len(runs), "fold")
        display = cls._of(cv_results, sizes, se, quantity, over)
        return display._largest(display.size, order, max_display).plot(**options)

    @classmethod
    def _of(cls, result, sizes, se, quantity, over, rest=None, rest_note=""):
        """All features of an explanation or of several, with the means of sizes."""
        return cls(
            size=nan_mean(sizes),
            se=se,
            feature_names=result.feature_names,
            feature_modalities=result.feature_modalities,
            modality_names=result.modality_names.tolist(),
            quantity=quantity,
            over=over,
            rest=rest,
            rest_note=rest_note,
        )

    def _largest(self, sizes, order, max_display):
        """The largest features, those of a modality beside one another."""
        largest = super()._largest(sizes, order, max_display)
        owners = largest.feature_modalities.tolist()
        first = [owners.index(owner) for owner in owners]
        return largest._with_features(np.argsort(first, kind="stable"))

    def _fitted(self, place):
        n_lines = self._n_lines + len(self.modality_names) + len(self._visible_rests())
        n_most = place.rows_that_fit(n_lines)
        if len(self.feature_names) <= n_most:
            return self
        sizes = np.nan_to_num(self.size).sum(axis=0)
        largest = np.argsort(-sizes, kind="stable")[:n_most]
        return self._with_features(np.sort(largest))

    def _size(self):
        return 8, 0.26 * self._lines()[-1] + 2.0

    def _lines(self):
        """Lines of the heads of modalities, of features and of rests; how many."""
        heads, lines, rests, n = {}, [], {}, 0
        has_rest = self._visible_rests()
        for name in dict.fromkeys(self.feature_modalities):
            heads[name], n = n, n + 1
            own = (np.asarray(self.feature_modalities) == name).sum()
            lines += range(n, n + own)
            n += own
            if name in has_rest:
                rests[name], n = n, n + 1
        return heads, lines, rests, n

    def _visible_rests(self):
        """Modalities with a rest that is more than a line."""
        if self.rest is None:
            return []
        sizes = np.asarray(self.rest).max(axis=0)
        least = _INVISIBLE * np.nanmax(self.size, initial=0)
        names = zip(self.modality_names, sizes, strict=True)
        return [name for name, size in names if size > least]

    def _draw(self, palette):
        heads, places, rests, n_lines = self._lines()
        self._divide_by_part()
        tones = modality_tones(self.modality_names, palette)
        shades = [tones[name] for name in self.feature_modalities]
        owners = [self.modality_names.index(name) for name in rests]
        size, whiskers = np.asarray(self.size), 2 * np.asarray(self.se)
        rest, rows = np.asarray(self.rest), list(rests.values())
        for p, axes in enumerate(self.axes_):
            draw_bars(axes, size[p], whiskers[p], shades, places)
            if rests:
                fill(axes.barh(rows, rest[p, owners], height=0.4), [REST] * len(rests))
            axes.set(xlim=(0, None), ylim=(n_lines - 0.4, -0.6))
        share_limits(self.axes_)
        self._name_lines(heads, places, rests)

    def _name_lines(self, heads, places, rests):
        left, right = self.axes_
        width, n = self._label_length(), len(places) + len(rests)
        size = _lettering.tick_size(left, n + len(heads))
        names = [*shorten_all(self.feature_names, width), *["rest"] * len(rests)]
        labels = [*names, *shorten_all(list(heads), width)]
        lines = [*places, *rests.values(), *heads.values()]
        left.set_yticks(lines, labels, fontsize=size)
        for label in left.get_yticklabels()[n:]:
            label.set_fontweight("bold")
        right.set_yticks([])

    def _write(self):
        title = f"{self._feature_count()}, mean over {self.over}"
        label = f"mean size of the change in {self.quantity}"
        varying = "folds" if "fold" in self.over else "rows"
        notes = "Sign left out. Whiskers: 2 standard errors of the mean, "
        notes += f"as {varying} vary."
        if self._visible_rests() and not self._place.is_small:
            notes += " Rest: what features leave of the modality's effect, and of MI."
            notes += f" {self.rest_note}"
        self._write_around(title, label, notes)

    def frame(self) -> DataFrame:
        """All numbers of the display, as a tidy pandas frame.

        A picture may have no room for some of them.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``part``, ``modality``, ``feature``, ``mean_abs`` and ``se``. Lines
            with the feature ``"(rest)"`` come last and have no ``se``.
        """
        frame = self._long_frame(mean_abs=self.size, se=self.se)
        if self.rest is None:
            return frame
        pd = optional_module("pandas", "pandas")

        n = len(self.modality_names)
        names = {"modality": self.modality_names, "feature": [REST_NAME] * n}
        rests = long_frame([{"part": PARTS}, names], mean_abs=self.rest, se=np.nan)
        return pd.concat([frame, rests], ignore_index=True)
