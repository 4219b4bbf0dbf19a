"""Warnings about explanations that should not be relied on, and what to change."""

import numpy as np

from skdime._results.fields import PARTS
from skdime._utils.listed import count, listed
from skdime._utils.warn import warn

# A surrogate that explains less of a part's variation than this says little of it.
_LEAST_R2 = 0.1
# Share of MI in what moves an output, above which its fit is worth a warning.
_LEAST_SHARE = 0.25
# What an approximation may leave of a part's coefficients before it is worth a warning.
_MOST_APPROXIMATED = 1 / 3
_TINY = np.finfo(float).tiny
# What a low R2 says of surrogates that are straight lines, or that bend; what helps.
_STRAIGHT = (
    "the local linear model",
    "The model is nonlinear in these features, so do not rank features by these "
    "coefficients; UC and MI themselves are not affected. Try a smaller kernel_width, "
    "or combine features with `groups`.",
)
_BENT = (
    "the surrogate on held-out perturbations",
    "Check the standard errors of these coefficients; UC and MI themselves are not "
    "affected. A larger n_samples and a smaller tol decrease them.",
)


def warn_never_drawn(coef, layout, perturbers, blocks, explained=None):
    """Name the values whose effect is unknown, because no perturbation has them."""
    rows_unseen, values_unseen = set(), set()
    for m, (name, perturber) in enumerate(perturbers):
        if explained is not None and m not in explained:
            continue
        if perturber.masks_rows:
            continue
        rows, features = np.nonzero(np.isnan(coef[:, 0, layout.whole(m), 0]))
        if len(rows):
            rows_unseen |= set(rows.tolist())
            values_unseen |= _written(name, perturber, blocks[m], rows, features)
    if rows_unseen:
        warn(
            "No perturbation contains these values of "
            f"{count(len(rows_unseen), 'row')}, so their coefficients are nan: "
            f"{listed(sorted(values_unseen), write=str)}. "
            "If the values are rare in the training data, increase n_samples; if they "
            "do not occur there, fit on data that contain them."
        )


def warn_few_decide(names):
    """Name the modalities of which few combinations of values decide means.

    Parameters
    ----------
    names : list of str
    """
    if names:
        warn(
            f"Few combinations of values decide mean outputs of {listed(names)}: a "
            "handful of perturbations make most of what the surrogate misses, and "
            "others like them may be missing. Standard errors of the coefficients may "
            "be too small. A larger n_samples helps, and so does explaining the "
            "logarithm of the output."
        )


def warn_unknown_values(perturbers, blocks, drawn):
    """Name the values of rows that no perturbation and no neighbour of one has.

    Parameters
    ----------
    perturbers : list of (str, perturber)
    blocks : list of blocks
        Of the explained rows.
    drawn : iterable of int
        Modalities whose effects bend and whose perturbations all rows share.
    """
    rows_unknown, values_unknown = set(), set()
    for m in drawn:
        name, perturber = perturbers[m]
        rows, columns = np.nonzero(perturber.is_unknown(blocks[m]))
        if len(rows) and len(perturber.feature_names_) > 1:
            rows_unknown |= set(rows.tolist())
            values_unknown |= _written(name, perturber, blocks[m], rows, columns)
    if rows_unknown:
        warn(
            f"No perturbation has these values of {count(len(rows_unknown), 'row')}: "
            f"{listed(sorted(values_unknown), write=str)}. Only the outputs of these "
            "rows tell what the values do. Where it depends on other columns of the "
            "modality, coefficients may share it in a wrong way, by more than their "
            "standard errors. Fit on data that contain the values, or set "
            "algorithm='coalitions'."
        )


def _written(name, perturber, block, rows, columns):
    """What columns of rows hold, each different value once; rare categories hidden."""
    values, features = perturber.describe(block), perturber.features_[columns]
    is_hidden = perturber.categorical_[columns] & (perturber.min_count > 1)
    return {
        f"{name}/{perturber.feature_names_[f]} = "
        + (
            "a category rarer than min_count"
            if hidden
            else f"{str(values[r, f])!r:.60}"
        )
        for r, f, hidden in zip(rows, features, is_hidden, strict=True)
    }


