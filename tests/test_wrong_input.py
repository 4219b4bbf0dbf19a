"""Mistakes that are made with a table of patients, and what the user is told."""

import warnings

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime._rows.validation import check_rows
from skdime.perturbers import TabularPerturber

N = 40
MODALITIES = [("exam", ["age", "sex", "pulse"]), ("lab", ["ldl", "ward"])]


def columns():
    rng = np.random.RandomState(0)
    return {
        "age": rng.randint(20, 90, size=N),
        "sex": np.array(["f", "m"])[np.arange(N) % 2].tolist(),
        "pulse": rng.normal(70, 10, size=N),
        "ldl": rng.normal(3, 1, size=N),
        "ward": np.array(["east", "west", "north"])[np.arange(N) % 3].tolist(),
    }


@pytest.fixture(params=["pandas", "polars"])
def table(request):
    """A frame of either library."""
    frames = pytest.importorskip(request.param)
    return frames.DataFrame(columns())


@pytest.fixture
def frame():
    pd = pytest.importorskip("pandas")
    return pd.DataFrame(columns(), index=[f"patient {i}" for i in range(N)])


@pytest.fixture
def y():
    data = columns()
    return np.where((data["ldl"] > 3) ^ (data["age"] > 50), "ill", "well")


def model():
    encoder = ColumnTransformer(
        [
            (
                "words",
                OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                ["sex", "ward"],
            )
        ],
        remainder="passthrough",
    )
    return make_pipeline(encoder, DecisionTreeClassifier(max_depth=5, random_state=0))


def disentangler_of(**options):
    options = {"modalities": MODALITIES, "n_references": 8} | options
    return Disentangler(model(), **options, random_state=0)


def explainer_of(perturbers="auto", n_samples=N, algorithm="auto", **options):
    return LocalExplainer(
        disentangler_of(**options),
        perturbers,
        n_samples=n_samples,
        algorithm=algorithm,
        random_state=0,
    )


METHODS = {
    "transform": explainer_of,
    "explain": explainer_of,
    "score": explainer_of,
    "cost": explainer_of,
    "decompose": disentangler_of,
}


@pytest.fixture(params=METHODS)
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


def test_a_column_is_extra(call, table):
    with pytest.raises(ValueError, match="unseen at fit time:\n- answer"):
        call(with_columns(table, answer=[1.0] * N))


def test_columns_in_another_order(call, table):
    with pytest.raises(ValueError, match="same order as they were in fit"):
        call(table[["sex", "age", "pulse", "ldl", "ward"]])


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
    with pytest.raises(TypeError, match=r"(?i)age: float64 \(was int\d*\).*astype"):
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
    with pytest.raises(ValueError, match=r"0 sample\(s\).*minimum of 1"):
        call(table[:0])


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_rows_to_fit(table, n):
    for build in (disentangler_of, explainer_of):
        with pytest.raises(ValueError, match=r"sample\(s\)|n_samples = 1"):
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
    with pytest.raises(ValueError, match="same order as they were in fit"):
        explainer.fit(frame[frame.columns[::-1]])
    with pytest.raises(TypeError, match="age"):
        explainer.fit(frame.astype({"age": float}))
    with pytest.raises(ValueError, match="missing:\n- ward"):
        explainer.fit(frame.drop(columns="ward"))


# --- values that the training rows do not have ----------------------------------------

# with so many draws and references, "auto" completes tables
ALGORITHMS = [("exhaustive", 8, N), ("auto", None, 400)]


@pytest.fixture(params=ALGORITHMS, ids=["exhaustive", "auto"])
def fitted(request, table, y):
    algorithm, n_references, n_samples = request.param
    explainer = explainer_of(
        algorithm=algorithm, n_references=n_references, n_samples=n_samples
    )
    return explainer.fit(table, y)


