"""Where the features of every row stand on the feature axis of a result."""

import numpy as np

from skdime._results.inputs import stacked
from skdime._rows.containers import cells
from skdime._utils.names import of_each, telling_modality


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
    place = [
        perturber.columns if perturber.masks_rows else None
        for _, perturber in perturbers
    ]
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
    for (modality, perturber), block in zip(perturbers, blocks, strict=True):
        if not perturber.masks_rows:
            features.append(perturber.feature_names_.tolist())
            place.append(None)
            continue
        position = {}
        with telling_modality(modality):
            for names in of_each(perturber.features, cells(block)):
                for name in names:
                    position.setdefault(name, len(position))
        features.append(list(position))
        place.append(_Places(position))
    return Layout([name for name, _ in perturbers], features, place)


def contents(layout, perturbers, blocks, features):
    """What the explained rows hold: in words, and as it is drawn.

    Every cell is read once, whatever is asked of it: its perturber may be slow.

    Parameters
    ----------
    layout : Layout
    perturbers : list of (str, perturber)
    blocks : list of containers
        The explained rows' columns of each modality.
    features : ndarray of int
        Positions on the whole axis that make up the axis of the result.

    Returns
    -------
    values : ndarray of str of shape (n_rows, n_features)
        Feature by feature; empty where a row has none.
    inputs : dict of str to ModalityInput
        Series, texts and images, by name of the modality. A perturber whose features
        are no sets of elements has no entry, and neither has a modality that is not
        among `features`.
    """
    n = blocks[0].shape[0]
    values = [[""] * len(layout) for _ in range(n)]
    new = np.full(len(layout) + 1, -1)
    new[features] = np.arange(len(features))
    inputs = {}
    for m, ((name, perturber), block) in enumerate(
        zip(perturbers, blocks, strict=True)
    ):
        if layout.place[m] is None:
            for row, texts in zip(values, perturber.describe(block), strict=True):
                row[layout.whole(m)] = texts.tolist()
            continue
        is_whole = np.isin(np.r_[layout.whole(m)], features).all()
        drawn = [] if perturber.kind is not None and is_whole else None
        with telling_modality(name):
            for row, cell in zip(values, cells(block), strict=True):
                _read(layout, m, perturber, cell, row, drawn)
        if drawn and all(labels is not None for _, labels, _ in drawn):
            cells_drawn, labels, axes = zip(*drawn, strict=True)
            labels = [new[each] for each in labels]
            inputs[name] = stacked(perturber.kind, cells_drawn, labels, axes)
    values = np.array(values, dtype=str).reshape(n, len(layout))
    return values[:, features], inputs


def _read(layout, m, perturber, cell, texts, drawn):
    """Fill in what a cell holds; add it and its labels to `drawn`, if that is a list.

    Labels are positions on the whole axis.
    """
    positions = layout.positions(m, perturber.features(cell))
    for position, text in zip(positions, perturber.describe(cell), strict=True):
        texts[position] = text
    if drawn is None:
        return
    labels = perturber.labels(cell)
    if labels is not None:
        labels = np.append(positions, -1)[labels]
    drawn.append((perturber.shown(cell), labels, perturber.axes_of(cell)))


class _Places:
    def __init__(self, position):
        self.position = position

    def __call__(self, names):
        return np.array([self.position[name] for name in names], dtype=int)
