"""Odd input of every kind: explained, or refused with advice.

Containers of all libraries, with odd shapes, dtypes and names, go through fit, cost,
decompose, explain, transform, score, explain of other containers, metrics and displays.
Each case is one of

- done: a result, whose numbers are finite where the model's are;
- told: an error or a refusal that skdime raised, or scikit-learn's checks at the door;
- model: an error of the model, with skdime's note of what the model was given;
- RAW: an error from inside numpy, pandas, polars, scipy or scikit-learn that says
  nothing of the argument. There must be none.

Run ``python benchmarks/odd_input.py`` to count all cases and print the raw ones;
``--smoke`` runs every ninety-first.
"""

import argparse
import datetime
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import scipy.sparse as sp

from skdime import Disentangler, LocalExplainer, MultimodalArray, displays, metrics

matplotlib.use("Agg")
N = 12
# Whose frames may raise: these, and what they call to refuse an argument.
_CHECKS = ("sklearn/utils/validation.py", "sklearn/utils/_param_validation.py")


def rng():
    return np.random.RandomState(0)


def numbers(*shape):
    return rng().normal(size=(N, *shape))


def frame(**columns):
    return pd.DataFrame({"a": numbers(), "b": numbers(), **columns})


def polars_frame(**columns):
    return pl.DataFrame({"a": numbers(), "b": numbers(), **columns})


def labelled(index=None, columns=None):
    return pd.DataFrame(numbers(3), index=index, columns=columns)


def structured():
    return np.array([(1, 2.0)] * N, dtype=[("a", int), ("b", float)])


def memory_map():
    path = Path(tempfile.mkdtemp()) / "rows.dat"
    rows = np.memmap(path, dtype=float, mode="w+", shape=(N, 3))
    rows[:] = numbers(3)
    return rows


def dask_frame():
    import dask.dataframe as dd

    return dd.from_pandas(frame(), npartitions=2)


def texts():
    words = np.array(["ash", "birch", "cedar", "elm", "fir", "oak"])
    return [" ".join(rng().permutation(words)[: 3 + i % 3]) for i in range(N)]


DAYS = [datetime.date(2024, 1, 1 + i) for i in range(N)]
TIMES = pd.date_range("2024-01-01", periods=N)
UNEQUAL = [np.arange(3.0 + i % 3) for i in range(N)]

