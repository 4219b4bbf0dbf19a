"""A few numbers of every row that stand for one of its modalities, of any kind."""

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from skdime._rows.cells import is_missing
from skdime._rows.containers import (
    as_floats,
    cells,
    column,
    is_dense_numeric,
    is_frame,
    is_multimodal,
    select,
)
from skdime._rows.values import as_labels, as_numbers, is_number
from skdime._utils.rounding import DOUBLE_PRECISION

# Strings of which most differ are read as texts.
_DIFFERENT = 0.5
# Words and codes that are counted, the commonest.
_MOST_WORDS = 2000
# Values of an array that are read: neighbours in images and series are alike.
_MOST_VALUES = 1000
# Columns of mixed tables that are read, evenly spaced: each takes a tenth of a
# millisecond.
_MOST_COLUMNS = 100


def modality_features(block, n_most):
    """Numbers that stand for a modality: principal components of what it holds.

    Numbers are taken as they are, with an indicator of missing ones; of categories
    indicators, of texts and sets the frequencies of words and elements, of arrays up
    to 1,000 values, or, where their shapes differ, mean, spread and length. Of tables
    of many columns some are read.

    Parameters
    ----------
    block : container of rows
    n_most : int
        Features, at least 1: with more of them they are principal components.

    Returns
    -------
    features : ndarray of shape (n_rows, n_features)
        Of variance 1; no feature where nothing varies.
    """
    parts = [_scaled(part) for part in _parts(block)]
    if sum(part.shape[1] for part in parts) > n_most:
        return _standardised(_components(parts, max(n_most, 1)))
    return _standardised(np.hstack([_dense(part) for part in parts]))


def _parts(block):
    """Matrices of numbers, one for each column or key; none of what has no numbers."""
    if is_multimodal(block):
        for part in block.values():
            yield from _parts(part)
    elif sp.issparse(block):
        yield block
    elif isinstance(block, np.ndarray) and block.ndim > 2 and block.dtype != object:
        yield _of_numbers(_some(np.reshape(block, (len(block), -1))))
    elif is_dense_numeric(block):
        some = np.arange(0, block.shape[1], -(-block.shape[1] // _MOST_VALUES))
        yield _of_numbers(as_floats(select(block, some)))
    elif is_frame(block) or len(getattr(block, "shape", ())) == 2:
        for j in range(0, block.shape[1], -(-block.shape[1] // _MOST_COLUMNS)):
            yield _of_column(column(block, j))
    else:
        yield _of_items(list(cells(block)))


def _some(values):
    """Evenly spaced columns."""
    return values[:, :: max(-(-values.shape[1] // _MOST_VALUES), 1)]


def _of_numbers(values):
    """Columns of numbers at their mean where they are missing, and which are."""
    numbers = np.where(np.isfinite(values), values, np.nan).astype(float)
    missing = np.isnan(numbers)
    present = np.maximum((~missing).sum(axis=0), 1)
    mean = np.where(missing, 0, numbers).sum(axis=0) / present
    return np.hstack([np.where(missing, mean, numbers), missing])


def _of_column(values):
    if is_number(values):
        return _of_numbers(as_numbers(values)[:, None])
    try:
        labels = [str(label) for label in as_labels(values)]
    except ValueError:  # cells that hold arrays or lists
        return _of_items(list(values))
    if len(set(labels)) > _DIFFERENT * len(labels):
        return _frequencies(labels)
    return _frequencies([[label] for label in labels])


def _of_items(items):
    """Of texts, sets and arrays; nothing of what are neither."""
    present = [item for item in items if not is_missing(item)]
    if all(isinstance(item, str) for item in present):
        return _frequencies(["" if is_missing(item) else item for item in items])
    try:
        return _of_arrays([np.empty(0) if is_missing(i) else i for i in items])
    except (TypeError, ValueError):  # sets, lists of codes, cells of several keys
        return _frequencies([_elements(item) for item in items])


def _elements(item):
    if isinstance(item, (set, frozenset, dict, list, tuple)):
        return list(map(str, item))
    return [str(item)] if np.isscalar(item) else []


def _of_arrays(items):
    arrays = list(map(np.asarray, items))
    if any(array.dtype.kind not in "fiub" for array in arrays):
        raise TypeError("not only numbers")
    if len({array.shape for array in arrays}) == 1 and arrays[0].size:
        rows = [_some(np.reshape(array, (1, -1))) for array in arrays]
        return _of_numbers(np.concatenate(rows))
    arrays = [np.ravel(array).astype(float) for array in arrays]
    moments = [(a.mean(), a.std(), a.size) if a.size else (0, 0, 0) for a in arrays]
    return _of_numbers(np.array(moments, dtype=float))


def _frequencies(texts):
    """Relative frequencies of words of texts, or of the elements of lists."""
    analyzer = "word" if all(isinstance(text, str) for text in texts) else list
    counter = CountVectorizer(analyzer=analyzer, max_features=_MOST_WORDS)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # there is no word
        return np.zeros((len(texts), 1))
    return TfidfTransformer().fit_transform(counts)


def _scaled(part):
    """Columns of variance 1; frequencies as they are."""
    if sp.issparse(part):
        return sp.csr_matrix(part, dtype=float)
    return _standardised(part)


def _dense(part):
    return part.toarray() if sp.issparse(part) else part


def _standardised(values):
    spread = values.std(axis=0)
    varied = spread > DOUBLE_PRECISION * np.abs(values).max(axis=0, initial=1.0)
    return (values - values.mean(axis=0))[:, varied] / spread[varied]


def _components(parts, n_most):
    """The first principal components, from the products of all rows."""
    products = sum(_dense(part @ part.T) for part in parts)
    centre = products.mean(axis=0)
    products = products - centre - centre[:, None] + centre.mean()
    sizes, vectors = np.linalg.eigh(products)
    largest = slice(-1, -n_most - 1, -1)
    return vectors[:, largest] * np.sqrt(np.maximum(sizes[largest], 0))
