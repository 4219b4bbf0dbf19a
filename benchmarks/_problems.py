"""Models whose intervals are held against the truth: rows, rare states and outputs.

Rows are dicts of blocks, one for each modality, of which a model makes outputs.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from skdime.perturbers import SeriesPerturber


class Problem(NamedTuple):
    """A model and the rows that it is explained on.

    ``draw(n, random_state, rare)`` gives blocks of `n` rows, of which a share `rare`
    has the rare state, where there is one; None is the share of the pool.
    ``model(blocks)`` has shape (n_rows,) or (n_rows, n_outputs). ``fitted`` is the same
    model as an estimator of all columns, where skdime is to know its structure.
    """

    draw: Callable
    model: Callable
    perturbers: object = "auto"
    fitted: object = None


def numbers(**blocks):
    """Draws blocks of independent numbers, each by a function of its own."""

    def draw(n, rng, rare=None):
        return {
            name: np.column_stack([of(rng, n) for of in columns])
            for name, columns in blocks.items()
        }

    return draw


def normal(rng, n):
    return rng.normal(size=n)


def skew(rng, n):
    return rng.lognormal(sigma=1.0, size=n)


def heavy(rng, n):
    return rng.standard_t(3, size=n)


def chosen(rng, n, share):
    """Whether rows are among so many of `n`, drawn at random."""
    return rng.permutation(n) < round(share * n)


def rare_numbers(share, of):
    """As `numbers` of two and two, a further column of block a being a rare state."""

    def draw(n, rng, rare=None):
        some = chosen(rng, n, share if rare is None else rare)
        a, b = rng.normal(size=(2, n, 2))
        return {"a": of(a, some, rng), "b": b}

    return draw


def flags(a, some, rng):
    return np.column_stack([a, some])


def levels(a, some, rng):
    wards = np.where(some, "rare", rng.choice(["icu", "er", "home"], size=len(a)))
    return np.column_stack([a[:, :1].astype(object), wards.astype(object)])


WORDS = np.array(["no", "mild", "severe", "fever", "cough", "pain", "at", "night"])


def notes(n, rng, rare=None):
    table = rng.normal(size=(n, 2))
    has = chosen(rng, n, 0.02 if rare is None else rare)
    texts = [" ".join(rng.permutation(WORDS)[:5]) for _ in range(n)]
    texts = [
        f"{text} sepsis" if some else text
        for text, some in zip(texts, has, strict=True)
    ]
    return {"note": texts, "table": table}


def of_notes(blocks):
    severe, fever, sepsis = (
        np.array([word in note.split() for note in blocks["note"]], dtype=float)
        for word in ("severe", "fever", "sepsis")
    )
    first, second = blocks["table"].T
    effect = 2 * severe * first + fever + np.tanh(fever * second + severe)
    return effect + 3 * sepsis * (second > 1)


def recordings(n, rng, rare=None):
    series = rng.normal(size=(n, 1, 30))
    spiked = chosen(rng, n, 0.02 if rare is None else rare)
    series[spiked, :, 12:14] += 8
    return {"series": series, "table": rng.normal(size=(n, 2))}


def of_recordings(blocks):
    means = blocks["series"].reshape(-1, 6, 5).mean(axis=2)
    first, second = blocks["table"].T
    spike = (blocks["series"].max(axis=(1, 2)) > 5) * (1 + first)
    return 2 * means[:, 1] * first + np.tanh(means[:, 4] * second) + spike


def copies(n, rng, rare=None):
    first = rng.normal(size=n)
    blocks = first, first + 0.1 * rng.normal(size=n), first + rng.normal(size=n)
    return {name: block[:, None] for name, block in zip("abc", blocks, strict=True)}


def of_columns(function):
    """A model of the columns of blocks, in order."""

    def model(blocks):
        return function(*(column for block in blocks.values() for column in block.T))

    return model


def forest():
    draw = numbers(a=[normal, skew], b=[normal, heavy])
    blocks = draw(2000, np.random.RandomState(7))
    target = of_columns(
        lambda a, s, b, t: (a > 0) * (b > 0.5) * 2 + (s > 1) * t.clip(-3, 3) + b
    )(blocks)
    estimator = RandomForestRegressor(10, min_samples_leaf=20, random_state=0)
    estimator.fit(np.hstack(list(blocks.values())), target)

    def model(blocks):
        return estimator.predict(np.hstack(list(blocks.values())))

    return Problem(draw, model, fitted=estimator)


TWO = numbers(a=[normal, normal], b=[normal, normal])
PROBLEMS = {
    "smooth": lambda: Problem(
        TWO, of_columns(lambda a, c, b, d: np.tanh(a * b) + np.sin(c) + c * d / 2 + d)
    ),
    "small MI": lambda: Problem(
        TWO, of_columns(lambda a, c, b, d: 2 * a + c**2 + np.sin(2 * b) + 0.1 * a * d)
    ),
    "two scales": lambda: Problem(
        TWO,
        of_columns(
            lambda a, c, b, d: np.column_stack(
                [1e4 * (a + np.tanh(b * c) + d), np.tanh(a * b) + c + d * a / 3]
            )
        ),
    ),
    "rare flag": lambda: Problem(
        rare_numbers(0.01, flags),
        of_columns(lambda a, c, flag, b, d: a + b + 4 * flag * (1 + d) + c * d / 3),
    ),
    "rare level": lambda: Problem(
        rare_numbers(0.02, levels),
        of_columns(
            lambda a, ward, b, d: (
                a.astype(float) * b
                + 3 * (ward == "rare") * d
                + (ward == "icu") * (b + 1)
            )
        ),
    ),
    "skewed": lambda: Problem(
        numbers(a=[skew, normal], b=[skew, normal]),
        of_columns(lambda a, c, b, d: a * b / 4 + c + a * d / 2),
    ),
    "heavy tails": lambda: Problem(
        numbers(a=[heavy, normal], b=[heavy, normal]),
        of_columns(lambda a, c, b, d: a + a * b / 3 + c * np.tanh(b) + d),
    ),
    "rare tail": lambda: Problem(
        TWO, of_columns(lambda a, c, b, d: a + d + 4 * (c > 2.2) * (1 + b) + c * b / 3)
    ),
    "forest": forest,
    "three": lambda: Problem(
        numbers(a=[normal], b=[skew], c=[normal]),
        of_columns(lambda a, b, c: a * b / 2 + b * c / 2 + c + np.tanh(a * c)),
    ),
    "three copies": lambda: Problem(
        copies, of_columns(lambda a, b, c: (a - b) * c + a * b / 2 + b)
    ),
    "notes": lambda: Problem(notes, of_notes),
    "series": lambda: Problem(
        recordings, of_recordings, {"series": SeriesPerturber(n_segments=6)}
    ),
}


def four(*columns):
    """Draws rows of four columns of mean 0."""

    def draw(n, rng, rare=None):
        return np.column_stack([of(rng, n) for of in columns])

    return draw


def centred_skew(rng, n):
    return skew(rng, n) - np.exp(0.5)


def with_flag(n, rng, rare=None):
    X = rng.normal(size=(n, 4))
    share = 0.05
    some = rng.uniform(size=n) < (share if rare is None else rare)
    X[:, 3] = some - share
    return X


FOLDS = {
    "folds": four(normal, normal, normal, normal),
    "folds, skewed": four(centred_skew, normal, centred_skew, normal),
    "folds, tails": four(heavy, normal, heavy, normal),
    "folds, rare flag": with_flag,
}