CONTAINERS = {
    # arrays
    "array": lambda: numbers(3),
    "array, float32": lambda: numbers(3).astype(np.float32),
    "array, float16": lambda: numbers(3).astype(np.float16),
    "array, int8": lambda: (10 * numbers(3)).astype(np.int8),
    "array, uint64": lambda: np.abs(1e15 * numbers(3)).astype(np.uint64),
    "array, bool": lambda: numbers(3) > 0,
    "array, complex": lambda: numbers(3) + 1j,
    "array, longdouble": lambda: numbers(3).astype(np.longdouble),
    "array, texts": lambda: np.array([texts(), texts()]).T,
    "array, bytes": lambda: np.array([texts(), texts()], dtype="S").T,
    "array, objects": lambda: np.array([[1, "a", None]] * N, dtype=object),
    "array, objects that are numbers": lambda: numbers(3).astype(object),
    "array, dates": lambda: np.array([DAYS, DAYS], dtype="datetime64[D]").T,
    "array, durations": lambda: np.ones((N, 2), dtype="timedelta64[s]"),
    "array, structured": structured,
    "array, void": lambda: np.zeros((N, 2), dtype="V4"),
    "array, nan": lambda: np.where(numbers(3) > 0, np.nan, numbers(3)),
    "array, all nan": lambda: np.full((N, 3), np.nan),
    "array, infinite": lambda: np.where(numbers(3) > 1, np.inf, numbers(3)),
    "array, huge": lambda: 1e300 * numbers(3),
    "array, tiny": lambda: 1e-320 * numbers(3),
    "array, constant": lambda: np.ones((N, 3)),
    "array, masked": lambda: np.ma.masked_greater(numbers(3), 1),
    "array, Fortran": lambda: np.asfortranarray(numbers(3)),
    "array, read only": lambda: np.broadcast_to(numbers(1), (N, 3)),
    "array, big endian": lambda: numbers(3).astype(">f8"),
    "array, memory map": memory_map,
    "array, matrix": lambda: np.asmatrix(numbers(3)),
    "array, one row": lambda: numbers(3)[:1],
    "array, no rows": lambda: numbers(3)[:0],
    "array, one column": lambda: numbers(1),
    "array, no columns": lambda: numbers(0),
    "array, 1D": numbers,
    "array, 0D": lambda: np.array(3.0),
    "array, 3D": lambda: numbers(2, 6),
    "array, 4D": lambda: numbers(2, 4, 4),
    "array, 3D of texts": lambda: np.array([[texts()] * 2] * 2).T,
    # pandas
    "pandas": frame,
    "pandas, nullable integers": lambda: frame(c=pd.array([1, None] * 6, "Int64")),
    "pandas, nullable booleans": lambda: frame(c=pd.array([True, None] * 6, "boolean")),
    "pandas, nullable floats": lambda: frame(c=pd.array([1.5, None] * 6, "Float64")),
    "pandas, strings": lambda: frame(c=pd.array(["x", None] * 6, "string")),
    "pandas, categories": lambda: frame(
        c=pd.Categorical(["x", None, "y"] * 4, list("xyz"))
    ),
    "pandas, ordered": lambda: frame(
        c=pd.Categorical(list("xyz") * 4, list("xyz"), True)
    ),
    "pandas, categories of numbers": lambda: frame(c=pd.Categorical([1, 2] * 6)),
    "pandas, times": lambda: frame(c=TIMES),
    "pandas, times of a zone": lambda: frame(c=TIMES.tz_localize("Europe/Berlin")),
    "pandas, missing times": lambda: frame(c=[pd.NaT] * N),
    "pandas, durations": lambda: frame(c=pd.to_timedelta(range(N), "h")),
    "pandas, periods": lambda: frame(c=TIMES.to_period("M")),
    "pandas, intervals": lambda: frame(c=pd.interval_range(0, N)),
    "pandas, decimals": lambda: frame(c=[Decimal("1.5")] * 6 + [Decimal("2")] * 6),
    "pandas, dates": lambda: frame(c=DAYS),
    "pandas, sparse": lambda: frame(c=pd.arrays.SparseArray([0.0, 1.0] * 6)),
    "pandas, all sparse": lambda: labelled().astype(pd.SparseDtype(float)),
    "pandas, of Arrow": lambda: frame().convert_dtypes(dtype_backend="pyarrow"),
    "pandas, lists of Arrow": lambda: frame(
        c=pd.array([[1, 2]] * N, pd.ArrowDtype(pa.list_(pa.int64())))
    ),
    "pandas, complex": lambda: frame(c=numbers() + 1j),
    "pandas, mixed objects": lambda: frame(c=[1, "a", None, 2.5] * 3),
    "pandas, lists": lambda: frame(c=[[1, 2]] * N),
    "pandas, lists of unequal length": lambda: frame(c=[[1], [1, 2]] * 6),
    "pandas, arrays": lambda: frame(c=UNEQUAL),
    "pandas, dicts": lambda: frame(c=[{"x": 1}] * N),
    "pandas, sets": lambda: frame(c=[{1, 2}] * N),
    "pandas, texts": lambda: frame(c=texts()),
    "pandas, texts that are no Unicode": lambda: frame(
        c=pd.Series([f"\ud800{text}" for text in texts()], dtype=object)
    ),
    "pandas, bytes": lambda: frame(c=[b"x", b"y"] * 6),
    "pandas, functions": lambda: frame(c=[len] * N),
    "pandas, None": lambda: frame(c=[None] * N),
    "pandas, all nan": lambda: frame(c=np.nan),
    "pandas, infinite": lambda: frame(c=np.inf),
    "pandas, MultiIndex of columns": lambda: labelled(
        columns=pd.MultiIndex.from_tuples([("u", "x"), ("u", "y"), ("v", "x")])
    ),
    "pandas, MultiIndex of rows": lambda: labelled(
        index=pd.MultiIndex.from_product([[0, 1], range(6)])
    ),
    "pandas, numbers as names": lambda: labelled(columns=[3, 1, 2]),
    "pandas, numbers and texts as names": lambda: labelled(columns=["x", 1, 2.5]),
    "pandas, None as name": lambda: labelled(columns=["x", None, "y"]),
    "pandas, nan as name": lambda: labelled(columns=["x", np.nan, "y"]),
    "pandas, times as names": lambda: labelled(columns=TIMES[:3]),
    "pandas, the same names": lambda: labelled(columns=["x", "x", "y"]),
    "pandas, empty names": lambda: labelled(columns=["", " ", "__"]),
    "pandas, long names": lambda: labelled(columns=["x" * 10**5, "y" * 10**5, "z"]),
    "pandas, odd names": lambda: labelled(columns=["a\0b", "\u202ec", "\x1b[31m"]),
    "pandas, names that are no Unicode": lambda: labelled(
        columns=pd.Index(["a\ud800", "\udfffb", "c"], dtype=object)
    ),
    "pandas, labels that are no Unicode": lambda: labelled(
        index=pd.Index([f"a\ud800{i}" for i in range(N)], dtype=object)
    ),
    "pandas, the same labels": lambda: labelled(index=[1] * N),
    "pandas, missing labels": lambda: labelled(index=[np.nan] * N),
    "pandas, mixed labels": lambda: labelled(index=[1, "a", None] * 4),
    "pandas, one row": lambda: frame()[:1],
    "pandas, no rows": lambda: frame()[:0],
    "pandas, no columns": lambda: pd.DataFrame(index=range(N)),
    "pandas, one column": lambda: frame()[["a"]],
    "pandas, series": lambda: frame()["a"],
    "pandas, index": lambda: pd.Index(range(N)),
    # polars, Arrow, Dask
    "polars": polars_frame,
    "polars, lazy": lambda: polars_frame().lazy(),
    "polars, series": lambda: polars_frame()["a"],
    "polars, texts": lambda: polars_frame(c=texts()),
    "polars, categories": lambda: polars_frame(
        c=pl.Series(["x", "y"] * 6, dtype=pl.Categorical)
    ),
    "polars, enum": lambda: polars_frame(
        c=pl.Series(["x", "y"] * 6, dtype=pl.Enum(["x", "y"]))
    ),
    "polars, lists": lambda: polars_frame(c=[[1, 2]] * N),
    "polars, arrays": lambda: polars_frame(
        c=pl.Series([[1, 2]] * N, dtype=pl.Array(pl.Int64, 2))
    ),
    "polars, structs": lambda: polars_frame(c=[{"x": 1}] * N),
    "polars, decimals": lambda: polars_frame(c=[Decimal("1.5")] * N),
    "polars, null": lambda: polars_frame(c=[None] * N),
    "polars, days": lambda: polars_frame(c=DAYS),
    "polars, durations": lambda: polars_frame(c=[datetime.timedelta(1)] * N),
    "polars, times": lambda: polars_frame(c=[datetime.time(1)] * N),
    "polars, bytes": lambda: polars_frame(c=[b"x"] * N),
    "polars, objects": lambda: polars_frame(
        c=pl.Series([object()] * N, dtype=pl.Object)
    ),
    "polars, no rows": lambda: polars_frame()[:0],
    "Arrow table": lambda: pa.table({"a": numbers(), "b": numbers()}),
    "Arrow batch": lambda: pa.RecordBatch.from_pydict({"a": numbers(), "b": numbers()}),
    "Arrow array": lambda: pa.array(numbers()),
    "Dask frame": dask_frame,
    # sparse
    "CSR": lambda: sp.csr_matrix(numbers(3)),
    "CSC": lambda: sp.csc_matrix(numbers(3)),
    "COO": lambda: sp.coo_matrix(numbers(3)),
    "DOK": lambda: sp.dok_matrix(numbers(3)),
    "BSR": lambda: sp.bsr_matrix(numbers(4)),
    "CSR array": lambda: sp.csr_array(numbers(3)),
    "CSR, no rows": lambda: sp.csr_matrix((0, 3)),
    "CSR, empty": lambda: sp.csr_matrix((N, 3)),
    "CSR, booleans": lambda: sp.csr_matrix(numbers(3) > 0),
    "CSR, nan": lambda: sp.csr_matrix(np.where(numbers(3) > 0, np.nan, 0)),
    "CSR, complex": lambda: sp.csr_matrix(numbers(3) + 1j),
    # keys
    "keys": lambda: MultimodalArray(a=numbers(2), b=numbers()),
    "keys, texts": lambda: MultimodalArray(a=texts(), b=numbers()),
    "keys, texts that are no Unicode": lambda: MultimodalArray(
        {"a\ud800": [f"\ud800{text}\0\u202e" for text in texts()], "b": numbers()}
    ),
    "keys, missing texts": lambda: MultimodalArray(a=[None, *texts()[1:]], b=numbers()),
    "keys, no texts": lambda: MultimodalArray(a=[""] * N, b=numbers()),
    "keys, mixed": lambda: MultimodalArray(a=["a text here", 3] * 6, b=numbers()),
    "keys, series": lambda: MultimodalArray(a=numbers(2, 30), b=numbers()),
    "keys, unequal series": lambda: MultimodalArray(a=UNEQUAL, b=numbers()),
    "keys, empty series": lambda: MultimodalArray(a=[np.array([])] * N, b=numbers()),
    "keys, short series": lambda: MultimodalArray(a=numbers(1, 1), b=numbers()),
    "keys, series of objects": lambda: MultimodalArray(
        a=[np.array([1, "x"], dtype=object)] * N, b=numbers()
    ),
    "keys, images": lambda: MultimodalArray(
        a=rng().randint(256, size=(N, 8, 8)).astype(np.uint8), b=numbers()
    ),
    "keys, frame": lambda: MultimodalArray(a=frame(c=texts()), b=numbers()),
    "keys, frame of polars": lambda: MultimodalArray(a=polars_frame(), b=numbers()),
    "keys, sparse": lambda: MultimodalArray(a=sp.csr_matrix(numbers(3)), b=numbers()),
    "keys, objects": lambda: MultimodalArray(a=[object()] * N, b=numbers()),
    "keys, sets": lambda: MultimodalArray(a=[{"x", "y"}, {"x"}] * 6, b=numbers()),
    "keys, dicts": lambda: MultimodalArray(a=[{"x": 1}] * N, b=numbers()),
    "keys, one": lambda: MultimodalArray(a=numbers(2)),
    "keys, none": lambda: MultimodalArray({}),
    "keys, no rows": lambda: MultimodalArray(a=numbers(2)[:0], b=numbers()[:0]),
    "keys, 5D": lambda: MultimodalArray(a=numbers(1, 2, 2, 2), b=numbers()),
    # what is no container
    "dict": lambda: {"a": numbers(2), "b": numbers()},
    "dict, unequal": lambda: {"a": numbers(2), "b": numbers()[1:]},
    "dict, empty": dict,
    "dict, numbers as keys": lambda: {1: numbers(2), 2: numbers()},
    "dict, scalars": lambda: {"a": 1, "b": 2},
    "list of lists": lambda: numbers(3).tolist(),
    "list, unequal": lambda: [[1.0, 2.0], [1.0]] * 6,
    "list of arrays": lambda: list(numbers(3)),
    "list of texts": texts,
    "list of dicts": lambda: [{"a": 1, "b": 2}] * N,
    "list, empty": list,
    "tuple": lambda: tuple(map(tuple, numbers(3))),
    "set": lambda: {1, 2, 3},
    "generator": lambda: (row for row in numbers(3)),
    "text": lambda: "abc",
    "None": lambda: None,
    "number": lambda: 3.0,
    "object": object,
    "function": lambda: len,
    "class": lambda: dict,
}


