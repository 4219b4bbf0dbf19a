"""What ``Disentangler(distribution="joint")`` needs, and what goes without it."""

import numpy as np

from skdime._references.density_ratio import DensityRatio, check_enough
from skdime._references.realism import MOST_ROWS
from skdime._rows.containers import n_rows, take
from skdime._rows.modalities import split

# All pairs of references are evaluated, and as many influences stored.
_MOST_REFERENCES = 500
# Parameters, values that do not go with the joint distribution, and what does.
_REFUSED = (
    ("references", "average", "'sample' or rows of your own"),
    ("reference_weights", "calibrated", "'uniform'"),
    ("include_self", True, "False"),
    ("n_references", "auto", f"a number up to {_MOST_REFERENCES}"),
)


def is_joint(disentangler):
    """Whether a disentangler, which may be frozen, is of the joint distribution."""
    return getattr(disentangler, "distribution", "product") == "joint"


def refuse_joint(disentangler, what):
    """Refuse the joint distribution where effects of modalities are not enough.

    Parameters
    ----------
    disentangler : Disentangler
    what : str
        What needs more.
    """
    if is_joint(disentangler):
        raise ValueError(
            f"{what} needs a Disentangler with distribution='product'; this one has "
            "distribution='joint'."
        )


def check_coefficients(explainer, perturbers):
    """Refuse surrogates that take references for equally weighted.

    Parameters
    ----------
    explainer : LocalExplainer
    perturbers : list of (str, perturber)
    """
    if not is_joint(explainer.disentangler):
        return
    others = {
        "budget": explainer.budget is not None,
        "algorithm='coalitions'": explainer.algorithm == "coalitions",
        "attribution='shapley'": explainer.attribution == "shapley",
    }
    others |= {
        f"the {type(perturber).__name__} of modality {name!r:.60}": perturber.masks_rows
        for name, perturber in perturbers
    }
    for what in (name for name, is_other in others.items() if is_other):
        raise ValueError(
            "With distribution='joint', coefficients are those of tables on draws "
            "(algorithm='draws'), of a TabularPerturber for each modality. They do not "
            f"go with {what}. Change it, or set distribution='product' in the "
            "Disentangler."
        )


def check_joint(disentangler):
    """Refuse parameters that go without the joint distribution only.

    Parameters
    ----------
    disentangler : Disentangler
        With ``modalities_``.
    """
    n_modalities = len(disentangler.modalities_)
    if n_modalities != 2:
        raise ValueError(
            f"distribution='joint' takes two modalities, got {n_modalities}. Join some "
            "of them, or set distribution='product'."
        )
    for name, refused, allowed in _REFUSED:
        value = getattr(disentangler, name)
        if isinstance(value, type(refused)) and value == refused:
            raise ValueError(_not_joint(name, value, allowed))
    if disentangler._fixed is not None:
        raise ValueError(_not_joint("remainder", "hold", "'error' or a modality"))


def _not_joint(name, value, allowed):
    return (
        f"distribution='joint' does not go with {name}={value!r:.60}. Set {name} to "
        f"{allowed}, or set distribution='product'."
    )


def density_ratio(disentangler, X, references):
    """How modalities depend on each other, learnt from the rows that are compared with.

    Parameters
    ----------
    disentangler : Disentangler
        With ``modalities_``.
    X : container of rows
        Those given to ``fit``.
    references : ReferenceRows

    Returns
    -------
    ratio : DensityRatio
    """
    n = n_rows(references.rows)
    if n > _MOST_REFERENCES:
        raise ValueError(
            f"distribution='joint' evaluates all pairs of references, {n:,} of which "
            f"are {n**2:,} pairs. Set n_references to {_MOST_REFERENCES} or fewer."
        )
    rows = X if references.kind == "sample" else references.rows
    check_enough(n_rows(rows))
    some = np.random.RandomState(0).permutation(n_rows(rows))[:MOST_ROWS]
    return DensityRatio(split(take(rows, some), disentangler.modalities_))
