"""Containers answer what they are; a new one is a class and a line."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime._rows import registry
from skdime._rows.arrays import original_order
from skdime._rows.cells import without_loss
from skdime._rows.containers import (
    as_floats,
    cells,
    is_categorical,
    is_dense_numeric,
    is_frame,
    kind_of,
    row_labels,
    schema,
    select,
    shared_objects,
    take,
    with_cells,
)
from skdime._rows.frames import Frame
from skdime._rows.validation import check_rows


class Columns:
    """A made-up data frame: named numpy arrays of one length."""

    def __init__(self, data):
        self.data = data
        self.columns = list(data)
        self.dtypes = [values.dtype for values in data.values()]
        self.shape = len(next(iter(data.values()))), len(data)

    def to_numpy(self):
        return np.column_stack(list(self.data.values()))


class ColumnsOfNumpy(Frame):
    """Operations on made-up frames."""

    name = "made-up data frame"

    def take(self, X, rows):
        return Columns({name: values[rows] for name, values in X.data.items()})

    def select(self, X, columns):
        names = np.array(X.columns)[columns]
        return Columns({name: X.data[name] for name in names.tolist()})

    def join(self, blocks, columns):
        data = {k: values for block in blocks for k, values in block.data.items()}
        return self.select(Columns(data), original_order(columns))

    def stack(self, blocks):
        names = blocks[0].columns
        return Columns({k: np.concatenate([b.data[k] for b in blocks]) for k in names})

    def column(self, X, position):
        return X.data[X.columns[position]]

    def with_values(self, X, values):
        return Columns({X.columns[0]: values.astype(X.dtypes[0])})

    def row_bytes(self, X):
        return sum(dtype.itemsize for dtype in X.dtypes)

    def is_dense_numeric(self, X):
        return all(dtype.kind in "fiub" for dtype in X.dtypes)

    def as_floats(self, X):
        return X.to_numpy().astype(float)

    def is_category(self, dtype):
        return False

    def items(self, column):
        return column.tolist()

    def filled(self, items, column):
        return without_loss(np.array(items), column.dtype)

    def of_columns(self, columns, X):
        return Columns(dict(zip(X.columns, columns, strict=True)))


@pytest.fixture
def registered(monkeypatch):
    line = (lambda X: isinstance(X, Columns), ColumnsOfNumpy())
    monkeypatch.setattr(registry, "CONTAINERS", [*registry.CONTAINERS, line])


@pytest.fixture
def made_up():
    rng = np.random.RandomState(0)
    numbers = {name: rng.normal(size=20) for name in "abc"}
    return Columns(numbers | {"n": rng.randint(5, size=20)})


def product(X):
    if isinstance(X, MultimodalArray):
        return product(X["table"]) + [len(text) for text in X["text"]]
    a, b, c, n = X.to_numpy().T if isinstance(X, Columns) else np.asarray(X).T
    return a * c + b * n


class TestAMadeUpContainer:
    def test_is_refused_unless_it_is_registered(self, made_up):
        with pytest.raises(TypeError, match="no container of rows"):
            check_rows(BaseEstimator(), made_up, reset=True)
        with pytest.raises(TypeError, match="is no container of rows"):
            MultimodalArray(table=made_up)

    def test_is_taken_apart_and_put_together(self, registered, made_up):
        assert is_frame(made_up)
        assert_array_equal(as_floats(made_up), made_up.to_numpy())
        again = with_cells(made_up, cells(made_up))
        assert schema(again) == schema(made_up)
        assert_array_equal(again.to_numpy(), made_up.to_numpy())
        column = select(made_up, [3])
        assert cells(column) == made_up.data["n"].tolist()
        with pytest.raises(ValueError, match="nothing is cast silently"):
            with_cells(column, [0.5])

    def test_is_explained_as_an_array_is(self, registered, made_up):
        X = made_up.to_numpy()
        modalities = [("one", [0, 3]), ("other", [1, 2])]
        explanations = [
            LocalExplainer(Disentangler(product, modalities), n_samples=40)
            .set_params(random_state=0)
            .fit(rows)
            .explain(take(rows, np.arange(3)))
            for rows in (made_up, X)
        ]
        first, second = explanations
        assert_allclose(first.coef, second.coef, atol=1e-12)
        assert first.coef.any()
        assert first.feature_names.tolist() == ["a", "n", "b", "c"]

    def test_lies_under_a_key(self, registered, made_up):
        X = MultimodalArray(table=made_up, text=["a" * (i % 4) for i in range(20)])
        found = Disentangler(product).fit(X).decompose(X[:3])
        assert_allclose(found.output[:, 0], product(X[:3]))
        assert_allclose(found.mi, 0, atol=1e-12)

    def test_is_compared_with_the_one_in_fit(self, registered, made_up):
        dis = Disentangler(product, [("one", [0, 3]), ("other", [1, 2])]).fit(made_up)
        whole = Columns(made_up.data | {"a": np.arange(20)})
        with pytest.raises(TypeError, match="other dtypes than in fit: a: int64"):
            dis.decompose(whole)


def frames_of(library):
    return pytest.importorskip(library)


class TestKinds:
    @pytest.mark.parametrize(
        ("X", "kind"),
        [
            (np.zeros((2, 2)), "array"),
            ([1, 2], "list"),
            (sp.csr_array(np.eye(2)), "sparse matrix"),
            (sp.csr_matrix(np.eye(2)), "sparse matrix"),
            (MultimodalArray(a=[1, 2]), "MultimodalArray"),
            ("text", None),
            (None, None),
            ({"a": [1]}, None),
        ],
    )
    def test_without_a_library(self, X, kind):
        assert kind_of(X) == kind

    @pytest.mark.parametrize("library", ["pandas", "polars"])
    def test_frames_and_series(self, library):
        frame = frames_of(library).DataFrame({"a": [1.0, 2.0]})
        assert kind_of(frame) == "data frame"
        assert kind_of(frame["a"]) == "series"
        assert schema(frame).container.name == f"{library} data frame"
        assert schema(frame["a"]).container.name == f"{library} series"

    def test_frames_that_are_not_registered(self):
        table = pytest.importorskip("pyarrow").table({"a": [1.0], "b": [2.0]})
        assert kind_of(table) is None
        with pytest.raises(TypeError, match="no container of rows"):
            check_rows(BaseEstimator(), table, reset=True)


class TestDenseNumbers:
    @pytest.mark.parametrize("dtype", [float, np.float32, int, np.uint8, bool])
    def test_arrays(self, dtype):
        X = np.array([[0, 1], [1, 0]], dtype=dtype)
        assert is_dense_numeric(X)
        assert as_floats(X).dtype == np.float64
        assert_array_equal(as_floats(X), X)

    @pytest.mark.parametrize(
        "X",
        [
            np.zeros((2, 2, 2)),
            np.array([["a", "b"]]),
            np.array([[1.0, 2.0]], dtype=object),
            np.zeros((1, 2), dtype="M8[D]"),
            sp.csr_array(np.eye(2)),
            MultimodalArray(a=np.zeros((2, 2))),
        ],
    )
    def test_what_is_no_table_of_numbers(self, X):
        assert not is_dense_numeric(X)

    def test_pandas(self):
        pd = frames_of("pandas")
        X = pd.DataFrame(
            {
                "a": pd.array([1, None], dtype="Int64"),
                "b": [True, False],
                "c": [0.5, np.nan],
                "d": pd.array([None, True], dtype="boolean"),
            }
        )
        assert is_dense_numeric(X)
        assert_array_equal(as_floats(X), [[1, 1, 0.5, np.nan], [np.nan, 0, np.nan, 1]])
        for other in (["a", "b"], pd.Categorical([1, 2]), pd.interval_range(0, 2)):
            assert not is_dense_numeric(X.assign(other=other))

    def test_polars(self):
        pl = frames_of("polars")
        X = pl.DataFrame({"a": [1, None], "b": [True, None], "c": [None, 0.5]})
        assert is_dense_numeric(X)
        assert_array_equal(as_floats(X), [[1, 1, np.nan], [np.nan, np.nan, 0.5]])
        assert not is_dense_numeric(X.with_columns(d=pl.Series(["a", "b"])))
        assert not is_dense_numeric(X.with_columns(d=pl.Series([1, 2]).cast(pl.Date)))


class TestCategories:
    def test_pandas(self):
        pd = frames_of("pandas")
        frame = pd.DataFrame({"a": pd.Categorical(["x", "y"]), "b": ["x", "y"]})
        assert is_categorical(frame[["a"]])
        assert is_categorical(MultimodalArray(key=frame["a"]))
        assert is_categorical(MultimodalArray(key=frame[["a"]]))
        assert not is_categorical(frame)
        assert not is_categorical(frame[["b"]])

    def test_polars(self):
        pl = frames_of("polars")
        for dtype in (pl.Categorical, pl.Enum(["x", "y"])):
            series = pl.Series("a", ["x", "y"], dtype=dtype)
            assert is_categorical(series.to_frame())
            assert is_categorical(MultimodalArray(key=series))
        assert not is_categorical(pl.DataFrame({"a": ["x", "y"]}))

    @pytest.mark.parametrize("X", [np.array([["a"]]), sp.csr_array(np.eye(1))])
    def test_of_arrays_are_none(self, X):
        assert not is_categorical(X)
        assert not is_categorical(MultimodalArray(key=X, other=X))


class TestLabels:
    def test_rows_without_an_index_are_numbered(self):
        assert row_labels(np.zeros((3, 1))).tolist() == [0, 1, 2]
        assert row_labels(np.zeros((3, 1)), start=5).tolist() == [5, 6, 7]

    def test_the_index_of_pandas(self):
        pd = frames_of("pandas")
        X = pd.DataFrame({"a": [1, 2]}, index=["u", "v"])
        assert row_labels(X, start=5).tolist() == ["u", "v"]
        levels = pd.MultiIndex.from_tuples([(1, "u"), (2, "v")])
        assert row_labels(X.set_index(levels)).tolist() == [(1, "u"), (2, "v")]


class TestSharedObjects:
    def test_items_that_rows_taken_from_others_share(self):
        pd = frames_of("pandas")
        item, other = [1], [2]
        cell = np.array([None, None])
        cell[:] = [item, other]
        frame = pd.DataFrame({"a": [1.0, 2.0], "b": cell})
        X = MultimodalArray(list=[item], array=cell[:1], numbers=[0.0][:1])
        assert shared_objects(X)[0][0] is item
        assert shared_objects(X)[1][0] is item
        assert shared_objects(frame)[0][1] is other
        assert shared_objects(frame["b"])[0][1] is other
        assert shared_objects(np.zeros((2, 2))) == []
