"""A few numbers of every row that stand for one of its modalities, of any kind."""

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from skdime._rows.cells import is_missing
from skdime._rows.containers import cells, column, is_frame, is_multimodal
from skdime._rows.values import as_labels, as_numbers, is_number
from skdime._utils.rounding import DOUBLE_PRECISION

# Strings of which most differ are read as texts.
_DIFFERENT = 0.5
# Words and codes that are counted, the commonest.
_MOST_WORDS = 2000


def modality_features(block, n_most):
    """Numbers that stand for a modality: principal components of what it holds.

    Numbers are taken as they are, with an indicator of missing ones; of categories
    indicators, of texts and sets the frequencies of words and elements, of arrays all
    values, or, where their shapes differ, mean, spread and length.

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
    together = sp.hstack(parts, format="csr")
    n_most = max(n_most, 1)
    if together.shape[1] > n_most:
        return _standardised(_components(together, n_most))
    return _standardised(together.toarray())


def _parts(block):
    """Matrices of numbers, one for each column or key."""
    if is_multimodal(block):
        for part in block.values():
            yield from _parts(part)
    elif sp.issparse(block):
        yield block
    elif len(block.shape) > 2 if hasattr(block, "shape") else False:
        yield np.asarray(block, dtype=float).reshape(len(block), -1)
    elif is_frame(block) or len(getattr(block, "shape", ())) == 2:
        for j in range(block.shape[1]):
            yield _of_column(column(block, j))
    else:
        yield _of_items(list(cells(block)))


def _of_column(values):
    if is_number(values):
        numbers = as_numbers(values)
        numbers = np.where(np.isfinite(numbers), numbers, np.nan)
        missing = np.isnan(numbers)
        mean = 0.0 if missing.all() else np.nanmean(numbers)
        return np.column_stack([np.where(missing, mean, numbers), missing])
    try:
        labels = [str(label) for label in as_labels(values)]
    except ValueError:  # cells that hold arrays or lists
        return _of_items(list(values))
    if len(set(labels)) > _DIFFERENT * len(labels):
        return _frequencies(labels)
    return _frequencies([[label] for label in labels])


def _of_items(items):
    """Of texts, sets and arrays; cells of several keys are tuples."""
    present = [item for item in items if not is_missing(item)]
    if all(isinstance(item, str) for item in present):
        return _frequencies(["" if is_missing(item) else item for item in items])
    if all(np.ndim(item) == 0 and not _is_set(item) for item in present):
        return _frequencies([[str(item)] for item in items])
    if any(_is_set(item) or _has_strings(item) for item in present):
        return _frequencies([[] if is_missing(i) else list(map(str, i)) for i in items])
    return _of_arrays([np.empty(0) if is_missing(item) else item for item in items])


def _is_set(item):
    return isinstance(item, (set, frozenset, dict))


def _has_strings(item):
    return any(isinstance(element, str) for element in item)


def _of_arrays(items):
    arrays = [np.ravel(np.asarray(item, dtype=float)) for item in items]
    if len({array.size for array in arrays}) == 1:
        return np.nan_to_num(np.stack(arrays))
    moments = [(a.mean(), a.std(), a.size) if a.size else (0, 0, 0) for a in arrays]
    return np.nan_to_num(np.array(moments, dtype=float))


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
    """A sparse matrix; columns of tables and arrays have variance 1."""
    if sp.issparse(part):
        return sp.csr_matrix(part, dtype=float)
    return sp.csr_matrix(_standardised(np.asarray(part, dtype=float)))


def _standardised(values):
    spread = values.std(axis=0)
    varied = spread > DOUBLE_PRECISION * np.abs(values).max(axis=0, initial=1.0)
    return (values - values.mean(axis=0))[:, varied] / spread[varied]


def _components(matrix, n_most):
    """The first principal components, from the products of all rows."""
    products = (matrix @ matrix.T).toarray()
    centre = products.mean(axis=0)
    products = products - centre - centre[:, None] + centre.mean()
    sizes, vectors = np.linalg.eigh(products)
    largest = slice(-1, -n_most - 1, -1)
    return vectors[:, largest] * np.sqrt(np.maximum(sizes[largest], 0))
