r"""The baseline :math:`F_0`: the mean output where every modality is absent."""

import numpy as np
from sklearn.utils import gen_batches

from skdime._models.calls import rows_within
from skdime._references.weighting import MOST_EVALUATED
from skdime._rows.containers import take


def baseline_of(engine, references):
    """The mean output over references, and what each of them contributes to it.

    Of two modalities all pairs of references are combined, of more the tuples.

    Parameters
    ----------
    engine : Engine
    references : References

    Returns
    -------
    baseline : ndarray of shape (n_outputs,)
    influence : ndarray of shape (n_references, n_outputs)
        Centred; the standard error of the baseline is that of their mean.
    """
    weightings = references.weightings
    if references.baseline_of_tuples:
        outputs = engine(references.blocks)
        baseline = weightings[0].mean(outputs[None])[0]
        return baseline, weightings[0].residuals(outputs[None])[0]
    # as the present one, a modality has the weights that stand for it in the other's
    of_second, of_first = weightings
    first, second = _means_over_pairs(engine, references)
    baseline = of_first.mean(first[None])[0]
    influence = of_first.residuals(first[None]) + of_second.residuals(second[None])
    return baseline, influence[0]


def baseline_rows(n_references, n_modalities):
    """Model rows that the baseline takes, at most."""
    return n_references ** (2 if n_modalities == 2 else 1)


def _means_over_pairs(engine, references):
    """For each reference the means over pairs in which it gives one modality."""
    n, blocks = len(references), references.blocks
    way, (of_second, of_first) = engine.way((n, n)), references.weightings
    if n > MOST_EVALUATED and way.mean_is_cheaper:
        return [
            way.mean(references.grid({m: blocks[m]}), references.weightings[m])
            for m in (0, 1)
        ]
    first, second = [], 0.0
    for rows in gen_batches(n, rows_within(engine.max_memory, 8 * 4 * n)):
        some = take(blocks[0], np.arange(n)[rows])
        pairs = references.outputs(way, {0: some})
        first.append(of_second.mean(pairs))
        second = second + np.einsum("ijc,i->jc", pairs, of_first.weights[rows])
    return np.concatenate(first), second
