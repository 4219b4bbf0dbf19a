"""A table of patients, a model of it and its explainers."""

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from skdime import Disentangler, LocalExplainer
from tests._data import slopes

N = 40


MODALITIES = [("exam", ["age", "sex", "pulse"]), ("lab", ["ldl", "ward"])]


def columns():
    rng = np.random.RandomState(0)
    return {
        "age": rng.randint(20, 90, size=N),
        "sex": np.array(["f", "m"])[np.arange(N) % 2].tolist(),
        "pulse": rng.normal(70, 10, size=N),
        "ldl": rng.normal(3, 1, size=N),
        "ward": np.array(["east", "west", "north"])[np.arange(N) % 3].tolist(),
    }


def patients():
    """The columns as a pandas frame with a name for each row."""
    pd = pytest.importorskip("pandas")
    return pd.DataFrame(columns(), index=[f"patient {i}" for i in range(N)])


def model():
    encoder = ColumnTransformer(
        [
            (
                "words",
                OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                ["sex", "ward"],
            )
        ],
        remainder="passthrough",
    )
    return make_pipeline(encoder, DecisionTreeClassifier(max_depth=5, random_state=0))


def disentangler_of(**options):
    options = {"modalities": MODALITIES, "n_references": 8} | options
    return Disentangler(model(), **options, random_state=0)


def explainer_of(perturbers=None, n_samples=N, algorithm="auto", **options):
    """An explainer of straight lines, which do not know values never drawn."""
    if perturbers is None:
        perturbers = "auto" if "modalities" in options else slopes(MODALITIES)
    return LocalExplainer(
        disentangler_of(**options),
        perturbers,
        n_samples=n_samples,
        algorithm=algorithm,
        random_state=0,
    )


# Methods that take rows, and how to make an estimator that has them.
METHODS = {
    "transform": explainer_of,
    "explain": explainer_of,
    "score": explainer_of,
    "cost": explainer_of,
    "decompose": disentangler_of,
}
