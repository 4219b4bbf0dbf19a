"""Where MI lives: rules that divide rows by the size and the sign of MI."""

from dataclasses import dataclass

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from skdime._results.anova import normal_interval
from skdime._results.explanation import Explanation
from skdime._results.page.tables import Section
from skdime._results.plotted import Plotted
from skdime._results.stored import Stored
from skdime._results.tabulated import Tabulated
from skdime._utils.annotations import DataFrame, Floats, Label, Seed
from skdime._utils.checks import check_count
from skdime._utils.listed import shortened
from skdime._utils.names import find_name, usual_output
from skdime._utils.optional import optional_module
from skdime._utils.random import own_random_state
from skdime.metrics._checks import check_kind
from skdime.metrics._rules import inputs_of, rules_of
from skdime.metrics._terms import terms_of

# A region has at least this share of the rows that the tree is grown on, and five: less
# has no mean to speak of.
_LEAST_SHARE, _LEAST_ROWS = 0.05, 5
# Regions that explain less are hardly worth reading.
_LEAST_R2 = 0.1
# A split explains at least this share of the variance of MI.
_LEAST_GAIN = 0.01


@dataclass(frozen=True, eq=False, repr=False)
class InteractionRegions(Stored, Tabulated, Plotted):
    """Regions of rows that differ in MI, as returned by ``interaction_regions``.

    Regions are ordered by their mean of MI, the largest first. All numbers are of the
    rows that the tree was not grown on.

    Attributes
    ----------
    rules : list of str
        What the rows of each region have in common.
    share : ndarray of shape (n_regions,)
        Shares of the rows.
    mean, mean_se : ndarray of shape (n_regions,)
        Mean of MI, and its standard error: rows are a sample, and so are references,
        whose errors are taken to be the same in all rows of a region.
    mean_abs : ndarray of shape (n_regions,)
        Mean size of MI.
    share_of_mi : ndarray of shape (n_regions,)
        Share of the sum of squares of MI.
    r2 : float
        Share of the variance of MI between rows that regions explain, adjusted for the
        number of regions: 0 on average for rules that say nothing.
    region : ndarray of int of shape (n_rows,)
        Region of each explained row, also of those that the tree was grown on.
    output, unit : str
        Which output, and its unit.

    See Also
    --------
    skdime.displays.IntervalDisplay.from_result : Draws it, as `plot` does.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.metrics import interaction_regions
    >>> X = np.random.RandomState(0).uniform(-1, 1, size=(300, 2))
    >>> dis = Disentangler(lambda X: np.sign(X[:, 0] * X[:, 1]), n_references=None)
    >>> explanation = LocalExplainer(dis, random_state=0).fit(X).explain(X)
    >>> interaction_regions(explanation, max_regions=2)
    InteractionRegions of MI over 300 rows of output: R2 0.99 on rows of their own
      ...% of rows, MI +...: x0 and x1 on the same side of their means
      ...% of rows, MI -...: x0 and x1 on different sides of their means
    """

    _axes = {
        "rules": ("regions",),
        **dict.fromkeys(
            ("share", "mean", "mean_se", "mean_abs", "share_of_mi"), ("regions",)
        ),
        "region": ("rows",),
    }
    _types = {"rules": np.ndarray.tolist}
    _display = "IntervalDisplay", "from_result"

    rules: list[str]
    share: Floats
    mean: Floats
    mean_se: Floats
    mean_abs: Floats
    share_of_mi: Floats
    r2: float
    region: np.ndarray
    output: str
    unit: str

    def to_frame(self) -> DataFrame:
        """One line for each region.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``rule``, ``share``, ``mean``, ``mean_se``, ``mean_abs`` and
            ``share_of_mi``.
        """
        pd = optional_module("pandas", "pandas")

        names = ("share", "mean", "mean_se", "mean_abs", "share_of_mi")
        numbers = {name: getattr(self, name) for name in names}
        return pd.DataFrame({"rule": self.rules, **numbers})

    def _intervals(self, most):
        first = slice(most)
        low, high = normal_interval(self.mean, self.mean_se, 0.95)
        return {
            "value": self.mean[first],
            "low": low[first],
            "high": high[first],
            "names": [
                f"{share:.0%}: {rule}"
                for share, rule in zip(self.share[first], self.rules, strict=False)
            ],
            "groups": ["MI"] * len(self.rules[first]),
            "title": "MI by region, and the region's share of the rows",
            "quantity": f"mean MI of {self.output}, {self.unit}",
        }

    def _sections(self, most):
        columns = ["Rule", "Rows", "MI", "Standard error", "Of all squares of MI"]
        numbers = self.rules, self.share, self.mean, self.mean_se, self.share_of_mi
        lines = [
            [rule, f"{share:.0%}", f"{mean:+.3g}", f"{se:.2g}", f"{of_mi:.0%}"]
            for rule, share, mean, se, of_mi in zip(*numbers, strict=True)
        ]
        return [Section("Regions of MI", f"R2: {self.r2:.2f}.", columns, lines[:most])]

    def __repr__(self):
        lines = [
            f"InteractionRegions of MI over {len(self.region)} rows of "
            f"{shortened(self.output)}: R2 {self.r2:.2f} on rows of their own"
        ]
        numbers = self.rules, self.share, self.mean, self.mean_se, self.share_of_mi
        for rule, share, mean, se, of_mi in zip(*numbers, strict=True):
            lines.append(
                f"  {share:.0%} of rows, MI {mean:+.3g} +- {se:.2g}, {of_mi:.0%} of "
                f"all squares of MI: {rule}"
            )
        if not self.r2 >= _LEAST_R2:
            lines.append("  Note: these rules hardly predict MI of other rows.")
        return "\n".join(lines)


