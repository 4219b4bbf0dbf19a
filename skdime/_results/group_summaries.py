"""GroupSummaries: summaries of groups of rows, and their differences."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np

from skdime._results.anova import normal_interval
from skdime._results.modality_summary import ModalitySummary
from skdime._results.page.tables import Section
from skdime._results.plotted import Plotted
from skdime._results.stored import Stored
from skdime._results.tabulated import Tabulated
from skdime._utils.annotations import DataFrame, Floats
from skdime._utils.checks import check_choice
from skdime._utils.listed import first_lines, shortened
from skdime._utils.names import find_name
from skdime._utils.optional import optional_module

# Shares that groups are compared by, and the effects that they are shares of.
FIELDS = {"interaction": "mi", "main": "main", "pairs": "pairs", "higher": "higher"}


@dataclass(frozen=True, eq=False, repr=False)
class GroupSummaries(Stored, Tabulated, Plotted):
    """Summaries of groups of rows, as returned by ``Disentangler.summarize_groups``.

    Attributes
    ----------
    summaries : dict of str to ModalitySummary
        By group, in the order of names. Effects of all groups are those against the
        same references.
    difference_se : dict of str to ndarray of shape (n_groups, n_groups, n_terms, \
n_outputs)
        For ``"interaction"``, ``"main"``, ``"pairs"`` and ``"higher"`` the standard
        errors of differences between the shares of two groups. They are smaller than
        those of independent samples, because references are the same.

    See Also
    --------
    skdime.displays.IntervalDisplay.from_result : Draws it, as `plot` does.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler
    >>> rng = np.random.RandomState(0)
    >>> X, ward = rng.normal(size=(600, 2)), np.repeat(["A", "B"], 300)
    >>> X[ward == "B"] *= 2  # which makes products larger than sums
    >>> model = lambda X: X[:, 0] + X[:, 1] + X[:, 0] * X[:, 1]
    >>> dis = Disentangler(model, {"chart": [0], "lab": [1]}, random_state=0).fit(X)
    >>> groups = dis.summarize_groups(X, ward)
    >>> groups["A"].interaction.round(2), groups["B"].interaction.round(2)
    (array([0.39]), array([0.66]))
    >>> difference, low, high = groups.difference("interaction", "A", "B")
    >>> print(f"{difference[0]:+.2f}, 95 % interval {low[0]:.2f} to {high[0]:.2f}")
    +0.27, 95 % interval 0.19 to 0.35
    """

    _axes = {
        f"difference_se.{name}": ("groups", "groups", name, "outputs")
        for name in FIELDS
    }
    _optional = ("difference_se.pairs", "difference_se.higher")
    _results = {"summaries": ModalitySummary}
    _display = "IntervalDisplay", "from_result"

    summaries: dict[str, ModalitySummary]
    difference_se: dict[str, Floats]

    def __getitem__(self, group: str) -> ModalitySummary:
        """The summary of a group."""
        self._check_group(group)
        return self.summaries[group]

    def __iter__(self) -> Iterator[str]:
        """Names of the groups."""
        return iter(self.summaries)

    def __len__(self) -> int:
        return len(self.summaries)

    def difference(
        self, name: str, one: str, other: str, level: float = 0.95
    ) -> tuple[Floats, Floats, Floats]:
        """How much larger the shares of another group are, with intervals.

        Parameters
        ----------
        name : {"interaction", "main", "pairs", "higher"}
            Which shares.
        one, other : str
            Names of two groups.
        level : float, default=0.95
            Probability that an interval is to cover.

        Returns
        -------
        difference, low, high : ndarray
            In the shape of the shares; those of `other` less those of `one`.
        """
        check_choice("name", name, list(self.difference_se))
        values = [getattr(self[group], name) for group in (one, other)]
        difference = values[1] - values[0]
        positions = [list(self).index(group) for group in (one, other)]
        se = self.difference_se[name][tuple(positions)].reshape(difference.shape)
        return difference, *normal_interval(difference, se, level)

    def to_frame(self, level: float = 0.95) -> DataFrame:
        """A tidy pandas frame: one line for each group, output and term.

        Parameters
        ----------
        level : float, default=0.95
            Of the intervals.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``group`` and those of ``ModalitySummary.to_frame``.
        """
        pd = optional_module("pandas", "pandas")

        frames = {group: self[group].to_frame(level) for group in self}
        return (
            pd.concat(frames, names=["group"])
            .reset_index(level=0)
            .reset_index(drop=True)
        )

    def differences(self, level: float = 0.95) -> DataFrame:
        """A tidy pandas frame of the differences between every two groups.

        Parameters
        ----------
        level : float, default=0.95
            Of the intervals.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``one``, ``other``, ``output``, ``term``, ``difference`` (of `other`
            less `one`), ``low`` and ``high``.
        """
        pd = optional_module("pandas", "pandas")

        lines = [
            (one, other, output, term, *(part[c] for part in parts))
            for one, other in combinations(self, 2)
            for c, output in enumerate(self._any.output_names)
            for term, parts in self._terms(one, other, level)
        ]
        names = ["one", "other", "output", "term", "difference", "low", "high"]
        return pd.DataFrame(lines, columns=names)

    @property
    def _any(self):
        return next(iter(self.summaries.values()))

    def _check_group(self, group):
        check_choice("group", group, list(self.summaries))

    def _terms(self, one, other, level=0.95):
        """Name of every term, and its difference with the ends of the interval."""
        names = iter([name for name, *_ in self._any.terms()])
        n_outputs = len(self._any.output_names)
        for field in self.difference_se:
            if field in ("pairs", "higher") and len(self._any.modality_names) < 3:
                continue
            parts = self.difference(field, one, other, level)
            for values in zip(
                *(np.reshape(p, (-1, n_outputs)) for p in parts), strict=True
            ):
                yield next(names), values

    def _intervals(self, most, output=None):
        c = self._largest_output()
        if output is not None:
            c = find_name(self._any.output_names, output, "output")
        by_term = zip(*(self[group].terms() for group in self), strict=True)
        lines = [
            (f"{group}: {name}", group, share[c], low[c], high[c])
            for terms in islice(by_term, max(1, most // len(self)))
            for group, (name, share, _, (low, high)) in zip(self, terms, strict=True)
        ]
        names, groups, *numbers = zip(*lines, strict=True)
        return {
            **dict(zip(("value", "low", "high"), np.array(numbers), strict=True)),
            "names": names,
            "groups": groups,
            "title": f"What moves {self._any.output_names[c]}, by group",
            "quantity": "share of the variation",
        }

    def _sections(self, most):
        c = self._largest_output()
        lines = [
            [name, *(self._share(group, t, c) for group in self)]
            for t, (name, *_) in enumerate(self._any.terms())
        ]
        title = f"Shares of the variation of {self._any.output_names[c]}"
        note = "In brackets 95 % intervals."
        return [Section(title, note, ["term", *self], lines[:most])]

    def _largest_output(self):
        return int(np.argmax(np.sum([self[group].spread for group in self], axis=0)))

    def __repr__(self):
        c = self._largest_output()
        sizes = ", ".join(f"{shortened(g)} ({self[g].n_rows:,} rows)" for g in self)
        name, n_outputs = self._any.output_names[c], len(self._any.output_names)
        more = f" (1 of {n_outputs} outputs, to_frame() has all)" * (n_outputs > 1)
        lines = [
            f"GroupSummaries of {sizes}: shares of the variation of "
            f"{shortened(name)}{more}"
        ]
        for t, (name, *_) in enumerate(self._any.terms()):
            shares = (f"{shortened(g)} {self._share(g, t, c)}" for g in self)
            lines.append(f"  {name}: {', '.join(shares)}{self._compared(t, c)}")
        return first_lines(lines)

    def _share(self, group, t, c):
        _, share, _, (low, high) = self[group].terms()[t]
        return f"{share[c]:.0%} [{100 * low[c]:.0f}, {100 * high[c]:.0f}]"

    def _compared(self, t, c):
        """The difference of two groups; of more there are too many for a line."""
        if len(self) > 2:
            return ""
        _, (difference, low, high) = list(self._terms(*self))[t]
        interval = f"[{100 * low[c]:+.0f}, {100 * high[c]:+.0f}]"
        return f"; difference {100 * difference[c]:+.0f} {interval}"
