"""StabilityDisplay: coefficients over folds or seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from scipy.stats import rankdata

from skdime._results.noise import coefficients_without_noise
from skdime._utils.annotations import Axes, DataFrame, Label, NamesLike, Order, Palette
from skdime._utils.checks import check_choice, check_count
from skdime._utils.listed import count
from skdime._utils.missing import nan_mean
from skdime._utils.names import find_name
from skdime.displays import _lettering
from skdime.displays._base import output_of_runs
from skdime.displays._feature_rows import FeatureRows
from skdime.displays._marks import dot_area
from skdime.displays._style import LINE, modality_tones, tints

KINDS = ("strip", "rank")


@dataclass(kw_only=True, eq=False, repr=False)
class StabilityDisplay(FeatureRows):
    """Show whether coefficients are the same over folds or other runs.

    Coefficients over folds or runs, as dots or as ranks.

    It is recommended to use :meth:`from_arrays` or :meth:`from_cv_results`.

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
    n_features : int, default=None
        How many features there are, if not all are shown.

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
    >>> print(display.frame().head(4))
       repeat part modality  feature      coef  rank
    0       0   uc     exam      bmi  1.764052   1.0
    1       0   uc    serum  glucose  0.978738   2.0
    2       0   uc     exam      age  0.400157   3.0
    3       0   mi     exam      bmi  2.240893   1.0
    >>> plt.close(display.figure_)
    """

    coef: np.ndarray
    rank: np.ndarray
    modality_names: list[str]
    repeat_name: str
    kind: Literal["strip", "rank"] = "strip"

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Any,
        *,
        row: Label | None = None,
        output: Label | None = None,
        **options: Any,
    ) -> Self:
        """Draw the coefficients of the folds.

        Parameters
        ----------
        cv_results : CrossExplanation
            What :func:`~skdime.model_selection.cross_explain` returned.
        row : label, default=None
            A name in ``cv_results.row_names``; None takes the mean sizes over rows.
        output : label, default=None
            A name in ``cv_results.output_names``; None takes the output that is largest
            in most rows.
        **options : dict
            ``kind``, ``max_display``, ``order``, ``ax`` and ``palette`` of
            :meth:`from_arrays`.

        Returns
        -------
        display : StabilityDisplay
        """
        c, quantity = output_of_runs(cv_results, output)
        coef, about = cv_results.coef[cv_results.first_runs][..., c], ""
        if row is not None:
            coef = coef[:, find_name(cv_results.row_names, row, "row")]
            about = f", row {row}"
        return cls.from_arrays(
            coef,
            cv_results.feature_names,
            cv_results.feature_modalities,
            quantity=quantity + about,
            repeat_name="fold",
            **options,
        )

    @classmethod
    def from_arrays(
        cls,
        coef: np.ndarray | Sequence,
        feature_names: NamesLike,
        feature_modalities: NamesLike,
        *,
        quantity: str = "output",
        repeat_name: str = "repeat",
        kind: Literal["strip", "rank"] = "strip",
        max_display: int = 10,
        order: Order = "size",
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
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
            Most features; fewer are drawn where `ax` is too small for their names.
        order : {"size", "uc", "mi", "given"} or list, default="size"
            By the sum of both parts' mean sizes, by those of one part, in the order
            of `feature_names`; or the features to show, each a name or a pair of
            modality and name.
        ax : matplotlib Axes, default=None
            Is replaced by the two panels; None makes a figure.
        palette : list of colours, default=None
            One for each modality; of ranks two, of which the second is the strongest.

        Returns
        -------
        display : StabilityDisplay
        """
        check_count("max_display", max_display)
        coef = np.asarray(coef, dtype=float)
        _check_options(coef, feature_names, kind)
        coef = coefficients_without_noise(coef[..., None])[..., 0]
        names, owners = np.asarray(feature_names), np.asarray(feature_modalities)
        if coef.ndim == 4:
            coef = nan_mean(np.abs(coef), axis=1)
            quantity = f"{quantity}, mean size over rows"
        display = cls(
            coef=coef,
            rank=_ranks(coef),
            feature_names=names,
            feature_modalities=owners,
            modality_names=list(dict.fromkeys(owners.tolist())),
            quantity=quantity,
            repeat_name=repeat_name,
            kind=kind,
        )
        largest = display._largest(nan_mean(np.abs(coef)), order, max_display)
        return largest.plot(ax=ax, palette=palette)

    def _size(self):
        return 8, 0.3 * len(self.feature_names) + 2.2

    def _draw(self, palette):
        self._divide_by_part()
        if self.kind == "rank":
            _draw_ranks(self.axes_, np.asarray(self.rank), palette)
        else:
            self._draw_strips(palette)
        self._name_rows()

    def _draw_strips(self, palette):
        coef, size = np.asarray(self.coef), dot_area(0.4)
        tones = modality_tones(self.modality_names, palette)
        # repeats keep their place from feature to feature, so that one can be followed
        nudge = np.linspace(-0.25, 0.25, len(coef)) if len(coef) > 1 else 0

        def draw_strips(axes, p):
            for f, modality in enumerate(self.feature_modalities):
                values, tone = coef[:, p, f], tones[modality]
                axes.scatter(values, f + nudge, s=size, **tone.dots)
                if not np.isnan(values).all():
                    middle = np.nanmedian(values)
                    axes.plot([middle] * 2, [f - 0.35, f + 0.35], color=LINE, lw=2)

        self._draw_around_zero(draw_strips)

    def _write(self):
        name = self.repeat_name
        title = f"{self._feature_count()}, {count(len(self.coef), name)}"
        label = f"change in {self.quantity}"
        notes = f"One dot per {name}; line: their median."
        if self.kind == "rank":
            label, notes = name, f"Ranks of sizes within a {name}; 1 is the largest."
        self._write_around(title, label, notes)

    def frame(self) -> DataFrame:
        """All numbers of the display, as a tidy pandas frame.

        A picture may have no room for some of them.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``repeat``, ``part``, ``modality``, ``feature``, ``coef`` and
            ``rank``.
        """
        repeats = {"repeat": range(len(self.coef))}
        return self._long_frame(repeats, coef=self.coef, rank=self.rank)


