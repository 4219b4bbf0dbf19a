"""Disentangler: columns of modalities, and the containers that rows come in."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.utils import estimator_html_repr

from skdime import Disentangler
from tests._by_hand import brute_force_tuples, tuples_of
from tests._data import product

# --- columns and containers ---------------------------------------------------------


@pytest.mark.parametrize(
    "first, second",
    [
        ([0, 1], [2, 3, 4]),
        (slice(0, 2), slice(2, None)),
        ([True, True, False, False, False], np.array([0, 0, 1, 1, 1], dtype=bool)),
        ([-5, -4], slice(-3, None)),
        (lambda X: [0, 1], lambda X: [2, 3, 4]),
        (np.array([1, 0]), (4, 3, 2)),
    ],
)
def test_columns_of_an_array(X, first, second):
    dis = Disentangler(product, [("a", first), ("b", second)]).fit(X)
    assert [sorted(columns.tolist()) for _, columns in dis.modalities_] == [
        [0, 1],
        [2, 3, 4],
    ]


@pytest.mark.parametrize(
    "first, second",
    [
        (["v", "w"], ["x", "y", "z"]),
        (slice("v", "w"), slice("x", None)),
        ([0, 1], slice(2, None)),
        (lambda X: ["v", "w"], lambda X: ["x", "y", "z"]),
    ],
)
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_columns_of_a_frame(X, library, first, second):
    frames = pytest.importorskip(library)
    frame = frames.DataFrame({name: X[:, i] for i, name in enumerate("vwxyz")})
    dis = Disentangler(lambda X: X["v"], [("a", first), ("b", second)]).fit(frame)
    assert [columns.tolist() for _, columns in dis.modalities_] == [[0, 1], [2, 3, 4]]


def test_without_modalities_every_column_is_one(X):
    dis = Disentangler(product).fit(X)
    assert [name for name, _ in dis.modalities_] == ["x0", "x1", "x2", "x3", "x4"]


def test_ten_modalities_match_brute_force(assert_close):
    def f(X):
        return (X.prod(axis=1) + X[:, 0] * X[:, 1])[:, None]

    X = np.random.RandomState(0).normal(1, 1, size=(12, 10))
    dis = Disentangler(f, n_references=5, random_state=0).fit(X)
    modalities = [(name, columns) for name, columns in dis.modalities_]
    main, baseline, _ = brute_force_tuples(f, X[0], tuples_of(dis), modalities)
    assert_close(dis.decompose(X[:1]).main[0], main)
    assert_close(dis.baseline_, baseline)


def test_channels_of_a_three_dimensional_array_are_columns():
    X = np.random.RandomState(0).normal(size=(20, 3, 7))

    def f(X):
        assert X.shape[1:] == (3, 7)
        return (X[:, 0] * X[:, 1] + X[:, 2]).sum(axis=1)

    dis = Disentangler(f, [("a", [1]), ("b", [0, 2])], random_state=0).fit(X)
    # the product's mean over references, time point by time point
    mean = X.mean(axis=0)
    mi = ((X[:, 0] - mean[0]) * (X[:, 1] - mean[1])).sum(axis=1)
    np.testing.assert_allclose(dis.decompose(X).mi[:, 0], mi, atol=1e-12)


@pytest.mark.parametrize("kind", ["csr_matrix", "csr_array", "csc_matrix"])
def test_sparse_rows_give_the_same_numbers(X, two, kind):
    sparse = pytest.importorskip("scipy.sparse")
    seen = set()

    def f(S):
        seen.add(S.format)
        return product(S.toarray())

    X = np.where(X > 0, X, 0)
    S = getattr(sparse, kind)(X)
    dis = Disentangler(f, two, n_references=9, random_state=0).fit(S)
    dense = Disentangler(product, two, n_references=9, random_state=0).fit(X)
    np.testing.assert_allclose(dis.transform(S), dense.transform(X), atol=1e-14)
    assert seen == {"csr"}


@pytest.fixture
def mixed_frame():
    """A pandas frame with every dtype that a table may have, missing values too."""
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    n = 30
    return pd.DataFrame(
        {
            "float": rng.normal(size=n),
            "float32": rng.normal(size=n).astype(np.float32),
            "missing": np.where(rng.rand(n) < 0.3, np.nan, rng.normal(size=n)),
            "int": rng.randint(5, size=n),
            "bool": rng.rand(n) < 0.5,
            "category": pd.Categorical(rng.choice(list("uvw"), size=n)),
            "text": rng.choice(["left", "right"], size=n),
            "date": pd.date_range("2020-01-01", periods=n),
            "zoned": pd.date_range("2020-01-01", periods=n, tz="UTC"),
            "nullable": pd.array([1, None, 3] * 10, dtype="Int64"),
            "maybe": pd.array([True, False, None] * 10, dtype="boolean"),
        },
        index=[f"case {i}" for i in range(n)],
    )


def test_the_model_sees_the_columns_and_dtypes_of_the_training_frame(mixed_frame):
    def f(X):
        assert X.dtypes.equals(mixed_frame.dtypes)
        assert X.columns.equals(mixed_frame.columns)
        return (X["float"] * (X["category"] == "u")).to_numpy()

    odd, even = mixed_frame.columns[::2], mixed_frame.columns[1::2]
    dis = Disentangler(f, [("odd", odd.tolist()), ("even", even.tolist())])
    parts = dis.fit(mixed_frame).decompose(mixed_frame)
    share = (mixed_frame["category"] == "u").mean()
    x = mixed_frame["float"].to_numpy()
    same = (mixed_frame["category"] == "u").to_numpy()
    mi = (x - x.mean()) * (same - share)
    np.testing.assert_allclose(parts.mi[:, 0], mi, atol=1e-14)
    assert parts.row_names.tolist() == mixed_frame.index.tolist()


def test_polars_frames_give_the_same_numbers(X, two):
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({name: X[:, i] for i, name in enumerate("vwxyz")})
    frame = frame.with_columns(c=pl.Series(["u", None] * 30, dtype=pl.Categorical))

    def f(frame):
        assert frame.schema == expected_schema
        return product(frame.to_numpy()[:, :5].astype(float))

    expected_schema = frame.schema
    modalities = [("a", ["v", "y", "c"]), ("b", ["w", "x", "z"])]
    dis = Disentangler(f, modalities, n_references=9, random_state=0).fit(frame)
    expected = Disentangler(product, two, n_references=9, random_state=0).fit(X)
    np.testing.assert_allclose(dis.transform(frame), expected.transform(X), atol=1e-14)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_an_array_is_read_as_the_frame_of_the_training(X, two, library):
    frames = pytest.importorskip(library)
    frame = frames.DataFrame({name: X[:, i] for i, name in enumerate("vwxyz")})

    def f(X):
        assert type(X) is type(frame)
        return X["v"].to_numpy() * X["w"].to_numpy()

    dis = Disentangler(f, two, n_references=9, random_state=0).fit(frame)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        transformed = dis.transform(X)
    np.testing.assert_array_equal(transformed, dis.transform(frame))


def test_a_frame_is_read_as_the_array_of_the_training(X, two):
    pd = pytest.importorskip("pandas")
    dis = Disentangler(product, two, n_references=9, random_state=0).fit(X)
    with pytest.warns(UserWarning, match="X has feature names, but Disentangler was"):
        transformed = dis.transform(pd.DataFrame(X, columns=list("vwxyz")))
    np.testing.assert_array_equal(transformed, dis.transform(X))


def test_frames_with_a_multiindex_of_columns(X, two):
    pd = pytest.importorskip("pandas")
    names = pd.MultiIndex.from_product([["s"], list("vwxyz")])
    frame = pd.DataFrame(X, columns=names)
    dis = Disentangler(lambda X: product(X.to_numpy()), two, random_state=0)
    expected = Disentangler(product, two, random_state=0).fit(X).transform(X)
    np.testing.assert_array_equal(dis.fit(frame).transform(frame), expected)


def test_html_names_the_modalities_and_their_columns():
    modalities = [("vitals", ["pulse"]), ("notes", lambda X: [1])]
    html = estimator_html_repr(Disentangler(LinearRegression(), modalities))
    for words in ("LinearRegression", "vitals", "pulse", "notes"):
        assert words in html
