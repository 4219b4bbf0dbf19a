"""The model that is explained: an estimator to be fitted, or what is kept as it is."""

import inspect
import re

from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from skdime._models.nets import as_read_by, is_trainer
from skdime._models.received import received
from skdime._rows.modalities import as_pairs
from skdime._utils.from_sklearn import _VisualBlock
from skdime._utils.listed import listed, quote_less, shortened
from skdime._utils.optional import loaded_types
from skdime._utils.warn import warn

# Modalities that a diagram has room for.
_MOST_DRAWN = 6
# Tags of an estimator that say what it predicts.
OF_KIND = "target_tags", "estimator_type", "classifier_tags", "regressor_tags"


def is_fitted(estimator):
    """Whether an estimator is fitted, or needs no fit.

    Parameters
    ----------
    estimator : estimator
    """
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    return True


def warn_if_refitted(estimator):
    """Say that ``fit`` fits a copy of a model that is fitted already.

    Parameters
    ----------
    estimator : estimator or callable
    """
    if inspect.isclass(estimator) or not hasattr(estimator, "__sklearn_tags__"):
        return
    frozen = isinstance(estimator, FrozenEstimator)
    if frozen or not get_tags(estimator).requires_fit or not is_fitted(estimator):
        return
    warn(
        f"{type(estimator).__name__} is fitted already. `fit` fits a copy of it to X "
        "and y, and this copy is explained. To explain the model as it is, use "
        "skdime.explain(model, X, ...) or Disentangler(FrozenEstimator(model), ...)."
    )


def fitted_model(estimator, X, y, fit_params):
    """A fitted clone of an estimator; a callable as it is.

    Parameters
    ----------
    estimator : estimator or callable
    X : container of rows
    y : array-like or None
    fit_params : dict
        Passed to ``fit``.

    Warns
    -----
    UserWarning
        If the estimator is fitted already.

    Raises
    ------
    TypeError
        If `estimator` is a class, a torch module or no scikit-learn estimator, or a
        callable is given parameters for ``fit``.
    ValueError
        If it cannot be fitted without `y`.
    """
    if not hasattr(estimator, "fit"):
        _check_is_no_module(estimator)
        if fit_params:
            raise TypeError(
                f"fit was given {sorted(fit_params)}, but `estimator` is a plain "
                "callable, which is not fitted. Remove these arguments."
            )
        return estimator
    if is_trainer(estimator):
        return estimator  # it is trained already, and cannot be cloned
    _check_is_estimator(estimator)
    warn_if_refitted(estimator)
    estimator = clone(estimator)
    try:
        return estimator.fit(as_read_by(estimator, X), y, **fit_params)
    except NotFittedError:
        raise
    except Exception as error:
        quote_less(error)
        is_of_input = isinstance(error, (TypeError, ValueError))
        if is_of_input and y is None and not isinstance(estimator, FrozenEstimator):
            raise ValueError(
                f"{type(estimator).__name__} could not be fitted, and y is None. `fit` "
                "trains a copy of the model, even if the model is already trained. "
                "If the model needs a target, pass y. To keep a trained model, pass "
                "Disentangler(FrozenEstimator(model), ...). The model's own error: "
                f"{error}"
            ) from error
        error.add_note(
            f"It is an error of {type(estimator).__name__}.fit, the `estimator`. It "
            f"received X, {received(X)}, and y. What encodes texts or categories, or "
            "fills missing values, belongs into a pipeline with the model."
        )
        raise


def with_tags_of(estimator, tags):
    """Tags that say of input, target and kind what those of an estimator say."""
    if not inspect.isclass(estimator) and hasattr(estimator, "__sklearn_tags__"):
        inner = get_tags(estimator)
        for name in ("allow_nan", "sparse", "categorical", "string", "positive_only"):
            setattr(tags.input_tags, name, getattr(inner.input_tags, name))
        for name in OF_KIND:
            setattr(tags, name, getattr(inner, name))
    return tags


def beside_modalities(estimator, modalities):
    """What HTML shows: the model, and beside it the modalities with their columns."""
    entries = [] if modalities is None else as_pairs(modalities)
    blocks = [(str(name), _written(columns)) for name, columns in entries[:_MOST_DRAWN]]
    if more := len(entries) - len(blocks):
        blocks.append((f"and {more} more", ", ".join(str(n) for n, _ in entries)))
    blocks = blocks or [("modalities", "one for every column")]
    names, columns = zip(*blocks, strict=True)
    return _VisualBlock(
        "parallel",
        [estimator if hasattr(estimator, "fit") else "model", *columns],
        names=["estimator", *names],
        name_details=[str(estimator), *columns],
    )


def _written(columns):
    """Columns as users would say which they are."""
    if isinstance(columns, slice):
        ends = columns.start, columns.stop
        return " : ".join("" if end is None else str(end) for end in ends)
    if isinstance(columns, re.Pattern):
        return columns.pattern
    if isinstance(columns, (list, tuple, set, frozenset, range)):
        return listed(list(columns), write=str)
    return shortened(columns)


def _check_is_no_module(estimator):
    if isinstance(estimator, loaded_types("Module", "torch.nn")):
        name = type(estimator).__name__
        raise TypeError(
            f"`estimator` is the torch module {name}, which takes tensors. Wrap it: "
            f"Disentangler(TorchModel(module), ...) of skdime.models, which also "
            "switches off dropout and gradients."
        )


def _check_is_estimator(estimator):
    if inspect.isclass(estimator):
        raise TypeError(
            f"`estimator` is the class {estimator.__name__}. Pass an "
            f"instance: Disentangler({estimator.__name__}(), ...)."
        )
    if not hasattr(estimator, "__sklearn_tags__"):
        name = type(estimator).__name__
        has_scores = hasattr(estimator, "predict_proba")
        method = "predict_proba" if has_scores else "predict"
        raise TypeError(
            f"{name} has fit, but is no scikit-learn estimator (it has no tags). "
            f"Pass a function of it, as in Disentangler(model.{method}, ...)."
        )
