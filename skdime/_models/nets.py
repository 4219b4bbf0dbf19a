"""Nets and trainers of other libraries, which read rows in their own way."""

from functools import partial

from sklearn.frozen import FrozenEstimator

from skdime._rows.containers import is_multimodal
from skdime._utils.optional import loaded_types


def as_read_by(model, X):
    """Rows in the container that a model reads: those of a dict are a dict again.

    A skorch net takes keys as SliceDict.

    Parameters
    ----------
    model : estimator or callable
        Also a net in a search or frozen, fitted or not.
    X : container of rows
    """
    if is_multimodal(X) and isinstance(
        _inside(model), loaded_types("NeuralNet", "skorch.net")
    ):
        from skorch.helper import SliceDict

        return SliceDict(**dict(X.items()))
    return X._as_given() if is_multimodal(X) else X


def is_trainer(model):
    """Whether it is a trainer of pytorch-widedeep: trained, and no estimator."""
    return isinstance(
        model, loaded_types("Trainer", "pytorch_widedeep.training.trainer")
    )


def function_of_trainer(trainer, name):
    """A method of a trainer as a function of a MultimodalArray; None without one."""
    method = getattr(trainer, name, None)
    return None if method is None else partial(_by_keys, trainer, method)


def _by_keys(trainer, method, X):
    verbose, trainer.verbose = trainer.verbose, 0  # a progress bar for each call
    try:
        return method(**dict(X.items()))
    finally:
        trainer.verbose = verbose


def _inside(model):
    """The model in searches and frozen estimators."""
    while hasattr(model, "estimator") and (
        isinstance(model, FrozenEstimator) or hasattr(model, "refit")
    ):
        model = model.estimator
    return model
