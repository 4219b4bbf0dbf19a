"""Explanations of different rows as one."""

from dataclasses import replace
from itertools import chain

import numpy as np

from skdime._results.absence import references_text
from skdime._results.fields import (
    BY_ROW,
    COUNTS,
    FIT_COUNTS,
    NUMBERS,
    PER_FEATURE,
    PER_MODALITY,
    fields_by_row,
)
from skdime._results.inputs import concatenated_inputs
from skdime._utils.listed import listed

# What results that are joined have in common, as far as they have it.
_NAMES = ("modality_names", "output_names", "unit", "attribution", "distribution")
# Notes tell of numbers of rows, so that those of many parts may all differ.
_MOST_NOTES = 3


def concatenated(explanations):
    """One explanation with the rows of several.

    Parameters
    ----------
    explanations : list of Explanation
        At least one.

    Returns
    -------
    explanation : Explanation
        Its features are those of all, modality by modality in order of first
        appearance; nan where a row does not have one. Of explainers with different
        baselines every row has its own.
    """
    _check_same_names(explanations)
    keys, positions = _features(explanations)
    arrays = {
        name: _spread([getattr(e, name) for e in explanations], positions, len(keys))
        for name in (*PER_FEATURE, "feature_values")
    }
    arrays |= _by_row(explanations, (*PER_MODALITY, "effective_samples"))
    return replace(
        explanations[0],
        **arrays,
        decomposition=concatenated_decompositions(
            [e.decomposition for e in explanations]
        ),
        feature_names=np.array([name for _, name in keys], dtype=str),
        feature_modalities=np.array([modality for modality, _ in keys], dtype=str),
        inputs=_inputs(explanations, positions),
        attribution=explanations[0].attribution,
        **_added_up(explanations),
        # 0 is any number of them
        **{
            name: 0 if _differ(explanations, name) else getattr(explanations[0], name)
            for name in FIT_COUNTS
        },
    )


def blank(explanation, row_names):
    """Rows without results, on the axes of an explanation: all numbers are nan.

    Parameters
    ----------
    explanation : Explanation
        Gives the names and shapes.
    row_names : ndarray
    """
    rows = explanation[np.zeros(len(row_names), dtype=int)]
    decomposition = replace(
        rows.decomposition,
        row_names=row_names,
        **dict.fromkeys(COUNTS, 0),
        **_missing(rows.decomposition, BY_ROW),
    )
    return replace(
        rows,
        **_missing(rows, NUMBERS),
        feature_values=np.full_like(rows.feature_values, ""),
        decomposition=decomposition,
        inputs={name: _without_content(part) for name, part in rows.inputs.items()},
        **dict.fromkeys(COUNTS, 0),
    )


def _check_same_names(results):
    """Refuse to join what compares with something else, or is about something else."""
    first = results[0]
    for other in results[1:]:
        compared, others = map(_compared, (first, other))
        if compared != others:
            raise ValueError(
                "Explanations can be joined if they have the same references; got "
                f"{compared} and {others}."
            )
        for name in _NAMES:
            if not hasattr(first, name):  # of decompositions
                continue
            names, others = (
                np.ravel(getattr(each, name)).tolist() for each in (first, other)
            )
            if names != others:
                raise ValueError(
                    f"Explanations can be joined if they have the same {name}; got "
                    f"[{listed(names)}] and [{listed(others)}]."
                )


def _compared(result):
    """What rows are compared with; samples of any number stand for the same rows."""
    values = getattr(result, "decomposition", result)
    text = references_text(values)
    return "reference rows" if values.references == "sample" else text


def _features(explanations):
    """Modality and name of every feature, and the positions of each explanation's."""
    keys_of = [
        list(zip(e.feature_modalities.tolist(), e.feature_names.tolist(), strict=True))
        for e in explanations
    ]
    order = explanations[0].modality_names.tolist()
    different = dict.fromkeys(chain.from_iterable(keys_of))
    all_keys = sorted(different, key=lambda key: order.index(key[0]))
    place = {key: position for position, key in enumerate(all_keys)}
    return all_keys, [np.array([*map(place.get, keys)], dtype=int) for keys in keys_of]


