"""An explanation as plain arrays and a description, and back."""

import numpy as np

from skdime._results.decomposition import Decomposition
from skdime._results.inputs import ModalityInput

BY_ROW = (
    "coef",
    "se_references",
    "se_perturbations",
    "se_approximation",
    "intercept",
    "r2",
    "local_prediction",
    "effective_samples",
    "approximation_error",
    "feature_values",
)
ARRAYS = (*BY_ROW, "feature_names", "feature_modalities")
_VALUES = (
    "output",
    "baseline",
    "uc",
    "mi",
    "main",
    "baseline_se",
    "uc_se",
    "mi_se",
    "main_se",
    "modality_names",
    "output_names",
    "pairs",
    "higher",
    "pairs_se",
    "higher_se",
    "pair_names",
)


def packed(explanation):
    """What :func:`unpacked` needs: a description that JSON can hold, and arrays."""
    arrays = {name: getattr(explanation, name) for name in ARRAYS}
    values = explanation.decomposition
    arrays |= {
        f"decomposition.{name}": getattr(values, name)
        for name in _VALUES
        if getattr(values, name) is not None
    }
    arrays["decomposition.row_names"] = _storable_names(values.row_names)
    for i, part in enumerate(explanation.inputs.values()):
        arrays |= {
            f"inputs.{i}.values": part.values,
            f"inputs.{i}.labels": part.labels,
        }
    meta = {
        "unit": explanation.unit,
        "n_model_rows": explanation.n_model_rows,
        "inputs": {
            name: {"kind": part.kind, "axes": part.axes}
            for name, part in explanation.inputs.items()
        },
        "decomposition.n_model_rows": values.n_model_rows,
        "decomposition.clipped_share": values.clipped_share,
    }
    return meta, arrays


def unpacked(meta, arrays):
    """Fields of the explanation that was packed."""
    values = {name: arrays.get(f"decomposition.{name}") for name in _VALUES}
    decomposition = Decomposition(
        **values,
        row_names=arrays["decomposition.row_names"],
        unit=meta["unit"],
        n_model_rows=meta["decomposition.n_model_rows"],
        clipped_share=meta["decomposition.clipped_share"],
    )
    inputs = {
        name: ModalityInput(
            described["kind"],
            arrays[f"inputs.{i}.values"],
            arrays[f"inputs.{i}.labels"],
            None if described["axes"] is None else tuple(described["axes"]),
        )
        for i, (name, described) in enumerate(meta["inputs"].items())
    }
    return {
        **{name: arrays[name] for name in ARRAYS},
        "decomposition": decomposition,
        "inputs": inputs,
        "n_model_rows": meta["n_model_rows"],
    }


def _storable_names(names):
    """Row names that can be stored without pickle: objects become text."""
    return np.array([str(name) for name in names]) if names.dtype == object else names
