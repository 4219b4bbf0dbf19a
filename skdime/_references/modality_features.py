"""A few numbers of every row that stand for one of its modalities, of any kind."""

from functools import partial

import numpy as np
import scipy.sparse as sp

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
    """The features of the rows that determine them; see :class:`ModalityFeatures`."""
    return ModalityFeatures(block, n_most)(block)


class ModalityFeatures:
    """Numbers that stand for a modality: principal components of what it holds.

    Numbers are taken as they are, with an indicator of missing ones; of categories
    indicators, of texts and sets the frequencies of words and elements, of arrays up
    to 1,000 values, or, where their shapes differ, mean, spread and length. Of tables
    of many columns some are read.

    Parameters
    ----------
    block : container of rows
        Determine means, words and components. Their features have variance 1; there
        is no feature where nothing varies.
    n_most : int
        Features, at least 1: with more of them they are principal components.
    """

    def __init__(self, block, n_most):
        self._readers = [_reader_of(piece) for piece in _pieces(block)]
        parts = self._parts(block)
        self._scales = [None if sp.issparse(part) else _Scale(part) for part in parts]
        parts = self._scaled(parts)
        self._loadings = None
        if sum(part.shape[1] for part in parts) > n_most:
            self._loadings = _loadings(parts, max(n_most, 1))
        self._scale = _Scale(self._combined(parts))

    def __call__(self, block):
        """The features of rows of the same kind, shape (n_rows, n_features)."""
        return self._scale(self._combined(self._scaled(self._parts(block))))

    def _parts(self, block):
        pairs = zip(self._readers, _pieces(block), strict=True)
        return [reader(piece) for reader, piece in pairs]

    def _scaled(self, parts):
        """Columns of variance 1; frequencies as they are."""
        return [
            sp.csr_matrix(part, dtype=float) if scale is None else scale(part)
            for scale, part in zip(self._scales, parts, strict=True)
        ]

    def _combined(self, parts):
        if self._loadings is None:
            return np.hstack([_dense(part) for part in parts])
        pairs = zip(parts, self._loadings, strict=True)
        return sum(part @ loadings for part, loadings in pairs)


