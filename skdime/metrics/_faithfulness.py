"""Deletion and insertion: do UC and MI follow when features are replaced?"""

from dataclasses import dataclass

import numpy as np

from skdime._results.explanation import PARTS
from skdime._utils.random import own_random_state
from skdime.metrics._checks import check_count, checked_explanation
from skdime.metrics._removal import Removal

# Changes of a part, relative to the row's largest value, that mean nothing.
_ROUNDING = 1e-10


@dataclass(frozen=True, eq=False, repr=False)
class FaithfulnessCurves:
    """What becomes of UC and MI while features are replaced one after the other.

    Curves run from 0 to 1 along the share of a modality's features that are replaced
    (deletion) or present (insertion). Modalities and rows with fewer points than
    others are filled up with nan.

    Attributes
    ----------
    fraction : ndarray of shape (n_rows, n_modalities, n_points)
        Share of the features that are replaced (deletion) or present (insertion).
    deletion, insertion : ndarray
        Value of the part, in the unit of the output, of shape (n_rows, 2,
        n_modalities, n_points, n_outputs), the second axis being UC and MI.
    order : {"signed", "magnitude"}
        What was replaced or inserted first.
    row_names, modality_names, output_names : ndarray
        Names along the axes.
    unit : str
        Unit of the values.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.metrics import faithfulness_curves
    >>> X = np.random.RandomState(0).normal(size=(300, 6))
    >>> modalities = [("a", [0, 1, 2]), ("b", [3, 4, 5])]
    >>> dis = Disentangler(lambda X: X[:, 0] + X[:, 3] * X[:, 1], modalities)
    >>> explainer = LocalExplainer(dis, random_state=0).fit(X)
    >>> curves = faithfulness_curves(explainer, X[:5], random_state=0)
    >>> curves.deletion.shape  # rows, parts, modalities, points, outputs
    (5, 2, 2, 4, 1)
    >>> mean, se = curves.mean_gain()
    >>> bool(mean[0, 0, 0] > 0)  # UC of a follows its features
    True
    """

    fraction: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray
    order: str
    row_names: np.ndarray
    modality_names: np.ndarray
    output_names: np.ndarray
    unit: str

    @property
    def deletion_area(self):
        """Areas under the deletion curves: (n_rows, 2, n_modalities, n_outputs).

        With ``order="signed"`` of the value itself: the smaller, the better. With
        ``order="magnitude"`` of its distance from the value of the row: the larger,
        the better.
        """
        return self._area(self._measured(self.deletion))

    @property
    def insertion_area(self):
        """Areas under the insertion curves: (n_rows, 2, n_modalities, n_outputs).

        With ``order="signed"`` of the value itself: the larger, the better. With
        ``order="magnitude"`` of its distance from the value of the row: the smaller,
        the better.
        """
        return self._area(self._measured(self.insertion))

    @property
    def gain(self):
        """Area between the two curves: (n_rows, 2, n_modalities, n_outputs).

        Positive is better. A ranking by chance has an expected gain of exactly 0,
        whatever the model, because its deletion and insertion go through the same
        sets of features. nan where there is nothing to rank: a single feature, or a
        part that does not change.
        """
        sign = 1 if self.order == "signed" else -1
        gain = sign * (self.insertion_area - self.deletion_area)
        return np.where(self._ranks(), gain, np.nan)

    def mean_gain(self):
        """Mean gain over rows, and its standard error over rows.

        Returns
        -------
        mean, se : ndarray of shape (2, n_modalities, n_outputs)
        """
        gain = self.gain
        known = ~np.isnan(gain)
        n_known = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, gain, 0).sum(axis=0) / n_known
        squares = np.where(known, (gain - mean) ** 2, 0).sum(axis=0)
        se = np.sqrt(squares / np.maximum(n_known - 1, 1) / n_known)
        return (
            np.where(known.any(axis=0), mean, np.nan),
            np.where(known.sum(axis=0) > 1, se, np.nan),
        )

    def mean_curves(self, n_points=21):
        """Curves averaged over rows, on equally spaced shares of features.

        Parameters
        ----------
        n_points : int, default=21
            Number of shares from 0 to 1; between the points of a curve it is
            interpolated.

        Returns
        -------
        fraction : ndarray of shape (n_points,)
        deletion, insertion : ndarray of shape (2, n_modalities, n_points, n_outputs)
        """
        grid = np.linspace(0, 1, n_points)
        means = [self._mean_on(grid, curves) for curves in self._curves()]
        return grid, *means

    def to_frame(self):
        """A tidy pandas frame: one line a point of a curve.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``row``, ``part``, ``modality``, ``output``, ``curve`` (deletion or
            insertion), ``fraction`` and ``value``.
        """
        import pandas as pd

        frames = []
        for curve, values in zip(
            ("deletion", "insertion"), self._curves(), strict=True
        ):
            r, p, m, i, c = (axis.ravel() for axis in np.indices(values.shape))
            columns = {
                "row": self.row_names[r],
                "part": np.array(PARTS)[p],
                "modality": self.modality_names[m],
                "output": self.output_names[c],
                "curve": curve,
                "fraction": self.fraction[r, m, i],
                "value": values.ravel(),
            }
            frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True).dropna(ignore_index=True)

    def __repr__(self):
        lines = [
            f"FaithfulnessCurves of {len(self.fraction)} row(s), unit: {self.unit}; "
            "area between insertion and deletion (by chance 0):"
        ]
        mean, se = self.mean_gain()
        for (p, m, c), value in np.ndenumerate(mean):
            lines.append(
                f"  {self.output_names[c]}, {PARTS[p]} of {self.modality_names[m]}: "
                f"{value:.4g} +- {se[p, m, c]:.2g}"
            )
        return "\n".join(lines)

    def _curves(self):
        return self.deletion, self.insertion

    def _ranks(self):
        """Where a ranking makes a difference, in the shape of areas."""
        several = (~np.isnan(self.fraction)).sum(axis=2) > 2
        both = np.concatenate(self._curves(), axis=3)
        known = ~np.isnan(both)
        highest, lowest = (
            reduce(np.where(known, both, empty), axis=3)
            for reduce, empty in ((np.max, -np.inf), (np.min, np.inf))
        )
        largest = np.where(known, np.abs(both), 0).max(axis=(1, 2, 3))[:, None, None]
        varies = highest - lowest > _ROUNDING * largest
        return several[:, None, :, None] & varies

    def _measured(self, curves):
        if self.order == "signed":
            return curves
        return np.abs(curves - self.deletion[:, :, :, :1])

    def _area(self, curves):
        """By the trapezoidal rule; nan for curves without points."""
        width = np.diff(self.fraction, axis=-1)[:, None, :, :, None]
        pieces = width * (curves[..., 1:, :] + curves[..., :-1, :]) / 2
        known = ~np.isnan(pieces)
        area = np.where(known, pieces, 0).sum(axis=-2)
        return np.where(known.any(axis=-2), area, np.nan)

    def _mean_on(self, grid, curves):
        total = np.zeros((*curves.shape[1:3], len(grid), curves.shape[-1]))
        n_known = np.zeros(curves.shape[2])
        for row, fraction in zip(curves, self.fraction, strict=True):
            for m, points in enumerate(fraction):
                known = ~np.isnan(points)
                n_known[m] += known.any()
                for p, c in np.ndindex(2, curves.shape[-1] if known.any() else 0):
                    values = row[p, m, known, c]
                    total[p, m, :, c] += np.interp(grid, points[known], values)
        with np.errstate(invalid="ignore"):
            return total / n_known[None, :, None, None]


