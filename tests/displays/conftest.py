"""Explanations that several modules of tests draw."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime._results.noise import explanation_without_noise
from skdime.metrics import faithfulness_curves, modality_worth
from skdime.model_selection import compare, cross_explain
from skdime.perturbers import ImagePerturber, TextPerturber
from tests.displays._pictures import (
    N_ROWS,
    OF_EXPLANATIONS,
    explain,
    find,
    fitted,
    make_explainer,
    make_rows,
    model,
    product,
    three_outputs,
)


@pytest.fixture(scope="session")
def rows():
    """Thirty rows of a text, a series, a table and an image."""
    return make_rows()


@pytest.fixture(scope="session")
def explainer(request, rows):
    """A fitted explainer of a model with three outputs, or of the one asked for.

    Most tests read one of the outputs; those of what is written or of all outputs have
    the mark `one_or_three_outputs`.
    """
    return make_explainer(getattr(request, "param", three_outputs)).fit(rows)


@pytest.fixture(scope="session")
def explained(explainer, rows):
    """The third row explained by itself, and six rows."""
    return {
        "row": explainer.explain(rows[[2]]),
        "rows": explainer.explain(rows[:N_ROWS]),
    }


@pytest.fixture(scope="session")
def explanation(explained):
    """Six rows explained; displays draw 0 for what rounding has left."""
    return explanation_without_noise(explained["rows"])


@pytest.fixture(scope="session")
def folds(rows):
    """Explanations of the same rows in three folds."""
    return cross_explain(make_explainer(model), rows, cv=3, X_common=rows[:4])


@pytest.fixture(scope="session")
def pairs():
    """Effects of pairs of a product of two modalities of two features each."""
    explainer, X = fitted(product, 4, 2)
    return explainer.explain_pairs(X[:N_ROWS])


@pytest.fixture(scope="session")
def summary():
    """Shares of a product of three modalities of two features each."""
    explainer, X = fitted(product, 6, 3)
    return explainer.disentangler_.summarize(X)


@pytest.fixture(scope="session")
def comparison(rows):
    """Two models of all kinds of modalities, one of which also reads the vitals."""

    def other(X):
        return model(X) + X["vitals"][:, 2]

    explainers = [make_explainer(each).fit(rows[:12]) for each in (model, other)]
    return compare(dict(zip(("old", "new"), explainers, strict=True)), rows[:3])


@pytest.fixture(scope="session")
def worth():
    """Scores of sets of three modalities of two features each."""
    explainer, X = fitted(product, 6, 3)
    return modality_worth(explainer, X, product(X))


@pytest.fixture(scope="session")
def curves():
    """Features of a product of three modalities, taken out and put back."""
    explainer, X = fitted(product, 6, 3)
    return faithfulness_curves(explainer, X[:3], random_state=0)


@pytest.fixture(scope="session")
def seen():
    """A model of a text and an image, two rows explained, and their pairs."""
    rng = np.random.RandomState(0)
    words = ["left", "right", "the", "circle"]
    rows = MultimodalArray(
        scene=rng.uniform(size=(30, 4, 6)),
        question=[" ".join(rng.permutation(words)[:3]) for _ in range(30)],
    )

    def asked(X):
        means = X["scene"].reshape(-1, 4, 2, 3).mean(axis=(1, 3))
        words = [[word in q for q in X["question"]] for word in ("left", "right")]
        return (means.T * np.array(words)).sum(axis=0)

    image = [("scene", ImagePerturber((2, 2), replacement=0.0))]
    disentangler = Disentangler(asked, n_references=20, random_state=0)
    explainer = LocalExplainer(disentangler, image, random_state=0).fit(rows)
    return explainer.explain(rows[:2]), explainer.explain_pairs(rows[:2])


@pytest.fixture
def draw(pyplot, explanation, folds, pairs, summary, comparison, worth, seen, curves):
    """Draw a display by name."""

    def draw(name, **options):
        display = find(name)
        if name == "StabilityDisplay":
            return display.from_cv_results(folds, **options)
        if name == "StatementsDisplay":
            pytest.importorskip("pandas")
            return display.from_statements(folds.statements(), **options)
        if name == "VarianceComponentsDisplay":
            return display.from_components(folds.variance_components(), **options)
        if name == "IntervalDisplay":
            return display.from_result(folds.stability(), **options)
        if name == "FaithfulnessCurvesDisplay":
            return display.from_curves(curves, **options)
        if name == "ComparisonDisplay":
            return display.from_comparison(comparison, **options)
        if name == "PairHeatmapDisplay":
            return display.from_pairs(pairs, **options)
        if name == "ModalitySummaryDisplay":
            return display.from_summary(summary, **options)
        if name == "ModalityWorthDisplay":
            return display.from_worth(worth, **options)
        if name == "PairMapDisplay":
            return display.from_explanation(*seen, **options)
        if name == "CostErrorDisplay":
            runs = [10, 100, 10, 100], [0.3, 0.1, 0.2, 0.02], ["a", "a", "b", "b"]
            return display.from_arrays(*runs, **options)
        return display.from_explanation(explanation, **OF_EXPLANATIONS[name], **options)

    return draw


@pytest.fixture(scope="session")
def table():
    """A function that explains a table of so many columns and modalities."""

    def explain(names, modalities, outputs=1):
        X = np.random.RandomState(0).normal(size=(20, len(names)))
        columns = np.array_split(np.arange(len(names)), len(modalities))
        disentangler = Disentangler(
            lambda X: np.tile(np.tanh(X).sum(axis=1) ** 2, (outputs, 1)).T,
            list(zip(modalities, columns, strict=True)),
            n_references=5,
            random_state=0,
        )
        explainer = LocalExplainer(disentangler, n_samples=30, random_state=0)
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame(X, columns=names)
        return explainer.fit(frame).explain(frame[:5])

    return explain


@pytest.fixture(scope="session")
def product_explanation():
    """A product of two modalities of two features each."""
    return explain(product, 4, 2)


@pytest.fixture(scope="session")
def constant():
    """A model that always says 5."""
    return explain(lambda X: np.full(len(X), 5.0), 4, 2)


@pytest.fixture(scope="session")
def many():
    """Nine modalities, more than there are colours."""
    return explain(lambda X: X @ np.arange(1, 10.0), 9, 9)


@pytest.fixture(scope="session")
def notes():
    """Texts in which a word may be missing."""
    X = MultimodalArray(
        note=[
            ["no pain", "fever and pain", "fever", "cough", "sleep"][i % 5]
            for i in range(20)
        ],
        age=np.arange(20.0)[:, None],
    )

    def model(X):
        fever = np.array(["fever" in note for note in X["note"]], dtype=float)
        return fever * X["age"][:, 0] + 3 * fever

    disentangler = Disentangler(model, n_references=8, random_state=0)
    texts = [("note", TextPerturber())]
    return LocalExplainer(disentangler, texts, random_state=0).fit(X).explain(X[:10])
