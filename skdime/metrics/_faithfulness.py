"""Deletion and insertion: do UC and MI follow when features are replaced?"""

from typing import Literal

import numpy as np

from skdime._results.explanation import Explanation
from skdime._utils.annotations import Rows, Seed
from skdime._utils.checks import check_choice, check_count
from skdime._utils.random import own_random_state
from skdime.metrics._checks import checked_explanation
from skdime.metrics._curves import FaithfulnessCurves
from skdime.metrics._fitted import FittedExplainer
from skdime.metrics._removal import Removal


def faithfulness_curves(
    explainer: FittedExplainer,
    X: Rows,
    explanation: Explanation | None = None,
    *,
    order: Literal["signed", "magnitude"] = "signed",
    n_points: int = 11,
    n_draws: int = 20,
    random_state: Seed = None,
) -> FaithfulnessCurves:
    """Measure whether replacing features with large coefficients changes a part most.

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
    >>> print(f"UC of a: {mean[0, 0, 0]:.1f} +- {se[0, 0, 0]:.1f}; by chance 0")
    UC of a: 2.1 +- 0.5; by chance 0
    """
    check_choice("order", order, ("signed", "magnitude"))
    check_count("n_points", n_points, least=2)
    check_count("n_draws", n_draws)
    X, explanation = checked_explanation(explainer, X, explanation)
    random_state = own_random_state(random_state)
    removal = Removal(explainer, X, explanation, n_draws, random_state)
    by_modality = [
        _of_modality(removal, m, order, n_points)
        for m in range(len(explanation.modality_names))
    ]
    fractions, curves = zip(*by_modality, strict=True)
    fraction = np.stack(fractions, axis=1)
    longest = np.isfinite(fraction).sum(axis=2).max()
    deletion, insertion = np.stack(curves, axis=3)[..., :longest, :]
    return FaithfulnessCurves(
        fraction=fraction[..., :longest],
        deletion=deletion,
        insertion=insertion,
        order=order,
        row_names=explanation.row_names,
        modality_names=explanation.modality_names,
        output_names=explanation.output_names,
        unit=explanation.unit,
    )


def _of_modality(removal, m, order, n_points):
    """Fractions and curves of all rows for one modality, nan after their points."""
    coef = removal.explanation.coef[:, :, removal.features(m)]
    n, _, n_features, n_outputs = coef.shape
    unknown = np.isnan(coef[:, 0, :, 0])
    sizes = (~unknown).sum(axis=1)
    keys = -coef if order == "signed" else -np.abs(coef)
    ranking = np.argsort(keys, axis=2, kind="stable")  # nan goes last
    steps = [_steps(size, n_points) for size in sizes]
    fraction = np.full((n, n_points), np.nan)
    curves = np.full((2, n, 2, n_points, n_outputs), np.nan)
    rows, present_features, places = [], [], []
    for row, (size, step) in enumerate(zip(sizes, steps, strict=True)):
        fraction[row, : len(step)] = step / max(size, 1)
        for part, output in np.ndindex(2, n_outputs):
            order_here = ranking[row, part, :, output]
            for point, count in enumerate(step):
                present = np.isin(np.arange(n_features), order_here[:count])
                for curve, keeps in enumerate((~present, present)):
                    rows.append(row)
                    present_features.append(keeps | unknown[row])
                    places.append((curve, row, part, point, output))
    if places:
        values = removal.values(m, np.array(rows), np.array(present_features))
        _, _, part, _, output = where = tuple(np.array(places).T)
        curves[where] = values[np.arange(len(values)), part, output]
    return fraction, curves


def _steps(n_features, n_points):
    """Numbers of features at the points of a curve, from none to all."""
    if not n_features:
        return np.empty(0, dtype=int)
    n_points = min(n_points, n_features + 1)
    return np.round(np.linspace(0, n_features, n_points)).astype(int)
