"""Columns of every kind: the coefficient of a model that adds their place is known."""

import datetime
import decimal

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import TabularPerturber

N = 40
PLACE = np.random.RandomState(0).randint(0, 9, size=N)
DAY = datetime.date(2024, 1, 1)
MISSING = np.arange(N) % 8 == 3
# the ridge takes up to a hundredth off, at the width of the kernel for one column
CLOSE = {"rtol": 0.02, "atol": 0.02}


def arrow_decimals(pd):
    pa = pytest.importorskip("pyarrow")
    items = [decimal.Decimal(int(v)) for v in PLACE]
    return pd.Series(items, dtype=pd.ArrowDtype(pa.decimal128(5, 1)))


# Columns whose values lie at PLACE, and what reads the place back.
KINDS = {
    "decimals of Arrow": (arrow_decimals, float),
    "decimals": (
        lambda pd: pd.Series([decimal.Decimal(int(v)) for v in PLACE], dtype=object),
        float,
    ),
    "periods": (
        lambda pd: pd.Series(pd.Period("1970-01-01", "D") + PLACE),
        lambda v: v.ordinal,
    ),
    "dates": (
        lambda pd: pd.Series(
            [DAY + datetime.timedelta(int(v)) for v in PLACE], dtype=object
        ),
        lambda v: (v - DAY).days,
    ),
    "zones": (
        lambda pd: (
            pd.Series(pd.Timestamp("2024-01-01", tz="Europe/Vienna"), index=range(N))
            + pd.to_timedelta(PLACE, unit="D")
        ),
        lambda v: (v.date() - DAY).days,
    ),
    "intervals": (
        lambda pd: pd.Series(pd.IntervalIndex.from_arrays(PLACE, PLACE + 1.0)),
        lambda v: v.left,
    ),
    "ordered categories": (
        lambda pd: pd.Series(
            pd.Categorical.from_codes(PLACE, list("abcdefghi"), ordered=True)
        ),
        "abcdefghi".index,
    ),
}


def explained(X, model):
    perturbers = [(m, TabularPerturber(effects="slope")) for m in ("a", "b")]
    dis = Disentangler(model, [("a", [0]), ("b", [1])], n_references=None)
    explainer = LocalExplainer(dis, perturbers, random_state=0).fit(X)
    return explainer, explainer.explain(X)


@pytest.mark.parametrize("kind", KINDS)
def test_what_has_an_order_is_no_category(kind):
    pd = pytest.importorskip("pandas")
    make, place = KINDS[kind]
    X = pd.DataFrame({"x": make(pd), "y": np.arange(N) / N})
    dtypes = set()

    def model(X):
        dtypes.add(X["x"].dtype)
        return np.array([place(v) for v in X["x"]]) + X["y"].to_numpy()

    explainer, found = explained(X, model)
    assert not dict(explainer.perturbers_)["a"].categorical_.any()
    uc = found.sel(part="uc", feature="x")[:, 0]
    np.testing.assert_allclose(uc, PLACE - PLACE.mean(), **CLOSE)
    assert dtypes == {X["x"].dtype}


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "int64[pyarrow]", object])
def test_integers_and_booleans_with_missing_values_stay_what_they_are(dtype):
    pd = pytest.importorskip("pandas")
    if "pyarrow" in str(dtype):
        pytest.importorskip("pyarrow")
    values = PLACE % 2 if dtype == "boolean" else PLACE
    items = [None if gone else int(v) for v, gone in zip(values, MISSING, strict=True)]
    x = pd.Series(items, dtype=dtype)
    X = pd.DataFrame({"x": x, "y": np.arange(N) / N})
    seen = set()

    def model(X):
        seen.update(type(v) for v in X["x"] if v is not None and v is not pd.NA)
        present = X["x"].notna().to_numpy()
        place = np.array(
            [int(v) if p else 20 for v, p in zip(X["x"], present, strict=True)]
        )
        return place + X["y"].to_numpy()

    _, found = explained(X, model)
    assert seen == {type(v) for v in x if v is not None and v is not pd.NA}
    expected = np.where(MISSING, 20, values)
    uc = found.sel(part="uc", feature="x")[:, 0]
    # what is not True is False or missing, which one regressor cannot tell apart
    rows = np.flatnonzero(expected == 1) if dtype == "boolean" else slice(None)
    difference = (expected - expected.mean())[rows]
    np.testing.assert_allclose(uc[rows], difference, **CLOSE)


