"""Messages and reprs quote at most 60 characters of a value, and five values."""

import ast
import re

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from skdime import Disentangler, LocalExplainer, MultimodalArray, metrics
from skdime._utils.listed import LONGEST, largest, listed, shortened
from skdime.perturbers import (
    ImagePerturber,
    SeriesPerturber,
    TabularPerturber,
    TextPerturber,
)
from tests.test_public_api import trees

# Twenty characters, so that a value of sixty has three of them.
MARK = "patient-has-diagnoses"
LONG = " ".join([MARK] * 400)
MANY = [f"{MARK}-{i}" for i in range(400)]


def test_values_in_messages_are_cut():
    # {value!r} quotes all of a value, {value!r:.60} does not
    whole = [
        f"line {node.lineno} of {name}"
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FormattedValue)
        and node.conversion == ord("r")
        and node.format_spec is None
    ]
    assert not whole


def assert_short(text):
    """At most five values, and 60 characters of each."""
    values = re.findall(rf"{MARK}(?:[ -]{MARK}|-\d+)*", text)
    assert len(values) <= 10, text  # five that were given, five that are known
    for value in values:
        assert len(value) <= LONGEST, text
    assert len(text) < 2_000


def raised_by(call):
    with pytest.raises((TypeError, ValueError, KeyError)) as caught:
        call()
    error, texts = caught.value, []
    while error is not None:
        texts += [str(error), *getattr(error, "__notes__", [])]
        suppressed = error.__suppress_context__ and error.__cause__ is None
        error = None if suppressed else error.__cause__ or error.__context__
    return texts


def mean_length(X):
    return np.asarray([[len(str(cell)) for cell in row] for row in np.asarray(X)]).mean(
        1
    )


def wide(n, names):
    pd = pytest.importorskip("pandas")
    return pd.DataFrame(np.arange(float(n * len(names))).reshape(n, -1), columns=names)


def fitted(X, **options):
    dis = Disentangler(mean_length, n_references=4, random_state=0)
    return LocalExplainer(dis, n_samples=8, random_state=0, **options).fit(X)


FREE = MultimodalArray(note=[LONG] * 6, age=np.arange(6.0))
CALLS = {
    "1D": lambda: Disentangler(mean_length).fit(np.array(MANY)),
    "1D list": lambda: Disentangler(mean_length).fit(MANY),
    "scalar": lambda: Disentangler(mean_length).fit(LONG),
    "complex": lambda: Disentangler(mean_length).fit(np.zeros((99, 2), complex)),
    "dict": lambda: Disentangler(mean_length).fit({LONG: [1], **dict.fromkeys(MANY)}),
    "not callable": lambda: Disentangler(LONG).fit(np.zeros((4, 2))),
    "parameter": lambda: fitted(np.zeros((4, 2)), n_samples=LONG),
    "parameter list": lambda: fitted(np.zeros((4, 2)), alpha=MANY),
    "seed": lambda: Disentangler(mean_length, random_state=LONG).fit(np.zeros((4, 2))),
    "modalities": lambda: Disentangler(mean_length, [LONG]).fit(np.zeros((4, 2))),
    "modality": lambda: Disentangler(mean_length, [(LONG, MANY), ("b", [1])]).fit(
        wide(4, ["a", "b"])
    ),
    "in no modality": lambda: Disentangler(mean_length, [("a", [0]), ("b", [1])]).fit(
        wide(4, MANY)
    ),
    "twice": lambda: Disentangler(mean_length).fit(wide(4, [LONG, LONG, *MANY, *MANY])),
    "other columns": lambda: (
        Disentangler(mean_length, [("a", [0]), ("b", [1])])
        .fit(wide(4, ["a", "b"]))
        .decompose(wide(4, [LONG, *MANY]))
    ),
    "texts as numbers": lambda: LocalExplainer(
        Disentangler(mean_length, random_state=0),
        [("x0", TabularPerturber(categorical_features=[]))],
        n_samples=8,
    ).fit(np.array([[LONG, "1"]] * 6, dtype=object)),
    "no output": lambda: Disentangler(lambda X: np.array(MANY[: len(X)])).fit(
        np.zeros((4, 2))
    ),
    "groups": lambda: fitted(
        np.zeros((4, 2)), perturbers=[("x0", TabularPerturber(groups={LONG: [LONG]}))]
    ),
    "perturber": lambda: fitted(np.zeros((4, 2)), perturbers=[(LONG, LONG)]),
    "unknown modality": lambda: fitted(
        np.zeros((4, 2)), perturbers=[(name, TabularPerturber()) for name in MANY]
    ),
    "no series": lambda: SeriesPerturber().fit(MultimodalArray(a=[LONG] * 3)),
    "no image": lambda: ImagePerturber().fit(MultimodalArray(a=[LONG] * 3)),
    "no text": lambda: TextPerturber().fit(MultimodalArray(a=[np.array(MANY)] * 3)),
    "tokenizer": lambda: TextPerturber(tokenizer=LONG).fit(MultimodalArray(a=["a b"])),
    "mask token": lambda: TextPerturber(mask_token=MANY).fit(
        MultimodalArray(a=["a b"])
    ),
    "no tokens": lambda: TextPerturber(lambda text: 3.0).fit(
        MultimodalArray(a=[LONG] * 3)
    ),
    "no key": lambda: FREE[LONG],
    "no keys": lambda: MultimodalArray({name: [1] for name in MANY})[LONG],
    "metrics": lambda: metrics.stability(LONG),
}


