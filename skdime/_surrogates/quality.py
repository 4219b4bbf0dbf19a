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
    "coefficients; {part} itself is not affected. Try a smaller kernel_width, or "
    "combine features with `groups`.",
)
_BENT = (
    "the surrogate on held-out perturbations",
    "Check the standard errors of these coefficients; {part} itself is not affected. "
    "A larger n_samples and a smaller tol decrease them.",
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
            values = perturber.describe(blocks[m])
            values_unseen |= {
                f"{name}/{perturber.feature_names_[f]} = {str(values[r, f])!r:.60}"
                for r, f in zip(rows, features, strict=True)
            }
    if rows_unseen:
        warn(
            "No perturbation contains these values of "
            f"{count(len(rows_unseen), 'row')}, so their coefficients are nan: "
            f"{listed(sorted(values_unseen), write=str)}. "
            "If the values are rare in the training data, increase n_samples; if they "
            "do not occur there, fit on data that contain them."
        )


def warn_poor_fits(explanation, perturbers):
    """Name rows and modalities whose surrogates rest on little, or fit badly."""
    bent = {name for name, p in perturbers if p.masks_rows or p.varies_columns}
    names, rows = explanation.modality_names, explanation.row_names
    has_feature = ~np.isnan(explanation.coef[:, 0, :, 0])
    # MI that moves no output is not worth a warning
    parts = explanation.decomposition
    sizes = np.abs(parts.main).sum(axis=1), np.abs(parts.mi)
    total = np.maximum(sum(sizes), _TINY)
    for m, name in enumerate(names.tolist()):
        # straight lines may miss all of a part, surrogates that bend only what is small
        alone = (
            np.abs(parts.main[:, m]) / total if name in bent else np.ones_like(total)
        )
        weight = alone, sizes[1] / total
        counts = has_feature[:, explanation.feature_modalities == name].sum(axis=1)
        effective = explanation.effective_samples[:, m]
        few = np.flatnonzero((effective < counts) & (effective > 0))
        if len(few):
            warn(
                f"Too few perturbations lie near {count(len(few), 'row')} of modality "
                f"{name!r:.60} ({listed(rows[few], write=str)}): the effective sample "
                f"size is {effective[few].min():.1f} for "
                f"{count(counts[few].max(), 'feature')}. The coefficients are "
                "unreliable there. Increase kernel_width or n_samples."
            )
        mine = explanation.feature_modalities == name
        for p, part in enumerate(PARTS):
            r2 = explanation.r2[:, p, m]
            varies = ~np.isnan(r2)
            _warn_approximated(explanation, p, mine, varies * weight[p], name)
            bad = (np.nan_to_num(r2, nan=1.0) < _LEAST_R2) & (weight[p] > _LEAST_SHARE)
            bad = np.flatnonzero(bad.any(axis=1))
            if len(bad):
                surrogate, advice = _BENT if name in bent else _STRAIGHT
                warn(
                    f"{part.upper()} of modality {name!r:.60} is fitted poorly by "
                    f"{surrogate} in {count(len(bad), 'row')} "
                    f"({listed(rows[bad], write=str)}): R2 is below {_LEAST_R2:g} (the "
                    f"lowest: {np.nanmin(r2[bad]):.2f}). "
                    f"{advice.format(part=part.upper())}"
                )


def _warn_approximated(explanation, p, mine, weight, name):
    """Name rows of which the approximation leaves much of a part open."""
    size, left = (
        np.sqrt(np.nansum(np.square(values[:, p][:, mine]), axis=1))
        for values in (explanation.coef, explanation.se_approximation)
    )
    rows = (left > _MOST_APPROXIMATED * size) & (weight > _LEAST_SHARE)
    rows = np.flatnonzero(rows.any(axis=1))
    if len(rows):
        warn(
            f"{PARTS[p].upper()} of modality {name!r:.60} is approximated roughly in "
            f"{count(len(rows), 'row')} "
            f"({listed(explanation.row_names[rows], write=str)}): the error may exceed "
            "a third of the coefficients. Give LocalExplainer a smaller tol, or "
            "algorithm='exhaustive'."
        )


def warn_not_converged(n_samples, tol):
    """Tell that even the most perturbations are too few."""
    warn(
        f"{n_samples:,} perturbations leave a standard error above tol={tol:g}. Set a "
        "larger tol, or set n_samples to a number."
    )
