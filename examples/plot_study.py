"""
A study on one page: is the blood test worth it?
================================================

A model predicts how far diabetes has progressed one year later (Efron et al., 2004),
from an examination (age, sex, body-mass index, blood pressure) and from six blood
values. Does it need both? What does it rest on, and would another sample say so, too?
And what changes when trees take the place of a linear model?
"""

# %%
# The data, the models, and the two modalities
# --------------------------------------------
# The last 100 patients are kept apart: no model sees them before the end.
import warnings

from sklearn.datasets import load_diabetes
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import RepeatedKFold

from skdime import Disentangler, LocalExplainer
from skdime.displays import ComparisonDisplay, StatementsDisplay
from skdime.metrics import interaction_regions, modality_worth
from skdime.model_selection import compare, cross_explain

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
names = {"s1": "cholesterol", "s2": "LDL", "s3": "HDL", "s4": "cholesterol/HDL"}
X = X.rename(columns=names | {"s5": "log triglycerides", "s6": "glucose"})
X_train, y_train, X_test, y_test = X[:342], y[:342], X[342:], y[342:]
modalities = {
    "examination": ["age", "sex", "bmi", "bp"],
    "blood": [*names.values(), "log triglycerides", "glucose"],
}


def explainer_of(model):
    disentangler = Disentangler(model, modalities, n_references=50, random_state=0)
    return LocalExplainer(disentangler, random_state=0)


trees = explainer_of(ExtraTreesRegressor(60, min_samples_leaf=5, random_state=0))
linear = explainer_of(RidgeCV())
for explainer in (trees, linear):
    explainer.fit(X_train, y_train)

# %%
# What the model rests on
# -----------------------
# The first lines are shares of the variance of the prediction. The worth of a modality
# is what the score on new patients owes to it.

summary = trees.disentangler_.summarize(X_test)
worth = modality_worth(trees, X_test, y_test, scoring="r2")

# %%
# What other samples say
# ----------------------
# The model is trained on sixteen halves of the data. Every half explains the patients
# that it has not seen. All sentences together hold with a probability of 95 %.

halves = RepeatedKFold(n_splits=2, n_repeats=8, random_state=0)
cross = cross_explain(trees, X_train, y_train, cv=halves)
statements = cross.statements()
StatementsDisplay.from_statements(statements)

# %%
# Which model?
# ------------
# The linear model has no interaction between examination and blood. What do trees
# predict otherwise?

comparison = compare({"linear": linear, "trees": trees}, X_test)
ComparisonDisplay.from_comparison(comparison)

# %%
# For whom does it matter to have both?
# -------------------------------------

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    explanation = trees.explain(X_train)
regions = interaction_regions(explanation, max_regions=4)

# %%
# The page
# --------


def in_words(statements):
    return statements["sentence"].str.replace(" output", " progression")


def page():
    yield "DOES THE MODEL NEED THE BLOOD TEST? 342 patients; tested on 100 others"
    yield "\n1 What moves the prediction"
    yield str(summary)
    yield "\n2 What the score owes to each"
    yield str(worth)
    yield "\n3 What holds for models of other samples"
    yield from in_words(statements[statements["holds"]])
    others = in_words(statements[~statements["holds"]])
    yield f"and {len(others)} statements that are not established, such as"
    yield from others[:3]
    yield "\n4 Trees in place of the linear model"
    yield str(comparison)
    yield "\n5 Where both are needed together"
    yield str(regions)


print("\n".join(page()))

# %%
# How to read it
# --------------
# Examination and blood are worth about the same, and neither makes the other
# superfluous: without the blood test the score on new patients would be clearly lower.
# Body-mass index and triglycerides raise the prediction, whatever half of the patients
# the model has learned from. Blood pressure does so in every half, too, but by so
# different amounts that it cannot be claimed together with all other statements.
# Interaction between examination and blood is established, and small. No simple rule
# says for whom it is large. Trees use sex and cholesterol less than the linear model.
