"""GlobalBarDisplay: how large UC and MI of each feature are over many rows."""

import numpy as np

from skdime._explanation import PARTS
from skdime._sklearn import check_matplotlib_support
from skdime.displays._bar import draw_bars
from skdime.displays._base import (
    ExplanationDisplay,
    check_explanation,
    describe_output,
    shown_output,
    shown_output_of_runs,
)
from skdime.displays._choice import mean_and_error, shown_features
from skdime.displays._panels import panels, room, share_limits, tick_size, titled, wrap
from skdime.displays._style import PART_TITLES, counted, modality_colours, shorten
from skdime.metrics import resampled_se


class GlobalBarDisplay(ExplanationDisplay):
    """Mean absolute coefficients of UC and MI, grouped by modality.

    It is recommended to use :meth:`from_explanation`, :meth:`from_estimator` or
    :meth:`from_cross_explanation`.

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
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        size,
        se,
        feature_names,
        feature_modalities,
        modality_names,
        quantity,
        over,
    ):
        self.size = size
        self.se = se
        self.feature_names = feature_names
        self.feature_modalities = feature_modalities
        self.modality_names = modality_names
        self.quantity = quantity
        self.over = over

    @classmethod
    def from_explanation(
        cls,
        explanation,
        *,
        output=None,
        max_display=15,
        order="size",
        ax=None,
        palette=None,
    ):
        """Draw the means over the rows of an explanation.

        Parameters
        ----------
        explanation : Explanation
            What ``LocalExplainer.explain`` returned.
        output : label, default=None
            A name in ``explanation.output_names``; None takes the output that is
            largest in most rows.
        max_display : int, default=15
            Most features shown.
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
        check_matplotlib_support(f"{cls.__name__}.from_explanation")
        check_explanation(cls, explanation)
        c = shown_output(explanation, output)
        size, se = mean_and_error(np.abs(explanation.coef[..., c]))
        display = cls(
            **_arranged(explanation, size, se, order, max_display),
            quantity=describe_output(explanation, c, output),
            over=counted(len(explanation), "row"),
        )
        return display.plot(ax=ax, palette=palette)

    @classmethod
    def from_cross_explanation(
        cls, result, *, output=None, max_display=15, order="size", **options
    ):
        """Draw the means over rows, with standard errors over folds.

        The errors are corrected for the overlap of folds, see
        :func:`~skdime.metrics.resampled_se`.

        Parameters
        ----------
        result : CrossExplanation
            What :func:`~skdime.model_selection.cross_explain` returned.
        output : label, default=None
            A name in ``result.output_names``; None takes the output that is largest
            in most rows.
        max_display : int, default=15
            Most features shown.
        order : {"size", "uc", "mi", "given"} or list, default="size"
            As in :meth:`from_explanation`.
        **options : dict
            `ax` and `palette` of :meth:`plot`.

        Returns
        -------
        display : GlobalBarDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_cross_explanation")
        c, runs = shown_output_of_runs(result, output), result.first_runs
        sizes = result.mean_abs()[runs][..., c]
        se = resampled_se(sizes, result.n_train.mean(), result.n_test.mean())
        display = cls(
            **_arranged(result, mean_and_error(sizes)[0], se, order, max_display),
            quantity=describe_output(result, c, output),
            over=counted(len(runs), "fold"),
        )
        return display.plot(**options)

    def _size(self):
        n_lines = len(self.feature_names) + len(set(self.feature_modalities))
        return 8, 0.26 * n_lines + 1.6

    def _draw(self, ax, palette):
        heads, places = _places(self.feature_modalities)
        n_lines = len(heads) + len(places)
        self.axes_ = panels(ax, 1, 2, self._size())[0]
        self.figure_ = self.axes_[0].figure
        colours = modality_colours(self.modality_names, palette)
        shades = [colours[name] for name in self.feature_modalities]
        for axes, size, se in zip(self.axes_, self.size, self.se, strict=True):
            draw_bars(axes, size, 2 * np.asarray(se), shades, places)
            axes.set_xlim(left=0)
            axes.set_ylim(n_lines - 0.4, -0.6)
        share_limits(self.axes_)
        self._write(heads, places, n_lines)

    def _write(self, heads, places, n_lines):
        left, right = self.axes_
        width, size = room(left, 1.0), tick_size(left, n_lines)
        names = [shorten(name, min(32, width)) for name in self.feature_names]
        labels = [shorten(name, min(32, width)) for name in heads]
        ticks = [*places, *heads.values()]
        left.set_yticks(ticks, names + labels, fontsize=size)
        for label in left.get_yticklabels()[len(names) :]:
            label.set_fontweight("bold")
        right.set_yticks([])
        for axes, part in zip(self.axes_, PARTS, strict=True):
            titled(axes, PART_TITLES[part])
        left.set_xlabel(wrap(f"mean change in {self.quantity}", room(left, 0.8)))
        about = f"over {self.over}, sign left out; whiskers: 2 standard errors"
        right.set_xlabel(wrap(about, room(right, 0.8)))

    def frame(self):
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``part``, ``modality``, ``feature``, ``mean_abs`` and ``se``.
        """
        import pandas as pd

        n = len(self.feature_names)
        return pd.DataFrame(
            {
                "part": np.repeat(PARTS, n),
                "modality": np.tile(self.feature_modalities, 2),
                "feature": np.tile(self.feature_names, 2),
                "mean_abs": np.ravel(self.size),
                "se": np.ravel(self.se),
            }
        )


def _arranged(result, size, se, order, max_display):
    """The features shown, those of a modality beside one another."""
    shown = shown_features(result, size, order, max_display)
    owners = result.feature_modalities[shown].tolist()
    first = [owners.index(owner) for owner in owners]
    shown = shown[np.argsort(first, kind="stable")]
    return {
        "size": size[:, shown],
        "se": se[:, shown],
        "feature_names": result.feature_names[shown],
        "feature_modalities": result.feature_modalities[shown],
        "modality_names": result.modality_names.tolist(),
    }


def _places(modalities):
    """Line of the head of every modality, and of every feature below it."""
    heads, places = {}, []
    for name in modalities:
        heads.setdefault(name, len(heads) + len(places))
        places.append(len(heads) + len(places))
    return heads, places
