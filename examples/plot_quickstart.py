"""
Which examination drives the prediction? A first explanation
============================================================

Ten measurements were taken from each of 442 diabetes patients; the target is how far
the disease had progressed one year later (Efron et al., 2004; the data come with
scikit-learn). The measurements form two groups, or *modalities*: a physical **exam**
(age, sex, body mass index, blood pressure) and six values from the blood **serum**. A
boosting model predicts the progression from both.

skdime splits every prediction into what each modality contributes **on its own** (UC,
unimodal contribution) and what arises **only from combining** them (MI, multimodal
interaction). It also estimates how much each measurement contributes to both parts.
"""

# %%
# Fit the model inside the explainer
# ----------------------------------
# ``modalities`` assigns the columns. ``fit`` trains a copy of the model. If your model
# is already trained, wrap it in :class:`~sklearn.frozen.FrozenEstimator`.
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import train_test_split

from skdime import Disentangler, LocalExplainer

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
# the serum values by what they measure
names = {"s1": "cholesterol", "s2": "LDL", "s3": "HDL", "s4": "cholesterol/HDL"}
X = X.rename(columns=names | {"s5": "log triglycerides", "s6": "glucose"})
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

model = GradientBoostingRegressor(
    learning_rate=0.05, n_estimators=60, subsample=0.5, random_state=0
)
disentangler = Disentangler(
    model,
    modalities=[
        ("exam", ["age", "sex", "bmi", "bp"]),
        ("serum", slice("cholesterol", "glucose")),
    ],
    random_state=0,
)
explainer = LocalExplainer(disentangler, random_state=0).fit(X_train, y_train)
r2 = explainer.disentangler_.estimator_.score(X_test, y_test)
print(f"R2 of the model on {len(X_test)} patients it has not seen: {r2:.2f}\n")

# %%
# All patients: which modality, which measurements?
# -------------------------------------------------
# The printed explanation reads: how much, on average over patients and regardless of
# direction, each modality moves the prediction on its own, how much the two move it
# only in combination, and which measurements do it.
explanation = explainer.explain(X_test)
print(explanation, "\n")

values = explanation.decomposition
sizes = np.abs(np.column_stack([values.main[:, :, 0], values.mi[:, 0]])).mean(axis=0)
exam, serum, together = sizes
strongest = ", ".join(
    f"{effect.feature} ({effect.coef:.0f} points)"
    for effect in explanation.top(3, part="uc")
)
print(
    f"The average predicted progression is {values.baseline[0]:.0f}. On its own, the "
    f"exam moves a prediction\nby {exam:.0f} points on average, the serum by "
    f"{serum:.0f}. Combining both changes it by another {together:.0f}.\nThe "
    f"measurements that count most on their own are\n{strongest}.\n"
)

# %%
# One patient: how does the prediction come about?
# ------------------------------------------------
# We take the patient whose prediction depends most on the combination of exam and
# serum. UC and MI add up to the prediction exactly. MI is one number for both: the
# coefficients of the exam add up to it but for a rest, and so do those of the serum.
patient = int(np.abs(values.mi[:, 0]).argmax())
one = explanation[patient]
print(one, "\n")

strongest_of_mi = one.top(1, row=one.row_names[0], part="mi")[0]
uc, mi = one.decomposition.uc[0, 0], one.decomposition.mi[0, 0]
print(
    f"Patient {one.row_names[0]}: on their own, exam and serum lead to a prediction of "
    f"{uc:.0f}.\nBecause this exam comes with these serum values, the model predicts "
    f"{uc + mi:.0f}, {abs(mi):.0f} points {'more' if mi > 0 else 'less'}.\n"
    f"Of the {strongest_of_mi.modality}, {strongest_of_mi.feature} matters most for "
    f"this difference: {strongest_of_mi.coef:+.0f} points,\nwith a standard error of "
    f"{strongest_of_mi.se:.0f}."
)

# %%
# The same as a picture, from the average prediction to this patient's. Wide bars add up
# to the prediction. The narrow bars below each are the measurements that it is made of.
of_patient = one.plot()

# %%
# All patients: mean sizes of the effects.
of_all = explanation.plot()

# %%
# Results to keep
# ---------------
# The report is one page with every patient, which needs neither a network nor skdime.
from pathlib import Path

folder = Path("skdime_quickstart").resolve()
folder.mkdir(exist_ok=True)
explanation.to_html(folder / "report.html")
of_patient.figure_.savefig(folder / "patient.png")
of_all.figure_.savefig(folder / "all_patients.png")
print(
    f"\nA report of all {len(explanation)} patients and two pictures are in\n"
    f"{folder}:\n"
    f"  report.html, for a browser\n  patient.png, all_patients.png\n"
    "Next, explain your own fitted model, as the README shows below this command:\n"
    "  skdime.explain(model, X, modalities)"
)

# %%
# What this does not mean
# -----------------------
# The split describes the model, not the disease: it is not causal. MI depends on the
# reference patients whose values fill in for an absent modality. It combines an exam
# with the serum of other patients, which may be unusual. The R2 values printed above
# are high if the coefficients describe a part well. If they are low, read the values
# of UC and MI, and do not rank features.