def _check_options(coef, feature_names, kind):
    n_features = len(feature_names)
    if coef.ndim not in (3, 4) or coef.shape[-2:] != (2, n_features):
        raise ValueError(
            "`coef` must have shape (n_repeats, 2, n_features) or (n_repeats, n_rows, "
            f"2, n_features) with {n_features} features. Got {coef.shape} instead."
        )
    check_choice("kind", kind, KINDS)


def _ranks(coef):
    """Ranks of the sizes over the last axis, 1 the largest; nan of nan and of 0.

    Parameters
    ----------
    coef : ndarray of shape (..., n_features)

    Returns
    -------
    ranks : ndarray of shape (..., n_features)
    """
    sizes = np.nan_to_num(np.abs(coef), nan=-1.0)
    # what is 0, or nothing but noise, has no place among the others
    ranked = ~np.isnan(coef) & (coef != 0)
    return np.where(ranked, rankdata(-sizes, method="min", axis=-1), np.nan)


def _draw_ranks(panels, rank, palette=None):
    """A heat map for each part, with numbers where they fit.

    Parameters
    ----------
    panels : sequence of matplotlib Axes of length 2
    rank : ndarray of shape (n_repeats, 2, n_features)
    palette : list of two colours, default=None
        The second is that of rank 1.
    """
    from matplotlib.colors import ListedColormap

    shades = ListedColormap(tints(palette)(np.linspace(1, 0.5, 256)))
    most = max(2, np.nanmax(rank))
    for axes, part in zip(panels, np.moveaxis(rank, 1, 0), strict=True):
        axes.imshow(part.T, cmap=shades, vmin=1, vmax=most, aspect="auto")
        letters = _lettering.room(axes, 1)
        step = -(-len(part) // max(1, letters // 4))
        ticks = np.arange(0, len(part), step)
        axes.set_xticks(ticks, ticks + 1)
        if 3 * len(part) <= letters:
            _write_ranks(axes, part)


def _write_ranks(axes, rank):
    size = min(_lettering.tick_size(axes, rank.shape[1]), 9)
    for repeat, feature in zip(*np.nonzero(~np.isnan(rank)), strict=True):
        text = f"{rank[repeat, feature]:.0f}"
        axes.text(repeat, feature, text, ha="center", va="center", fontsize=size)
