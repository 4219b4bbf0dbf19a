"""What ``LocalExplainer.describe_modalities`` says of rows to fit on."""

from sklearn.base import clone

from skdime._estimators.budget import affordable_choices
from skdime._estimators.resolved_rows import resolved_rows
from skdime._rows.validation import check_rows, feature_names_of
from skdime.perturbers._description import described


def description_before_fit(explainer, X):
    """See ``LocalExplainer.describe_modalities``.

    Parameters
    ----------
    explainer : LocalExplainer
        Not fitted.
    X : container of rows

    Returns
    -------
    description : ModalityDescription
    """
    probe, dis = clone(explainer), explainer.disentangler
    X, modalities, _ = resolved_rows(dis, probe, check_rows(probe, X, reset=True))
    names = feature_names_of(probe, X)
    explainer._check_names()
    choices, _ = affordable_choices(explainer, X, modalities)
    return described(choices, X, modalities, names)
