"""Ranks of features, and a heat map of them."""

import numpy as np
from scipy.stats import rankdata

from skdime.displays._style import tints
from skdime.displays._texts import room, tick_size


def ranks(coef):
    """Ranks of the sizes over the last axis, 1 the largest; nan stays nan.

    Parameters
    ----------
    coef : ndarray of shape (..., n_features)

    Returns
    -------
    ranks : ndarray of shape (..., n_features)
    """
    sizes = np.nan_to_num(np.abs(coef), nan=-1.0)
    found = rankdata(-sizes, method="min", axis=-1).astype(float)
    return np.where(np.isnan(coef), np.nan, found)


def draw_ranks(panels, rank, palette=None):
    """A heat map for each part, with numbers where they fit.

    Parameters
    ----------
    panels : sequence of matplotlib Axes of length 2
    rank : ndarray of shape (n_repeats, 2, n_features)
    palette : list of two colours, default=None
        The second is that of rank 1.
    """
    from matplotlib.colors import ListedColormap

    shades = ListedColormap(tints(palette)(np.linspace(1, 0.5, 256)))
    most = max(2, np.nanmax(rank))
    for axes, part in zip(panels, np.moveaxis(rank, 1, 0), strict=True):
        axes.imshow(part.T, cmap=shades, vmin=1, vmax=most, aspect="auto")
        letters = room(axes, 1)
        step = -(-len(part) // max(1, letters // 4))
        ticks = np.arange(0, len(part), step)
        axes.set_xticks(ticks, ticks + 1)
        if 3 * len(part) <= letters:
            _write_ranks(axes, part)


def _write_ranks(axes, rank):
    size = min(tick_size(axes, rank.shape[1]), 9)
    for repeat, feature in zip(*np.nonzero(~np.isnan(rank)), strict=True):
        text = f"{rank[repeat, feature]:.0f}"
        axes.text(repeat, feature, text, ha="center", va="center", fontsize=size)
