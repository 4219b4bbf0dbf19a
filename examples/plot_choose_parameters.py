"""
Choosing kernel width, perturbations and references by fidelity and stability
=============================================================================

How local should a local explanation be? With a narrow kernel, the surrogate is a linear
model of a small neighbourhood. It can fit well there, if enough perturbations fall into
it. With a wide kernel, it describes the model as a whole. There is no right answer in
general, but you can measure two things. **Fidelity** is how well the surrogates predict
UC and MI on new perturbations. **Stability** is how much an explanation stays the same
if reference rows and perturbations are drawn again.

Both are scorers, so that the searches of scikit-learn choose by them. The model tells
malignant from benign breast tumours (Wisconsin diagnostic data, 569 patients) by how
cell nuclei are **outlined** and by what they look like **inside**.
"""

# %%
# The model and its two modalities
# --------------------------------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV, ShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skdime import Disentangler, LocalExplainer
from skdime.model_selection import fidelity_scorer, stability_scorer
from skdime.perturbers import TabularPerturber

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
# perimeter and area say again what the radius says
outline = ["worst radius", "worst concavity", "worst symmetry"]
inside = ["worst texture", "worst smoothness"]
X = X[outline + inside]

model = make_pipeline(StandardScaler(), SVC(C=3, gamma=0.1))
explainer = LocalExplainer(
    Disentangler(model, [("outline", outline), ("inside", inside)], n_references=40),
    # local linear models, which have a kernel; other surrogates have none
    {
        "outline": TabularPerturber(effects="slope"),
        "inside": TabularPerturber(effects="slope"),
    },
    n_samples=200,
    random_state=0,
)

# %%
# Kernel width: the trade-off
# ---------------------------
# ``GridSearchCV`` fits model and explainer on the training rows of each split and
# scores explanations of the rows that it left out. We take the width at which the worse
# of fidelity and stability is best; ``trust_scorer`` would do the same as a single
# score. The narrowest kernel leaves so few perturbations that even fidelity, on
# perturbations which the lines have not seen, suffers.
splits = ShuffleSplit(n_splits=2, test_size=12, random_state=0)
scoring = {"fidelity": fidelity_scorer, "stability": stability_scorer}


def best_worse_one(results):
    return np.min([results[f"mean_test_{name}"] for name in scoring], axis=0).argmax()


search = GridSearchCV(
    explainer,
    {"kernel_width": [0.25, 0.5, 1.0, 4.0]},
    scoring=scoring,
    refit=best_worse_one,
    cv=splits,
).fit(X, y)
widths = search.cv_results_["param_kernel_width"].astype(float)
for i, width in enumerate(widths):
    scores = ", ".join(
        f"{name} {search.cv_results_[f'mean_test_{name}'][i]:.2f}" for name in scoring
    )
    print(f"kernel_width={width:<5g}{scores}")
print(f"\nChosen: {search.best_params_}\n")

# %%
# How many perturbations and references does it take?
# ---------------------------------------------------
# Both cost model rows. For five features 50 perturbations are nearly as good as 500;
# it is references that buy stability here. Fidelity asks how well UC *with these
# references* is reproduced, and hardly depends on how many there are.
sizes = GridSearchCV(
    search.best_estimator_,
    [
        {"n_samples": [50, 100, 200, 500]},
        {"disentangler__n_references": [20, 40, 80]},
    ],
    scoring=scoring,
    refit=False,
    cv=splits,
).fit(X, y)

# %%
# The picture
# -----------
results = sizes.cv_results_
colours = {"fidelity": "#0072B2", "stability": "#D55E00"}
fig, axes = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True, layout="constrained")


def draw(ax, values, results, rows, label):
    for name, colour in colours.items():
        scores = results[f"mean_test_{name}"][rows]
        ax.plot(values, scores, "o-", color=colour, label=name)
    ax.set_xscale("log")
    ax.set_xticks(values, [f"{value:g}" for value in values])
    ax.minorticks_off()
    ax.set_xlabel(label)
    ax.spines[["top", "right"]].set_visible(False)


draw(axes[0], widths, search.cv_results_, slice(None), "kernel width")
axes[0].axvline(search.best_params_["kernel_width"], color="#999999", linestyle=":")
axes[0].set_ylabel("score (1 is perfect)")
axes[0].set_ylim(0.5, 1)
draw(axes[1], [50, 100, 200, 500], results, slice(0, 4), "perturbations")
draw(axes[2], [20, 40, 80], results, slice(4, 7), "references")
axes[0].set_title("dotted: chosen, by the worse of both", fontsize="medium")
axes[2].legend(frameon=False, loc="lower right")
plt.show()
