"""Explanations over folds, and scorers to choose an explainer's parameters by."""

from skdime.model_selection._compare import compare
from skdime.model_selection._comparison import Comparison
from skdime.model_selection._components import VarianceComponents
from skdime.model_selection._cross_explain import cross_explain
from skdime.model_selection._find_modalities import ModalityProposal, find_modalities
from skdime.model_selection._result import CrossExplanation
from skdime.model_selection._scorers import (
    fidelity_scorer,
    stability_scorer,
    trust_scorer,
)

__all__ = [
    "Comparison",
    "CrossExplanation",
    "ModalityProposal",
    "VarianceComponents",
    "compare",
    "cross_explain",
    "fidelity_scorer",
    "find_modalities",
    "stability_scorer",
    "trust_scorer",
]
