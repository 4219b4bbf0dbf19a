"""How real hybrids are, and how much modalities tell of each other.

A hybrid combines modalities of different rows. Where modalities depend on each other
it may be a row that nobody has ever seen, and what a model returns for it is an
extrapolation.
"""

import numpy as np
from scipy.special import logit
from sklearn.metrics import roc_auc_score

from skdime._references.modality_features import modality_features
from skdime._results.modality_summary import FOREIGN
from skdime._rows.containers import n_rows
from skdime._utils.rounding import DOUBLE_PRECISION
from skdime._utils.warn import warn

N_FOLDS = 5
# Rows of which classifiers learn, at most: they then take about a second.
MOST_ROWS = 1000
# An area under the curve, or an R2, of fewer rows is known to .1 at best.
LEAST_ROWS = 30
# Hybrids of every row: more make the area hardly more precise, since all have the same
# rows.
_N_HYBRIDS = 2
# Mutual information in nats above which areas are computed.
_DEPENDENT = 1.5
# Keeps determinants of features that are copies of each other above 0.
_COPIES = 1e-6
# Of 100 trees areas differ by less than .01 from those of 40.
_N_TREES = 40
# Above this area hybrids that occur are so few that weights of them tell little.
_DETERMINED = 0.925
# Where a forest is certain.
_LEAST = 0.01
# Features of all modalities: 16 have 152 squares and products.
MOST_FEATURES = 16
_PENALTIES = np.logspace(0, 4, 5)


def hybrid_auc(blocks):
    """How well real rows are told from hybrids: area under the ROC curve.

    Two classifiers, a logistic regression on squares and products of features and
    a forest, learn from four fifths of the rows and hybrids of these, and are
    scored on the last fifth and its hybrids. The mean of their log-odds counts.

    Parameters
    ----------
    blocks : list of blocks
        For each modality its columns.

    Returns
    -------
    auc : float
        0.5 for modalities that are independent of each other, 1 where every hybrid
        gives itself away; nan for fewer than 30 rows, or where at most one modality
        varies.
    """
    n, n_each = n_rows(blocks[0]), MOST_FEATURES // len(blocks)
    features = [modality_features(block, n_each) for block in blocks]
    if n < LEAST_ROWS or sum(part.shape[1] > 0 for part in features) < 2:
        return np.nan
    random_state = np.random.RandomState(0)
    fold = random_state.permutation(n) % N_FOLDS
    rows = [np.tile(np.arange(n), (len(blocks), 1))]
    for _ in range(_N_HYBRIDS):
        rows.append(hybrids_within(fold, len(blocks), random_state))
    order = np.concatenate(rows, axis=1)
    values = np.hstack([f[o] for f, o in zip(features, order, strict=True)])
    is_real = np.arange(len(values)) < n
    groups = np.tile(fold, 1 + _N_HYBRIDS)
    return float(np.mean([_area(values, is_real, groups == k) for k in range(N_FOLDS)]))


def look_dependent(blocks):
    """Whether hybrids may be foreign, from correlations alone, in a few milliseconds.

    For normal features the mutual information of modalities is half the logarithm of
    the ratio of determinants of correlation matrices: those of modalities, and that of
    all. Less what is there by chance, 1.5 and more have areas above 0.87.

    Parameters
    ----------
    blocks : list of blocks
        For each modality its columns.
    """
    n, n_each = n_rows(blocks[0]), MOST_FEATURES // len(blocks)
    features = [modality_features(block, n_each) for block in blocks]
    sizes = np.array([part.shape[1] for part in features])
    n_pairs = (sizes.sum() ** 2 - np.square(sizes).sum()) / 2
    if n < LEAST_ROWS or not n_pairs:
        return False
    alone = sum(map(_log_determinant, features))
    information = (alone - _log_determinant(np.hstack(features))) / 2
    return bool(information - n_pairs / (2 * n) > _DEPENDENT)


def _log_determinant(features):
    correlations = features.T @ features / len(features)
    ridge = _COPIES * np.eye(len(correlations))
    return np.linalg.slogdet(correlations + ridge)[1]


def hybrids_within(fold, n_modalities, random_state):
    """Rows of every modality, those of a hybrid all different and of one fold."""
    order = np.empty((n_modalities, len(fold)), dtype=int)
    for k in range(N_FOLDS):
        members = np.flatnonzero(fold == k)
        some = hybrid_tuples(len(members), n_modalities, random_state)
        order[:, fold == k] = members[some]
    return order


