"""Disentangled explanations of multimodal models, as scikit-learn estimators."""

from skdime._batches import explain_batches
from skdime._decomposition import Decomposition
from skdime._disentangler import Disentangler
from skdime._explanation import Explanation
from skdime._local_explainer import LocalExplainer
from skdime._multimodal_array import MultimodalArray

__version__ = "0.1.0.dev0"

__all__ = [
    "Decomposition",
    "Disentangler",
    "Explanation",
    "LocalExplainer",
    "MultimodalArray",
    "explain_batches",
]
