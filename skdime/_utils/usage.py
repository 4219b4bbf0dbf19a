"""Calls that do not fit a function, answered by how to call it."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

# Of methods of fitted estimators.
ROWS_ALONE = (
    "Pass only the rows to explain: the model and the target belong to `fit`, and all "
    "other arguments are passed by name."
)


def called_as(
    usage: str,
) -> Callable[[Callable[_Parameters, _Result]], Callable[_Parameters, _Result]]:
    """Decorate a function whose arguments are easily mixed up.

    Parameters
    ----------
    usage : str
        Sentences that a ``TypeError`` of a call adds: how to call the function.
    """

    def decorate(
        function: Callable[_Parameters, _Result],
    ) -> Callable[_Parameters, _Result]:
        parameters = signature(function)

        @wraps(function)
        def call(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
            try:
                parameters.bind(*args, **kwargs)
            except TypeError as error:
                raise TypeError(f"{function.__name__}: {error}. {usage}") from None
            return function(*args, **kwargs)

        return call

    return decorate
