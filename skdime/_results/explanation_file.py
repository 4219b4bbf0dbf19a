"""An explanation as plain arrays and a description, and back."""

from dataclasses import fields

import numpy as np

from skdime._results.decomposition import Decomposition
from skdime._results.explanation_checks import check_described, check_names
from skdime._results.fields import BY_ROW, COUNTS, FIT_COUNTS, NUMBERS, PAIRS
from skdime._results.inputs import ModalityInput
from skdime._results.loaded import as_floats, check_fields, check_sizes
from skdime._results.storage import Reader

FORMAT = "skdime.Explanation/3"
_ARRAYS = (*NUMBERS, "feature_values", "feature_names", "feature_modalities")
# Fields of a decomposition that are no arrays, or may hold objects.
_PLAIN = (
    *COUNTS,
    "clipped_share",
    "evaluation",
    "note",
    "references",
    "n_references",
    "distribution",
)
_OTHERS = {"row_names", "unit", *_PLAIN}
_FLOATS = {*NUMBERS, *(f"decomposition.{name}" for name in (*BY_ROW, *PAIRS))}
_FLOATS |= {"decomposition.baseline", "decomposition.baseline_se"}
_DECOMPOSED = tuple(f.name for f in fields(Decomposition) if f.name not in _OTHERS)


def packed(explanation):
    """What :func:`unpacked` needs: a description that JSON can hold, and arrays."""
    arrays = {name: getattr(explanation, name) for name in _ARRAYS}
    values, inputs = explanation.decomposition, explanation.inputs
    arrays |= {
        f"decomposition.{name}": getattr(values, name)
        for name in _DECOMPOSED
        if getattr(values, name) is not None
    }
    arrays["decomposition.row_names"] = _storable_names(values.row_names)
    for i, part in enumerate(inputs.values()):
        arrays[f"inputs.{i}.values"] = part.values
        arrays[f"inputs.{i}.labels"] = part.labels
    meta = {
        "format": FORMAT,
        "unit": explanation.unit,
        "attribution": explanation.attribution,
        **{name: getattr(explanation, name) for name in (*COUNTS, *FIT_COUNTS)},
        "inputs": {
            name: {"kind": part.kind, "axes": part.axes}
            for name, part in inputs.items()
        },
        **{f"decomposition.{name}": getattr(values, name) for name in _PLAIN},
    }
    return meta, arrays


def unpacked(meta, arrays):
    """Fields of the explanation that was packed.

    Raises
    ------
    Refused
        If names or labels do not fit one another, or numbers and texts are none.
    """
    arrays = as_floats(arrays, _FLOATS)
    # exact coefficients have effective samples without end
    check_sizes(arrays, _FLOATS - {"effective_samples"})
    values = {name: arrays.get(f"decomposition.{name}") for name in _DECOMPOSED}
    plain = {name: meta.get(f"decomposition.{name}") for name in _PLAIN}
    plain = {name: value for name, value in plain.items() if value is not None}
    check_fields(Decomposition, plain)
    values |= plain
    names, unit = arrays["decomposition.row_names"], meta["unit"]
    inputs = {
        name: ModalityInput(
            described["kind"],
            arrays[f"inputs.{i}.values"],
            arrays[f"inputs.{i}.labels"],
            None if described["axes"] is None else tuple(described["axes"]),
        )
        for i, (name, described) in enumerate(meta["inputs"].items())
    }
    check_names(arrays, inputs)
    return {
        **{name: arrays[name] for name in _ARRAYS},
        "decomposition": Decomposition(**values, row_names=names, unit=unit),
        "inputs": inputs,
        **{name: meta.get(name, 0) for name in (*COUNTS, *FIT_COUNTS)},
        # files of earlier versions do not say
        "attribution": meta.get("attribution", "dime"),
    }


def _storable_names(names):
    """Row names that can be stored without pickle: objects become text."""
    return np.array([str(name) for name in names]) if names.dtype == object else names


READERS = {FORMAT: Reader(check_described, unpacked)}