def _spread(arrays, positions, n_features):
    """Arrays with a feature axis, each at the positions of its features."""
    dtype, parts = np.result_type(*arrays), []
    for array, position in zip(arrays, positions, strict=True):
        # texts of values have the axes of rows and features only
        axis = array.ndim // 2
        shape = (*array.shape[:axis], n_features, *array.shape[axis + 1 :])
        part = np.full(shape, _nothing(dtype), dtype=dtype)
        part[(slice(None),) * axis + (position,)] = array
        parts.append(part)
    return np.concatenate(parts)


def _by_row(sources, names):
    """Arrays of these names, those of all sources one after another."""
    return {
        name: np.concatenate([getattr(source, name) for source in sources])
        for name in names
    }


def _added_up(results):
    return {name: sum(getattr(result, name) for result in results) for name in COUNTS}


def _nothing(dtype):
    """What stands for a missing entry."""
    return {"U": "", "f": np.nan}.get(dtype.kind, 0)


def _missing(source, names):
    """Arrays of nothing but nan, in the shapes of those of that name."""
    return {name: np.full_like(getattr(source, name), np.nan) for name in names}


def concatenated_decompositions(parts):
    """One decomposition with the rows of several.

    Parameters
    ----------
    parts : list of Decomposition
        At least one.

    Returns
    -------
    decomposition : Decomposition
    """
    _check_same_names(parts)
    if _differ(parts, "baseline") or _differ(parts, "baseline_se"):
        parts = [with_own_baselines(part) for part in parts]
    counts = _added_up(parts)
    n_clipped = [part.clipped_share * part.n_model_rows for part in parts]
    return replace(
        parts[0],
        **_by_row(parts, fields_by_row(parts[0])),
        row_names=_joined_names([part.row_names for part in parts]),
        **counts,
        clipped_share=sum(n_clipped) / max(1, counts["n_model_rows"]),
        evaluation=", ".join(dict.fromkeys(part.evaluation for part in parts)),
        note="; ".join(_different_notes(parts)),
        # 0 is any number of them
        n_references=0 if _differ(parts, "n_references") else parts[0].n_references,
    )


def _different_notes(parts):
    """Those that parts have, and how many more where these are many."""
    notes = list(dict.fromkeys(part.note for part in parts if part.note))
    n_more = len(notes) - _MOST_NOTES
    return notes[:_MOST_NOTES] + ([f"and {n_more} like these"] if n_more > 0 else [])


def with_own_baselines(result):
    """A decomposition, or an explanation, with a baseline for every row."""
    if hasattr(result, "decomposition"):
        values = with_own_baselines(result.decomposition)
        return replace(result, decomposition=values)
    if result.baseline.ndim > 1:
        return result
    names = "baseline", "baseline_se"
    repeats = len(result), 1
    tiled = {name: np.tile(getattr(result, name), repeats) for name in names}
    return replace(result, **tiled)


def _differ(parts, name):
    first = getattr(parts[0], name)
    return not all(np.array_equal(first, getattr(part, name)) for part in parts)


def _joined_names(names):
    """Numbers stay numbers and texts texts; what is mixed stays what it was, too."""
    kinds = {array.dtype.kind for array in names}
    if len(kinds) == 1 or kinds <= set("biuf"):
        return np.concatenate(names)
    return np.concatenate([array.astype(object) for array in names])


def _inputs(explanations, positions):
    # label -1, no feature, stays -1
    places = [np.append(position, -1) for position in positions]
    joined = {}
    for name, first in explanations[0].inputs.items():
        parts = [e.inputs[name] for e in explanations]
        labels = [place[part.labels] for place, part in zip(places, parts, strict=True)]
        values, axes = [part.values for part in parts], [part.axes for part in parts]
        joined[name] = concatenated_inputs(first.kind, values, labels, axes)
    return joined


def _without_content(part):
    """Rows without values, whose elements belong to no feature."""
    values = np.full_like(part.values, _nothing(part.values.dtype))
    return replace(part, values=values, labels=np.full_like(part.labels, -1))
