"""Methods that were replaced on a fitted model, of which nothing is proved then."""

import inspect

import numpy as np

_NOTHING = object()


def replaced_method(model):
    """Name of a method that an instance inside a model replaces, or None.

    A class says what a method computes as long as no instance has another one of the
    same name, as after ``model.predict = calibrated``.

    Parameters
    ----------
    model : fitted estimator
        Searched with all estimators that it holds, at any depth.

    Returns
    -------
    name : str or None
        Such as ``"LinearRegression.predict"``.
    """
    stack, seen = [model], set()
    while stack:
        estimator = stack.pop()
        if id(estimator) in seen:
            continue
        seen.add(id(estimator))
        for name, value in vars(estimator).items():
            if callable(value) and _is_method(type(estimator), name):
                return f"{type(estimator).__name__}.{name}"
            stack.extend(_estimators_in(value))
    return None


def _is_method(kind, name):
    inherited = inspect.getattr_static(kind, name, _NOTHING)
    # properties and scikit-learn's conditional methods are descriptors
    return callable(inherited) or hasattr(inherited, "__get__")


def _estimators_in(value):
    """The estimators that an attribute holds, by itself or in containers."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, np.ndarray):
        value = list(value.flat) if value.dtype.kind == "O" else []
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _estimators_in(item)
    elif _is_estimator(value):
        yield value


def _is_estimator(value):
    methods = ("fit", "predict", "transform")
    is_object = hasattr(value, "__dict__") and not inspect.isclass(value)
    return is_object and any(hasattr(type(value), name) for name in methods)
