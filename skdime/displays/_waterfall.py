"""WaterfallDisplay: one row, from the baseline to the output."""

import numpy as np
from sklearn.utils import Bunch

from skdime._explanation import PARTS
from skdime._sklearn import check_matplotlib_support
from skdime.displays._bar import draw_bars
from skdime.displays._base import RowDisplay, one_row, shown_output
from skdime.displays._choice import check_max_display, shown_features
from skdime.displays._panels import (
    clean,
    name_rows,
    panels,
    room,
    share_limits,
    tick_size,
    titled,
    wrap,
)
from skdime.displays._style import (
    INTERACTION,
    LINE,
    TOTAL,
    feature_label,
    modality_colours,
    output_label,
    shorten,
)


class WaterfallDisplay(RowDisplay):
    """One row: from the baseline over UC and MI to the output, and what carries them.

    The first panel adds up to the model's output exactly: the baseline, what each
    modality adds on its own, and MI, what only arises because the modalities are read
    together. The other two show the strongest features of UC and of MI, with whiskers
    of two standard errors over references.

    It is recommended to use :meth:`from_explanation` or :meth:`from_estimator`.

    Parameters
    ----------
    steps : Bunch
        ``names``, ``effects`` and ``se`` of baseline, main effects, MI and output.
    features : dict of str to list of Bunch
        For ``"uc"`` and ``"mi"`` the strongest features: ``name``, ``modality``,
        ``value``, ``coef`` and ``se``.
    modality_names : list of str
        All modalities, in the order of their colours.
    row_name, output_name, unit : str
        What is shown.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (3,)
        Steps, features of UC, features of MI.
    figure_ : matplotlib Figure
        The figure that holds them.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.displays import WaterfallDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> forest = RandomForestRegressor(n_estimators=10, random_state=0)
    >>> modalities = [("exam", slice(0, 4)), ("serum", slice(4, 10))]
    >>> dis = Disentangler(forest, modalities, n_references=20)
    >>> exp = LocalExplainer(dis, n_samples=100, random_state=0).fit(X, y)
    >>> display = WaterfallDisplay.from_explanation(exp.explain(X[:1]))
    >>> plt.close(display.figure_)
    """

    def __init__(self, *, steps, features, modality_names, row_name, output_name, unit):
        self.steps = steps
        self.features = features
        self.modality_names = modality_names
        self.row_name = row_name
        self.output_name = output_name
        self.unit = unit

    @classmethod
    def from_explanation(
        cls,
        explanation,
        *,
        row=None,
        output=None,
        max_display=5,
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
        max_display : int, default=5
            Most features shown of each part, and most modalities.
        ax : matplotlib Axes, default=None
            Is replaced by the three panels; None makes a figure.
        palette : list of colours, default=None
            One for each modality.

        Returns
        -------
        display : WaterfallDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_explanation")
        check_max_display(max_display)
        one = one_row(cls, explanation, row)
        c = shown_output(one, output)
        display = cls(
            steps=_steps(one.decomposition, c, max_display),
            features={part: _features(one, part, c, max_display) for part in PARTS},
            modality_names=one.modality_names.tolist(),
            row_name=str(one.row_names[0]),
            output_name=str(one.output_names[c]),
            unit=one.unit,
        )
        return display.plot(ax=ax, palette=palette)

    def _draw(self, ax, palette):
        colours = modality_colours(self.modality_names, palette)
        self.axes_ = panels(ax, 3, 1, self._size(), heights=self._heights())[:, 0]
        self.figure_ = self.axes_[0].figure
        self._draw_steps(self.axes_[0], colours)
        titles = {
            "uc": "On their own (UC): strongest features",
            "mi": "Only together (MI): strongest features",
        }
        for part, axes in zip(PARTS, self.axes_[1:], strict=True):
            self._draw_features(axes, self.features[part], colours)
            titled(axes, titles[part])
        share_limits(self.axes_[1:])
        about = (
            f"change in {output_label(self.output_name, self.unit)} when the feature "
            "goes from typical to as in this row (whiskers: 2 standard errors). Each "
            "modality's bars describe the same MI: they add up within a modality, not "
            "across."
        )
        self.axes_[2].set_xlabel(wrap(about, room(self.axes_[2], 0.8)))

    def frame(self):
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``panel`` (``"steps"``, ``"uc"``, ``"mi"``), ``name``,
            ``modality``, ``value`` (what the row holds), ``effect`` and ``se``.
        """
        import pandas as pd

        steps = self.steps
        lines = [
            ("steps", name, "", "", value, se)
            for name, value, se in zip(
                steps.names, steps.effects, steps.se, strict=True
            )
        ]
        lines += [
            (part, f.name, f.modality, f.value, f.coef, f.se)
            for part in PARTS
            for f in self.features[part]
        ]
        names = ["panel", "name", "modality", "value", "effect", "se"]
        return pd.DataFrame(lines, columns=names)

    def _size(self):
        return 8, 0.36 * sum(self._heights()) + 1.8

    def _heights(self):
        n_features = [len(self.features[part]) for part in PARTS]
        return [len(self.steps.names) + 1, *(max(1, n) + 1 for n in n_features)]

    def _draw_steps(self, axes, colours):
        names, values = self.steps.names, self.steps.effects
        n = len(names)
        starts = np.concatenate([[0], np.cumsum(values[:-2]), [0]])
        ends = np.concatenate([np.cumsum(values[:-1]), values[-1:]])
        lower = min(ends.min(), starts[1:-1].min())
        upper = max(ends.max(), starts[1:-1].max())
        margin = 0.12 * (upper - lower or 1.0)
        low, high = lower - 2 * margin, upper + 2 * margin
        size = tick_size(axes, n)
        for i in range(n):
            total = i in (0, n - 1)
            start = low if total else starts[i]
            colour = TOTAL if total else colours.get(names[i], TOTAL)
            colour = INTERACTION if i == n - 2 else colour
            axes.barh(i, ends[i] - start, left=start, color=colour, height=0.7)
            right = max(start, ends[i])
            text = f"{values[i]:.4g}" if total else f"{values[i]:+.3g}"
            axes.text(right + margin / 6, i, text, va="center", fontsize=size)
            if i < n - 1:
                axes.plot([ends[i]] * 2, [i - 0.35, i + 1.35], color=LINE, lw=0.8)
        width = room(axes, 0.5) - len(" on its own")
        words = [f"{shorten(name, width)} on its own" for name in names[1:-2]]
        labels = ["average output", *words, "only together (MI)", "this row's output"]
        name_rows(axes, labels)
        axes.set_xlim(low, high)
        clean(axes)
        label = output_label(self.output_name, self.unit)
        axes.set_xlabel(wrap(label, room(axes, 0.8)))
        row = shorten(self.row_name, 40)
        title = f"Row {row}: from the average output to its own"
        titled(axes, title, fontweight="bold")

    def _draw_features(self, axes, features, colours):
        size = tick_size(axes, len(features))
        whiskers = [2 * f.se for f in features]
        shades = [colours[f.modality] for f in features]
        draw_bars(axes, [f.coef for f in features], whiskers, shades)
        for i, f in enumerate(features):
            side = 1 if f.coef >= 0 else -1
            axes.annotate(
                f"{f.coef:+.3g}",
                (f.coef + side * 2 * f.se, i),
                xytext=(4 * side, 0),
                textcoords="offset points",
                va="center",
                fontsize=size,
                ha="left" if side > 0 else "right",
            )
        width = room(axes, 0.6)
        labels = [feature_label(f.modality, f.name, f.value, width) for f in features]
        name_rows(axes, labels)
        axes.margins(x=0.18)


def _steps(decomposition, c, max_display):
    """Baseline, the largest main effects, the sum of the rest, MI and output."""
    values, errors = decomposition.main[0, :, c], decomposition.main_se[0, :, c]
    names = decomposition.modality_names.tolist()
    shown = np.arange(len(names))
    if len(names) > max_display:
        shown = np.sort(np.argsort(-np.abs(values))[: max_display - 1])
    rest = np.setdiff1d(np.arange(len(names)), shown)
    kept = [(names[m], values[m], errors[m]) for m in shown]
    if len(rest):
        kept.append((f"{len(rest)} others, each", values[rest].sum(), np.nan))
    terms = [
        ("baseline", decomposition.baseline[c], decomposition.baseline_se[c]),
        *kept,
        ("mi", decomposition.mi[0, c], decomposition.mi_se[0, c]),
        ("output", decomposition.output[0, c], 0.0),
    ]
    columns = zip(*terms, strict=True)
    names, values, errors = (list(column) for column in columns)
    return Bunch(names=names, effects=np.array(values), se=np.array(errors))


def _features(one, part, c, max_display):
    sizes = np.abs(one.coef[0, :, :, c])
    p = PARTS.index(part)
    return [
        Bunch(
            name=str(one.feature_names[f]),
            modality=str(one.feature_modalities[f]),
            value=str(one.feature_values[0, f]),
            coef=one.coef[0, p, f, c],
            se=one.se[0, p, f, c],
        )
        for f in shown_features(one, sizes, part, max_display)
    ]
