"""How well surrogates reproduce UC and MI on perturbations they were not fitted on."""

from typing import NamedTuple

import numpy as np

from skdime._references.designs import random_masks
from skdime._results.explanation import Explanation
from skdime._rows.containers import cells, n_rows, select, take
from skdime._rows.modalities import split
from skdime._rows.validation import check_rows
from skdime._utils.annotations import Floats, Rows, Seed
from skdime._utils.checks import check_count
from skdime._utils.random import own_random_state
from skdime.metrics._checks import check_explainer, check_kind
from skdime.metrics._fitted import FittedExplainer


def fidelity(
    explainer: FittedExplainer,
    X: Rows,
    *,
    n_samples: int = 200,
    random_state: Seed = None,
) -> Floats:
    r"""Measure how well surrogate models predict new perturbations (R2).

    Perturbations are drawn anew, UC and MI are evaluated on them, and what the
    surrogates that explain the row predict is compared:

    .. math:: 1 - \frac{\sum_p w_p (v_p - \hat v_p)^2}{\sum_p w_p (v_p - \bar v)^2}

    with the kernel weights :math:`w` as seen from the row; masks have equal weights.
    ``Explanation.r2`` is on the perturbations of the fit, and too good where these are
    few.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted.
    X : container of rows of shape (n_rows, n_columns)
        Rows to explain.
    n_samples : int, default=200
        Fresh perturbations of each modality. Features of tables take their values from
        the references and from the perturbations of the fit, in new combinations
        (``sampler="rows"``: from the references only); masks are random.
    random_state : int, RandomState instance or None, default=None
        Determines the perturbations.

    Returns
    -------
    r2 : ndarray of shape (n_rows, 2, n_modalities, n_outputs)
        1 is perfect, 0 as good as a constant, negative worse; nan where the part does
        not vary.

    References
    ----------
    Ribeiro, Singh, Guestrin. "Why should I trust you?", KDD 2016 (local fidelity);
    measured out of sample.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.metrics import fidelity
    >>> X = np.random.RandomState(0).normal(size=(300, 4))
    >>> dis = Disentangler(
    ...     lambda X: 3 * X[:, 0] + X[:, 1] + X[:, 2],
    ...     [("a", [0, 1]), ("b", [2, 3])],
    ...     random_state=0,
    ... )
    >>> explainer = LocalExplainer(dis, random_state=0).fit(X)
    >>> fidelity(explainer, X[:1], random_state=0)[0, :, :, 0].round(3)  # additive
    array([[ 1.,  1.],
           [nan, nan]])
    """
    lost, total = lost_and_total(explainer, X, n_samples, random_state)
    varies = total > 0
    return np.where(varies, 1 - lost / np.where(varies, total, 1), np.nan)


def local_accuracy(explanation: Explanation) -> Floats:
    """Measure how far the surrogate model's prediction is from UC and MI at the row.

    Parameters
    ----------
    explanation : Explanation
        Of any rows.

    Returns
    -------
    gap : ndarray of shape (n_rows, 2, n_modalities, n_outputs)
        ``|local_prediction - target|``, in the unit of the output. 0 means that
        intercept and coefficients add up to UC, or MI, of the row.

    References
    ----------
    The property "local accuracy" of Lundberg, Lee. "A unified approach to interpreting
    model predictions", NeurIPS 2017, as a number; a linear model need not have it.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.metrics import local_accuracy
    >>> from skdime.perturbers import TabularPerturber
    >>> X = np.random.RandomState(0).normal(size=(300, 2))
    >>> dis = Disentangler(lambda X: 3 * X[:, 0] + X[:, 1] ** 2)
    >>> lines = {name: TabularPerturber(effects="slope") for name in ["x0", "x1"]}
    >>> explainer = LocalExplainer(dis, lines, random_state=0).fit(X)
    >>> gap = local_accuracy(explainer.explain(np.array([[0.0, 3.0]])))
    >>> gap.shape  # rows, parts, modalities, outputs
    (1, 2, 2, 1)
    >>> gap[0, 0, :, 0].round(1)  # a line misses a square at its end
    array([0. , 1.7])
    """
    check_kind("explanation", explanation, "local_prediction", "an Explanation")
    return np.abs(explanation.local_prediction - explanation.target)


def lost_and_total(explainer, X, n_samples, random_state):
    """Weighted squared errors and variances on fresh perturbations.

    Returns
    -------
    lost, total : ndarray of shape (n_rows, 2, n_modalities, n_outputs)
        `total` is 0 where the part does not vary.
    """
    check_explainer(explainer)
    _check_algorithm(explainer)
    check_count("n_samples", n_samples, least=2)
    X = check_rows(explainer, X, reset=False)
    random_state = own_random_state(random_state)
    dis = explainer.disentangler_
    shape = n_rows(X), 2, len(dis.modalities_), len(dis.output_names_)
    lost, total = np.zeros((2, *shape))
    # LocalExplainer.score sees a comparable number of rows, and reports no progress
    engine = dis._engine(explainer.n_jobs)
    effects = dis._references.effects(engine, X, by_tuple=explainer._fits.by_tuple)
    way = engine.way((n_rows(X), n_samples))
    draws = _Draws(explainer, engine, way, n_samples, random_state)
    for fit in explainer._fits.fit_locally(engine, X, effects):
        rows, m = np.arange(shape[0])[fit.rows], fit.modality
        blocks = split(take(X, rows), dis.modalities_)
        fresh = draws.of(m, blocks[m], not _is_line(fit))
        if fresh is None:
            continue
        others = effects.main[rows].sum(axis=1) - effects.main[rows, m]
        targets = draws.targets(m, fresh, blocks, others)
        errors = _lost_and_total(fit, fresh, targets)
        for result, values in zip((lost, total), errors, strict=True):
            result[rows, :, m] = values.reshape(len(rows), 2, -1)
    return lost, total


