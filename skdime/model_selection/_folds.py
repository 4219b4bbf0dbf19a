"""Folds of one result, or of several, put together."""

from dataclasses import replace
from itertools import chain

import numpy as np

from skdime._results.concatenation import concatenated
from skdime._utils.listed import count, listed


def out_of_fold(cross):
    """See ``CrossExplanation.out_of_fold``."""
    if cross.common:
        raise ValueError(
            "Every fold explained the rows of `X_common`, so that no fold is the "
            "one of a row. Take one fold, cross[0], or call cross_explain without "
            "`X_common`."
        )
    unseen = cross.test & ~cross.train
    if not unseen.any(axis=0).all():
        names = cross.row_names[~unseen.any(axis=0)]
        raise ValueError(
            f"No fold left out {count(len(names), 'row')}: "
            f"[{listed(names.tolist())}]. Use a `cv` that leaves every row out, "
            "such as KFold, or take one fold, cross[0]."
        )
    fold_of, parts, order = unseen.argmax(axis=0), [], []
    for fold, run in enumerate(cross.first_runs):
        mine = np.flatnonzero(fold_of[cross.rows[run]] == fold)
        parts.append(cross.explanations[run][mine])
        order.append(cross.rows[run][mine])
    joined = concatenated([part for part in parts if len(part)])
    return joined[np.argsort(np.concatenate(order))]


def concatenated_folds(every):
    """One result with the folds of several; see ``CrossExplanation.concatenate``.

    Parameters
    ----------
    every : list of CrossExplanation
    """
    for other in every[1:]:
        _check_same_rows(every[0], other)
    starts = np.cumsum([0, *map(len, every)])[:-1]
    fold = [each.fold + start for each, start in zip(every, starts, strict=True)]
    estimators = [each.estimators or [] for each in every]
    joined = {
        name: np.concatenate([getattr(each, name) for each in every])
        for name in ("reference_draw", "seed", "train", "test")
    }
    return replace(
        every[0],
        explanations=tuple(chain(*(each.explanations for each in every))),
        rows=tuple(chain(*(each.rows for each in every))),
        fold=np.concatenate(fold),
        **joined,
        n_model_rows=sum(each.n_model_rows for each in every),
        estimators=list(chain(*estimators)) if all(estimators) else None,
    )


def _check_same_rows(first, other):
    if not isinstance(other, type(first)):
        raise TypeError(
            "Results over folds are joined with others of cross_explain. Got a "
            f"{type(other).__name__}."
        )
    same = (
        first.row_names.tolist() == other.row_names.tolist()
        and first.train.shape[1] == other.train.shape[1]
        and first.common == other.common
    )
    if not same:
        raise ValueError(
            "Results over folds can be joined if they are of the same rows: of the "
            f"same `X` and `X_common`. Got {first!r:.60} and {other!r:.60}."
        )