def faithfulness_curves(
    explainer,
    X,
    explanation=None,
    *,
    order="signed",
    n_points=11,
    n_draws=20,
    random_state=None,
):
    """Deletion and insertion curves of UC and of MI, modality by modality.

    The features of one modality are replaced one after the other, in the order of the
    coefficients of UC, and UC of the changed row is evaluated each time; for MI
    likewise, in the order of its own coefficients. Insertion starts from all features
    replaced. A good explanation finds the features that matter first.

    Table columns are replaced by their values in reference rows, those of one draw all
    from the same row, and values are averaged over `n_draws` draws, which are the same
    for all rows. Series, texts and images are replaced as their perturber does it.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted.
    X : container of rows of shape (n_rows, n_columns)
        Rows to explain.
    explanation : Explanation, default=None
        The explanation to judge, of these rows; None is ``explainer.explain(X)``. Only
        its coefficients and names are used.
    order : {"signed", "magnitude"}, default="signed"
        ``"signed"`` goes from the most positive to the most negative coefficient, so
        that the value falls quickly under deletion and rises quickly under insertion.
        ``"magnitude"`` goes from the largest to the smallest absolute coefficient, and
        areas are those of the distance from the value of the row.
    n_points : int, default=11
        Points of a curve, at most; with fewer features one for each of them.
    n_draws : int, default=20
        Reference rows that replacements are taken from.
    random_state : int, RandomState instance or None, default=None
        Determines the draws.

    Returns
    -------
    curves : FaithfulnessCurves
        Values, areas and the gain over a ranking by chance.

    References
    ----------
    Samek et al. "Evaluating the visualization of what a deep neural network has
    learned", IEEE TNNLS 28 (2017), and Petsiuk, Das, Saenko. "RISE", BMVC 2018
    (deletion, insertion and their areas). Here the value of one part is followed, not
    the output of the model.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.metrics import faithfulness_curves
    >>> X = np.random.RandomState(0).normal(size=(300, 4))
    >>> dis = Disentangler(
    ...     lambda X: 3 * X[:, 0] + X[:, 1] + X[:, 0] * X[:, 2],
    ...     [("a", [0, 1]), ("b", [2, 3])],
    ...     random_state=0,
    ... )
    >>> explainer = LocalExplainer(dis, n_samples=100, random_state=0).fit(X)
    >>> curves = faithfulness_curves(explainer, X[:10], random_state=0)
    >>> mean, se = curves.mean_gain()
    >>> bool(mean[0, 0, 0] > 3 * se[0, 0, 0])
    True
    """
    if order not in ("signed", "magnitude"):
        raise ValueError(f"`order` must be 'signed' or 'magnitude'. Got {order!r}.")
    check_count("n_points", n_points, least=2)
    check_count("n_draws", n_draws)
    X, explanation = checked_explanation(explainer, X, explanation)
    removal = Removal(
        explainer, X, explanation, n_draws, own_random_state(random_state)
    )
    found = [
        _of_modality(removal, m, order, n_points)
        for m in range(len(explanation.modality_names))
    ]
    fraction, deletion, insertion = (
        _filled(parts, axis)
        for parts, axis in zip(zip(*found, strict=True), (1, 2, 2), strict=True)
    )
    return FaithfulnessCurves(
        fraction=fraction,
        deletion=deletion,
        insertion=insertion,
        order=order,
        row_names=explanation.row_names,
        modality_names=explanation.modality_names,
        output_names=explanation.output_names,
        unit=explanation.unit,
    )


