"""Models, columns, parameters and containers that do not fit a table of patients."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime._rows.validation import check_rows
from skdime.perturbers import TabularPerturber
from tests.wrong_input._patients import (
    METHODS,
    MODALITIES,
    N,
    disentangler_of,
    explainer_of,
    model,
)

# --- the model ------------------------------------------------------------------------


def test_the_model_returns_nan_for_some_hybrids(frame):
    def ratio(X):
        return (X["ldl"] / (X["ward"] != "east")).replace(np.inf, np.nan)

    for build in (Disentangler, lambda *args: LocalExplainer(Disentangler(*args))):
        with pytest.raises(ValueError, match=r"NaN or infinity for \d+ of \d+ rows"):
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
        with pytest.raises(ValueError, match=r"y is None.*FrozenEstimator"):
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


def test_a_function_in_place_of_a_disentangler(frame):
    with pytest.raises(TypeError, match=r"Disentangler\(function, modalities"):
        LocalExplainer(len).fit(frame)


def test_a_disentangler_behind_other_steps(frame, y):
    steps = make_pipeline(StandardScaler(), disentangler_of())
    with pytest.raises(TypeError, match=r"Pipeline that ends in one\. Put the other"):
        LocalExplainer(steps).fit(frame, y)


def test_a_pattern_that_is_not_compiled(frame, y):
    modalities = {"exam": "age|sex|pulse", "lab": ["ldl", "ward"]}
    with pytest.raises(ValueError, match=r"re\.compile\('age\|sex\|pulse'\)"):
        disentangler_of(modalities=modalities).fit(frame, y)
    with pytest.raises(ValueError, match=r"'\(age'.*'ward'\]\.$"):  # no pattern
        disentangler_of(modalities=modalities | {"exam": "(age"}).fit(frame, y)


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
        (
            [("exam", ["age", "sexx"]), ("lab", ["ldl"])],
            r"\['sexx'\] in modality 'exam'.* 'sex'\?",
        ),
        (
            [("exam", ["age", "sex", "pulse"]), ("lab", ["ldl"])],
            r"Column 'ward' belongs to no modality",
        ),
        (
            [("exam", ["age", "sex", "ldl"]), ("lab", slice("pulse", "ward"))],
            "'ldl' is in modality 'exam' and again in 'lab'",
        ),
        ([("all", slice(None))], "at least 2 modalities, got 1"),
        ([("exam", ["age"]), ("exam", ["sex"])], r"unique; \['exam'\]"),
        ("exam", "'modalities' parameter of Disentangler"),
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
        (TabularPerturber(), "'perturbers' parameter of LocalExplainer"),
        ({"exam": TabularPerturber}, r"instance: \('exam', TabularPerturber\(\)\)"),
        (dict(MODALITIES), r"belong to the modalities .*Disentangler\(model, mod"),
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


def test_a_dict_has_to_hold_rows():
    dis = Disentangler(by_parts, random_state=0)
    X = {"part": series(float), "vitals": np.zeros((N, 2))}
    with pytest.raises(TypeError, match="'vitals' is an object of type int"):
        dis.fit(X | {"vitals": 2})
    with pytest.raises(ValueError, match="same number of rows"):
        dis.fit(X).decompose(X | {"vitals": np.zeros((N + 1, 2))})


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
