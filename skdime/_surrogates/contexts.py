"""What masks of a modality are evaluated in: references, and the row's own context."""

from typing import NamedTuple

import numpy as np

from skdime._rows.containers import column, is_multimodal, kind_of, n_rows, stack, take
from skdime._rows.values import as_labels, as_numbers, is_number
from skdime._utils.rounding import DOUBLE_PRECISION

# Principal components in which the contexts of a modality are compared.
_N_COMPONENTS = 5


class Contexts(NamedTuple):
    """The contexts of one row and modality: references first, then its own.

    Attributes
    ----------
    similarities : list of ndarray of shape (n_contexts, n_contexts)
        How alike contexts are, in several respects.
    of_references, of_row : ndarray of shape (n_contexts,)
        Weights of the mean over references, and of the mean over the row's own
        contexts, each of sum 1.
    may_be_equal : bool
        Whether the row as a whole does the same in all of them.
    """

    similarities: list
    of_references: np.ndarray
    of_row: np.ndarray
    may_be_equal: bool


def similarities(values, kept_differences, is_reference):
    """How alike contexts are: in values, in identity, in what the whole row does.

    Parameters
    ----------
    values : ndarray of shape (n_contexts, n_values)
        What the other modalities hold; see :func:`context_values`.
    kept_differences : ndarray of shape (n_contexts, n_outputs)
        Output with the whole row less that with all of its features replaced. A rule
        that holds for few references is told by it without any mask.
    is_reference : ndarray of bool of shape (n_contexts,)

    Returns
    -------
    similarities : list of ndarray of shape (n_contexts, n_contexts)
    """
    n_contexts = len(is_reference)
    parts = [np.eye(n_contexts)]
    if values.shape[1]:
        squared = np.square(values[:, None] - values).sum(axis=2)
        parts.append(np.exp(-0.5 * squared / values.shape[1]))
    references = kept_differences[is_reference]
    deviations = kept_differences - references.mean(axis=0)
    spread = references.std(axis=0)
    size = np.abs(kept_differences).max(axis=0)
    varied = spread > DOUBLE_PRECISION * size
    if varied.any():
        scaled = deviations[:, varied] / spread[varied]
        # the last digits may depend on how many rows the model was called with
        scaled = np.round(scaled, 8)
        parts.append(scaled @ scaled.T / scaled.shape[1])
    return parts


class ContextSpace:
    """What modalities other than a masked one hold, as few numbers.

    Numbers and categories of tables count, and arrays of one shape; texts do not.

    Parameters
    ----------
    references : References
    m : int
        The masked modality.
    """

    def __init__(self, references, m):
        blocks = list(references.blocks)
        self.others = {k: block for k, block in enumerate(blocks) if k != m}
        self._components = None

    def values(self, blocks, position, n_own, pair=None):
        """The contexts of a row in principal components of references.

        Parameters
        ----------
        blocks : list of blocks
            Of some rows.
        position : int
            The row among them.
        n_own : int
            Own contexts of the row.
        pair : tuple of int, default=None
            As of :func:`contexts_of`.

        Returns
        -------
        values : ndarray of shape (n_contexts, n_components)
        """
        references, own = [], []
        for k, reference in self.others.items():
            both = stack([take(blocks[k], [position]), reference])
            row, features = np.split(_features(both), [1])
            references.append(features)
            as_row = pair is None or k in pair
            own.append(np.repeat(row, n_own, axis=0) if as_row else features)
        references = np.hstack(references)
        contexts = np.vstack([references, np.hstack(own)])
        components = self._components
        # rows share the components unless one changes how a column is read
        if components is None or not np.array_equal(components.references, references):
            components = self._components = PrincipalComponents(references)
        return components.of(contexts)


def values_of_points(background):
    """What the points of a background hold, in principal components.

    Parameters
    ----------
    background : Background

    Returns
    -------
    values : ndarray of shape (n_points, n_components)
    """
    blocks = background.references.blocks
    pairs = zip(blocks, background.positions, strict=True)
    # references are their own scale, for which they come after a row
    values = [
        _features(stack([take(block, [0]), block]))[1:][points]
        for block, points in pairs
    ]
    values = np.hstack(values)
    return PrincipalComponents(values).of(values)


class PrincipalComponents:
    """The first principal components of references, at unit variance.

    Parameters
    ----------
    references : ndarray of shape (n_references, n_values)
        Of mean 0.
    """

    def __init__(self, references):
        self.references = references
        n_references, n_values = references.shape
        self._axes, self._spread = np.empty((0, n_values)), np.empty(0)
        if n_values and n_references > 1:
            _, sizes, axes = np.linalg.svd(references, full_matrices=False)
            n = min(_N_COMPONENTS, int((sizes > DOUBLE_PRECISION * sizes[0]).sum()))
            self._axes, self._spread = axes[:n], sizes[:n] / np.sqrt(n_references)

    def of(self, values):
        """Values of shape (n, n_values) in the components."""
        return values @ self._axes.T / self._spread


def _features(block):
    """Features of an explained row, then of references, which tell their scale."""
    tables = block.values() if is_multimodal(block) else [block]
    features = [np.empty((n_rows(block), 0))]
    for table in tables:
        kind = kind_of(table)
        if kind in ("array", "data frame") and len(table.shape) == 2:
            columns = (column(table, j) for j in range(table.shape[1]))
            features += [_standardised(_numbers(values)) for values in columns]
        elif kind == "array" and table.dtype.kind in "biuf":
            flat = np.asarray(table, dtype=float).reshape(table.shape[0], -1)
            features.append(_standardised(flat))
    return np.hstack(features)


def _numbers(values):
    """A column as numbers, or as indicators of the levels that references have."""
    if is_number(values):
        return as_numbers(values)[:, None]
    try:
        labels = np.array([str(label) for label in as_labels(values)])
    except ValueError:  # cells that hold arrays
        return np.empty((len(values), 0))
    levels, counts = np.unique(labels[1:], return_counts=True)
    # a level of a single reference tells nothing that its identity does not
    return (labels[:, None] == levels[counts > 1]).astype(float)


def _standardised(values):
    values = np.where(np.isfinite(values), values, np.nan)
    of_references = values[1:]
    has_value = ~np.isnan(of_references).all(axis=0)
    values, of_references = values[:, has_value], of_references[:, has_value]
    mean = np.nanmean(of_references, axis=0)
    centred = np.nan_to_num(values - mean)
    spread = centred[1:].std(axis=0)
    varied = spread > DOUBLE_PRECISION * np.abs(mean)
    return centred[:, varied] / spread[varied]
