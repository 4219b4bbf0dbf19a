"""Infidelity and sensitivity of explanations."""

import numpy as np

from skdime._references.designs import all_masks
from skdime._results.explanation import Explanation
from skdime._rows.containers import (
    column,
    is_multimodal,
    join,
    n_rows,
    select,
    with_values,
)
from skdime._rows.values import as_numbers
from skdime._utils.annotations import Floats, Rows, Seed
from skdime._utils.checks import check_count
from skdime._utils.random import own_random_state
from skdime._utils.rounding import DIFFERENCES_OF_MEANS
from skdime.metrics._checks import checked_explanation
from skdime.metrics._fitted import FittedExplainer
from skdime.metrics._removal import Removal


def infidelity(
    explainer: FittedExplainer,
    X: Rows,
    explanation: Explanation | None = None,
    *,
    n_subsets: int = 50,
    n_draws: int = 20,
    normalize: bool = False,
    random_state: Seed = None,
) -> Floats:
    r"""Measure how wrongly coefficients predict what replacing features changes.

    For random subsets S of a modality's features, the change that the coefficients c
    predict is compared with the change in the part v (UC or MI) when the features of S
    are replaced:

    .. math:: \mathrm{E}_S \Bigl[\Bigl(\sum_{f \in S} c_f
        - \bigl(v(x) - v(x_{\setminus S})\bigr)\Bigr)^2\Bigr]

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted.
    X : container of rows of shape (n_rows, n_columns)
        Rows to explain.
    explanation : Explanation, default=None
        The explanation to judge, of these rows; None is ``explainer.explain(X)``.
    n_subsets : int, default=50
        Subsets drawn for each row; their sizes are uniform on 1, ..., d. All there are
        if these are no more.
    n_draws : int, default=20
        Reference rows that replacements of table columns are taken from; the part is
        averaged over them, with weights that give numbers their average, and the
        mean square of what such a mean is off is taken away.
    normalize : bool, default=False
        Divide by the mean squared change: 0 is perfect, 1 as good as coefficients of
        0. nan where the part does not change.
    random_state : int, RandomState instance or None, default=None
        Determines subsets and draws.

    Returns
    -------
    infidelity : ndarray of shape (n_rows, 2, n_modalities, n_outputs)
        In the squared unit of the output, unless normalised.

    References
    ----------
    Yeh, Hsieh, Suggala, Inouye, Ravikumar. "On the (in)fidelity and sensitivity of
    explanations", NeurIPS 2019, with the removal of features as perturbation.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.metrics import infidelity
    >>> X = np.random.RandomState(0).normal(size=(300, 4))
    >>> dis = Disentangler(
    ...     lambda X: 3 * X[:, 0] + X[:, 1] + X[:, 2],
    ...     [("a", [0, 1]), ("b", [2, 3])],
    ...     random_state=0,
    ... )
    >>> explainer = LocalExplainer(dis, random_state=0).fit(X)
    >>> wrong = infidelity(explainer, X[:1], normalize=True)
    >>> wrong[0, 0, :, 0].round(4) + 0  # UC is linear
    array([0., 0.])
    """
    check_count("n_subsets", n_subsets)
    check_count("n_draws", n_draws)
    X, explanation = checked_explanation(explainer, X, explanation)
    random_state = own_random_state(random_state)
    removal = Removal(explainer, X, explanation, n_draws, random_state)
    seed = random_state.randint(np.iinfo(np.int32).max)
    by_modality = [
        _of_modality(removal, m, n_subsets, seed, normalize)
        for m in range(len(explanation.modality_names))
    ]
    return np.stack(by_modality, axis=2)


def max_sensitivity(
    explainer: FittedExplainer,
    X: Rows,
    explanation: Explanation | None = None,
    *,
    radius: float = 0.1,
    n_draws: int = 10,
    random_state: Seed = None,
) -> Floats:
    r"""Measure how much coefficients change when the row changes a little.

    Numbers with decimals are moved independently and uniformly by up to `radius` times
    their standard deviation over the references; other columns stay. Of each modality
    and part it is

    .. math:: \max_{x'} \lVert c(x') - c(x) \rVert_2 \, / \, \lVert c(x) \rVert_2

    over the draws x'. The model sees rows that are not in the data.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted on a table (array or data frame) with columns of floats.
    X : container of rows of shape (n_rows, n_columns)
        Rows to explain.
    explanation : Explanation, default=None
        The explanation of these rows; None is ``explainer.explain(X)``.
    radius : float, default=0.1
        Largest change of a number, in standard deviations.
    n_draws : int, default=10
        Changed rows explained for each row.
    random_state : int, RandomState instance or None, default=None
        Determines the changes.

    Returns
    -------
    sensitivity : ndarray of shape (n_rows, 2, n_modalities, n_outputs)
        Relative to the norm of the coefficients; nan where a part does not vary.

    References
    ----------
    Yeh, Hsieh, Suggala, Inouye, Ravikumar. "On the (in)fidelity and sensitivity of
    explanations", NeurIPS 2019 (SENS-MAX), divided by the norm of the explanation.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.metrics import max_sensitivity
    >>> X = np.random.RandomState(0).normal(size=(300, 2))
    >>> dis = Disentangler(lambda X: X[:, 0] + X[:, 1], [("a", [0]), ("b", [1])])
    >>> explainer = LocalExplainer(dis, random_state=0).fit(X)
    >>> row = np.array([[2.0, 2.0]])  # coefficients are 2, and may become 2 +- 0.1
    >>> found = max_sensitivity(explainer, row, random_state=0)
    >>> found[0, 0, :, 0].round(2)  # of UC
    array([0.05, 0.04])
    """
    if not radius > 0:
        raise ValueError(f"`radius` must be positive. Got {radius!r:.60} instead.")
    check_count("n_draws", n_draws)
    X, explanation = checked_explanation(explainer, X, explanation)
    random_state = own_random_state(random_state)
    scales = _scales(explainer.disentangler_)
    changed = np.zeros((n_rows(X), 2, *explanation.intercept.shape[2:]))
    for _ in range(n_draws):
        other = explainer.explain(_with_steps(X, scales, radius, random_state))
        difference = _norms(other.coef - explanation.coef, explanation)
        changed = np.maximum(changed, difference)
    size = _norms(explanation.coef, explanation)
    varies = (size > 0) & ~np.isnan(explanation.r2)
    return np.divide(changed, size, out=np.full(size.shape, np.nan), where=varies)