def sizes(X):
    """A model of any rows: one number for each, by what is written of it."""
    return np.array([float(np.cos(len(text) + 1)) for text in written(X)])


def written(X):
    """The rows as texts."""
    if isinstance(X, (MultimodalArray, Mapping)):
        return list(map(str, zip(*[written(rows) for rows in X.values()], strict=True)))
    if sp.issparse(X):
        X = X.toarray()
    if isinstance(X, pl.DataFrame):
        return list(map(str, X.rows()))
    if isinstance(X, pd.DataFrame):
        return [str(row) for row in X.itertuples(index=False, name=None)]
    return [str(row) for row in X]


def explainer(**options):
    dis = Disentangler(sizes, n_references=4, random_state=0)
    return LocalExplainer(dis, **{"n_samples": 8, "random_state": 0} | options)


def remembered(function):
    """Results and errors of the last container, which many calls begin with."""
    last = []

    def call(X):
        if not last or last[0] is not X:
            try:
                last[:] = [X, function(X), None]
            except Exception as error:
                last[:] = [X, None, error]
        if last[2] is not None:
            raise last[2]
        return last[1]

    return call


@remembered
def fitted(X):
    return explainer().fit(X)


def some(X, n=3):
    """The first rows of any container."""
    if sp.issparse(X):  # some formats are dicts, too
        return X.tocsr()[:n]
    if isinstance(X, Mapping):
        return {key: rows[:n] for key, rows in X.items()}
    return X[:n]


