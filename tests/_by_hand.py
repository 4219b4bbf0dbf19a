"""Decompositions and surrogates by their definitions, without anything of skdime."""

import numpy as np
from sklearn.linear_model import Ridge

from tests._data import explainer_of, slopes


def fit_explainer(model, X, modalities, y=None, **options):
    """A fitted explainer of local straight lines, which :class:`Reference` rebuilds.

    It has few references and draws, all of them evaluated.
    """
    defaults = {"n_references": 6, "n_samples": 40, "algorithm": "exhaustive"}
    defaults["perturbers"] = slopes(modalities)
    return explainer_of(model, modalities, **(defaults | options)).fit(X, y)


def hybrids(exp, x, m):
    """The row `x` with its modality m replaced by each of the draws."""
    rows = np.repeat(x[None], exp.n_samples, axis=0)
    rows[:, exp.disentangler_.modalities_[m][1]] = exp.perturbers_[m][1].draws_
    return rows


class Reference:
    """The surrogate of numeric columns, by scikit-learn's Ridge.

    ``alpha`` penalises the slopes of regressors in units of the draws' spread while
    weights sum to 1: what Ridge does when it is given these regressors and weights.
    """

    def __init__(self, training, draws, x, width=None, alpha=1e-3):
        centre, scale = training.mean(axis=0), training.std(axis=0)
        width = width or 0.75 * np.sqrt(training.shape[1])
        distance = (((draws - x) / scale) ** 2).sum(axis=1)
        weights = np.exp(-distance / (2 * width**2))
        self.weights = weights / weights.sum()
        self.centre, self.x, self.alpha = centre, x, alpha
        self.spread = draws.std(axis=0)
        self.design = (draws - centre) / self.spread

    def fit(self, y, keep=slice(None)):
        ridge = Ridge(alpha=self.alpha)
        return ridge.fit(self.design[keep], y[keep], sample_weight=self.weights[keep])

    def coef(self, y):
        """Shape (n_features, n_outputs) for y of shape (n_samples, n_outputs)."""
        contrast = (self.x - self.centre) / self.spread
        return np.array([self.fit(column).coef_ * contrast for column in y.T]).T

    def intercept(self, y):
        return np.array([self.fit(column).intercept_ for column in y.T])

    def _r2(self, y, residuals):
        mean = self.weights @ y
        return 1 - self.weights @ residuals**2 / (self.weights @ (y - mean) ** 2)

    def r2(self, y):
        return self._r2(y, y - self.fit(y).predict(self.design))

    def r2_left_out(self, y):
        residuals = np.empty(len(y))
        for p in range(len(y)):
            others = np.arange(len(y)) != p
            predicted = self.fit(y, others).predict(self.design[[p]])
            residuals[p] = y[p] - predicted[0]
        return self._r2(y, residuals)


def reference(exp, X, x, m, **options):
    columns = exp.disentangler_.modalities_[m][1]
    draws = exp.perturbers_[m][1].draws_
    return Reference(X[:, columns], draws, x[columns], **options)


def compose(sources, modalities):
    """One row, each modality from a row of its own."""
    row = np.empty_like(sources[0])
    for source, (_, columns) in zip(sources, modalities, strict=True):
        row[columns] = source[columns]
    return row[None]


def brute_force_tuples(output, x, tuples, modalities):
    """The same for any number of modalities, the absent ones taken from tuples."""
    baseline = np.mean([output(compose(t, modalities)) for t in tuples], axis=0)[0]
    main = []
    for m in range(len(modalities)):
        present = [[*t[:m], x, *t[m + 1 :]] for t in tuples]
        values = [output(compose(sources, modalities)) for sources in present]
        main.append(np.mean(values, axis=0)[0] - baseline)
    return np.array(main), baseline, output(x[None])[0]


def tuples_of(dis):
    """The reference rows that each tuple is made of."""
    return [
        [dis.references_[i] for i in members] for members in dis._references.tuples.T
    ]


def error_over_tuples(influence, tuples):
    """Standard error of a mean over tuples of three and more modalities.

    References come to it with the values of all modalities. What is squared are the
    sums over the tuples that a reference is in; what that adds to the variance over
    independent tuples is shrunk by its own variance over random tuples, and at least a
    quarter of the variance over independent tuples is left.
    """
    centred, n = influence - influence.mean(axis=0), len(influence)
    together = sum(centred[np.argsort(order)] for order in tuples)
    alone = np.square(centred).sum(axis=0)
    added = np.square(together).sum(axis=0) / np.maximum(alone, 1e-300) - len(tuples)
    noise = 2 * len(tuples) * (len(tuples) - 1) / n
    added *= added**2 / (added**2 + noise)
    return np.sqrt(alone * np.maximum(1 + added, 0.25) / (n - 1) / n)


def over_combinations(output, X, references, columns, present):
    """Means over all combinations of references, and what each reference adds to them.

    Parameters
    ----------
    output : callable
        Outputs of rows as an array, of shape (n, n_outputs).
    X, references : ndarray of shape (n_rows, n_columns)
    columns : list of sequences of int
        For each modality those in `X`.
    present : set of int
        Modalities that come from the rows.

    Returns
    -------
    means : ndarray of shape (n_rows, n_outputs)
    influences : ndarray of shape (n_rows, n_references, n_outputs)
    """
    absent = [m for m in range(len(columns)) if m not in present]
    n, N = len(X), len(references)
    shape = n, *[N] * len(absent)
    at = np.indices(shape).reshape(len(shape), -1)
    hybrids = X[at[0]]
    for m, chosen in zip(absent, at[1:], strict=True):
        hybrids[:, columns[m]] = references[chosen][:, columns[m]]
    outputs = output(hybrids).reshape(*shape, -1)
    axes = tuple(range(1, len(shape)))
    means = outputs.mean(axis=axes)
    by_reference = [outputs.mean(axis=tuple(set(axes) - {axis})) for axis in axes]
    return means, sum(by_reference) - len(absent) * means[:, None]


def decomposed(output, X, references, columns, n_pool, order=None):
    """Main effects, UC and their standard errors over all combinations, as a dict.

    `order` is that of the strata of references, where there are any.
    """
    n_modalities, N = len(columns), len(references)
    factor = np.sqrt((1 - N / n_pool) / N)
    baseline, own = over_combinations(output, X[:1], references, columns, set())
    means, influences = zip(
        *(
            over_combinations(output, X, references, columns, {m})
            for m in range(n_modalities)
        ),
        strict=True,
    )

    def error(influence):
        if order is None:
            return factor * influence.std(axis=1, ddof=1)
        squares = np.square(np.diff(influence[:, order], axis=1)).sum(axis=1)
        return factor * np.sqrt(squares / (2 * (N - 1)))

    total = sum(influences) - (n_modalities - 1) * own
    uc = sum(means) - (n_modalities - 1) * baseline
    return {
        "output": output(X),
        "baseline": baseline[0],
        "baseline_se": error(own)[0],
        "uc": uc,
        "mi": output(X) - uc,
        "uc_se": error(total),
        "main": np.stack(means, axis=1) - baseline,
        "main_se": np.stack([error(each - own) for each in influences], axis=1),
    }
