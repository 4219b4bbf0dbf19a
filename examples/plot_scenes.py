"""
An image and a question: where does the model look, and when?
=============================================================

A question about an image can only be answered from both. Lyu et al. (AIES 2022) explain
such models on CLEVR; here is the same experiment at a size that runs in a minute. We
generate images of coloured shapes with questions about attributes, existence and
number, and train a scikit-learn pipeline on pairs of image and question. What the image
contributes on its own (UC) should not depend on the question. What it contributes in
combination (MI) should, and should come from the objects that are asked about.
"""

# %%
# Scenes and questions
# --------------------
# Both modalities are kept in a :class:`~skdime.MultimodalArray`: a dict of arrays that
# can be cut by rows.
import matplotlib.pyplot as plt
import numpy as np

from skdime.datasets import make_scenes

scenes = make_scenes(4000, random_state=0)
train, test = np.split(np.arange(4000), [3000])
print(scenes.data)
figure, axes = plt.subplots(1, 4, figsize=(11, 3), layout="constrained")
for ax, kind in zip(axes, ("colour", "shape", "existence", "count"), strict=True):
    i = np.flatnonzero(scenes.question_types == kind)[0]
    ax.imshow(scenes.data["image"][i])
    ax.set_title(f"{scenes.data['question'][i]}\n{scenes.target[i]}", fontsize=9)
    ax.set_axis_off()

# %%
# A model that reads both
# -----------------------
# Cells of the image that differ from the background are described by their colour and
# by how much of their bounding box they fill. Clusters of such descriptions are the
# model's *visual words*. It counts them in every image, multiplies the counts by the
# words and pairs of words of the question, and learns the answers from the products.
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

CELL, GREY = 12, (100, 100, 100)  # pixels along the side of a cell; background


def cells(images):
    """From (n, height, width, ...) to (n, row, column, CELL, CELL, ...)."""
    n, height, width, *colours = images.shape
    shape = (n, height // CELL, CELL, width // CELL, CELL, *colours)
    return images.reshape(shape).swapaxes(2, 3)


class VisualWords(TransformerMixin, BaseEstimator):
    """Count what the cells of images look like."""

    def __init__(self, n_words=16):
        self.n_words = n_words

    def fit(self, images, y=None):
        self.words_ = make_pipeline(
            StandardScaler(), KMeans(self.n_words, n_init=5, random_state=0)
        ).fit(self._describe(images)[1])
        return self

    def transform(self, images):
        image, descriptions = self._describe(images)
        counts = np.zeros((len(images), self.n_words), dtype=np.float32)
        if len(image):
            np.add.at(counts, (image, self.words_.predict(descriptions)), 1)
        return counts

    def _describe(self, images):
        """For every cell that holds something: its image; share of the box, colour."""
        differs = np.abs(images - np.int16(GREY)) > 40
        covered = cells(differs[..., 0] | differs[..., 1] | differs[..., 2])
        image, row, column = np.nonzero(covered.sum(axis=(3, 4)) > 4)
        covered = covered[image, row, column]
        pixels = cells(images)[image, row, column] * covered[..., None]
        colour = pixels.sum(axis=(1, 2)) / pixels.sum(axis=(1, 2, 3))[:, None]
        box = covered.any(axis=1).sum(axis=1) * covered.any(axis=2).sum(axis=1)
        share = covered.sum(axis=(1, 2)) / box
        return image, np.column_stack([share, colour])


class Products(TransformerMixin, BaseEstimator):
    """Words of the question times visual words of the image."""

    def fit(self, X, y=None):
        self.seen_ = VisualWords().fit(X["image"])
        self.asked_ = CountVectorizer(ngram_range=(1, 2), dtype=np.float32)
        self.asked_.fit(X["question"])
        return self

    def transform(self, X):
        seen = self.seen_.transform(X["image"])
        asked = self.asked_.transform(X["question"]).toarray()
        products = asked[:, :, None] * seen[:, None, :]
        return sp.csr_matrix(np.hstack([asked, products.reshape(len(asked), -1)]))


model = make_pipeline(Products(), LogisticRegression(C=10, max_iter=500))
model.fit(scenes.data[train], scenes.target[train])
right = model.predict(scenes.data[test]) == scenes.target[test]

# %%
# Does it need both? With the question alone, the best that can be done is to give the
# most frequent answer to questions of its kind; with the image alone, the most frequent
# answer of all.
kinds = scenes.question_types


def most_frequent(rows):
    answers, counts = np.unique(scenes.target[rows], return_counts=True)
    return answers[counts.argmax()]


prior_of_kind = np.mean(
    [scenes.target[i] == most_frequent(train[kinds[train] == kinds[i]]) for i in test]
)
prior = np.mean(scenes.target[test] == most_frequent(train))
question, image = scenes.data["question"], scenes.data["image"]
asked_only = make_pipeline(
    CountVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=500)
).fit(question[train], scenes.target[train])
seen_only = make_pipeline(VisualWords(), LogisticRegression(max_iter=500))
seen_only.fit(image[train], scenes.target[train])
print(f"\nAccuracy on {len(test)} scenes not seen")
print(f"  image and question   {right.mean():.1%}")
for kind in np.unique(kinds):
    print(f"    {kind:18} {right[kinds[test] == kind].mean():.1%}")
