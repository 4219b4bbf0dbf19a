"""What ``LocalExplainer.explain_pairs`` computes."""

from functools import partial

import numpy as np

from skdime._estimators.decomposed_rows import decomposition
from skdime._estimators.explainers_by_fixed import explainers_by_fixed
from skdime._estimators.joint_distribution import refuse_joint
from skdime._models.calls import Spent
from skdime._references.tolerance import Tolerance
from skdime._results.pair_explanation import PairExplanation
from skdime._rows.containers import n_rows, row_labels
from skdime._rows.modalities import positions_of_two, split
from skdime._surrogates.layout import contents, layout_of_rows
from skdime._surrogates.leaf_fits import LeafFits
from skdime._surrogates.leaf_pairs import LeafPairs
from skdime._surrogates.mask_pairs import MaskPairs
from skdime._surrogates.masking import Masking
from skdime._surrogates.pair_effects import PairSurrogates


def explained_pairs(explainer, X, modalities):
    """See ``LocalExplainer.explain_pairs``.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted.
    X : container of rows
        Checked.
    modalities : tuple of (str, str) or None

    Returns
    -------
    pairs : PairExplanation
    """
    dis = explainer.disentangler_
    names = [name for name, _ in dis.modalities_]
    if modalities is None and len(names) == 2:
        modalities = tuple(names)
    refuse_joint(dis, "explain_pairs")
    pair = positions_of_two(modalities, dis.modalities_, "modalities")
    perturbers = [explainer.perturbers_[m] for m in pair]
    blocks = [split(X, dis.modalities_)[m] for m in pair]
    layout = layout_of_rows(perturbers, blocks)
    first, second = layout.whole(0), layout.whole(1)
    values, _ = contents(layout, perturbers, blocks, np.arange(len(layout)))
    lengths = first.stop - first.start, second.stop - second.start
    coef, se, r2, mi, spent = _effects(explainer, X, pair, layout, lengths)
    # of three or more modalities the interaction of two is not evaluated
    interaction = mi if len(names) == 2 else np.full_like(mi, np.nan)
    return PairExplanation(
        coef=coef,
        se=se,
        r2=r2,
        rest=interaction - np.nansum(coef, axis=(1, 2)),
        mi=mi,
        first_names=layout.names[first],
        second_names=layout.names[second],
        first_values=values[:, first],
        second_values=values[:, second],
        modality_names=np.array([names[m] for m in pair]),
        row_names=row_labels(X),
        output_names=dis.output_names_,
        unit=dis.unit_,
        n_model_rows=spent.n_model_rows,
        n_encodings=spent.n_encodings,
    )


def _effects(explainer, X, pair, layout, lengths):
    """Effects of pairs with their errors and R2, MI, and what they took."""
    shape = n_rows(X), len(explainer.disentangler_.output_names_)
    coef, se = np.empty((2, shape[0], *lengths, shape[1]))
    r2, mi = np.empty((2, *shape))
    whole = [(explainer, X, np.arange(shape[0]), Spent())]
    if explainer.disentangler_._fixed is not None:
        whole = explainers_by_fixed(explainer, X)
    spent = Spent()
    for fitted, some, positions, of_fit in whole:
        dis, surrogates = fitted.disentangler_, _pair_surrogates(fitted, pair, layout)
        probe, references = fitted._probe(), dis._references
        total = references.cost(probe, some) + surrogates.cost(probe, some)
        with fitted._engine(total.rows, "explain_pairs") as engine:
            effects_of_rows = references.effects(engine, some)
            mi[positions] = decomposition(dis, some, engine, effects_of_rows).mi
            for rows, effects in surrogates.fit(engine, some):
                at = positions[rows]
                coef[at], se[at], r2[at] = effects
        spent += engine.spent + of_fit
    return coef, se, r2, mi, spent


def _pair_surrogates(explainer, pair, layout):
    """The surrogates of two modalities: masks, tables on draws, or sums over leaves."""
    if explainer.attribution == "shapley":
        raise ValueError(
            "explain_pairs divides coefficients of MI as attribution='dime' has them. "
            "Set attribution='dime' instead of 'shapley'."
        )
    perturbers = [explainer.perturbers_[m][1] for m in pair]
    if _can_be_masked(perturbers):
        families = explainer._fits.families
        seed = next(f.seed for f in families if isinstance(f, Masking))
        positions = [partial(_positions, layout, side) for side in (0, 1)]
        lengths = [layout.whole(m).stop - layout.whole(m).start for m in (0, 1)]
        return MaskPairs(
            explainer.disentangler_._references,
            explainer.perturbers_,
            pair,
            positions,
            tuple(lengths),
            explainer.n_samples_,
            Tolerance.of(explainer.tol),
            seed,
        )
    for family in explainer._fits.families:
        if isinstance(family, LeafFits) and set(pair) <= set(family.perturbers):
            return LeafPairs(family, pair)
        if set(pair) <= set(getattr(family, "kernels", {})):
            return PairSurrogates(family, pair)
    (first, one), (second, other) = (explainer.perturbers_[m] for m in pair)
    raise ValueError(
        "explain_pairs takes two tables whose effects bend and whose draws all rows "
        "share, or texts, series, images and sets, also beside a table whose effects "
        f"bend, but {first!r:.60} has the perturber {one!r:.60}, {second!r:.60} has "
        f"{other!r:.60}, and `algorithm_` is {explainer.algorithm_!r:.60}. Give tables "
        "a TabularPerturber with effects='shapley' or 'main', and set "
        "algorithm='draws'."
    )


def _can_be_masked(perturbers):
    """Whether one modality is masked, and the other one, too, or a table that bends."""
    masked = [perturber.masks_rows for perturber in perturbers]
    return any(masked) and all(
        is_masked or perturber.varies_columns
        for is_masked, perturber in zip(masked, perturbers, strict=True)
    )


def _positions(layout, side, names):
    """Positions of a row's features among those of its modality."""
    positions = layout.positions(side, names)
    if isinstance(positions, slice):
        return np.arange(positions.stop - positions.start)
    return positions - layout.starts[side]
