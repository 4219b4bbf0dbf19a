"""Which method of a model gives the output that is explained."""

from functools import partial

import numpy as np

from skdime._models.labels import SCORES, predicts_labels, refuse_labels
from skdime._models.nets import as_read_by, function_of_trainer, is_trainer
from skdime._models.sklearn_classes import sklearn_class
from skdime._models.structure import last_step, unwrap

RESPONSE_METHODS = (
    "auto",
    "decision_function",
    "predict_proba",
    "predict_log_proba",
    "predict_joint_log_proba",
    "predict",
)


def choose_method(model, response_method, link="identity"):
    """The method that gives the output, ``"callable"`` for a callable.

    Parameters
    ----------
    model : estimator or callable
    response_method : str
        One of ``RESPONSE_METHODS``.
    link : {"identity", "logit"}, default="identity"
        ``"logit"`` needs probabilities, which ``"auto"`` then prefers to scores.
    """
    is_estimator = hasattr(model, "fit") or hasattr(model, "predict")
    if not is_estimator:
        if response_method != "auto":
            raise ValueError(
                f"response_method={response_method!r:.60} names a method of an "
                "estimator, "
                "but `estimator` is a plain callable, whose output is used as it is. "
                "Leave response_method='auto'."
            )
        refuse_labels(model)
        return "callable"
    if response_method != "auto":
        if method_of(model, response_method) is None:
            methods = [m for m in RESPONSE_METHODS[1:] if method_of(model, m)]
            raise ValueError(
                f"{type(unwrap(model)).__name__} has no method "
                f"{response_method!r:.60}; it has "
                f"{methods}. Choose one of these as `response_method`, or 'auto'."
            )
        return response_method
    candidates = SCORES if predicts_labels(model) else ("predict", *SCORES)
    if link == "logit":
        candidates = "predict_proba", *candidates
    for method in candidates:
        if hasattr(model, method):
            return method
    inner = unwrap(model)
    name = type(inner).__name__
    if hasattr(inner, "transform") and not hasattr(inner, "predict"):
        raise ValueError(
            f"{name} transforms rows and predicts nothing. Pass the model that follows "
            "it, in one pipeline: make_pipeline(transformer, model)."
        )
    raise ValueError(
        f"{name} gives no real-valued output (decision_function or "
        "predict_proba for a classifier, predict for a regressor), and labels cannot "
        "be split into contributions. Pass a callable that returns scores instead."
    )


def method_of(model, name):
    """A method of a model, or of the last step of a pipeline; None without one.

    Pipelines and searches hand on some methods of what they hold, but not
    ``predict_joint_log_proba``. The ``"callable"`` is the model itself.
    """
    if name == "callable":
        return model
    if is_trainer(model):
        return function_of_trainer(model, name)
    inner = unwrap(model)
    if hasattr(model, name) or name != "predict_joint_log_proba":
        return getattr(model, name, None)
    if sklearn_class(inner) == "pipeline.Pipeline" and hasattr(last_step(inner), name):
        return partial(_after_first_steps, inner, name)
    return getattr(inner, name, None)


def _after_first_steps(pipeline, name, X):
    return method_of(pipeline[-1], name)(pipeline[:-1].transform(X))


def label_rows(model, response_method):
    """Rows whose labels :func:`is_multilabel` asks a model for: none or one.

    Parameters
    ----------
    model : estimator or callable
        Before it is fitted, one is the most there may be.
    response_method : str
        One of ``RESPONSE_METHODS``, or ``"callable"``.
    """
    if response_method == "auto":
        response_method = choose_method(model, response_method)
    if is_trainer(model):
        return 0
    several_targets = isinstance(getattr(model, "classes_", None), list)
    tells = response_method in ("predict_proba", "predict_log_proba")
    return int(tells and not several_targets)


def is_multilabel(model, method, X):
    """Whether a classifier predicts several labels for each of the rows `X`.

    What it says of one row decides; ``predict_proba`` alone does not tell. A single
    column is one target, as CatBoost writes labels of three and more classes.
    """
    if not label_rows(model, method):
        return False
    shape = np.shape(model.predict(as_read_by(model, X)))
    return len(shape) == 2 and shape[1] > 1