def _of_modality(removal, m, order, n_points):
    """Fractions and curves of all rows for one modality."""
    coef = removal.explanation.coef[:, :, removal.features(m)]
    n, _, n_features, n_outputs = coef.shape
    unknown = np.isnan(coef[:, 0, :, 0])
    sizes = (~unknown).sum(axis=1)
    keys = -coef if order == "signed" else -np.abs(coef)
    ranking = np.argsort(keys, axis=2, kind="stable")  # nan goes last
    steps = [_steps(size, n_points) for size in sizes]
    longest = max(len(step) for step in steps)
    fraction = np.full((n, longest), np.nan)
    curves = np.full((2, n, 2, longest, n_outputs), np.nan)
    rows, kept, places = [], [], []
    for row, (size, step) in enumerate(zip(sizes, steps, strict=True)):
        fraction[row, : len(step)] = step / max(size, 1)
        for part, output in np.ndindex(2, n_outputs):
            order_here = ranking[row, part, :, output]
            for point, count in enumerate(step):
                present = np.isin(np.arange(n_features), order_here[:count])
                for curve, keeps in enumerate((~present, present)):
                    rows.append(row)
                    kept.append(keeps | unknown[row])
                    places.append((curve, row, part, point, output))
    if places:
        values = removal.values(m, np.array(rows), np.array(kept))
        _, _, part, _, output = where = tuple(np.array(places).T)
        curves[where] = values[np.arange(len(values)), part, output]
    return fraction, *curves


def _steps(n_features, n_points):
    """Numbers of features at the points of a curve, from none to all."""
    if not n_features:
        return np.empty(0, dtype=int)
    n_points = min(n_points, n_features + 1)
    return np.round(np.linspace(0, n_features, n_points)).astype(int)


def _filled(parts, axis):
    """Arrays of modalities along a new axis, filled up with nan along the next."""
    longest = max(part.shape[axis] for part in parts)
    filled = []
    for part in parts:
        missing = [(0, 0)] * part.ndim
        missing[axis] = (0, longest - part.shape[axis])
        filled.append(np.pad(part, missing, constant_values=np.nan))
    return np.stack(filled, axis=axis)
