"""The folder of explained batches: which are finished, of which rows, by whom."""

import hashlib
import json
import re
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np

from skdime._results.explanation import Explanation
from skdime._results.storage import PART, atomically
from skdime._rows.containers import column, is_frame, is_multimodal, kind_of
from skdime._utils.rounding import SINGLE_PRECISION

_FORMAT = "skdime.explain_batches/1"
_NAME = re.compile(r"batch-(\d+)-([0-9a-f]{16})\.(npz|parquet)")
_MANIFEST = "explainer.json"
# what has no influence on the numbers
_NEUTRAL = ("n_jobs", "verbose", "max_memory")


class RowFailure(NamedTuple):
    """A row that could not be explained: of which batch, where in it, and why."""

    batch: int
    position: int
    row: str
    error: str


class BatchFolder:
    """Files of explained batches in a folder, which is made when it does not exist.

    Parameters
    ----------
    folder : str or path-like
    ending : {"npz", "parquet"}
    """

    def __init__(self, folder, ending):
        self.path = Path(folder).absolute()
        self.ending = ending
        self.path.mkdir(parents=True, exist_ok=True)
        for left in self.path.glob(f"*{PART}"):  # of calls that were killed
            left.unlink(missing_ok=True)
        matches = map(_NAME.fullmatch, sorted(p.name for p in self.path.iterdir()))
        self.finished = {int(m[1]): m[0] for m in matches if m}

    def path_of(self, batch, rows):
        """The file of a batch, whose name holds what its rows are.

        Parameters
        ----------
        batch : int
        rows : container of rows

        Raises
        ------
        ValueError
            If the folder holds this batch with other rows.
        """
        name = f"batch-{batch:05d}-{fingerprint(rows)[:16]}.{self.ending}"
        if self.finished.get(batch, name) != name:
            raise ValueError(
                f"{self.path / self.finished[batch]} was made of other rows than batch "
                f"{batch} now has, or in another format. Pass the same batches in the "
                "same order and the same `format`, or choose another folder."
            )
        return self.path / name

    def claim(self, parameters, row, numbers):
        """Make the folder that of an explainer, or see that it is.

        Parameters
        ----------
        parameters : dict of str to str
        row : int or None
            The row of the first batch of which `numbers` are.
        numbers : dict of str to float
            What the explainer says of it.

        Raises
        ------
        ValueError
            If the folder holds results of an explainer with other parameters, or one
            that says something else of the row.
        """
        manifest = self.path / _MANIFEST
        if not manifest.exists() and not self.finished:
            content = {
                "format": _FORMAT,
                "parameters": parameters,
                "row": row,
                "numbers": numbers,
            }
            with atomically(manifest) as stream:
                stream.write(json.dumps(content, indent=1).encode())
            return
        stored = _read_manifest(manifest)
        self._check_parameters(stored["parameters"], parameters)
        if stored["row"] == row and differ(numbers, stored["numbers"]):
            raise ValueError(
                f"{self.path} holds results of another explainer, or the model is not "
                f"deterministic: row {row} of the first batch now gives other numbers. "
                "Choose another folder, or fit the explainer as it was (the same data, "
                "an integer `random_state`)."
            )

    def _check_parameters(self, stored, parameters):
        changed = [
            f"{name} was {stored.get(name)} and is {parameters.get(name)}"
            for name in sorted({*stored, *parameters})
            if stored.get(name) != parameters.get(name)
        ]
        if changed:
            raise ValueError(
                f"{self.path} holds results of another explainer: "
                f"{'; '.join(changed[:5])}. Results of two explainers are not mixed: "
                "choose another folder, or the parameters that were used."
            )


def _read_manifest(path):
    try:
        content = json.loads(path.read_text())
        if content["format"] != _FORMAT:
            raise ValueError(f"format {content['format']!r} instead of {_FORMAT!r}")
        return {name: content[name] for name in ("parameters", "row", "numbers")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} does not say which explainer the batches beside it are from: "
            f"{error}. Choose another folder."
        ) from error


def parameters_of(explainer):
    """Parameters that are numbers or texts, as text, by name.

    Those without influence on the numbers are left out.
    """
    return {
        name: repr(value)
        for name, value in explainer.get_params().items()
        if isinstance(value, (str, int, float, bool, type(None)))
        and not name.endswith(_NEUTRAL)
    }


