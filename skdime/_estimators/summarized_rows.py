"""The summary of rows, as ``Disentangler.summarize`` returns it."""

from copy import copy
from dataclasses import replace

import numpy as np

from skdime._estimators.decomposed_rows import decomposition
from skdime._references.realism import (
    MOST_ROWS,
    explained_by_others,
    hybrid_auc,
    hybrid_tuples,
    warn_of_foreign,
)
from skdime._references.variance_shares import variance_shares
from skdime._rows.containers import join, n_rows, stack, take
from skdime._rows.fingerprint import distinct_rows
from skdime._rows.modalities import split

FIXED = (
    "Hybrids combine modalities of different rows, and cannot keep columns of no "
    "modality as in one of them (remainder='hold'). Put all columns into modalities."
)


def summarized_rows(disentangler, X):
    """See ``Disentangler.summarize``.

    Parameters
    ----------
    disentangler : Disentangler
        Fitted.
    X : container of rows
        Checked.

    Returns
    -------
    summary : ModalitySummary
    """
    summary, main = _shares(disentangler, X)
    some = np.arange(min(n_rows(X), MOST_ROWS))
    blocks = split(take(X, some), disentangler.modalities_)
    auc = hybrid_auc(split(_with_references(disentangler, X), disentangler.modalities_))
    warn_of_foreign(auc)
    told = explained_by_others(blocks, main[some])
    return replace(summary, hybrid_auc=auc, explained_by_others=told)


def _shares(disentangler, X):
    """The summary of hybrids of the rows, and main effects of the rows themselves."""
    dis, n = copy(disentangler), n_rows(X)
    if dis._fixed is not None:
        raise ValueError(FIXED)
    if n < 2:
        raise ValueError(
            "A summary combines modalities of different rows, and X has 1 row. Pass "
            "two rows or more; decompose takes a single one."
        )
    engine = dis._engine(dis.n_jobs)
    # no hybrid is one of its own references
    dis._references = replace(dis._references.of_population(engine), factor=1.0)
    tuples = hybrid_tuples(n, len(dis.modalities_), np.random.RandomState(0))
    blocks = [
        take(block, order)
        for block, order in zip(split(X, dis.modalities_), tuples, strict=True)
    ]
    hybrids = join(blocks, [columns for _, columns in dis.modalities_])
    effects = dis._references.effects(
        engine, hybrids, pairs=len(tuples) > 2, squares=True
    )
    parts = decomposition(dis, hybrids, engine, effects)
    main = np.empty_like(effects.main)
    for m, order in enumerate(tuples):
        main[order, m] = effects.main[:, m]
    return variance_shares(parts, tuples, effects.squares), main


def _with_references(disentangler, X):
    """Rows, and the references where these are rows of the same kind, too."""
    rows = X
    if disentangler._references.kind == "sample":
        rows = stack([disentangler._references.rows, X])
    # a row that is twice among them would be known to a classifier
    return take(rows, distinct_rows(rows)[:MOST_ROWS])