@remembered
def explained(X):
    return fitted(X).explain(some(X))


def drawn(name):
    def draw(X):
        display = getattr(displays, name).from_explanation(explained(X))
        plot = getattr(display, "plot", None)
        return display if plot is None else plot()

    return draw


def with_other(other):
    """Fitted on plain rows, then given others."""
    models = []

    def call(X):
        if not models:
            models.append(explainer().fit(CONTAINERS[other]()))
        models[0].cost(X)
        return models[0].explain(X)

    return call


CALLS = {
    "Disentangler.fit": lambda X: Disentangler(sizes, n_references=4).fit(X),
    "cost before fit": lambda X: explainer().cost(X),
    "fit": fitted,
    "decompose": lambda X: fitted(X).disentangler_.decompose(some(X)),
    "explain": explained,
    "transform": lambda X: fitted(X).transform(some(X)),
    "score": lambda X: fitted(X).score(some(X)),
    "cost": lambda X: fitted(X).cost(some(X)),
    "explain one row": lambda X: fitted(X).explain(some(X, 1)),
    "explain after arrays": with_other("array"),
    "explain after pandas": with_other("pandas"),
    "explain after keys": with_other("keys"),
    "to_html": lambda X: explained(X).to_html(),
    "to_frame": lambda X: explained(X).to_frame(),
    "repr": lambda X: (repr(explained(X)), explained(X)._repr_html_()),
    "infidelity": lambda X: metrics.infidelity(fitted(X), some(X)),
    "fidelity": lambda X: metrics.fidelity(fitted(X), some(X)),
    "interaction_share": lambda X: metrics.interaction_share(
        fitted(X).disentangler_.decompose(some(X), pairs=True)
    ),
    "WaterfallDisplay": drawn("WaterfallDisplay"),
}