def numbers_of(explanation):
    """UC, MI and known coefficients of a single row, by their names."""
    owners, names = explanation.feature_modalities, explanation.feature_names
    coef, parts = explanation.coef[0], explanation.decomposition
    numbers = {
        (str(owners[f]), str(names[f]), p, c): coef[p, f, c]
        for p, f, c in np.ndindex(coef.shape)
    }
    values = np.stack([parts.uc[0], parts.mi[0]])
    numbers |= {(p, c): values[p, c] for p, c in np.ndindex(values.shape)}
    return {json.dumps(k): float(v) for k, v in numbers.items() if not np.isnan(v)}


def differ(numbers, others):
    """Whether two computations of the same numbers differ by more than rounding."""
    if set(numbers) != set(others):
        return True
    scale = max(map(abs, others.values()), default=0.0)
    rounding = SINGLE_PRECISION * scale
    return any(abs(numbers[key] - others[key]) > rounding for key in others)


def write_batch(path, explanation, failures):
    """Write a batch, and before it what could not be explained.

    Parameters
    ----------
    path : Path
        Its ending, ``.npz`` or ``.parquet``, is the format.
    explanation : Explanation
    failures : list of RowFailure
    """
    if failures:
        with atomically(_errors_of(path)) as stream:
            stream.write(json.dumps(failures).encode())
    if path.suffix == ".npz":
        explanation.save(path)
        return
    frame = _with_target(explanation)
    with atomically(path) as stream:
        frame.to_parquet(stream, index=False)


def read_batch(path):
    """What :func:`write_batch` wrote: an Explanation, or a pandas frame."""
    if path.suffix == ".npz":
        return Explanation.load(path)
    import pandas as pd

    return pd.read_parquet(path)


def read_failures(path):
    """Rows of a batch that could not be explained; empty if all could."""
    errors = _errors_of(path)
    failures = json.loads(errors.read_text()) if errors.exists() else []
    return [RowFailure(*failure) for failure in failures]


def fingerprint(rows):
    """A name of rows by what they hold, the same in every process and layout.

    Parameters
    ----------
    rows : container of rows

    Returns
    -------
    name : str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for piece in _pieces(rows):
        digest.update(len(piece).to_bytes(8, "little"))
        digest.update(piece)
    return digest.hexdigest()


def _pieces(rows):
    if is_multimodal(rows):
        for key, held in rows.items():
            yield key.encode()
            yield from _pieces(held)
    elif is_frame(rows):
        for position, name in enumerate(rows.columns):
            yield str(name).encode()
            yield from _pieces(np.asarray(column(rows, position)))
    elif kind_of(rows) == "sparse matrix":
        rows = rows.tocsr().copy()
        rows.sum_duplicates()
        yield from _pieces(rows.data)
        for part in (rows.indices, rows.indptr):
            yield from _pieces(part.astype(np.int64))
        yield str(rows.shape).encode()
    elif isinstance(rows, list):
        yield str(len(rows)).encode()
        for item in rows:
            yield from _pieces_of_item(item)
    else:
        array = np.asarray(rows)
        yield f"{array.dtype} {array.shape}".encode()
        if array.dtype.hasobject:
            for item in array.ravel():
                yield from _pieces_of_item(item)
        else:
            yield np.ascontiguousarray(array).tobytes()


def _pieces_of_item(item):
    if isinstance(item, np.ndarray):
        yield from _pieces(item)
    elif item is None or isinstance(item, (str, bytes, bool, int, float)):
        yield repr(item).encode()
    else:
        yield joblib.hash(item).encode()


def _with_target(explanation):
    """The tidy frame, with each row's position and the UC or MI that a line is of."""
    frame = explanation.to_frame()
    row, part, _, output = (axis.ravel() for axis in np.indices(explanation.coef.shape))
    values = explanation.decomposition
    frame.insert(0, "position", row)
    if frame["row"].dtype == object:  # of mixed types, which a column cannot have
        frame["row"] = frame["row"].astype(str)
    frame["target"] = np.stack([values.uc, values.mi], axis=1)[row, part, output]
    return frame


def _errors_of(path):
    return path.with_suffix(".errors.json")
