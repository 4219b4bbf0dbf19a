"""Displays: pictures of explanations, in the manner of scikit-learn's."""

from skdime.displays._waterfall import WaterfallDisplay

__all__ = ["WaterfallDisplay"]
