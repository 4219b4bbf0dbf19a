"""Bad input: every message says what was given and what to do."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from skdime import Disentangler
from tests._data import product

# --- modalities ---------------------------------------------------------------------


def test_unknown_column_of_an_array(X):
    with pytest.raises(ValueError, match=r"\[9\] in modality 'b'.*shape \(60, 5\)"):
        Disentangler(product, [("a", [0]), ("b", [9])]).fit(X)


def test_unknown_column_of_a_frame(frame):
    modalities = [("a", ["v"]), ("b", ["nope"])]
    with pytest.raises(ValueError, match=r"'nope'.*X has the columns \['v', 'w', 'x'"):
        Disentangler(product, modalities).fit(frame)


def test_names_of_columns_need_a_frame(X):
    with pytest.raises(ValueError, match=r"\['v'\] in modality 'a'.*dataframes"):
        Disentangler(product, [("a", ["v"]), ("b", slice(1, None))]).fit(X)


def test_overlapping_columns(X):
    modalities = [("a", [0, 1, 2]), ("b", [2, 3, 4])]
    with pytest.raises(ValueError, match="'x2' is in modality 'a' and again in 'b'"):
        Disentangler(product, modalities).fit(X)


def test_column_in_no_modality(frame):
    modalities = [("a", ["v"]), ("b", ["w", "x"])]
    with pytest.raises(ValueError, match=r"Columns 'y', 'z' belong to no.*drop"):
        Disentangler(product, modalities).fit(frame)


def test_one_modality(X):
    with pytest.raises(ValueError, match="at least 2 modalities, got 1"):
        Disentangler(product, [("a", slice(0, None))]).fit(X)


def test_no_modality(X):
    with pytest.raises(ValueError, match="at least 2 modalities, got 0"):
        Disentangler(product, []).fit(X)


def test_modality_without_columns(X):
    with pytest.raises(ValueError, match="Modality 'b' has no columns"):
        Disentangler(product, [("a", slice(0, None)), ("b", [])]).fit(X)


def test_repeated_name(X):
    modalities = [("a", [0, 1]), ("a", [2, 3, 4])]
    with pytest.raises(ValueError, match=r"must be unique; \['a'\] occur more than"):
        Disentangler(product, modalities).fit(X)


@pytest.mark.parametrize("name", ["", "a__b", 3, None])
def test_invalid_name(X, name):
    modalities = [(name, [0, 1]), ("b", [2, 3, 4])]
    with pytest.raises(ValueError, match=r"non-empty string without '__'.*got"):
        Disentangler(product, modalities).fit(X)


@pytest.mark.parametrize("entry", ["ab", ("a",), ("a", None, [0])])
def test_invalid_entry(X, entry):
    with pytest.raises(ValueError, match=r"(must be a pair \(name, columns\)|'a')"):
        Disentangler(product, [entry, ("b", [2, 3, 4])]).fit(X)


def test_mask_of_another_length(X):
    modalities = [("a", np.array([True, False])), ("b", [2, 3, 4])]
    with pytest.raises(ValueError, match="modality 'a'"):
        Disentangler(product, modalities).fit(X)


# --- references and rows ------------------------------------------------------------


@pytest.mark.parametrize("n_references", [1, 0, -5, 2.5])
def test_too_few_references(X, two, n_references):
    with pytest.raises(ValueError, match=r"'n_references'.*\[2, inf\).*or None. Got"):
        Disentangler(product, two, n_references=n_references).fit(X)


def test_one_row(X, build):
    with pytest.raises(ValueError, match="At least 2 rows are needed"):
        build().fit(X[:1])


@pytest.mark.parametrize("container", ["array", "frame"])
def test_no_rows(X, build, container, request):
    rows = X if container == "array" else request.getfixturevalue("frame")
    estimator = build().fit(rows)
    for call in (estimator.fit, estimator.transform):
        with pytest.raises(ValueError, match=r"X has no rows"):
            call(rows[:0])


def test_one_row_as_a_vector(X, build):
    with pytest.raises(ValueError, match="Expected 2D array"):
        build().fit(X).transform(X[0])


def test_one_row_as_a_series(frame, build):
    with pytest.raises(ValueError, match=r"X is a Series.*X\.iloc\[\[i\]\]"):
        build().fit(frame).transform(frame.iloc[0])


def test_repeated_column_names(frame, build):
    frame.columns = ["v", "v", "x", "y", "z"]
    with pytest.raises(ValueError, match=r"same name: \['v'\]"):
        build().fit(frame)


@pytest.mark.parametrize("columns", [4, 6])
def test_another_number_of_columns(X, build, columns):
    estimator = build().fit(X)
    other = np.hstack([X, X])[:, :columns]
    with pytest.raises(ValueError, match=f"X has {columns} features.*expecting 5"):
        estimator.transform(other)


@pytest.mark.parametrize(
    "columns, words",
    [
        (["v", "w", "x", "y"], "missing:\n- z"),
        (["w", "v", "x", "y", "z"], "in the same order as they were in fit"),
        (["v", "w", "x", "y", "u"], "(?s)unseen at fit time:\n- u.*missing:\n- z"),
        (["v", "w", "x", "y", "z", "u"], "unseen at fit time:\n- u"),
    ],
)
def test_other_columns_than_the_model_takes(frame, build, columns, words):
    estimator = build(LinearRegression()).fit(frame, frame["v"])
    other = frame.assign(u=1.0)[columns]
    with pytest.raises(ValueError, match=words):
        estimator.transform(other)


@pytest.mark.parametrize("kind", ["integers", "levels"])
def test_reordered_columns_whose_names_are_no_strings(frame, build, kind):
    pd = pytest.importorskip("pandas")
    frame.columns = (
        [10, 11, 12, 13, 14]
        if kind == "integers"
        else pd.MultiIndex.from_product([["s"], list("vwxyz")])
    )
    estimator = build().fit(frame)
    reordered = frame.iloc[:, [1, 0, 2, 3, 4]].assign(other=1)
    found, expected = estimator.transform(reordered), estimator.transform(frame)
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match=r"given the columns .* but was fitted on"):
        estimator.transform(frame.set_axis([20, 11, 12, 13, 14], axis=1))


def test_other_dtypes_of_a_frame(frame, build):
    estimator = build().fit(frame)
    with pytest.raises(TypeError, match=r"v: (str|object) \(was float64\).*astype"):
        estimator.transform(frame.astype({"v": str}))


def test_other_categories_of_a_frame(frame, build):
    pd = pytest.importorskip("pandas")
    frame["z"] = pd.Categorical(["u", "v"] * 30)
    estimator = build(lambda X: X["v"]).fit(frame)
    frame["z"] = pd.Categorical(["u", "w"] * 30)
    with pytest.raises(TypeError, match=r"z: CategoricalDtype\(categories=\['u', 'w'"):
        estimator.transform(frame)


def test_an_array_that_would_lose_digits(X, build):
    estimator = build().fit(X.astype(np.float32))
    with pytest.raises(TypeError, match=r"dtype float32.*float64.*lose digits"):
        estimator.transform(X)


def test_an_array_that_fits_is_accepted(X, build):
    estimator = build().fit(X)
    integers = np.ones((2, 5), dtype=int)
    expected = estimator.transform(integers.astype(float))
    np.testing.assert_array_equal(estimator.transform(integers), expected)


@pytest.mark.parametrize("dtype", [str, object])
def test_an_array_of_no_numbers_after_numbers(X, build, dtype):
    estimator = build().fit(X)
    with pytest.raises(TypeError, match="fitted on an array of dtype float64"):
        estimator.transform(X[:2].astype(dtype))


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_an_array_after_a_frame_of_other_dtypes(frame, build):
    estimator = build().fit(frame.astype({"w": int}))
    with pytest.raises(TypeError, match=r"dtypes than in fit: w: float64 \(was int"):
        estimator.transform(frame.to_numpy())


def test_a_polars_frame_after_a_pandas_frame(frame, build):
    pl = pytest.importorskip("polars")
    estimator = build().fit(frame)
    other = pl.DataFrame({name: frame[name].to_numpy() for name in frame})
    with pytest.raises(TypeError, match="pandas data frame and is now given a polars"):
        estimator.transform(other)


def test_a_sparse_matrix_after_an_array(X, build):
    sparse = pytest.importorskip("scipy.sparse")
    estimator = build().fit(X)
    with pytest.raises(TypeError, match="numpy array and is now given a sparse matrix"):
        estimator.transform(sparse.csr_matrix(X))


@pytest.mark.filterwarnings("ignore:Determining the column names of a LazyFrame")
@pytest.mark.parametrize("kind", ["Table", "LazyFrame"])
def test_a_container_that_is_not_supported(frame, build, kind):
    if kind == "Table":
        rows = pytest.importorskip("pyarrow").Table.from_pandas(frame)
    else:
        rows = pytest.importorskip("polars").LazyFrame({n: [1.0, 2.0] for n in "vwxyz"})
    with pytest.raises(TypeError, match=f"X is of type {kind}.*a numpy array"):
        build().fit(rows)
