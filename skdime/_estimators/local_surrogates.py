"""The local surrogates that the parameters of an explainer ask for."""

from sklearn.frozen import FrozenEstimator

from skdime._estimators.joint_distribution import check_coefficients, is_joint
from skdime._references.tolerance import Tolerance
from skdime._surrogates.local_fits import LocalFits

# Perturbations that n_samples="auto" begins with, and the most it takes.
FEWEST_SAMPLES, MOST_SAMPLES = 250, 4000


def local_fits(explainer, references, perturbers, tol=None):
    """The surrogates of an explainer, of perturbers that need not be fitted.

    Parameters
    ----------
    explainer : LocalExplainer
    references : References
    perturbers : list of (str, perturber)
    tol : Tolerance, default=None
        None is that of the explainer.

    Returns
    -------
    fits : LocalFits
    """
    check_coefficients(explainer, perturbers)
    auto = explainer.n_samples == "auto"
    algorithm = getattr(explainer, "algorithm_", explainer.algorithm)
    return LocalFits(
        references,
        perturbers,
        n_samples=MOST_SAMPLES if auto else explainer.n_samples,
        # a weighted mean takes the outputs with all references
        exhaustive=algorithm == "exhaustive" or is_joint(explainer.disentangler),
        coalitions=algorithm == "coalitions" or explainer.budget is not None,
        kernel_width=explainer.kernel_width,
        alpha=explainer.alpha,
        tol=Tolerance.of(explainer.tol) if tol is None else tol,
        by_row=explainer.budget is not None,
        shapley=explainer.attribution == "shapley",
        of_training=not isinstance(explainer.disentangler, FrozenEstimator),
    )
