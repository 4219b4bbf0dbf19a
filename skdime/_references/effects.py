"""Main effects, pairs and standard errors of rows, batch by batch."""

from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from sklearn.utils import gen_batches

from skdime._models.budget import rows_within
from skdime._references.conditional import conditional
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
    """

    output: np.ndarray
    main: np.ndarray
    main_se: np.ndarray
    uc_se: np.ndarray
    pairs: np.ndarray | None = None
    pairs_se: np.ndarray | None = None
    higher_se: np.ndarray | None = None


@dataclass(frozen=True)
class Tuples:
    """The references and what they give without a row.

    Attributes
    ----------
    blocks : list of blocks
        For each modality its references, in the order of the tuples.
    baseline : ndarray of shape (n_outputs,)
    influence : ndarray of shape (n_references, n_outputs)
        What each tuple contributes to the baseline.
    weightings : list of Weighting
        For each modality that of the tuples that stand for all others.
    """

    blocks: list
    baseline: np.ndarray
    influence: np.ndarray
    weightings: list


def pairs_of(n_modalities):
    """Every two modalities, in the order of the axis of pairs."""
    return list(combinations(range(n_modalities), 2))


def effects_of(engine, X, modalities, tuples, *, pairs=False):
    """Outputs and effects of every row, from as many rows at once as memory allows.

    Parameters
    ----------
    engine : Engine
    X : container of rows
    modalities : list of (str, ndarray of int)
    tuples : Tuples
    pairs : bool, default=False
        Whether to evaluate the pairs, which takes three or more modalities.

    Returns
    -------
    effects : Effects
    """
    n, held = n_rows(X), 4 + (2 + len(modalities) if pairs else 0)
    engine.n_rows = n
    n_bytes = 8 * held * tuples.influence.size
    found = [
        _of_batch(engine, split(take(X, np.arange(n)[rows]), modalities), tuples, pairs)
        for rows in gen_batches(n, rows_within(engine.max_memory, n_bytes))
    ]
    return Effects(
        *(
            None if parts[0] is None else np.concatenate(parts)
            for parts in zip(*found, strict=True)
        )
    )


def effects_of_pair(effects, baseline, kept):
    """Effects of the model of two modalities, the others averaged over tuples.

    Parameters
    ----------
    effects : Effects
        With pairs.
    baseline : ndarray of shape (n_outputs,)
    kept : tuple of int
        Positions of the two, ascending.

    Returns
    -------
    effects : Effects
        ``output`` is F_mn, and main effects of other modalities are 0.
    """
    main, main_se = np.zeros((2, *effects.main.shape))
    main[:, kept], main_se[:, kept] = effects.main[:, kept], effects.main_se[:, kept]
    pair = pairs_of(main.shape[1]).index(tuple(kept))
    output = baseline + main.sum(axis=1) + effects.pairs[:, pair]
    return Effects(output, main, main_se, effects.pairs_se[:, pair])


def _of_batch(engine, blocks, tuples, pairs):
    output = engine(blocks)
    main, main_se, singles, influence = [], [], [], 0.0
    for m, block in enumerate(blocks):
        found = conditional(engine, tuples.blocks, {m: block}, tuples.weightings[m])
        found = found._replace(outputs=tuples.weightings[m].residuals(found.outputs))
        own = tuples.influence[found.shown]
        main.append(main_effects(found.mean, tuples.baseline))
        main_se.append(_error(found.outputs - own, tuples))
        influence = influence + found.outputs
        if pairs:
            singles.append(found)
    influence = influence - (len(blocks) - 1) * own
    stacked = np.stack(main, axis=1), np.stack(main_se, axis=1)
    effects = Effects(output, *stacked, _error(influence, tuples))
    if not pairs:
        return effects
    if engine.plan.additive:
        return _without_interaction(effects)
    return effects._replace(**_pairs(engine, blocks, tuples, singles, influence))


def _pairs(engine, blocks, tuples, singles, influence):
    """Pairs and their errors, from the conditionals and the influence on UC."""
    pairs, pairs_se = [], []
    higher = -influence
    for m, n in pairs_of(len(blocks)):
        first, second = singles[m], singles[n]
        weighting = tuples.weightings[m]  # the same for all of three and more
        both = conditional(
            engine, tuples.blocks, {m: blocks[m], n: blocks[n]}, weighting
        )
        both = both._replace(outputs=weighting.residuals(both.outputs))
        own = tuples.influence[both.shown]
        effect = pair_effect(both.outputs, first.outputs, second.outputs, own)
        higher = higher - effect
        pairs.append(pair_effect(both.mean, first.mean, second.mean, tuples.baseline))
        pairs_se.append(_error(effect, tuples))
    return {
        "pairs": np.stack(pairs, axis=1),
        "pairs_se": np.stack(pairs_se, axis=1),
        "higher_se": _error(higher, tuples),
    }


def _without_interaction(effects):
    n, n_modalities, n_outputs = effects.main.shape
    none = np.zeros((n, len(pairs_of(n_modalities)), n_outputs))
    return effects._replace(
        pairs=none, pairs_se=none.copy(), higher_se=np.zeros((n, n_outputs))
    )


def _error(influence, tuples):
    """Standard error over all tuples, from the influence of those that are shown."""
    share = influence.shape[1] / len(tuples.influence)
    return np.sqrt(share) * standard_error(influence, 1, tuples.weightings[0])
