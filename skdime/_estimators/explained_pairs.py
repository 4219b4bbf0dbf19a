"""What ``LocalExplainer.explain_pairs`` computes."""

from functools import partial
from typing import NamedTuple

import numpy as np

from skdime._estimators.chosen_outputs import (
    explainer_of_outputs,
    names_of_chosen,
    outputs_of_rows,
    rows_by_outputs,
)
from skdime._estimators.decomposed_rows import decomposition
from skdime._estimators.explainers_by_fixed import explainers_by_fixed
from skdime._estimators.joint_distribution import refuse_joint
from skdime._models.calls import Spent
from skdime._references.tolerance import Tolerance
from skdime._results.pair_explanation import PairExplanation
from skdime._rows.containers import n_rows, row_labels, take
from skdime._rows.modalities import positions_of_two, split
from skdime._surrogates.layout import contents, layout_of_rows
from skdime._surrogates.leaf_fits import LeafFits
from skdime._surrogates.leaf_pairs import LeafPairs
from skdime._surrogates.mask_pairs import MaskPairs
from skdime._surrogates.masking import Masking
from skdime._surrogates.pair_effects import PairSurrogates


def explained_pairs(explainer, X, modalities, outputs=None):
    """See ``LocalExplainer.explain_pairs``.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted.
    X : container of rows
        Checked.
    modalities : tuple of (str, str) or None
    outputs : str, int or array-like, default=None

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
    choice = _chosen_outputs(explainer, X, outputs)
    coef, se, r2, mi, spent = _effects(choice, X, pair, layout, lengths)
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
        output_names=choice.names,
        unit=dis.unit_,
        row_outputs=choice.of_rows,
        n_model_rows=spent.n_model_rows,
        n_encodings=spent.n_encodings,
    )


class _ChosenOutputs(NamedTuple):
    """Explainers of the outputs that are asked for.

    Attributes
    ----------
    names : ndarray of str of shape (n_chosen,)
    of_rows : ndarray of str of shape (n_rows, n_chosen) or None
        Where every row has its own.
    groups : list of (LocalExplainer, container of rows, ndarray of int)
        Explainers of these outputs, with their rows and the positions of these.
    spent : Spent
        What telling the outputs, and fitting for columns of no modality, took.
    """

    names: np.ndarray
    of_rows: np.ndarray | None
    groups: list
    spent: Spent


def _chosen_outputs(explainer, X, outputs):
    n, names = n_rows(X), explainer.disentangler_.output_names_
    by_fixed = [(explainer, X, np.arange(n), Spent())]
    if explainer.disentangler_._fixed is not None:
        by_fixed = explainers_by_fixed(explainer, X)
    groups, positions, spent = [], [np.arange(len(names))], Spent()
    of_rows = None
    for fitted, some, rows, of_fit in by_fixed:
        spent += of_fit
        if outputs is None:
            groups.append((fitted, some, rows))
            continue
        here = outputs_of_rows(outputs, rows)
        dis = fitted.disentangler_
        positions, of_outputs = dis._positions_of(here, some, fitted.n_jobs)
        spent += of_outputs
        if positions.ndim == 1:
            groups.append((explainer_of_outputs(fitted, positions), some, rows))
            continue
        if of_rows is None:
            of_rows = np.empty((n, positions.shape[1]), dtype=names.dtype)
        of_rows[rows] = names[positions]
        groups += _by_own_outputs(fitted, some, rows, positions)
    if of_rows is not None:
        names = names_of_chosen(outputs, of_rows.shape[1])
    elif outputs is not None:
        names = names[positions]
    return _ChosenOutputs(names, of_rows, groups, spent)


def _by_own_outputs(fitted, X, rows, positions):
    """Groups of rows that have the same outputs."""
    for own, here in rows_by_outputs(positions):
        yield explainer_of_outputs(fitted, own), take(X, here), rows[here]


def _effects(choice, X, pair, layout, lengths):
    """Effects of pairs with their errors and R2, MI, and what they took."""
    shape = n_rows(X), len(choice.names)
    coef, se = np.empty((2, shape[0], *lengths, shape[1]))
    r2, mi = np.empty((2, *shape))
    spent = choice.spent
    for fitted, some, positions in choice.groups:
        dis, surrogates = fitted.disentangler_, _pair_surrogates(fitted, pair, layout)
        probe, references = fitted._probe(), dis._references
        total = references.cost(probe, some) + surrogates.cost(probe, some)
        with fitted._engine(total.rows, "explain_pairs") as engine:
            effects_of_rows = references.effects(engine, some)
            mi[positions] = decomposition(dis, some, engine, effects_of_rows).mi
            for rows, effects in surrogates.fit(engine, some):
                at = positions[rows]
                coef[at], se[at], r2[at] = effects
        spent += engine.spent
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
