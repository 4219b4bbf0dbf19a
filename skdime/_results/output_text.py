"""What an output is called, also where rows have outputs of their own."""

import numpy as np

from skdime._utils.listed import count, largest, shortened

#: Name of the output that is the largest of each row.
PREDICTED = "predicted"
# Units of outputs that are no classes.
_NO_CLASSES = "prediction", "model output"


def output_of_rows(values, c):
    """An output of several rows: its name, and how many rows have which.

    Parameters
    ----------
    values : Decomposition or PairExplanation
    c : int
        Position of the output.
    """
    name = shortened(values.output_names[c])
    if values.row_outputs is None:
        return name
    names, sizes = np.unique(values.row_outputs[:, c], return_counts=True)
    if len(names) == 1:
        return f"{name} ({shortened(names[0])} in all rows)"
    texts = [f"in {count(size, 'row')}" for size in sizes.tolist()]
    return f"{name} ({largest(names.tolist(), sizes, texts)})"


def output_of_row(values, c):
    """An output of the first row: its name, and which it is for this row."""
    own = "" if values.row_outputs is None else f" ({values.row_outputs[0, c]!s:.60})"
    return f"{shortened(values.output_names[c])}{own}"


def baseline_of_rows(values):
    """What the baseline of several rows is called."""
    return "baseline" if values.baseline.ndim == 1 else "mean baseline"


def output_phrase(values, unit, c, quote=repr):
    """An output within a sentence, such as ``'rain'`` or ``the predicted class``.

    Parameters
    ----------
    values : Decomposition or another result
        With ``output_names`` and perhaps ``row_outputs``.
    unit : str
    c : int
        Position of the output.
    quote : callable, default=repr
        Writes a name.
    """
    name, own = str(values.output_names[c]), getattr(values, "row_outputs", None)
    if own is None:
        return quote(name)
    names = np.unique(own[:, c]).tolist()
    if len(names) == 1:
        return f"{quote(names[0])} ({name})"
    kind = "output" if unit.startswith(_NO_CLASSES) else "class"
    if name == PREDICTED:
        return f"the predicted {kind}"
    return f"the {kind} {quote(name)}"
