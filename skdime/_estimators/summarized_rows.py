"""Summaries of rows, as ``Disentangler.summarize`` returns them."""

from copy import copy
from dataclasses import replace

import numpy as np

from skdime._estimators.decomposed_rows import decomposed_rows, decomposition
from skdime._estimators.joint_distribution import refuse_joint
from skdime._models.scored_outputs import as_estimator, default_score, gap_of_outputs
from skdime._references.realism import (
    MOST_ROWS,
    explained_by_others,
    hybrid_auc,
    hybrid_tuples,
    warn_of_foreign,
)
from skdime._references.variance_shares import VarianceShares, summary_of
from skdime._results.group_summaries import FIELDS, GroupSummaries
from skdime._rows.containers import join, n_rows, stack, take
from skdime._rows.fingerprint import distinct_rows
from skdime._rows.groups import rows_by_group
from skdime._rows.modalities import split

FIXED = (
    "Hybrids combine modalities of different rows, and cannot keep columns of no "
    "modality as in one of them (remainder='hold'). Put all columns into modalities."
)


def summarized_rows(disentangler, X, y=None):
    """See ``Disentangler.summarize``.

    Parameters
    ----------
    disentangler : Disentangler
        Fitted.
    X : container of rows
        Checked.
    y : array-like, default=None
        Targets.

    Returns
    -------
    summary : ModalitySummary
    """
    shares, main = shares_of_rows(disentangler, X)
    real = _with_references(disentangler, X)
    summary = _with_realism(summary_of(shares), disentangler, X, main, real)
    return summary if y is None else _with_scores(summary, disentangler, X, y)


def _with_scores(summary, disentangler, X, y):
    """A summary with scores of the model and of UC only."""
    parts = decomposed_rows(disentangler, X, False, None)
    return replace(
        summary,
        gap=gap_of_outputs(disentangler, parts, X, y),
        scoring=default_score(as_estimator(disentangler, parts.output)),
        n_model_rows=summary.n_model_rows + parts.n_model_rows,
        n_encodings=summary.n_encodings + parts.n_encodings,
    )


def summarized_groups(disentangler, X, groups):
    """See ``Disentangler.summarize_groups``.

    Parameters
    ----------
    disentangler : Disentangler
        Fitted.
    X : container of rows
        Checked.
    groups : array-like of shape (n_rows,)

    Returns
    -------
    summaries : GroupSummaries
    """
    shares, summaries = {}, {}
    for name, rows in rows_by_group(n_rows(X), groups, least=2).items():
        some = take(X, rows)
        shares[name], main = shares_of_rows(disentangler, some)
        summary = summary_of(shares[name])
        summaries[name] = _with_realism(summary, disentangler, some, main, some)
    every = list(shares.values())
    first = next(iter(summaries.values()))
    difference_se = {
        field: np.array([[one.difference_se(o, term) for o in every] for one in every])
        for field, term in FIELDS.items()
        if getattr(first, field) is not None
    }
    return GroupSummaries(summaries, difference_se)


def shares_of_rows(disentangler, X):
    """Shares over hybrids of rows, and main effects of the rows themselves.

    Returns
    -------
    shares : VarianceShares
    main : ndarray of shape (n_rows, n_modalities, n_outputs)
    """
    dis, n = copy(disentangler), n_rows(X)
    refuse_joint(dis, "A summary, whose hybrids have independent modalities,")
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
    return VarianceShares(parts, tuples, effects.squares), main


def _with_realism(summary, disentangler, X, main, real):
    """A summary with how hybrids differ from real rows, and what effects share."""
    some = np.arange(min(n_rows(X), MOST_ROWS))
    blocks = split(take(X, some), disentangler.modalities_)
    auc = hybrid_auc(split(real, disentangler.modalities_))
    warn_of_foreign(auc)
    explained = explained_by_others(blocks, main[some])
    return replace(summary, hybrid_auc=auc, explained_by_others=explained)


def _with_references(disentangler, X):
    """Rows, and the references where these are rows of the same kind, too."""
    rows = X
    if disentangler._references.kind == "sample":
        rows = stack([disentangler._references.rows, X])
    # a row that is twice among them would be known to a classifier
    return take(rows, distinct_rows(rows)[:MOST_ROWS])
