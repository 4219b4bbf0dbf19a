"""Encodings, model rows and seconds with and without TowersModel.

    python benchmarks/towers.py            # some minutes
    python benchmarks/towers.py --smoke    # a short run that only shows it works

Images of 32 x 32 pixels and questions of ten words go through encoders of random
weights: two layers of convolutions by patches, and a recurrent network word by word. A
head multiplies what they return. The plain model encodes the image and the question of
every hybrid row; the TowersModel encodes each distinct one once. Both are the same
function, and so are the coefficients.
"""

import argparse
import time

import numpy as np

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.models import TowersModel
from skdime.perturbers import ImagePerturber, TextPerturber

RNG = np.random.RandomState(0)
WORDS = [f"word{i}" for i in range(60)]
PERTURBERS = [
    ("image", ImagePerturber((4, 4), channel_axis=-1, replacement="mean")),
    ("question", TextPerturber()),
]


class See:
    """Convolutions over patches of 4 x 4 and 2 x 2, and the maximum over all."""

    def __init__(self, width):
        self.first = RNG.normal(size=(48, width)) / 7
        self.second = RNG.normal(size=(4 * width, width)) / np.sqrt(4 * width)

    def __call__(self, images):
        cells = patches(np.asarray(images) / 255, 4) @ self.first
        cells = patches(np.maximum(cells, 0), 2) @ self.second
        return np.maximum(cells, 0).max(axis=(1, 2))


class Read:
    """A recurrent network over words."""

    def __init__(self, width):
        self.words = {word: RNG.normal(size=width) for word in WORDS}
        self.weights = RNG.normal(size=(width, width)) / np.sqrt(width)

    def __call__(self, questions):
        return np.stack([self.read(question.split()) for question in questions])

    def read(self, words):
        state = np.zeros(len(self.weights))
        for word in words:
            state = np.tanh(self.words[word] + self.weights @ state)
        return state


def patches(images, size):
    """Images of shape (n, height, width, c) cut into patches, each a vector."""
    n, height, width, c = images.shape
    cut = images.reshape(n, height // size, size, width // size, size, c)
    cut = cut.transpose(0, 1, 3, 2, 4, 5)
    return cut.reshape(n, height // size, width // size, size * size * c)


def data(n):
    return MultimodalArray(
        image=RNG.randint(0, 256, size=(n, 32, 32, 3)).astype(np.uint8),
        question=[" ".join(RNG.permutation(WORDS)[:10]) for _ in range(n)],
    )


def explain(model, X, n_rows):
    dis = Disentangler(model, random_state=0)
    explainer = LocalExplainer(dis, PERTURBERS, random_state=0)
    started = time.perf_counter()
    explainer.fit(X)
    explanation = explainer.explain(X[:n_rows])
    seconds = time.perf_counter() - started
    return explanation, explainer.n_model_rows_ + explanation.n_model_rows, seconds


class Counted:
    """An encoder that counts what it encodes."""

    def __init__(self, encoder):
        self.encoder, self.n_rows = encoder, 0

    def __call__(self, rows):
        self.n_rows += len(rows)
        return self.encoder(rows)


def compare(width, n, n_rows):
    see, read = See(width), Read(width)
    last = RNG.normal(size=(width, 3)) / np.sqrt(width)

    def head(seen, question):
        return (seen * question) @ last

    def plain(X):
        return head(see(X["image"]), read(X["question"]))

    counted = {"image": Counted(see), "question": Counted(read)}
    X = data(n)
    found, rows, seconds = explain(TowersModel(counted, head), X, n_rows)
    expected, rows_before, seconds_before = explain(plain, X, n_rows)
    assert rows == rows_before
    error = np.nanmax(np.abs(found.coef - expected.coef)) / np.nanmax(
        np.abs(expected.coef)
    )
    images, questions = (encoder.n_rows for encoder in counted.values())
    print(
        f"{width:5} {rows:10,} {2 * rows:11,} {images + questions:10,} "
        f"({images:,} + {questions:,})  {seconds_before:8.1f} {seconds:8.1f} "
        f"{seconds_before / seconds:7.1f} {error:9.0e}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true")
    smoke = parser.parse_args().smoke
    print("width model rows  encodings: before, after (images + questions)")
    print("                               seconds: before, after, ratio; difference")
    for width in (8,) if smoke else (32, 256):
        compare(width, *((30, 1) if smoke else (200, 10)))


if __name__ == "__main__":
    main()
