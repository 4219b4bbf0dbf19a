"""Perturbers: how the values of one modality are varied around a row."""

from skdime.perturbers._base import NeighbourhoodPerturber
from skdime.perturbers._design import LocalDesign
from skdime.perturbers._image import ImagePerturber
from skdime.perturbers._masked_table import MaskedTabularPerturber
from skdime.perturbers._masks import MaskPerturber
from skdime.perturbers._series import SeriesPerturber
from skdime.perturbers._set import SetPerturber
from skdime.perturbers._tabular import TabularPerturber
from skdime.perturbers._text import TextPerturber

__all__ = [
    "ImagePerturber",
    "LocalDesign",
    "MaskPerturber",
    "MaskedTabularPerturber",
    "NeighbourhoodPerturber",
    "SeriesPerturber",
    "SetPerturber",
    "TabularPerturber",
    "TextPerturber",
]
