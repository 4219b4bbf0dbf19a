"""
All displays
============

Every display takes an explanation (or an explainer and rows), draws on an ``ax`` if one
is given, and keeps the numbers that it drew in ``frame()``.
"""

# %%
# A table
# -------

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.displays import (
    BeeswarmDisplay,
    ComparisonDisplay,
    ContributionScatterDisplay,
    CostErrorDisplay,
    DependenceDisplay,
    GlobalBarDisplay,
    ImageDisplay,
    ModalityShareDisplay,
    ModalitySummaryDisplay,
    ModalityWorthDisplay,
    PairHeatmapDisplay,
    PairMapDisplay,
    SeriesDisplay,
    StabilityDisplay,
    StatementsDisplay,
    SurrogateDisplay,
    TextDisplay,
    TextHTML,
    WaterfallDisplay,
)
from skdime.metrics import faithfulness_curves, group_mean_abs, interaction_regions
from skdime.model_selection import compare, cross_explain
from skdime.perturbers import ImagePerturber, SeriesPerturber

# Around some rows the forest's MI is far from linear in single features, of which
# ``explain`` warns; R2 in the pictures says the same.
warnings.filterwarnings("ignore", message=".*: fitted poorly by")

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
forest = RandomForestRegressor(n_estimators=50, min_samples_leaf=5, random_state=0)
modalities = [("exam", ["age", "sex", "bmi", "bp"]), ("serum", slice("s1", "s6"))]
explainer = LocalExplainer(Disentangler(forest, modalities), random_state=0).fit(X, y)
explanation = explainer.explain(X[:100])

# %%
# One row: from the average to its output. Wide bars are what each modality adds on its
# own, and MI. The narrow bars below each of them are the features that it is made of.

WaterfallDisplay.from_explanation(explanation, row=3)
plt.show()

# %%
# With pairs of features, MI is opened into these.

pairs = explainer.explain_pairs(X[:100])
WaterfallDisplay.from_explanation(explanation, row=3, pairs=pairs)
plt.show()

# %%
# Many rows: mean sizes, and every row as a dot.

GlobalBarDisplay.from_explanation(explanation)
plt.show()

# %%
BeeswarmDisplay.from_explanation(explanation)
plt.show()

# %%
# Which modality counts, and which rows live from interaction.

ModalityShareDisplay.from_explanation(explanation)
plt.show()

# %%
# The same as shares of the variance, with intervals.

ModalitySummaryDisplay.from_estimator(explainer.disentangler_, X[:100])
plt.show()

# %%
# R2 with one modality, the other one from references, and with both.

ModalityWorthDisplay.from_estimator(explainer.disentangler_, X[:100], y[:100])
plt.show()

# %%
ContributionScatterDisplay.from_explanation(explanation)
plt.show()

# %%
# A feature against its value, and how well surrogate models predict UC and MI.

DependenceDisplay.from_explanation(explanation, "bmi")
plt.show()

# %%
SurrogateDisplay.from_explanation(explanation)
plt.show()

# %%
# UC and MI while features are replaced, and while they come back.

faithfulness_curves(explainer, X[:20], random_state=0).plot()
plt.show()

# %%
# In which rows MI is large, and groups of rows.

interaction_regions(explanation).plot()
plt.show()

# %%
group_mean_abs(explanation, np.where(X["sex"][:100] == 1, "men", "women")).plot()
plt.show()

# %%
# Which feature of the exam works with which of the serum, in one row and on average.

PairHeatmapDisplay.from_pairs(pairs, row=3)
plt.show()

# %%
PairHeatmapDisplay.from_pairs(pairs)
plt.show()

# %%
# Over folds
# ----------
# What :func:`~skdime.model_selection.cross_explain` returns can be drawn as well: mean
# sizes with whiskers over folds, and the coefficients or the ranks of each fold.

small = LocalExplainer(
    Disentangler(forest, modalities, n_references=20, random_state=0),
    n_samples=100,
    random_state=0,
)
cv_results = cross_explain(small, X[:200], y[:200], cv=5, X_common=X[300:310])
GlobalBarDisplay.from_cv_results(cv_results)
plt.show()

# %%
StabilityDisplay.from_cv_results(cv_results)
plt.show()

# %%
StabilityDisplay.from_cv_results(cv_results, kind="rank")
plt.show()

# %%
# Which features are established over folds, and how far the folds agree.

StatementsDisplay.from_statements(cv_results.statements())
plt.show()

# %%
cv_results.stability().plot()
plt.show()

# %%
# With other references and perturbations in each fold: where variation comes from.

again = cross_explain(
    small, X[:200], y[:200], cv=3, X_common=X[300:305], n_reference_draws=2, n_seeds=2
)
again.variance_components().plot()
plt.show()

# %%
# Two models
# ----------
# :func:`~skdime.model_selection.compare` explains two models with the same references.

