"""Sets of rows as bits: which rows meet which conditions of trees."""

import numpy as np
from scipy import sparse


class Reach:
    """Which rows reach which leaves as far as one axis is concerned.

    `bits`, uint64 of shape (n_slots, n_words), tells for each slot the rows that meet
    its conditions; `leaf_slot` is of shape (n_leaves,).
    """

    def __init__(self, bits, leaf_slot, n_rows):
        self.bits = bits
        self.leaf_slot = leaf_slot
        self.n_rows = n_rows

    def leaf_counts(self):
        return _count(self.bits)[self.leaf_slot]

    def of_leaves(self):
        """Whether rows reach leaves, ndarray of bool of shape (n_leaves, n_rows)."""
        slots, which = distinct(self.leaf_slot, len(self.bits))
        octets = self.bits[slots].view(np.uint8)
        flags = np.unpackbits(octets, axis=1, count=self.n_rows, bitorder="little")
        return flags.view(bool)[which]

    def matrix(self, leaves, dense):
        """Distinct indicators of `leaves`, (n_distinct, n_rows), and which is whose."""
        slots, which = distinct(self.leaf_slot[leaves], len(self.bits))
        expand = _dense if dense else _sparse
        return expand(self.bits[slots], self.n_rows), which


def compare(x, thresholds, missing_left, n_words):
    """Bits of ``x <= threshold``, once for thresholds that `x` does not tell apart."""
    order = np.argsort(x)
    place = np.full(64 * n_words, len(x), dtype=np.int16)
    place[order] = np.arange(len(x))
    n_left = np.searchsorted(x[order], thresholds, side="right")
    has_missing = np.isnan(x[order[-1]])
    kinds, kind = distinct(2 * n_left + (has_missing & missing_left), 2 * len(x) + 2)
    goes_left = place < (kinds // 2).astype(np.int16)[:, None]
    if has_missing:
        goes_left[:, : len(x)] |= np.isnan(x) & (kinds % 2 == 1)[:, None]
    return packed(goes_left), kind


def among(x, sets, missing_left, n_words):
    """Bits of whether `x`, rounded down, is one of the categories of a set."""
    n_codes = 1 + max((int(codes.max(initial=0)) for codes in sets), default=0)
    # one column for all other categories, one for missing values
    goes_left = np.zeros((len(sets), n_codes + 2), dtype=bool)
    for row, codes in zip(goes_left, sets, strict=True):
        row[codes] = True
    goes_left[:, -1] = missing_left
    is_missing = np.isnan(x)
    code = np.floor(np.where(is_missing, -1.0, x))
    code = np.where((code >= 0) & (code < n_codes), code, n_codes).astype(np.intp)
    padded = np.full(64 * n_words, n_codes)
    padded[: len(x)] = np.where(is_missing, n_codes + 1, code)
    return packed(goes_left.take(padded, axis=1))


def distinct(ids, bound):
    """The distinct of `ids`, all below `bound`, as they appear, and where each is."""
    places = np.arange(len(ids))
    first = np.empty(bound, dtype=np.intp)
    first[ids[::-1]] = places[::-1]  # of repeated indices the last assignment stays
    is_new = first[ids] == places
    return ids[is_new], (np.cumsum(is_new) - 1)[first[ids]]


def packed(flags):
    return np.packbits(flags, axis=-1, bitorder="little").view(np.uint64)


def _dense(bits, n_rows):
    octets = bits.view(np.uint8)
    return np.unpackbits(octets, axis=1, count=n_rows, bitorder="little").astype(float)


def _sparse(bits, n_rows):
    octets = bits.view(np.uint8)
    filled = np.flatnonzero(octets != 0)
    flags = np.unpackbits(octets.ravel()[filled], bitorder="little").view(bool)
    ones = np.flatnonzero(flags)
    first = (filled % octets.shape[1] * 8).astype(np.int32)
    rows = first[ones // 8] + (ones % 8).astype(np.int32)
    ends = np.append(0, np.cumsum(_count(bits)))
    shape = (len(bits), n_rows)
    return sparse.csr_array((np.ones(len(rows)), rows, ends), shape=shape)


def _count(bits):
    """Set bits of each row of words."""
    if hasattr(np, "bitwise_count"):  # numpy 2 and newer
        return np.bitwise_count(bits).sum(axis=1, dtype=np.intp)
    return _OCTET_COUNTS[bits.view(np.uint8)].sum(axis=1, dtype=np.intp)


_OCTET_COUNTS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(
    axis=1, dtype=np.uint8
)
