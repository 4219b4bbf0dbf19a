"""Disentangled explanations of multimodal models, as scikit-learn estimators."""

from importlib import import_module as _import_module

from skdime._estimators.batches import explain_batches
from skdime._estimators.disentangler import Disentangler
from skdime._estimators.explain import explain
from skdime._estimators.local_explainer import LocalExplainer
from skdime._results.decomposition import Decomposition
from skdime._results.explanation import Explanation
from skdime._results.group_summaries import GroupSummaries
from skdime._results.modality_description import ModalityDescription
from skdime._results.modality_summary import ModalitySummary
from skdime._results.pair_explanation import PairExplanation
from skdime._results.plotted import Displays as _Displays
from skdime._rows.multimodal_array import MultimodalArray
from skdime._utils.versions import show_versions

__version__ = "0.1.0.dev0"

_Displays.load = lambda: _import_module("skdime.displays")

__all__ = [
    "Decomposition",
    "Disentangler",
    "Explanation",
    "GroupSummaries",
    "LocalExplainer",
    "ModalityDescription",
    "ModalitySummary",
    "MultimodalArray",
    "PairExplanation",
    "explain",
    "explain_batches",
    "show_versions",
]
