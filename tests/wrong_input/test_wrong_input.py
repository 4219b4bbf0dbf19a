"""Mistakes that are made with a table of patients, and what the user is told."""

import warnings

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator

from skdime import LocalExplainer
from tests.wrong_input._patients import (
    METHODS,
    N,
    disentangler_of,
    explainer_of,
    patients,
)


@pytest.fixture(scope="module", params=METHODS)
def call(request, table, y):
    """A method of a fitted estimator that takes rows."""
    return getattr(METHODS[request.param]().fit(table, y), request.param)


def with_columns(table, **changed):
    """The frame with some columns set, whatever its library."""
    if hasattr(table, "assign"):
        return table.assign(**changed)
    return type(table)({name: table[name] for name in table.columns} | changed)


# --- rows of another form -------------------------------------------------------------


@pytest.mark.parametrize("build", [disentangler_of, explainer_of])
def test_a_row_as_a_series(frame, y, build):
    estimator = build().fit(frame, y)
    row = frame.iloc[3]
    for method in ("transform", "explain", "decompose", "score"):
        if hasattr(estimator, method):
            with pytest.raises(ValueError, match=r"X is a Series.*X\.iloc\[\[i\]\]"):
                getattr(estimator, method)(row)
    with pytest.raises(ValueError, match="X is a Series"):
        build().fit(row, y)


def test_a_column_as_a_series(frame, y):
    with pytest.raises(ValueError, match="X is a Series, which has one dimension"):
        explainer_of().fit(frame["age"], y)


def test_a_column_is_missing(call, table):
    with pytest.raises(ValueError, match="missing:\n- ldl"):
        call(table[["age", "sex", "pulse", "ward"]])


def test_columns_of_a_frame_are_found_by_name(call, table):
    # as by the ColumnTransformer, which is the first step of the model
    expected = numbers(call(table))
    extra = with_columns(table, answer=[1.0] * N)
    np.testing.assert_equal(numbers(call(extra)), expected)
    np.testing.assert_equal(numbers(call(extra[list(extra.columns)[::-1]])), expected)


def numbers(result):
    """A result, or the numbers that stand for it."""
    return getattr(getattr(result, "decomposition", result), "main", result)


def test_a_column_has_another_name(call, table):
    renamed = [name.replace("ldl", "LDL") for name in table.columns]
    table = type(table)(
        {n: table[o] for n, o in zip(renamed, table.columns, strict=True)}
    )
    with pytest.raises(
        ValueError, match=r"(?s)unseen at fit time:\n- LDL.*missing:\n- ldl"
    ):
        call(table)


def test_integers_have_become_floats(call, table):
    # what a single missing value does when a file is read
    ages = [float(age) for age in table["age"].to_list()]
    with pytest.raises(
        TypeError, match=r"(?i)age: float64 \(was int\d*\).*(astype|cast)"
    ):
        call(with_columns(table, age=ages))


def test_words_have_become_categories(frame, y):
    explainer = explainer_of().fit(frame, y)
    changed = frame.astype({"ward": "category"})
    with pytest.raises(TypeError, match=r"ward: category \(was (str|object)\)"):
        explainer.explain(changed)


def test_categories_are_others(frame, y):
    pd = pytest.importorskip("pandas")
    frame["ward"] = pd.Categorical(frame["ward"])
    explainer = explainer_of().fit(frame, y)
    with pytest.raises(TypeError, match=r"in fit: ward: CategoricalDtype\("):
        explainer.explain(frame.assign(ward=pd.Categorical(["south"] * N)))


def test_no_rows(call, table):
    with pytest.raises(ValueError, match=r"X has no rows"):
        call(table[:0])


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_rows_to_fit(table, n):
    for build in (disentangler_of, explainer_of):
        with pytest.raises(ValueError, match=r"X has no rows|n_samples = 1"):
            build().fit(table[:n], ["well"] * n)


def test_one_row_is_explained(table, y):
    explainer = explainer_of().fit(table, y)
    explanation = explainer.explain(table[:1])
    assert explanation.coef.shape == (1, 2, 5, 1)
    np.testing.assert_allclose(
        explanation.coef, explainer.explain(table[:3]).coef[:1], atol=1e-12
    )


def test_columns_of_the_same_name(frame, y):
    frame.columns = ["age", "sex", "ldl", "ldl", "ward"]
    modalities = [("exam", [0, 1]), ("lab", [2, 3, 4])]
    for build in (disentangler_of, explainer_of):
        with pytest.raises(ValueError, match=r"same name: \['ldl'\].*name of its own"):
            build(modalities=modalities).fit(frame, y)


def test_frozen_disentangler_and_other_columns(frame, y):
    frozen = FrozenEstimator(disentangler_of().fit(frame, y))
    explainer = LocalExplainer(frozen, n_samples=N)
    expected = explainer.fit(frame).explain(frame[:2]).decomposition
    reordered = frame[frame.columns[::-1]]
    found = explainer.fit(reordered).explain(reordered[:2]).decomposition
    np.testing.assert_array_equal(found.main, expected.main)
    with pytest.raises(TypeError, match="age"):
        explainer.fit(frame.astype({"age": float}))
    with pytest.raises(ValueError, match="missing:\n- ward"):
        explainer.fit(frame.drop(columns="ward"))


# --- values that the training rows do not have ----------------------------------------

# with so many draws and references, "auto" completes tables
ALGORITHMS = [("exhaustive", 8, N), ("auto", None, 400)]


