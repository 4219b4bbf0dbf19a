"""
All displays
============

Every display takes an explanation (or an explainer and rows), draws on an ``ax`` if one
is given, and keeps the numbers that it drew in ``frame()``.
"""

# %%
# A table
# -------

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.displays import (
    BarDisplay,
    BeeswarmDisplay,
    ContributionScatterDisplay,
    DependenceDisplay,
    GlobalBarDisplay,
    ImageDisplay,
    ModalityShareDisplay,
    SeriesDisplay,
    SurrogateDisplay,
    TextDisplay,
    WaterfallDisplay,
)
from skdime.perturbers import ImagePerturber, SeriesPerturber

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
forest = RandomForestRegressor(min_samples_leaf=5, random_state=0)
modalities = [("exam", ["age", "sex", "bmi", "bp"]), ("serum", slice("s1", "s6"))]
explainer = LocalExplainer(Disentangler(forest, modalities), random_state=0).fit(X, y)
explanation = explainer.explain(X[:150])

# %%
# One row: from the average to its output, and the features of both parts.

WaterfallDisplay.from_explanation(explanation, row=3)
BarDisplay.from_explanation(explanation, row=3)

# %%
# Many rows: mean sizes, and every row as a dot.

GlobalBarDisplay.from_explanation(explanation)
BeeswarmDisplay.from_explanation(explanation)

# %%
# Which modality counts, and which rows live from interaction.

ModalityShareDisplay.from_explanation(explanation)
ContributionScatterDisplay.from_explanation(explanation)

# %%
# A feature against its value, and how well straight lines reproduce UC and MI.

DependenceDisplay.from_explanation(explanation, "bmi")
SurrogateDisplay.from_explanation(explanation)

# %%
# A text, a series, an image
# --------------------------
#
# A small function of three modalities: pain is bad, more so when the series is high in
# its second quarter, and a bright corner of the image adds to it.

rng = np.random.RandomState(0)
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
TextDisplay.from_explanation(explanation, modality="note", row=0)
SeriesDisplay.from_explanation(explanation, modality="ecg", row=0)
ImageDisplay.from_explanation(explanation, modality="scan", row=0)
plt.show()
