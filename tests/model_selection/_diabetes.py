"""Explainers of the diabetes table, its columns in two modalities."""

from skdime import Disentangler, LocalExplainer
from tests._data import slopes

EXAM = [("exam", slice(0, 4)), ("serum", slice(4, 10))]
LINES = slopes(EXAM)


def explainer_of(model, n_samples=50, random_state=0, perturbers="auto", **options):
    dis = Disentangler(model, EXAM, n_references=20, **options)
    return LocalExplainer(
        dis, perturbers, n_samples=n_samples, random_state=random_state
    )
