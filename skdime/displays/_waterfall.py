"""WaterfallDisplay: one row, from the baseline to the output."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from sklearn.utils import Bunch

from skdime._results.absence import baseline_text
from skdime._results.explanation import Explanation
from skdime._results.fields import PARTS
from skdime._utils.annotations import Axes, DataFrame, Label, Order, Palette
from skdime._utils.checks import check_count
from skdime.displays import _lettering
from skdime.displays import _waterfall_parts as parts
from skdime.displays._bar_marks import draw_bars, draw_hollow
from skdime.displays._base import RowDisplay, explanation_of_row, output_position
from skdime.displays._choice import ORDERS, checked_order
from skdime.displays._panels import share_limits
from skdime.displays._rest import remainders, rest_labels, rest_notes
from skdime.displays._style import (
    LINE,
    PART_TITLES,
    REST,
    TOGETHER,
    TOTAL,
    WHISKERS,
    fill,
    modality_tones,
)
from skdime.displays._words import (
    Writer,
    feature_labels,
    output_label,
    shorten,
    shorten_all,
    some_of,
)

_BARS = f"A feature's bar: the change from typical to as in this row. {WHISKERS}"
_RESTS = (
    " Hollow: what is there with all of the modality's features typical, "
    "and what is not shown or missed by surrogates (misfit). UC: all bars of a "
    "modality add up to its step above. MI: those of every modality add up to MI, each "
    "for itself."
)
_RESTS_IN_SHORT = (
    " Hollow: the rest, so that a modality's bars add up to its step (UC) and to MI."
)

# Lines of letters that titles, ticks and notes take; height of a row in such lines.
_N_LINES, _ROW = 15.5, 0.8


def _no_rests():
    return {part: [] for part in PARTS}


@dataclass(kw_only=True, eq=False, repr=False)
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
    rests : dict of str to list of Bunch, default={"uc": [], "mi": []}
        For ``"uc"`` and ``"mi"`` what the features shown leave of their modalities'
        steps: ``modality``, ``name`` and, in a list, ``effects``.
    n_features : int, default=None
        How many features the row has, if not all are shown.
    baseline_name : str, default="average output"
        What the baseline is: of a single reference it is no average.
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

    steps: Bunch
    features: dict[str, list[Bunch]]
    modality_names: list[str]
    row_name: str
    output_name: str
    unit: str
    rests: dict[str, list[Bunch]] = field(default_factory=_no_rests)
    n_features: int | None = None
    baseline_name: str = "average output"

    @classmethod
    def from_explanation(
        cls,
        explanation: Explanation,
        *,
        row: Label | None = None,
        output: Label | None = None,
        max_display: int = 5,
        order: Order = "own",
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
        max_display : int, default=5
            Most features of each part; and most modalities, the sum of all smaller
            ones is one more. Of both fewer are drawn where `ax` is too small for their
            names.
        order : {"own", "size", "uc", "mi", "given"} or list, default="own"
            Features of each part by their coefficients in it, of both parts by the sum
            of these, by those of one part, as in the explanation; or the features to
            show, each a name or a pair of modality and name.
        ax : matplotlib Axes, default=None
            Is replaced by the three panels; None makes a figure.
        palette : list of colours, default=None
            One for each modality.

        Returns
        -------
        display : WaterfallDisplay
        """
        check_count("max_display", max_display)
        order = checked_order(order, ("own", *ORDERS), "features")
        row_explanation = explanation_of_row(cls, explanation, row)
        c = output_position(row_explanation, output)
        features, rests = {}, {}
        for part in PARTS:
            chosen = parts.positions_of(row_explanation, part, c, order, max_display)
            features[part] = parts.features_of(row_explanation, part, c, chosen)
            rests[part] = remainders(row_explanation, c, chosen, [part])
        return cls(
            steps=parts.steps_of(row_explanation.decomposition, c, max_display),
            features=features,
            rests=rests,
            n_features=int((~np.isnan(row_explanation.coef[0]).all(axis=(0, 2))).sum()),
            modality_names=row_explanation.modality_names.tolist(),
            row_name=str(row_explanation.row_names[0]),
            output_name=str(row_explanation.output_names[c]),
            unit=row_explanation.unit,
            baseline_name=baseline_text(row_explanation.decomposition),
        ).plot(ax=ax, palette=palette)

    def _fitted(self, place):
        """First fewer features, then fewer modalities, at least one of each."""
        n_rows = place.rows_that_fit(_N_LINES, _ROW)
        most, n_steps = max(map(len, self.features.values())), len(self.steps.names)
        choices = [(n_steps, n) for n in range(max(1, most), 0, -1)]
        choices += [(n, 1) for n in range(n_steps - 4, 0, -1)]
        for n_modalities, n_most in choices:
            picture = self._with_fewer(n_modalities, n_most, place.is_small)
            if sum(picture._n_lines()) <= n_rows:
                break
        return picture

    def _with_fewer(self, n_modalities, n_most, merged):
        features = {part: every[:n_most] for part, every in self.features.items()}
        rests = {
            part: parts.fewer_rests_of(self.rests[part], every, n_most, merged)
            for part, every in self.features.items()
        }
        steps = parts.fewer_steps(self.steps, len(self.modality_names), n_modalities)
        n_features = self.n_features or max(map(len, self.features.values()))
        return replace(
            self, steps=steps, features=features, rests=rests, n_features=n_features
        )

    def _draw(self, palette):
        tones = modality_tones(self.modality_names, palette)
        self.axes_ = self._divide(3, 1, heights=self._heights())[:, 0]
        self._draw_steps(self.axes_[0], tones)
        for part, axes in zip(PARTS, self.axes_[1:], strict=True):
            self._draw_features(axes, part, tones)
        share_limits(self.axes_[1:])
        self.axes_[1].tick_params(labelbottom=False)
        self._write_numbers()

    def _write(self):
        for axes in self.axes_:
            _lettering.fit_rows(axes)
        label, change = self._labels()
        _lettering.label_x(self.axes_[0], label)
        for part, axes in zip(PARTS, self.axes_[1:], strict=True):
            n = some_of(len(self.features[part]), self.n_features, "feature")
            _lettering.titled(axes, f"{PART_TITLES[part]}: {n}")
        row = shorten(self.row_name, 40)
        start = self.baseline_name
        title = f"Row {row}: from the {start} to its own{self._writer.unit}"
        rests = [*self.rests["uc"], *self.rests["mi"]]
        notes = _BARS + rest_notes(rests, _RESTS, _RESTS_IN_SHORT)
        _lettering.head_and_foot(self._panels, title, change, notes)

    def _finish(self):
        for axes in self.axes_:  # labels and notes have taken room from the rows
            _lettering.fit_rows(axes)
        self._place.lay_out()

    def _labels(self):
        """What the axes of steps and of changes are called."""
        label = output_label(self.output_name, self.unit)
        change = f"change in {label}"
        if not self._place.is_small:
            return label, change
        length = _lettering.room(self.axes_[0]) - len(f"{self.unit} of ")
        label = output_label(self.output_name, self.unit, max(8, length))
        if len(change) > _lettering.room(self._panels.foot):
            change = f"change in {self.unit}"  # of what is said above
        return label, change

    def frame(self) -> DataFrame:
        """All numbers of the display, as a tidy pandas frame.

        A picture may have no room for some of them.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``panel`` (``"steps"``, ``"uc"``, ``"mi"``), ``name``,
            ``modality``, ``value`` (what the row holds), ``effect`` and ``se``. The
            hollow bars come after the features of their part; they have no value and
            no ``se``.
        """
        import pandas as pd

        steps = self.steps
        numbers = zip(steps.names, steps.effects, steps.se, strict=True)
        lines = [("steps", name, "", "", value, se) for name, value, se in numbers]
        lines += [(part, *bar) for part in PARTS for bar in self._bars(part)]
        names = ["panel", "name", "modality", "value", "effect", "se"]
        return pd.DataFrame(lines, columns=names)

    def _bars(self, part):
        """Name, modality, value, effect and standard error of each bar of a part."""
        for f in self.features[part]:
            yield f.name, f.modality, f.value, f.coef, f.se
        for rest in self.rests[part]:
            yield rest.name, rest.modality, "", rest.effects[0], np.nan

    def _size(self):
        return 8, 0.33 * sum(self._heights()) + 2.4

    def _heights(self):
        return [max(1, n) for n in self._n_lines()]

    def _n_lines(self):
        """Rows of each panel."""
        n_lines = [len(self.features[part]) + len(self.rests[part]) for part in PARTS]
        return [len(self.steps.names), *n_lines]

    def _draw_steps(self, axes, tones):
        values = np.asarray(self.steps.effects)
        ends = np.append(np.cumsum(values[:-1]), values[-1])
        names, n = self.steps.names[1:-2], len(values)
        shades = [*(tones.get(name, REST) for name in names), TOGETHER]
        bars = axes.barh(range(1, n - 1), values[1:-1], left=ends[:-2], height=0.7)
        fill(bars, shades)
        for i, end in enumerate(ends[:-1]):
            axes.plot([end] * 2, [i - 0.35, i + 1.35], color=LINE, lw=0.8, zorder=0)
        for i in (0, n - 1):  # a bar would have a length, which means nothing
            axes.plot([ends[i]] * 2, [i - 0.35, i + 0.35], color=TOTAL, lw=3)
        width = _lettering.letters_in(0.38 * self._panels.size[0]) - len(" on its own")
        words = [f"{name} on its own" for name in shorten_all(names, width)]
        ends = self.baseline_name, "this row's output"
        labels = [ends[0], *words, "only together (MI)", ends[1]]
        _lettering.name_rows(axes, labels)
        axes.margins(x=0.04)
        _lettering.clean(axes)

    def _draw_features(self, axes, part, tones):
        features, rests = self.features[part], self.rests[part]
        coef, whiskers = [f.coef for f in features], [2 * f.se for f in features]
        draw_bars(axes, coef, whiskers, [tones[f.modality] for f in features])
        draw_hollow(axes, rests, 0, tones, len(features))
        width = _lettering.letters_in(0.38 * self._panels.size[0])
        each = ([f[key] for f in features] for key in ("modality", "name", "value"))
        labels = feature_labels(*each, length=width) + rest_labels(rests, width)
        _lettering.name_rows(axes, labels)
        axes.margins(x=0.04)
        if not features:
            axes.set_yticks([0], ["nothing varies"])

    def _write_numbers(self):
        uc, mi = ([effect for *_, effect, _ in self._bars(part)] for part in PARTS)
        first, *steps, last = self.steps.effects
        write = Writer([*steps, *uc, *mi], [first, last])
        texts = [write(first), *(write(v, signed=True) for v in steps), write(last)]
        _lettering.write_numbers(self.axes_[0], texts)
        for effects, axes in zip((uc, mi), self.axes_[1:], strict=True):
            texts = [write(effect, signed=True) for effect in effects]
            _lettering.write_numbers(axes, texts)
        self._writer = write
