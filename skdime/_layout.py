"""Where the features of every row stand on the feature axis of a result."""

import numpy as np

from skdime._containers import cells
from skdime._inputs import stacked


class Layout:
    """The feature axis: modality after modality, its features in order.

    Parameters
    ----------
    modality_names : list of str
    features : list of list of str
        Of each modality.
    place : list of callable or None
        ``place[m](names)`` gives positions among the features of modality m; None
        where all rows have all of them, in order.
    """

    def __init__(self, modality_names, features, place):
        counts = [len(names) for names in features]
        self.starts = np.cumsum([0, *counts])
        self.names = np.array([name for names in features for name in names], dtype=str)
        self.modalities = np.repeat(np.array(modality_names, dtype=str), counts)
        self.place = place

    def __len__(self):
        return len(self.names)

    def whole(self, m):
        """All features of a modality."""
        return slice(self.starts[m], self.starts[m + 1])

    def columns_of(self, parts, outputs):
        """Names ``<part>__<modality>__<feature>``, and ``__<output>`` if several."""
        endings = [f"__{output}" for output in outputs] if len(outputs) > 1 else [""]
        features = list(zip(self.modalities, self.names, strict=True))
        return np.array(
            [
                f"{part}__{modality}__{name}{end}"
                for part in parts
                for modality, name in features
                for end in endings
            ],
            dtype=object,
        )

    def positions(self, m, names=None):
        """Positions of a row's features, of those all rows share without `names`."""
        if self.place[m] is None:
            return self.whole(m)
        return self.starts[m] + self.place[m](names)


def layout_of_columns(perturbers):
    """The fixed axis of ``transform``: the columns that perturbers found in ``fit``.

    Parameters
    ----------
    perturbers : list of (str, perturber)
    """
    place = [getattr(perturber, "columns", None) for _, perturber in perturbers]
    features = [perturber.feature_names_.tolist() for _, perturber in perturbers]
    return Layout([name for name, _ in perturbers], features, place)


def layout_of_rows(perturbers, blocks):
    """The axis of ``explain``: the features that the explained rows have.

    Parameters
    ----------
    perturbers : list of (str, perturber)
    blocks : list of containers
        The explained rows' columns of each modality.
    """
    features, place = [], []
    for (_, perturber), block in zip(perturbers, blocks, strict=True):
        if not hasattr(perturber, "perturb_row"):
            features.append(perturber.feature_names_.tolist())
            place.append(None)
            continue
        position = {}
        for cell in cells(block):
            for name in perturber.features(cell):
                position.setdefault(name, len(position))
        features.append(list(position))
        place.append(_Places(position))
    return Layout([name for name, _ in perturbers], features, place)


def described(layout, perturbers, blocks):
    """What every row holds, feature by feature, as text; empty where it has none."""
    n = blocks[0].shape[0]
    values = [[""] * len(layout) for _ in range(n)]
    for m, ((_, perturber), block) in enumerate(zip(perturbers, blocks, strict=True)):
        if layout.place[m] is None:
            for row, texts in zip(values, perturber.describe(block), strict=True):
                row[layout.whole(m)] = texts.tolist()
            continue
        for row, cell in zip(values, cells(block), strict=True):
            positions = layout.positions(m, perturber.features(cell))
            for position, text in zip(positions, perturber.describe(cell), strict=True):
                row[position] = text
    return np.array(values, dtype=str).reshape(n, len(layout))


def inputs_of(layout, perturbers, blocks, features):
    """What the rows hold of series, texts and images, by name of the modality.

    A perturber whose features are no sets of elements has no labels and no entry, and
    neither has a modality that is not among `features`, the positions on the whole
    axis that make up the axis of the result.
    """
    inputs = {}
    new = np.full(len(layout) + 1, -1)
    new[features] = np.arange(len(features))
    for m, ((name, perturber), block) in enumerate(
        zip(perturbers, blocks, strict=True)
    ):
        kept = np.isin(np.r_[layout.whole(m)], features).all()
        if getattr(perturber, "kind", None) is None or not kept:
            continue
        rows = cells(block)
        labels = [perturber.labels(cell) for cell in rows]
        if any(each is None for each in labels):
            continue
        for i, cell in enumerate(rows):
            positions = layout.positions(m, perturber.features(cell))
            labels[i] = new[np.append(positions, -1)[labels[i]]]
        shown = [perturber.shown(cell) for cell in rows]
        inputs[name] = stacked(perturber.kind, shown, labels)
    return inputs


class _Places:
    def __init__(self, position):
        self.position = position

    def __call__(self, names):
        return np.array([self.position[name] for name in names], dtype=int)
