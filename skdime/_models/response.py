"""From any model to one array of shape (n_rows, n_outputs) of finite floats."""

import numpy as np

from skdime._models.log_odds import LOG_ODDS, LOG_RATIOS, log_odds, slopes_by_clip
from skdime._models.nets import as_read_by
from skdime._models.output_matrix import check_finite, is_integer, output_matrix
from skdime._models.response_method import choose_method, method_of
from skdime._models.structure import last_step
from skdime._utils.listed import count, listed

_UNITS = {
    "decision_function": "decision function",
    "predict_proba": "probability",
    "predict_log_proba": "log-probability",
    "predict_joint_log_proba": "joint log-probability",
    "predict": "prediction",
    "callable": "model output",
}
_PROBABILITIES = ("predict_proba", "predict_log_proba")


class Response:
    """The output of a fitted model as an array of shape (n_rows, n_outputs).

    Parameters
    ----------
    model : fitted estimator or callable
        A callable takes the container of rows and returns the output.
    response_method : str
        One of ``RESPONSE_METHODS``.
    multilabel : bool, default=False
        Whether the columns of ``predict_proba`` are labels, not classes of one
        target.
    pos_label : object, default=None
        The class whose output a binary classifier has; None is ``classes_[1]``.
    link : {"identity", "logit"}
        ``"logit"`` turns probabilities into log-odds (one output) or centred
        log-ratios (several), clipped as in :mod:`skdime._models.log_odds`.

    Attributes
    ----------
    method : str
        The method that is called, ``"callable"`` for a callable.
    n_outputs : int or None
        Outputs of a row; None before the first call.
    of_first : bool
        Whether the output is that of ``classes_[0]``.
    gives_integers : bool
        Whether the model returned integers in its last call.
    smallest : float
        Its smallest output so far.
    """

    def __init__(
        self,
        model,
        response_method="auto",
        link="identity",
        multilabel=False,
        pos_label=None,
    ):
        self.model, self.pos_label = model, pos_label
        self.link = link
        self.multilabel = multilabel
        self.method = choose_method(model, response_method, link)
        self.n_outputs = None
        self.gives_integers, self.smallest = False, np.inf
        if link == "logit" and self.method not in ("predict_proba", "callable"):
            has_probabilities = method_of(model, "predict_proba") is not None
            fix = "Set response_method='predict_proba' or link='identity'."
            if not has_probabilities:
                fix = "Set link='identity', or explain a model with predict_proba."
            raise ValueError(
                "link='logit' turns probabilities into log-odds, but the output used "
                f"is {self.method!r:.60}. {fix}"
            )
        self.of_first = self._is_first(pos_label)

    def unit_of(self, n_outputs):
        """The unit of the outputs, of which there are `n_outputs` per row."""
        if self.link == "identity":
            return _UNITS[self.method]
        sizes = self._target_sizes(n_outputs)
        links = {LOG_ODDS if size == 1 else LOG_RATIOS for size in sizes}
        return " or ".join(sorted(links, reverse=True))

    def of(self, model):
        """The same output of what follows the first steps of the model."""
        options = self.link, self.multilabel, self.pos_label
        return Response(model, self.method, *options)

    def __call__(self, X):
        """Call the model on the rows of `X`, check and shape what it returns."""
        function = method_of(self.model, self.method)
        output = function(as_read_by(self.model, X))
        if isinstance(output, list) and self.method in _PROBABILITIES:
            # one array for each target of a multi-output classifier
            output = np.hstack([_without_complement(part) for part in output])
        self.gives_integers = is_integer(output)
        output = output_matrix(output, X.shape[0], self.method)
        check_finite(output, self.method)
        self.smallest = min(self.smallest, output.min(initial=np.inf))
        return self._positive_class(output)

    def linked(self, output):
        """Outputs in the unit asked for, and how many of them had to be clipped.

        The first call, in ``fit``, fixes the number of outputs.
        """
        if self.n_outputs is None:
            self.n_outputs = output.shape[1]
        if output.shape[1] != self.n_outputs:
            now = count(output.shape[1], "output")
            raise ValueError(
                f"The model ({self.method}) returned {now} per row and "
                f"{self.n_outputs:,} before. It must return the same number in every "
                f"call, whatever the rows are.{_hint_for_similarities(output)}"
            )
        if self.link == "identity":
            return output, 0
        by_target = [log_odds(target) for target in self._by_target(output)]
        values, clipped = zip(*by_target, strict=True)
        return np.hstack(values), sum(clipped)

    def slopes_by_clip(self, values):
        """How log-odds move with the clip; see :func:`slopes_by_clip`.

        Parameters
        ----------
        values : ndarray of shape (..., n_outputs)
            All outputs, as :meth:`linked` returns them.
        """
        by_target = self._by_target(values)
        return np.concatenate([slopes_by_clip(each) for each in by_target], axis=-1)

    def _by_target(self, outputs):
        """Those of every target of a multi-output classifier by itself."""
        stops = np.cumsum(self._target_sizes(outputs.shape[-1]))[:-1]
        return np.split(outputs, stops, axis=-1)

    def _target_sizes(self, n_outputs):
        classes = getattr(self.model, "classes_", None)
        if isinstance(classes, list):
            return [len(_explained_classes(labels)) for labels in classes]
        return [1] * n_outputs if self.multilabel else [n_outputs]

    def output_names(self, n_outputs, targets=None):
        """A name for each of the `n_outputs` columns of the output.

        Classes, or the names of the columns of the target, where there are any.
        """
        names = self._class_names(n_outputs)
        if names is None and targets is not None and len(targets) == n_outputs:
            names = [str(name) for name in targets]
        if names is None:
            several = [f"output{i}" for i in range(n_outputs)]
            names = several if n_outputs > 1 else ["output"]
        return np.asarray(names, dtype=str)

    def _class_names(self, n_outputs):
        """Names of the classes, or None where outputs are not one for each."""
        classes = getattr(self.model, "classes_", None)
        if classes is None or self.method in ("predict", "callable"):
            return None
        if self.method == "decision_function" and _is_one_vs_one(self.model):
            return None
        if isinstance(classes, list):
            names = [
                f"target{t}_{label}"
                for t, labels in enumerate(classes)
                for label in _explained_classes(labels)
            ]
        else:
            explained = _explained_classes(classes) if n_outputs == 1 else classes
            explained = classes[:1] if self.of_first else explained
            names = [str(label) for label in explained]
        return names if len(names) == n_outputs else None

    def _positive_class(self, output):
        """Of a binary classifier, keep the output of one class only."""
        classes = getattr(self.model, "classes_", None)
        one_target = not isinstance(classes, list) and not self.multilabel
        two = output.shape[1] == 2 and self.method in _PROBABILITIES
        if two and one_target:
            return output[:, :1] if self.of_first else output[:, 1:]
        return -output if self.of_first else output

    def _is_first(self, pos_label):
        """Whether a class that was asked for is the first of two."""
        if pos_label is None:
            return False
        classes = getattr(self.model, "classes_", None)
        methods = ("decision_function", *_PROBABILITIES)
        if np.ndim(classes) != 1 or len(classes) != 2 or self.method not in methods:
            raise ValueError(
                f"pos_label={pos_label!r:.60} chooses one of two classes, but the "
                f"output is {self.method!r:.60} of a model with "
                f"{'no' if classes is None else 'other'} classes. Leave pos_label=None."
            )
        if pos_label not in list(classes):
            raise ValueError(
                f"pos_label={pos_label!r:.60} is none of the classes "
                f"[{listed(classes.tolist())}]."
            )
        return bool(pos_label == classes[0])


def _hint_for_similarities(output):
    if output.shape[0] != output.shape[1]:
        return ""
    return (
        " A call with as many outputs as rows looks like a matrix of similarities of "
        "all rows with all others: return its diagonal, lambda X: "
        "np.diagonal(model(X)), or similarities with fixed candidates."
    )


def _without_complement(probabilities):
    probabilities = np.asarray(probabilities)
    return probabilities[:, 1:] if probabilities.shape[1] == 2 else probabilities


def _explained_classes(labels):
    """Of two classes the second stands for both."""
    return labels[1:] if len(labels) == 2 else labels


def _is_one_vs_one(model):
    """Whether scores compare pairs of classes, as many as classes when there are 3."""
    pairwise = getattr(last_step(model), "decision_function_shape", None) == "ovo"
    return pairwise and len(model.classes_) > 2
