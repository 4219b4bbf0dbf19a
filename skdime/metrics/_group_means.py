"""Mean absolute coefficients of groups of rows, and their differences."""

from dataclasses import dataclass

import numpy as np

from skdime._results.anova import normal_interval
from skdime._results.explanation import Explanation
from skdime._results.fields import PARTS
from skdime._results.page.tables import Section
from skdime._results.plotted import Plotted
from skdime._results.stored import Stored
from skdime._results.tabulated import Tabulated
from skdime._rows.groups import rows_by_group
from skdime._utils.annotations import ArrayLike, DataFrame, Floats
from skdime._utils.checks import check_choice
from skdime._utils.frames import long_frame
from skdime._utils.listed import first_lines, shortened
from skdime._utils.missing import nan_mean, nan_variance
from skdime._utils.names import find_name
from skdime.metrics._checks import check_kind


@dataclass(frozen=True, eq=False, repr=False)
class GroupMeans(Stored, Tabulated, Plotted):
    """Mean absolute coefficients by group, as returned by ``group_mean_abs``.

    Attributes
    ----------
    mean : ndarray of shape (n_groups, 2, n_features, n_outputs)
        Mean absolute coefficients: group, part (UC, MI), feature and output; nan where
        a group has no such feature.
    se : ndarray in the shape of `mean`
        Standard errors: rows are a sample, and coefficients have errors of their own.
    group_names : list of str
        Names along the axis of groups.
    n_rows : ndarray of int of shape (n_groups,)
        Rows of each group.
    feature_names, feature_modalities, output_names : ndarray of str
        Names along the other axes.

    See Also
    --------
    skdime.displays.IntervalDisplay.from_result : Draws it, as `plot` does.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.metrics import group_mean_abs
    >>> rng = np.random.RandomState(0)
    >>> X, ward = rng.normal(size=(300, 2)), np.repeat(["A", "B"], 150)
    >>> X[ward == "B", 0] *= 2
    >>> dis = Disentangler(lambda X: X[:, 0] + X[:, 1], {"a": [0], "b": [1]})
    >>> explanation = LocalExplainer(dis, random_state=0).fit(X).explain(X)
    >>> means = group_mean_abs(explanation, ward)
    >>> difference, low, high = means.difference("A", "B")
    >>> for feature in (0, 1):  # UC of x0, whose spread differs, and of x1
    ...     numbers = [each[0, feature, 0] for each in (difference, low, high)]
    ...     print("{:+.2f}, 95 % interval {:+.2f} to {:+.2f}".format(*numbers))
    +0.79, 95 % interval +0.57 to +1.01
    -0.03, 95 % interval -0.17 to +0.11
    """

    _axes = {
        "mean": ("groups", 2, "features", "outputs"),
        "se": ("groups", 2, "features", "outputs"),
        "group_names": ("groups",),
        "n_rows": ("groups",),
        "feature_names": ("features",),
        "feature_modalities": ("features",),
        "output_names": ("outputs",),
    }
    _types = {"group_names": np.ndarray.tolist}
    _display = "IntervalDisplay", "from_result"

    mean: Floats
    se: Floats
    group_names: list[str]
    n_rows: np.ndarray
    feature_names: np.ndarray
    feature_modalities: np.ndarray
    output_names: np.ndarray

    def difference(
        self, one: str, other: str, level: float = 0.95
    ) -> tuple[Floats, Floats, Floats]:
        """How much larger the means of another group are, with intervals.

        Parameters
        ----------
        one, other : str
            Names of two groups.
        level : float, default=0.95
            Probability that an interval is to cover.

        Returns
        -------
        difference, low, high : ndarray of shape (2, n_features, n_outputs)
            Means of `other` less those of `one`.
        """
        for group in (one, other):
            check_choice("group", group, self.group_names)
        g, h = map(self.group_names.index, (one, other))
        difference = self.mean[h] - self.mean[g]
        se = np.hypot(self.se[g], self.se[h])
        return difference, *normal_interval(difference, se, level)

    def to_frame(self, level: float = 0.95) -> DataFrame:
        """A tidy pandas frame: one line for each group, part, feature and output.

        Parameters
        ----------
        level : float, default=0.95
            Of the intervals.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``group``, ``part``, ``modality``, ``feature``, ``output``,
            ``mean_abs``, ``se``, ``low`` and ``high``.
        """
        low, high = normal_interval(self.mean, self.se, level)
        axes = [{"group": self.group_names}, *self._named_axes()]
        return long_frame(axes, mean_abs=self.mean, se=self.se, low=low, high=high)

    def differences(self, one: str, other: str, level: float = 0.95) -> DataFrame:
        """A tidy pandas frame of the differences between two groups.

        Parameters
        ----------
        one, other : str
            Names of two groups.
        level : float, default=0.95
            Of the intervals.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``part``, ``modality``, ``feature``, ``output``, ``difference`` (of
            `other` less `one`), ``low`` and ``high``.
        """
        difference, low, high = self.difference(one, other, level)
        return long_frame(self._named_axes(), difference=difference, low=low, high=high)

    def _intervals(self, most, output=None):
        c = 0 if output is None else find_name(self.output_names, output, "output")
        n_groups = len(self.group_names)
        places = [place for place in self._by_size() if output is None or place[2] == c]
        places = places[: max(1, most // n_groups)]
        low, high = normal_interval(self.mean, self.se, 0.95)
        p, f, c = np.transpose(places)
        several = output is None and len(self.output_names) > 1
        named = {"value": self.mean, "low": low, "high": high}
        return {
            **{name: numbers[:, p, f, c].T.ravel() for name, numbers in named.items()},
            "names": [
                f"{group}: {self._name(*place, several)}"
                for place in places
                for group in self.group_names
            ],
            "groups": self.group_names * len(places),
            "title": "Mean absolute coefficients by group, the largest",
            "quantity": "mean absolute coefficient",
        }

    def _name(self, p, f, c, with_output):
        feature = f"{self.feature_modalities[f]}/{self.feature_names[f]}"
        name = f"{PARTS[p].upper()} of {feature}"
        return f"{self.output_names[c]}, {name}" if with_output else name

    def _sections(self, most):
        heads = ["part", "modality", "feature", "output", *self.group_names]
        lines = [
            [PARTS[p].upper(), self.feature_modalities[f], self.feature_names[f]]
            + [self.output_names[c]]
            + [f"{mean[p, f, c]:.3g} ± {se[p, f, c]:.2g}" for mean, se in self._of()]
            for p, f, c in self._by_size()[:most]
        ]
        return [Section("Mean absolute coefficients", "", heads, lines)]

    def _of(self):
        return zip(self.mean, self.se, strict=True)

    def _by_size(self):
        """Positions of parts, features and outputs, the largest means first."""
        sizes = nan_mean(self.mean)
        order = np.argsort(-np.nan_to_num(sizes), axis=None, kind="stable")
        return list(zip(*np.unravel_index(order, sizes.shape), strict=True))

    def _named_axes(self):
        features = {"modality": self.feature_modalities, "feature": self.feature_names}
        return [{"part": list(PARTS)}, features, {"output": self.output_names}]

    def __repr__(self):
        sizes = zip(self.group_names, self.n_rows, strict=True)
        sizes = ", ".join(f"{shortened(name)} ({n:,} rows)" for name, n in sizes)
        return first_lines([f"GroupMeans of {sizes}", *self._largest()], 6)

    def _largest(self):
        """The largest differences between two groups, in their errors."""
        if len(self.group_names) != 2:
            return
        difference, low, high = self.difference(*self.group_names)
        errors = np.abs(difference) / np.where(high > low, high - low, np.inf)
        order = np.argsort(-np.nan_to_num(errors), axis=None, kind="stable")
        for p, f, c in zip(*np.unravel_index(order, errors.shape), strict=True):
            name = f"{self.feature_modalities[f]}/{self.feature_names[f]}"
            yield (
                f"  {PARTS[p].upper()} {shortened(name)}, "
                f"{shortened(self.output_names[c])}: {self.mean[0, p, f, c]:.3g} and "
                f"{self.mean[1, p, f, c]:.3g}; difference {difference[p, f, c]:+.3g} "
                f"[{low[p, f, c]:+.3g}, {high[p, f, c]:+.3g}]"
            )


def group_mean_abs(explanation: Explanation, groups: ArrayLike) -> GroupMeans:
    """Compare the mean absolute coefficients of groups of rows.

    Parameters
    ----------
    explanation : Explanation
        Of rows of all groups.
    groups : array-like of shape (n_rows,)
        The group of every row, of which each has two rows or more. Missing values are a
        group.

    Returns
    -------
    means : GroupMeans
        Means, standard errors, and differences between groups with intervals.

    See Also
    --------
    skdime.Disentangler.summarize_groups : Shares of modalities and of MI by group.

    Notes
    -----
    A standard error has two parts. Rows are a sample, so that their mean varies by the
    standard deviation over rows divided by the root of their number. Coefficients err,
    and as references and perturbations are the same for many rows, their errors do not
    cancel: the second part is the mean standard error of the coefficients. Differences
    take both parts of two groups for independent, which is too wide where errors of
    coefficients are alike in both.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.metrics import group_mean_abs
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    >>> modalities = {"exam": ["age", "sex", "bmi", "bp"], "serum": slice("s1", "s6")}
    >>> explainer = LocalExplainer(Disentangler(Ridge(), modalities), random_state=0)
    >>> means = group_mean_abs(explainer.fit(X, y).explain(X), X["sex"])
    >>> means.group_names, means.mean.shape
    (['1.0', '2.0'], (2, 2, 10, 1))
    """
    check_kind("explanation", explanation, "coef", "an Explanation")
    size, errors = np.abs(explanation.coef), explanation.se
    by_group = rows_by_group(len(explanation), groups, least=2)
    mean, se = [], []
    for rows in by_group.values():
        number = np.maximum((~np.isnan(size[rows])).sum(axis=0), 1)
        of_rows = nan_variance(size[rows]) / number
        mean.append(nan_mean(size[rows]))
        se.append(np.sqrt(of_rows + np.square(nan_mean(errors[rows]))))
    return GroupMeans(
        mean=np.array(mean),
        se=np.array(se),
        group_names=list(by_group),
        n_rows=np.array([len(rows) for rows in by_group.values()]),
        feature_names=explanation.feature_names,
        feature_modalities=explanation.feature_modalities,
        output_names=explanation.output_names,
    )
