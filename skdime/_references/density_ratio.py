r"""How much likelier values of two modalities are together than apart.

The ratio :math:`p(x_1, x_2) / p(x_1) p(x_2)` is the odds of a classifier of real rows
against as many hybrids, which combine modalities of different rows.

References
----------
Sugiyama, Suzuki, Kanamori, Density Ratio Estimation in Machine Learning (2012), chapter
4, for odds of classifiers; White, Econometrica 50 (1982), for the covariance of their
parameters where the model is penalised or wrong.
"""

import numpy as np
from sklearn.metrics import roc_auc_score

from skdime._references.modality_features import ModalityFeatures
from skdime._references.realism import (
    LEAST_ROWS,
    MOST_FEATURES,
    N_FOLDS,
    forest_classifier,
    hybrids_within,
)
from skdime._rows.containers import n_rows
from skdime._utils.warn import warn

# Hybrids of every row: beyond three the odds get hardly more precise.
_N_HYBRIDS = 3
# Inverse penalties of which cross-validation takes the best. benchmarks/joint.py
# measures what they give: the smallest leaves no dependence, the largest all of it.
_INVERSE_PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
# Above this area a forest still tells weighted hybrids from real rows: of normal
# modalities it is at most 0.57 for 100 rows, whatever their correlation.
_STILL_TOLD = 0.6
# Numbers that describe pairs of rows, at once.
_MOST_NUMBERS = 2_000_000


