"""The estimators that an estimator holds, at any depth."""

import inspect

import numpy as np


def nested_estimators(model):
    """The model itself and all estimators in its attributes, each once.

    Parameters
    ----------
    model : object

    Yields
    ------
    estimator : object
        Has attributes of its own and fits, predicts or transforms.
    """
    stack, ids = [model], set()
    while stack:
        estimator = stack.pop()
        if id(estimator) not in ids and hasattr(estimator, "__dict__"):
            ids.add(id(estimator))
            yield estimator
            for value in vars(estimator).values():
                stack.extend(_estimators_in(value))


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
