"""Reference rows, which stand in for absent modalities, and means over them.

Every tuple of references holds one reference for each modality. In the hybrids of a
row some modalities come from the row, the others from each tuple in turn.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils import gen_batches

from skdime._models.calls import Need, rows_within
from skdime._references.baseline import baseline_of
from skdime._references.density_ratio import DensityRatio
from skdime._references.effects import (
    TupleMeans,
    batch_size,
    effects_of,
    pairs_of,
)
from skdime._references.grid import Grid
from skdime._references.joint import AdditiveFit, JointMeans, outputs_of_pairs
from skdime._references.leaf_means import LeafMeans
from skdime._references.realism import MOST_ROWS, hybrid_auc, look_dependent
from skdime._references.tuples import combine_references, every_combination, n_tuples
from skdime._references.weighting import (
    FEWEST,
    MOST_EVALUATED,
    Weighting,
    standard_error,
)
from skdime._results import anova
from skdime._rows.containers import n_rows, row_bytes, take
from skdime._rows.modalities import split
from skdime._utils.rounding import SINGLE_PRECISION
from skdime._utils.spaced import spaced

# References whose correlations fit looks at.
_MOST_CORRELATED = 100


class Conditional(NamedTuple):
    """What comes of the modalities of some rows, the others from each tuple.

    Attributes
    ----------
    mean : ndarray of shape (n_rows, n_outputs)
        Mean over all tuples.
    outputs : ndarray of shape (n_rows, n_evaluated, n_outputs)
        Outputs for single tuples: all, or enough of them for a standard error where
        sums over trees make any number of references cheap.
    evaluated : ndarray of int of shape (n_evaluated,)
        The tuples in `outputs`.
    """

    mean: np.ndarray
    outputs: np.ndarray
    evaluated: np.ndarray


@dataclass(frozen=True, eq=False)
class References:
    """References of every modality, combined into tuples, and the baseline.

    Attributes
    ----------
    rows : container of rows
        The references as they were chosen.
    modalities : list of (str, ndarray of int)
        Name and column positions of each modality.
    tuples : ndarray of int of shape (n_modalities, n_references)
        ``tuples[m, j]`` is the reference that stands for modality m in tuple j.
    weightings : list of Weighting
        For each modality that of the tuples that stand for all others.
    factor : float
        Factor on MI: 1 unless an explained row is one of its own references.
    kind : {"sample", "average", "rows"}
        Drawn from the rows given to ``fit``, their average, or those of the user.
    baseline_of_tuples : bool
        Whether the baseline is the mean over the tuples, not over all pairs of two
        modalities.
    baseline : ndarray of shape (n_outputs,) or None
        ``F_0``; None before :meth:`with_baseline`.
    influence : ndarray of shape (n_references, n_outputs) or None
        What each tuple contributes to the baseline.
    looks_additive : ndarray of bool of shape (n_outputs,) or None
        Outputs in which no pair of references interacts; None where it is not known.
    baseline_by_clip : ndarray of shape (n_outputs,) or float
        How the baseline moves where the clip of probabilities is divided by e.
    leaf_means : LeafMeans or None
        Means over all combinations of references, where the model is a sum of trees
        and all references have the same weight.
    ratio : DensityRatio or None
        How much likelier values of two modalities are together than apart, where UC is
        the best additive approximation on their joint distribution.
    additive_fit : AdditiveFit or None
        That approximation, fitted to the references.
    """

    rows: object
    modalities: list
    tuples: np.ndarray
    weightings: list
    factor: float = 1.0
    kind: str = "sample"
    baseline_of_tuples: bool = True
    baseline: np.ndarray | None = None
    influence: np.ndarray | None = None
    looks_additive: np.ndarray | None = None
    baseline_by_clip: np.ndarray | float = 0.0
    leaf_means: LeafMeans | None = None
    ratio: DensityRatio | None = None
    additive_fit: AdditiveFit | None = None

    @classmethod
    def combined(
        cls,
        rows,
        modalities,
        random_state,
        *,
        include_self=False,
        kind="sample",
        shuffled=False,
    ):
        """References of equal weight, combined into tuples, without a baseline.

        Parameters
        ----------
        rows : container of rows
        modalities : list of (str, ndarray of int)
        random_state : RandomState
        include_self : bool, default=False
            Whether every explained row joins its own references.
        kind : {"sample", "average", "rows"}, default="sample"
        shuffled : bool, default=False
            Whether tuples of two modalities combine different rows of a sample, too,
            so that the baseline takes as many model rows as there are tuples.
        """
        n_modalities = len(modalities)
        if n_tuples(n_rows(rows), n_modalities, kind) > n_rows(rows):
            tuples = every_combination(n_rows(rows), n_modalities)
        else:
            tuples = combine_references(
                n_rows(rows), n_modalities, random_state, shuffled=shuffled
            )
        n = tuples.shape[1]
        factor = anova.shrinkage(n, n_modalities) if include_self else 1.0
        weightings = [Weighting(n)] * n_modalities
        are_tuples = shuffled or n_modalities > 2
        return cls(rows, modalities, tuples, weightings, factor, kind, are_tuples)

    @classmethod
    def of_size(cls, n_references, modalities, *, kind="sample", shuffled=False):
        """References of which only the number is known, to ask for a cost."""
        tuples = np.empty((len(modalities), n_references))
        are_tuples = shuffled or len(modalities) > 2
        terms = {"kind": kind, "baseline_of_tuples": are_tuples}
        return cls(None, modalities, tuples, [], **terms)

    def with_baseline(self, engine, weightings=None, n_pool=None):
        """The same with the baseline, and with other weights where there are any.

        Parameters
        ----------
        engine : Engine
        weightings : list of Weighting, default=None
        n_pool : int, default=None
            Rows that the references were drawn from. Means over trees, which need this
            number for their standard errors, are set up only where it is known.

        Returns
        -------
        references : References
        """
        weighted = replace(self, weightings=weightings or self.weightings)
        if self.ratio is not None:
            return weighted._with_additive_fit(engine)
        if n_pool is not None and weighted._allows_leaf_means(engine.plan):
            blocks = split(self.rows, self.modalities)
            means = LeafMeans(engine.plan, blocks, n_pool, weighted._order_of_rows)
            terms = {"baseline": means.baseline, "influence": means.influence}
            return replace(weighted, leaf_means=means, **terms)
        of_all = baseline_of(engine, weighted)
        return replace(
            weighted,
            baseline=of_all.mean,
            influence=of_all.influence,
            looks_additive=of_all.looks_additive,
            baseline_by_clip=engine.calls.slopes_by_clip / max(1, engine.n_model_rows),
        )

    def _with_additive_fit(self, engine):
        outputs = outputs_of_pairs(engine, self)
        fit = AdditiveFit.of_references(self.ratio, self.blocks, outputs)
        baseline, influence = fit.baseline
        terms = {"baseline": baseline, "influence": influence}
        return replace(self, additive_fit=fit, **terms)

    def of_population(self, engine):
        """The same as a sample of a population, for which the rows of fit are another.

        Rows that are no sample stay what they are.

        Parameters
        ----------
        engine : Engine
        """
        if self.kind != "sample":
            return self
        self.check_rows()
        weightings = [weighting.of_population() for weighting in self.weightings]
        means = self.leaf_means
        if means is not None:
            blocks = split(self.rows, self.modalities)
            means = LeafMeans(engine.plan, blocks, np.inf)
        return replace(self, weightings=weightings, leaf_means=means)

    def of_outputs(self, chosen):
        """The same for some of the outputs.

        Parameters
        ----------
        chosen : ndarray of int
            Their positions.
        """
        means, fit, n = self.leaf_means, self.additive_fit, self.n_outputs
        return replace(
            self,
            baseline=self.baseline[chosen],
            influence=self.influence[:, chosen],
            baseline_by_clip=np.broadcast_to(self.baseline_by_clip, n)[chosen],
            leaf_means=None if means is None else means.of_outputs(chosen),
            additive_fit=None if fit is None else fit.of_outputs(chosen),
        )

    def without_rows(self):
        """The same without data: of use where rows give all modalities themselves."""
        return replace(self, rows=None, leaf_means=None, ratio=None, additive_fit=None)

    def check_rows(self):
        """Refuse references whose rows were removed."""
        if self.rows is None:
            raise NotFittedError(
                "The reference rows are gone, because `forget` was called, and this "
                "needs them. `transform` and `score` of a LocalExplainer work without "
                "them where all modalities are tables with effects='slope'. For all "
                "else call `fit` again."
            )

    @property
    def _order_of_rows(self):
        """The references in the order of strata, of shape (1, n_references)."""
        orders = self.weightings[0].orders
        return None if orders is None else self.tuples[0][orders[:1]]

    def _allows_leaf_means(self, plan):
        # a row that joins the references of three modalities does so as one tuple
        as_tuple = self.factor != 1 and len(self.modalities) > 2
        uniform = all(weighting.is_uniform for weighting in self.weightings)
        return plan.trees is not None and uniform and not as_tuple

    def means(self, engine, n, by_tuple=()):
        """What gives the means, and their errors, of the effects of `n` rows."""
        if self.additive_fit is not None:
            return JointMeans(self, engine.way((n, len(self))))
        if self.leaf_means is not None and self.leaf_means.suits(n, engine.plan):
            return self.leaf_means
        way = engine.way((n, len(self)))
        return TupleMeans(self, way, by_tuple, engine.slopes_by_clip)

    @property
    def baseline_se(self):
        """Standard error of the baseline, ndarray of shape (n_outputs,)."""
        if self.additive_fit is not None:
            return self.additive_fit.error(self.influence[None])[0]
        means = self.leaf_means
        weighting = self.weightings[0] if means is None else means.weighting
        of_tuples = means is None and self.baseline_of_tuples and weighting.is_uniform
        tuples = self.tuples if of_tuples else None
        return standard_error(self.influence[None], 1, weighting, tuples)[0]

    @property
    def finite_correction(self):
        """What standard errors are multiplied by; 0 where references are no sample."""
        means = self.leaf_means
        weighting = self.weightings[0] if means is None else means.weighting
        return float(weighting.finite_correction)

    def least_error(self, interaction, scale):
        """Standard errors of means where all references agree, from what rows show.

        A row that interacts shows what others like it may do. If none of n references
        is like it, one of n rows may be. Of few references this says nothing: rows
        interact by more than a few of them differ.

        Parameters
        ----------
        interaction, scale : ndarray
            MI, or a feature's part of it, and numbers beside which it is rounding.

        Returns
        -------
        error : ndarray
        """
        size = np.abs(interaction)
        size = np.where(size > SINGLE_PRECISION * scale, size, 0)
        if len(self) < FEWEST:
            size = np.zeros_like(size)
        return self.finite_correction * size / len(self)

    def __len__(self):
        return self.tuples.shape[1]

    @property
    def n_outputs(self):
        """Number of outputs; 1 before the model has returned any."""
        return 1 if self.baseline is None else len(self.baseline)

    @property
    def n_rows(self):
        """How many rows are combined into tuples."""
        return int(self.tuples.max()) + 1

    @property
    def is_complete(self):
        """Whether means over the tuples are those over all there are."""
        if self.kind == "sample":
            return False
        n_modalities = len(self.modalities)
        return n_modalities == 2 or len(self) == self.n_rows**n_modalities

    def __getstate__(self):
        # the blocks are copies of the rows, and would double what is stored
        return {k: v for k, v in vars(self).items() if k != "blocks"}

    @cached_property
    def blocks(self):
        """For each modality its references, in the order of the tuples."""
        self.check_rows()
        blocks = split(self.rows, self.modalities)
        return [
            take(block, order) for block, order in zip(blocks, self.tuples, strict=True)
        ]

    @cached_property
    def hybrid_auc(self):
        """How well the references are told from hybrids of them; see `hybrid_auc`."""
        return hybrid_auc(self._some_blocks(MOST_ROWS))

    @property
    def look_dependent(self):
        """Whether hybrids of the references may be foreign; see `look_dependent`."""
        return look_dependent(self._some_blocks(_MOST_CORRELATED))

    def _some_blocks(self, n):
        self.check_rows()
        some = take(self.rows, np.arange(min(n_rows(self.rows), n)))
        return split(some, self.modalities)

    def grid(self, present, chosen=None):
        """The grid of rows, which give some modalities, and tuples.

        Parameters
        ----------
        present : dict of int to block
            Rows of the present modalities; blocks of several belong together row by
            row.
        chosen : ndarray of int of shape (n_chosen,), default=None
            The tuples; None is all of them.

        Returns
        -------
        grid : Grid
        """
        sources = [
            (block if chosen is None else take(block, chosen), 1)
            for block in self.blocks
        ]
        for m, block in present.items():
            sources[m] = (block, 0)
        return Grid(sources, [columns for _, columns in self.modalities])

    def outputs(self, way, present, chosen=None):
        """Outputs of rows with single tuples.

        Parameters
        ----------
        way : Way
        present, chosen
            As for :meth:`grid`.

        Returns
        -------
        outputs : ndarray of shape (n_rows, n_chosen, n_outputs)
        """
        return way.outputs(self.grid(present, chosen))

    def conditional(self, way, present):
        r"""Outputs of rows and their means over the tuples, :math:`F_m` for one m.

        Parameters
        ----------
        way : Way
        present : dict of int to block
            Rows of the present modalities; blocks of several belong together row by
            row.

        Returns
        -------
        conditional : Conditional
        """
        # of three and more modalities all have the same weights
        weighting, evaluated = self.weightings[min(present)], self.evaluated(way)
        some = evaluated if len(evaluated) < len(self) else None
        outputs = self.outputs(way, present, some)
        if self.additive_fit is not None:
            (m, block) = next(iter(present.items()))
            mean, _ = self.additive_fit.conditional(m, block, outputs)
        elif self.leaf_means is not None and len(self.modalities) > 2:
            mean = self.leaf_means.means(present)
        elif some is None:
            mean = weighting.mean(outputs)
        else:
            mean = way.mean(self.grid(present), weighting)
        return Conditional(mean, outputs, evaluated)

    def evaluated(self, way):
        """The tuples whose outputs are evaluated one by one."""
        many = len(self) > MOST_EVALUATED and way.mean_is_cheaper
        n = MOST_EVALUATED if many else len(self)
        return spaced(len(self), n)

    def over_draws(self, way, blocks, m, draws):
        """Outputs of rows of which each draw in turn replaces modality `m`.

        Parameters
        ----------
        way : Way
        blocks : list of blocks
            Rows of each modality, which belong together row by row.
        m : int
        draws : block
            Rows of modality `m`.

        Returns
        -------
        outputs : ndarray of shape (n_rows, n_draws, n_outputs)
        """
        sources = [(block, 0) for block in blocks]
        sources[m] = (draws, 1)
        return way.outputs(Grid(sources, [columns for _, columns in self.modalities]))

    def in_context(self, way, blocks, present=None):
        """Outputs of rows, or means over the tuples where few modalities are present.

        Parameters
        ----------
        way : Way
        blocks : list of blocks
            Rows of each modality, which belong together row by row.
        present : tuple of int, default=None
            Positions of the modalities that come from the rows; None is all of them.

        Returns
        -------
        outputs : ndarray of shape (n_rows, n_outputs)
        """
        if present is None:
            return way.outputs(self.grid(dict(enumerate(blocks))))[:, 0]
        n = n_rows(blocks[0])
        means = []
        most = rows_within(way.calls.max_memory, 8 * 4 * len(self))
        for rows in gen_batches(n, most):
            some = {m: take(blocks[m], np.arange(n)[rows]) for m in present}
            means.append(self.conditional(way, some).mean)
        return np.concatenate(means)

    def effects(self, engine, X, *, pairs=False, by_tuple=(), squares=False):
        """Outputs, effects and standard errors of rows, no row its own reference.

        Parameters
        ----------
        engine : Engine
        X : container of rows
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
        return effects_of(
            engine, X, self, pairs=pairs, by_tuple=by_tuple, squares=squares
        )

    def cost(self, engine, X, *, pairs=False):
        """What the effects of rows need.

        Parameters
        ----------
        engine : Engine
        X : container of rows
        pairs : bool, default=False
            Whether the pairs are evaluated, too.

        Returns
        -------
        need : Need
        """
        n, size = n_rows(X), len(self)
        n_batches = -(-n // batch_size(engine, self, size, pairs=pairs))
        n_modalities = len(self.modalities)
        n_means = n_modalities
        if pairs and not engine.plan.additive:  # it has no interaction to evaluate
            n_means += len(pairs_of(n_modalities))
        if self.leaf_means is not None and self.leaf_means.suits(n, engine.plan):
            n_means, size = 0, self.leaf_means.n_evaluated
        shapes = [(n, 1)] + n_means * [(n, size)]
        # rows are encoded for the first; references are, unless this was long ago
        cells = [dict.fromkeys(range(n_modalities), n)] + n_means * [{}]
        needs = [
            engine.need(shape, row_bytes(X), n_batches, cells=each)
            for shape, each in zip(shapes, cells, strict=True)
        ]
        needs.append(replace(engine.encoding(size), expected_encodings=0))
        # the baseline evaluates pairs of references, four arrays of as many as fit
        table_bytes = min(engine.max_memory, 8 * 4 * self.n_outputs * size**2)
        return sum(needs, Need(table_bytes=table_bytes))

    def parts(self, output, unimodal):
        """UC and MI of outputs, as :func:`skdime._results.anova.parts`."""
        return anova.parts(output, unimodal, self.factor)
