"""One batch in a file that says whose it is, and of which rows."""

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from skdime._results.explanation import Explanation
from skdime._results.explanation_file import READERS, packed
from skdime._results.storage import atomically, read_arrays, write_arrays
from skdime._rows.fingerprint import fingerprint
from skdime._utils.optional import optional_module

# Under which a file says what it is: in the description of an .npz, in the metadata of
# a Parquet file.
_RECORD = "skdime.batch"


class RowFailure(NamedTuple):
    """A row that could not be explained: of which batch, where in it, and why.

    Words and numbers of rows are left out of the error.
    """

    batch: int
    position: int
    row: str
    error: str


class ForeignFileError(ValueError):
    """A file that is whole, and not the one that its name says."""


class BatchFile(NamedTuple):
    """The file of a batch.

    Attributes
    ----------
    path : Path
        Its ending, ``.npz`` or ``.parquet``, is the format.
    explainer : str
        Name of the explainer, the same in all files of a folder.
    batch : int
    rows : str
        First digits of the fingerprint of the rows.
    """

    path: Path
    explainer: str
    batch: int
    rows: str

    def write(self, explanation, failures):
        """Write a batch, and before it what could not be explained.

        Parameters
        ----------
        explanation : Explanation
        failures : list of RowFailure
        """
        errors = json.dumps(failures).encode() if failures else b""
        if failures:
            with atomically(self._errors) as stream:
                stream.write(errors)
        record = self._record() | {"errors": hashlib.sha256(errors).hexdigest()}
        if self.path.suffix == ".npz":
            meta, arrays = packed(explanation)
            write_arrays(self.path, meta | {_RECORD: record}, arrays)
        else:
            _write_parquet(self.path, _with_target(explanation), record)

    def read(self):
        """What was written: an Explanation, or a pandas frame.

        Raises
        ------
        ValueError
            If the file is damaged, or is not the one that its name says.
        """
        return self._whole()[0]

    def failures(self):
        """Rows of the batch that could not be explained; empty if all could.

        Raises
        ------
        ValueError
            If the file with their errors, or the batch itself, is damaged or missing.
        """
        _, record = self._whole()
        errors = self._errors_in_file()
        if record["errors"] != hashlib.sha256(errors).hexdigest():
            raise ValueError(
                f"{self._errors} is missing, damaged or of another call. Call "
                "explain_batches again with the same arguments: it explains this batch "
                "anew."
            )
        return [RowFailure(*failure) for failure in json.loads(errors or b"[]")]

    def is_finished(self):
        """Whether the file is there, and whole.

        Raises
        ------
        ValueError
            If it is whole, but not the one that its name says.
        """
        if not self.path.exists():
            return False
        try:
            _, record = self._whole()
        except ForeignFileError:
            raise
        except ValueError:
            return False
        errors = self._errors_in_file()
        return record["errors"] == hashlib.sha256(errors).hexdigest()

    def _whole(self):
        read = _read_npz if self.path.suffix == ".npz" else _read_parquet
        try:
            content, record = read(self.path)
        except ValueError as error:
            error.add_note(
                "explain_batches: call it again with the same arguments, and it "
                "explains this batch anew."
            )
            raise
        if {name: record.get(name) for name in self._record()} != self._record():
            raise ForeignFileError(
                f"{self.path} is not what its name says: it was written for "
                f"{_described(record)}, and not for {_described(self._record())}. "
                "Move it back to where it belongs or delete it, and call "
                "explain_batches again."
            )
        return content, record

    def _record(self):
        return {"explainer": self.explainer, "batch": self.batch, "rows": self.rows}

    def _errors_in_file(self):
        return self._errors.read_bytes() if self._errors.exists() else b""

    @property
    def _errors(self):
        return self.path.with_suffix(".errors.json")


def _described(record):
    if not record:
        return "no call of explain_batches"
    explainer = str(record.get("explainer"))[:16]
    batch, rows = (f"{record.get(name)!s:.20}" for name in ("batch", "rows"))
    return f"batch {batch} of the rows {rows} and the explainer {explainer}"


def _read_npz(path):
    readers = {
        form: reader._replace(build=partial(_with_record, reader.build))
        for form, reader in READERS.items()
    }
    # as large as it was when it was written
    return read_arrays(path, readers, max_memory=None)


def _with_record(build, meta, arrays):
    return Explanation(**build(meta, arrays)), _as_record(meta.get(_RECORD))


def _write_parquet(path, frame, record):
    pa = optional_module("pyarrow", "parquet")
    pq = optional_module("pyarrow.parquet", "parquet")
    table = pa.Table.from_pandas(frame, preserve_index=False)
    record = record | {"sha256": _digest(frame)}
    metadata = table.schema.metadata | {_RECORD: json.dumps(record)}
    with atomically(path) as stream:
        pq.write_table(table.replace_schema_metadata(metadata), stream)


def _read_parquet(path):
    pq = optional_module("pyarrow.parquet", "parquet")
    with open(path, "rb") as stream:
        try:
            table = pq.read_table(stream)
            metadata = table.schema.metadata or {}
            record = _as_record(json.loads(metadata.get(_RECORD.encode(), b"{}")))
            frame = table.to_pandas()
            digest = _digest(frame)  # reads texts, which may be no Unicode
        # of Arrow, of the system, of JSON; some of them quote the content
        except Exception:
            raise ValueError(f"{path} is damaged, or no Parquet file.") from None
    if record and record.get("sha256") != digest:
        raise ValueError(f"{path} has been altered since it was written.")
    return frame, record


def _as_record(record):
    return record if isinstance(record, dict) else {}


def _digest(frame):
    """SHA-256 of a frame, the same before it is written and after it is read."""
    columns = (np.asarray(frame[name]) for name in frame)
    return fingerprint(["\0".join(frame), *map(_plain, columns)])


def _plain(values):
    """Values without what a Parquet file need not keep: other types, signs of nan."""
    if values.dtype.kind in "iuf":
        return np.where(np.isnan(values), np.nan, values)
    return "\0".join(map(str, values))


def _with_target(explanation):
    """The tidy frame, with each row's position and the UC or MI that a line is of."""
    frame = explanation.to_frame()
    values = explanation.decomposition
    n_rows, n_parts, n_features, n_outputs = explanation.coef.shape
    # after its features, each modality has a line for the rest
    n_lines = n_features + len(explanation.modality_names)
    lines = np.indices((n_rows, n_parts, n_lines, n_outputs))
    row, part, _, output = (axis.ravel() for axis in lines)
    frame.insert(0, "position", row)
    if frame["row"].dtype == object:  # of mixed types, which a column cannot have
        frame["row"] = frame["row"].astype(str)
    frame["target"] = np.stack([values.uc, values.mi], axis=1)[row, part, output]
    return frame
