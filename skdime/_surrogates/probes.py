"""Operators of some references as rows, by which tables judge their errors."""

from sklearn.utils import gen_batches

# Share of the memory allowed that operators take where they are computed once.
_SHARE = 0.5


class Probes:
    """Batches of operators, computed again in every pass if they take much memory.

    Parameters
    ----------
    operator_of : callable
        ``operator_of(rows)`` returns the operators of some probes, by slice, an array
        of shape (n, n_features, n_samples).
    n_probes : int
    n_bytes : int
        Of the operators of all.
    n_together : int
        Probes whose operators can be computed at once.
    max_memory : int

    Attributes
    ----------
    n_bytes : int
        Of the operators that are stored.
    """

    def __init__(self, operator_of, n_probes, n_bytes, n_together, max_memory):
        self._operator_of = operator_of
        self._batches = list(gen_batches(n_probes, n_together))
        self._computed, self.n_bytes = None, 0
        if n_bytes <= _SHARE * max_memory:
            self.n_bytes = n_bytes
            self._computed = [operator_of(rows) for rows in self._batches]

    def __iter__(self):
        if self._computed is not None:
            yield from self._computed
        else:
            yield from map(self._operator_of, self._batches)