class DensityRatio:
    """Odds of a logistic regression on squares, products and higher powers of features.

    Parameters
    ----------
    blocks : list of two blocks
        Columns of each modality in rows that belong together.

    Attributes
    ----------
    root : ndarray of shape (n_terms, rank)
        Times its transpose it is the covariance of the parameters over other rows, with
        the square of what the penalty shrinks them by.
    auc_after : float
        How well a forest still tells hybrids, weighted by the odds, from real rows:
        cross-validated area under the ROC curve, about 0.5 where the odds are right.
    """

    def __init__(self, blocks):
        n_each = MOST_FEATURES // len(blocks)
        self._features = [ModalityFeatures(block, n_each) for block in blocks]
        features = [f(block) for f, block in zip(self._features, blocks, strict=True)]
        self._parameters, self.root = np.zeros(0), np.zeros((0, 0))
        self.auc_after = 0.5
        if any(part.shape[1] == 0 for part in features):
            return  # a modality that does not vary depends on none
        order, is_real, fold = _real_and_hybrids(n_rows(blocks[0]))
        raw = [part[rows] for part, rows in zip(features, order, strict=True)]
        values, model = self._best_model(raw, is_real, fold)
        self._parameters = model.coef_[0]
        self.root = _root_of_covariance(model, values, is_real, order)
        odds = np.exp(np.where(is_real, 0, model.decision_function(values)))
        # every row once, and once a hybrid: a forest takes its time
        once = np.r_[: n_rows(blocks[0]), len(odds) - n_rows(blocks[0]) : len(odds)]
        self.auc_after = _area_of_forest(
            np.hstack(raw)[once], is_real[once], odds[once], fold[once]
        )

    def _best_model(self, raw, is_real, fold):
        """The terms and the penalty that predict other folds best."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import GridSearchCV, PredefinedSplit
        from sklearn.preprocessing import StandardScaler

        searches = []
        for terms in (_squares, _powers):
            values = StandardScaler().fit_transform(terms(*raw))
            search = GridSearchCV(
                LogisticRegression(max_iter=300),
                {"C": list(_INVERSE_PENALTIES)},
                cv=PredefinedSplit(fold),
                scoring="neg_log_loss",
            )
            searches.append((search.fit(values, is_real), terms))
        search, self._terms = max(searches, key=lambda each: each[0].best_score_)
        self._scale = StandardScaler()
        values = self._scale.fit_transform(self._terms(*raw))
        return values, search.best_estimator_

    @property
    def note(self):
        """What results say where odds do not describe how modalities depend."""
        if self.auc_after <= _STILL_TOLD:
            return ""
        return (
            "weighted hybrid rows are still told from real ones with an AUC of "
            f"{self.auc_after:.2f}, so that UC and MI are partly those of "
            "distribution='product'"
        )

    def warn(self):
        """Warn where odds do not describe how modalities depend on each other."""
        if self.note:
            warn(
                "Weighted hybrid rows are still told from real ones with an AUC of "
                f"{self.auc_after:.2f}: powers and products of features do not "
                "describe how modalities depend on each other. UC and MI on their "
                "joint distribution are partly those of distribution='product', and "
                "their standard errors do not tell. Pass more rows to fit, or put the "
                "modalities into one."
            )

    @property
    def n_terms(self):
        """Number of parameters."""
        return len(self._parameters)

    def features(self, m, block):
        """Features of rows of modality `m`."""
        return self._features[m](block)

    def pairs(self, m, rows, others):
        """Log odds of rows with others, and the terms that these are sums of.

        Parameters
        ----------
        m : {0, 1}
            The modality of the rows; the other one is that of the others.
        rows, others : ndarray of shape (n, n_features)
            Features.

        Returns
        -------
        log_odds : ndarray of shape (n_rows, n_others)
            But for a constant.
        terms : ndarray of shape (n_rows, n_others, n_terms)
        """
        shape = len(rows), len(others)
        if not self.n_terms:
            return np.zeros(shape), np.zeros((*shape, 0))
        both = [np.repeat(rows, shape[1], axis=0), np.tile(others, (shape[0], 1))]
        terms = self._scale.transform(self._terms(*(both if m == 0 else both[::-1])))
        terms = terms.reshape(*shape, -1)
        return terms @ self._parameters, terms

    def rows_at_once(self, n_others):
        """Rows whose pairs with others are described at once."""
        return max(_MOST_NUMBERS // max(n_others * self.n_terms, 1), 1)


def check_enough(n):
    """Refuse rows that are too few to learn of."""
    if n < LEAST_ROWS:
        raise ValueError(
            "distribution='joint' learns how modalities depend on each other from "
            f"{LEAST_ROWS} rows or more, got {n}. Pass more rows, or set "
            "distribution='product'."
        )


def _real_and_hybrids(n):
    """Positions of rows for either modality, which are real, and their folds.

    Every row is as often real as it gives a modality of a hybrid. The two rows of a
    hybrid are of the same fold.
    """
    random_state = np.random.RandomState(0)
    fold = random_state.permutation(n) % N_FOLDS
    real = np.tile(np.arange(n), (2, _N_HYBRIDS))
    hybrids = [hybrids_within(fold, 2, random_state) for _ in range(_N_HYBRIDS)]
    order = np.hstack([real, *hybrids])
    is_real = np.arange(order.shape[1]) < real.shape[1]
    return order, is_real, fold[order[0]]


def _squares(first, second):
    """Features, their squares and products: all there is of normal ones."""
    from sklearn.preprocessing import PolynomialFeatures

    both = np.hstack([first, second])
    return PolynomialFeatures(2, include_bias=False).fit_transform(both)


def _powers(first, second):
    """The same, higher powers, and products of features of one with squares."""
    both = np.hstack([first, second])
    terms = [_squares(first, second), both**3, both**4]
    for one, other in ((first**2, second), (first, second**2)):
        terms.append((one[:, :, None] * other[:, None]).reshape(len(both), -1))
    return np.hstack(terms)


def _area_of_forest(values, is_real, weights, fold):
    """How well a forest still tells real rows from weighted hybrids."""
    areas = []
    for k in range(N_FOLDS):
        train, test = fold != k, fold == k
        forest = forest_classifier()
        forest.fit(values[train], is_real[train], sample_weight=weights[train])
        share = forest.predict_proba(values[test])[:, 1]
        areas.append(roc_auc_score(is_real[test], share, sample_weight=weights[test]))
    return float(np.mean(areas))


def _root_of_covariance(model, values, is_real, order):
    """Of the parameters without the intercept, which cancels out of weights.

    A row enters as a real one and through either modality of hybrids. What its scores
    have in common is squared.
    """
    penalty = np.append(0, np.full(values.shape[1], 1 / model.C))
    design = np.column_stack([np.ones(len(values)), values])
    share = model.predict_proba(values)[:, 1]
    curvature = (design.T * (share * (1 - share))) @ design + np.diag(penalty)
    scores = design * (is_real - share)[:, None]
    by_row = np.zeros((order.max() + 1, design.shape[1]))
    np.add.at(by_row, order[0], scores)
    np.add.at(by_row, order[1][~is_real], scores[~is_real])
    influences = np.linalg.solve(curvature, by_row.T)
    left, sizes, _ = np.linalg.svd(influences, full_matrices=False)
    # by how much the penalty shrinks parameters, to first order
    shrunk = np.linalg.solve(curvature, penalty * np.append(0, model.coef_))
    return np.column_stack([left * sizes, shrunk])[1:]