def hybrid_tuples(n, n_modalities, random_state):
    """Which row gives each modality of `n` hybrids, each row once for each modality.

    Modalities of a hybrid are of different rows, if there are as many.

    Returns
    -------
    tuples : ndarray of int of shape (n_modalities, n)
    """
    order, distance = random_state.permutation(n), max(n // n_modalities, 1)
    return np.array([np.roll(order, m * distance) for m in range(n_modalities)])


def warn_of_foreign(auc, is_joint=False):
    """Warn where hybrids are hardly like any row.

    Parameters
    ----------
    auc : float
    is_joint : bool, default=False
        Whether hybrids are weighted by how likely they occur.
    """
    if is_joint and auc > _DETERMINED:
        warn(
            f"Hybrid rows are told from real ones with an AUC of {auc:.2f}: modalities "
            "nearly determine each other. UC and MI on their joint distribution rest "
            "on the few hybrids that are like real rows, and on how a classifier "
            "weights these. Which modality has an effect, and which part of it is MI, "
            "is hardly determined by the data."
        )
    elif not is_joint and auc > FOREIGN:
        warn(
            f"Hybrid rows are told from real ones with an AUC of {auc:.2f}: modalities "
            "depend on each other, and hybrids of their values hardly occur in the "
            "data. MI, and shares of it, rest on what the model returns where it has "
            "seen no data. Models that agree on all data may differ in them."
        )


def foreign_note(auc, is_joint=False):
    """What results say where hybrids are hardly like any row; empty elsewhere."""
    if not auc > FOREIGN:
        return ""
    if is_joint:
        return (
            f"hybrid rows are told from real ones with an AUC of {auc:.2f}, so that UC "
            "and MI rest on few hybrids that are like real rows"
        )
    return (
        f"hybrid rows are told from real ones with an AUC of {auc:.2f}, so that MI "
        "rests on extrapolation"
    )


def _area(values, is_real, left_out):
    log_odds = 0.0
    for model in _classifiers():
        model.fit(values[~left_out], is_real[~left_out])
        share = model.predict_proba(values[left_out])[:, 1]
        log_odds = log_odds + logit(np.clip(share, _LEAST, 1 - _LEAST))
    return roc_auc_score(is_real[left_out], log_odds)


def _classifiers():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    logistic = LogisticRegression(C=0.1, class_weight="balanced")
    yield make_pipeline(_squares(), StandardScaler(), logistic)
    # every modality is alike in rows and hybrids, so that no single split is better
    # than another: trees with splits at random find what two splits tell
    yield forest_classifier()


def forest_classifier():
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(
        _N_TREES, min_samples_leaf=3, class_weight="balanced", random_state=0
    )


def _squares():
    from sklearn.preprocessing import PolynomialFeatures

    return PolynomialFeatures(2, include_bias=False)


def explained_by_others(blocks, main):
    """Share of each main effect's variance that the other modalities explain.

    Parameters
    ----------
    blocks : list of blocks
        For each modality its columns in real rows.
    main : ndarray of shape (n_rows, n_modalities, n_outputs)
        Main effects of these rows.

    Returns
    -------
    r2 : ndarray of shape (n_modalities, n_outputs)
        Cross-validated R2 of a ridge regression and a forest together, at least 0; nan
        for fewer than 30 rows and for effects that do not vary.
    """
    n, n_modalities, n_outputs = main.shape
    if n < LEAST_ROWS:
        return np.full((n_modalities, n_outputs), np.nan)
    n_each = MOST_FEATURES // (2 * n_modalities)
    features = [
        np.hstack([modality_features(part, n_each) for part in (block, main[:, m])])
        for m, block in enumerate(blocks)
    ]
    r2 = []
    for m in range(n_modalities):
        others = np.hstack([part for o, part in enumerate(features) if o != m])
        r2.append(_cross_validated_r2(others, main[:, m]))
    return np.array(r2)


def _cross_validated_r2(values, target):
    fold = np.random.RandomState(0).permutation(len(target)) % N_FOLDS
    predicted = np.empty_like(target)
    for k in range(N_FOLDS):
        train, test = fold != k, fold == k
        parts = [_predicted(model, values, target, train) for model in _regressors()]
        predicted[test] = np.mean(parts, axis=0)[test]
    spread = np.square(target - target.mean(axis=0)).sum(axis=0)
    varies = spread > DOUBLE_PRECISION**2 * np.square(target).sum(axis=0)
    left = np.square(target - predicted).sum(axis=0)
    share = 1 - left / np.where(varies, spread, 1)
    return np.where(varies, np.maximum(share, 0), np.nan)


def _predicted(model, values, target, train):
    single = target.shape[1] == 1
    model.fit(values[train], target[train].ravel() if single else target[train])
    return model.predict(values).reshape(target.shape)


def _regressors():
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    yield make_pipeline(
        StandardScaler(), _squares(), StandardScaler(), RidgeCV(_PENALTIES)
    )
    yield ExtraTreesRegressor(_N_TREES, min_samples_leaf=3, random_state=0)
