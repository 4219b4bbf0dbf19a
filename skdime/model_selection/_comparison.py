"""What changed between two models: tables of modalities and features."""

from dataclasses import dataclass

import numpy as np

from skdime._results.explanation import Explanation
from skdime._results.fields import PARTS
from skdime._results.page.tables import Section
from skdime._results.plotted import Plotted
from skdime._results.stored import Stored
from skdime._results.tabulated import Tabulated
from skdime._utils.annotations import DataFrame
from skdime._utils.frames import long_frame
from skdime._utils.listed import count, shortened
from skdime._utils.missing import nan_mean, nan_variance, ratio

# 95 % intervals.
_REACH = 1.96
# Features that are printed.
_MOST_LINES = 8


def _texts(names):
    return tuple(names.tolist())


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Stored, Tabulated, Plotted):
    """Explanations of two models and of their difference, as ``compare`` returns them.

    Attributes
    ----------
    first, second : Explanation
        Of both models, with the same references and perturbations.
    change : Explanation
        Of the second model's output less the first's, with standard errors of the
        difference. Its unit is that of the outputs.
    names : tuple of (str, str)
        What the two are called.
    n_model_rows : int
        Rows that both models have seen.

    See Also
    --------
    skdime.displays.ComparisonDisplay.from_comparison : Draws it, as `plot` does.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.model_selection import compare
    >>> X = np.random.RandomState(0).normal(size=(100, 2))
    >>> def old(X):
    ...     return X[:, 0] + X[:, 0] * X[:, 1]
    >>> def new(X):
    ...     return 3 * X[:, 0] + X[:, 0] * X[:, 1]
    >>> explainers = {
    ...     model.__name__: LocalExplainer(Disentangler(model), random_state=0).fit(X)
    ...     for model in (old, new)
    ... }
    >>> comparison = compare(explainers, X[:20])
    >>> print(str(comparison)[:230])
    Comparison of old and new over 20 rows, unit: model output
      mean sizes of old -> new, and of the difference +- its standard error ...
      output
        x0 on its own: ...
    """

    _axes = {"names": (2,)}
    _types = {"names": _texts}
    _results = dict.fromkeys(("first", "second", "change"), Explanation)
    _display = "ComparisonDisplay", "from_comparison"

    first: Explanation
    second: Explanation
    change: Explanation
    names: tuple[str, str]
    n_model_rows: int = 0

    def mean_abs_change(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean absolute coefficients of the difference over rows, with errors.

        Returns
        -------
        mean, se : ndarray of shape (2, n_features, n_outputs)
            The errors hold that rows are a sample, and that the errors of all rows
            come from the same references: the mean of these, not the mean over
            independent ones.
        """
        return _mean_abs(self.change.coef, self.change.se)

    def modalities(self) -> DataFrame:
        """How much main effects and MI changed: one line per term and output.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``term`` (a modality on its own, or ``"MI"``), ``output``; mean
            absolute effects over rows of both models, in columns of their names;
            ``change``, the mean absolute difference, ``se`` and ``established``,
            whether the change exceeds 1.96 standard errors.
        """
        terms = [*self.change.modality_names.tolist(), "MI"]
        axes = [{"term": terms}, {"output": self.change.output_names}]
        effects = [_effects(each)[0] for each in (self.first, self.second)]
        change, se = _mean_abs(*_effects(self.change))
        return self._frame(axes, effects, change, se)

    def to_frame(self) -> DataFrame:
        """How much features changed: one line per part, feature and output.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``part``, ``modality``, ``feature`` and ``output``; further ones as
            in :meth:`modalities`, of coefficients. The largest changes come first.
        """
        change = self.change
        features = {
            "modality": change.feature_modalities,
            "feature": change.feature_names,
        }
        axes = [{"part": PARTS}, features, {"output": change.output_names}]
        effects = [each.coef for each in (self.first, self.second)]
        frame = self._frame(axes, effects, *self.mean_abs_change())
        by_size = frame.sort_values("change", ascending=False, kind="stable")
        return by_size.reset_index(drop=True)

    def _frame(self, axes, effects, change, se):
        first, second = (nan_mean(np.abs(each)) for each in effects)
        return long_frame(
            axes,
            **dict(zip(self.names, (first, second), strict=True)),
            change=change,
            se=se,
            established=change > _REACH * se,
        )

    def __repr__(self):
        first, second = self.names
        change = self.change
        lines = [
            f"Comparison of {shortened(first)} and {shortened(second)} over "
            f"{count(len(change), 'row')}, unit: {shortened(change.unit)}",
            f"  mean sizes of {shortened(first)} -> {shortened(second)}, and of the "
            "difference +- its standard error (* beyond 1.96 of these)",
        ]
        for c, output in enumerate(change.output_names):
            lines.append(f"  {shortened(output)}")
            for line in (*self._terms(c), *self._features(c)):
                name, first, second, change, se, mark = _cells(*line)
                sizes = f"{first} -> {second}, {change} +- {se}"
                lines.append(f"    {name}: {sizes}{' ' * bool(mark)}{mark}")
        return "\n".join(lines)

    def _sections(self, most):
        note = "Mean sizes over rows; * is beyond 1.96 standard errors."
        columns = ["", *self.names, "Difference", "Standard error", ""]
        return [
            Section(f"What changed: {output}", note, columns, lines[:most])
            for c, output in enumerate(self.change.output_names)
            if (
                lines := [
                    _cells(*line) for line in (*self._terms(c), *self._features(c))
                ]
            )
        ]

    def _terms(self, c):
        names = [f"{name} on its own" for name in self.change.modality_names]
        effects = [_effects(each)[0] for each in (self.first, self.second)]
        change, se = _mean_abs(*_effects(self.change))
        for m, name in enumerate([*names, "MI"]):
            sizes = [nan_mean(np.abs(each))[m, c] for each in effects]
            yield name, *sizes, change[m, c], se[m, c]

    def _features(self, c):
        sizes = [each.mean_abs()[..., c] for each in (self.first, self.second)]
        change, se = (values[..., c] for values in self.mean_abs_change())
        order = np.argsort(-np.nan_to_num(change), axis=None, kind="stable")
        owners, names = self.change.feature_modalities, self.change.feature_names
        for place in order[:_MOST_LINES]:
            p, f = np.unravel_index(place, change.shape)
            name = f"{PARTS[p].upper()} of {owners[f]}/{names[f]}"
            yield name, *(size[p, f] for size in sizes), change[p, f], se[p, f]


def _effects(explanation):
    """Main effects and MI of rows, and their standard errors."""
    values = explanation.decomposition
    effects = np.concatenate([values.main, values.mi[:, None]], axis=1)
    return effects, np.concatenate([values.main_se, values.mi_se[:, None]], axis=1)


def _mean_abs(values, se):
    sizes = np.abs(values)
    n = (~np.isnan(values)).sum(axis=0)
    of_rows = ratio(np.nan_to_num(nan_variance(sizes)), n)
    return nan_mean(sizes), np.sqrt(of_rows + np.square(nan_mean(se)))


def _cells(name, first, second, change, se):
    mark = "*" if change > _REACH * se else ""
    sizes = (f"{size:.3g}" for size in (first, second, change))
    return [shortened(name), *sizes, f"{se:.2g}", mark]
