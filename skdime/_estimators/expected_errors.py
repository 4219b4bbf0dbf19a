"""The standard errors that explaining is expected to leave.

Before ``fit`` nothing is known of the model, and errors are those of rules of thumb.
What fit has evaluated tells more, and an explanation of other rows tells most.
"""

from typing import NamedTuple

import numpy as np

from skdime._surrogates.coalitions import Coalitions
from skdime._surrogates.games import Games
from skdime._surrogates.masking import Masking
from skdime._surrogates.neighbourhood import Neighbourhood
from skdime._surrogates.row_coalitions import RowCoalitions
from skdime._utils.missing import nan_mean

# Standard errors in standard deviations of the output: of UC with one reference, and
# with one hybrid where surrogates tell it; of coefficients with one reference and with
# one perturbation, by family. They shrink with the root of these numbers, and are
# geometric means over the problems of `benchmarks/cost.py --expected`.
OF_UC, OF_PREDICTED_UC = 0.5, 1.0
OF_REFERENCES = {Masking: 0.25, Games: 0.2}
OF_REFERENCES_OF_TABLES = 0.13
OF_PERTURBATIONS = {
    Neighbourhood: 0.7,
    Coalitions: 0.55,
    RowCoalitions: 0.55,
    Masking: 0.25,
    Games: 1.4,
}


class ExpectedErrors(NamedTuple):
    """Root mean square standard errors in standard deviations of the output.

    Attributes
    ----------
    uc, coef : float
    """

    uc: float
    coef: float


def expected_errors(fits, plan, correction):
    """Errors that are expected of rows.

    Parameters
    ----------
    fits : LocalFits
    plan : Plan
    correction : float
        Of standard errors, for a finite number of rows that references are drawn from;
        0 where they are no sample.

    Returns
    -------
    errors : ExpectedErrors
    """
    if plan.additive:
        return ExpectedErrors(0.0, 0.0)
    references, squares = fits.references, []
    of_uc = (correction * OF_UC) ** 2 / len(references)
    for family in fits.families:
        if isinstance(family, Neighbourhood) and hasattr(family, "tables"):
            measured = family.errors_at_references()
            of_uc = _of_interactions(measured, references)
            squares += [each.coef for each in measured]
            continue
        square = _by_rule(family, len(references), correction)
        squares += len(family.perturbers) * [square]
        if isinstance(family, RowCoalitions) and family.tells_effects:
            of_uc = OF_PREDICTED_UC**2 / family.n_perturbations
    return ExpectedErrors(float(np.sqrt(of_uc)), float(np.sqrt(np.mean(squares))))


def errors_of(explanation, references):
    """Errors that an explanation of other rows has left.

    Parameters
    ----------
    explanation : Explanation
    references : References
        With the baseline.

    Returns
    -------
    errors : ExpectedErrors
    """
    decomposition = explanation.decomposition
    of_uc = np.square(decomposition.uc_se).mean(axis=0)
    variance = references.influence.var(axis=0)
    if not references.baseline_of_tuples:
        # of two modalities the variance of UC's error is twice that of interactions
        variance = variance + len(references) * of_uc / 2
    # a single reference has none
    variance = np.where(variance > 0, variance, decomposition.output.var(axis=0))
    scale = np.where(variance > 0, variance, np.nan)
    of_coef = np.nanmean(np.square(explanation.se), axis=(0, 1, 2))
    return ExpectedErrors(*(_root_mean(each / scale) for each in (of_uc, of_coef)))


def _root_mean(squares):
    return float(np.sqrt(nan_mean(squares)))


def _of_interactions(measured, references):
    """Mean square error of UC, as if all modalities interacted like some of them.

    It is a mean of interactions of the row with references. Where the baseline is a
    mean over tuples, the interactions in these add half as much if they are pairs.
    """
    of_one = np.mean([each.interaction for each in measured])
    share = 1.5 if references.baseline_of_tuples else 1.0
    return share * len(references.modalities) * of_one


def _by_rule(family, n_references, correction):
    """Mean square error of the coefficients of a modality."""
    of_references = OF_REFERENCES.get(type(family), OF_REFERENCES_OF_TABLES)
    square = (correction * of_references) ** 2 / n_references
    if isinstance(family, RowCoalitions) and family.tells_effects:
        square = 0.0
    of_perturbations = OF_PERTURBATIONS.get(type(family))
    if of_perturbations is None:  # sums over leaves have none
        return square
    return square + of_perturbations**2 / family.n_perturbations
