"""Results over folds: by name, joined, stored, shown and continued."""

import joblib
import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, RepeatedKFold, ShuffleSplit
from sklearn.tree import DecisionTreeRegressor

from skdime.model_selection import CrossExplanation, cross_explain
from tests._data import altered
from tests._results.test_concatenation import assert_equal
from tests.displays._pictures import make_explainer, make_rows, model
from tests.model_selection._diabetes import explainer_of
from tests.model_selection._folds import cross_of, explanation_of

pytestmark = pytest.mark.filterwarnings(
    "ignore:Too few perturbations lie near", "ignore:(UC|MI|UC and MI) (of|compare)"
)
SHUFFLED = KFold(3, shuffle=True, random_state=1)


@pytest.fixture(scope="module")
def cross(data, tree):
    X, y, _ = data
    return cross_explain(tree, X[:60], y[:60], cv=SHUFFLED, n_seeds=2)


@pytest.fixture(scope="module")
def texts():
    """Two folds of a text, a series, a table and an image, in both the same rows."""
    rows = make_rows(20)
    return cross_explain(make_explainer(model), rows, cv=2, X_common=rows[:3])


def test_folds_are_explanations(cross):
    assert len(cross) == 3
    for fold, explanation in enumerate(cross):
        assert explanation is cross[fold]
        rows = cross.rows[fold]
        np.testing.assert_array_equal(explanation.row_names, rows)
        np.testing.assert_array_equal(cross.coef[fold, rows], explanation.coef)
    assert cross[-1] is cross[2]


def test_numbers_by_name(cross):
    assert cross.sel().shape == (3, 60, 2, 10, 1)
    found = cross.sel(part="mi", feature="x8", output="output")
    np.testing.assert_array_equal(found, cross.coef[:3, :, 1, 8, 0])
    row = int(cross.rows[1][0])
    of_row = cross.sel(fold=1, row=row, modality="exam")
    np.testing.assert_array_equal(of_row, cross[1].sel(row=row, modality="exam"))
    assert np.isnan(cross.sel(fold=0, row=row)).all()
    with pytest.raises(KeyError, match="fold 3 is unknown; known are 0 to 2"):
        cross.sel(fold=3)
    with pytest.raises(KeyError, match="feature 's9' is unknown"):
        cross.sel(feature="s9")


def test_every_row_once_by_the_model_that_has_not_seen_it(cross, data):
    X, _, _ = data
    whole = cross.out_of_fold()
    assert whole.row_names.tolist() == list(range(60))
    for fold, (_, test) in enumerate(SHUFFLED.split(X[:60])):
        part, of_fold = whole[test], cross[fold]
        np.testing.assert_array_equal(part.coef, of_fold.coef)
        np.testing.assert_array_equal(part.se, of_fold.se)
        baseline = np.tile(of_fold.decomposition.baseline, (len(test), 1))
        np.testing.assert_array_equal(part.decomposition.baseline, baseline)
    values = whole.decomposition
    sums = values.baseline + values.main.sum(axis=1)
    np.testing.assert_allclose(sums, values.uc)
    assert whole.decomposition.n_references == 20


def test_rows_of_repeated_folds_are_explained_by_the_first(data, tree):
    X, y, _ = data
    cv = RepeatedKFold(n_splits=2, n_repeats=2, random_state=0)
    cross = cross_explain(tree, X[:40], y[:40], cv=cv)
    np.testing.assert_array_equal(cross.out_of_fold().coef, cross.sel()[:2][
        cross.test[:2].argmax(axis=0), np.arange(40)
    ])  # fmt: skip


def test_rows_that_no_model_is_new_to(data, tree, texts):
    X, y, _ = data
    with pytest.raises(ValueError, match="Every fold explained the rows of `X_common`"):
        texts.out_of_fold()
    half = ShuffleSplit(2, test_size=0.3, random_state=0)
    with pytest.raises(ValueError, match=r"No fold left out \d+ rows: \["):
        cross_explain(tree, X[:30], y[:30], cv=half).out_of_fold()
    rows = np.arange(30)
    seen = cross_explain(tree, X[:30], y[:30], cv=[(rows, rows)])
    with pytest.raises(ValueError, match="No fold left out 30 rows"):
        seen.out_of_fold()


def test_joined_results_are_one_with_all_folds(data, tree):
    X, y, common = data
    one, two = (
        cross_explain(
            tree, X[:60], y[:60], X_common=common, random_state=seed,
            cv=KFold(2, shuffle=True, random_state=seed), return_estimator=True,
        )
        for seed in (0, 1)
    )  # fmt: skip
    joined = one.concatenate(two)
    assert joined.fold.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(joined.coef, np.concatenate([one.coef, two.coef]))
    assert joined.overlap[0, 1] == 0 and 0 < joined.overlap[0, 2] < 1
    assert joined.n_model_rows == one.n_model_rows + two.n_model_rows
    assert joined.estimators == [*one.estimators, *two.estimators]
    other = cross_explain(tree, X[:50], y[:50], X_common=common, cv=2)
    with pytest.raises(ValueError, match="if they are of the same rows"):
        one.concatenate(other)
    with pytest.raises(TypeError, match="joined with others of cross_explain"):
        one.concatenate(one[0])


