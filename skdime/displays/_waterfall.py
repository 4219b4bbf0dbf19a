"""WaterfallDisplay: one row, from the baseline to the output."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np
from sklearn.utils import Bunch

from skdime._results.absence import baseline_text
from skdime._results.explanation import Explanation
from skdime._results.large_rest import caption_of_rests, large_rests
from skdime._results.pair_explanation import PairExplanation
from skdime._utils.annotations import Axes, DataFrame, Label, Order, Palette
from skdime._utils.checks import check_count
from skdime._utils.optional import optional_module
from skdime.displays import _lettering
from skdime.displays import _waterfall_parts as parts
from skdime.displays._arrows import (
    connect,
    draw_arrow,
    draw_band,
    shade_beyond_probabilities,
)
from skdime.displays._base import RowDisplay, explanation_of_row, output_position
from skdime.displays._choice import ORDERS, checked_order
from skdime.displays._marks import draw_whiskers
from skdime.displays._pair_numbers import pairs_of_row
from skdime.displays._style import (
    REST,
    TOGETHER,
    TOTAL,
    WHISKERS,
    modality_tones,
)
from skdime.displays._words import NO_BREAK, Writer, output_label, shorten

# Lines of letters that titles, ticks and notes take; height of a row in such lines.
_N_LINES, _ROW = 9.0, 1.0
# Share of the width that names may take.
_NAMES = 0.42
# How strong the colours are of what is summed up, and of the rest.
_FAINT = {"others": 0.5, "rest": 0.75}
_OPENED = "Narrow bars: what the wide bar above them is made of."
_ANEW = "In MI they start anew for each modality."
_OF_OTHERS = "The rest of MI holds the interaction of the other modalities."
_PAST = "Shaded: below 0 and above 1 there is no probability."


@dataclass(kw_only=True, eq=False, repr=False)
class WaterfallDisplay(RowDisplay):
    """Show how the output of one row comes about, from the average output.

    Steps from the average output to the output of the row.

    A wide bar is a step: what a modality adds on its own, then MI, what arises only
    from combining the modalities. Every step starts where the last one
    ended. The narrow bars below a step are the features that it is made of, with
    whiskers of two standard errors. They add up to the step, together with one bar for
    the features that are not shown and one for the rest that coefficients leave. The
    features of each modality explain the same MI, so below MI each modality's bars
    start anew, unless ``attribution="shapley"`` divides MI among all features.

    It is recommended to use :meth:`from_explanation` or :meth:`from_estimator`.

    Parameters
    ----------
    steps : Bunch
        ``names``, ``effects`` and ``se`` of baseline, main effects, MI and output.
    blocks : list of Bunch
        What the steps are opened into: ``part``, ``"uc"`` or ``"mi"``; ``modality``,
        the step in UC; ``features``, the strongest, each with ``name``, ``value``,
        ``coef`` and ``se``; ``n_others`` and ``others``, number and sum of its other
        features; and ``rest``.
    modality_names : list of str
        All modalities, in the order of their colours.
    baseline_name : str, default="average output"
        What the baseline is: of a single reference it is no average.
    row_name, output_name, unit : str
        What is shown.
    rest_note : str, default=""
        Why rests are large, if they are.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What the column is drawn on.
    figure_ : matplotlib Figure
        The figure that holds it.

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
    >>> print(display.frame()[["kind", "start", "effect"]].head(4).round(1))
           kind  start  effect
    0  baseline    0.0   150.0
    1      step  150.0    30.2
    2   feature  150.0    21.3
    3   feature  171.3     4.0
    >>> plt.close(display.figure_)
    """

    steps: Bunch
    blocks: list[Bunch]
    modality_names: list[str]
    row_name: str
    output_name: str
    unit: str
    baseline_name: str = "average output"
    rest_note: str = ""

    @classmethod
    def from_explanation(
        cls,
        explanation: Explanation,
        *,
        row: Label | None = None,
        output: Label | None = None,
        pairs: PairExplanation | None = None,
        max_display: int = 6,
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
        pairs : PairExplanation, default=None
            What ``LocalExplainer.explain_pairs`` returned for the same rows. MI is then
            opened into its strongest pairs of features instead of its features.
        max_display : int, default=6
            Most features of UC, of MI, and most modalities; the others are summed up.
            Of all fewer are drawn where `ax` is too small for their names.
        order : {"own", "size", "uc", "mi", "given"} or list, default="own"
            Features of each part by their coefficients in it, of both parts by the sum
            of these, by those of one part, as in the explanation; or the features to
            show, each a name or a pair of modality and name.
        ax : matplotlib Axes, default=None
            Is replaced by the column; None makes a figure.
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
        values, name = row_explanation.decomposition, row_explanation.row_names[0]
        own = row_explanation.output_names
        if values.row_outputs is not None:
            own = values.row_outputs[0]
        blocks = parts.blocks_of(row_explanation, c, order, max_display)
        if pairs is not None:
            blocks = [block for block in blocks if block.part == "uc"]
            of_row = pairs_of_row(pairs, row_explanation)
            mi = values.mi[0, c]
            blocks.append(parts.block_of_pairs(of_row, c, mi, max_display))
        return cls(
            steps=parts.steps_of(values, c, max_display),
            blocks=blocks,
            modality_names=row_explanation.modality_names.tolist(),
            row_name=str(name),
            output_name=str(own[c]),
            unit=row_explanation.unit,
            baseline_name=baseline_text(values),
            rest_note=_rest_note(row_explanation, c),
        ).plot(ax=ax, palette=palette)

    @property
    def bars(self) -> list[Bunch]:
        """All bars from top to bottom.

        Returns
        -------
        bars : list of Bunch
            ``level``: 0 for the average and the output, 1 for steps, 2 for what these
            are opened into; ``kind``, ``part``, ``modality``, ``name``, ``value`` (what
            the row holds), ``start``, ``effect`` and ``se``.
        """
        return parts.column_of(self.steps, self.blocks)

    def frame(self) -> DataFrame:
        """All numbers of the display, as a tidy pandas frame.

        A picture may have no room for some of them.

        Returns
        -------
        frame : pandas.DataFrame
            One line per bar, from top to bottom. Columns ``level`` and ``kind``
            (``"baseline"``, ``"step"``, ``"feature"``, ``"others"``, ``"rest"`` or
            ``"output"``), ``part``, ``modality``, ``name``, ``value`` (what the row
            holds), ``start``, ``effect`` and ``se``.
        """
        pd = optional_module("pandas", "pandas")

        return pd.DataFrame([dict(bar) for bar in self.bars])

    def _fitted(self, place):
        """First fewer features, then fewer modalities, at least one."""
        n_rows = place.rows_that_fit(_N_LINES, _ROW)
        most = max((len(block.features) for block in self.blocks), default=0)
        n_most = len(self.blocks) * most
        n_steps = len(self.steps.names)
        choices = [(n_steps, n) for n in range(n_most, -1, -1)]
        choices += [(n, 0) for n in range(n_steps - 4, 0, -1)]
        for n_modalities, n in choices:
            picture = self._with_fewer(n_modalities, n)
            if len(picture.bars) <= n_rows:
                break
        return picture

    def _with_fewer(self, n_modalities, n_most):
        steps = parts.fewer_steps(self.steps, len(self.modality_names), n_modalities)
        return replace(self, steps=steps, blocks=parts.with_fewer(self.blocks, n_most))

    def _size(self):
        return 8, 0.27 * len(self.bars) + 1.7

    def _draw(self, palette):
        self.ax_ = self._divide()[0, 0]
        self._set_limits()
        tones = modality_tones(self.modality_names, palette)
        bars = self.bars
        for row, bar in enumerate(bars):
            if bar.level:
                tone = self._tone(bar, tones)
                alpha = _FAINT.get(bar.kind, 1.0)
                draw_arrow(self.ax_, row, bar.start, bar.effect, bar.level, tone, alpha)
            else:
                self._mark_end(row, bar.effect, len(bars))
        self._connect(bars, tones)
        steps = [(row, bar) for row, bar in enumerate(bars) if bar.kind != "output"]
        rows, ends, whiskers = (
            np.array(numbers)
            for numbers in zip(
                *((row, b.start + b.effect, 2 * b.se) for row, b in steps), strict=True
            )
        )
        uncertain = np.isfinite(whiskers) & (whiskers > 0)
        draw_whiskers(
            self.ax_, ends[uncertain], rows[uncertain], xerr=whiskers[uncertain]
        )
        if self.unit == "probability":
            shade_beyond_probabilities(self.ax_)
        _lettering.clean(self.ax_)
        self._name_rows(bars)
        self._write_numbers(bars)

    def _set_limits(self):
        """What all bars and whiskers reach, and a little more."""
        reach = [
            bar.start + bar.effect + side * 2 * np.nan_to_num(bar.se)
            for bar in self.bars
            for side in (-1, 0, 1)
        ]
        low, high = np.min(reach), np.max(reach)
        margin = 0.04 * (high - low) or max(1e-9, 0.04 * abs(high))
        self.ax_.set_xlim(low - margin, high + margin)

    def _tone(self, bar, tones):
        if bar.kind == "rest":
            return REST
        if bar.part == "mi" and not bar.modality:
            return TOGETHER
        return tones.get(bar.modality, REST)

    def _mark_end(self, row, x, n_rows):
        """Average or output: a bar would have a length, which means nothing."""
        self.ax_.plot([x, x], [row - 0.4, row + 0.4], color=TOTAL, lw=3)
        through = {"color": TOTAL, "lw": 0.8, "ls": (0, (4, 3)), "zorder": 0}
        self.ax_.plot([x, x], [-0.5, n_rows - 0.5], **through)

    def _connect(self, bars, tones):
        """Bands of what steps are opened into, and lines from bar to bar."""
        steps = [row for row, bar in enumerate(bars) if bar.level < 2]
        for row, following in pairwise(steps):
            bar = bars[row]
            end = bar.start + bar.effect
            connect(self.ax_, row, end, following)
            if following > row + 1:
                band = row + 1, following - 1, bar.start, bar.effect
                draw_band(self.ax_, *band, self._tone(bar, tones))
        for row, (bar, following) in enumerate(pairwise(bars)):
            # in MI the features of each modality may start anew
            end = bar.start + bar.effect
            if bar.level == following.level == 2 and np.isclose(end, following.start):
                connect(self.ax_, row, end, row + 1)

    def _name_rows(self, bars):
        width = _lettering.letters_in(_NAMES * self._panels.size[0])
        labels = parts.labels_of(bars, self.baseline_name, width)
        _lettering.name_rows(self.ax_, labels)
        for bar, label in zip(bars, self.ax_.get_yticklabels(), strict=True):
            label.set_fontweight("normal" if bar.level == 2 else "bold")

    def _write_numbers(self, bars):
        inner = [bar.effect for bar in bars if bar.level]
        self._writer = write = Writer(inner, self.steps.effects[[0, -1]])
        texts = [write(bar.effect, signed=bar.level > 0) for bar in bars]
        _lettering.write_numbers(self.ax_, texts)
        for bar, text in zip(bars, self.ax_.texts, strict=True):
            text.set_fontweight("normal" if bar.level == 2 else "bold")

    def _write(self):
        _lettering.fit_rows(self.ax_)
        write, effects = self._writer, self.steps.effects
        uc, mi, output = effects[:-2].sum(), effects[-2], effects[-1]
        sums = f"= UC {write(uc)} + MI {write(mi)}".replace(" ", NO_BREAK)
        sums = f"{write(output)} {sums}"
        title = f"Row {shorten(self.row_name, 40)}: {sums}{write.unit}"
        label = self._label()
        _lettering.head_and_foot(self._panels, title, label, self._notes())

    def _label(self):
        label = output_label(repr(self.output_name), self.unit)
        if not self._place.is_small:
            return label
        length = _lettering.room(self.ax_) - len(f"{self.unit} of ")
        return output_label(repr(self.output_name), self.unit, max(8, length))

    def _notes(self):
        notes = [WHISKERS]
        if self.blocks:
            notes = [_OPENED, WHISKERS]
        if self._place.is_small:
            notes = notes[:1]
        elif any(block.part == "mi" and block.modality for block in self.blocks):
            notes.insert(1, _ANEW)
            if len(self.modality_names) > 2:
                notes.insert(2, _OF_OTHERS)
        if not self._place.is_small and self.rest_note:
            notes.append(self.rest_note)
        low, high = self.ax_.get_xlim()
        if self.unit == "probability" and (low < 0 or high > 1):
            notes.append(_PAST)
        return " ".join(notes)

    def _finish(self):
        _lettering.fit_rows(self.ax_)  # labels and notes have taken room from the rows
        self._place.lay_out()


def _rest_note(row_explanation, c):
    """Why rests are large, but for those of MI that a note tells of anyway."""
    rests = large_rests(row_explanation, c)
    if len(row_explanation.modality_names) > 2:
        rests = [rest for rest in rests if rest.part == "uc"]
    return caption_of_rests(rests)
