"""UC and MI of rows in which features are replaced by what is typical.

A feature of a table is replaced by its values in reference rows, all replaced features
of a row by those of the same reference, and the parts are averaged over such draws.
Where a perturber masks (series, texts, images), its own replacement is used.
"""

import numpy as np
from sklearn.utils import gen_batches

from skdime._rows.containers import cells, join, n_rows, select, stack, take
from skdime.perturbers._tables import like_modality, table_of

# Perturbed rows that are decomposed at once.
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
        self.perturbers = [perturber for _, perturber in explainer.perturbers_]
        self.columns = [columns for _, columns in self.disentangler.modalities_]
        references = self.disentangler.references_
        n_draws = min(n_draws, n_rows(references))
        chosen = random_state.choice(n_rows(references), n_draws, replace=False)
        self.drawn = take(references, chosen)

    def features(self, m):
        """Positions of a modality's features on the feature axis."""
        name = self.explanation.modality_names[m]
        return np.flatnonzero(self.explanation.feature_modalities == name)

    def values(self, m, rows, kept):
        """UC and MI of rows in which only some of a modality's features are kept.

        Parameters
        ----------
        m : int
            The modality.
        rows : ndarray of int of shape (n_sets,)
            Positions of the rows.
        kept : ndarray of bool of shape (n_sets, n_features)
            Which of the modality's features each keeps.

        Returns
        -------
        values : ndarray of shape (n_sets, 2, n_outputs)
        """
        sets = np.column_stack([rows, kept]).astype(int)
        sets, inverse = np.unique(sets, axis=0, return_inverse=True)
        masks = hasattr(self.perturbers[m], "perturb_row")
        compose = self._masked if masks else self._from_references
        n_draws = 1 if masks else n_rows(self.drawn)
        found = []
        for some in gen_batches(len(sets), max(1, _BATCH // n_draws)):
            perturbed = compose(m, sets[some, 0], sets[some, 1:].astype(bool))
            parts = self.disentangler.decompose(perturbed)
            values = np.stack([parts.uc, parts.mi], axis=1)
            shape = -1, n_draws, *values.shape[1:]
            found.append(values.reshape(shape).mean(axis=1))
        return np.concatenate(found)[inverse.ravel()]

    def _from_references(self, m, rows, kept):
        """Rows with the other features as in each draw: (n_sets * n_draws) rows."""
        n_draws = n_rows(self.drawn)
        pool = stack([self.X, self.drawn])
        own = np.repeat(rows, n_draws)
        other = np.tile(np.arange(n_draws) + n_rows(self.X), len(rows))
        block = select(pool, self.columns[m])
        table = table_of(block)
        columns = [np.array([j]) for j in range(table.shape[1])]
        replaced = []
        for j, feature in zip(columns, self._owners(m, table), strict=True):
            keeps = np.repeat(kept[:, feature], n_draws)
            replaced.append(take(select(table, j), np.where(keeps, own, other)))
        changed = like_modality(block, join(replaced, columns))
        return self._beside(m, take(pool, own), changed)

    def _masked(self, m, rows, kept):
        """Rows masked by the perturber itself: one for each set."""
        perturber, names = self.perturbers[m], self.explanation.feature_names
        block = select(self.X, self.columns[m])
        among = names[self.features(m)].tolist()
        masked = []
        for row, keeps in zip(rows, kept, strict=True):
            one = take(block, [row])
            mine = [among.index(name) for name in perturber.features(cells(one)[0])]
            masked.append(perturber.perturb_row(one, keeps[None, mine]))
        return self._beside(m, take(self.X, rows), stack(masked))

    def _beside(self, m, rows, block):
        """Rows whose columns of one modality are replaced by a block."""
        rest = np.setdiff1d(np.arange(rows.shape[1]), self.columns[m])
        return join([select(rows, rest), block], [rest, self.columns[m]])

    def _owners(self, m, table):
        """The feature that each column of a table belongs to."""
        perturber, n_columns = self.perturbers[m], table.shape[1]
        owners = getattr(perturber, "_features", np.arange(n_columns))
        if (len(owners), max(owners) + 1) != (n_columns, len(self.features(m))):
            raise TypeError(
                f"{type(perturber).__name__} has {len(self.features(m))} features for "
                f"{n_columns} columns, and does not tell which feature a column "
                "belongs to. Features can be replaced one by one for TabularPerturber "
                "and for perturbers that mask."
            )
        return owners
