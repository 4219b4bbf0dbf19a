"""Names taken from private corners of scikit-learn, all of them in one place.

A release of scikit-learn that moves one of them breaks this module and no other.
"""

from sklearn.base import _fit_context
from sklearn.utils import _safe_indexing
from sklearn.utils._indexing import _get_column_indices
from sklearn.utils._optional_dependencies import check_matplotlib_support
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    StrOptions,
    validate_params,
)
from sklearn.utils._show_versions import _get_sys_info
from sklearn.utils.metadata_routing import _routing_enabled
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import _check_feature_names_in, _check_method_params

try:
    from sklearn.utils._repr_html.estimator import _VisualBlock
except ImportError:  # before scikit-learn 1.7
    from sklearn.utils._estimator_html_repr import _VisualBlock

__all__ = [
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "StrOptions",
    "_BaseComposition",
    "_VisualBlock",
    "_check_feature_names_in",
    "_check_method_params",
    "_fit_context",
    "_get_column_indices",
    "_get_sys_info",
    "_routing_enabled",
    "_safe_indexing",
    "check_matplotlib_support",
    "validate_params",
]