for name, alone, X, chance in (
    ("question alone", asked_only, question, prior_of_kind),
    ("image alone", seen_only, image, prior),
):
    accuracy = alone.score(X[test], scenes.target[test])
    print(f"  {name:20} {accuracy:.1%} (most frequent answer: {chance:.1%})")

# %%
# UC and MI of the image
# ----------------------
# Every cell of a grid over the image is a feature: kept, or painted over in the
# background's grey. We explain the logit of the right answer. The model is trained and
# stays as it is.
from sklearn.frozen import FrozenEstimator

from skdime import Disentangler, LocalExplainer
from skdime.perturbers import ImagePerturber, TextPerturber

explainer = LocalExplainer(
    Disentangler(FrozenEstimator(model), random_state=0),
    perturbers=[
        ("image", ImagePerturber((4, 4), channel_axis=-1, replacement=GREY)),
        ("question", TextPerturber()),
    ],
    random_state=0,
).fit(scenes.data[train])
shown = test[:16]
explanation = explainer.explain(scenes.data[shown])
right_answer = [explanation.find(output=name) for name in scenes.target[shown]]


def of_image(explanation):
    """UC and MI coefficients of the cells of the image, for the right answer."""
    coef = explanation.sel(modality="image")[np.arange(len(shown)), :, :, right_answer]
    return coef[:, 0], coef[:, 1]


uc, mi = of_image(explanation)
print(f"\n{explanation.n_model_rows:,} model rows for {len(shown)} scenes")

# %%
# First check: another question about the same image
# --------------------------------------------------
# Every image gets a question of another scene, of the same kind; we explain the logit
# of the same answer as before. The cosine distance tells how far the coefficients turn.
# That of UC is 0 by definition, up to the tolerance of the explainer: UC of an image is
# a mean over the questions of the references, whatever is asked about it.
from skdime import MultimodalArray


def another_question(i):
    differs = (kinds[test] == kinds[i]) & (question[test] != question[i])
    return question[test[differs][0]]


questions = np.array([another_question(i) for i in shown], dtype=object)
swapped = MultimodalArray(image=image[shown], question=questions)
explanation_swapped = explainer.explain(swapped)
uc_swapped, mi_swapped = of_image(explanation_swapped)


def cosine_distance(a, b):
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return 1 - (a * b).sum(axis=1) / lengths


def with_error(values):
    return f"{np.mean(values):.2f} +- {np.std(values) / np.sqrt(len(values)):.2f}"


print("\nCosine distance between the explanations of two questions about one image")
print(f"  UC of the image: {with_error(cosine_distance(uc, uc_swapped))}")
print(f"  MI of the image: {with_error(cosine_distance(mi, mi_swapped))}")

