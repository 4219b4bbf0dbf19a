r"""The baseline :math:`F_0`: the mean output where every modality is absent."""

from typing import NamedTuple

import numpy as np
from sklearn.utils import gen_batches

from skdime._models.calls import rows_within
from skdime._references.weighting import MOST_EVALUATED
from skdime._rows.containers import take
from skdime._utils.rounding import SINGLE_PRECISION

# All pairs of two modalities are evaluated up to this number, and as many of more: F_0
# then errs by a fraction of what the choice of references does. Where references are no
# sample nothing would tell of that error, and all pairs are evaluated.
_MOST_PAIRS = 10_000
# Pairs of each reference at least: with L of them the variance of UC because references
# are a sample grows by a share of at most 1 / (2 L).
_LEAST_EACH = 8
# Effects that are fitted to some pairs are iterated until they change by less than this
# share of the range of outputs.
_MOST_ITERATIONS, _CHANGE = 100, 1e-13


class Baseline(NamedTuple):
    """The mean output over references, and what they show of interactions.

    Attributes
    ----------
    mean : ndarray of shape (n_outputs,)
    influence : ndarray of shape (n_references, n_outputs)
        Centred; the standard error of the baseline is that of their mean.
    looks_additive : ndarray of bool of shape (n_outputs,) or None
        Outputs in which no pair of references of two modalities interacts; None where
        pairs were not evaluated.
    """

    mean: np.ndarray
    influence: np.ndarray
    looks_additive: np.ndarray | None = None


def baseline_of(engine, references):
    """The mean output over references, and what each of them contributes to it.

    Of two modalities pairs of references are combined, all or, of many, some in which
    each reference stands equally often for either; of more the tuples.

    Parameters
    ----------
    engine : Engine
    references : References

    Returns
    -------
    baseline : Baseline
    """
    weightings = references.weightings
    if references.baseline_of_tuples:
        outputs = engine(references.blocks)
        baseline = weightings[0].mean(outputs[None])[0]
        return Baseline(baseline, weightings[0].residuals(outputs[None])[0])
    # as the present one, a modality has the weights that stand for it in the other's
    of_second, of_first = weightings
    n, is_sample = len(references), of_first.has_error
    n_each = pairs_of_each(n, is_sample)
    way = engine.way((n, n))
    is_uniform = of_first.is_uniform and of_second.is_uniform
    if is_uniform and n * n_each < way.n_model_rows((n, n)):
        first, second, additive = _means_over_some(engine, references, n_each)
    else:
        first, second, additive = _means_over_pairs(engine, way, references)
    baseline = of_first.mean(first[None])[0]
    influence = of_first.residuals(first[None]) + of_second.residuals(second[None])
    return Baseline(baseline, influence[0], additive)


def baseline_rows(n_references, n_modalities, is_sample=True):
    """Model rows that the baseline takes, at most."""
    if n_modalities > 2:
        return n_references
    return n_references * pairs_of_each(n_references, is_sample)


def pairs_of_each(n_references, is_sample=True):
    """References that each is combined with, to stand for all of them."""
    if not is_sample:
        return n_references
    return min(n_references, max(_LEAST_EACH, _MOST_PAIRS // n_references))


def _means_over_some(engine, references, n_each):
    """The same from some pairs, by least squares.

    Each reference is combined with those at some random distances, none with itself,
    because its modalities belong together. Effects of either modality are fitted to the
    outputs together: of an additive model they are exact, as means over all pairs are.
    """
    n, (first, second) = len(references), references.blocks
    distances = 1 + np.random.RandomState(0).permutation(n - 1)[:n_each]
    others = (np.arange(n)[:, None] + distances) % n
    as_second = np.argsort(others.ravel(), kind="stable")
    outputs = engine(
        [take(first, np.repeat(np.arange(n), n_each)), take(second, others.ravel())]
    ).reshape(n, n_each, -1)
    mean = outputs.mean(axis=(0, 1))
    of_first, of_second = np.zeros((2, n, len(mean)))
    for _ in range(_MOST_ITERATIONS):
        before = of_second
        of_first = (outputs - mean - of_second[others]).mean(axis=1)
        rest = (outputs - mean - of_first[:, None]).reshape(n * n_each, -1)
        of_second = rest[as_second].reshape(n, n_each, -1).mean(axis=1)
        if np.allclose(of_second, before, rtol=0, atol=_CHANGE * np.ptp(outputs)):
            break
    left = outputs - mean - of_first[:, None] - of_second[others]
    return mean + of_first, mean + of_second, _is_rounding(left, outputs)


def _means_over_pairs(engine, way, references):
    """For each reference the means over pairs in which it gives one modality.

    And in which outputs no pair interacts.
    """
    n, blocks = len(references), references.blocks
    of_second, of_first = references.weightings
    if n > MOST_EVALUATED and way.mean_is_cheaper:
        means = [
            way.mean(references.grid({m: blocks[m]}), references.weightings[m])
            for m in (0, 1)
        ]
        return *means, None
    first, second, corner, additive = [], 0.0, None, True
    for rows in gen_batches(n, rows_within(engine.max_memory, 8 * 4 * n)):
        some = take(blocks[0], np.arange(n)[rows])
        pairs = references.outputs(way, {0: some})
        first.append(of_second.mean(pairs))
        second = second + np.einsum("ijc,i->jc", pairs, of_first.weights[rows])
        corner = pairs[:1] if corner is None else corner
        left = pairs - pairs[:, :1] - corner + corner[:, :1]
        additive = additive & _is_rounding(left, pairs)
    return np.concatenate(first), second, additive


def _is_rounding(left, outputs):
    """Outputs, along the last axis, of which nothing but rounding is left."""
    return np.abs(left).max(axis=(0, 1)) <= SINGLE_PRECISION * np.abs(outputs).max(
        axis=(0, 1)
    )
