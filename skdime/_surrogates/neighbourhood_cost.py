"""What local surrogates on shared draws need: model rows, calls and bytes."""

import math
from dataclasses import replace

from skdime._models.calls import Need, rows_within
from skdime._references.landmarks import FIRST_LANDMARKS, first_rows, worthwhile
from skdime._references.reference_table import STORED_PER_OUTPUT, TOGETHER
from skdime._rows.containers import n_rows, row_bytes
from skdime._surrogates.draw_kernel import kernel_bytes, tuning_bytes

# Reference rows whose explanations decide how accurate a table must be.
N_PROBES = 16


class NeighbourhoodCost:
    """Sizes of a ``Neighbourhood``, before its tables are there and after.

    Attributes
    ----------
    references, perturbers, n_samples, exhaustive
        Parameters of ``Neighbourhood``.
    expected_draws : dict of int to float
        Draws that contexts are expected to need, by modality; empty before ``fit``.
    pair : tuple of int or None
        Modalities of which the effects are those of a pair.
    """

    @property
    def n_draws(self):
        """Draws of each modality."""
        return max(n_rows(p.draws_) for p in self.perturbers.values())

    def cost_of_fit(self, engine, X):
        """What the tables need, at most."""
        shape = self.n_samples, len(self.references)
        needs = self._needs(engine, shape, row_bytes(X))
        if not self.exhaustive and needs[0].rows > sum(shape) and worthwhile(*shape):
            expected = first_rows(*shape)
            needs = [replace(need, expected_rows=expected) for need in needs]
        return sum(needs, Need())

    def _needs(self, engine, shape, n_bytes, n_batches=1):
        """What the draws of each modality need in contexts, at most."""
        n_rounds = 2 + math.ceil(math.log2(max(shape)))  # a completion doubles them
        return [
            engine.need(
                shape, n_bytes, n_batches, cells={m: self.n_samples}, n_rounds=n_rounds
            )
            for m in self.perturbers
        ]

    def cost(self, engine, X, *, effects=True):
        """What explaining rows needs, at most, with or without their effects."""
        n = n_rows(X)
        n_batches = -(-n // self._batch_size(engine, X, self.n_samples))
        shape = self._context_shape(n, self.n_samples)
        needs = self._needs(engine, shape, row_bytes(X), n_batches)
        table = self.n_samples, len(self.references)
        if not self.exhaustive and needs[0].rows > sum(shape) and worthwhile(*table):
            first = self._context_shape(n, min(FIRST_LANDMARKS, self.n_samples))
            first = math.prod(first)
            needs = [need.until_accurate(first, n_batches) for need in needs]
        pairs = zip(needs, self.perturbers, strict=True)
        needs = [self._as_expected(need, n, m) for need, m in pairs]
        if self._n_bent and not effects:
            needs.append(self.references.cost(engine, X))
        return sum(needs, Need())

    @property
    def _n_bent(self):
        return sum(perturber.varies_columns for perturber in self.perturbers.values())

    @property
    def stored_bytes(self):
        """Bytes of what `tabulate` has stored, 0 before it."""
        if not hasattr(self, "tables"):
            return 0
        stored = *self.tables.values(), *self.kernels.values()
        return sum(each.n_bytes for each in stored)

    def table_bytes(self, X):
        """Bytes of what `tabulate` stores: exact after it, and at most before."""
        if hasattr(self, "tables"):
            return self.stored_bytes
        n_bytes = 8 * len(self.perturbers) * STORED_PER_OUTPUT * self._n_numbers
        if self._n_bent:
            n_bytes += kernel_bytes(self.n_samples, X.shape[1], self._n_bent)
        return n_bytes

    @property
    def _n_numbers(self):
        """Outputs of a modality's draws with all references."""
        return self.n_samples * len(self.references) * self.references.n_outputs

    def least_bytes(self, X):
        """Bytes that `tabulate` takes beside those, whatever the memory allowed."""
        columns = 8 * self._n_numbers
        if hasattr(self, "tables"):
            columns = max(table.columns.nbytes for table in self.tables.values())
        # columns joined with further ones; values, and temporaries of their size
        n_bytes = 3 * columns + 8 * 6 * min(self._n_numbers, TOGETHER)
        if self._n_bent:
            n_bytes += tuning_bytes(self.n_samples, X.shape[1])
        return n_bytes

    def bytes_of_fit(self, engine, X):
        """The same with the operators of probes, for which memory is allowed."""
        operators = 8 * N_PROBES * self.n_samples * X.shape[1]
        return self.least_bytes(X) + min(2 * operators, engine.max_memory)

    def _as_expected(self, need, n, m):
        """What `n` rows need of a modality, with the draws that ``fit`` expects."""
        if m not in self.expected_draws:
            return need
        rows = math.prod(self._context_shape(n, self.expected_draws[m]))
        return replace(need, expected_rows=min(round(rows), need.rows))

    def _batch_size(self, engine, X, n_samples):
        """Rows whose designs and outputs fit into the memory allowed."""
        n_bytes = surrogate_bytes(self.references, X, n_samples)
        return rows_within(engine.max_memory, n_bytes)

    def _context_shape(self, n, n_draws):
        """Extent of the grid of draws in the contexts of `n` rows."""
        if self.pair is None:
            return n, n_draws
        return n * n_draws, len(self.references)


def surrogate_bytes(references, X, n_samples):
    """Bytes that the designs, outputs and surrogates of a row take, at most."""
    numbers = 6 * X.shape[1] + 8 * references.n_outputs * len(references.modalities)
    return 8 * n_samples * numbers
