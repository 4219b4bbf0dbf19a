"""The decomposition of rows, as ``Disentangler.decompose`` returns it."""

from dataclasses import replace

import numpy as np

from skdime._estimators.chosen_outputs import (
    by_own_outputs,
    in_order,
    outputs_of_rows,
    with_more_spent,
)
from skdime._estimators.clipping import note_of_clip
from skdime._results.concatenation import (
    concatenated_decompositions,
    with_own_baselines,
)
from skdime._results.decomposition import decomposition_of, with_only_pair
from skdime._rows.containers import row_labels, take
from skdime._rows.fixed import rows_by_fixed
from skdime._utils.listed import count

# Printed where a budget buys few references.
_PREDICTED = (
    "UC, MI and main effects are means over more training rows than the reference "
    "rows, predicted by the surrogate of each row"
)
# Printed where errors are 0, which are none of a model or of a population.
_ALL_ROWS = (
    "all {:,} rows of fit are references, so errors over references are 0. They say "
    "nothing of rows that were not there"
)


def decomposed_rows(disentangler, X, pairs, outputs):
    """See ``Disentangler.decompose``.

    Parameters
    ----------
    disentangler : Disentangler
        Fitted.
    X : container of rows
        Checked.
    pairs : bool
    outputs : str, int, array-like or None

    Returns
    -------
    decomposition : Decomposition
    """
    if disentangler._fixed is None:
        return _by_outputs(disentangler, X, pairs, outputs)
    parts, order = [], []
    for rows, fixed in rows_by_fixed(X, disentangler._fixed.columns):
        some, spent = disentangler._with_fixed(fixed)
        outputs_here = outputs_of_rows(outputs, rows)
        part = _by_outputs(some, take(X, rows), pairs, outputs_here)
        part = replace(part, row_names=row_labels(X)[rows])
        parts.append(with_more_spent(with_own_baselines(part), spent))
        order.append(rows)
    return in_order(parts, order, concatenated_decompositions)


def _by_outputs(disentangler, X, pairs, outputs):
    """Decompose all outputs, some of them, or each row's own."""
    if outputs is None:
        return _decomposed(disentangler, X, pairs)
    n_jobs = disentangler.n_jobs
    positions, spent = disentangler._positions_of(outputs, X, n_jobs)
    if positions.ndim == 1:
        return _decomposed(disentangler._of_outputs(positions), X, pairs)

    def of_rows(rows, chosen):
        some = disentangler._of_outputs(chosen)
        result = _decomposed(some, take(X, rows), pairs)
        return replace(result, row_names=row_labels(X)[rows])

    result = by_own_outputs(of_rows, concatenated_decompositions, positions, outputs)
    return with_more_spent(result, spent)


def _decomposed(disentangler, X, pairs):
    engine = disentangler._engine(disentangler.n_jobs)
    several = len(disentangler.modalities_) > 2
    effects = disentangler._references.effects(engine, X, pairs=pairs and several)
    result = decomposition(disentangler, X, engine, effects)
    return with_only_pair(result) if pairs and not several else result


def decomposition(disentangler, X, engine, effects, pair=None, predicted=None):
    """The decomposition that effects add up to, with names.

    Parameters
    ----------
    disentangler : Disentangler
        Fitted.
    X : container of rows
    engine : Engine
        Has evaluated the effects.
    effects : Effects
        With `pair`, those of :func:`effects_of_pair`.
    pair : tuple of int, default=None
        Positions of two modalities, whose interaction is MI; None is all modalities.
    predicted : RowEffects, default=None
        Of all rows, in place of those over references.

    Returns
    -------
    decomposition : Decomposition
    """
    names = np.array([name for name, _ in disentangler.modalities_])
    notes = [disentangler._plans["best"].note]
    notes += [disentangler._note_of_hybrids, disentangler._note_of_unseen]
    if pair is not None:
        names = names[list(pair)]
        main, main_se = effects.main[:, pair], effects.main_se[:, pair]
        effects = effects._replace(main=main, main_se=main_se)
    baseline, baseline_se = disentangler.baseline_, disentangler.baseline_se_
    if predicted is not None:
        baseline, baseline_se = predicted.baseline, predicted.baseline_se
        of_rows = {
            name: getattr(predicted, name) for name in ("main", "main_se", "uc_se")
        }
        effects = effects._replace(**of_rows)
        notes.append(_PREDICTED)
    result = decomposition_of(
        effects,
        baseline,
        disentangler._references.factor,
        baseline_se=baseline_se.copy(),
        row_names=row_labels(X),
        modality_names=names,
        output_names=disentangler.output_names_,
        unit=disentangler.unit_,
        n_model_rows=engine.n_model_rows,
        n_encodings=engine.n_encodings,
        clipped_share=engine.calls.clipped_share(),
        evaluation=effects.evaluation,
        references=disentangler._references.kind,
        distribution=disentangler.distribution,
        n_references=disentangler._references.n_rows,
    )
    if pair is None:
        notes.append(note_of_clip(result.mi, effects.mi_by_clip))
        if predicted is None:
            notes.append(_note_of_few(result.uc_se, effects.n_informative))
            notes.append(_note_of_no_error(disentangler, result))
    result = replace(result, note="; ".join(filter(None, notes)))
    if pair is None:
        return result
    # the error of the effects is that of the interaction
    factor = disentangler._references.factor
    return replace(result, uc_se=factor * effects.pairs_uc_se[:, 0])


def _note_of_no_error(disentangler, result):
    """What a result tells of errors of exactly 0; mostly empty."""
    n_rows = disentangler._references.n_rows
    is_everyone = result.references == "sample" and n_rows == disentangler._n_pool
    if not is_everyone or not result.mi.any() or result.uc_se.any():
        return ""
    return _ALL_ROWS.format(n_rows)


def _note_of_few(se, n_informative):
    """What a result tells of errors that rest on few references; mostly empty."""
    few = (n_informative > 0) & (se > 0)  # not nan
    if not few.any():
        return ""
    return (
        f"the error of UC rests on few references in {int(few.any(axis=1).sum())} of "
        f"{count(len(se), 'row')}, effectively {n_informative[few].min():.1f} or more: "
        "rare values count, and more references would tell more"
    )
