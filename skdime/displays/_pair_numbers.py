"""The numbers of PairHeatmapDisplay: effects of one row, or means over rows."""

import numpy as np

from skdime._results.output_text import output_phrase
from skdime._results.pair_explanation import PairExplanation
from skdime._utils.missing import nan_mean
from skdime._utils.names import find_name
from skdime.displays._checks import check_any_row, check_result
from skdime.displays._words import output_label, shorten


def check_pairs(pairs):
    """Raise an error for anything but pairs of some rows."""
    source = "LocalExplainer.explain_pairs"
    instead = "an explainer use PairHeatmapDisplay.from_estimator(explainer, X)"
    check_result("pairs", pairs, PairExplanation, source, instead)
    check_any_row("pairs", pairs)


def pairs_of_row(pairs, row_explanation):
    """The pairs of the row of an explanation.

    Parameters
    ----------
    pairs : PairExplanation
    row_explanation : Explanation
        Of one row.

    Raises
    ------
    ValueError
        If the pairs are not those of the explanation: of other outputs or modalities.
    """
    check_pairs(pairs)
    same_outputs = np.array_equal(pairs.output_names, row_explanation.output_names)
    modalities = {*row_explanation.modality_names.tolist()}
    if not same_outputs or not modalities.issuperset(pairs.modality_names.tolist()):
        raise ValueError(
            "`pairs` must be of the same model as `explanation`: their outputs or "
            "modalities differ. Pass what explain_pairs of the same explainer returned "
            "for the same rows."
        )
    name = row_explanation.row_names[0]
    try:
        return pairs[find_name(pairs.row_names, name, "row")]
    except KeyError:
        raise ValueError(
            f"`pairs` has no row {shorten(str(name), 60)}. Pass what explain_pairs "
            "returned for the same rows."
        ) from None


def output_of_pairs(pairs, output):
    """Position of an output, and its name with its unit and why it is drawn."""
    names = pairs.output_names
    if output is not None:
        c, reason = find_name(names, output, "output"), ""
    else:
        c = int(np.nan_to_num(np.abs(pairs.mi)).mean(axis=0).argmax())
        reason = f" (the largest MI of {len(names)} outputs)" * (len(names) > 1)
    return c, output_label(output_phrase(pairs, pairs.unit, c), pairs.unit) + reason


def effects_of_row(pairs, c):
    """Signed effects of the first row, their sum, and what the row holds.

    Parameters
    ----------
    pairs : PairExplanation
    c : int
        Position of the output.
    """
    coef, se = _without_noise(pairs, c)
    return {
        "coef": coef[0],
        "se": se[0],
        "row_name": str(pairs.row_names[0]),
        "first_values": pairs.first_values[0],
        "second_values": pairs.second_values[0],
        "total": float(np.nansum(coef[0])),
        "rest": float(pairs.rest[0, c]),
    }


def mean_effects(pairs, c):
    """Mean absolute effects, and means of the standard errors of the rows.

    Parameters
    ----------
    pairs : PairExplanation
    c : int
        Position of the output.
    """
    coef, se = _without_noise(pairs, c)
    return {"coef": nan_mean(np.abs(coef)), "se": nan_mean(se), "n_rows": len(pairs)}


def _without_noise(pairs, c):
    """Effects and errors, 0 for what rounding has left where no interaction varies."""
    nothing = np.isnan(pairs.r2[:, c])[:, None, None]
    numbers = pairs.coef[..., c], pairs.se[..., c]
    return [np.where(nothing & ~np.isnan(part), 0.0, part) for part in numbers]


def largest(sizes, n_most):
    """Positions along the first axis that some row has, by the sum over the second."""
    (present,) = np.nonzero(~np.isnan(sizes).all(axis=1))
    sums = np.nansum(sizes[present], axis=1)
    return present[np.argsort(-sums, kind="stable")][:n_most]