@pytest.mark.parametrize("dtype", [float, int])
def test_masked_entries_are_missing(dtype):
    data = np.column_stack([PLACE, PLACE[::-1]]).astype(dtype)
    mask = np.column_stack([MISSING, np.zeros(N, dtype=bool)])
    masked = np.ma.masked_array(data, mask)

    def model(X):
        assert not isinstance(X, np.ma.MaskedArray)
        return np.where(np.isnan(X[:, 0]), 20, X[:, 0]) + X[:, 1]

    _, found = explained(masked, model)
    expected = np.where(MISSING, 20, PLACE)
    uc = found.sel(part="uc", feature="x0")[:, 0]
    np.testing.assert_allclose(uc, expected - expected.mean(), **CLOSE)
    under_key = MultimodalArray(a=masked)["a"]
    np.testing.assert_array_equal(under_key, np.where(mask, np.nan, data))


def test_columns_of_a_multiindex():
    pd = pytest.importorskip("pandas")
    names = [("lab", "sodium"), ("lab", "lactate"), ("exam", "age")]
    values = np.random.RandomState(1).normal(size=(N, 3))
    X = pd.DataFrame(values, columns=pd.MultiIndex.from_tuples(names))

    def model(X):
        return X["lab"].sum(axis=1).to_numpy() + X[("exam", "age")].to_numpy()

    for modalities in (
        [("lab", "lab"), ("exam", "exam")],
        [("lab", names[:2]), ("exam", names[2])],
        [("lab", [0, 1]), ("exam", [2])],
    ):
        dis = Disentangler(model, modalities, n_references=None)
        slopes = [(m, TabularPerturber(effects="slope")) for m, _ in modalities]
        explainer = LocalExplainer(dis, slopes, n_samples=200, random_state=0).fit(X)
        found = explainer.explain(X.iloc[:3])
        assert found.feature_names.tolist() == ["lab/sodium", "lab/lactate", "exam/age"]
        uc = found.sel(part="uc", feature="lab/lactate")[:, 0]
        expected = values[:3, 1] - values[:, 1].mean()
        np.testing.assert_allclose(uc, expected, **CLOSE)
    with pytest.raises(ValueError, match="columns 'labs' in modality 'lab'"):
        Disentangler(model, [("lab", "labs"), ("exam", "exam")]).fit(X)


def test_many_levels_have_no_nan():
    pd = pytest.importorskip("pandas")
    level = np.arange(400) % 200
    X = pd.DataFrame({"code": [f"P{v:04d}" for v in level], "y": level / 200})

    def model(X):
        return np.array([int(v[1:]) for v in X["code"]]) / 100 + X["y"].to_numpy()

    perturbers = [("a", TabularPerturber(effects="shapley"))]
    dis = Disentangler(model, [("a", [0]), ("b", [1])], random_state=0)
    explainer = LocalExplainer(dis, perturbers, random_state=0).fit(X)
    rows = X.iloc[:5].assign(code=["P0000", "P0001", "P0050", "P0150", "P9999"])
    uc = explainer.explain(rows.iloc[:4]).sel(part="uc", feature="code")[:, 0]
    expected = np.array([0, 1, 50, 150]) / 100 - level.mean() / 100
    np.testing.assert_allclose(uc, expected, atol=0.1)
    assert np.isfinite(explainer.explain(rows).coef).all()


def test_marks_among_numbers_are_warned_of():
    pd = pytest.importorskip("pandas")
    numbers = np.random.RandomState(0).normal(size=40).astype(object)
    numbers[3] = "n/a"
    frame = pd.DataFrame({"bmi": numbers, "age": np.arange(40.0)})
    dis = Disentangler(lambda X: X["age"], random_state=0)
    with pytest.warns(UserWarning, match="a number, in a column with texts .* 'n/a'"):
        LocalExplainer(dis, n_samples=20).fit(frame)
