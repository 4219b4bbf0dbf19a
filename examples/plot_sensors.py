"""
Which sensor, and which stretch of time
=======================================

Ten seconds of an accelerometer and a gyroscope tell whether somebody is standing,
walking, running or playing badminton (BasicMotions, which comes with aeon). Two models
read both sensors: a convolution-kernel classifier of aeon, and a plain scikit-learn
pipeline on a few summaries. Which sensor do they rely on, on which stretch of time, and
how much do the sensors do only together?
"""

# %%
# Data: 3-D collections
# ---------------------
#
# Arrays of shape (n_cases, n_channels, n_timepoints) are split by channel.

import matplotlib.pyplot as plt
import numpy as np
from aeon.classification.convolution_based import MiniRocketClassifier
from aeon.datasets import load_basic_motions
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skdime import Disentangler, LocalExplainer
from skdime.displays import SeriesDisplay
from skdime.perturbers import SeriesPerturber

X_train, y_train = load_basic_motions(split="train")
X_test, y_test = load_basic_motions(split="test")
X_train, X_test = X_train.astype(np.float32), X_test.astype(np.float32)
modalities = [("accelerometer", [0, 1, 2]), ("gyroscope", [3, 4, 5])]
print(X_train.shape, sorted(set(y_train.tolist())))


# %%
# Two models
# ----------


def summaries(X):
    """Mean, spread and mean step of every channel over quarters of the time."""
    parts = np.array_split(X, 4, axis=2)
    return np.hstack(
        [
            summary
            for part in parts
            for summary in (
                part.mean(axis=2),
                part.std(axis=2),
                np.abs(np.diff(part, axis=2)).mean(axis=2),
            )
        ]
    )


plain = make_pipeline(
    FunctionTransformer(summaries), StandardScaler(), LogisticRegression()
)
rocket = MiniRocketClassifier(n_kernels=1000, random_state=0)
models = {"summaries": plain, "kernels": rocket}
for name, model in models.items():
    model.fit(X_train, y_train)
    print(f"{name}: accuracy {np.mean(model.predict(X_test) == y_test):.2f}")

# %%
# Neither model is refitted. aeon's classifier says yes or no, 0 or 1: what is explained
# are its probabilities, which are averaged over references.

explanations = {}
for name, model in models.items():
    dis = Disentangler(FrozenEstimator(model), modalities, n_references=20)
    explainer = LocalExplainer(
        dis,
        [(sensor, SeriesPerturber(n_segments=5)) for sensor, _ in modalities],
        n_samples=120,
        tol=0.2,
        random_state=0,
    ).fit(X_train, y_train)
    explanations[name] = explainer.explain(X_test[::4])
    print(name)
    print(explanations[name].decomposition)

# %%
# How much of the output's variation is interaction
# -------------------------------------------------
#
# The logistic regression adds its summaries up, and each of them comes from one sensor:
# on its own scale the model has no interaction at all. The convolution kernels read
# several channels at once.

for name, explanation in explanations.items():
    parts = explanation.decomposition
    share = np.abs(parts.mi).mean() / np.abs(parts.output - parts.baseline).mean()
    print(f"{name}: mean size of MI over that of the output's deviation {share:.2f}")

# %%
# Which sensor, and which stretch of time
# ---------------------------------------
#
# Sizes are means over rows and outputs, added up over the three channels of a sensor.

for name, explanation in explanations.items():
    sizes = np.abs(explanation.coef).mean(axis=(0, 3))  # (UC, MI), features
    print(f"{name}, share of each 2 s in the size of coefficients")
    for sensor, _ in modalities:
        own = explanation.feature_modalities == sensor
        for part, size in zip(("UC", "MI"), sizes[:, own], strict=True):
            by_time = size.reshape(3, 5).sum(axis=0)
            total = by_time.sum()
            shares = np.round(by_time / total, 2) if total > 1e-4 else "no effect"
            print(f"  {sensor:13} {part}: {total:.3g}  {shares}")
    best = explanation.top(1, part="uc")[0]
    print(f"  strongest in UC: {best.modality}, {best.feature}")

# %%
# Both models classify all test cases correctly, in different ways. The summaries give
# the gyroscope about 70 % of the weight of the accelerometer, and nothing to the two
# together. The kernels rely on the accelerometer, and MI is a quarter of what moves
# their answer. No stretch of time stands out in either: the motions go on for all of
# the ten seconds, and a model that looked at one stretch alone should be distrusted.

row = int(np.flatnonzero(y_test[::4] == "badminton")[0])
SeriesDisplay.from_explanation(
    explanations["kernels"],
    modality="accelerometer",
    row=explanations["kernels"].row_names[row],
    output="badminton",
)
plt.show()