# %%
# Second check: the objects asked about
# -------------------------------------
# The scenes come with masks of the objects that the question asks about. Is the cell
# of the largest coefficient one of theirs? Where the answer is no or 0 there are none.
cell_of = explanation.inputs["image"].labels[0]
masks = scenes.asked_masks[shown]
asked = np.column_stack([masks[:, cell_of == c].any(axis=1) for c in range(16)])
some = asked.any(axis=1)
print(f"\nThe strongest cell holds an object asked about, in {some.sum()} scenes")
for name, coef in (("UC", uc), ("MI", mi)):
    hit = asked[np.arange(len(asked)), np.abs(coef).argmax(axis=1)]
    print(f"  {name} of the image:  {with_error(hit[some])}")
print(f"  any of the objects: {with_error(asked[some].sum(axis=1) / 5)}")

# %%
# Third check: how large is the interaction?
# ------------------------------------------
# The paper compares the mean size of the five strongest coefficients: on CLEVR, MI of
# the image was more than four times its UC.


def strongest(coef):
    return np.sort(np.abs(coef), axis=1)[:, -5:].mean(axis=1)


ratio = strongest(mi).mean() / strongest(uc).mean()
print(f"\nMI of the image is {ratio:.1f} times its UC (paper: more than 4)")

# %%
# Two scenes, two questions each: the scene's own, then the other one. Red cells speak
# for the answer explained, blue ones against it. UC says what the image makes likely
# whatever is asked; MI turns to the objects asked about.
chosen = [
    np.flatnonzero(kinds[shown] == "colour")[0],
    np.flatnonzero((kinds[shown] == "existence") & some)[0],
]
figure, axes = plt.subplots(2, 5, figsize=(12, 5.4), layout="constrained")
for row, i in zip(axes, chosen, strict=True):
    row[0].imshow(image[shown[i]])
    row[0].set_title(f"explained: {scenes.target[shown[i]]}", fontsize=9)
    limit = np.abs(mi[i]).max()
    maps = [
        (question[shown[i]], "UC", uc[i]),
        (question[shown[i]], "MI", mi[i]),
        (questions[i], "UC", uc_swapped[i]),
        (questions[i], "MI", mi_swapped[i]),
    ]
    for ax, (text, part, coef) in zip(row[1:], maps, strict=True):
        shades = ax.imshow(coef[cell_of], cmap="RdBu_r", vmin=-limit, vmax=limit)
        ax.set_title(f"{text}\n{part}", fontsize=9)
    figure.colorbar(shades, ax=row, label="logit of the answer", shrink=0.8)
for ax in axes.flat:
    ax.set_axis_off()
plt.show()

# %%
# Which cell with which word
# --------------------------
# ``explain_pairs`` says which cell works with which word of the question. Is the
# strongest pair of a scene a cell with an object asked about, and a word that names its
# colour or shape?
pairs = explainer.explain_pairs(scenes.data[shown])
each = np.arange(len(shown))
size = np.nan_to_num(np.abs(pairs.coef[each, :, :, right_answer]))
strongest_pair = size.reshape(len(shown), -1).argmax(axis=1)
cell, word = np.unravel_index(strongest_pair, size.shape[1:])
words = pairs.second_names[word]
named = np.isin(np.char.rstrip(words, "s"), ["red", "green", "blue", "yellow"])
named |= np.isin(np.char.rstrip(words, "s"), ["circle", "square", "triangle"])
print(f"\nStrongest pair of cell and word, {pairs.n_model_rows:,} model rows")
print(f"  the cell holds an object asked about: {with_error(asked[each, cell][some])}")
print(f"  the word names a colour or a shape:   {with_error(named)}")

# %%
# The two scenes again: every panel is a word, with the cells that it works with.
from skdime.displays import PairMapDisplay

for i in chosen:
    PairMapDisplay.from_explanation(
        explanation,
        pairs,
        row=explanation.row_names[i],
        output=scenes.target[shown[i]],
    )
    plt.show()
