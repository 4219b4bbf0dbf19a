"""Main effects, pairs and standard errors of rows, batch by batch."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from sklearn.utils import gen_batches

from skdime._models.calls import rows_within
from skdime._references.square_influences import SquareInfluences
from skdime._references.weighting import (
    numbers_of_few,
    standard_error,
)
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
    pairs_uc_se : ndarray of shape (n_rows, n_pairs, n_outputs) or None
        Standard error of the UC of two modalities: the baseline and both main effects.
    higher_se : ndarray of shape (n_rows, n_outputs) or None
        Standard error of what is neither main effect nor pair.
    evaluation : {"rows", "additive", "leaves"}
        From what means are computed: the outputs of all hybrid rows, of a row and a
        column of them, or the leaves of trees.
    outputs_by_tuple : dict of tuple to ndarray of shape (n_rows, n_tuples, n_outputs)
        Outputs with each tuple, by positions of the modalities that rows give: of those
        that were asked for, where they were evaluated.
    of_all : Effects or None
        Of the whole model, where these are the effects of a pair of its modalities.
    squares : SquareInfluences or None
        What references contribute to sums of squared effects, if asked for.
    n_informative : ndarray of shape (n_rows, n_outputs) or None
        Effective number of references that the error of UC rests on, where these are
        few; nan elsewhere.
    mi_by_clip : ndarray of shape (n_rows, n_outputs) or None
        How MI moves where the clip of probabilities is divided by e; None where nothing
        is clipped.
    """

    output: np.ndarray
    main: np.ndarray
    main_se: np.ndarray
    uc_se: np.ndarray
    pairs: np.ndarray | None = None
    pairs_se: np.ndarray | None = None
    pairs_uc_se: np.ndarray | None = None
    higher_se: np.ndarray | None = None
    evaluation: str = "rows"
    outputs_by_tuple: dict | None = None
    of_all: "Effects | None" = None
    squares: SquareInfluences | None = None
    n_informative: np.ndarray | None = None
    mi_by_clip: np.ndarray | None = None


ARRAYS = ("output", "main", "main_se", "uc_se")
ARRAYS += ("pairs", "pairs_se", "pairs_uc_se", "higher_se")
ARRAYS += ("n_informative", "mi_by_clip")


def pairs_of(n_modalities):
    """Every two modalities, in the order of the axis of pairs."""
    return list(combinations(range(n_modalities), 2))


def effects_of(engine, X, references, *, pairs=False, by_tuple=(), squares=False):
    """Outputs and effects of every row, from as many rows at once as memory allows.

    Parameters
    ----------
    engine : Engine
    X : container of rows
    references : References
    pairs : bool, default=False
        Whether to evaluate the pairs, which takes three or more modalities.
    by_tuple : collection of int, default=()
        Modalities whose outputs with each tuple are returned, too.
    squares : bool, default=False
        Whether to collect what references contribute to sums of squared effects.

    Returns
    -------
    effects : Effects
    """
    n, by_batch, outputs = n_rows(X), [], {}
    means = references.means(engine, n, by_tuple)
    sums = SquareInfluences(means, n) if squares else None
    size = batch_size(engine, references, means.n_evaluated, pairs=pairs)
    for rows in gen_batches(n, size):
        blocks = split(take(X, np.arange(n)[rows]), references.modalities)
        by_batch.append(_of_batch(engine, means, blocks, references, pairs, sums))
        for present, values in means.take_outputs().items():
            outputs.setdefault(present, []).append(values)
    arrays = {
        name: np.concatenate([getattr(batch, name) for batch in by_batch])
        for name in ARRAYS
        if getattr(by_batch[0], name) is not None
    }
    outputs = {present: np.concatenate(values) for present, values in outputs.items()}
    return Effects(
        **arrays, evaluation=means.evaluation, outputs_by_tuple=outputs, squares=sums
    )


