"""
Lab values, a note and an ECG in one model: is the truth found?
===============================================================

A patient's record is a table, a text and a series at once. We generate records in which
six effects are planted: one in the lab values, one in the note and one in the ECG, each
on its own, and one for every two of them that only arises in combination. Everything
else in the records is without effect. A scikit-learn pipeline learns the risk from the
records; then we look whether skdime finds each effect where it was planted, and nowhere
else.
"""

# %%
# Records with planted effects
# ----------------------------
# Lactate, fever and the level of lead 0 during the second heart beat add to the risk.
# Creatinine matters for patients on metformin, potassium together with lead 1 during
# the fourth beat, palpitations together with lead 0 during the fifth. Effects enter
# centred: each pair has no effect of its parts.
import numpy as np
from sklearn.model_selection import train_test_split

from skdime.datasets import make_records

records = make_records(8000, as_frame=True, random_state=0)
print(records.data["note"][0])
for effect in records.effects:
    features = " x ".join(map(str, effect.features))
    print(f"{' x '.join(effect.modalities):11}  {features:30} {effect.size:g}")
train, test = train_test_split(np.arange(8000), test_size=1000, random_state=0)


# %%
# The model is a plain pipeline: scaled lab values, words that are not in every note,
# and the mean of the ECG over each heart beat, for a small neural network.
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler


def beat_levels(column):
    ecg = np.stack(column.iloc[:, 0].tolist())  # (n_patients, 2 leads, 120 points)
    return ecg.reshape(len(ecg), 2 * 6, 20).mean(axis=2)


encoder = ColumnTransformer(
    [
        ("labs", StandardScaler(), records.lab_names),
        ("note", CountVectorizer(binary=True, max_df=0.9), "note"),
        (
            "ecg",
            make_pipeline(FunctionTransformer(beat_levels), StandardScaler()),
            ["ecg"],
        ),
    ],
    sparse_threshold=0,
)
network = MLPRegressor(
    hidden_layer_sizes=(64,), alpha=3, early_stopping=True, random_state=0
)
model = make_pipeline(encoder, network)

# %%
# Which modality, which pair?
# ---------------------------
# ``decompose`` compares with the planted values, patient by patient. The standard
# error is that of skdime's estimate for the model; the distance to the truth holds what
# the model has not learned, too.
from skdime import Disentangler

disentangler = Disentangler(
    model, records.modalities, n_references=100, random_state=0
).fit(records.data.iloc[train], records.target[train])
patients, risk = records.data.iloc[test], records.target[test]
noise = 0.5**2 / risk.var()
r2 = disentangler.estimator_.score(patients, risk)
print(f"\nR2 on {len(test)} patients not seen: {r2:.2f} (noise allows {1 - noise:.2f})")

values = disentangler.decompose(patients, pairs=True)
names = [*values.modality_names, "labs x note", "labs x ecg", "note x ecg", "higher"]
planted = np.column_stack([records.main, records.pairs, np.zeros(8000)])[test]
found = np.column_stack([values.main[..., 0], values.pairs[..., 0], values.higher])
errors = np.column_stack(
    [values.main_se[..., 0], values.pairs_se[..., 0], values.higher_se]
)
print("\n              spread planted   found   correlation   distance   (se)")
for name, a, b, se in zip(names, planted.T, found.T, errors.T, strict=True):
    r = f"{np.corrcoef(a, b)[0, 1]:.3f}" if a.any() else "    -"
    distance = np.sqrt(np.mean((a - b) ** 2))
    print(
        f"{name:12} {a.std():16.2f} {b.std():7.2f} {r:>13} {distance:10.2f}"
        f"   ({np.sqrt(np.mean(se**2)):.2f})"
    )

# %%
# Which lab value, which word, which beat?
# ----------------------------------------
# Lab values are varied by those of other patients. Of the note, words are removed; of
# the ECG, beats of a lead are replaced by the mean ECG.
from skdime import LocalExplainer
from skdime.perturbers import SeriesPerturber, TextPerturber

explainer = LocalExplainer(
    disentangler,
    perturbers=[("note", TextPerturber()), ("ecg", SeriesPerturber(n_segments=6))],
    random_state=0,
).fit(records.data.iloc[train], records.target[train])
shown = test[:24]
explanation = explainer.explain(records.data.iloc[shown])
print(explanation)


# %%
# What should be found is known. A lab value or a beat is compared with its mean, where
# centred effects vanish: the coefficient is what the effect adds to the risk. A word is
# there or not, half an effect from the mean either way: its coefficient is twice that.
def position(modality, feature):
    if modality == "ecg":
        lead, start, _ = feature
        return explanation.inputs["ecg"].labels[0, lead, start]
    return explanation.find(modality=modality, feature=feature)


coef, se = explanation.coef[..., 0], explanation.se[..., 0]
truth = np.where(np.isnan(coef), np.nan, 0)
for effect, added in zip(records.effects, records.contributions[shown].T, strict=True):
    part = len(effect.modalities) - 1  # UC, or MI of a pair
    for modality, feature in zip(effect.modalities, effect.features, strict=True):
        factor = 2 if modality == "note" else 1
        truth[:, part, position(modality, feature)] += factor * added

