"""Parts of SHAP values by their definition, over all coalitions."""

import numpy as np

from skdime._references.designs import all_masks
from tests._surrogates._masked import values_of


def hybrids_of(exp):
    """All points that means are over, as rows of an array."""
    references = exp.disentangler_._references
    n, blocks = len(references), references.blocks
    columns = [c for _, c in exp.disentangler_.modalities_]
    if len(blocks) == 2:
        first, second = np.indices((n, n)).reshape(2, -1)
        blocks = [blocks[0][first], blocks[1][second]]
    points = np.empty((len(blocks[0]), sum(map(len, columns))))
    for part, block in zip(columns, blocks, strict=True):
        points[:, part] = block
    return points


def parts_by_coalitions(output, x, points, columns, masked=(), players=None):
    """Values of UC and MI of the columns, each a feature.

    Parameters
    ----------
    output : callable
        Outputs (n, n_outputs) of rows.
    x : ndarray of shape (n_columns,)
    points : ndarray of shape (n_points, n_columns)
    columns : list of sequence of int
        For each modality.
    masked : dict of int to ndarray, default=()
        For modalities that are masked what replaces each column; where no column of
        them is kept they come from a point.
    players : sequence of int, default=None
        Modalities whose columns are players.

    Returns
    -------
    parts : ndarray of shape (2, n_columns, n_outputs)
    """
    players = range(len(columns)) if players is None else players
    every = [j for m in players for j in columns[m]]

    def values(some):
        masks, outputs = all_masks(len(some)), []
        for mask in masks:
            kept = np.zeros(len(x), dtype=bool)
            kept[some] = mask
            rows = np.where(kept, x, points)
            for m, replacement in dict(masked).items():
                part = list(columns[m])
                if kept[part].any():
                    rows[:, part] = np.where(kept[part], x[part], replacement)
            outputs.append(output(rows).mean(axis=0))
        return values_of(np.array(outputs), "shapley")

    whole = values(every)
    parts = np.zeros((2, len(x), whole.shape[1]))
    for m in players:
        parts[0, list(columns[m])] = values(list(columns[m]))
    parts[1, every] = whole - parts[0, every]
    return parts