@pytest.mark.parametrize("name", CALLS)
def test_errors_are_short(name):
    for text in raised_by(CALLS[name]):
        assert_short(text)


@pytest.fixture(scope="module")
def explained():
    """Long names of rows, columns, modalities, outputs, levels and words."""
    pd = pytest.importorskip("pandas")

    class Wide(ClassifierMixin, BaseEstimator):
        classes_ = np.array([f"{LONG} {i}" for i in range(30)])

        def fit(self, X, y=None):
            return self

        def predict(self, X):
            return np.repeat(self.classes_[:1], len(X))

        def predict_proba(self, X):
            return np.tile(X.iloc[:, 0].to_numpy(float)[:, None], 30)

    names = [f"{LONG} {name}" for name in "abcdefgh"]
    frame = {name: np.arange(12.0) + i for i, name in enumerate(names)}
    frame[f"{LONG} level"] = [f"{name} {LONG}" for name in MANY[:12]]
    frame = pd.DataFrame(frame, index=[f"{i} {LONG}" for i in range(12)])
    dis = Disentangler(Wide(), n_references=4, random_state=0)
    # straight lines have no slope for what was never drawn, and warn of poor fits
    slope = TabularPerturber(effects="slope")
    perturbers = [(f"{LONG} {name}", slope) for name in [*"abcdefgh", "level"]]
    explainer = LocalExplainer(dis, perturbers, n_samples=8, random_state=0).fit(frame)
    return explainer, frame


def test_warnings_are_short(explained):
    explainer, frame = explained
    with pytest.warns(UserWarning) as record:
        explainer.explain(frame.assign(**{f"{LONG} level": MANY[100:112]}))
    assert any("No perturbation contains" in str(warning.message) for warning in record)
    for warning in record:
        assert_short(str(warning.message))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_reprs_are_short(explained):
    explainer, frame = explained
    explanation = explainer.explain(frame[:3])
    for result in (explanation, explanation[:1], explanation.decomposition):
        lines = repr(result).splitlines()
        assert len(lines) <= 20
        assert max(map(len, lines)) < 1_000
        assert len(re.findall(MARK, max(lines, key=len))) <= 30
        assert not re.search(rf"(?:{MARK} ){{4}}", repr(result))
    texts = MultimodalArray({LONG: MANY, **{name: MANY for name in MANY}})
    assert len(repr(texts).splitlines()) <= 22
    assert_short("\n".join(repr(texts).splitlines()[:3]))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_errors_about_names_are_short(explained):
    explainer, frame = explained
    explanation = explainer.explain(frame[:8])
    for choice in ("row", "modality", "feature", "output"):
        for text in raised_by(lambda choice=choice: explanation.sel(**{choice: LONG})):
            assert_short(text)


def test_the_input_of_a_row_is_not_printed():
    def model(X):
        return np.array([len(text) for text in X["note"]]) * X["age"]

    explainer = LocalExplainer(
        Disentangler(model, n_references=4, random_state=0),
        [("note", TextPerturber())],
        n_samples=8,
        random_state=0,
    ).fit(FREE)
    explanation = explainer.explain(FREE[:1])
    assert repr(explanation.inputs["note"]) == "ModalityInput of 1 row, kind 'text'"


def test_listed_and_shortened():
    assert shortened("a" * LONGEST) == "a" * LONGEST
    assert shortened("a" * 99) == "a" * (LONGEST - 1) + "…"
    assert listed([LONG, 1]) == f"'{LONG[: LONGEST - 2]}…, 1"
    assert listed(list(range(9))) == "0, 1, 2, 3, 4, ..."
    sizes = [1.0, np.nan, -3.0, 2.0]
    assert largest("abcd", sizes, "wxyz", n=2) == "c y, d z, and 2 smaller"
    assert largest("abcd", sizes, "wxyz") == "a w, b x, c y, d z"