other = LocalExplainer(
    Disentangler(RidgeCV(), modalities, n_references=20, random_state=0),
    n_samples=100,
    random_state=0,
)
explainers = {
    "forest": small.fit(X[:200], y[:200]),
    "ridge": other.fit(X[:200], y[:200]),
}
ComparisonDisplay.from_comparison(compare(explainers, X[300:320]))
plt.show()

# %%
# Cost against error
# ------------------
# Any runs: here the coefficients of five rows for more and more perturbations, against
# those from 500, for three seeds. Of a forest they are exact with any number, of a
# support vector machine they are not.

smooth = make_pipeline(StandardScaler(), SVR(C=100)).fit(X, y)


def coefficients(n_samples, seed):
    some = Disentangler(smooth, modalities, n_references=20, random_state=0)
    explainer = LocalExplainer(some, n_samples=n_samples, random_state=seed).fit(X, y)
    found = explainer.explain(X[:5])
    return found.coef, explainer.n_model_rows_ + found.n_model_rows


truth, _ = coefficients(500, 9)
runs = [coefficients(n, seed) for n in (30, 60, 120) for seed in range(3)]
CostErrorDisplay.from_arrays(
    [cost for _, cost in runs],
    [np.abs(coef - truth).mean() for coef, _ in runs],
    error_name="mean error of a coefficient",
)
plt.show()

# %%
# Several outputs, many features, long names
# ------------------------------------------
# Names that do not fit are cut in the middle and stay different from one another;
# every display takes ``output``, ``max_display`` and, where there is one, ``order``.

rng = np.random.RandomState(0)
readings = [
    f"mean arterial pressure in mmHg, reading {i} of the day" for i in range(40)
]
Z = X.sample(300, random_state=0)[["bmi", "s5"]].reset_index(drop=True)
Z[readings] = rng.normal(size=(300, 40))
score = (Z["bmi"] - 26) / 4 + Z[readings[3]] * (1 + Z[readings[7]])
state = np.array(["stays in hospital", "goes home", "goes to intensive care"])
state = state[np.digitize(score, [-1, 1])]
classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.02))
by_ward = [("admission", ["bmi", "s5"]), ("monitor in the ward", readings)]
explainer = LocalExplainer(
    Disentangler(classifier, by_ward, response_method="predict_proba", n_references=20),
    n_samples=200,
    random_state=0,
)
many = explainer.fit(Z, state).explain(Z[:20])
WaterfallDisplay.from_explanation(many, output="goes home")
plt.show()

# %%
GlobalBarDisplay.from_explanation(many, max_display=12, order="uc")
plt.show()

# %%
ModalityShareDisplay.from_explanation(many)
plt.show()

# %%
# In a figure of one's own
# ------------------------
# Each display takes an axis. Displays of several panels replace it.

fig, axes = plt.subplots(1, 2, figsize=(13, 5), layout="constrained")
WaterfallDisplay.from_explanation(explanation, row=3, ax=axes[0])
ContributionScatterDisplay.from_explanation(explanation, ax=axes[1])
plt.show()

# %%
# A text, a series, an image
# --------------------------
#
# A small function of three modalities: pain is bad, more so when the series is high in
# its second quarter, and a bright corner of the image adds to it.

words = np.array(["pain", "cough", "calm", "severe", "mild", "night", "rest", "walks"])
time = np.arange(60)
rows = MultimodalArray(
    note=[" ".join(rng.permutation(words)[:6]) for _ in range(100)],
    ecg=np.sin(time / 4) + 0.5 * rng.normal(size=(100, 2, 60)).cumsum(axis=2) / 3,
    scan=np.clip(rng.normal(120, 50, size=(100, 16, 16)), 0, 255),
)


def model(X):
    pain = np.array(["pain" in note for note in X["note"]], dtype=float)
    bump = X["ecg"][:, 0, 15:30].mean(axis=1)
    corner = X["scan"][:, :8, :8].mean(axis=(1, 2)) / 50
    return 2 * pain * (1 + bump) + bump + corner * (1 + pain)


explainer = LocalExplainer(
    Disentangler(model, random_state=0),
    [
        ("ecg", SeriesPerturber(n_segments=4)),
        ("scan", ImagePerturber((4, 4), replacement="reference")),
    ],
    random_state=0,
).fit(rows)
explanation = explainer.explain(rows[:3])
TextDisplay.from_explanation(explanation, modality="note", row=1)
plt.show()

# %%
SeriesDisplay.from_explanation(explanation, modality="ecg", row=1)
plt.show()

# %%
ImageDisplay.from_explanation(explanation, modality="scan", row=1)
plt.show()

# %%
# Words beside the series that each of them works with.

pairs = explainer.explain_pairs(rows[:3], ("note", "ecg"))
PairMapDisplay.from_explanation(explanation, pairs, row=1)
plt.show()

# %%
# For pages there is the text as markup, which a notebook shows as it is.

TextHTML.from_explanation(explanation, modality="note", row=1)
