"""Series of pandas and polars under a key are columns of a table."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import MaskedTabularPerturber, TabularPerturber


def by_text(dtypes):
    """A model of what is under g as text, times v; it adds the dtypes it sees."""

    def model(X):
        dtypes.add((type(X["g"]).__module__.split(".")[0], str(X["g"].dtype)))
        texts = [str(value) for value in X["g"].to_list()]
        return np.array([sum(map(ord, t)) % 11 for t in texts]) * (2 + X["v"][:, 0])

    return model


def column_of(library, kind):
    frames = pytest.importorskip(library)
    values = {
        "whole": list(range(40)),
        "real": np.linspace(0, 3, 40).round(2).tolist(),
        "text": list("abcd") * 10,
        "short": ["hi you", "so"] * 20,
        "yes or no": [True, False] * 20,
        "category": list("abcd") * 10,
        "levels": list("abcd") * 10,
    }[kind]
    if kind not in ("category", "levels"):
        return (
            frames.Series("mine", values)
            if library == "polars"
            else frames.Series(values, name="mine")
        )
    if library == "pandas":
        return frames.Series(frames.Categorical(values), name="mine")
    dtype = frames.Enum(list("abcd")) if kind == "levels" else frames.Categorical
    return frames.Series("mine", values, dtype=dtype)


@pytest.mark.parametrize("perturber", [None, TabularPerturber, MaskedTabularPerturber])
@pytest.mark.parametrize(
    "kind", ["whole", "real", "text", "short", "yes or no", "category", "levels"]
)
def test_series_of_polars_are_explained_like_those_of_pandas(kind, perturber):
    found = []
    for library in ("pandas", "polars"):
        held = column_of(library, kind)
        X = MultimodalArray(g=held, v=np.random.RandomState(0).normal(size=(40, 2)))
        dtypes = set()
        explainer = LocalExplainer(
            Disentangler(by_text(dtypes), n_references=20, random_state=0),
            [("g", perturber())] if perturber else "auto",
            n_samples=64,
            random_state=0,
        ).fit(X)
        found.append(explainer.explain(X[:3]))
        assert dtypes == {(library, str(held.dtype))}
        assert found[-1].feature_names[0] == "g"
    assert_allclose(found[0].coef, found[1].coef, atol=1e-12)
    assert np.abs(found[0].sel(modality="g")).max() > 0.1


def test_pandas_under_several_keys_has_one_index():
    """Labels come from different rows; pandas would align by them."""
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    table = pd.DataFrame(
        {"ward": rng.choice(list("ABC"), 60), "age": rng.normal(size=60)},
        index=[f"p{i}" for i in range(60)],
    )

    def model(X):
        both = pd.concat([X["ward"], X["table"]], axis=1)
        assert len(both) == len(X)
        return (X["ward"] == "A") * X["table"]["age"] + both["age"]

    X = MultimodalArray(ward=table["ward"], table=table[["age"]])
    explainer = LocalExplainer(Disentangler(model, random_state=0), random_state=0)
    found = explainer.fit(X).explain(X[:4])

    def by_position(X):
        age = X["table"].to_numpy()[:, 0]
        return (X["ward"].to_numpy() == "A") * age + age

    other = LocalExplainer(Disentangler(by_position, random_state=0), random_state=0)
    np.testing.assert_allclose(found.coef, other.fit(X).explain(X[:4]).coef)
    assert X[:2]["ward"].index.tolist() == ["p0", "p1"]  # rows that users take keep it
