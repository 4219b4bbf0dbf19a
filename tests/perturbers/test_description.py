"""What columns are taken for, before and after fit, and warnings of close choices."""

import warnings

import numpy as np
import pytest
from sklearn import config_context
from sklearn.exceptions import NotFittedError

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import ImagePerturber, SetPerturber, TabularPerturber

N = 40
RNG = np.random.RandomState(0)


def rows():
    return MultimodalArray(
        ward=np.array(["medical", "surgical", "medical", "intensive"] * 10),
        age=np.arange(N) + 0.5,
        note=[f"no fever since day {i}" for i in range(N)],
        codes=[[401, 250, 715][: i % 4] for i in range(N)],
        ecg=RNG.normal(size=(N, 2, 30)),
        scan=RNG.normal(size=(N, 8, 8)),
        labs=RNG.normal(size=(N, 2)),
    )


def explainer(**options):
    dis = Disentangler(lambda X: X["age"], n_references=4, random_state=0)
    perturbers = [("scan", ImagePerturber((2, 2)))]
    return LocalExplainer(dis, perturbers, n_samples=20, random_state=0, **options)


EXPECTED = [
    ("ward", "category", 3, "medical (50%)"),
    ("age", "number", N, "mean 20"),
    ("note", "text", N, "5.0 words"),
    ("codes", "set", 3, "1.5 elements"),
    ("ecg", "series", None, "2 x 30"),
    ("scan", "image", None, "8 x 8"),
    ("x0", "number", N, None),
    ("x1", "number", N, None),
]


def test_before_and_after_fit():
    X = rows()
    with pytest.raises(NotFittedError):
        explainer().describe_modalities()
    before = explainer().describe_modalities(X)
    for (column, taken_for, n_levels, average), found in zip(
        EXPECTED, before.columns, strict=True
    ):
        assert (found.column, found.taken_for) == (column, taken_for)
        assert found.n_levels == n_levels
        assert average is None or found.average == average
        assert not found.is_close
    fitted = explainer().fit(X)
    assert fitted.describe_modalities() == before
    assert "medical" not in repr(fitted.forget().describe_modalities())


def test_as_text_frame_and_markup():
    X = rows()
    unfitted = explainer()
    description = unfitted.describe_modalities(X)
    lines = repr(description).splitlines()
    assert lines[0].split() == [
        "modality",
        "column",
        "taken",
        "for",
        *lines[0].split()[4:],
    ]
    assert len(lines) == 1 + len(description.columns)
    assert description._repr_html_().count("<tr>") == len(lines)
    fitted = explainer().fit(X)
    with config_context(display="diagram"):
        for markup in (
            fitted._repr_html_(),
            fitted._repr_mimebundle_()["text/html"],
        ):
            assert description._repr_html_() in markup
        assert "<td>ward</td>" not in unfitted._repr_html_()
    pytest.importorskip("pandas")
    frame = description.to_frame()
    assert frame["taken_for"].tolist() == [entry[1] for entry in EXPECTED]
    assert frame["n_levels"].isna().tolist() == [e[2] is None for e in EXPECTED]


def test_named_perturbers_and_columns():
    X = rows()
    perturbers = [
        ("codes", SetPerturber()),
        ("labs", TabularPerturber(categorical_features=[1])),
        ("scan", ImagePerturber((2, 2))),
    ]
    found = explainer().set_params(perturbers=perturbers).describe_modalities(X)
    by_column = {each.column: each for each in found.columns}
    assert by_column["codes"].why == "SetPerturber was named"
    assert by_column["x1"].taken_for == "category"
    assert by_column["x1"].why == "named in categorical_features"
    assert by_column["x0"].overrule == "TabularPerturber(categorical_features=['x0'])"


NOTES = [f"no fever since day {i}" for i in range(N)]
TABLE = {
    "number": (np.arange(N) / 3, "number", "", False),
    "flag": (np.arange(N) % 2, "number", "", False),
    "stage": (np.arange(N) % 4, "number", "a category", False),
    "digits": ([f"{i / 2}" for i in range(N)], "category", "a number", True),
    "notes": (
        [f"no fever since day {i}" for i in range(N)],
        "category",
        "a text",
        True,
    ),
    "ids": ([f"P{i}" for i in range(N)], "category", "", False),
    "ward": (["medical ward", "surgical ward"] * (N // 2), "category", "", False),
}


@pytest.mark.parametrize("name", TABLE)
def test_columns_of_a_table(name):
    pd = pytest.importorskip("pandas")
    values, taken_for, may_be, is_close = TABLE[name]
    X = pd.DataFrame({"x": values, "y": np.arange(N) / N, "z": np.arange(N) / N})
    dis = Disentangler(
        lambda X: X["y"].to_numpy(), [("m", ["x", "z"]), ("y", ["y"])], n_references=4
    )
    unfitted = LocalExplainer(dis, n_samples=20, random_state=0)
    found = unfitted.describe_modalities(X).columns[0]
    assert (found.taken_for, found.is_close) == (taken_for, is_close)
    assert found.may_be.startswith(may_be) and bool(found.may_be) == bool(may_be)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        unfitted.fit(X)
    told = [str(each.message) for each in told if "taken for" in str(each.message)]
    assert len(told) == is_close
    if is_close:
        assert told[0].startswith("Column 'x' of modality 'm' is taken for a category")


@pytest.mark.parametrize(
    "kind, make, average",
    [
        ("date", lambda pd: pd.date_range("2024-01-01", periods=N), "2024-01-21"),
        (
            "ordered",
            lambda pd: pd.Categorical(
                ["low", "mid", "mid", "high"] * 10, ["low", "mid", "high"], ordered=True
            ),
            "median mid",
        ),
        ("number", lambda pd: pd.array([None, *range(1, N)], dtype="Int64"), "mean 20"),
        ("number", lambda pd: [np.nan] * N, ""),
    ],
)
def test_scales(kind, make, average):
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame({"x": make(pd), "y": np.arange(N)})
    dis = Disentangler(lambda X: X["y"].to_numpy(), [("x", ["x"]), ("y", ["y"])])
    found = LocalExplainer(dis).describe_modalities(X).columns[0]
    assert found.taken_for == kind
    assert average in found.average
