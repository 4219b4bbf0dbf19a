"""GlobalBarDisplay: how large UC and MI of each feature are over many rows."""

import numpy as np

from skdime._results.explanation import PARTS
from skdime._utils.from_sklearn import check_matplotlib_support
from skdime.displays._bars import draw_bars
from skdime.displays._base import (
    ExplanationDisplay,
    describe_output,
    drawn_explanation,
    shown_output,
    shown_output_of_runs,
)
from skdime.displays._choice import mean_and_error, shown_features
from skdime.displays._panels import Panels, rows_that_fit, share_limits
from skdime.displays._style import PART_TITLES, WHISKERS, modality_tones
from skdime.displays._texts import (
    fit_rows,
    head_and_foot,
    letters_in,
    tick_size,
    titled,
)
from skdime.displays._words import counted, shorten_all, some_of
from skdime.metrics import resampled_se


class GlobalBarDisplay(ExplanationDisplay):
    """Mean absolute coefficients of UC and MI, grouped by modality.

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
        n_features=None,
    ):
        self.size = size
        self.se = se
        self.feature_names = feature_names
        self.feature_modalities = feature_modalities
        self.modality_names = modality_names
        self.quantity = quantity
        self.over = over
        self.n_features = n_features

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
            Most features shown; fewer where `ax` is too small for their names.
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
        explanation = drawn_explanation(cls, explanation)
        c = shown_output(explanation, output)
        size, se = mean_and_error(np.abs(explanation.coef[..., c]))
        most = rows_that_fit(ax, max_display, _n_lines(explanation))
        display = cls(
            **_arranged(explanation, size, se, order, max_display, most),
            quantity=describe_output(explanation, c, output),
            over=counted(len(explanation), "row"),
        )
        return display.plot(ax=ax, palette=palette)

    @classmethod
    def from_cv_results(
        cls, cv_results, *, output=None, max_display=15, order="size", **options
    ):
        """Draw the means over rows, with standard errors over folds.

        The errors are corrected for the overlap of folds, see
        :func:`~skdime.metrics.resampled_se`.

        Parameters
        ----------
        cv_results : CrossExplanation
            What :func:`~skdime.model_selection.cross_explain` returned.
        output : label, default=None
            A name in ``cv_results.output_names``; None takes the output that is largest
            in most rows.
        max_display : int, default=15
            Most features shown; fewer where `ax` is too small for their names.
        order : {"size", "uc", "mi", "given"} or list, default="size"
            As in :meth:`from_explanation`.
        **options : dict
            `ax` and `palette` of :meth:`plot`.

        Returns
        -------
        display : GlobalBarDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_cv_results")
        c, runs = shown_output_of_runs(cv_results, output), cv_results.first_runs
        sizes = cv_results.mean_abs()[runs][..., c]
        n_train, n_test = cv_results.n_train.mean(), cv_results.n_test.mean()
        se, mean = resampled_se(sizes, n_train, n_test), mean_and_error(sizes)[0]
        most = rows_that_fit(options.get("ax"), max_display, _n_lines(cv_results))
        display = cls(
            **_arranged(cv_results, mean, se, order, max_display, most),
            quantity=describe_output(cv_results, c, output),
            over=counted(len(runs), "fold"),
        )
        return display.plot(**options)

    def _size(self):
        n_lines = len(self.feature_names) + len(set(self.feature_modalities))
        return 8, 0.26 * n_lines + 2.0

    def _draw(self, ax, palette):
        heads, places = _places(self.feature_modalities)
        n_lines = len(heads) + len(places)
        self._panels = Panels(ax, self._size(), 1, 2)
        self.axes_, self.figure_ = self._panels.axes[0], self._panels.figure
        tones = modality_tones(self.modality_names, palette)
        shades = [tones[name] for name in self.feature_modalities]
        for axes, size, se in zip(self.axes_, self.size, self.se, strict=True):
            draw_bars(axes, size, 2 * np.asarray(se), shades, places)
            axes.set_xlim(left=0)
            axes.set_ylim(n_lines - 0.4, -0.6)
        share_limits(self.axes_)
        self._name_rows(heads, places)

    def _name_rows(self, heads, places):
        left, right = self.axes_
        width, n = letters_in(0.38 * self._panels.size[0]), len(places)
        size = tick_size(left, n + len(heads))
        names = shorten_all(self.feature_names, width)
        labels = [*names, *shorten_all(list(heads), width)]
        left.set_yticks([*places, *heads.values()], labels, fontsize=size)
        for label in left.get_yticklabels()[n:]:
            label.set_fontweight("bold")
        right.set_yticks([])

    def _write(self):
        fit_rows(self.axes_[0])
        for axes, part in zip(self.axes_, PARTS, strict=True):
            titled(axes, PART_TITLES[part])
        n_shown = len(self.feature_names)
        title = some_of(n_shown, self.n_features or n_shown, "feature")
        title = f"{title}, mean over {self.over}"
        label = f"mean size of the change in {self.quantity}"
        head_and_foot(self._panels, title, label, f"Sign left out. {WHISKERS}")

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


def _n_lines(result):
    """Lines of text besides those of features."""
    return 10 + len(result.modality_names)


def _arranged(result, size, se, order, max_display, most):
    """The features shown, those of a modality beside one another."""
    shown = shown_features(result, size, order, max_display)[:most]
    owners = result.feature_modalities[shown].tolist()
    first = [owners.index(owner) for owner in owners]
    shown = shown[np.argsort(first, kind="stable")]
    return {
        "size": size[:, shown],
        "se": se[:, shown],
        "feature_names": result.feature_names[shown],
        "feature_modalities": result.feature_modalities[shown],
        "modality_names": result.modality_names.tolist(),
        "n_features": len(result.feature_names),
    }


def _places(modalities):
    """Line of the head of every modality, and of every feature below it."""
    heads, places = {}, []
    for name in modalities:
        heads.setdefault(name, len(heads) + len(places))
        places.append(len(heads) + len(places))
    return heads, places
