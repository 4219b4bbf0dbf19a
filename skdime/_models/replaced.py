"""Methods that were replaced on a fitted model, of which nothing is proved then."""

import inspect

from skdime._models.nested import nested_estimators

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
    for estimator in nested_estimators(model):
        for name, value in vars(estimator).items():
            if callable(value) and _is_method(type(estimator), name):
                return f"{type(estimator).__name__}.{name}"
    return None


def _is_method(kind, name):
    inherited = inspect.getattr_static(kind, name, _NOTHING)
    # properties and scikit-learn's conditional methods are descriptors
    return callable(inherited) or hasattr(inherited, "__get__")
