"""Explainers of the diabetes table, its columns in two modalities."""

from skdime import Disentangler, LocalExplainer

EXAM = [("exam", slice(0, 4)), ("serum", slice(4, 10))]


def explainer_of(model, n_samples=50, random_state=0, **options):
    dis = Disentangler(model, EXAM, n_references=20, **options)
    return LocalExplainer(dis, n_samples=n_samples, random_state=random_state)
