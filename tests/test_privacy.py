"""Secrets planted in every row, and looked for in all that is stored or printed.

Each row has a secret of its own: a word of its note, a category, and its name.
"""

import pickle
import re
import zipfile
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest

import skdime
from skdime import (
    Disentangler,
    LocalExplainer,
    explain_batches,
    metrics,
    model_selection,
)
from skdime.perturbers import TabularPerturber, TextPerturber

pd = pytest.importorskip("pandas")

N_TRAINING, N_EXPLAINED = 40, 4
_SECRET = re.compile(r"(word|level|row)Q(\d{3})Q")
WORDS = ["ash", "birch", "cedar", "elm", "fir", "oak"]


def rows_from(start, n):
    """Rows of which each has secrets with its number, beside what all share."""
    rng = np.random.RandomState(start)
    numbers = [f"Q{i:03d}Q" for i in range(start, start + n)]
    frame = {
        "name": [f"level{number}" for number in numbers],
        "ward": rng.choice(["north", "south"], n),
        "age": rng.normal(size=n),
        "note": [f"{' '.join(rng.permutation(WORDS)[:3])} word{s}" for s in numbers],
    }
    index = [f"row{number}" for number in numbers]
    frame = pd.DataFrame(frame, index=index)
    frame["name"] = frame["name"].where(np.arange(n) % 2 == 1, "nobody")
    return frame


def model(X):
    lengths = X["note"].str.len().to_numpy(dtype=float)
    return X["age"].to_numpy() * (lengths + (X["ward"] == "north").to_numpy())


TABLE = ["name", "ward", "age"]


def explainer_of(modalities, min_count=2, **options):
    names = dict(modalities)
    perturbers = [("chart", TabularPerturber(min_count=min_count, **options))]
    if "note" in names:
        perturbers.append(("note", TextPerturber(min_count=min_count)))
    dis = Disentangler(model, modalities, n_references=5, random_state=0)
    return LocalExplainer(dis, perturbers, n_samples=16, random_state=0)


@pytest.fixture(scope="module")
def training():
    return rows_from(0, N_TRAINING)


@pytest.fixture(scope="module")
def rows():
    """Rows to explain, whose secrets have other numbers."""
    return rows_from(500, N_EXPLAINED)


@pytest.fixture(scope="module")
def explainer(training):
    return explainer_of([("chart", TABLE), ("note", ["note"])]).fit(training)


@pytest.fixture(scope="module")
def explanation(explainer, rows):
    return explainer.explain(rows)


def secrets_in(content):
    """(kind, number) of all secrets in bytes, a text, or the pickle of an object."""
    if isinstance(content, str):
        return {(kind, int(number)) for kind, number in _SECRET.findall(content)}
    if not isinstance(content, bytes):
        content = pickle.dumps(content)
    # numpy stores texts in four bytes a character
    return secrets_in(content.replace(b"\0", b"").decode("latin-1"))


def numbers_in(content):
    return {number for _, number in secrets_in(content)}