sizes, true_sizes = (np.nanmean(np.abs(values), axis=0) for values in (coef, truth))
mean_se = np.sqrt(np.nanmean(se**2, axis=0))
print("\nmean size of coefficients   planted  found   correlation   (se)")
for part, feature in np.argwhere(true_sizes > 0):
    name = explanation.feature_names[feature]
    known = ~np.isnan(coef[:, part, feature])
    a, b = truth[known, part, feature], coef[known, part, feature]
    # a word that acts by itself does the same in every note
    r = f"{np.corrcoef(a, b)[0, 1]:.3f}" if np.ptp(a) > 1e-9 else "-"
    print(
        f"{('UC', 'MI')[part]}  {explanation.feature_modalities[feature]:5}"
        f"{name:18} {true_sizes[part, feature]:7.2f} {sizes[part, feature]:6.2f}"
        f"   {r:>8}        ({mean_se[part, feature]:.2f})"
    )
nothing = true_sizes == 0
error = np.sqrt(np.mean(mean_se[nothing] ** 2))
print(
    f"{nothing.sum()} others, mean:         0.00 {sizes[nothing].mean():6.2f}"
    f"          -        ({error:.2f})"
)
part, feature = np.unravel_index(np.where(nothing, sizes, 0).argmax(), sizes.shape)
print(
    f"the largest of them: {('UC', 'MI')[part]} of "
    f"{explanation.feature_names[feature]}, {sizes[part, feature]:.2f} "
    f"({mean_se[part, feature]:.2f})"
)

# %%
# Which lab value with which word?
# --------------------------------
# MI of a word says that it interacts, but not with what. ``explain_pairs`` says which
# lab value works with which word. In each of these notes with "metformin", we ask
# whether the strongest of the pairs is the planted one.
pairs = explainer.explain_pairs(records.data.iloc[test[:12]], ("labs", "note"))
print(pairs)
lab, word = pairs.first_names.tolist(), pairs.second_names.tolist()
effect = pairs.coef[..., 0]
planted = effect[:, lab.index("creatinine"), word.index("metformin")]
with_word = ~np.isnan(planted)
strongest = np.nanmax(np.abs(effect), axis=(1, 2))
print(
    f"\nstrongest in {(strongest == np.abs(planted))[with_word].sum()} of the "
    f"{with_word.sum()} notes with metformin"
)

from skdime.displays import PairHeatmapDisplay

PairHeatmapDisplay.from_pairs(pairs)

# %%
# The same as a picture: mean sizes of the coefficients and, as black lines, those
# planted.
import matplotlib.pyplot as plt

beats = [(lead, start, start + 20) for lead in (0, 1) for start in range(0, 120, 20)]
shown_features = {"labs": records.lab_names, "note": records.words, "ecg": beats}
figure, axes = plt.subplots(1, 3, figsize=(12, 4.5), layout="constrained")
for ax, (modality, features) in zip(axes, shown_features.items(), strict=True):
    positions = [position(modality, feature) for feature in features]
    for part, colour in enumerate(("#0072B2", "#CC79A7")):
        y = np.arange(len(features)) + 0.4 * part - 0.2
        ax.barh(y, sizes[part, positions], 0.4, color=colour, label=("UC", "MI")[part])
        there = true_sizes[part, positions] > 0
        ends = y[there] - 0.2, y[there] + 0.2
        ax.vlines(true_sizes[part, positions][there], *ends, color="k")
    ax.set(title=modality, xlabel="mean size of the coefficient")
    ax.set_yticks(range(len(features)), explanation.feature_names[positions])
    ax.invert_yaxis()
axes[0].legend(frameon=False, loc="lower right")
plt.show()

# %%
# UC stands where something acts by itself, MI where it acts in combination. What is
# left elsewhere has two reasons. References are a sample: if their ECGs are raised in
# the beat that potassium interacts with, potassium seems to act a little by itself, and
# its standard error says so. And the network is not the truth: it has learned
# interactions that are somewhat too small, as the pairs above show, and it is the
# network that is explained.

# %%
# Which word with which beat?
# ---------------------------
# The same for lab values and words with the beats of the ECG. Over ten patients, the
# pair with the largest mean size is the planted one:
ten = records.data.iloc[shown[:10]]
for names in (("labs", "ecg"), ("note", "ecg")):
    pairs = explainer.explain_pairs(ten, names)
    first, second = pairs.top(2)
    print(
        f"{first.first} x {first.second}: {first.coef:.2f} (the next: {second.first} x "
        f"{second.second}, {second.coef:.2f})"
    )

# %%
# A patient with palpitations: the word works with the fifth beat of lead 0, no other.
from skdime.displays import PairMapDisplay

word = pairs.first_names.tolist().index("palpitations")
row = pairs.row_names[np.nanargmax(np.abs(pairs.coef[:, word, :, 0]).sum(axis=1))]
PairMapDisplay.from_explanation(explanation, pairs, row=row, max_display=2)
plt.show()
