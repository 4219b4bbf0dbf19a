"""Many rows, batch by batch: each finished batch is a file, and is not lost again."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import joblib
import numpy as np
from joblib import effective_n_jobs
from sklearn.utils import gen_batches
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from skdime._estimators.batch_file import RowFailure
from skdime._estimators.batch_files import BatchFolder, batch_file, is_finished
from skdime._estimators.explained_rows import explained_rows
from skdime._estimators.failing_rows import explain_others
from skdime._estimators.identity import differ, identity_of, numbers_of
from skdime._estimators.local_explainer import LocalExplainer
from skdime._results.concatenation import concatenated
from skdime._rows.containers import container_of, n_rows, row_labels, take
from skdime._rows.validation import check_rows, from_mapping
from skdime._utils.annotations import Outputs
from skdime._utils.checks import check_choice, check_count
from skdime._utils.names import noting
from skdime._utils.optional import optional_module
from skdime._utils.warn import told_first, warn

FORMATS = ("npz", "parquet")
ON_ERROR = ("raise", "nan")
# Batches for each worker that are made before they are handed out together: more would
# hold more rows in memory, fewer leave workers idle while one of a wave is slow.
_ROUNDS = 4
# Rows of the first batch that are tried until one can be explained.
_TRIED = 10


def explain_batches(
    explainer: LocalExplainer,
    batches: Any,
    folder: str | PathLike[str],
    *,
    batch_size: int = 1000,
    format: Literal["npz", "parquet"] = "npz",
    on_error: Literal["raise", "nan"] = "raise",
    outputs: Outputs = None,
    n_jobs: int | None = None,
) -> ExplainedBatches:
    """Explain more rows than fit in memory, and continue after an interruption.

    A call that was interrupted in any way (Ctrl-C, a killed process or worker, a full
    disk, an error of the model) is continued by the same call: batches whose files
    are in the folder are not explained again. Memory holds the rows of one batch, or of
    four for each worker.

    Before anything else one row is explained twice: a model that is not deterministic
    is noticed, and, when the call is continued, an explainer that is not the one of
    the folder.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted.
    batches : container of rows, iterable of containers, or Dask data frame
        All rows, which are cut into batches of `batch_size`; an iterable that gives
        the batches one after the other, in every call in the same order; or a
        partitioned frame, each partition one batch. Batches without rows are left
        out.
    folder : str or path-like
        Where the files go; it is made when it does not exist. It belongs to one
        explainer and one call at a time. All workers must see it.
    batch_size : int, default=1000
        Rows of a batch, where `batches` is a container.
    format : {"npz", "parquet"}, default="npz"
        ``"npz"`` keeps all of an :class:`Explanation`. ``"parquet"`` writes
        ``Explanation.to_frame()`` with two more columns: ``position`` of the row in
        its batch, and ``target``, the UC or MI of the row that the line's coefficient
        is a part of.
    on_error : {"raise", "nan"}, default="raise"
        What happens when a batch cannot be explained. ``"raise"`` raises the error,
        with the batch named; finished batches are kept. ``"nan"`` halves the batch
        again and again until the rows that fail are found: they are nan in the
        result, and listed in ``failures``. Where every row of a batch fails, the
        error is raised all the same: it is not the rows then.
    outputs : "predicted", name, position or a list of these, default=None
        Which outputs are explained, the same for all rows or each row's predicted one,
        as in :meth:`LocalExplainer.explain`. None explains all.
    n_jobs : int, default=None
        Batches explained at the same time, as in joblib: in processes, unless a
        ``joblib.parallel_config`` says otherwise. Above 1 each batch is worked on by
        one worker; at 1 the `n_jobs` of the explainer applies.

    Returns
    -------
    explained : ExplainedBatches
        A sequence of explanations, each read from its file when it is asked for, with
        ``paths``, ``failures`` and ``concatenate()``.

    Raises
    ------
    ValueError
        If the folder holds results of another explainer or of other rows.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer, explain_batches
    >>> def model(X):
    ...     return X[:, 0] + X[:, 0] * X[:, 1]
    >>> X = np.random.RandomState(0).normal(size=(50, 2))
    >>> explainer = LocalExplainer(Disentangler(model), n_samples=50, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     explained = explain_batches(explainer.fit(X), X, folder, batch_size=20)
    ...     len(explained), len(explained[2]), explained.concatenate().coef.shape
    (3, 10, (50, 2, 2, 1))
    """
    check_is_fitted(explainer, "n_model_rows_")
    check_count("batch_size", batch_size)
    check_choice("format", format, FORMATS)
    check_choice("on_error", on_error, ON_ERROR)
    by_row = () if outputs is None else np.asarray(outputs, dtype=object).shape
    if len(by_row) == 2:
        raise ValueError(
            "`outputs` of explain_batches are the same for all rows, or 'predicted', "
            f"but were given as an array of shape {by_row}. Explain rows "
            "with outputs of their own by LocalExplainer.explain, batch by batch."
        )
    n_workers = effective_n_jobs(n_jobs)
    target = BatchFolder(folder, format)
    tasks = _Tasks(explainer, _batches_of(batches, batch_size), target, outputs)
    alone = n_workers == 1
    how = {"on_error": on_error, "outputs": outputs, "alone": alone}
    work = partial(_explain_and_write, explainer, **how)
    error = None
    told: set[tuple[type, str]] = set()
    while error is None:
        with told_first(told):
            wave, error = tasks.take(1 if alone else _ROUNDS * n_workers)
            Parallel(n_jobs=n_jobs, batch_size=1)(delayed(work)(*t) for t in wave)
    if not isinstance(error, StopIteration):
        raise error
    missing = [path for path in tasks.paths if not path.exists()]
    if missing:
        raise FileNotFoundError(
            f"The workers wrote {len(missing)} batches, such as {missing[0]}, to a "
            "folder that is not this one. All workers must see the folder: choose one "
            "on a shared file system."
        )
    return ExplainedBatches(target.path, tuple(tasks.paths))


@dataclass(frozen=True, repr=False)
class ExplainedBatches(Sequence):
    """Explanations of batches, each read from its file when it is asked for.

    Attributes
    ----------
    folder : Path
        Where the files are.
    paths : tuple of Path
        One file for each batch, in order.
    """

    folder: Path
    paths: tuple

    def __repr__(self) -> str:
        plural = "batch" if len(self) == 1 else "batches"
        return f"ExplainedBatches of {len(self)} {plural} in {self.folder}"

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, position: Any) -> Any:
        """Of one batch its Explanation, or frame; of a slice the batches in it."""
        if isinstance(position, slice):
            return replace(self, paths=self.paths[position])
        return batch_file(self.paths[position]).read()

    @property
    def failures(self) -> list[RowFailure]:
        """The rows that could not be explained: a list of (batch, position, ...)."""
        return [
            failure for path in self.paths for failure in batch_file(path).failures()
        ]

    def concatenate(self) -> Any:
        """All batches at once: one Explanation, or one frame.

        Returns
        -------
        explanation : Explanation or pandas.DataFrame
        """
        if not self.paths:
            raise ValueError("There is nothing to join: no batch had any row.")
        batches = list(self)
        if self.paths[0].suffix == ".npz":
            return concatenated(batches)
        pd = optional_module("pandas", "pandas")

        return pd.concat(batches, ignore_index=True)


class _Tasks:
    """The batches that are still to be done.

    They are asked for between the calls of joblib, and not by it: it would do so in
    threads of its own, where an error is lost and a cluster must not be waited for.
    """

    def __init__(self, explainer, batches, folder, outputs):
        self.explainer = explainer
        self.outputs = outputs
        self.batches = batches
        self.folder = folder
        self.paths = []
        self._batches_to_do = self._unfinished()

    def take(self, n):
        """At most so many tasks, and what ends them: an error, or a StopIteration."""
        tasks = []
        try:
            while len(tasks) < n:
                tasks.append(next(self._batches_to_do))
        except Exception as error:
            return tasks, error
        return tasks, None

    def _unfinished(self):
        start = 0
        for batch, rows in enumerate(self.batches):
            with noting(f"explain_batches: it is batch {batch} of the iterable."):
                size = n_rows(rows)
            if not size:
                continue
            rows = check_rows(self.explainer, rows, reset=False)
            path = self.folder.file_of(batch, rows)
            if not self.paths:
                self._claim(rows)
            self.paths.append(path)
            if not is_finished(path):
                yield batch, rows, start, path
            start += size

    def _claim(self, rows):
        """Before any batch is written: is the folder ours, the model deterministic?"""
        folder = self.folder
        identity = identity_of(self.explainer, self.outputs)
        folder.check(identity)
        _, stored_row, _ = manifest = folder.manifest() or (
            None,
            None,
            None,
        )
        row, numbers = self._explainable(rows, stored_row)
        if manifest[0] is None:
            folder.claim(identity, row, numbers)
        folder.check_numbers(row, numbers)
        if row is not None and differ(numbers, self._numbers(rows, row)):
            warn(
                "The model is not deterministic: one row, explained twice, gave "
                "different numbers. Coefficients hold this noise, and a call that is "
                "interrupted cannot be continued. Fix the model's seed, or switch it "
                "to evaluation."
            )

    def _explainable(self, rows, first_row):
        """A row that can be explained, and its numbers; the stored row if it can be."""
        first = [] if first_row is None else [first_row]
        for row in [*first, *range(_TRIED)]:
            if row < n_rows(rows):
                with suppress(Exception):  # its batch will say so
                    return row, self._numbers(rows, row)
        return None, []

    def _numbers(self, rows, row):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its batch will warn
            one = take(rows, [row])
            return numbers_of(self.explainer.explain(one, outputs=self.outputs))


def _explain_and_write(
    explainer, batch, rows, start, path, *, on_error, outputs, alone
):
    """Explain one batch and write it."""
    names = row_labels(rows, start)
    outer = nullcontext() if alone else joblib.parallel_config("sequential")
    with outer:
        try:
            explanation, failures = (
                explained_rows(explainer, rows, outputs=outputs, row_names=names),
                [],
            )
        except Exception as error:
            if on_error == "raise":
                error.add_note(_batch_note(batch, start, n_rows(rows), path.parent))
                raise
            explanation, failures = explain_others(
                explainer, batch, rows, names, error, outputs
            )
    with noting(
        f"explain_batches: batch {batch} could not be written. Finished batches are "
        f"kept in {path.parent}; the same call continues there."
    ):
        batch_file(path).write(explanation, failures)


def _batch_note(batch, start, size, folder):
    return (
        f"explain_batches: batch {batch}, rows {start} to {start + size - 1} in order "
        f"of all batches, could not be explained. Finished batches are kept in "
        f"{folder}; the same call continues there. on_error='nan' finds the rows that "
        "fail and explains the others."
    )


def _batches_of(batches, batch_size):
    """The batches one after the other, whatever they are given as."""
    if hasattr(batches, "npartitions"):
        return (batches.partitions[i].compute() for i in range(batches.npartitions))
    batches = from_mapping(batches)
    if hasattr(batches, "shape"):
        container_of(batches)
        slices = gen_batches(n_rows(batches), batch_size)
        return (take(batches, np.arange(s.start, s.stop)) for s in slices)
    try:
        return iter(batches)
    except TypeError:
        raise TypeError(
            "`batches` must be a container of rows, an iterable of containers or a "
            f"Dask data frame, got an object of type {type(batches).__name__}."
        ) from None
