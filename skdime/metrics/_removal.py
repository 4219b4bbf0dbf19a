"""UC and MI of rows in which features are replaced by values of other rows.

A feature of a table is replaced by its values in reference rows, all replaced features
of a row by those of the same reference, and the parts are averaged over such draws,
with weights for which the draws' mean is the average of the data. Where a perturber
masks (series, texts, images), its own replacement is used.
"""

import numpy as np
from sklearn.utils import gen_batches

from skdime._references.strata import draw_references
from skdime._rows.containers import cells, join, n_rows, select, stack, take
from skdime._utils.listed import count
from skdime.perturbers._tables import like_modality, table_of

# Perturbed rows that are decomposed at once: all of them are in memory.
_BATCH = 10_000


class Removal:
    """Replaces features of rows and follows UC and MI.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted.
    X : container of rows
        The explained rows.
    explanation : Explanation
        Of these rows; its features are what can be replaced.
    n_draws : int
        Reference rows that replacements of table columns are taken from.
    random_state : RandomState
        Source of the draw.
    """

    def __init__(self, explainer, X, explanation, n_draws, random_state):
        self.disentangler = explainer.disentangler_
        self.X = X
        self.explanation = explanation
        self.options = explainer.kernel_width, explainer.alpha
        self.perturbers = [perturber for _, perturber in explainer.perturbers_]
        self.columns = [columns for _, columns in self.disentangler.modalities_]
        references = self.disentangler.references_
        n_draws = min(n_draws, n_rows(references))
        drawn = draw_references(
            references, self.disentangler.modalities_, n_draws, random_state
        )
        self.drawn = take(references, drawn.positions)

    def features(self, m):
        """Positions of a modality's features on the feature axis."""
        name = self.explanation.modality_names[m]
        return np.flatnonzero(self.explanation.feature_modalities == name)

    def values(self, m, rows, masks):
        """UC and MI of rows in which only some of a modality's features are kept.

        Parameters
        ----------
        m : int
            The modality.
        rows : ndarray of int of shape (n_sets,)
            Positions of the rows.
        masks : ndarray of bool of shape (n_sets, n_features)
            Which of the modality's features each keeps.

        Returns
        -------
        values : ndarray of shape (n_sets, 2, n_outputs)
        """
        return self.values_and_variance(m, rows, masks)[0]

    def values_and_variance(self, m, rows, masks):
        """The same, and the variance of the values over samples of draws."""
        sets = np.column_stack([rows, masks]).astype(int)
        sets, inverse = np.unique(sets, axis=0, return_inverse=True)
        masks = self.perturbers[m].masks_rows
        compose = self._masked if masks else self._from_references
        n_draws = 1 if masks else n_rows(self.drawn)
        means = _Means(None if masks else self._features(m), n_draws)
        by_batch = []
        for some in gen_batches(len(sets), max(1, _BATCH // n_draws)):
            perturbed = compose(m, sets[some, 0], sets[some, 1:].astype(bool))
            parts = self.disentangler.decompose(perturbed)
            values = np.stack([parts.uc, parts.mi], axis=1)
            by_batch.append(means(values.reshape(-1, n_draws, *values.shape[1:])))
        values, variances = map(np.concatenate, zip(*by_batch, strict=True))
        return values[inverse.ravel()], variances[inverse.ravel()]

    def _features(self, m):
        """What tells draws apart, less its average: (n_draws, n_features).

        Numbers, and for every category of the draws whether a draw has it.
        """
        block = select(self.drawn, self.columns[m])
        design = self.perturbers[m].design(block, *self.options)
        shape = n_rows(block), *design.regressors.shape[1:]
        contrast, regressors = design.contrast, design.regressors
        regressors = np.broadcast_to(regressors, shape)
        features = []
        for k, average in enumerate(design.average.T):
            if (regressors[:, :, k] == regressors[0, :, k]).all():
                features.append(contrast[:, [k]])
            # "same category as in the row", which is told by who else has it
            elif (average > 0).all() and np.isin(regressors[:, :, k], (0, 1)).all():
                features.append(_categories(regressors[:, :, k], average))
        features = np.hstack([np.empty((n_rows(block), 0)), *features])
        usable = np.isfinite(features).all(axis=0) & (np.ptp(features, axis=0) > 0)
        return features[:, usable]

    def _from_references(self, m, rows, masks):
        """Rows with the other features as in each draw: (n_sets * n_draws) rows."""
        n_draws = n_rows(self.drawn)
        pool = stack([self.X, self.drawn])
        own = np.repeat(rows, n_draws)
        other = np.tile(np.arange(n_draws) + n_rows(self.X), len(rows))
        block = select(pool, self.columns[m])
        table = table_of(block)
        by_feature = self._columns_by_feature(m, table.shape[1])
        replaced = []
        for feature, columns in enumerate(by_feature):
            keeps = np.repeat(masks[:, feature], n_draws)
            replaced.append(take(select(table, columns), np.where(keeps, own, other)))
        changed = like_modality(block, join(replaced, by_feature))
        return self._beside(m, take(pool, own), changed)

    def _masked(self, m, rows, masks):
        """Rows masked by the perturber itself: one for each set."""
        perturber, names = self.perturbers[m], self.explanation.feature_names
        block = select(self.X, self.columns[m])
        among = names[self.features(m)].tolist()
        masked = []
        for row, keeps in zip(rows, masks, strict=True):
            one = take(block, [row])
            mine = [among.index(name) for name in perturber.features(cells(one)[0])]
            masked.append(perturber.perturb_row(one, keeps[None, mine]))
        return self._beside(m, take(self.X, rows), stack(masked))

    def _beside(self, m, rows, block):
        """Rows whose columns of one modality are replaced by a block."""
        rest = np.setdiff1d(np.arange(rows.shape[1]), self.columns[m])
        return join([select(rows, rest), block], [rest, self.columns[m]])

    def _columns_by_feature(self, m, n_columns):
        """Positions of the columns of each feature, every column in one of them."""
        perturber, n_features = self.perturbers[m], len(self.features(m))
        by_feature = [perturber.columns_of(feature) for feature in range(n_features)]
        # a feature without columns is counted as -1, which is the position of none
        columns = [j for some in by_feature for j in ([-1] if some is None else some)]
        if sorted(columns) != list(range(n_columns)):
            name = type(perturber).__name__
            raise ValueError(
                "Features are replaced one by one, each with its columns, but "
                f"{name}.columns_of gives {by_feature} for its "
                f"{count(n_features, 'feature')}. Each column of the modality, which "
                f"has {n_columns:,}, must belong to one feature: implement "
                f"{name}.columns_of(feature)."
            )
        return [np.asarray(some) for some in by_feature]


def _categories(same, shares):
    """Whether a draw has a category, less its share, for each category of the draws.

    Parameters
    ----------
    same : ndarray of shape (n_draws, n_samples)
        Which samples have the draw's category.
    shares : ndarray of shape (n_draws,)
        The share of the draw's category.
    """
    _, first, which = np.unique(same, axis=0, return_index=True, return_inverse=True)
    return (which.ravel()[:, None] == np.arange(len(first))) - shares[first]


class _Means:
    """Means over draws, weighted so that features have their average.

    A regression on the features gives the weights: the mean of few draws is off the
    average, and where it depends on features linearly the weights put it right.

    Parameters
    ----------
    features : ndarray of shape (n_draws, n_features) or None
        Less their average.
    n_draws : int
    """

    def __init__(self, features, n_draws):
        self.weights = np.full(n_draws, 1 / n_draws)
        self.freedom = n_draws - 1
        self.basis = np.zeros((n_draws, 0))
        if features is None or not features.size:
            return
        mean = features.mean(axis=0)
        left, sizes, right = np.linalg.svd(features - mean, full_matrices=False)
        # with half as many slopes as draws a regression would fit noise, and one draw
        # has to be left to tell the error
        most = min(len(sizes), n_draws // 2, n_draws - 2)
        use = np.flatnonzero(sizes[:most] > 1e-9 * sizes[0])
        self.basis = left[:, use]
        self.weights = self.weights - self.basis @ (right[use] @ mean / sizes[use])
        self.freedom = n_draws - 1 - len(use)

    def __call__(self, values):
        """Means over axis 1, and their variances."""
        means = np.einsum("sd...,d->s...", values, self.weights)
        if len(self.weights) == 1:
            return means, np.zeros_like(means)
        by_output = np.moveaxis(values, 1, -1)
        centred = by_output - by_output.mean(axis=-1, keepdims=True)
        rest = centred - (centred @ self.basis) @ self.basis.T
        variance = np.square(rest).sum(axis=-1) / self.freedom
        return means, variance * np.square(self.weights).sum()
