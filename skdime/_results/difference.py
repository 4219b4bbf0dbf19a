"""Differences of results of the same rows, features and outputs."""

from dataclasses import replace

import numpy as np

from skdime._results.absence import references_text
from skdime._results.concatenation import with_own_baselines
from skdime._results.fields import (
    BY_ROW,
    COUNTS,
    ERRORS,
    FIT_COUNTS,
    PER_FEATURE,
    PER_MODALITY,
    fields_by_row,
)
from skdime._utils.listed import listed

_NAMES = ("row_names", "modality_names", "output_names", "unit", "distribution")


def difference_of_decompositions(one, other):
    """What one decomposition has more than another.

    Parameters
    ----------
    one, other : Decomposition
        Of the same rows, modalities and outputs.

    Returns
    -------
    difference : Decomposition
        Standard errors are sums of both: an upper bound for any dependence of the two.

    Raises
    ------
    ValueError
        If they are of different things.
    """
    _check_same(one, other, _NAMES)
    kinds = [references_text(replace(each, n_references=0)) for each in (one, other)]
    if one.references != other.references:
        raise ValueError(
            f"Results against {kinds[0]} and against {kinds[1]} have no difference. "
            "Explain both with the same `references` of the Disentangler."
        )
    if (one.pairs is None) != (other.pairs is None):
        raise ValueError(
            "One of the two has pairs of modalities and the other has none. Decompose "
            "both with pairs=True, or both without."
        )
    if one.row_outputs is not None or other.row_outputs is not None:
        raise ValueError(
            "Rows with outputs of their own have no difference, because their outputs "
            "may be others. Explain the same outputs of all rows."
        )
    if one.baseline.ndim != other.baseline.ndim:
        one, other = with_own_baselines(one), with_own_baselines(other)
    names = {*BY_ROW, "baseline", "baseline_se", *fields_by_row(one)}
    evaluations = dict.fromkeys([one.evaluation, other.evaluation])
    return replace(
        one,
        **{name: _combined(one, other, name) for name in names},
        **_added_up(one, other, COUNTS),
        unit=f"{one.unit}, difference",
        clipped_share=max(one.clipped_share, other.clipped_share),
        evaluation=", ".join(evaluations),
        note="",
        n_references=one.n_references if one.n_references == other.n_references else 0,
    )


def difference_of_explanations(one, other):
    """What one explanation has more than another; see the decompositions.

    Parameters
    ----------
    one, other : Explanation
        Of the same rows and features, which may be in another order.

    Returns
    -------
    difference : Explanation
        R2 is the smaller of both.
    """
    _check_same(one, other, ["attribution"])
    decomposition = difference_of_decompositions(one.decomposition, other.decomposition)
    order = _order_of_features(one, other)
    other = replace(
        other,
        **{name: getattr(other, name)[:, :, order] for name in PER_FEATURE},
        feature_values=other.feature_values[:, order],
    )
    _check_same_values(one, other)
    names = {*PER_FEATURE, *PER_MODALITY} - {"r2"}
    both = [one.effective_samples, other.effective_samples]
    return replace(
        one,
        **{name: _combined(one, other, name) for name in names},
        r2=np.fmin(one.r2, other.r2),
        effective_samples=np.minimum(*both),
        decomposition=decomposition,
        **_added_up(one, other, (*COUNTS, *FIT_COUNTS)),
    )


def _combined(one, other, name):
    """Errors add up, whatever else is subtracted."""
    first, second = getattr(one, name), getattr(other, name)
    is_error = name in (*ERRORS, "approximation_error") or name.endswith("_se")
    return first + second if is_error else first - second


def _added_up(one, other, names):
    return {name: getattr(one, name) + getattr(other, name) for name in names}


def _check_same(one, other, names):
    for name in names:
        both = [np.ravel(getattr(each, name)).tolist() for each in (one, other)]
        if both[0] != both[1]:
            raise ValueError(
                f"A difference needs the same {name}; got [{listed(both[0])}] and "
                f"[{listed(both[1])}]. Explain the same rows with both explainers, and "
                "fit these with the same modalities, outputs and link."
            )


def _order_of_features(one, other):
    """Positions in the other of the features of one."""
    first, second = _keys(one), _keys(other)
    if sorted(first) != sorted(second):
        only = [*(set(first) - set(second)), *(set(second) - set(first))]
        raise ValueError(
            "A difference needs the same features, but only one of both explanations "
            f"has [{listed(sorted(only))}]. Use the same perturbers and groups, and "
            "explain the same rows."
        )
    return [second.index(key) for key in first]


def _keys(explanation):
    owners, names = explanation.feature_modalities, explanation.feature_names
    return list(zip(owners.tolist(), names.tolist(), strict=True))


def _check_same_values(one, other):
    differ = (one.feature_values != other.feature_values).any(axis=1)
    for name, part in one.inputs.items():
        if not np.array_equal(part.values, other.inputs[name].values):
            differ[:] = True
    if differ.any():
        names = one.row_names[differ].tolist()
        raise ValueError(
            f"Rows [{listed(names)}] hold other values in one explanation than in the "
            "other. A difference is of the same rows, explained twice; means over "
            "different rows are compared by mean_abs."
        )
