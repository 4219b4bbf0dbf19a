"""Names taken from private corners of scikit-learn, all of them in one place.

A release of scikit-learn that moves one of them breaks this module and no other.
"""

import re
from contextlib import contextmanager
from functools import wraps

from sklearn.base import BaseEstimator
from sklearn.base import _fit_context as _fit_context_of_sklearn
from sklearn.utils import _safe_indexing
from sklearn.utils._indexing import _get_column_indices
from sklearn.utils._optional_dependencies import check_matplotlib_support
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    StrOptions,
)
from sklearn.utils._param_validation import (
    validate_params as _validate_params_of_sklearn,
)
from sklearn.utils._show_versions import _get_sys_info
from sklearn.utils.metadata_routing import _routing_enabled
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import _check_feature_names_in, _check_method_params

try:
    from sklearn.utils._repr_html.estimator import _VisualBlock
except ImportError:  # before scikit-learn 1.7
    from sklearn.utils._estimator_html_repr import _VisualBlock

# What it quotes of a parameter that is wrong: all of it, which may be data.
_QUOTED = re.compile(r"(?<= Got )(.{60}).*(?= instead\.$)", re.DOTALL)


@contextmanager
def _quoting_little():
    """Cut what messages about parameters quote of their values."""
    try:
        yield
    except InvalidParameterError as error:
        error.args = (_QUOTED.sub(r"\1…", str(error)),)
        raise


def _fit_context(*, prefer_skip_nested_validation):
    decorate = _fit_context_of_sklearn(
        prefer_skip_nested_validation=prefer_skip_nested_validation
    )
    return _cutting(decorate)


def validate_params(parameter_constraints, *, prefer_skip_nested_validation):
    decorate = _validate_params_of_sklearn(
        parameter_constraints,
        prefer_skip_nested_validation=prefer_skip_nested_validation,
    )
    return _cutting(decorate)


def _cutting(decorate):
    def decorated(function):
        checked = decorate(function)

        @wraps(checked)
        def call(*args, **kwargs):
            with _quoting_little():
                return checked(*args, **kwargs)

        return call

    return decorated


def check_parameters(estimator):
    """Compare an estimator's parameters with its constraints."""
    with _quoting_little():
        BaseEstimator._validate_params(estimator)


__all__ = [
    "HasMethods",
    "Interval",
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
    "check_parameters",
    "validate_params",
]