def _check_algorithm(explainer):
    """Surrogates on hybrids of each row have no draws that could be drawn anew."""
    if explainer.attribution == "shapley":
        raise NotImplementedError(
            "Fresh draws measure surrogates of single modalities, which "
            "attribution='shapley' does not have. Set attribution='dime'."
        )
    by_row = [
        name
        for name, perturber in explainer.perturbers_
        if not perturber.masks_rows and perturber.varies_columns
    ]
    if explainer.algorithm_ == "coalitions" and by_row:
        raise NotImplementedError(
            f"Fresh draws measure surrogates on draws, but modality {by_row[0]!r:.60} "
            "is perturbed row by row (algorithm_ is 'coalitions'). R2 in the "
            "explanation is that of hybrids left out already; or set algorithm='draws'."
        )


class FreshPerturbations(NamedTuple):
    """Perturbations that a local model was not fitted on, as seen from rows.

    Attributes
    ----------
    block : container of rows of shape (n_samples, n_columns)
    regressors : ndarray of shape (n_rows or 1, n_samples, n_regressors) or None
        None where the surrogates bend.
    weights : ndarray of shape (n_rows, n_samples)
    """

    block: object
    regressors: np.ndarray
    weights: np.ndarray


class _Draws:
    """Fresh perturbations, and UC and MI on them."""

    def __init__(self, explainer, engine, way, n_samples, random_state):
        self.explainer = explainer
        self.options = explainer.kernel_width, explainer.alpha
        self.engine, self.way = engine, way
        self.n_samples = n_samples
        self.dis = explainer.disentangler_
        self.seed = random_state.randint(np.iinfo(np.int32).max)
        self._redrawn, self._means = {}, {}
        for m, (_, perturber) in enumerate(explainer.perturbers_):
            if not perturber.masks_rows:
                references = select(self.dis.references_, self.dis.modalities_[m][1])
                fresh = perturber.redraw(references, n_samples, random_state)
                self._redrawn[m] = fresh
                self._means[m] = self._mean(m, fresh.draws_)

    def of(self, m, block, bends):
        """Perturbations of rows; None for a row without features that matter.

        Surrogates that bend stand for all draws alike, straight lines for near ones.
        """
        if m not in self._redrawn:
            return self._masked(self.explainer.perturbers_[m][1], block)
        fresh = self._redrawn[m]
        if bends:
            weights = np.ones((n_rows(block), n_rows(fresh.draws_)))
            return FreshPerturbations(fresh.draws_, None, weights)
        design = fresh.design(block, *self.options)
        return FreshPerturbations(fresh.draws_, design.regressors, design.weights)

    def _masked(self, perturber, row):
        cell = cells(row)[0]
        names = perturber.features(cell)
        active = np.flatnonzero(~perturber.inert(cell)) if names else np.empty(0, int)
        if not len(active):
            return None
        masks = np.ones((self.n_samples, len(names)), dtype=bool)
        masks[:, active] = random_masks(len(active), self.n_samples, self.seed)
        weights = np.ones((1, self.n_samples))
        perturbed = perturber.perturb_row(row, masks)
        return FreshPerturbations(perturbed, masks[None].astype(float), weights)

    def targets(self, m, fresh, blocks, others):
        """UC, then MI, of all outputs: (n_rows, n_samples, 2 * n_outputs)."""
        outputs = self.dis._references.over_draws(self.way, blocks, m, fresh.block)
        mean = self._means[m] if m in self._means else self._mean(m, fresh.block)
        unimodal = mean + others[:, None]
        parts = self.dis._references.parts(outputs, unimodal)
        return np.concatenate(parts, axis=-1)

    def _mean(self, m, block):
        references = self.dis._references
        way = self.engine.way((n_rows(block), len(references)))
        return references.conditional(way, {m: block}).mean


def _is_line(fit):
    """Whether predictions are linear in the regressors of a perturber."""
    return fit.predictor is None and fit.slopes.shape[1] > 0


def _predicted(fit, fresh, targets):
    """UC and MI of fresh perturbations by the surrogates."""
    if _is_line(fit):
        return fit.predict(fresh.regressors)
    # sums over the leaves of trees are the model itself
    return targets if fit.predictor is None else fit.predictor(fresh.block)


def _lost_and_total(fit, fresh, targets):
    """Weighted squared errors and variances: two arrays of (n_rows, n_targets)."""
    weights = fresh.weights / fresh.weights.sum(axis=1, keepdims=True)
    errors = targets - _predicted(fit, fresh, targets)
    lost = (weights[:, None] @ np.square(errors))[:, 0]
    mean = weights[:, None] @ targets
    total = (weights[:, None] @ np.square(targets - mean))[:, 0]
    return lost, np.where(total > fit.least_variation**2, total, 0.0)
