"""The one place where the model is called: many rows, in batches of bounded memory."""

import itertools
import math
import time
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from joblib import cpu_count, effective_n_jobs
from sklearn.utils.parallel import delayed
from threadpoolctl import threadpool_limits

from skdime._models.received import missing_text, received
from skdime._rows.containers import first_failing, take
from skdime._utils.listed import count, quote_less
from skdime._utils.parallel import ordered_generator

# Past this many rows a call has nothing left to amortise, while the model's own
# intermediate arrays go on growing.
MOST_ROWS = 16384


@dataclass(frozen=True)
class Need:
    """What a task needs; tasks that run one after the other are added up.

    Attributes
    ----------
    rows, calls : int
        Rows passed to the model at most, and calls of it, about.
    batch_bytes : int
        Bytes passed to the model at once: of several tasks, the most.
    table_bytes : int
        Bytes of results and tables.
    expected_rows : int
        Rows to expect.
    encodings, expected_encodings : int
        Rows of single modalities that the model's encoders are given, at most and to be
        expected, as long as what they encode is remembered.
    """

    rows: int = 0
    calls: int = 0
    batch_bytes: int = 0
    table_bytes: int = 0
    expected_rows: int = 0
    encodings: int = 0
    expected_encodings: int = 0

    def __add__(self, other):
        return Need(
            self.rows + other.rows,
            self.calls + other.calls,
            max(self.batch_bytes, other.batch_bytes),
            self.table_bytes + other.table_bytes,
            self.expected_rows + other.expected_rows,
            self.encodings + other.encodings,
            self.expected_encodings + other.expected_encodings,
        )

    def until_accurate(self, first_rows, n_batches=1):
        """The same of a task that goes on from `first_rows` until it is accurate.

        Half way is to be expected, on the scale of steps that double. Each step of a
        batch begins with a new call.
        """
        share = min(first_rows, self.rows) / max(self.rows, 1)
        n_further = math.ceil(-math.log2(share)) if share else 0
        share = math.sqrt(share)
        return replace(
            self,
            calls=min(self.rows, self.calls + n_batches * n_further),
            expected_rows=round(share * self.rows),
            expected_encodings=round(share * self.encodings),
        )


class Spent(NamedTuple):
    """What tasks have taken.

    Attributes
    ----------
    n_model_rows, n_encodings : int
        As of :class:`Calls`.
    """

    n_model_rows: int = 0
    n_encodings: int = 0

    def __add__(self, other):
        return Spent(*map(sum, zip(self, other, strict=True)))


