"""scikit-learn has no types: its decorators would hide those of what they decorate."""

from collections.abc import Callable
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])

def _fit_context(
    *, prefer_skip_nested_validation: bool
) -> Callable[[_Function], _Function]: ...
def validate_params(
    parameter_constraints: dict[str, Any], *, prefer_skip_nested_validation: bool
) -> Callable[[_Function], _Function]: ...
def __getattr__(name: str) -> Any: ...
