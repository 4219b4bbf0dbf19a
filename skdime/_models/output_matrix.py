"""What a model returns as an array of floats, or an error that names the fix."""

from collections.abc import Mapping

import numpy as np

from skdime._utils.listed import count

# Attributes under which the outputs of models are found in objects that hold several.
_USUAL_FIELDS = ("logits", "logits_per_image", "predictions", "prediction", "scores")


def output_matrix(output, n_rows, method):
    """The output of a model as an array of its own.

    Parameters
    ----------
    output : array-like or tensor
        Narrow floats, such as bfloat16, are widened.
    n_rows : int
        Rows that the model was given.
    method : str
        The method that was called, for messages.

    Returns
    -------
    output : ndarray of shape (n_rows, n_outputs) and dtype float64

    Raises
    ------
    ValueError
        If `output` holds several arrays, no numbers, or is of another shape.
    """
    _refuse_several(output, n_rows, method)
    output = _as_array(output)
    if np.ma.is_masked(output):
        raise ValueError(
            f"The model's output ({method}) is a masked array with "
            f"{count(np.ma.count_masked(output), 'masked value')}. Every output must "
            "be a number: fill it, as with output.filled(0)."
        )
    output = _as_floats(np.asarray(output), method)
    if output.ndim == 1:
        output = output[:, None]
    if output.ndim != 2 or output.shape[0] != n_rows or output.shape[1] == 0:
        raise ValueError(
            f"The model ({method}) was given {n_rows} rows and returned an array of "
            f"shape {output.shape}; it must return shape ({n_rows},) or "
            f"({n_rows}, n_outputs).{_hint_for_shape(output.shape, n_rows)}"
        )
    return output


def is_integer(output):
    """Whether a model returned integers or booleans."""
    if isinstance(output, (list, tuple)):
        output = np.asarray(output)
    dtype = str(getattr(output, "dtype", ""))
    return dtype.rpartition(".")[2].startswith(("int", "uint", "bool"))


def _refuse_several(output, n_rows, method):
    """Refuse mappings, objects and sequences that hold several arrays."""
    if hasattr(output, "toarray"):
        raise ValueError(
            f"The model ({method}) returned a sparse {type(output).__name__}. Pass a "
            "function that returns an array: lambda X: model(X).toarray()."
        )
    if isinstance(output, Mapping) and not hasattr(output, "shape"):
        fields, choose = list(output), "model(X)[{!r}]"
    elif isinstance(output, (list, tuple)):
        return _refuse_sequence(output, n_rows, method)
    elif not hasattr(output, "shape") and not hasattr(output, "__array__"):
        fields = [
            n for n, part in getattr(output, "__dict__", {}).items() if _is_array(part)
        ]
        choose = "model(X).{}"
    else:
        return
    if fields:
        usual = [name for name in _USUAL_FIELDS if name in fields]
        choice = choose.format((usual or fields)[0])
        raise ValueError(
            f"The model ({method}) returned a {type(output).__name__} that holds "
            f"{[str(name) for name in fields][:8]}, not one array. Pass a function "
            f"that returns the one to be explained: lambda X: {choice}."
        )


def _refuse_sequence(output, n_rows, method):
    kind = type(output).__name__
    arrays = [part for part in output if _is_array(part)]
    shapes = [tuple(part.shape) for part in arrays][:5]
    if isinstance(output, tuple) and arrays:
        raise ValueError(
            f"The model ({method}) returned a {kind} of {len(output)} objects, among "
            f"them arrays of shape {shapes}. Pass a function that returns the one to "
            "be explained: lambda X: model(X)[0]."
        )
    if any(hasattr(part, "detach") for part in output) and len(output) == n_rows:
        raise ValueError(
            f"The model ({method}) returned a {kind} of {len(output)} tensors. Pass a "
            "function that returns one tensor: lambda X: torch.stack(model(X))."
        )
    if len(arrays) == len(output) != n_rows and all(s[:1] == (n_rows,) for s in shapes):
        raise ValueError(
            f"The model ({method}) returned a {kind} of {len(output)} arrays, of shape "
            f"{shapes}, for {n_rows} rows. Pass a function that returns one array with "
            "a row for each of these: lambda X: np.column_stack(model(X)), or one of "
            "them: lambda X: model(X)[0]."
        )


def _is_array(part):
    return hasattr(part, "shape") and len(part.shape) > 0


def _as_array(output):
    """A tensor on the host and in a precision that numpy has."""
    for leave_device in ("detach", "cpu"):
        if hasattr(output, leave_device):
            output = getattr(output, leave_device)()
    narrow = "float8" in str(getattr(output, "dtype", ""))
    narrow |= "bfloat16" in str(getattr(output, "dtype", ""))
    if narrow and hasattr(output, "float"):
        return output.float()
    return output.astype(np.float32) if narrow else output


def _as_floats(output, method):
    try:
        if output.dtype.kind not in "biufO" or _holds_text(output):
            raise TypeError(output.dtype)
        # a copy: the model may hand out the same buffer again
        return np.array(output, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            f"The model's output ({method}) must be numbers, got values such as "
            f"{output.ravel()[:3].tolist()!r:.60}. Labels cannot be split into "
            "contributions: use a method or a callable that returns scores."
        ) from None  # whose message may quote all of a value


def _holds_text(output):
    return output.dtype.kind == "O" and any(isinstance(v, str) for v in output.flat)


def _hint_for_shape(shape, n_rows):
    if len(shape) < 2:
        return ""
    if shape[0] != n_rows and shape[1] == n_rows:
        return " Rows are along the second axis: return its transpose."
    if len(shape) > 2 and shape[0] == n_rows:
        return (
            " Choose what is explained of the other axes, as in output[:, -1], or "
            f"flatten them: output.reshape({n_rows}, -1)."
        )
    return ""


def check_finite(output, method):
    """Raise a ``ValueError`` that counts the rows with an output that is not finite."""
    finite = np.isfinite(output).all(axis=1)
    if not finite.all():
        bad = np.flatnonzero(~finite)
        hint = ""
        if method == "predict_log_proba":
            hint = (
                " Probabilities of exactly 0 have no logarithm: use "
                "response_method='predict_proba' with link='logit', which clips them."
            )
        raise ValueError(
            f"The model ({method}) returned NaN or infinity for {len(bad)} of "
            f"{count(len(output), 'row')}, the first at position {bad[0]}. skdime "
            "averages outputs, so each must be finite. If the model returns NaN for a "
            "row of yours as it is, handle this in the model. All other rows are "
            "hybrid rows: they combine modalities from different rows of X, so values "
            "may occur together that never did in your data. Call the model on such a "
            f"combination and handle it there.{hint}"
        )
