"""What columns of tables add to the output, each by itself, as far as references tell.

The outputs of hybrids without any feature of a row are known for all rows together. A
sum of functions of single columns is fitted to them, and taken off the outputs of
coalitions. Its own values are known exactly, and it has no MI, so that it adds nothing
to any error: what it misses is estimated from coalitions like everything else.
"""

import numpy as np

from skdime.perturbers._bases import CUBIC

# How strongly lines are preferred to what bends, and candidates for the penalty.
_LINES, _PENALTIES = 3.0, np.logspace(-3, 4, 15)


class AdditiveTrend:
    """A sum of functions of columns, by ridge regression on their basis functions.

    Parameters
    ----------
    perturbers : dict of int to perturber
        Fitted, by position of the modality. Those that mask rows have no part in it.
    blocks : list of blocks
        Rows of each modality.
    outputs : ndarray of shape (n_rows, n_outputs)
    """

    def __init__(self, perturbers, blocks, outputs):
        self.perturbers = {m: p for m, p in perturbers.items() if not p.masks_rows}
        self._coef, self.n_outputs = {}, outputs.shape[1]
        if not self.perturbers:
            return
        from sklearn.linear_model import RidgeCV

        designs = {m: self._design(m, blocks[m]) for m in self.perturbers}
        columns = [design.shape[2] * design.shape[1] for design in designs.values()]
        flat = np.hstack([d.reshape(len(d), -1) for d in designs.values()])
        ridge = RidgeCV(_PENALTIES, alpha_per_target=True).fit(flat, outputs)
        coef = np.split(np.atleast_2d(ridge.coef_).T, np.cumsum(columns)[:-1])
        self._coef = dict(zip(self.perturbers, coef, strict=True))

    def of_outputs(self, chosen):
        """The same for some of the outputs, by position."""
        some = AdditiveTrend({}, [], np.empty((0, len(chosen))))
        some.perturbers = self.perturbers
        some._coef = {m: coef[:, chosen] for m, coef in self._coef.items()}
        return some

    def by_feature(self, m, block):
        """What each feature of a modality adds: (n_rows, n_features, n_outputs)."""
        design = self._design(m, block)
        coef = self._coef[m].reshape(*design.shape[1:], -1)
        return np.einsum("nfk,fkc->nfc", design, coef)

    def _design(self, m, block):
        """Basis functions by feature, (n_rows, n_features, n_functions), 0 beyond."""
        perturber = self.perturbers[m]
        functions, lines = perturber.basis_functions(block, CUBIC)
        features = perturber.features_
        by_feature = [
            np.hstack(
                [
                    *(functions[j] for j in np.flatnonzero(features == g)),
                    _LINES * lines[:, features == g],
                ]
            )
            for g in range(features.max() + 1)
        ]
        width = max(each.shape[1] for each in by_feature)
        design = np.zeros((len(lines), len(by_feature), width))
        for g, each in enumerate(by_feature):
            design[:, g, : each.shape[1]] = each
        return design