def warn_poor_fits(explanation, perturbers):
    """Name rows and modalities whose surrogates rest on little, or fit badly.

    One warning of each kind names all of them.
    """
    bent = {name for name, p in perturbers if p.masks_rows or p.varies_columns}
    narrow, rough, straight, curved = [], [], [], []
    for m, name in enumerate(explanation.modality_names.tolist()):
        narrow += _too_few(explanation, m, name)
        for p, weight in enumerate(_weights(explanation, m, name in bent)):
            of_part = explanation, p, m, name, weight
            rough += _approximated(*of_part)
            (curved if name in bent else straight).extend(_poor(*of_part))
    if narrow:
        warn(
            f"Too few perturbations lie near {'; '.join(narrow)}. The coefficients are "
            "unreliable there. Increase kernel_width or n_samples."
        )
    if rough:
        warn(
            f"{'; '.join(rough)}: approximated roughly, so that the error may exceed a "
            "third of the coefficients. Give LocalExplainer a smaller tol, or "
            "algorithm='exhaustive'."
        )
    for poor, (surrogate, advice) in ((straight, _STRAIGHT), (curved, _BENT)):
        if poor:
            warn(
                f"{'; '.join(poor)}: fitted poorly by {surrogate}, with an R2 below "
                f"{_LEAST_R2:g}. {advice}"
            )


def _weights(explanation, m, bends):
    """Shares of UC and MI in what moves each output; MI of none is of no interest."""
    parts = explanation.decomposition
    sizes = np.abs(parts.main).sum(axis=1), np.abs(parts.mi)
    total = np.maximum(sum(sizes), _TINY)
    # straight lines may miss all of a part, surrogates that bend only what is small
    alone = np.abs(parts.main[:, m]) / total if bends else np.ones_like(total)
    return alone, sizes[1] / total


def _rows(explanation, rows):
    names = listed(explanation.row_names[rows], write=str)
    return f"{count(len(rows), 'row')} ({names}"


def _too_few(explanation, m, name):
    """Rows with less than one effective perturbation for each feature."""
    has_feature = ~np.isnan(explanation.coef[:, 0, :, 0])
    counts = has_feature[:, explanation.feature_modalities == name].sum(axis=1)
    effective = explanation.effective_samples[:, m]
    few = np.flatnonzero((effective < counts) & (effective > 0))
    if len(few):
        yield (
            f"{_rows(explanation, few)}) of modality {name!r:.60} (effective sample "
            f"size {effective[few].min():.1f} for "
            f"{count(counts[few].max(), 'feature')})"
        )


def _poor(explanation, p, m, name, weight):
    """Rows whose surrogate predicts next to nothing of a part that counts."""
    r2 = explanation.r2[:, p, m]
    bad = (np.nan_to_num(r2, nan=1.0) < _LEAST_R2) & (weight > _LEAST_SHARE)
    bad = np.flatnonzero(bad.any(axis=1))
    if len(bad):
        yield (
            f"{PARTS[p].upper()} of modality {name!r:.60} in "
            f"{_rows(explanation, bad)}; lowest R2 {np.nanmin(r2[bad]):.2f})"
        )


def _approximated(explanation, p, m, name, weight):
    """Rows of which the approximation leaves much of a part open."""
    mine = explanation.feature_modalities == name
    size, left = (
        np.sqrt(np.nansum(np.square(values[:, p][:, mine]), axis=1))
        for values in (explanation.coef, explanation.se_approximation)
    )
    counts = ~np.isnan(explanation.r2[:, p, m]) * weight > _LEAST_SHARE
    rows = np.flatnonzero(((left > _MOST_APPROXIMATED * size) & counts).any(axis=1))
    if len(rows):
        where = _rows(explanation, rows)
        yield f"{PARTS[p].upper()} of modality {name!r:.60} in {where})"


def warn_not_converged(n_samples, tol):
    """Tell that even the most perturbations are too few."""
    warn(
        f"{n_samples:,} perturbations leave a standard error above tol={tol:g}. Set a "
        "larger tol, or set n_samples to a number."
    )