def test_a_category_that_was_never_seen(fitted, table):
    wards = table["ward"].to_list()
    unseen = with_columns(table, ward=["south", *wards[1:]])[:3]
    with pytest.warns(UserWarning, match="never drawn") as caught:
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
    with pytest.warns(UserWarning, match="never drawn"):
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
    with pytest.warns(UserWarning, match="never drawn"):
        coef = fitted.transform(unseen)
    assert np.isnan(coef).sum() == 3 * 2
    assert np.isfinite(fitted.score(unseen))
    assert np.isfinite(fitted.disentangler_.transform(unseen)).all()


def test_a_category_of_the_dtype_that_no_row_has(frame, y):
    pd = pytest.importorskip("pandas")
    dtype = pd.CategoricalDtype(["east", "west", "north", "south"])
    explainer = explainer_of().fit(frame.astype({"ward": dtype}), y)
    unseen = frame[:1].assign(ward="south").astype({"ward": dtype})
    with pytest.warns(UserWarning, match="never drawn.*south"):
        explanation = explainer.explain(unseen)
    assert np.isnan(explanation.sel(feature="ward")).all()
    assert np.isfinite(explanation.decomposition.uc).all()


def test_a_value_is_missing_that_never_was(table, y):
    # trees accept nan
    explainer = explainer_of().fit(table, y)
    pulses = table["pulse"].to_list()
    missing = with_columns(table, pulse=[float("nan"), *pulses[1:]])[:2]
    with pytest.warns(UserWarning, match="never drawn.*exam/pulse"):
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


@pytest.fixture
def explanation(frame, y):
    return explainer_of().fit(frame, y).explain(frame[:4])