@pytest.fixture(scope="module", params=ALGORITHMS, ids=["exhaustive", "auto"])
def fitted(request, table, y):
    algorithm, n_references, n_samples = request.param
    explainer = explainer_of(
        algorithm=algorithm, n_references=n_references, n_samples=n_samples
    )
    return explainer.fit(table, y)


def test_a_category_that_was_never_seen(fitted, table):
    wards = table["ward"].to_list()
    unseen = with_columns(table, ward=["south", *wards[1:]])[:3]
    with pytest.warns(UserWarning, match="No perturbation contains") as caught:
        explanation = fitted.explain(unseen)
    message = str(caught[0].message)
    for word in ("lab", "ward", "south"):
        assert word in message
    assert "east" not in message
    assert "np.str_" not in message
    # of the first row, the effect of that feature is unknown, and nothing else is
    unknown = np.zeros(explanation.coef.shape, dtype=bool)
    unknown[0, :, explanation.find(modality="lab", feature="ward")] = True
    np.testing.assert_array_equal(np.isnan(explanation.coef), unknown)
    np.testing.assert_array_equal(np.isnan(explanation.se), unknown)
    values = explanation.decomposition
    for name in ("output", "uc", "mi", "main", "uc_se", "mi_se", "main_se"):
        assert np.isfinite(getattr(values, name)).all(), name
    np.testing.assert_allclose(values.uc + values.mi, values.output, atol=1e-12)
    for name in ("intercept", "local_prediction", "effective_samples"):
        assert np.isfinite(getattr(explanation, name)).all(), name
    # the other rows are as they would be without it
    np.testing.assert_allclose(
        explanation.coef[1:], fitted.explain(table[1:3]).coef, atol=1e-10
    )


def test_results_with_a_category_that_was_never_seen(fitted, table, tmp_path):
    wards = table["ward"].to_list()
    unseen = with_columns(table, ward=["south", *wards[1:]])[:3]
    with pytest.warns(UserWarning, match="No perturbation contains"):
        explanation = fitted.explain(unseen)
    row = explanation.row_names[0]
    assert "ward" not in {effect.feature for effect in explanation.top(99, row=row)}
    assert len(explanation.top(99, row=row)) == 8
    assert "ward" in repr(explanation[1]) or "age" in repr(explanation[1])
    repr(explanation)
    explanation.save(tmp_path / "x.npz")
    loaded = type(explanation).load(tmp_path / "x.npz")
    np.testing.assert_array_equal(loaded.coef, explanation.coef)


def test_every_method_warns_of_a_category_that_was_never_seen(fitted, table):
    unseen = with_columns(table, ward=["south"] * N)[:3]
    with pytest.warns(UserWarning, match="No perturbation contains"):
        coef = fitted.transform(unseen)
    assert np.isnan(coef).sum() == 3 * 2
    assert np.isfinite(fitted.score(unseen))
    assert np.isfinite(fitted.disentangler_.transform(unseen)).all()


def test_a_category_of_the_dtype_that_no_row_has(frame, y):
    pd = pytest.importorskip("pandas")
    dtype = pd.CategoricalDtype(["east", "west", "north", "south"])
    explainer = explainer_of().fit(frame.astype({"ward": dtype}), y)
    unseen = frame[:1].assign(ward="south").astype({"ward": dtype})
    with pytest.warns(UserWarning, match="No perturbation contains.*south"):
        explanation = explainer.explain(unseen)
    assert np.isnan(explanation.sel(feature="ward")).all()
    assert np.isfinite(explanation.decomposition.uc).all()


def test_a_value_is_missing_that_never_was(table, y):
    # trees accept nan
    explainer = explainer_of().fit(table, y)
    pulses = table["pulse"].to_list()
    missing = with_columns(table, pulse=[float("nan"), *pulses[1:]])[:2]
    with pytest.warns(UserWarning, match="No perturbation contains.*exam/pulse"):
        explanation = explainer.explain(missing)
    unknown = np.isnan(explanation.sel(feature="pulse")[..., 0])
    np.testing.assert_array_equal(unknown, [[True, True], [False, False]])
    assert np.isfinite(explanation.decomposition.uc).all()


def test_values_that_were_seen_do_not_warn(fitted, table):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "UC of modality")  # R2 is low in this model
        fitted.explain(table[:5])
        fitted.transform(table[:5])


# --- names that results do not have ---------------------------------------------------


@pytest.fixture(scope="module")
def explanation(y):
    return explainer_of().fit(patients(), y).explain(patients()[:4])


@pytest.mark.parametrize(
    "name, label, known",
    [
        ("output", "healthy", r"\['well'\]"),
        ("output", "ill", r"\['well'\]"),  # a binary model has one output
        ("row", "patient 99", r"\['patient 0', 'patient 1', "),
        ("row", 99, r"\['patient 0', 'patient 1', "),
        ("part", "both", r"\['uc', 'mi'\]"),
        ("modality", "text", r"\['exam', 'lab'\]"),
        ("feature", "weight", r"\['age', 'sex', 'pulse', 'ldl', 'ward'\]"),
    ],
)
def test_unknown_names(explanation, name, label, known):
    methods = {"sel"}
    if name in ("output", "row", "feature"):
        methods.add("find")
    if name in ("output", "row", "part"):
        methods.add("top")
    for method in methods:
        with pytest.raises(KeyError, match=f"{name} {label!r} is unknown.*{known}"):
            getattr(explanation, method)(**{name: label})


def test_a_feature_of_another_modality(explanation):
    with pytest.raises(KeyError, match=r"'ldl' is unknown.*\['age', 'sex', 'pulse'\]"):
        explanation.sel(modality="exam", feature="ldl")
