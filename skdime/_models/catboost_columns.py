"""What CatBoost compares of the columns that it is given.

CatBoost compares the hash of a category with those of its splits. The library writes
hashes into what it exports of a model, together with the categories that they are of.
"""

import ast
import tempfile
from pathlib import Path

import numpy as np

from skdime._rows.containers import column, n_rows
from skdime._rows.values import as_numbers, is_number

_NAME = "cat_features_hashes = "


class CatBoostColumns:
    """Turns rows into numbers: categories into places among those that splits name.

    Parameters
    ----------
    hashes : list of (list of int or None)
        For each column the hashes that splits compare; None of numbers.
    """

    def __init__(self, hashes):
        self.hashes = hashes
        self._hash_of = {}

    def transform(self, X):
        """Rows as numbers.

        Parameters
        ----------
        X : container of rows

        Returns
        -------
        numbers : ndarray of shape (n_rows, n_columns)
            -1 for categories that no split names.
        """
        numbers = np.empty((n_rows(X), len(self.hashes)))
        for j, hashes in enumerate(self.hashes):
            values = column(X, j)
            if hashes is None:
                is_typed = is_number(values)  # or numbers in an array of objects
                numbers[:, j] = as_numbers(values) if is_typed else values
            else:
                numbers[:, j] = self._places(np.asarray(values, dtype=object), hashes)
        return numbers

    def _places(self, values, hashes):
        texts = [_as_text(value) for value in values]
        new = sorted(set(texts) - set(self._hash_of))
        if new:
            self._hash_of |= _hashes(new)
        place = {code: i for i, code in enumerate(hashes)}
        return [place.get(self._hash_of[text], -1) for text in texts]


def _as_text(category):
    """A category as CatBoost writes it; numbers have to be integers."""
    return category if isinstance(category, str) else str(int(category))


def _hashes(texts):
    """The hash of each text, as CatBoost exports it beside any model."""
    from catboost import CatBoostRegressor

    options = {"iterations": 1, "depth": 1, "verbose": 0, "thread_count": 1}
    model = CatBoostRegressor(allow_writing_files=False, cat_features=[0], **options)
    model.fit([["a"], ["b"]], [0.0, 1.0])
    together = _exported(model, texts)
    if set(together) == set(texts):
        return together
    # a text that is written in another way is told by being alone
    alone = (_exported(model, [text]) for text in texts)
    return {t: next(iter(h.values())) for t, h in zip(texts, alone, strict=True)}


def _exported(model, texts):
    from catboost import Pool

    pool = Pool([[text] for text in texts], cat_features=[0])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.py"
        model.save_model(str(path), format="python", pool=pool)
        code = path.read_text()
    start = code.index(_NAME) + len(_NAME)
    # texts are written as bytes of UTF-8, escaped
    written = code[start : code.index("\n}", start) + 2].replace('\n    "', '\n    b"')
    return {
        key.decode(errors="replace"): code
        for key, code in ast.literal_eval(written).items()
    }
