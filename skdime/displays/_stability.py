"""StabilityDisplay: coefficients over folds or seeds."""

import numpy as np

from skdime._explanation import PARTS
from skdime._sklearn import check_matplotlib_support
from skdime.displays._base import Display, describe_output, shown_output_of_runs
from skdime.displays._choice import check_max_display, find_label, mean_and_error
from skdime.displays._panels import (
    clean,
    name_rows,
    panels,
    room,
    share_limits,
    titled,
    wrap,
)
from skdime.displays._ranks import draw_ranks, ranks
from skdime.displays._style import (
    LINE,
    PART_TITLES,
    feature_label,
    modality_colours,
)

KINDS = ("strip", "rank")


class StabilityDisplay(Display):
    """Coefficients of UC and MI over repeats: as dots, or as ranks in a heat map.

    It is recommended to use :meth:`from_arrays` or :meth:`from_cross_explanation`.

    Parameters
    ----------
    coef : ndarray of shape (n_repeats, 2, n_features)
        Coefficients of UC and MI in every repeat, or their mean sizes.
    rank : ndarray of int of shape (n_repeats, 2, n_features)
        Ranks of their sizes within a repeat and a part, 1 the largest.
    feature_names, feature_modalities : sequence of str
        The features from top to bottom.
    modality_names : list of str
        All modalities, in the order of their colours.
    quantity : str
        What the coefficients change, with its unit.
    repeat_name : str
        What a repeat is, such as ``"fold"``.
    kind : {"strip", "rank"}, default="strip"
        A dot for every repeat with a line at their median, or a heat map of ranks.

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
    >>> from skdime.displays import StabilityDisplay
    >>> coef = np.random.RandomState(0).normal(size=(5, 2, 3))
    >>> names, modalities = ["bmi", "age", "glucose"], ["exam", "exam", "serum"]
    >>> display = StabilityDisplay.from_arrays(coef, names, modalities, kind="rank")
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        coef,
        rank,
        feature_names,
        feature_modalities,
        modality_names,
        quantity,
        repeat_name,
        kind="strip",
    ):
        self.coef = coef
        self.rank = rank
        self.feature_names = feature_names
        self.feature_modalities = feature_modalities
        self.modality_names = modality_names
        self.quantity = quantity
        self.repeat_name = repeat_name
        self.kind = kind

    @classmethod
    def from_cross_explanation(cls, result, *, row=None, output=None, **options):
        """Draw the coefficients of the folds.

        Parameters
        ----------
        result : CrossExplanation
            What :func:`~skdime.model_selection.cross_explain` returned.
        row : label, default=None
            A name in ``result.row_names``; None takes the mean sizes over rows.
        output : label, default=None
            A name in ``result.output_names``; None takes the output that is largest
            in most rows.
        **options : dict
            ``kind``, ``max_display``, ``order``, ``ax`` and ``palette`` of
            :meth:`from_arrays`.

        Returns
        -------
        display : StabilityDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_cross_explanation")
        c, runs = shown_output_of_runs(result, output), result.first_runs
        coef = result.coef[runs][..., c]
        about = ""
        if row is not None:
            coef = coef[:, find_label(result.row_names, row, "row")]
            about = f", row {row}"
        return cls.from_arrays(
            coef,
            result.feature_names,
            result.feature_modalities,
            quantity=describe_output(result, c, output) + about,
            repeat_name="fold",
            **options,
        )

    @classmethod
    def from_arrays(
        cls,
        coef,
        feature_names,
        feature_modalities,
        *,
        quantity="output",
        repeat_name="repeat",
        kind="strip",
        max_display=10,
        order="size",
        ax=None,
        palette=None,
    ):
        """Draw coefficients of repeats.

        Parameters
        ----------
        coef : array of shape (n_repeats, 2, n_features) or (n_repeats, n_rows, 2, \
n_features)
            Coefficients of UC and MI. Of several rows the mean sizes are drawn.
        feature_names, feature_modalities : sequence of str of length n_features
            The features and their modalities.
        quantity : str, default="output"
            What the coefficients change, with its unit.
        repeat_name : str, default="repeat"
            What a repeat is, such as ``"seed"``.
        kind : {"strip", "rank"}, default="strip"
            A dot for every repeat with a line at their median, or a heat map of
            ranks.
        max_display : int, default=10
            Most features shown, those with the largest mean sizes.
        order : {"size", "given"}, default="size"
            The largest first, or in the order of `feature_names`.
        ax : matplotlib Axes, default=None
            Is replaced by the two panels; None makes a figure.
        palette : list of colours, default=None
            One for each modality; of ranks two, of which the second is the strongest.

        Returns
        -------
        display : StabilityDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_arrays")
        check_max_display(max_display)
        coef = np.asarray(coef, dtype=float)
        _check_options(coef, feature_names, kind, order)
        if coef.ndim == 4:
            coef = mean_and_error(np.abs(coef.swapaxes(0, 1)))[0]
            quantity = f"{quantity}, mean size over rows"
        size = mean_and_error(np.abs(coef))[0].sum(axis=0)
        shown = np.argsort(-np.nan_to_num(size), kind="stable")[:max_display]
        shown = np.sort(shown) if order == "given" else shown
        display = cls(
            coef=coef[..., shown],
            rank=ranks(coef)[..., shown],
            feature_names=np.asarray(feature_names)[shown],
            feature_modalities=np.asarray(feature_modalities)[shown],
            modality_names=list(dict.fromkeys(feature_modalities)),
            quantity=quantity,
            repeat_name=repeat_name,
            kind=kind,
        )
        return display.plot(ax=ax, palette=palette)

    def _size(self):
        return 8, 0.3 * len(self.feature_names) + 1.8

    def _draw(self, ax, palette):
        n = len(self.feature_names)
        self.axes_ = panels(ax, 1, 2, self._size())[0]
        self.figure_ = self.axes_[0].figure
        draw = self._draw_ranks if self.kind == "rank" else self._draw_strips
        draw(palette)
        left, right = self.axes_
        features = zip(self.feature_modalities, self.feature_names, strict=True)
        width = room(left, 0.9)
        name_rows(left, [feature_label(*feature, room=width) for feature in features])
        name_rows(right, [""] * n)
        for axes, part in zip(self.axes_, PARTS, strict=True):
            clean(axes)
            titled(axes, PART_TITLES[part])

    def _draw_strips(self, palette):
        coef = np.asarray(self.coef)
        colours = modality_colours(self.modality_names, palette)
        nudge = np.linspace(-0.25, 0.25, len(coef)) if len(coef) > 1 else 0
        for p, axes in enumerate(self.axes_):
            for f, modality in enumerate(self.feature_modalities):
                values, colour = coef[:, p, f], colours[modality]
                axes.scatter(
                    values, f + nudge, s=16, color=colour, alpha=0.7, linewidths=0
                )
                if not np.isnan(values).all():
                    middle = np.nanmedian(values)
                    axes.plot([middle] * 2, [f - 0.35, f + 0.35], color=LINE, lw=2)
            axes.axvline(0, color=LINE, lw=0.8, zorder=0)
        share_limits(self.axes_)
        left, right = self.axes_
        left.set_xlabel(wrap(f"change in {self.quantity}", room(left, 0.8)))
        about = f"one dot a {self.repeat_name}, {len(coef)} in all; line: median"
        right.set_xlabel(wrap(about, room(right, 0.8)))

    def _draw_ranks(self, palette):
        draw_ranks(self.axes_, np.asarray(self.rank), palette)
        left, right = self.axes_
        left.set_xlabel(self.repeat_name)
        about = f"rank within a {self.repeat_name}, the largest in the strongest colour"
        right.set_xlabel(wrap(about, room(right, 0.8)))

    def frame(self):
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``repeat``, ``part``, ``modality``, ``feature``, ``coef`` and
            ``rank``.
        """
        import pandas as pd

        coef = np.asarray(self.coef)
        r, p, f = (axis.ravel() for axis in np.indices(coef.shape))
        return pd.DataFrame(
            {
                "repeat": r,
                "part": np.array(PARTS)[p],
                "modality": np.asarray(self.feature_modalities)[f],
                "feature": np.asarray(self.feature_names)[f],
                "coef": coef.ravel(),
                "rank": np.ravel(self.rank),
            }
        )


def _check_options(coef, feature_names, kind, order):
    n_features = len(feature_names)
    if coef.ndim not in (3, 4) or coef.shape[-2:] != (2, n_features):
        raise ValueError(
            "`coef` must have shape (n_repeats, 2, n_features) or (n_repeats, n_rows, "
            f"2, n_features) with {n_features} features. Got {coef.shape} instead."
        )
    if kind not in KINDS:
        raise ValueError(f"`kind` must be one of {list(KINDS)}. Got {kind!r} instead.")
    if order not in ("size", "given"):
        raise ValueError(f"`order` must be 'size' or 'given'. Got {order!r} instead.")
