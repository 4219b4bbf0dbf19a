"""Parameters compared with their constraints; messages quote little of what is "
"wrong."""

import re
from collections.abc import Callable
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from sklearn.base import BaseEstimator

from skdime._utils import from_sklearn
from skdime._utils.listed import LONGEST

_Function = TypeVar("_Function", bound=Callable[..., Any])
# scikit-learn quotes all of a value, which may be data.
_QUOTED = re.compile(rf"(?<= Got )(.{{{LONGEST}}}).*(?= instead\.$)", flags=re.DOTALL)


def fit_context(
    *, prefer_skip_nested_validation: bool
) -> Callable[[_Function], _Function]:
    """As scikit-learn's decorator of ``fit``."""
    return _cutting(
        from_sklearn._fit_context(
            prefer_skip_nested_validation=prefer_skip_nested_validation
        )
    )


def validate_params(
    parameter_constraints: dict[str, Any], *, prefer_skip_nested_validation: bool
) -> Callable[[_Function], _Function]:
    """As scikit-learn's decorator of functions."""
    return _cutting(
        from_sklearn.validate_params(
            parameter_constraints,
            prefer_skip_nested_validation=prefer_skip_nested_validation,
        )
    )


def check_parameters(estimator: BaseEstimator) -> None:
    """Compare an estimator's parameters with its constraints."""
    with _quoting_little():
        estimator._validate_params()


def _cutting(decorate):
    def decorated(function):
        checked = decorate(function)

        @wraps(checked)
        def call(*args, **kwargs):
            with _quoting_little():
                return checked(*args, **kwargs)

        return call

    return decorated


@contextmanager
def _quoting_little():
    try:
        yield
    except from_sklearn.InvalidParameterError as error:
        error.args = (_QUOTED.sub(r"\1…", str(error)),)
        raise