def outcome(call, X):
    """One of done, told, model and RAW, and the error."""
    try:
        call(X)
    except Exception as error:
        return _kind(error), error
    finally:
        plt.close("all")
    return "done", None


def made(container):
    """Rows, or why there can be none, as :func:`outcome`."""
    try:
        return "done", None, CONTAINERS[container]()
    except Exception as error:
        return _kind(error), error, None


def _kind(error):
    notes = "\n".join(getattr(error, "__notes__", []))
    if "The model was given" in notes:
        return "model"
    path = traceback.extract_tb(error.__traceback__)[-1].filename.replace("\\", "/")
    told = "/skdime/" in path or path.endswith(_CHECKS) or "This is about" in notes
    return "told" if told else "RAW"


def cases(step=1):
    """Names of containers and of calls."""
    pairs = [(container, call) for container in CONTAINERS for call in CALLS]
    return pairs[::step]


def run(step=1):
    """Kinds of outcomes counted, and the raw ones.

    Returns
    -------
    counts : Counter
    raw : list of (str, str, Exception)
    """
    counts, raw = Counter(), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        name = X = None
        for container, call in cases(step):
            if container != name or container == "generator":
                name = container
                kind, error, X = made(container)
            if X is not None or container == "None":
                kind, error = outcome(CALLS[call], X)
            counts[kind] += 1
            if kind == "RAW":
                raw.append((container, call, error))
    return counts, raw


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--smoke", action="store_true", help="every ninety-first case")
    counts, raw = run(91 if parser.parse_args().smoke else 1)
    print(
        f"{sum(counts.values()):,} cases: "
        + ", ".join(
            f"{counts[kind]:,} {kind}" for kind in ("done", "told", "model", "RAW")
        )
    )
    for container, call, error in raw:
        print(f"  {container} | {call} | {type(error).__name__}: {error!s:.100}")
    if raw:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
