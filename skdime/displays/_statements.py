"""StatementsDisplay: which sentences hold over folds, with their intervals."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from skdime._utils.annotations import Axes, DataFrame, Label, NamesLike
from skdime._utils.checks import check_count
from skdime._utils.frames import long_frame
from skdime._utils.listed import count
from skdime.displays import _lettering
from skdime.displays._marks import draw_dot, draw_span, mark_value
from skdime.displays._named_rows import NamedRows
from skdime.displays._style import TOGETHER, modality_tones
from skdime.displays._words import cut, some_of

_ALONE, _TOGETHER = "alone", "together"
# Letters of a name in a pair of names.
_PAIRED = 17


@dataclass(kw_only=True, eq=False, repr=False)
class StatementsDisplay(NamedRows):
    """Show which statements about a model hold over folds.

    Effects over folds, with intervals that hold at the same time.

    It is recommended to use :meth:`from_statements`.

    Parameters
    ----------
    effect, low, high : ndarray of shape (n_statements,)
        Means over folds, and the ends of their intervals.
    names : sequence of str
        What the statements are about, from top to bottom.
    modality_names : sequence of str
        The modality of each; of a pair both, joined by " x ".
    holds : ndarray of bool of shape (n_statements,)
        Whether 0 is outside of the interval.
    quantity : str
        What the effects change.
    n_folds : int
        How many folds the means are taken over.
    n_statements : int, default=None
        How many statements there are, if not all are shown.
    all_modalities : sequence of str, default=None
        All modalities, in the order of their colours.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What the intervals are drawn on.
    figure_ : matplotlib Figure
        The figure that holds it.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from skdime.displays import StatementsDisplay
    >>> display = StatementsDisplay(
    ...     effect=np.array([1.2, 0.4]),
    ...     low=np.array([0.8, -0.1]),
    ...     high=np.array([1.6, 0.9]),
    ...     names=["lactate", "lactate x age"],
    ...     modality_names=["lab", "lab x chart"],
    ...     holds=np.array([True, False]),
    ...     quantity="days",
    ...     n_folds=10,
    ... ).plot()
    >>> print(display.frame().head(4))
          modality           term  effect  low  high  holds
    0          lab        lactate     1.2  0.8   1.6   True
    1  lab x chart  lactate x age     0.4 -0.1   0.9  False
    >>> plt.close(display.figure_)
    """

    _inches = (7, 0.3, 2)
    _names_share = 0.45

    effect: np.ndarray
    low: np.ndarray
    high: np.ndarray
    names: NamesLike
    modality_names: NamesLike
    holds: np.ndarray
    quantity: str
    n_folds: int
    n_statements: int | None = None
    all_modalities: NamesLike | None = None

    @classmethod
    def from_statements(
        cls,
        statements: DataFrame,
        *,
        output: Label | None = None,
        max_display: int = 15,
        ax: Axes | None = None,
    ) -> Self:
        """Draw what ``CrossExplanation.statements`` returned.

        Parameters
        ----------
        statements : pandas.DataFrame
            All of it, or some of its lines. Shares of MI are left out: they are no
            changes of the output.
        output : label, default=None
            Which output; None takes that of the first line.
        max_display : int, default=15
            Most statements: those that hold first, then the largest effects.
        ax : matplotlib Axes, default=None
            What to draw on; None makes a figure.

        Returns
        -------
        display : StatementsDisplay
        """
        check_count("max_display", max_display)
        lines = statements[statements["kind"].isin([_ALONE, _TOGETHER])]
        # the line about the share of MI names all modalities in their order
        shares = statements.drop(lines.index)["modality"]
        all_modalities = shares.iloc[0].split(" x ") if len(shares) else None
        outputs = list(dict.fromkeys(lines["output"]))
        if output is None and outputs:
            output = outputs[0]
        if output not in outputs:
            raise ValueError(
                f"`statements` has no effects of the output {output!r:.60}; it has "
                f"those of {outputs[:5]}."
            )
        lines = lines[lines["output"] == output]
        size = lines["effect"].abs().to_numpy()
        order = np.lexsort((-size, ~lines["holds"].to_numpy()))
        first = lines.iloc[order[:max_display]]
        return cls(
            **{name: first[name].to_numpy() for name in ("effect", "low", "high")},
            names=first["term"].tolist(),
            modality_names=first["modality"].tolist(),
            holds=first["holds"].to_numpy(),
            quantity=str(output),
            n_folds=int(first["n_folds"].iloc[0]),
            n_statements=len(lines),
            all_modalities=all_modalities,
        ).plot(ax=ax)

    def _row_names(self):
        # of a pair of long names both keep a piece
        return [
            " x ".join(cut(one, _PAIRED) for one in name.split(" x "))
            if " x " in name
            else name
            for name in self.names
        ]

    def _draw_rows(self, palette):
        singles = [name for name in self.modality_names if " x " not in name]
        names = [*(self.all_modalities or ()), *singles]
        tones = modality_tones(list(dict.fromkeys(names)), palette)
        for row, modality in enumerate(self.modality_names):
            draw_span(self.ax_, (self.low[row], self.high[row]), row)
            tone = tones.get(modality, TOGETHER) if self.holds[row] else None
            draw_dot(self.ax_, self.effect[row], row, tone)
        mark_value(self.ax_)

    def _write(self):
        subject = some_of(len(self.names), self.n_statements, "statement")
        title = f"{subject} over {count(self.n_folds, 'fold')}; white: not established"
        _lettering.titled(self.ax_, title)
        quantity = f"change in {self.quantity}, per standard deviation of numbers"
        _lettering.label_x(self.ax_, quantity)

    def frame(self) -> DataFrame:
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``modality``, ``term``, ``effect``, ``low``, ``high`` and
            ``holds``.
        """
        axes = [{"modality": self.modality_names, "term": self.names}]
        numbers = {name: getattr(self, name) for name in ("effect", "low", "high")}
        return long_frame(axes, **numbers, holds=self.holds)
