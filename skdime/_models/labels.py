"""Labels of classes, which cannot be split into contributions as quantities can."""

from functools import partial

from sklearn.base import (
    is_classifier,
    is_clusterer,
    is_outlier_detector,
    is_regressor,
)

from skdime._models.nets import is_trainer
from skdime._utils.warn import warn

SCORES = ("decision_function", "predict_proba")
_RESPONSES = (*SCORES, "predict", "predict_log_proba", "predict_joint_log_proba")


def predicts_labels(model):
    """Whether ``model.predict`` gives labels, as far as the model tells.

    Its tags tell, and without any the classes or labels that it has, or that it has
    probabilities: mixins in the wrong order lose their tags, and mixtures have none.
    """
    if is_trainer(model):
        return model.method in ("binary", "multiclass")
    if _answer_of(model, is_regressor):
        return False
    questions = (is_classifier, is_outlier_detector, is_clusterer)
    if any(_answer_of(model, question) for question in questions):
        return True
    # of the regressors of some libraries there is none in them
    classes = getattr(model, "classes_", None)
    has_classes = classes is not None and len(classes) > 0
    return has_classes or hasattr(model, "labels_") or hasattr(model, "predict_proba")


def refuse_labels(function):
    """Refuse ``classifier.predict``, also with some of its arguments given."""
    owner, name = (
        owner_of(function),
        getattr(_without_arguments(function), "__name__", ""),
    )
    if name != "predict" or not predicts_labels(owner):
        return
    name = type(owner).__name__
    scores = [method for method in SCORES if hasattr(owner, method)]
    use = f"its {' or '.join(scores)}" if scores else "a callable that returns scores"
    raise ValueError(
        f"`estimator` is the method predict of {name}, which returns labels, and "
        f"labels cannot be split into contributions. Pass {use}, or the estimator "
        f"itself: Disentangler(FrozenEstimator(model), ...)."
    )


def warn_of_method(function):
    """Say that a model itself tells more than one of its methods.

    Parameters
    ----------
    function : estimator or callable
    """
    owner = owner_of(function)
    name = getattr(_without_arguments(function), "__name__", "")
    if owner is function or not hasattr(owner, "__sklearn_tags__"):
        return
    kind = type(owner).__name__
    if name in ("fit", "transform", "fit_transform", "score"):
        raise TypeError(
            f"`estimator` is the method {name} of {kind}, which does not predict. "
            "Pass the model itself."
        )
    if name not in _RESPONSES:
        return  # a method of its own may return what no other does
    warn(
        f"`estimator` is the method {name} of {kind}. Pass the model itself, with "
        f"response_method={name!r:.60}: skdime then knows the names of classes, and "
        "has shorter ways for models such as forests."
    )


def owner_of(model):
    """An estimator itself, of a method of one the estimator, of a function None."""
    if hasattr(model, "fit") or hasattr(model, "predict"):
        return model
    return getattr(_without_arguments(model), "__self__", None)


def _without_arguments(function):
    while isinstance(function, partial):
        function = function.func
    return function


def warn_of_labels(response):
    """Warn where the outputs, once the model has been called, look like labels.

    Parameters
    ----------
    response : Response
    """
    model = response.model
    if response.method == "predict" and predicts_labels(model):
        warn(
            f"response_method='predict' explains the labels of {type(model).__name__} "
            "as quantities: a label between two others is taken for their mean. "
            "Explain probabilities or scores instead: response_method='auto'."
        )
    elif _look_like_labels(response) and not _answer_of(model, is_regressor):
        warn(
            f"The model's outputs ({response.method}) are integers, and are explained "
            "as quantities. If they are labels or codes of classes, pass a function "
            "that returns probabilities or scores. If they are counts, let it return "
            "floats: lambda X: model(X).astype(float)."
        )


def _look_like_labels(response):
    # labels count from 0 or 1; negative integers come of calculations
    return response.gives_integers and response.smallest >= 0


def _answer_of(model, question):
    try:
        return question(model)
    except AttributeError:  # not a scikit-learn estimator: no tags to ask
        return False