@pytest.mark.parametrize(
    "name, label, known",
    [
        ("output", "healthy", r"\['well'\]"),
        ("output", "ill", r"\['well'\]"),  # a binary model has one output
        ("row", "patient 99", r"\['patient 0', 'patient 1', "),
        ("row", 0, r"\['patient 0', 'patient 1', "),
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


# --- the model ------------------------------------------------------------------------


def test_the_model_returns_nan_for_some_hybrids(frame):
    def ratio(X):
        return (X["ldl"] / (X["ward"] != "east")).replace(np.inf, np.nan)

    for build in (Disentangler, lambda *args: LocalExplainer(Disentangler(*args))):
        with pytest.raises(
            ValueError, match=r"NaN or infinity for \d+ of the \d+ rows"
        ):
            build(ratio, MODALITIES).fit(frame)


def test_the_model_returns_nan_for_a_row_that_is_explained(frame):
    def logarithm(X):
        return np.where(X["ldl"] < 0, np.nan, X["ldl"])

    frame["ldl"] = frame["ldl"].abs()
    explainer = LocalExplainer(
        Disentangler(logarithm, MODALITIES, n_references=8), n_samples=N
    ).fit(frame)
    bad = frame[:3].assign(ldl=-1.0)
    for method in (explainer.explain, explainer.transform, explainer.score):
        with pytest.raises(ValueError, match=r"NaN or infinity.*combine modalities"):
            method(bad)


def test_the_fitted_model_is_not_frozen(frame, y):
    fitted = model().fit(frame, y)
    for estimator in (
        Disentangler(fitted, MODALITIES),
        LocalExplainer(Disentangler(fitted, MODALITIES)),
    ):
        with pytest.raises(ValueError, match=r"requires y.*FrozenEstimator"):
            estimator.fit(frame)
    Disentangler(FrozenEstimator(fitted), MODALITIES).fit(frame)


def test_nothing_is_fitted(frame):
    for method, build in METHODS.items():
        if method != "cost":  # is there to be asked before
            with pytest.raises(NotFittedError, match="not fitted yet"):
                getattr(build(), method)(frame)
    with pytest.raises(NotFittedError):
        explainer_of().get_feature_names_out()
    with pytest.raises(NotFittedError):
        Disentangler(FrozenEstimator(model()), MODALITIES).fit(frame)


def test_a_model_in_place_of_a_disentangler(frame, y):
    with pytest.raises(TypeError, match=r"LocalExplainer\(Disentangler\(Pipeline"):
        LocalExplainer(model()).fit(frame, y)


@pytest.mark.parametrize("thing", [None, "forest", 3])
def test_something_else_in_place_of_a_model(frame, y, thing):
    with pytest.raises(ValueError, match="'estimator' parameter of Disentangler"):
        Disentangler(thing, MODALITIES).fit(frame, y)


def test_a_class_in_place_of_a_model(frame, y):
    with pytest.raises((TypeError, ValueError), match="instance"):
        Disentangler(DecisionTreeClassifier, MODALITIES).fit(frame, y)


# --- columns, groups, parameters ------------------------------------------------------


@pytest.mark.parametrize(
    "modalities, words",
    [
        ([("exam", ["age", "sexx"]), ("lab", ["ldl"])], r"\['age', 'sexx'\].*'exam'"),
        (
            [("exam", ["age", "sex", "pulse"]), ("lab", ["ldl"])],
            r"Columns \['ward'\] of X are in no modality",
        ),
        (
            [("exam", ["age", "sex", "ldl"]), ("lab", slice("pulse", "ward"))],
            "'ldl' is in modality 'exam' and again in 'lab'",
        ),
        ([("all", slice(None))], "at least 2 modalities, got 1"),
        ([("exam", ["age"]), ("exam", ["sex"])], r"unique; \['exam'\]"),
        ({"exam": ["age"], "lab": ["ldl"]}, "'modalities' parameter of Disentangler"),
        (["age", "ldl"], r"pair \(name, columns\)"),
    ],
)
def test_modalities_that_do_not_fit(table, y, modalities, words):
    for build in (disentangler_of, explainer_of):
        with pytest.raises(ValueError, match=words):
            build(modalities=modalities).fit(table, y)


@pytest.mark.parametrize(
    "perturbers, words",
    [
        ([("text", TabularPerturber())], r"\['text'\] that do not exist.*\['exam', "),
        (
            [("exam", TabularPerturber(groups={"body": ["age", "ldl"]}))],
            "`groups` asks for column 'ldl', which is not in the modality",
        ),
        (
            [("exam", TabularPerturber(categorical_features=["gender"]))],
            "`categorical_features` asks for column 'gender'",
        ),
        ([("exam", TabularPerturber("gaussian"))], "'sampler' parameter.*'gaussian'"),
        ({"exam": TabularPerturber()}, "'perturbers' parameter of LocalExplainer"),
    ],
)
def test_perturbers_that_do_not_fit(table, y, perturbers, words):
    with pytest.raises(ValueError, match=words):
        explainer_of(perturbers).fit(table, y)


PARAMETERS = [
    ("n_samples", 1),
    ("n_samples", 100.0),
    ("n_samples", "many"),
    ("kernel_width", 0),
    ("kernel_width", "wide"),
    ("kernel_width", None),
    ("alpha", -1),
    ("algorithm", "fast"),
    ("tol", 0),
    ("n_jobs", 1.5),
    ("random_state", "seed"),
    ("perturbers", "features"),
    ("disentangler__n_references", 1),
    ("disentangler__n_references", "all"),
    ("disentangler__response_method", "predict_prob"),
    ("disentangler__link", "log"),
    ("disentangler__include_self", "yes"),
    ("disentangler__max_memory", 0.5),
    ("disentangler__n_jobs", "two"),
    ("disentangler__random_state", -1),
]


@pytest.mark.parametrize("name, value", PARAMETERS)
def test_invalid_parameters(frame, y, name, value):
    explainer = explainer_of().set_params(**{name: value})
    owner = "Disentangler" if "__" in name else "LocalExplainer"
    short = name.rpartition("__")[2]
    words = f"The '{short}' parameter of {owner} must be .* Got {value!r} instead"
    with pytest.raises(ValueError, match=words) as caught:
        explainer.fit(frame, y)
    assert type(caught.value).__name__ == "InvalidParameterError"


def test_all_invalid_parameters_of_a_search_are_reported(frame, y):
    search = GridSearchCV(
        explainer_of(), {"kernel_width": [-1.0]}, cv=2, error_score="raise"
    )
    with pytest.raises(ValueError, match="'kernel_width' parameter of LocalExplainer"):
        search.fit(frame, y)


# --- several kinds of rows ------------------------------------------------------------


def by_parts(X):
    sizes = np.array([np.size(cell) if is_known(cell) else 0 for cell in X["part"]])
    return sizes * (1.0 + X["vitals"][:, 0])


def is_known(cell):
    return isinstance(cell, (np.ndarray, str))


def fitted_on(part):
    rng = np.random.RandomState(0)
    X = MultimodalArray(part=part, vitals=rng.normal(size=(len(part), 2)))
    dis = Disentangler(by_parts, n_references=10, random_state=0)
    return LocalExplainer(dis, n_samples=64, random_state=0).fit(X)


def series(dtype, n=N):
    return list(np.random.RandomState(0).normal(size=(n, 20)).astype(dtype))


def test_arrays_in_lists_have_the_rule_of_one_array():
    vitals = np.zeros((2, 2))
    fitted = fitted_on(series(np.float32))
    with pytest.raises(TypeError, match=r"of float32 and is now .* of float64"):
        fitted.explain(MultimodalArray(part=series(np.float64, 2), vitals=vitals))
    wider = fitted_on(series(np.float64))
    short = MultimodalArray(part=series(np.float32, 2), vitals=vitals)
    as_fitted = check_rows(wider, short, reset=False)["part"]
    assert [cell.dtype for cell in as_fitted] == [np.float64] * 2
    np.testing.assert_array_equal(as_fitted, short["part"])
    with pytest.raises(TypeError, match=r"another kind: array with 2 dimension"):
        wider.explain(MultimodalArray(part=[np.zeros((1, 20))] * 2, vitals=vitals))


@pytest.mark.parametrize("marker", ["None", "nan", "empty", "NA", "NaT"])
def test_any_missing_text_in_a_list(marker):
    if marker in ("NA", "NaT"):
        missing = getattr(pytest.importorskip("pandas"), marker)
    else:
        missing = {"None": None, "nan": float("nan"), "empty": ""}[marker]
    fitted = fitted_on([f"a cough and {i} more" for i in range(N)])
    given = MultimodalArray(part=["a cough", missing], vitals=np.ones((2, 2)))
    found = fitted.explain(given)
    assert found.inputs["part"].values.tolist() == ["a cough", ""]
    with pytest.raises(TypeError, match=r"fitted on a list of text .* kind: int"):
        fitted.explain(MultimodalArray(part=["a cough", 3], vitals=np.ones((2, 2))))


def test_a_dict_is_to_be_wrapped():
    dis = Disentangler(by_parts, random_state=0)
    X = {"part": series(float), "vitals": np.zeros((N, 2))}
    with pytest.raises(TypeError, match=r"X is a dict with the keys \['part'.*Wrap it"):
        dis.fit(X)
    fitted = dis.fit(MultimodalArray(X))
    with pytest.raises(TypeError, match=r"Wrap it: MultimodalArray\(X\)"):
        fitted.decompose(X)


@pytest.mark.parametrize(
    "X",
    [
        [np.zeros((1, 5)), np.zeros((1, 6))],
        [[1.0, 2.0], [1.0]],
        (np.zeros(3), np.zeros(4)),
    ],
)
def test_arrays_of_unequal_shape_belong_under_a_key(X):
    with pytest.raises(ValueError, match=r"unequal shape.*MultimodalArray\(name=X"):
        Disentangler(by_parts).fit(X)


def test_time_is_the_last_axis_of_three():
    X = np.zeros((N, 20, 3))
    modalities = [("a", [0]), ("b", [1, 2])]
    with pytest.raises(ValueError, match=r"axis 1, channels.*X\.transpose\(0, 2, 1\)"):
        Disentangler(lambda X: X.sum(axis=(1, 2)), modalities).fit(X)