class Calls:
    """Calls a model on rows that are composed batch by batch, and counts them.

    Parameters
    ----------
    response : Response
    max_memory : int
        Bytes that the rows of one batch, over all workers, may take.
    n_jobs : int, default=None
        Workers, as in joblib; None is 1 unless in a ``joblib.parallel_config``.
    progress : Progress, default=None
        Is updated after every batch.
    batch_size : int, default=None
        Most rows of a call; None is as many as memory allows.

    Attributes
    ----------
    chosen : ndarray of int or None
        Positions of the outputs that are returned; None is all of them.
    fixed : FixedColumns or None
        What all rows hold in columns of no modality; None where there are none.
    n_model_rows : int
        Rows that the model has seen, or what follows its encoder.
    n_encodings : int
        Rows of single modalities that the encoder has seen.
    n_clipped : int
        Outputs that the logit link had to clip.
    slopes_by_clip : ndarray of shape (n_outputs,) or float
        Sum over all rows of how outputs move with the clip; see
        :func:`skdime._models.log_odds.slopes_by_clip`.
    """

    def __init__(
        self, response, max_memory, n_jobs=None, progress=None, batch_size=None
    ):
        self.response = response
        self.batch_size = batch_size
        self.max_memory = max_memory
        self.n_jobs = n_jobs
        self.progress = progress
        self.chosen = self.fixed = None
        self.n_model_rows = 0
        self.n_encodings = 0
        self.n_clipped = 0
        self.slopes_by_clip = 0.0
        self._seconds = 0.0

    def outputs(self, grid):
        """Outputs of the model on every hybrid row of a grid.

        Parameters
        ----------
        grid : Grid

        Returns
        -------
        outputs : ndarray of shape (grid.shape[0], grid.shape[1], n_outputs)
        """
        edges = [*range(0, grid.size, self.batch_rows(grid)), grid.size]
        started = time.perf_counter()
        outputs, start = None, 0
        for batch in self._batches(grid, list(itertools.pairwise(edges))):
            values, n_clipped = self.response.linked(batch)
            if n_clipped:
                self.n_clipped += n_clipped
                slopes = self.response.slopes_by_clip(values).sum(axis=0)
                self.slopes_by_clip = self.slopes_by_clip + self.choose(slopes)
            values = self.choose(values)
            if outputs is None:
                outputs = np.empty((grid.size, values.shape[1]))
            outputs[start : start + len(values)] = values
            start += len(values)
            self.n_model_rows += len(values)
            if self.progress is not None:
                self.progress.update(len(values))
        self._seconds += time.perf_counter() - started
        return outputs.reshape(*grid.shape, -1)

    def choose(self, outputs):
        """Those of all outputs that are returned, along the last axis."""
        return outputs if self.chosen is None else outputs[..., self.chosen]

    def encoded(self, encoder, blocks, batch_rows):
        """Blocks of encodings; their time is part of that of the model rows.

        Parameters
        ----------
        encoder : Encoder or Towers
        blocks : list of blocks
        batch_rows : int
            Rows that are encoded at once.
        """
        started = time.perf_counter()
        blocks, n_encoded = encoder.encode(blocks, batch_rows)
        self.n_encodings += n_encoded
        self._seconds += time.perf_counter() - started
        return blocks

    def _batches(self, grid, spans):
        """Outputs of one batch after the other, in order."""
        n_jobs = effective_n_jobs(self.n_jobs)
        if len(spans) == 1 or n_jobs == 1:
            for span in spans:
                yield _evaluate_span(self.response, grid, self.fixed, *span)
            return
        # workers that are threads share the threads of BLAS and OpenMP
        with threadpool_limits(max(1, cpu_count() // n_jobs)):
            task = delayed(_evaluate_span)
            tasks = (task(self.response, grid, self.fixed, *s) for s in spans)
            yield from ordered_generator(self.n_jobs)(tasks)

    def batch_rows(self, grid):
        """Rows of a grid in one call of the model."""
        n_jobs = effective_n_jobs(self.n_jobs)
        return self._rows_in_a_call(grid.row_bytes(), n_jobs)

    def _rows_in_a_call(self, row_bytes, n_jobs):
        most = rows_in_a_call(self.max_memory, row_bytes, n_jobs)
        return most if self.batch_size is None else min(most, self.batch_size)

    def need(self, n_model_rows, n_hybrids, row_bytes, n_batches=1, n_encodings=0):
        """What evaluating a grid of hybrids needs.

        Parameters
        ----------
        n_model_rows, n_hybrids : int
            Rows passed to the model, and rows whose outputs come of it.
        row_bytes : float
            Bytes of a row of the model's input.
        n_batches : int, default=1
            Batches that the grid is cut into; each begins with a new call.
        n_encodings : int, default=0
            Rows of single modalities that encoders are given.

        Returns
        -------
        need : Need
        """
        n_jobs = effective_n_jobs(self.n_jobs)
        in_a_call = self._rows_in_a_call(row_bytes, n_jobs)
        calls = n_batches * -(-n_model_rows // (n_batches * in_a_call))
        return Need(
            n_model_rows,
            min(n_model_rows, calls),
            min(self.max_memory, int(2 * row_bytes * n_hybrids)),
            expected_rows=n_model_rows,
            encodings=n_encodings,
            expected_encodings=n_encodings,
        )

    def seconds_per_row(self):
        """Time that a row has taken so far; nan where the model has seen none."""
        return self._seconds / self.n_model_rows if self.n_model_rows else float("nan")

    def clipped_share(self):
        """Share of the outputs so far that the logit link had to clip."""
        n_outputs = self.response.n_outputs or 1
        return self.n_clipped / max(1, self.n_model_rows * n_outputs)


def rows_within(max_memory, n_bytes):
    """Rows that are worked on at a time, where each needs so many bytes."""
    return max(1, int(max_memory // n_bytes))


def rows_in_a_call(max_memory, row_bytes, n_jobs=1):
    """Rows in one call of the model: a share of `max_memory`, at least one."""
    # the gathered blocks and the joined container exist side by side
    n_bytes = 2 * max(row_bytes, 1.0) * n_jobs
    return max(1, min(MOST_ROWS, int(max_memory / n_bytes)))


def _evaluate_span(response, grid, fixed, start, stop):
    rows = grid.rows(start, stop, fixed)
    try:
        return response(rows)
    except Exception as error:
        quote_less(error)
        error.add_note(_failure_note(response, grid, start, rows))
        raise


def _failure_note(response, grid, start, rows):
    """Which rows the model failed on, and the first of them that fails by itself."""
    failing = first_failing(response, rows)
    culprit = "None of these rows fails on its own."
    if failing is not None:
        first, second = divmod(start + failing, grid.shape[1])
        culprit = (
            f"The first failing row combines row {first} of these with row {second} of "
            f"the others.{missing_text(take(rows, [failing]))}"
        )
    return (
        f"The model received {received(rows)}: hybrid rows that combine modalities of "
        f"{count(grid.shape[0], 'row')} with those of {count(grid.shape[1], 'other')}, "
        f"by position. {culprit}"
    )
