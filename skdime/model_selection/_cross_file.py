"""Explanations over folds as plain arrays and a description, and back."""

from numbers import Integral

import numpy as np

from skdime._results import explanation_file
from skdime._results.explanation import Explanation
from skdime._results.explanation_checks import check_described
from skdime._results.storage import Reader, Refused

FORMAT = "skdime.CrossExplanation/1"
# What each axis is along, and the kinds of dtypes.
_AXES = {
    "fold": (("runs",), "i"),
    "reference_draw": (("runs",), "i"),
    "seed": (("runs",), "i"),
    "train": (("folds", "rows of X"), "b"),
    "test": (("folds", "rows of X"), "b"),
    "row_names": (("rows",), "biufUSmM"),
}


def packed(cross):
    """What :func:`_unpacked` needs: a description that JSON can hold, and arrays."""
    arrays = {name: getattr(cross, name) for name in _AXES}
    if cross.row_names.dtype == object:
        arrays["row_names"] = np.array([str(name) for name in cross.row_names])
    descriptions = []
    for run, explanation in enumerate(cross.explanations):
        description, of_run = explanation_file.packed(explanation)
        descriptions.append(description)
        arrays |= {f"{run}.{name}": array for name, array in of_run.items()}
        arrays[f"{run}.rows"] = cross.rows[run]
    meta = {
        "format": FORMAT,
        "common": cross.common,
        "n_model_rows": cross.n_model_rows,
        "explanations": descriptions,
    }
    return meta, arrays


def _check(meta, described):
    own, runs = _by_run(described, len(meta["explanations"]))
    right = isinstance(meta["common"], bool) and (
        isinstance(meta["n_model_rows"], Integral) and meta["n_model_rows"] >= 0
    )
    if not right or set(own) != set(_AXES):
        raise Refused("it has other arrays than explanations over folds have")
    lengths = {"runs": len(runs)}
    for name, (axes, kinds) in _AXES.items():
        dtype, shape = own[name]
        agree = len(shape) == len(axes) and all(
            lengths.setdefault(axis, length) == length
            for axis, length in zip(axes, shape, strict=True)
        )
        if not agree or dtype.kind not in kinds:
            raise Refused(f"{name} has the shape {shape} and dtype {dtype}")
    for description, of_run in zip(meta["explanations"], runs, strict=True):
        dtype, shape = of_run.pop("rows")
        check_described(description, of_run)
        if dtype.kind != "i" or shape != of_run["coef"][1][:1]:
            raise Refused("the rows of a run are not those of its explanation")


def _by_run(members, n_runs):
    """Members of the file itself, and those of every run by their own names."""
    own, runs = {}, [{} for _ in range(n_runs)]
    for name, member in members.items():
        run, dot, rest = name.partition(".")
        if not dot:
            own[name] = member
        elif run.isdigit() and int(run) < n_runs:
            runs[int(run)][rest] = member
        else:
            raise Refused(f"{name!r:.60} belongs to none of its {n_runs} runs")
    return own, runs


def _unpacked(meta, arrays):
    """Fields of the result that was packed."""
    own, runs = _by_run(arrays, len(meta["explanations"]))
    rows = tuple(of_run.pop("rows") for of_run in runs)
    _check_places(own, rows)
    explanations = tuple(
        Explanation(**explanation_file.unpacked(description, of_run))
        for description, of_run in zip(meta["explanations"], runs, strict=True)
    )
    return {
        **own,
        "rows": rows,
        "explanations": explanations,
        **{name: meta[name] for name in ("common", "n_model_rows")},
    }


def _check_places(own, rows):
    n_rows, n_folds = len(own["row_names"]), len(own["train"])
    places = [(own["fold"], n_folds), *((some, n_rows) for some in rows)]
    for positions, n in places:
        if positions.size and not 0 <= positions.min() <= positions.max() < n:
            raise Refused("its runs are of folds or rows that it has not")


READERS = {FORMAT: Reader(_check, _unpacked)}