def test_files_hold_all_but_the_explainers(cross, texts, tmp_path):
    for name, result in (("table", cross), ("texts", texts)):
        result.save(tmp_path / name)
        loaded = CrossExplanation.load(tmp_path / name)
        assert repr(loaded) == repr(result)
        for field in ("fold", "reference_draw", "seed", "train", "test", "row_names"):
            np.testing.assert_array_equal(
                getattr(loaded, field), getattr(result, field)
            )
        pairs = zip(loaded.explanations, result.explanations, strict=True)
        for one, other in pairs:
            assert_equal(one, other)
        np.testing.assert_array_equal(loaded.coef, result.coef)
        assert (loaded.common, loaded.estimators) == (result.common, None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda meta, arrays: arrays.pop("seed"), "other arrays"),
        (lambda meta, arrays: meta.update(common="yes"), "other arrays"),
        (
            lambda meta, arrays: arrays.update(fold=arrays["fold"] + 9),
            "of folds or rows",
        ),
        (lambda meta, arrays: arrays.update(train=arrays["train"][:, :5]), "test has"),
        (lambda meta, arrays: arrays.pop("1.coef"), "should have"),
        (lambda meta, arrays: arrays.update({"9.rows": arrays["0.rows"]}), "none of"),
        (
            lambda meta, arrays: arrays.update({"0.rows": arrays["0.rows"][1:]}),
            "rows of a run",
        ),
        (lambda meta, arrays: meta.update(format="skdime.Explanation/3"), ""),
    ],
)
def test_altered_files_are_refused(cross, tmp_path, change, reason):
    path = tmp_path / "folds.npz"
    cross.save(path)
    altered(path, change)
    message = f"is not a file written by CrossExplanation.save: .*{reason}"
    with pytest.raises(ValueError, match=message):
        CrossExplanation.load(path)


def test_the_page_has_statements_agreement_and_sources(cross, tmp_path):
    pytest.importorskip("pandas")
    page = cross.to_html()
    for sentence in cross.statements()["sentence"][:5]:
        assert sentence in page
    assert "Agreement of folds" in page and "Where variation comes from" in page
    assert "<script" not in page and "script-src" not in page
    assert cross.to_html(tmp_path / "folds.html") is None
    assert (tmp_path / "folds.html").read_text(encoding="utf-8") == page


def test_names_on_the_page_are_no_markup():
    rng = np.random.RandomState(0)
    rows = rng.normal(size=(10, 2))
    each = [
        explanation_of(rng.normal(size=(10, 2, 2)), rows, ["<b>&", "y"])
        for _ in range(2)
    ]
    halves = np.split(np.arange(20), 2)
    page = cross_of(each, [np.arange(10)] * 2, halves, 20, common=True).to_html()
    assert "&lt;b&gt;&amp; on its own" in page and "<b>" not in page


class Counting(DecisionTreeRegressor):
    """A tree that writes down each of its fits."""

    def __init__(self, path=None, max_depth=None):
        super().__init__(max_depth=max_depth, random_state=0)
        self.path = path

    def fit(self, X, y):
        with open(self.path, "a") as file:
            file.write("x")
        if (self.path.parent / "stop").exists() and len(self.path.read_text()) > 2:
            raise KeyboardInterrupt
        return super().fit(X, y)


def test_an_interrupted_call_is_continued(data, tmp_path):
    X, y, _ = data
    path = tmp_path / "fits"
    explainer = explainer_of(Counting(path, max_depth=3), random_state=0)
    options = {"cv": KFold(4), "memory": joblib.Memory(tmp_path / "kept", verbose=0)}
    (tmp_path / "stop").touch()
    with pytest.raises(KeyboardInterrupt):
        cross_explain(explainer, X[:80], y[:80], **options)
    assert path.read_text() == "xxx"
    (tmp_path / "stop").unlink()
    continued = cross_explain(explainer, X[:80], y[:80], **options)
    assert path.read_text() == "xxx" + "xx"  # the third fold again, and the fourth
    anew = cross_explain(explainer, X[:80], y[:80], cv=KFold(4))
    np.testing.assert_array_equal(continued.coef, anew.coef)
    # other targets are other folds
    before = len(path.read_text())
    cross_explain(explainer, X[:80], -y[:80], **options)
    assert len(path.read_text()) == before + 4


def test_what_is_continued_needs_seeds(data, tmp_path):
    X, y, _ = data
    with pytest.raises(ValueError, match="pass an integer `random_state`"):
        explainer = explainer_of(Ridge(), random_state=None)
        cross_explain(explainer, X, y, memory=str(tmp_path))


def test_progress_counts_folds(data, tree, capsys, monkeypatch):
    X, y, _ = data
    monkeypatch.setitem(__import__("sys").modules, "tqdm.auto", None)
    quiet = cross_explain(tree, X[:60], y[:60], cv=3)
    assert capsys.readouterr().err == ""
    told = cross_explain(tree, X[:60], y[:60], cv=3, verbose=1)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"cross_explain: {done} of at most 3 folds" for done in (1, 2, 3)]
    np.testing.assert_array_equal(told.coef, quiet.coef)


def test_missing_measures_are_left_out_of_what_is_printed(cross, texts):
    components = repr(texts.variance_components())
    assert "nan" not in components and "references" not in components
    # no row was explained in two folds, but each with two seeds
    components = repr(cross.variance_components())
    assert "data" not in components and "uc of exam: sampling 0" in components
    text = repr(cross.stability(of="mean_abs"))
    assert "nan" not in text and "same sign" not in text
    assert "rank correlation" in text and "exam" in text
