"""Main effects, pairs and standard errors of rows, batch by batch."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from sklearn.utils import gen_batches

from skdime._models.calls import rows_within
from skdime._references.weighting import standard_error
from skdime._results.anova import main_effects, pair_effect
from skdime._rows.containers import n_rows, take
from skdime._rows.modalities import split


class Effects(NamedTuple):
    """What references other than the row itself give.

    Attributes
    ----------
    output, uc_se : ndarray of shape (n_rows, n_outputs)
    main, main_se : ndarray of shape (n_rows, n_modalities, n_outputs)
    pairs, pairs_se : ndarray of shape (n_rows, n_pairs, n_outputs) or None
        None where they were not asked for.
    higher_se : ndarray of shape (n_rows, n_outputs) or None
        Standard error of what is neither main effect nor pair.
    of_all : Effects or None
        Of the whole model, where these are the effects of a pair of its modalities.
    """

    output: np.ndarray
    main: np.ndarray
    main_se: np.ndarray
    uc_se: np.ndarray
    pairs: np.ndarray | None = None
    pairs_se: np.ndarray | None = None
    higher_se: np.ndarray | None = None
    of_all: "Effects | None" = None


def pairs_of(n_modalities):
    """Every two modalities, in the order of the axis of pairs."""
    return list(combinations(range(n_modalities), 2))


def effects_of(engine, X, references, *, pairs=False):
    """Outputs and effects of every row, from as many rows at once as memory allows.

    Parameters
    ----------
    engine : Engine
    X : container of rows
    references : References
    pairs : bool, default=False
        Whether to evaluate the pairs, which takes three or more modalities.

    Returns
    -------
    effects : Effects
    """
    n, by_batch = n_rows(X), []
    way = engine.way((n, len(references)))
    for rows in gen_batches(n, batch_size(engine, references, pairs=pairs)):
        blocks = split(take(X, np.arange(n)[rows]), references.modalities)
        by_batch.append(_of_batch(engine, way, blocks, references, pairs))
    fields = zip(*by_batch, strict=True)
    return Effects(*(None if v[0] is None else np.concatenate(v) for v in fields))


def batch_size(engine, references, *, pairs=False):
    """Rows whose outputs with all references fit into memory."""
    # outputs, their residuals and two temporaries; with pairs those of each modality
    n_arrays = 4 + (2 + len(references.modalities) if pairs else 0)
    n_bytes = 8 * n_arrays * len(references) * references.n_outputs
    return rows_within(engine.max_memory, n_bytes)


def effects_of_pair(effects, baseline, pair):
    """Effects of the model of two modalities, the others averaged over tuples.

    Parameters
    ----------
    effects : Effects
        With pairs.
    baseline : ndarray of shape (n_outputs,)
    pair : tuple of int
        Positions of the two, ascending.

    Returns
    -------
    effects : Effects
        ``output`` is F_mn, and main effects of other modalities are 0.
    """
    main, main_se = np.zeros((2, *effects.main.shape))
    main[:, pair], main_se[:, pair] = effects.main[:, pair], effects.main_se[:, pair]
    position = pairs_of(main.shape[1]).index(tuple(pair))
    output = baseline + main.sum(axis=1) + effects.pairs[:, position]
    pair_se = effects.pairs_se[:, position]
    return Effects(output, main, main_se, pair_se, of_all=effects)


def _of_batch(engine, way, blocks, references, pairs):
    output = engine(blocks)
    main, main_se, singles, influence = [], [], [], 0.0
    for m, block in enumerate(blocks):
        single = _centred(references, way, {m: block})
        own = references.influence[single.evaluated]
        main.append(main_effects(single.mean, references.baseline))
        main_se.append(_error(single.outputs - own, references))
        influence = influence + single.outputs
        if pairs:
            singles.append(single)
    influence = influence - (len(blocks) - 1) * own
    stacked = np.stack(main, axis=1), np.stack(main_se, axis=1)
    effects = Effects(output, *stacked, _error(influence, references))
    if not pairs:
        return effects
    if engine.plan.additive:
        return _without_interaction(effects)
    return effects._replace(**_pairs(way, blocks, references, singles, influence))


def _centred(references, way, present):
    """A conditional whose outputs are what each tuple contributes to its mean."""
    conditional = references.conditional(way, present)
    weighting = references.weightings[min(present)]
    return conditional._replace(outputs=weighting.residuals(conditional.outputs))


def _pairs(way, blocks, references, singles, influence):
    """Pairs and their errors, from the conditionals and the influence on UC."""
    pairs, pairs_se = [], []
    higher = -influence
    for m, n in pairs_of(len(blocks)):
        first, second = singles[m], singles[n]
        both = _centred(references, way, {m: blocks[m], n: blocks[n]})
        own = references.influence[both.evaluated]
        effect = pair_effect(both.outputs, first.outputs, second.outputs, own)
        higher = higher - effect
        means = both.mean, first.mean, second.mean
        pairs.append(pair_effect(*means, references.baseline))
        pairs_se.append(_error(effect, references))
    return {
        "pairs": np.stack(pairs, axis=1),
        "pairs_se": np.stack(pairs_se, axis=1),
        "higher_se": _error(higher, references),
    }


def _without_interaction(effects):
    n, n_modalities, n_outputs = effects.main.shape
    pairs, pairs_se = np.zeros((2, n, len(pairs_of(n_modalities)), n_outputs))
    higher_se = np.zeros((n, n_outputs))
    return effects._replace(pairs=pairs, pairs_se=pairs_se, higher_se=higher_se)


def _error(influence, references):
    """Standard error over all tuples, from the influence of those evaluated."""
    share = influence.shape[1] / len(references)
    return np.sqrt(share) * standard_error(influence, 1, references.weightings[0])
