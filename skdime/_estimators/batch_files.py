"""The folder of explained batches: which are finished, of which rows, by whom."""

import hashlib
import json
import re
import time
from contextlib import suppress
from pathlib import Path

from skdime._estimators.batch_file import BatchFile
from skdime._estimators.identity import Identity, differ
from skdime._results.storage import PART, atomically
from skdime._rows.fingerprint import fingerprint
from skdime._utils.warn import warn

_FORMAT = "skdime.explain_batches/2"
_MANIFEST = "explainer.json"
_NAME = re.compile(r"batch-(\d+)-([0-9a-f]{16})\.(npz|parquet)")
# What `atomically` leaves of files of a folder when it is killed.
_LEFT = re.compile(
    rf"({_NAME.pattern}|batch-\d+-[0-9a-f]{{16}}\.errors\.json|{re.escape(_MANIFEST)})"
    rf"\.[0-9a-f]{{32}}{re.escape(PART)}"
)
# Younger ones may be written at this moment, by another process.
_SECONDS = 60


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
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise NotADirectoryError(
                f"`folder` must be a folder, or a path where one can be made; "
                f"{self.path} is a file, or lies in one."
            ) from None
        names = sorted(path.name for path in self.path.iterdir())
        self._remove_left(filter(_LEFT.fullmatch, names))
        self.names = {int(m[1]): m[0] for m in map(_NAME.fullmatch, names) if m}

    def _remove_left(self, names):
        """Remove what killed calls of our own have left, and nothing else."""
        for name in names:
            with suppress(FileNotFoundError):
                part = self.path / name
                if time.time() - part.stat().st_mtime > _SECONDS:
                    part.unlink()

    def manifest(self):
        """What the folder says of its explainer; None in a new folder.

        Returns
        -------
        identity : Identity
        row : int or None
            The row of the first batch that was explained once more.
        numbers : list of float
            What the explainer says of it.

        Raises
        ------
        ValueError
            If it cannot be read, or there are batches without it.
        """
        path = self.path / _MANIFEST
        if not self.names and not path.exists():
            return None
        content = _read_manifest(path)
        identity = Identity(*(content[name] for name in Identity._fields))
        return identity, content["row"], content["numbers"]

    def claim(self, identity, row, numbers):
        """Make a new folder that of an explainer, unless another call just has."""
        content = {
            "format": _FORMAT,
            **identity._asdict(),
            "row": row,
            "numbers": numbers,
        }
        with (
            suppress(FileExistsError),
            atomically(self.path / _MANIFEST, replace=False) as stream,
        ):
            stream.write(json.dumps(content, indent=1).encode())

    def check(self, identity):
        """Refuse an explainer that is not the one of the folder."""
        manifest = self.manifest()
        if manifest and (difference := identity.difference(manifest[0])):
            raise ValueError(
                f"{self.path} holds results of another explainer: {difference}. "
                "Results of two explainers are not mixed: choose another folder, or "
                "fit the explainer as it was (the same parameters and data, an integer "
                "`random_state`)."
            )

    def check_numbers(self, row, numbers):
        """Refuse an explainer that says something else of a row than is stored."""
        _, stored_row, stored_numbers = self.manifest()
        if stored_row == row and differ(numbers, stored_numbers):
            raise ValueError(
                f"{self.path} holds results of another explainer, or the model is not "
                f"deterministic: row {row} of the first batch now gives other numbers. "
                "Choose another folder, or fit the explainer as it was (the same data, "
                "an integer `random_state`)."
            )

    def file_of(self, batch, rows):
        """The file of a batch, whose name says what its rows are.

        Parameters
        ----------
        batch : int
        rows : container of rows

        Raises
        ------
        ValueError
            If the folder holds this batch with other rows.
        """
        digits = fingerprint(rows)[:16]
        name = f"batch-{batch:05d}-{digits}.{self.ending}"
        if self.names.get(batch, name) != name:
            raise ValueError(
                f"{self.path / self.names[batch]} was made of other rows than batch "
                f"{batch} now has, or in another format. Pass the same batches in the "
                "same order and the same `format`, or choose another folder."
            )
        return self.path / name


def batch_file(path):
    """The file of a name in a folder that is claimed."""
    batch, rows, _ = _NAME.fullmatch(path.name).groups()
    content = (path.parent / _MANIFEST).read_bytes()
    return BatchFile(path, hashlib.sha256(content).hexdigest(), int(batch), rows)


def is_finished(path):
    """Whether a batch is explained; one that was damaged is told, and is not.

    Raises
    ------
    ValueError
        If the file is that of another batch or explainer.
    """
    finished = batch_file(path).is_finished()
    if path.exists() and not finished:
        warn(
            f"{path} is damaged or incomplete; its batch is explained anew, and the "
            "file is written again."
        )
    return finished


def _read_manifest(path):
    try:
        content = json.loads(path.read_text())
        if content["format"] != _FORMAT:
            raise ValueError(
                f"format {content['format']!r:.60} instead of {_FORMAT!r:.60}"
            )
        return {name: content[name] for name in (*Identity._fields, "row", "numbers")}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f"{path} does not say which explainer the batches beside it are from: "
            f"{error}. Choose another folder; Explanation.load reads the batches."
        ) from error