def interaction_regions(
    explanation: Explanation,
    *,
    output: Label | None = None,
    max_regions: int = 6,
    random_state: Seed = 0,
) -> InteractionRegions:
    """Find rules that say in which rows MI is large, and with which sign.

    A small regression tree of scikit-learn is grown on one half of the rows, and the
    other half says how large MI is in its leaves: rules that only fit the rows on which
    they were found would show as a small R2. Because MI has a mean of 0 for every value
    of a single modality, no single input separates its signs. For every pair of
    inputs of different modalities the tree may therefore ask, too, whether both lie on
    the same side of their means.

    Parameters
    ----------
    explanation : Explanation
        Of 20 rows or more. Inputs are its features: numbers, categories, and whether
        a row has a word or another feature that not all rows have.
    output : label, default=None
        A name in ``output_names``; None takes the output that is largest in most rows.
    max_regions : int, default=6
        Most leaves of the tree.
    random_state : int, RandomState instance or None, default=0
        Divides the rows into halves, and orders inputs that split equally well.

    Returns
    -------
    regions : InteractionRegions
        Rules, each with its share of rows and its mean of MI.

    References
    ----------
    Athey, Imbens. "Recursive partitioning for heterogeneous causal effects", PNAS 113
    (2016), for trees whose leaves are estimated on rows of their own.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import GradientBoostingRegressor
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.metrics import interaction_regions
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    >>> model = GradientBoostingRegressor(random_state=0)
    >>> dis = Disentangler(
    ...     model, {"exam": slice("age", "bp"), "serum": slice("s1", "s6")}
    ... )
    >>> explanation = LocalExplainer(dis, random_state=0).fit(X, y).explain(X)
    >>> regions = interaction_regions(explanation, max_regions=3)
    >>> regions.rules
    ['s3 <= 38.5; sex <= 1.5', 's3 > 38.5', 's3 <= 38.5; sex > 1.5']
    """
    check_kind("explanation", explanation, "coef", "an Explanation")
    check_count("max_regions", max_regions, least=2)
    if len(explanation) < 20:
        raise ValueError(
            "Regions need 20 rows or more: one half finds them, the other tells how "
            f"large MI is in them. Got {len(explanation)}."
        )
    values = explanation.decomposition
    c = usual_output(values.output)
    if output is not None:
        c = find_name(values.output_names, output, "output")
    random_state = own_random_state(random_state)
    inputs = inputs_of(explanation, terms_of(explanation.feature_values))
    grown, estimated = np.array_split(random_state.permutation(len(explanation)), 2)
    tree, leaf = _leaves(inputs, values.mi[:, c], grown, max_regions, random_state)
    return InteractionRegions(
        **_numbers(tree, leaf, inputs, values.mi[:, c], values.mi_se[:, c], estimated),
        output=str(values.output_names[c]),
        unit=values.unit,
    )


def _leaves(inputs, mi, grown, max_regions, random_state):
    """The tree, and the leaf of every row."""
    if not inputs:
        raise ValueError(
            "No feature of the explanation differs between rows in a way that a rule "
            "could name: as a number, or as a category that several rows share."
        )
    X = np.stack([each.values for each in inputs], axis=1)
    tree = DecisionTreeRegressor(
        max_leaf_nodes=max_regions,
        min_samples_leaf=max(_LEAST_ROWS, int(_LEAST_SHARE * len(grown))),
        min_impurity_decrease=_LEAST_GAIN * mi[grown].var(),
        random_state=random_state,
    ).fit(X[grown], mi[grown])
    return tree.tree_, tree.apply(X)


def _numbers(tree, leaf, inputs, mi, mi_se, estimated):
    """Fields of the result, from rows that the tree has not seen."""
    rules = rules_of(tree, inputs)
    rows = {node: estimated[leaf[estimated] == node] for node in rules}
    rows = {node: some for node, some in rows.items() if len(some)}
    nodes = sorted(rows, key=lambda node: -mi[rows[node]].mean())
    each = [mi[rows[node]] for node in nodes]
    # all rows have the same references, so that their errors do not average out
    of_references = [mi_se[rows[node]].mean() for node in nodes]
    n = np.array([len(values) for values in each])
    squares = np.array([np.square(values).sum() for values in each])
    within = sum(np.square(values - values.mean()).sum() for values in each)
    # their means are estimated from the same rows
    within /= max(n.sum() - len(each), 1)
    total = mi[estimated].var(ddof=1)
    place = {node: i for i, node in enumerate(nodes)}
    return {
        "rules": [rules[node] for node in nodes],
        "share": n / n.sum(),
        "mean": np.array([values.mean() for values in each]),
        "mean_se": np.hypot(list(map(_standard_error, each)), of_references),
        "mean_abs": np.array([np.abs(values).mean() for values in each]),
        "share_of_mi": squares / max(squares.sum(), np.finfo(float).tiny),
        "r2": float(1 - within / total) if total > 0 else np.nan,
        "region": np.array([place.get(node, -1) for node in leaf]),
    }


def _standard_error(values):
    n = len(values)
    return values.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
