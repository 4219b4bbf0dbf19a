"""Perturbers: how the values of one modality are varied around a row."""

from skdime.perturbers._base import NeighbourhoodPerturber
from skdime.perturbers._tabular import TabularPerturber

__all__ = ["NeighbourhoodPerturber", "TabularPerturber"]