def secrets_of_file(path):
    if path.suffix != ".npz":
        return secrets_in(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        return set().union(*(secrets_in(archive.read(n)) for n in archive.namelist()))


def test_secrets_are_found(training, tmp_path):
    assert numbers_in(training) == set(range(N_TRAINING))
    path = tmp_path / "x.npz"
    np.savez_compressed(path, texts=np.array(training["note"].tolist()))
    assert secrets_of_file(path) == {("word", i) for i in range(N_TRAINING)}


# --- fitted estimators ----------------------------------------------------------------


def test_a_disentangler_holds_the_reference_rows(explainer):
    dis = explainer.disentangler_
    expected = secrets_in(dis.references_)
    assert len({number for _, number in expected}) == 5
    assert secrets_in(dis) == expected


def test_an_explainer_holds_what_is_frequent_and_the_reference_rows(explainer):
    expected = secrets_in(explainer.disentangler_.references_)
    assert secrets_in(explainer) == expected
    assert not secrets_in(explainer.perturbers_)


def test_without_min_count_it_holds_what_is_rare(training):
    modalities = [("chart", TABLE), ("note", ["note"])]
    explainer = explainer_of(modalities, min_count=1).fit(training)
    in_draws = secrets_in(explainer.perturbers_[0][1].draws_)
    in_words = secrets_in(explainer.perturbers_[1][1].feature_names_)
    assert in_words == {("word", i) for i in range(N_TRAINING)}
    assert {kind for kind, _ in in_draws} == {"level"}
    assert secrets_in(explainer.perturbers_) == in_draws | in_words


@pytest.mark.parametrize("effects", ["slope", "shapley"])
def test_after_forget_nothing_is_left(training, rows, effects):
    # a key of texts beside the table, which needs the reference rows
    modalities = [("chart", TABLE), ("note", ["note"])]
    explainer = explainer_of(modalities, effects=effects).fit(training)
    names = explainer.get_feature_names_out().tolist()
    assert explainer.forget() is explainer
    assert not secrets_in(explainer)
    assert explainer.disentangler_.baseline_.shape == (1,)
    left = explainer.get_feature_names_out().tolist()
    assert left == [n for n in names if "note" not in n or "<other>" in n]
    for call in (
        explainer.explain,
        explainer.transform,
        explainer.score,
        explainer.cost,
        explainer.disentangler_.decompose,
        explainer.disentangler_.transform,
    ):
        with pytest.raises(ValueError, match="reference rows are gone"):
            call(rows)
    assert explainer.fit(training).explain(rows).coef.shape[0] == N_EXPLAINED


def test_tables_are_transformed_after_forget(training, rows):
    def product(X):
        return X["age"].to_numpy() * (X["ward"] == "north").to_numpy()

    dis = Disentangler(
        product, [("a", ["age"]), ("b", ["ward"])], n_references=5, random_state=0
    )
    slopes = [(name, TabularPerturber(effects="slope")) for name in "ab"]
    explainer = LocalExplainer(dis, slopes, n_samples=16, random_state=0)
    explainer.fit(training[["age", "ward"]])
    rows = rows[["age", "ward"]]
    expected = explainer.transform(rows), explainer.score(rows)
    explainer.forget()
    np.testing.assert_array_equal(explainer.transform(rows), expected[0])
    assert explainer.score(rows) == expected[1]
    with pytest.raises(ValueError, match="reference rows are gone"):
        explainer.explain(rows)


def test_rows_of_a_frozen_disentangler_are_the_callers(training):
    from sklearn.frozen import FrozenEstimator

    dis = Disentangler(model, [("chart", TABLE), ("note", ["note"])], n_references=5)
    explainer = LocalExplainer(FrozenEstimator(dis.fit(training)), n_samples=8)
    with pytest.raises(ValueError, match="`disentangler` is a FrozenEstimator"):
        explainer.fit(training).forget()


# --- results --------------------------------------------------------------------------


def test_results_hold_nothing_of_training_rows(explanation, explainer, rows, tmp_path):
    explanation.save(tmp_path / "x.npz")
    explanation.to_html(tmp_path / "x.html")
    explanation.to_frame().to_csv(tmp_path / "x.csv")
    found = [secrets_of_file(path) for path in tmp_path.iterdir()]
    found += [
        secrets_in(pickle.dumps(explanation)),
        secrets_in(explanation._repr_html_()),
        secrets_in(repr(explanation)),
        secrets_in(explainer.disentangler_.decompose(rows)),
        secrets_in(explainer.disentangler_.decompose(rows).to_frame().to_csv()),
    ]
    for secrets in found:
        assert {number for _, number in secrets} <= set(range(500, 500 + N_EXPLAINED))
        assert secrets  # of the explained rows


@dataclass
class Explained:
    """What the results of results are made of."""

    explainer: object
    explanation: object
    training: object
    rows: object

    @property
    def decomposition(self):
        return self.explainer.disentangler_.decompose(self.rows)

    @cached_property
    def crossed(self):
        explainer = explainer_of([("chart", TABLE), ("note", ["note"])])
        return model_selection.cross_explain(
            explainer, self.training, cv=2, X_common=self.rows, n_seeds=2
        )


TARGET = np.arange(float(N_EXPLAINED))
RESULTS = {
    "Decomposition": lambda given: given.decomposition,
    "Explanation": lambda given: given.explanation,
    "PairExplanation": lambda given: given.explainer.explain_pairs(given.rows),
    "ModalitySummary": lambda given: given.explainer.disentangler_.summarize(
        given.rows
    ),
    "GroupSummaries": lambda given: given.explainer.disentangler_.summarize_groups(
        given.rows, ["a", "a", "b", "b"]
    ),
    "ModalityDescription": lambda given: given.explainer.describe_modalities(),
    "AdditiveGap": lambda given: metrics.additive_gap(
        given.explainer, given.rows, TARGET, scoring="r2"
    ),
    "FaithfulnessCurves": lambda given: metrics.faithfulness_curves(
        given.explainer, given.rows, given.explanation, n_draws=2, n_points=3
    ),
    "GroupMeans": lambda given: metrics.group_mean_abs(
        given.explanation, ["a", "a", "b", "b"]
    ),
    "InteractionRegions": lambda given: metrics.interaction_regions(
        given.explainer.explain(rows_from(500, 24))
    ),
    "ModalityProposal": lambda given: model_selection.find_modalities(
        given.training.assign(dose=given.training["age"] ** 2)[["ward", "age", "dose"]],
        lambda X: (X["age"] * X["dose"]).to_numpy(),
        random_state=0,
    ),
    "ModalityWorth": lambda given: metrics.modality_worth(
        given.explainer, given.rows, TARGET, scoring="r2"
    ),
    "ReplacementSensitivity": lambda given: metrics.replacement_sensitivity(
        {"one": given.explanation, "other": given.explanation}
    ),
    "Stability": lambda given: metrics.stability(2 * [given.explanation]),
    "Comparison": lambda given: model_selection.compare(
        {"one": given.explainer, "other": given.explainer}, given.rows
    ),
    "CrossExplanation": lambda given: given.crossed,
    "VarianceComponents": lambda given: given.crossed.variance_components(),
}


@pytest.fixture(scope="module")
def given(explainer, explanation, training, rows):
    return Explained(explainer, explanation, training, rows)


def test_every_public_result_is_looked_at():
    public = [
        name
        for module in (skdime, metrics, model_selection)
        for name in module.__all__
        if hasattr(getattr(module, name), "to_frame")
    ]
    assert set(public) == set(RESULTS)


@pytest.mark.parametrize("name", RESULTS)
def test_results_of_every_kind_hold_nothing_of_training_rows(name, given, tmp_path):
    result = RESULTS[name](given)
    assert type(result).__name__ == name
    contents = [repr(result), result._repr_html_(), result, result.to_frame().to_csv()]
    if hasattr(result, "to_html"):
        contents.append(result.to_html())
    found = [numbers_in(content) for content in contents]
    if hasattr(result, "save"):
        result.save(tmp_path / "x.npz")
        found.append({number for _, number in secrets_of_file(tmp_path / "x.npz")})
    of_training = set(range(N_TRAINING))
    assert not of_training & set().union(*found)


def test_what_is_logged_holds_nothing_of_any_row(training, rows, capsys, recwarn):
    modalities = [("chart", TABLE), ("note", ["note"])]
    explainer = explainer_of(modalities).set_params(verbose=2)
    explainer.fit(training).explain(rows)
    printed = capsys.readouterr()
    assert printed.err or printed.out
    warned = [str(each.message) for each in recwarn]
    for text in (printed.out, printed.err, *warned):
        assert not secrets_in(text), text


def test_what_is_printed_of_estimators_holds_nothing_of_any_row(explainer, rows):
    printed = [
        repr(explainer),
        repr(explainer.disentangler_),
        explainer._repr_html_(),
        str(explainer.cost(rows)),
        repr(explainer.disentangler_.decompose(rows)),
    ]
    for text in printed:
        assert not secrets_in(text), text


def test_folders_of_batches_hold_explained_rows_in_results_only(
    explainer, rows, tmp_path
):
    explained = explain_batches(explainer, rows, tmp_path, batch_size=2)
    of_rows = set(range(500, 500 + N_EXPLAINED))
    for path in tmp_path.iterdir():
        numbers = {number for _, number in secrets_of_file(path)}
        assert numbers <= (of_rows if path in explained.paths else set())


def test_error_files_hold_names_of_rows_only(training, rows, tmp_path):
    def quoting(X):
        if (X["note"].str.contains("wordQ501Q")).any():
            raise ValueError(f"cannot read {X.to_dict('list')}")
        return X["age"].to_numpy()

    modalities = [("chart", TABLE), ("note", ["note"])]
    explainer = explainer_of(modalities, min_count=1)
    explainer.set_params(disentangler__estimator=quoting).fit(training)
    explained = explain_batches(explainer, rows, tmp_path, on_error="nan")
    (failure,) = explained.failures
    assert failure.row == "rowQ501Q"
    assert "cannot read" in failure.error
    for path in tmp_path.glob("*.json"):
        assert secrets_of_file(path) <= {("row", 501)}
