"""What ``LocalExplainer.explain_pairs`` computes."""

import numpy as np

from skdime._estimators.decomposed_rows import decomposition
from skdime._results.pair_explanation import PairExplanation
from skdime._rows.containers import n_rows
from skdime._rows.modalities import positions_of_two, split
from skdime._surrogates.leaf_fits import LeafFits
from skdime._surrogates.leaf_pairs import LeafPairs
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
    pair = positions_of_two(modalities, dis.modalities_, "modalities")
    surrogates = _pair_surrogates(explainer, pair)
    first, second = (explainer.perturbers_[m][1] for m in pair)
    blocks = [split(X, dis.modalities_)[m] for m in pair]
    shape = (
        n_rows(X),
        len(first.feature_names_),
        len(second.feature_names_),
        len(dis.output_names_),
    )
    coef, se = np.empty(shape), np.empty(shape)
    r2 = np.empty((shape[0], shape[-1]))
    probe, references = explainer._probe(), dis._references
    total = references.cost(probe, X) + surrogates.cost(probe, X)
    with explainer._engine(total.rows, "explain_pairs") as engine:
        values = decomposition(dis, X, engine, references.effects(engine, X))
        for rows, effects in surrogates.fit(engine, X):
            coef[rows], se[rows], r2[rows] = effects
    # of three or more modalities the interaction of two is not evaluated
    interaction = values.mi if len(names) == 2 else np.full_like(values.mi, np.nan)
    return PairExplanation(
        coef=coef,
        se=se,
        r2=r2,
        rest=interaction - coef.sum(axis=(1, 2)),
        mi=values.mi,
        first_names=first.feature_names_,
        second_names=second.feature_names_,
        first_values=first.describe(blocks[0]),
        second_values=second.describe(blocks[1]),
        modality_names=np.array([names[m] for m in pair]),
        row_names=values.row_names,
        output_names=values.output_names,
        unit=values.unit,
        n_model_rows=engine.n_model_rows,
    )


def _pair_surrogates(explainer, pair):
    """The surrogates of two modalities: tables on shared draws, or sums over leaves."""
    for family in explainer._fits.families:
        if isinstance(family, LeafFits) and set(pair) <= set(family.perturbers):
            return LeafPairs(family, pair)
        if set(pair) <= set(getattr(family, "kernels", {})):
            return PairSurrogates(family, pair)
    (first, one), (second, other) = (explainer.perturbers_[m] for m in pair)
    raise ValueError(
        "explain_pairs takes two tables whose effects bend and whose draws all rows "
        f"share, but {first!r:.60} has the perturber {one!r:.60}, {second!r:.60} has "
        f"{other!r:.60}, and `algorithm_` is {explainer.algorithm_!r:.60}. Give both a "
        "TabularPerturber with effects='shapley' or 'main', and set algorithm='draws'."
    )
