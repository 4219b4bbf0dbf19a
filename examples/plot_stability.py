"""
Which statements hold? Explanations over repeated cross-validation
==================================================================

An explanation is of one model, and the model is of one set of patients. Would another
hospital, with patients of the same kind, have read the same from it? We train the
model of disease progression in diabetes (Efron et al., 2004) on ten parts of the data,
explain the same forty patients each time, and look at which statements survive.
"""

# %%
# Ten folds, the same forty patients
# ----------------------------------
# :func:`~skdime.model_selection.cross_explain` works as
# :func:`~sklearn.model_selection.cross_validate` does: it clones and fits model and
# explainer on every fold. ``X_common`` are rows outside the folds that all of them
# explain.
import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import RepeatedKFold, train_test_split

from skdime import Disentangler, LocalExplainer
from skdime.displays import (
    GlobalBarDisplay,
    StabilityDisplay,
    StatementsDisplay,
    VarianceComponentsDisplay,
)
from skdime.model_selection import cross_explain

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
names = {"s1": "cholesterol", "s2": "LDL", "s3": "HDL", "s4": "cholesterol/HDL"}
X = X.rename(columns=names | {"s5": "log triglycerides", "s6": "glucose"})
X, X_common, y, _ = train_test_split(X, y, test_size=40, random_state=0)

model = GradientBoostingRegressor(
    learning_rate=0.05, n_estimators=60, subsample=0.5, random_state=0
)
modalities = [
    ("exam", ["age", "sex", "bmi", "bp"]),
    ("serum", slice("cholesterol", "glucose")),
]
explainer = LocalExplainer(
    Disentangler(model, modalities), n_samples=500, random_state=0
)
folds = RepeatedKFold(n_splits=5, n_repeats=2, random_state=0)
cross = cross_explain(explainer, X, y, cv=folds, X_common=X_common)
print(cross, "\n")

# %%
# How much do the ten explanations agree?
# ---------------------------------------
# For every patient, part and modality: are features ranked alike, do their effects have
# the same sign, are the three strongest the same, how far are coefficients from each
# other relative to their size?
print(cross.stability(), "\n")

# %%
# Which statements hold?
# ----------------------
# The importance of features over all patients: each dot is a fold.
StabilityDisplay.from_cv_results(cross)
plt.show()

# %%
# Folds share most of their patients, so the usual standard error over folds is too
# small; whiskers here are corrected for that by the jackknife (Shao and Wu, 1989).
GlobalBarDisplay.from_cv_results(cross)
plt.show()

# %%
# And the ranks of the features within each fold.
StabilityDisplay.from_cv_results(cross, kind="rank")
plt.show()

# %%
# Which of these statements hold for models of other samples? Intervals are corrected
# for the number of statements, and hold together with a probability of 95 %.
statements = cross.statements()
print(*statements["sentence"][:8], sep="\n")
StatementsDisplay.from_statements(statements)
plt.show()

# %%
# Where does the rest come from?
# ------------------------------
# Explanations differ between folds for three reasons: the model was trained on other
# patients, other reference rows were drawn, and other perturbations were drawn. We
# explain each fold's model again with only the references, and with only the
# perturbations, drawn anew.
sources = cross_explain(
    explainer,
    X,
    y,
    cv=3,
    X_common=X_common[:20],
    n_reference_draws=2,
    n_seeds=2,
    random_state=0,
).variance_components()
print(sources)

VarianceComponentsDisplay.from_components(sources)
plt.show()

# %%
# How to read it
# --------------
# Almost all of the variation is due to the patients that the model learned from: more
# references or perturbations would not help; more patients, or a more rigid model,
# would. What the model makes of the body mass index and of triglycerides on their own
# is the same in every fold. What it makes of the two kinds of measurement together is
# less stable: the top features of MI recur, but their direction in a single patient is
# rarely sure. Statements about MI of a single patient should not be made from one such
# model.
