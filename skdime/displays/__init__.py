"""Displays: pictures of explanations, in the manner of scikit-learn's."""

from skdime.displays._beeswarm import BeeswarmDisplay
from skdime.displays._boxes import BoxesDisplay
from skdime.displays._comparison import ComparisonDisplay
from skdime.displays._contribution import ContributionScatterDisplay
from skdime.displays._cost_error import CostErrorDisplay
from skdime.displays._dependence import DependenceDisplay
from skdime.displays._faithfulness import FaithfulnessCurvesDisplay
from skdime.displays._global_bar import GlobalBarDisplay
from skdime.displays._image import ImageDisplay
from skdime.displays._interval import IntervalDisplay
from skdime.displays._pair_heatmap import PairHeatmapDisplay
from skdime.displays._pair_map import PairMapDisplay
from skdime.displays._series import SeriesDisplay
from skdime.displays._share import ModalityShareDisplay
from skdime.displays._stability import StabilityDisplay
from skdime.displays._statements import StatementsDisplay
from skdime.displays._summary import ModalitySummaryDisplay
from skdime.displays._surrogate import SurrogateDisplay
from skdime.displays._text import TextDisplay
from skdime.displays._text_html import TextHTML
from skdime.displays._variance_components import VarianceComponentsDisplay
from skdime.displays._waterfall import WaterfallDisplay
from skdime.displays._worth import ModalityWorthDisplay

__all__ = [
    "BeeswarmDisplay",
    "BoxesDisplay",
    "ComparisonDisplay",
    "ContributionScatterDisplay",
    "CostErrorDisplay",
    "DependenceDisplay",
    "FaithfulnessCurvesDisplay",
    "GlobalBarDisplay",
    "ImageDisplay",
    "IntervalDisplay",
    "ModalityShareDisplay",
    "ModalitySummaryDisplay",
    "ModalityWorthDisplay",
    "PairHeatmapDisplay",
    "PairMapDisplay",
    "SeriesDisplay",
    "StabilityDisplay",
    "StatementsDisplay",
    "SurrogateDisplay",
    "TextDisplay",
    "TextHTML",
    "VarianceComponentsDisplay",
    "WaterfallDisplay",
]
