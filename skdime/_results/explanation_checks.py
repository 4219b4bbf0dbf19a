"""What a file must hold for an explanation to be made of it."""

from numbers import Integral, Real

import numpy as np

from skdime._results.fields import COUNTS, FIT_COUNTS, PER_FEATURE, PER_MODALITY
from skdime._results.storage import Refused

_PAIRS = ("pairs", "pairs_se", "higher", "higher_se", "pair_names")
# Of what an explanation has itself, and of its decomposition.
_PREFIXES = ("", "decomposition.")
# Of rows that have outputs of their own.
_OWN = ("row_outputs",)
_BASELINES = ("decomposition.baseline", "decomposition.baseline_se")
_BY_OUTPUT = ("rows", "outputs")
# What each axis of an array is along; axes of the same name have the same length.
_AXES = {
    **dict.fromkeys(PER_FEATURE, ("rows", 2, "features", "outputs")),
    **dict.fromkeys(PER_MODALITY, ("rows", 2, "modalities", "outputs")),
    "effective_samples": ("rows", "modalities"),
    "feature_values": ("rows", "features"),
    "feature_names": ("features",),
    "feature_modalities": ("features",),
    "decomposition.row_names": ("rows",),
    "decomposition.modality_names": ("modalities",),
    "decomposition.output_names": ("outputs",),
    "decomposition.baseline": ("outputs",),
    "decomposition.baseline_se": ("outputs",),
    "decomposition.main": ("rows", "modalities", "outputs"),
    "decomposition.main_se": ("rows", "modalities", "outputs"),
    "decomposition.pairs": ("rows", "pairs", "outputs"),
    "decomposition.pairs_se": ("rows", "pairs", "outputs"),
    "decomposition.pair_names": ("pairs", 2),
    "decomposition.row_outputs": ("rows", "outputs"),
    **{
        f"decomposition.{name}": _BY_OUTPUT
        for name in ("output", "uc", "mi", "uc_se", "mi_se", "higher", "higher_se")
    },
}
# Numbers of axes of the values and labels of an input, and kinds of its values.
_INPUTS = {
    "text": ({(1, 2)}, "U"),
    "series": ({(3, 3)}, "biuf"),
    "image": ({(3, 3), (4, 3)}, "biuf"),
    "set": ({(3, 2)}, "biuf"),
}


def check_described(meta, described):
    """Refuse a description and arrays that do not fit one another.

    Parameters
    ----------
    meta : dict
    described : dict of str to (dtype, shape)

    Raises
    ------
    Refused
    """
    _check_meta(meta)
    _check_members(meta, described)
    lengths = {}
    for name, (dtype, shape) in described.items():
        if name in _AXES:
            _check_axes(name, dtype, shape, lengths)
    for i, (name, part) in enumerate(meta["inputs"].items()):
        values, labels = (
            described[f"inputs.{i}.values"],
            described[f"inputs.{i}.labels"],
        )
        _check_input(name, part, values, labels, lengths["rows"])


def _check_meta(meta):
    counts = [meta["n_model_rows"], meta["decomposition.n_model_rows"]]
    # files of earlier versions do not have the other counts
    counts += [meta.get(prefix + name, 0) for prefix in _PREFIXES for name in COUNTS]
    counts += [meta.get(name, 0) for name in FIT_COUNTS]
    right = (
        isinstance(meta["unit"], str)
        and all(isinstance(count, Integral) and count >= 0 for count in counts)
        and isinstance(meta["decomposition.clipped_share"], Real)
        and isinstance(meta["inputs"], dict)
        and meta.get("attribution", "dime") in ("dime", "shapley")
    )
    if not right:
        raise Refused("its description holds something else than it should")


def _check_members(meta, described):
    inputs = {
        f"inputs.{i}.{part}"
        for i in range(len(meta["inputs"]))
        for part in ("values", "labels")
    }
    expected = {*_AXES, *inputs}
    for optional in (_PAIRS, _OWN):
        names = {f"decomposition.{name}" for name in optional}
        expected -= set() if names & set(described) else names
    if unexpected := sorted(expected ^ set(described)):
        raise Refused(
            f"it should have {len(expected)} arrays and has {len(described)}; too many "
            f"or missing: {unexpected[:5]!s:.200}"
        )


def _check_axes(name, dtype, shape, lengths):
    """Refuse an array of other axes; `lengths` are of the axes seen before."""
    axes = _AXES[name]
    if name in _BASELINES and len(shape) == 2:
        axes = _BY_OUTPUT
    if len(shape) != len(axes):
        raise Refused(f"{name} has the shape {shape}")
    for axis, length in zip(axes, shape, strict=True):
        if lengths.setdefault(axis, axis if axis == 2 else length) != length:
            raise Refused(f"{name} has the shape {shape}, which differs from others")
    texts = "names" in name or "feature_" in name or name.endswith("row_outputs")
    kinds = "U" if texts else "iuf"
    if name == "decomposition.row_names":
        kinds = "biufUSmM"
    if 0 not in shape and dtype.kind not in kinds:
        raise Refused(f"{name} has the dtype {dtype}")


def _check_input(name, part, values, labels, n_rows):
    (dtype, shape), (dtype_of_labels, labelled) = values, labels
    n_axes, kinds = _INPUTS[part["kind"]]
    right = (
        (len(shape), len(labelled)) in n_axes
        and shape[0] == labelled[0] == n_rows
        and (part["kind"] == "text" or shape[: len(labelled)] == labelled)
        and dtype.kind in kinds
        and dtype_of_labels.kind == "i"
        and _are_axes(part["axes"], len(labelled) - 1)
    )
    if not right:
        raise Refused(f"the input {name!r:.60} has other shapes or dtypes than it can")


def _are_axes(axes, n_axes):
    return axes is None or (
        len(set(axes)) == len(axes) and set(axes) <= {*range(n_axes)}
    )


def check_names(arrays, inputs):
    """Refuse names that are there twice or not at all, and labels of no feature.

    Parameters
    ----------
    arrays : dict of str to ndarray
    inputs : dict of str to ModalityInput

    Raises
    ------
    Refused
    """
    for axis in ("modality_names", "output_names"):
        names = arrays[f"decomposition.{axis}"]
        if len(set(names.tolist())) < len(names):
            raise Refused(f"{axis} has a name twice")
    modalities = set(arrays["decomposition.modality_names"].tolist())
    named = {*arrays["feature_modalities"].tolist(), *inputs}
    named |= set(arrays.get("decomposition.pair_names", np.array([])).ravel().tolist())
    if not named <= modalities:
        raise Refused("features, pairs or inputs are of modalities that it has not")
    n_features = len(arrays["feature_names"])
    for name, part in inputs.items():
        labels = part.labels
        if labels.size and not (labels.min() >= -1 and labels.max() < n_features):
            raise Refused(f"labels of {name!r:.60} are of features that it has not")
        if part.kind == "text" and labels.shape[1] < max(
            map(len, part.values), default=0
        ):
            raise Refused(f"texts of {name!r:.60} are longer than their labels")
