"""How stable, faithful and interactive explanations are, as numbers."""

from skdime.metrics._additive_gap import AdditiveGap, additive_gap
from skdime.metrics._curves import FaithfulnessCurves
from skdime.metrics._faithfulness import faithfulness_curves
from skdime.metrics._fidelity import fidelity, local_accuracy
from skdime.metrics._group_means import GroupMeans, group_mean_abs
from skdime.metrics._infidelity import infidelity, max_sensitivity
from skdime.metrics._interaction import interaction_share
from skdime.metrics._pairs import (
    coefficient_stability_index,
    dispersion,
    rank_correlation,
    sign_agreement,
    top_k_overlap,
    variable_stability_index,
)
from skdime.metrics._regions import InteractionRegions, interaction_regions
from skdime.metrics._replacement import ReplacementSensitivity, replacement_sensitivity
from skdime.metrics._resampling import jackknife_se, resampled_interval, resampled_se
from skdime.metrics._shapley import shapley_interaction_share
from skdime.metrics._stability import Stability, stability
from skdime.metrics._worth import ModalityWorth, modality_worth

__all__ = [
    "AdditiveGap",
    "FaithfulnessCurves",
    "GroupMeans",
    "InteractionRegions",
    "ModalityWorth",
    "ReplacementSensitivity",
    "Stability",
    "additive_gap",
    "coefficient_stability_index",
    "dispersion",
    "faithfulness_curves",
    "fidelity",
    "group_mean_abs",
    "infidelity",
    "interaction_regions",
    "interaction_share",
    "jackknife_se",
    "local_accuracy",
    "max_sensitivity",
    "modality_worth",
    "rank_correlation",
    "replacement_sensitivity",
    "resampled_interval",
    "resampled_se",
    "shapley_interaction_share",
    "sign_agreement",
    "stability",
    "top_k_overlap",
    "variable_stability_index",
]