def batch_size(engine, references, n_evaluated, *, pairs=False):
    """Rows whose outputs with the references evaluated fit into memory."""
    # outputs, their residuals and two temporaries; with pairs those of each modality
    n_arrays = 4 + (2 + len(references.modalities) if pairs else 0)
    # where none is evaluated, the rows themselves take as much as some outputs
    n_bytes = 8 * n_arrays * (n_evaluated or 100) * references.n_outputs
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
        ``output`` is F_mn, and main effects of other modalities are 0. ``uc_se`` is
        that of the interaction, and ``pairs_uc_se`` that of UC.
    """
    main, main_se = np.zeros((2, *effects.main.shape))
    main[:, pair], main_se[:, pair] = effects.main[:, pair], effects.main_se[:, pair]
    position = pairs_of(main.shape[1]).index(tuple(pair))
    output = baseline + main.sum(axis=1) + effects.pairs[:, position]
    return Effects(
        output,
        main,
        main_se,
        effects.pairs_se[:, position],
        pairs_uc_se=effects.pairs_uc_se[:, [position]],
        evaluation=effects.evaluation,
        of_all=effects,
    )


class TupleMeans:
    """Means over tuples of references, from the outputs of hybrid rows.

    Parameters
    ----------
    references : References
    way : Way
    by_tuple : collection of int, default=()
        Modalities whose outputs with each tuple are kept until they are taken.
    slopes_by_clip : callable, default=None
        Gives the slopes of outputs; see :meth:`Engine.slopes_by_clip`.

    Attributes
    ----------
    evaluation : str
    n_evaluated : int
        Tuples whose outputs are evaluated one by one.
    influence_of_baseline : ndarray of shape (n_evaluated, n_outputs)
    """

    def __init__(self, references, way, by_tuple=(), slopes_by_clip=None):
        self._references, self._way = references, way
        self._slopes_by_clip, self._uc_by_clip = slopes_by_clip, 0.0
        self._by_tuple, self._outputs = set(by_tuple), {}
        self.evaluation = way.evaluation
        evaluated = references.evaluated(way)
        self.n_evaluated = len(evaluated)
        self.influence_of_baseline = references.influence[evaluated]

    def conditional(self, present):
        """Means of rows, and what each tuple evaluated contributes to them.

        Parameters
        ----------
        present : dict of int to block

        Returns
        -------
        means : ndarray of shape (n_rows, n_outputs)
        influences : ndarray of shape (n_rows, n_evaluated, n_outputs)
        """
        means, outputs, _ = self._references.conditional(self._way, present)
        if self._by_tuple & set(present) and self.n_evaluated == len(self._references):
            self._outputs[tuple(sorted(present))] = outputs
        weighting = self._references.weightings[min(present)]
        if self._slopes_by_clip is not None and len(present) == 1:
            slopes = weighting.mean(self._slopes_by_clip(outputs))
            self._uc_by_clip = self._uc_by_clip + slopes
        return means, weighting.residuals(outputs)

    def n_informative(self, influences):
        """Effective numbers of references where these are few, nan elsewhere."""
        return numbers_of_few(influences)

    def mi_by_clip(self, outputs):
        """How MI moves with the clip, of the rows whose means were asked for last.

        Parameters
        ----------
        outputs : ndarray of shape (n_rows, n_outputs)
            Of the rows.
        """
        if self._slopes_by_clip is None:
            return None
        uc, self._uc_by_clip = self._uc_by_clip, 0.0
        n_baselines = len(self._references.modalities) - 1
        uc = uc - n_baselines * self._references.baseline_by_clip
        return self._references.factor * (self._slopes_by_clip(outputs) - uc)

    def take_outputs(self):
        """The outputs that were kept since they were taken last."""
        outputs, self._outputs = self._outputs, {}
        return outputs

    def error(self, influences):
        """Standard errors over all tuples, from the influence of those evaluated."""
        share = influences.shape[1] / len(self._references)
        weighting = self._references.weightings[0]
        # the influence on a baseline over leaves is that of rows, not of tuples
        of_rows = self._references.leaf_means is not None
        of_tuples = share == 1 and weighting.is_uniform and not of_rows
        tuples = self._references.tuples if of_tuples else None
        return np.sqrt(share) * standard_error(influences, 1, weighting, tuples)


def _of_batch(engine, means, blocks, references, pairs, squares=None):
    output, own = engine(blocks), means.influence_of_baseline
    baseline = references.baseline
    main, main_se, singles, influence = [], [], [], -(len(blocks) - 1) * own
    for m, block in enumerate(blocks):
        mean, single = means.conditional({m: block})
        main.append(main_effects(mean, baseline))
        main_se.append(means.error(single - own))
        if squares is not None:
            squares.add(("main", m), main[-1], single - own)
        influence = influence + single
        if pairs:
            singles.append((mean, single))
    mi, scale = output - baseline - sum(main), np.abs(output)
    least = references.least_error(mi, scale)
    effects = Effects(
        output,
        np.stack(main, axis=1),
        np.maximum(np.stack(main_se, axis=1), least[:, None]),
        np.maximum(means.error(influence), least),
        n_informative=means.n_informative(influence),
        mi_by_clip=means.mi_by_clip(output),
    )
    if squares is not None:
        squares.add(("mi", 0), mi, -influence)
        if len(blocks) == 2:  # which is their only pair
            squares.add(("pairs", 0), mi, -influence)
    if not pairs:
        return effects
    if engine.plan.additive:
        return _without_interaction(effects, means, singles)
    terms, higher = _pairs(means, blocks, baseline, singles, influence, squares)
    rest = mi - terms["pairs"].sum(axis=1)
    least = references.least_error(rest, scale)
    terms["pairs_se"] = np.maximum(terms["pairs_se"], least[:, None])
    terms["higher_se"] = np.maximum(terms["higher_se"], least)
    if squares is not None:
        squares.add(("higher", 0), rest, higher)
    return effects._replace(**terms)


def _pairs(means, blocks, baseline, singles, influence, squares):
    """Pairs and their errors, and the influence on what is beyond pairs.

    From means of modalities and the influence on UC.
    """
    pairs, pairs_se, uc_se = [], [], []
    higher = -influence
    for p, (m, n) in enumerate(pairs_of(len(blocks))):
        (first, first_influence), (second, second_influence) = singles[m], singles[n]
        both, influences = means.conditional({m: blocks[m], n: blocks[n]})
        own = means.influence_of_baseline
        effect = pair_effect(influences, first_influence, second_influence, own)
        higher = higher - effect
        pairs.append(pair_effect(both, first, second, baseline))
        pairs_se.append(means.error(effect))
        if squares is not None:
            squares.add(("pairs", p), pairs[-1], effect)
        uc_se.append(means.error(first_influence + second_influence - own))
    terms = {
        "pairs": np.stack(pairs, axis=1),
        "pairs_se": np.stack(pairs_se, axis=1),
        "pairs_uc_se": np.stack(uc_se, axis=1),
        "higher_se": means.error(higher),
    }
    return terms, higher


def _without_interaction(effects, means, singles):
    n, n_modalities, n_outputs = effects.main.shape
    pairs, pairs_se = np.zeros((2, n, len(pairs_of(n_modalities)), n_outputs))
    own = means.influence_of_baseline
    uc_se = [
        means.error(singles[m][1] + singles[n][1] - own)
        for m, n in pairs_of(n_modalities)
    ]
    return effects._replace(
        pairs=pairs,
        pairs_se=pairs_se,
        pairs_uc_se=np.stack(uc_se, axis=1),
        higher_se=np.zeros((n, n_outputs)),
    )