def _of_modality(removal, m, n_subsets, seed, normalize):
    features = removal.features(m)
    coef = removal.explanation.coef[:, :, features]
    parts = removal.explanation.decomposition
    whole = np.stack([parts.uc, parts.mi], axis=1)
    unknown = np.isnan(coef[:, 0, :, 0])
    rows, masks = [], []
    for row, absent in enumerate(unknown):
        removed = _subsets(int((~absent).sum()), n_subsets, seed)
        present = np.ones((len(removed), len(features)), dtype=bool)
        present[:, ~absent] = ~removed
        rows.append(np.full(len(removed), row))
        masks.append(present)
    rows, masks = np.concatenate(rows), np.concatenate(masks)
    result = np.full((len(coef), 2, coef.shape[-1]), np.nan)
    if not len(rows):
        return result
    values, variance = removal.values_and_variance(m, rows, masks)
    change = whole[rows] - values
    promised = np.einsum("sf,spfc->spc", ~masks, np.nan_to_num(coef)[rows])
    for row in np.unique(rows):
        here = rows == row
        # what few draws add to every square
        by_chance = variance[here].mean(axis=0)
        error = np.square(promised[here] - change[here]).mean(axis=0) - by_chance
        error = np.maximum(error, 0)
        size = 1.0
        if normalize:
            size = np.maximum(np.square(change[here]).mean(axis=0) - by_chance, 0)
        rounding = DIFFERENCES_OF_MEANS * np.abs(whole[row]).max()
        unchanged = size <= rounding**2
        result[row] = np.where(unchanged, np.nan, error / np.where(unchanged, 1, size))
    return result


def _subsets(n_features, n_subsets, seed):
    """Subsets that are not empty, the same for all rows with as many features."""
    if not n_features:
        return np.zeros((0, 0), dtype=bool)
    if 2**n_features - 1 <= n_subsets:
        return all_masks(n_features)[1:]
    random_state = np.random.RandomState(seed)
    sizes = random_state.randint(1, n_features + 1, size=n_subsets)
    order = np.argsort(random_state.uniform(size=(n_subsets, n_features)), axis=1)
    return order < sizes[:, None]


def _scales(disentangler):
    """Standard deviations of columns of floats; None for other columns."""
    references = disentangler.references_
    if n_rows(references) < 2:
        raise ValueError(
            "max_sensitivity moves numbers by shares of their standard deviation over "
            "references, but the explainer has a single reference. Fit one with "
            "references='sample'."
        )
    if is_multimodal(references) or len(references.shape) != 2:
        raise TypeError(
            "max_sensitivity moves the numbers of a table: an array or data frame with "
            f"columns. The explainer was fitted on a {type(references).__name__} of "
            f"shape {references.shape}."
        )
    columns = [column(references, j) for j in range(references.shape[1])]
    scales = [
        float(np.nanstd(as_numbers(values))) if _is_float(values) else None
        for values in columns
    ]
    if all(scale is None for scale in scales):
        dtypes = [str(values.dtype) for values in columns[:5]]
        raise ValueError(
            "max_sensitivity moves numbers with decimals, but X has no column of "
            f"floats. Its first columns are of {dtypes}."
        )
    return scales


def _is_float(values):
    return str(values.dtype).lower().startswith("float")


def _with_steps(X, scales, radius, random_state):
    columns = [np.array([j]) for j in range(len(scales))]
    blocks = []
    for j, scale in zip(columns, scales, strict=True):
        block = select(X, j)
        if scale is not None:
            step = random_state.uniform(-radius, radius, size=n_rows(X))
            block = with_values(block, as_numbers(column(block, 0)) + scale * step)
        blocks.append(block)
    return join(blocks, columns)


def _norms(coef, explanation):
    """Norms over each modality's features: (n_rows, 2, n_modalities, n_outputs)."""
    names = explanation.modality_names
    owners = explanation.feature_modalities
    squares = np.nan_to_num(np.square(coef))
    each = [squares[:, :, owners == name].sum(axis=2) for name in names]
    return np.sqrt(np.stack(each, axis=2))
