"""What is proved of a model that is fitted already, before ``fit`` sees any row."""

from dataclasses import replace

import numpy as np
from sklearn.frozen import FrozenEstimator

from skdime._estimators.joint_distribution import is_joint
from skdime._models.model import is_fitted
from skdime._models.response import Response
from skdime._references.leaf_means import LeafMeans
from skdime._references.plan import best_plan
from skdime._references.weighting import MOST_EVALUATED
from skdime._rows.containers import n_rows, take
from skdime._rows.modalities import split


def plan_before_fit(disentangler, X, modalities):
    """The plan that ``fit`` makes, unless reference rows refute it.

    Parameters
    ----------
    disentangler : Disentangler
    X : container of rows
    modalities : list of (str, ndarray of int)

    Returns
    -------
    plan : Plan or None
        None where the model is a function, or is fitted only then.
    """
    model = disentangler.estimator
    if not isinstance(model, FrozenEstimator) or not is_fitted(model):
        return None
    response = Response(
        model,
        disentangler.response_method,
        disentangler.link,
        pos_label=disentangler.pos_label,
    )
    columns = [columns for _, columns in modalities]
    return best_plan(response, columns, split(take(X, [0]), modalities))


def with_leaf_means(references, disentangler, plan, X, n_fit):
    """References of which the number is known, with means over leaves of trees.

    Parameters
    ----------
    references : References
    disentangler : Disentangler
    plan : Plan
    X : container of rows
        Stand for the references, whose values decide nothing of the cost.
    n_fit : int or None
        Rows that they are drawn from.

    Returns
    -------
    references : References
    """
    n, modalities = len(references), references.modalities
    as_tuple = disentangler.include_self and len(modalities) > 2
    is_uniform = disentangler.reference_weights == "uniform"
    if plan.trees is None or as_tuple or not is_uniform or is_joint(disentangler):
        return references
    # of more than so many references only some are evaluated one by one
    some = np.arange(min(n, MOST_EVALUATED + 1)) % n_rows(X)
    n_pool = np.inf if n_fit != n else len(some)
    means = LeafMeans(plan, split(take(X, some), modalities), n_pool)
    return replace(references, leaf_means=means)
