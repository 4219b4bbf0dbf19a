"""What references contribute to means of squared effects."""

import numpy as np


class SquareInfluences:
    """What each reference contributes to means of squared effects over rows.

    An effect that errs by a sum of influences has a square that errs by twice the
    effect times this sum. References are the same for all rows, so that the influences
    on a mean of squares add up over rows before they are squared.

    Parameters
    ----------
    means : TupleMeans or LeafMeans
    n : int
        Rows.

    Attributes
    ----------
    sums : dict of (str, int) to ndarray of shape (n_evaluated, n_outputs)
        For each term the influences on its mean square. A term is "main" or "pairs"
        with a position, "mi" or "higher" with 0.
    """

    def __init__(self, means, n):
        self.sums, self._means, self._n = {}, means, n

    def add(self, term, effect, influences):
        """Add the effects of some rows, and influences on each of them."""
        of_rows = np.einsum("nc,njc->jc", effect, influences)
        self.sums[term] = self.sums.get(term, 0) + 2 / self._n * of_rows

    def of_term(self, name, position):
        """The influences on one mean square; 0 where the model has no such effect."""
        return self.sums.get((name, position), np.zeros_like(self.sums["mi", 0]))

    def standard_error(self, influences):
        """Standard errors from influences, shape (n_terms, n_evaluated, n_outputs)."""
        return self._means.error(influences)
