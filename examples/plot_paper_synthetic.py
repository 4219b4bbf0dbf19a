"""
The synthetic experiment of the DIME paper
==========================================

Lyu et al. (AIES 2022) check DIME where the truth is known. Two modalities
:math:`d_1, d_2` of ten standard normal features each make the score

.. math:: s = \\sum_f d_{1f} + \\sum_f d_{2f} + \\sum_f d_{1f} d_{2f}

and the label is its sign. If a model learns the score, feature f of the first modality
carries :math:`d_{1f}` on its own (UC) and :math:`d_{1f} d_{2f}` in combination (MI).
The paper correlates, within each explained point, the ten coefficients with these
values, for label 1 and 1,000 random points, and averages. LIME, which explains the sum
of both parts, correlates with either only in part.
"""

# %%
# Data and model as published: 100,000 points, of which 80,000 train a perceptron of
# sizes 20-100-200-10-2; there are no points with :math:`|s| < 0.01`.
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from skdime import Disentangler, LocalExplainer
from skdime.datasets import make_bilinear

X, y = make_bilinear(100_000, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
mlp = MLPClassifier(
    (100, 200, 10),
    batch_size=256,
    learning_rate_init=0.0005,
    max_iter=10,
    random_state=0,
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)  # 10 epochs do
    mlp.fit(X_train, y_train)
print(f"Test accuracy: {mlp.score(X_test, y_test):.1%} (paper: 97.3%)")


# %%
# DIME explains what the network computes before its last nonlinearity.
def logit(X):
    for weights, bias in zip(mlp.coefs_[:-1], mlp.intercepts_[:-1], strict=True):
        X = np.maximum(X @ weights + bias, 0)
    return X @ mlp.coefs_[-1] + mlp.intercepts_[-1]


modalities = [("first", slice(0, 10)), ("second", slice(10, 20))]
disentangler = Disentangler(logit, modalities, n_references=200, random_state=0)
explainer = LocalExplainer(disentangler, random_state=0).fit(X_train)
points = X_test[:300]
coef = explainer.transform(points).reshape(300, 2, 20)[:, :, :10]


# %%
# Mean correlation of the coefficients of the first modality with the truth.
def mean_correlation(coef, truth):
    pairs = zip(coef, truth, strict=True)
    return np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs])


d1, d2 = points[:, :10], points[:, 10:]
truths = {"d1": d1, "d2": d2, "d1 * d2": d1 * d2}
rows = {"UC_1": coef[:, 0], "MI_1": coef[:, 1], "LIME_1": coef.sum(axis=1)}
ideal = {"UC_1": d1, "MI_1": d1 * d2, "LIME_1": d1 + d1 * d2}
table = {
    name: [
        (mean_correlation(found, truth), mean_correlation(ideal[name], truth))
        for truth in truths.values()
    ]
    for name, found in rows.items()
}
print("\n        " + "".join(f"{name:>18}" for name in truths))
for name, cells in table.items():
    shown = "".join(f"{found:10.3f} ({best:5.2f})" for found, best in cells)
    print(f"{name:8}{shown}")
print("in brackets: the exact decomposition of the score itself")

# %%
# UC finds the first modality alone, MI the products alone, and LIME mixes them.
import matplotlib.pyplot as plt

_, axes = plt.subplots(1, 3, figsize=(10, 3.4), layout="constrained", sharey=True)
for ax, (name, found) in zip(axes, rows.items(), strict=True):
    ax.plot(ideal[name].ravel()[::2], found.ravel()[::2], ".", ms=2, alpha=0.4)
    ax.set(title=name, xlabel="in the score itself")
axes[0].set_ylabel("coefficient, in log-odds")
plt.show()
