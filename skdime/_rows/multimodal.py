"""A MultimodalArray behind the operations of a container.

What each operation means is said in :mod:`skdime._rows.containers`, where it is called.
"""

import itertools

import numpy as np

from skdime._rows.arrays import original_order
from skdime._rows.container import Container, Schema
from skdime._rows.registry import find_container


class Multimodal(Container):
    """Containers of containers: what lies under a key is left to its own type."""

    kind = name = "MultimodalArray"

    def take(self, X, rows):
        return X[rows]

    def select(self, X, columns):
        keys = list(X.keys())
        chosen = [keys[position] for position in np.arange(len(keys))[columns]]
        return X._like({key: X[key] for key in chosen})

    def join(self, blocks, columns):
        items = [item for block in blocks for item in block.items()]
        ordered = [items[position] for position in original_order(columns)]
        fresh = {key: find_container(v).with_fresh_labels(v) for key, v in ordered}
        return blocks[0]._like(fresh)

    def stack(self, blocks):
        stacked = {}
        for key, first in blocks[0].items():
            stacked[key] = find_container(first).stack([block[key] for block in blocks])
        return blocks[0]._like(stacked)

    def column(self, X, position):
        return list(X.values())[position]

    def cells(self, X):
        by_key = [find_container(rows).cells(rows) for rows in X.values()]
        return by_key[0] if len(by_key) == 1 else list(zip(*by_key, strict=True))

    def with_cells(self, X, cells):
        n_keys = X.shape[1]
        by_key = [cells]
        if n_keys > 1:
            by_key = [[cell[k] for cell in cells] for k in range(n_keys)]
        filled = {}
        for (key, rows), items in zip(X.items(), by_key, strict=True):
            filled[key] = find_container(rows).with_cells(rows, items)
        return X._like(filled)

    def row_bytes(self, X):
        return sum(find_container(rows).row_bytes(rows) for rows in X.values())

    def is_categorical(self, X):
        first, *others = X.values()
        return not others and find_container(first).is_categorical(first)

    def shared_objects(self, X):
        by_key = [find_container(rows).shared_objects(rows) for rows in X.values()]
        return list(itertools.chain(*by_key))

    def schema(self, X):
        by_key = {key: find_container(rows).schema(rows) for key, rows in X.items()}
        return Schema(self, by_key, list(by_key))