def _pieces(block):
    """What of a block is read alike: matrices, single columns, lists of cells."""
    if is_multimodal(block):
        for part in block.values():
            yield from _pieces(part)
    elif sp.issparse(block):
        yield block
    elif isinstance(block, np.ndarray) and block.ndim > 2 and block.dtype != object:
        yield _some(np.reshape(block, (len(block), -1)))
    elif is_dense_numeric(block):
        some = np.arange(0, block.shape[1], -(-block.shape[1] // _MOST_VALUES))
        yield as_floats(select(block, some))
    elif is_frame(block) or len(getattr(block, "shape", ())) == 2:
        for j in range(0, block.shape[1], -(-block.shape[1] // _MOST_COLUMNS)):
            yield column(block, j)
    else:
        yield list(cells(block))


def _some(values):
    """Evenly spaced columns."""
    return values[:, :: max(-(-values.shape[1] // _MOST_VALUES), 1)]


def _reader_of(piece):
    """What makes a matrix of a piece, and of the same piece of other rows."""
    if sp.issparse(piece):
        return sp.csr_matrix
    if isinstance(piece, np.ndarray) and piece.ndim == 2:
        return _Numbers(piece)
    if isinstance(piece, list):
        return _reader_of_items(piece, piece)
    if is_number(piece):
        return _Numbers(piece, _as_column)
    try:
        labels = [str(label) for label in as_labels(piece)]
    except ValueError:  # cells that hold arrays or lists
        return _reader_of_items(piece, list(piece))
    if len(set(labels)) > _DIFFERENT * len(labels):
        return _Frequencies(piece, _labels, "word")
    return _Frequencies(piece, _labels_alone, list)


def _reader_of_items(piece, items):
    """Of texts, sets and arrays; nothing of what are neither."""
    present = [item for item in items if not is_missing(item)]
    if all(isinstance(item, str) for item in present):
        return _Frequencies(piece, _texts, "word")
    try:
        arrays = list(map(_as_array, items))
        if any(array.dtype.kind not in "fiub" for array in arrays):
            raise TypeError("not only numbers")
        if len({array.shape for array in arrays}) == 1 and arrays[0].size:
            return _Numbers(piece, partial(_values, shape=arrays[0].shape))
        return _Numbers(piece, _moments)
    except (TypeError, ValueError):  # sets, lists of codes, cells of several keys
        return _Frequencies(piece, _elements, list)


def _as_column(values):
    return as_numbers(values)[:, None]


def _labels(values):
    return [str(label) for label in as_labels(values)]


def _labels_alone(values):
    return [[label] for label in _labels(values)]


def _texts(items):
    return ["" if is_missing(item) else str(item) for item in items]


def _as_array(item):
    return np.empty(0) if is_missing(item) else np.asarray(item)


def _values(items, shape):
    """Of arrays of one shape; of those of another shape none is known."""
    arrays = [_as_array(item) for item in items]
    absent = np.full(shape, np.nan)
    arrays = [a if a.shape == shape else absent for a in arrays]
    return np.concatenate([_some(np.reshape(array, (1, -1))) for array in arrays])


def _moments(items):
    """Mean, spread and length of arrays."""
    arrays = [np.ravel(_as_array(item)).astype(float) for item in items]
    moments = [(a.mean(), a.std(), a.size) if a.size else (0, 0, 0) for a in arrays]
    return np.array(moments, dtype=float)


def _elements(items):
    return [_elements_of(item) for item in items]


def _elements_of(item):
    if isinstance(item, (set, frozenset, dict, list, tuple)):
        return list(map(str, item))
    return [str(item)] if np.isscalar(item) else []


class _Numbers:
    """Columns of numbers, at their mean where they are missing, and which are.

    Parameters
    ----------
    piece : object
    read : callable, default=numpy.asarray
        Makes a matrix of a piece.
    """

    def __init__(self, piece, read=np.asarray):
        self._read = read
        numbers = self._numbers(piece)
        missing = np.isnan(numbers)
        present = np.maximum((~missing).sum(axis=0), 1)
        self._mean = np.where(missing, 0, numbers).sum(axis=0) / present

    def __call__(self, piece):
        numbers = self._numbers(piece)
        missing = np.isnan(numbers)
        return np.hstack([np.where(missing, self._mean, numbers), missing])

    def _numbers(self, piece):
        values = self._read(piece)
        return np.where(np.isfinite(values), values, np.nan).astype(float)


class _Frequencies:
    """Relative frequencies of words of texts, or of the elements of lists.

    Parameters
    ----------
    piece : object
    read : callable
        Makes a list of texts or lists of a piece.
    analyzer : {"word", list}
    """

    def __init__(self, piece, read, analyzer):
        from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

        self._read, self._counter = read, None
        counter = CountVectorizer(analyzer=analyzer, max_features=_MOST_WORDS)
        try:
            counts = counter.fit_transform(read(piece))
        except ValueError:  # there is no word
            return
        self._counter, self._weights = counter, TfidfTransformer().fit(counts)

    def __call__(self, piece):
        texts = self._read(piece)
        if self._counter is None:
            return np.zeros((len(texts), 1))
        return self._weights.transform(self._counter.transform(texts))


class _Scale:
    """Columns that vary, of mean 0 and variance 1."""

    def __init__(self, values):
        spread = values.std(axis=0)
        largest = np.abs(values).max(axis=0, initial=1.0)
        self._varied = spread > DOUBLE_PRECISION * largest
        self._mean, self._spread = values.mean(axis=0), spread[self._varied]

    def __call__(self, values):
        return (values - self._mean)[:, self._varied] / self._spread


def _dense(part):
    return part.toarray() if sp.issparse(part) else part


def _loadings(parts, n_most):
    """What columns count in the first principal components, from products of rows."""
    products = sum(_dense(part @ part.T) for part in parts)
    centre = products.mean(axis=0)
    products = products - centre - centre[:, None] + centre.mean()
    sizes, vectors = np.linalg.eigh(products)
    largest = slice(-1, -n_most - 1, -1)
    roots = np.sqrt(np.maximum(sizes[largest], 0))
    # components whose size is rounding count nothing
    varied = roots > DOUBLE_PRECISION * max(roots.max(initial=0), 1.0)
    vectors = vectors[:, largest] * varied / np.where(varied, roots, 1)
    return [_dense(part.T @ vectors) for part in parts]
