"""Rows of a service, lists of dicts from JSON, are explained as the frame would be."""

import json

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from tests._data import assert_same_numbers

N = 30
RNG = np.random.RandomState(0)
COLUMNS = {
    "dose": RNG.randint(1, 6, N).astype(float),
    "age": RNG.randint(20, 90, N),
    "ward": ["north", "south", "east"] * (N // 3),
    "fever": (RNG.rand(N) < 0.5).tolist(),
}
MODALITIES = {"chart": ["age", "ward"], "lab": ["dose", "fever"]}


def model(X):
    ages = np.array([40.0 if np.isnan(v) else v for v in numbers(X["age"])])
    doses = np.nan_to_num(numbers(X["dose"]))
    south = np.array([word == "south" for word in X["ward"].to_list()])
    return ages / 10 * south + doses * np.array(X["fever"].to_list(), dtype=float)


def numbers(column):
    return np.array([np.nan if v is None else float(v) for v in nulls(column)])


def nulls(column):
    items = column.to_list()
    return [None if str(v) in ("None", "nan", "<NA>") else v for v in items]


def sent(records):
    """What comes out of JSON: 3 for 3.0, None for everything missing."""
    records = [
        {k: int(v) if v == round_(v) else v for k, v in r.items()} for r in records
    ]
    return json.loads(json.dumps(records))


def round_(value):
    return int(value) if isinstance(value, float) else None


@pytest.fixture(scope="module", params=["pandas", "polars"])
def frame(request):
    library = pytest.importorskip(request.param)
    if request.param == "polars":
        return library.DataFrame(COLUMNS)
    frame = library.DataFrame(COLUMNS)
    return frame.astype({"age": "Int64", "ward": "category"})


@pytest.fixture(scope="module")
def explainer(frame):
    disentangler = Disentangler(model, MODALITIES, n_references=20, random_state=0)
    return LocalExplainer(disentangler, n_samples=40, random_state=0).fit(frame)


def records_of(frame):
    names = list(frame.columns)
    columns = [frame[name].to_list() for name in names]
    return [
        dict(zip(names, items, strict=True)) for items in zip(*columns, strict=True)
    ]


def test_records_are_explained_as_the_frame(frame, explainer):
    few = frame[:4]
    records = sent(records_of(few))
    assert isinstance(records[0]["dose"], int)
    found, expected = explainer.explain(records), explainer.explain(few)
    assert_same_numbers(found, expected)
    assert found.feature_values.tolist() == expected.feature_values.tolist()
    np.testing.assert_array_equal(
        explainer.disentangler_.transform(records),
        explainer.disentangler_.transform(few),
    )


def test_null_is_what_is_missing_in_the_dtype(frame, explainer):
    records = sent(records_of(frame[:2]))
    records[0]["age"] = None
    del records[1]["dose"]
    import importlib

    library = importlib.import_module(type(frame).__module__.partition(".")[0])
    dtypes = dict(zip(frame.columns, frame.dtypes, strict=True))
    columns = {name: [r.get(name) for r in records] for name in dtypes}
    if library.__name__ == "pandas":
        with_nulls = library.DataFrame(columns).astype(dtypes)
    else:
        with_nulls = library.DataFrame(columns, schema=dtypes)
    assert_same_numbers(explainer.explain(records), explainer.explain(with_nulls))


def test_keys_in_other_order_and_further_ones(frame, explainer):
    records = sent(records_of(frame[:2]))
    turned = [{"id": 7, **dict(reversed(list(r.items())))} for r in records]
    assert_same_numbers(explainer.explain(turned), explainer.explain(records))


@pytest.mark.parametrize(
    "change, words",
    [
        ({"age": "40"}, "'age' must be a number in every row .*; it is '40' in row 1"),
        ({"age": True}, "'age' must be a number"),
        ({"fever": 1}, "'fever' must be true or false"),
        ({"age": 40.5}, "'age' has dtype .*, which cannot hold 40.5"),
    ],
)
def test_items_of_another_kind(frame, explainer, change, words):
    records = sent(records_of(frame[:2]))
    records[1] |= change
    with pytest.raises((TypeError, ValueError), match=words):
        explainer.explain(records)


def test_a_key_that_no_record_has(frame, explainer):
    records = [
        {k: v for k, v in r.items() if k != "age"} for r in records_of(frame[:2])
    ]
    with pytest.raises(ValueError, match="missing:\n- age"):
        explainer.explain(records)


def test_integers_of_numpy_cannot_be_missing():
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame({"a": np.arange(20), "b": np.arange(20.0)})
    fitted = Disentangler(lambda X: (X["a"] * X["b"]).to_numpy()).fit(X)
    found = fitted.decompose([{"a": 3.0, "b": 4}, {"a": 5, "b": None}][:1])
    assert found.output.item() == 12
    with pytest.raises(ValueError, match=r"'a' is missing in row 0.*convert_dtypes"):
        fitted.decompose([{"a": None, "b": 4}])


def test_where_fit_was_given_no_frame():
    X = np.ones((5, 2))
    fitted = Disentangler(lambda X: X[:, 0], n_references=2).fit(X)
    for call in (fitted.decompose, Disentangler(len).fit):
        with pytest.raises(TypeError, match=r"list of dicts.*pandas\.DataFrame\(X\)"):
            call([{"x0": 1, "x1": 2}])
