"""Explanations of different rows as one."""

from dataclasses import fields, replace

import numpy as np

from skdime._results.decomposition import Decomposition
from skdime._results.explanation import PER_FEATURE, PER_MODALITY, Explanation
from skdime._results.inputs import ModalityInput

_OF_VALUES = ("output", "uc", "mi", "main", "uc_se", "mi_se", "main_se")


def concatenated(explanations):
    """One explanation with the rows of several, made by the same explainer.

    Parameters
    ----------
    explanations : list of Explanation
        At least one.

    Returns
    -------
    explanation : Explanation
        Its features are those of all, modality by modality in order of first
        appearance; nan where a row does not have one.
    """
    _check_same_names(explanations)
    keys, positions = _features(explanations)
    n_outputs = len(explanations[0].output_names)
    arrays = {
        name: _spread(explanations, name, positions, (2, len(keys), n_outputs), np.nan)
        for name in PER_FEATURE
    }
    for name in (*PER_MODALITY, "effective_samples"):
        arrays[name] = np.concatenate([getattr(e, name) for e in explanations])
    return Explanation(
        **arrays,
        feature_values=_spread(
            explanations, "feature_values", positions, (len(keys),), ""
        ),
        decomposition=_values(explanations),
        feature_names=np.array([name for _, name in keys], dtype=str),
        feature_modalities=np.array([modality for modality, _ in keys], dtype=str),
        inputs=_inputs(explanations, positions),
        n_model_rows=sum(e.n_model_rows for e in explanations),
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
        n_model_rows=0,
        **{
            name: np.full_like(getattr(rows.decomposition, name), np.nan)
            for name in _OF_VALUES
        },
    )
    numbers = {
        name: np.full_like(getattr(rows, name), np.nan)
        for name in (*PER_FEATURE, *PER_MODALITY, "effective_samples")
    }
    return replace(
        rows,
        **numbers,
        feature_values=np.full_like(rows.feature_values, ""),
        decomposition=decomposition,
        inputs={name: _empty(part) for name, part in rows.inputs.items()},
        n_model_rows=0,
    )


def _check_same_names(explanations):
    first = explanations[0]
    for other in explanations[1:]:
        for name in ("modality_names", "output_names"):
            one, two = getattr(first, name).tolist(), getattr(other, name).tolist()
            if one != two:
                raise ValueError(
                    f"Explanations can be joined if they have the same {name}; got "
                    f"{one} and {two}."
                )


def _features(explanations):
    """Modality and name of every feature, and the positions of each explanation's."""
    own = [
        list(zip(e.feature_modalities.tolist(), e.feature_names.tolist(), strict=True))
        for e in explanations
    ]
    order = explanations[0].modality_names.tolist()
    keys = list(dict.fromkeys(key for keys in own for key in keys))
    keys.sort(key=lambda key: order.index(key[0]))
    place = {key: position for position, key in enumerate(keys)}
    return keys, [np.array([place[key] for key in some], dtype=int) for some in own]


def _spread(explanations, name, positions, shape, filling):
    """Arrays with a feature axis, each at the positions of its features."""
    held = [getattr(e, name) for e in explanations]
    dtype = np.result_type(*held)
    axis = len(shape) - 2 if len(shape) > 1 else 0
    parts = []
    for array, position in zip(held, positions, strict=True):
        part = np.full((len(array), *shape), filling, dtype=dtype)
        part[(slice(None),) * (axis + 1) + (position,)] = array
        parts.append(part)
    return np.concatenate(parts)


def _values(explanations):
    parts = [e.decomposition for e in explanations]
    held = {f.name: getattr(parts[0], f.name) for f in fields(Decomposition)}
    held |= {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in _OF_VALUES
    }
    n_model_rows = [part.n_model_rows for part in parts]
    clipped = [
        part.clipped_share * rows
        for part, rows in zip(parts, n_model_rows, strict=True)
    ]
    return Decomposition(
        **held
        | {
            "row_names": _joined_names([part.row_names for part in parts]),
            "n_model_rows": sum(n_model_rows),
            "clipped_share": sum(clipped) / max(1, sum(n_model_rows)),
        }
    )


def _joined_names(names):
    """Numbers stay numbers and texts texts; what is mixed stays what it was, too."""
    kinds = {array.dtype.kind for array in names}
    if len(kinds) == 1 or kinds <= set("biuf"):
        return np.concatenate(names)
    return np.concatenate([array.astype(object) for array in names])


def _inputs(explanations, positions):
    held = [e.inputs for e in explanations]
    return {
        name: ModalityInput(
            part.kind,
            _padded([inputs[name].values for inputs in held]),
            _padded(
                [
                    np.append(position, -1)[inputs[name].labels]
                    for inputs, position in zip(held, positions, strict=True)
                ]
            ),
            part.axes
            if all(inputs[name].axes == part.axes for inputs in held)
            else None,
        )
        for name, part in held[0].items()
    }


def _padded(arrays):
    """Joined along the first axis, filled up to the largest extent of the others."""
    shape = np.max([array.shape[1:] for array in arrays], axis=0).astype(int)
    filling = -1 if arrays[0].dtype.kind == "i" else np.nan
    parts = []
    for array in arrays:
        part = array
        if array.shape[1:] != tuple(shape):
            part = np.full((len(array), *shape), filling, dtype=array.dtype)
            part[tuple(slice(length) for length in array.shape)] = array
        parts.append(part)
    return np.concatenate(parts)


def _empty(part):
    """Nothing shown, and no element of any feature."""
    values = part.values
    nothing = "" if values.dtype.kind == "U" else 0
    if values.dtype.kind == "f":
        nothing = np.nan
    return replace(
        part,
        values=np.full_like(values, nothing),
        labels=np.full_like(part.labels, -1),
    )
