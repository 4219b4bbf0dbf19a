"""Raw tables: on every call the model is given what it was fitted on."""

import datetime
import sys
import warnings
from collections import Counter

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import (
    ColumnTransformer,
    TransformedTargetRegressor,
    make_column_selector,
)
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, OneHotEncoder
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from skdime import Disentangler, LocalExplainer
from skdime.perturbers import TabularPerturber

N = 40


@pytest.fixture(autouse=True)
def warnings_are_errors():
    """Nothing here may warn, whoever it is that does.

    Models are tiny, and threads would only wait for each other.
    """
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("error")
        # small data on purpose
        warnings.filterwarnings("ignore", "UC and MI compare with")
        warnings.filterwarnings("ignore", "(UC|MI) of modality")
        warnings.filterwarnings("ignore", "The kernel gives")
        yield


# --- frames, and models that look at what they are given ------------------------------


@pytest.fixture
def frame():
    """A pandas frame with every dtype that a table may have, and missing values."""
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    days = pd.date_range("2020-01-31", periods=N, freq="D")
    letters = rng.choice(np.array(["u", "v", "w", None]), size=N)
    return pd.DataFrame(
        {
            "float": rng.normal(size=N),
            "nan": np.where(rng.rand(N) < 0.3, np.nan, rng.normal(size=N)),
            "float32": rng.normal(size=N).astype(np.float32),
            "int": rng.randint(6, size=N),
            "int8": rng.randint(-3, 3, size=N).astype(np.int8),
            "bool": rng.rand(N) < 0.5,
            "category": pd.Categorical(letters, categories=["w", "unused", "v", "u"]),
            "ordered": pd.Categorical(rng.choice([1, 2, 3], size=N), ordered=True),
            "string": pd.array(["a", "b", None, "a"] * (N // 4), dtype="string"),
            "text": rng.choice(["left", "right"], size=N).tolist(),
            "object": rng.choice(np.array(["x", 1, None], dtype=object), size=N),
            "Int64": pd.array([1, 2, None, 4] * (N // 4), dtype="Int64"),
            "Float64": pd.array([0.5, None, 1.5, 2.5] * (N // 4), dtype="Float64"),
            "boolean": pd.array([True, False, None, True] * (N // 4), dtype="boolean"),
            "date": days[rng.permutation(N)],
            "zoned": days[rng.permutation(N)].tz_localize("Europe/Paris"),
            "visit": days.where(rng.rand(N) < 0.6),
            "stay": pd.to_timedelta(rng.randint(1, 9, size=N), unit="D"),
        },
        index=[f"case {i}" for i in range(N)],
    )


WORDS = ["category", "ordered", "string", "text", "object"]
MISSING = {"nan", "visit", "category", "string", "object", "Int64", "Float64"}
MISSING |= {"boolean"}


@pytest.fixture
def table(frame):
    """Some of its columns: numbers, categories and dates, missing ones too."""
    return frame[["float", "nan", "int", "bool", "category", "text", "object", "visit"]]


TABLE = [
    ("exam", ["float", "category", "bool", "visit"]),
    ("lab", ["nan", "int", "text", "object"]),
]


@pytest.fixture
def polars_frame():
    """A polars frame with every dtype that a table may have, nulls and NaN too."""
    pl = pytest.importorskip("polars")
    rng = np.random.RandomState(0)
    numbers = rng.normal(size=N).tolist()
    days = [datetime.date(2020, 1, 31) + datetime.timedelta(i) for i in range(N)]
    times = [datetime.datetime(2020, 1, 1, i % 24) for i in range(N)]
    letters = ["u", None, "v", "u"] * (N // 4)
    return pl.DataFrame(
        {
            "float": pl.Series(numbers),
            "null": pl.Series([None, *numbers[1:20], float("nan"), *numbers[21:]]),
            "float32": pl.Series(numbers, dtype=pl.Float32),
            "int": pl.Series(rng.randint(6, size=N).tolist()),
            "int8": pl.Series([None, -3, 2, 1] * (N // 4), dtype=pl.Int8),
            "bool": pl.Series([True, False, None, True] * (N // 4)),
            "string": pl.Series(letters),
            "category": pl.Series(letters, dtype=pl.Categorical),
            "enum": pl.Series(letters, dtype=pl.Enum(["w", "v", "u"])),
            "date": pl.Series([None, *days[1:]]),
            "time": pl.Series([None, *times[1:]]),
            "zoned": pl.Series(times).dt.replace_time_zone("UTC"),
            "stay": pl.Series([datetime.timedelta(i % 5) for i in range(N)]),
        }
    )


def as_numbers(frame):
    """Numbers and times of a pandas or polars frame as floats, missing ones as nan."""
    columns = []
    for name in frame.columns:
        column = frame[name]
        kind = getattr(column.dtype, "kind", None)
        if kind is None:
            numbers = column.to_physical().cast(sys.modules["polars"].Float64)
            columns.append(numbers.to_numpy())
        elif kind in "mM":
            values = column.to_numpy(dtype=f"{kind}8[ns]")
            numbers = values.astype(np.int64) / 1e14
            columns.append(np.where(np.isnat(values), np.nan, numbers))
        else:
            columns.append(column.astype("Float64").to_numpy(float, na_value=np.nan))
    return np.column_stack(columns)


def as_words(frame):
    """Any columns of a frame as words."""
    columns = [to_list(frame[name]) for name in frame.columns]
    words = [[str(value) for value in column] for column in columns]
    return np.array(words, dtype=object).T


def to_list(column):
    return column.tolist() if hasattr(column, "tolist") else column.to_list()


class Watch:
    """Looks at every frame on its way to the model.

    Type, columns and dtypes must be those of the training frame, and every value must
    occur in the same column of it, missing ones included.
    """

    def __init__(self, training):
        self.training = training
        self.known = {name: values_in(training[name]) for name in training.columns}
        self.seen = {name: set() for name in training.columns}
        self.calls = 0

    def __call__(self, X):
        assert type(X) is type(self.training)
        assert list(X.columns) == list(self.training.columns)
        assert list(X.dtypes) == list(self.training.dtypes)
        for name in X.columns:
            found = values_in(X[name])
            assert found <= self.known[name], (name, found - self.known[name])
            self.seen[name] |= found
        self.calls += 1
        return X

    def __deepcopy__(self, memo):
        return self  # so that every clone of a model reports to the same place


def values_in(column):
    """The different values of a column with their types; nan, NA and None differ."""
    if hasattr(column, "drop_duplicates"):
        values = column.drop_duplicates().tolist()
    else:
        values = column.unique().to_list()
    return {(type(v).__name__, None if is_missing(v) else v) for v in values}


def is_missing(value):
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:  # the truth value of NA
        return True


def watched(watch, final, words=WORDS):
    """A pipeline on raw frames: watch, encode, predict."""
    columns = list(watch.training.columns)
    numbers = [name for name in columns if name not in words]
    words = [name for name in columns if name in words]
    one_hot = OneHotEncoder()  # a word that it has not seen is an error
    encoder = ColumnTransformer(
        [
            (
                "n",
                make_pipeline(FunctionTransformer(as_numbers), SimpleImputer()),
                numbers,
            ),
            ("w", make_pipeline(FunctionTransformer(as_words), one_hot), words),
        ]
    )
    return make_pipeline(FunctionTransformer(watch), encoder, final)


def explain(model, modalities, X, y=None, rows=5, **options):
    """Fit on all rows, explain the first ones."""
    options = {"n_samples": X.shape[0], "random_state": 0} | options
    disentangler = Disentangler(model, modalities, n_references=8)
    explainer = LocalExplainer(disentangler, **options).fit(X, y)
    return explainer, explainer.explain(getattr(X, "iloc", X)[:rows])


def halves(X):
    """Two modalities whose columns take turns."""
    return [("even", slice(0, None, 2)), ("odd", slice(1, None, 2))]


def first_number(X):
    return np.asarray(X["float"])


def assert_sound(explanation):
    """All numbers are finite and add up."""
    values = explanation.decomposition
    np.testing.assert_allclose(values.uc + values.mi, values.output, atol=1e-12)
    for name in ("coef", "se", "intercept", "local_prediction"):
        assert np.isfinite(getattr(explanation, name)).all(), name
    assert explanation.coef.any()


# --- a pandas frame with every dtype ------------------------------------------------


def test_the_model_is_given_frames_like_its_training_frame(frame):
    names = list(frame.columns)
    watch = Watch(frame)
    model = watched(watch, DecisionTreeClassifier(max_depth=5, random_state=0))
    y = frame["float"].gt(0) ^ frame["bool"]
    explainer, explanation = explain(model, halves(frame), frame, y)
    assert_sound(explanation)
    assert explanation.feature_names.tolist() == names[::2] + names[1::2]
    assert explanation.row_names.tolist() == [f"case {i}" for i in range(5)]
    fitted = explainer.disentangler_.estimator_
    np.testing.assert_array_equal(
        explanation.decomposition.output[:, 0], fitted.predict_proba(frame[:5])[:, 1]
    )
    assert watch.calls > 5
    assert watch.seen == watch.known  # the draws reach every value, missing ones too
    missing = {name for name in names if any(v is None for _, v in watch.seen[name])}
    assert missing == MISSING


def test_draws_have_every_value_as_often_as_the_data(frame):
    explainer, _ = explain(first_number, halves(frame), frame, n_samples=3 * N)
    for _, perturber in explainer.perturbers_:
        for name, drawn in perturber.draws_.items():
            assert drawn.dtype == frame[name].dtype
            expected = Counter(map(str, frame[name].tolist() * 3))
            assert Counter(map(str, drawn.tolist())) == expected


def test_everything_but_numbers_and_times_is_a_category(frame):
    explainer, _ = explain(first_number, halves(frame), frame)
    categories = [
        name
        for _, perturber in explainer.perturbers_
        for name, chosen in zip(
            perturber.feature_names_, perturber.categorical_, strict=True
        )
        if chosen
    ]
    assert set(categories) == {*WORDS, "bool", "boolean"}


def test_feature_values_are_what_the_row_holds(frame):
    _, explanation = explain(first_number, halves(frame), frame)
    names, values = explanation.feature_names, explanation.feature_values[2]
    found = dict(zip(names.tolist(), values.tolist(), strict=True))
    for name, value in frame.iloc[2].drop("float32").items():
        assert found[name] == str(value)  # an integer is 3, not 3.0


def test_input_and_references_are_not_written_to(frame):
    pd = pytest.importorskip("pandas")
    before = frame.copy(deep=True)
    explainer, _ = explain(first_number, halves(frame), frame)
    references = explainer.disentangler_.references_.copy(deep=True)
    explainer.explain(frame[5:])
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(explainer.disentangler_.references_, references)


def test_each_modality_of_a_model_row_is_from_one_row_of_the_data(table):
    known = {name: rows_of(table[columns]) for name, columns in TABLE}

    def model(X):
        for name, columns in TABLE:
            assert rows_of(X[columns]) <= known[name]
        return first_number(X)

    whole_rows = [(name, TabularPerturber("rows")) for name, _ in TABLE]
    _, explanation = explain(model, TABLE, table, perturbers=whole_rows)
    assert_sound(explanation)


def rows_of(frame):
    """The different rows of a pandas frame, as text."""
    columns = [map(str, frame[name].tolist()) for name in frame.columns]
    return set(zip(*columns, strict=True))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_workers_are_given_the_same_frames(table, n_jobs):
    watch = Watch(table)

    def model(X):
        watch(X)
        return first_number(X) * as_numbers(X[["int"]])[:, 0]

    disentangler = Disentangler(model, TABLE, n_references=8, max_memory=50_000)
    explainer = LocalExplainer(disentangler, n_samples=N, n_jobs=n_jobs)
    assert_sound(explainer.fit(table).explain(table[:5]))
    assert watch.calls > 10


# --- every kind of model on a raw frame ----------------------------------------------

DEPTHS = {"decisiontreeclassifier__max_depth": [2, 4]}

CLASSIFIERS = {
    "pipeline": lambda tree, line: tree,
    "grid search": lambda tree, line: GridSearchCV(tree, DEPTHS, cv=2),
    "randomized search": lambda tree, line: RandomizedSearchCV(
        tree, DEPTHS, n_iter=2, cv=2, random_state=0
    ),
    "stacking": lambda tree, line: StackingClassifier(
        [("tree", tree), ("line", line)], LogisticRegression(), cv=2
    ),
    "calibrated": lambda tree, line: CalibratedClassifierCV(tree, cv=2),
    "voting": lambda tree, line: VotingClassifier(
        [("tree", tree), ("line", line)], voting="soft"
    ),
    "tuned threshold": lambda tree, line: TunedThresholdClassifierCV(line, cv=2),
}


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_classifiers(table, kind, frozen):
    watch = Watch(table)
    words = ["category", "text", "object"]
    tree = DecisionTreeClassifier(max_depth=4, random_state=0)
    line = LogisticRegression(C=0.1, max_iter=1000)
    model = CLASSIFIERS[kind](watched(watch, tree, words), watched(watch, line, words))
    y = np.where(table["float"].gt(0) ^ table["bool"], "yes", "no")
    if frozen:
        model = FrozenEstimator(model.fit(table, y))
    watch.calls = 0
    explainer, explanation = explain(model, TABLE, table, y)
    assert watch.calls
    assert_sound(explanation)
    assert explanation.output_names.tolist() == ["yes"]
    disentangler = explainer.disentangler_
    respond = getattr(disentangler.estimator_, disentangler.response_method_)
    expected = respond(table[:5]).reshape(5, -1)[:, -1]
    np.testing.assert_array_equal(explanation.decomposition.output[:, 0], expected)


REGRESSORS = {
    "pipeline": lambda tree: tree,
    "transformed target": lambda tree: TransformedTargetRegressor(
        tree, func=np.log1p, inverse_func=np.expm1
    ),
    "grid search": lambda tree: GridSearchCV(
        TransformedTargetRegressor(tree),
        {"regressor__decisiontreeregressor__max_depth": [2, 4]},
        cv=2,
    ),
}


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("kind", REGRESSORS)
def test_regressors(table, kind, frozen):
    watch = Watch(table)
    tree = DecisionTreeRegressor(max_depth=4, random_state=0)
    model = REGRESSORS[kind](watched(watch, tree))
    y = np.exp(table["float"] * table["int"].sub(2))
    if frozen:
        model = FrozenEstimator(model.fit(table, y))
    watch.calls = 0
    explainer, explanation = explain(model, TABLE, table, y)
    assert watch.calls
    assert_sound(explanation)
    fitted = explainer.disentangler_.estimator_
    np.testing.assert_array_equal(
        explanation.decomposition.output[:, 0], fitted.predict(table[:5])
    )


def test_multi_output_regressor(table):
    watch = Watch(table)
    tree = DecisionTreeRegressor(max_depth=4, random_state=0)
    y = np.column_stack([table["float"], table["int"]])
    model = MultiOutputRegressor(watched(watch, tree))
    explainer, explanation = explain(model, TABLE, table, y)
    assert_sound(explanation)
    fitted = explainer.disentangler_.estimator_
    np.testing.assert_array_equal(
        explanation.decomposition.output, fitted.predict(table[:5])
    )


def test_multi_output_classifier(table):
    watch = Watch(table)
    tree = DecisionTreeClassifier(max_depth=4, random_state=0)
    y = np.column_stack([table["float"] > 0, table["int"] % 3])
    model = MultiOutputClassifier(watched(watch, tree))
    explainer, explanation = explain(model, TABLE, table, y)
    assert_sound(explanation)
    one, three = explainer.disentangler_.estimator_.predict_proba(table[:5])
    np.testing.assert_array_equal(
        explanation.decomposition.output, np.hstack([one[:, 1:], three])
    )


@pytest.mark.parametrize(
    "Model", [HistGradientBoostingClassifier, HistGradientBoostingRegressor]
)
def test_boosting_with_categories_from_dtype(frame, Model):
    frame = frame[["float", "nan", "int", "bool", "category", "ordered"]]
    watch = Watch(frame)
    boosting = Model(
        max_iter=5,
        min_samples_leaf=5,
        categorical_features="from_dtype",
        random_state=0,
    )
    model = make_pipeline(FunctionTransformer(watch), boosting)
    y = frame["category"].eq("u") ^ frame["bool"]
    explainer, explanation = explain(model, halves(frame), frame, y.astype(int))
    assert_sound(explanation)
    fitted = explainer.disentangler_.estimator_
    respond = getattr(fitted, "decision_function", fitted.predict)
    np.testing.assert_array_equal(
        explanation.decomposition.output[:, 0], respond(frame[:5])
    )


COLUMN_TRANSFORMERS = {
    "a transformer for every modality": {
        "exam": ["float", "bool", "visit"],
        "exam words": ["category"],
        "lab": ["nan", "int"],
        "lab words": ["text", "object"],
    },
    "transformers across modalities": {
        "numbers": ["visit", "nan", "int", "bool", "float"],
        "some words": ["text", "category"],
        "other words": ["object"],
    },
}


@pytest.mark.parametrize("final", [DecisionTreeClassifier(max_depth=4), SVC()], ids=str)
@pytest.mark.parametrize("kind", COLUMN_TRANSFORMERS)
def test_transformers_of_columns_are_given_what_they_were_fitted_on(table, kind, final):
    transformers, watches = [], []
    for name, columns in COLUMN_TRANSFORMERS[kind].items():
        watch = Watch(table[columns])
        watches.append(watch)
        if "category" in columns or "object" in columns:
            steps = [FunctionTransformer(as_words), OneHotEncoder()]
        else:
            steps = [FunctionTransformer(as_numbers), SimpleImputer()]
        steps = make_pipeline(FunctionTransformer(watch), *steps)
        transformers.append((name, steps, columns))
    model = make_pipeline(ColumnTransformer(transformers), final)
    model.fit(table, table["float"].gt(0) ^ table["bool"])
    for watch in watches:
        watch.calls = 0
    explainer, explanation = explain(FrozenEstimator(model), TABLE, table)
    assert all(watch.calls for watch in watches)
    # the same where nothing is known about the model
    method = explainer.disentangler_.response_method_
    respond = getattr(model, method)
    _, expected = explain(lambda X: respond(X).reshape(len(X), -1)[:, -1], TABLE, table)
    np.testing.assert_allclose(explanation.coef, expected.coef, atol=1e-10)
    np.testing.assert_allclose(explanation.se, expected.se, atol=1e-10)
    values, known = explanation.decomposition, expected.decomposition
    np.testing.assert_allclose(values.main, known.main, atol=1e-12)


@pytest.mark.parametrize("rest", ["passthrough", SimpleImputer()])
def test_the_rest_of_a_column_transformer(table, rest):
    X = table[["float", "nan", "int", "bool", "category", "text"]]
    words = ("words", OneHotEncoder(), ["category", "text"])
    encoder = ColumnTransformer([words], remainder=rest, sparse_threshold=0)
    model = make_pipeline(encoder, DecisionTreeClassifier(max_depth=4))
    model.fit(X, X["float"].gt(0) ^ X["bool"])
    _, explanation = explain(FrozenEstimator(model), halves(X), X)
    _, expected = explain(lambda X: model.predict_proba(X)[:, 1], halves(X), X)
    np.testing.assert_allclose(explanation.coef, expected.coef, atol=1e-10)


def test_a_category_is_one_feature_and_its_effect_is_found(table):
    def model(X):
        return X["category"].isin(["u"]).to_numpy() * 3.0 + X["int"].to_numpy()

    _, explanation = explain(model, TABLE, table, alpha=1e-9)
    coef = explanation.sel(
        part="uc", modality="exam", feature="category", output="output"
    )
    is_u = table["category"].eq("u")
    # a category that is not u differs from typical by not being u, as far as the
    # regressor "same as in the row" can tell
    expected = 3.0 * (1 - is_u.mean())
    np.testing.assert_allclose(coef[is_u[:5]], expected, rtol=1e-6)
    assert (coef[~is_u[:5]] < 0).all()
    assert explanation.feature_names.tolist().count("category") == 1


# --- polars frames --------------------------------------------------------------------

POLARS_WORDS = ["string", "category", "enum"]


def test_the_model_is_given_frames_like_its_polars_frame(polars_frame):
    watch = Watch(polars_frame)
    tree = DecisionTreeClassifier(max_depth=5, random_state=0)
    model = watched(watch, tree, POLARS_WORDS)
    y = (polars_frame["float"] > 0).to_numpy()
    explainer, explanation = explain(model, halves(polars_frame), polars_frame, y)
    assert_sound(explanation)
    fitted = explainer.disentangler_.estimator_
    np.testing.assert_array_equal(
        explanation.decomposition.output[:, 0],
        fitted.predict_proba(polars_frame[:5])[:, 1],
    )
    assert watch.seen == watch.known
    nulls = {name for name in polars_frame.columns if polars_frame[name].null_count()}
    assert nulls == {"null", "int8", "bool", "date", "time", *POLARS_WORDS}
    assert all(("NoneType", None) in watch.seen[name] for name in nulls)
    assert ("float", None) in watch.seen["null"]  # nan is not null


def test_polars_draws_have_every_value_as_often_as_the_data(polars_frame):
    explainer, _ = explain(
        first_number, halves(polars_frame), polars_frame, n_samples=2 * N
    )
    for _, perturber in explainer.perturbers_:
        assert perturber.draws_.schema.items() <= polars_frame.schema.items()
        for drawn in perturber.draws_.get_columns():
            expected = Counter(map(str, polars_frame[drawn.name].to_list() * 2))
            assert Counter(map(str, drawn.to_list())) == expected


@pytest.mark.parametrize("kind", ["grid search", "stacking", "calibrated"])
def test_models_on_polars_frames(polars_frame, kind):
    watch = Watch(polars_frame)
    tree = watched(watch, DecisionTreeClassifier(max_depth=4), POLARS_WORDS)
    line = watched(watch, LogisticRegression(C=1e-3, max_iter=5000), POLARS_WORDS)
    model = CLASSIFIERS[kind](tree, line)
    y = (polars_frame["float"] > 0).to_numpy()
    _, explanation = explain(model, halves(polars_frame), polars_frame, y)
    assert_sound(explanation)
    assert explanation.row_names.tolist() == [0, 1, 2, 3, 4]


def test_boosting_with_categories_from_polars_dtypes(polars_frame):
    pl = pytest.importorskip("polars")
    given = polars_frame[["float", "null", "int", "enum"]]
    given = given.with_columns(pl.col("int").cast(pl.Int32))
    watch = Watch(given)
    boosting = HistGradientBoostingRegressor(
        max_iter=5, min_samples_leaf=5, categorical_features="from_dtype"
    )
    model = make_pipeline(FunctionTransformer(watch), boosting)
    y = given["float"].to_numpy() * (given["enum"] == "u").fill_null(False).to_numpy()
    _, explanation = explain(model, halves(given), given, y)
    assert_sound(explanation)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_and_arrays_give_the_same_numbers(library):
    frames = pytest.importorskip(library)
    X = np.random.RandomState(0).normal(size=(N, 4))
    X[::7, 1] = np.nan
    given = frames.DataFrame({name: X[:, i] for i, name in enumerate("abcd")})

    def model(X):
        a, b, c, d = np.nan_to_num(np.asarray(X)).T
        return a * c + b * d

    _, of_array = explain(model, halves(X), X)
    _, of_frame = explain(model, halves(X), given)
    np.testing.assert_allclose(of_frame.coef, of_array.coef, atol=1e-12)
    np.testing.assert_allclose(of_frame.se, of_array.se, atol=1e-12)


# --- sparse matrices and arrays of objects --------------------------------------------

SPARSE = ["csr_matrix", "csr_array"]


@pytest.fixture
def numbers():
    return np.random.RandomState(0).normal(size=(N, 4))


@pytest.fixture
def counts():
    return np.random.RandomState(0).poisson(0.5, size=(N, 6))


def product(X):
    return np.asarray(X[:, 0] * X[:, 3] + X[:, 1] * X[:, 4], dtype=float)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.int8, bool])
@pytest.mark.parametrize("kind", SPARSE)
def test_sparse_rows_stay_sparse(counts, kind, dtype):
    X = getattr(sp, kind)(counts.astype(dtype))

    def model(X):
        assert X.format == "csr"
        assert X.dtype == dtype
        assert X.shape[1] == 6
        return product(X.toarray())

    _, explanation = explain(model, halves(counts), X)
    _, expected = explain(product, halves(counts), counts.astype(dtype))
    assert_sound(explanation)
    np.testing.assert_allclose(explanation.coef, expected.coef, atol=1e-12)


@pytest.mark.parametrize(
    "kind",
    [
        "csr_matrix",
        "csr_array",
    ],
)
def test_sparse_matrices_and_arrays_stay_what_they_are(counts, kind):
    X = getattr(sp, kind)(counts)
    before = X.copy()
    seen = set()

    def model(X):
        seen.add(type(X))
        return product(X.toarray())

    explain(model, halves(counts), X)
    assert seen == {type(X)}
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(X, name), getattr(before, name))


def test_sparse_rows_become_the_kind_that_the_model_was_fitted_on(counts):
    seen = set()

    def model(X):
        seen.add(type(X))
        return product(X.toarray())

    explainer, _ = explain(model, halves(counts), sp.csr_matrix(counts))
    explainer.explain(sp.csr_array(counts[:2]))
    assert seen == {sp.csr_matrix}


@pytest.mark.parametrize("kind", SPARSE)
def test_pipelines_on_sparse_rows(counts, kind):
    X = getattr(sp, kind)(counts.astype(float))
    y = product(counts) > 0
    pipeline = make_pipeline(MaxAbsScaler(), LogisticRegression())
    _, explanation = explain(pipeline, halves(counts), X, y)
    _, expected = explain(pipeline, halves(counts), counts.astype(float), y)
    np.testing.assert_allclose(explanation.coef, expected.coef, atol=1e-8)


def test_arrays_of_objects_keep_their_values(table):
    X = table[["float", "int", "bool", "category", "text", "object"]].to_numpy(object)
    known = [values_of(X[:, j]) for j in range(X.shape[1])]

    def model(X):
        assert X.dtype == object
        for j, values in enumerate(known):
            assert values_of(X[:, j]) <= values
        return (X[:, 0] * X[:, 1]).astype(float)

    explainer, explanation = explain(model, halves(X), X)
    assert_sound(explanation)
    categorical = [perturber.categorical_ for _, perturber in explainer.perturbers_]
    # float, bool, text and int, category, object
    np.testing.assert_array_equal(
        categorical, [[False, True, True], [False, True, True]]
    )


def test_numbers_become_objects_where_the_model_was_fitted_on_objects(numbers):
    seen = set()

    def model(X):
        seen.add(X.dtype)
        return X[:, 0].astype(float)

    explainer, _ = explain(model, halves(numbers), numbers.astype(object))
    explainer.explain(numbers[:2])
    assert seen == {np.dtype(object)}


def values_of(column):
    return {(type(value).__name__, str(value)) for value in column.tolist()}


def test_numbers_among_objects_are_numbers_also_where_one_is_missing(numbers):
    X = numbers.astype(object)
    X[3, 1] = None
    explainer, _ = explain(lambda X: X[:, 0].astype(float), None, X)
    assert not explainer.perturbers_[1][1].categorical_.any()


def test_arrays_of_strings(counts):
    X = np.array(["none", "one", "more"])[np.minimum(counts, 2)]

    def model(given):
        assert given.dtype == X.dtype
        return (given[:, 0] == "none") * (given[:, 1] == "none") * 1.0

    _, explanation = explain(model, halves(X), X)
    assert_sound(explanation)


# --- names of columns and rows --------------------------------------------------------


def test_integers_as_column_labels(numbers):
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(numbers, columns=[10, 20, 30, 40])

    def model(X):
        assert X.columns.tolist() == [10, 20, 30, 40]
        return product_of_outer(X.to_numpy())

    # integers are positions, as in a ColumnTransformer
    _, explanation = explain(model, [("a", [0, 2]), ("b", [3, 1])], X)
    assert explanation.feature_names.tolist() == ["10", "30", "40", "20"]
    _, expected = explain(product_of_outer, [("a", [0, 2]), ("b", [3, 1])], numbers)
    np.testing.assert_allclose(explanation.coef, expected.coef, atol=1e-12)


def product_of_outer(X):
    return X[:, 0] * X[:, 3]


def test_levels_of_columns(numbers):
    pd = pytest.importorskip("pandas")
    columns = pd.MultiIndex.from_product(
        [["exam", "lab"], ["first", "second"]], names=["source", "value"]
    )
    X = pd.DataFrame(numbers, columns=columns)

    def model(X):
        pd.testing.assert_index_equal(X.columns, columns)
        return (X[("exam", "first")] * X[("lab", "second")]).to_numpy()

    _, explanation = explain(model, [("a", [0, 3]), ("b", [1, 2])], X)
    assert_sound(explanation)
    assert explanation.feature_modalities.tolist() == ["a", "a", "b", "b"]


def test_the_index_of_a_frame_names_the_rows(numbers):
    pd = pytest.importorskip("pandas")
    days = pd.date_range("2024-02-27", periods=N)
    indices = [
        days.as_unit("s"),
        days.tz_localize("UTC"),
        days.astype(str),
        np.arange(N)[::-1],
        np.arange(N) / 2,
    ]
    for index in indices:
        X = pd.DataFrame(numbers, columns=list("abcd"), index=index)
        _, explanation = explain(lambda X: product_of_outer(X.to_numpy()), None, X)
        assert (explanation.row_names == X.index[:5].to_numpy()).all()
        chosen = explanation.sel(row=X.index[3])
        np.testing.assert_array_equal(chosen, explanation.coef[3])
        assert set(explanation.to_frame()["row"]) == set(X.index[:5])


def test_an_index_of_nanoseconds_names_the_rows(numbers):
    pd = pytest.importorskip("pandas")
    days = pd.date_range("2024-02-27", periods=N).as_unit("ns")
    X = pd.DataFrame(numbers, columns=list("abcd"), index=days)
    _, explanation = explain(lambda X: product_of_outer(X.to_numpy()), None, X)
    chosen = explanation.sel(row=X.index[3])
    np.testing.assert_array_equal(chosen, explanation.coef[3])


def test_an_index_of_levels_names_the_rows(numbers):
    pd = pytest.importorskip("pandas")
    index = pd.MultiIndex.from_product([range(N // 2), ["left", "right"]])
    X = pd.DataFrame(numbers, columns=list("abcd"), index=index)
    _, explanation = explain(lambda X: product_of_outer(X.to_numpy()), None, X)
    np.testing.assert_array_equal(explanation.sel(row=(1, "left")), explanation.coef[2])
    assert "left" in repr(explanation[2])


COLUMNS = {
    "names": (["float", "int"], ["nan", "bool"]),
    "one name": ("float", ["nan", "int", "bool"]),
    "positions": ([0, 2], [1, 3]),
    "negative positions": ([-4, -2], [-3, -1]),
    "one position": (0, [1, 2, 3]),
    "slices of positions": (slice(0, 4, 2), slice(1, 4, 2)),
    "slices of names": (slice("float", "nan"), slice("int", "bool")),
    "masks": ([True, False, True, False], np.array([False, True, False, True])),
    "callables": (lambda X: list(X.columns[::2]), lambda X: [1, 3]),
}


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("way", COLUMNS)
def test_columns_by(library, way):
    frames = pytest.importorskip(library)
    rng = np.random.RandomState(0)
    X = frames.DataFrame(
        {
            "float": rng.normal(size=N),
            "nan": np.where(rng.rand(N) < 0.3, np.nan, 1.0),
            "int": rng.randint(5, size=N),
            "bool": rng.rand(N) < 0.5,
        }
    )
    expected = ["float", "int", "nan", "bool"]
    if way == "slices of names":
        expected = list(X.columns)
    if "one" in way:
        expected = ["float", "nan", "int", "bool"]
    modalities = list(zip("ab", COLUMNS[way], strict=True))
    _, explanation = explain(first_number, modalities, X)
    assert explanation.feature_names.tolist() == expected
    n_first = 1 if "one" in way else 2
    assert explanation.feature_modalities.tolist() == ["a"] * n_first + ["b"] * (
        4 - n_first
    )


@pytest.mark.parametrize(
    "first, second",
    [
        ({"dtype_include": "number"}, {"dtype_exclude": "number"}),
        ({"pattern": "^f"}, {"pattern": "^[^f]"}),
    ],
)
def test_columns_by_selector(table, first, second):
    modalities = [
        ("a", make_column_selector(**first)),
        ("b", make_column_selector(**second)),
    ]
    _, explanation = explain(first_number, modalities, table)
    for name, columns in zip("ab", (first, second), strict=True):
        expected = make_column_selector(**columns)(table)
        chosen = explanation.feature_names[explanation.feature_modalities == name]
        assert chosen.tolist() == expected


# --- groups: several columns as one feature ------------------------------------------


@pytest.fixture
def one_hot():
    """Three indicators of a category with a number on either side."""
    rng = np.random.RandomState(0)
    indicators = np.eye(3)[rng.choice(3, p=[0.5, 0.3, 0.2], size=60)]
    return np.column_stack([rng.normal(size=60), indicators, rng.normal(size=60)])


ONE_HOT = [("table", slice(0, 4)), ("number", [4])]


def grouped(sampler="features"):
    return [("table", TabularPerturber(sampler, groups={"colour": [1, 2, 3]}))]


def interacting(X):
    return X[:, :4] @ [1.0, 2.0, -1.0, 4.0] * (1 + X[:, 4])


@pytest.mark.parametrize("sampler", ["features", "rows", "lime"])
def test_a_group_is_drawn_jointly(one_hot, sampler):
    if sampler == "lime":  # moves floats within their bin, and leaves integers
        one_hot = one_hot.round().astype(int)
    explainer, explanation = explain(
        interacting, ONE_HOT, one_hot, perturbers=grouped(sampler)
    )
    drawn = explainer.perturbers_[0][1].draws_[:, 1:]
    known = {tuple(row) for row in one_hot[:, 1:4]}
    assert {tuple(row) for row in drawn} == known
    assert explanation.feature_names.tolist() == ["x0", "colour", "x4"]
    assert explanation.coef.shape == (5, 2, 3, 1)


def test_without_a_group_the_columns_are_drawn_apart(one_hot):
    explainer, _ = explain(interacting, ONE_HOT, one_hot)
    sums = explainer.perturbers_[0][1].draws_[:, 1:].sum(axis=1)
    assert set(sums) - {1.0}  # rows that no category has


def test_a_group_and_its_neighbours_are_drawn_apart(one_hot):
    explainer, _ = explain(interacting, ONE_HOT, one_hot, perturbers=grouped())
    rows = {tuple(row) for row in explainer.perturbers_[0][1].draws_}
    assert rows - {tuple(row) for row in one_hot[:, :4]}


def test_the_coefficient_of_a_group_is_the_sum_over_its_columns(one_hot):
    def linear(X):
        return X @ [1.0, 2.0, -1.0, 4.0, 0.5]

    _, together = explain(linear, ONE_HOT, one_hot, perturbers=grouped(), alpha=1e-9)
    _, apart = explain(linear, ONE_HOT, one_hot, alpha=1e-9)
    found = together.sel(part="uc", feature="colour")
    expected = (one_hot[:5] - one_hot.mean(axis=0))[:, 1:4] @ [2.0, -1.0, 4.0]
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-5)
    separate = [apart.sel(part="uc", feature=f"x{j}") for j in (1, 2, 3)]
    np.testing.assert_allclose(found, sum(separate), atol=1e-5)


def test_groups_add_up_to_the_local_prediction(one_hot):
    _, explanation = explain(interacting, ONE_HOT, one_hot, perturbers=grouped())
    for m, name in enumerate(["table", "number"]):
        total = explanation.sel(modality=name).sum(axis=2)
        np.testing.assert_allclose(
            explanation.intercept[:, :, m] + total,
            explanation.local_prediction[:, :, m],
            atol=1e-10,
        )


def test_the_group_of_a_frame(table):
    pd = pytest.importorskip("pandas")
    dummies = pd.get_dummies(table["text"])  # of dtype bool
    X = pd.concat([table[["float"]], dummies, table[["int"]]], axis=1)
    known = set(map(tuple, dummies.to_numpy().tolist()))

    def model(X):
        assert list(X.dtypes) == [float, bool, bool, table["int"].dtype]
        assert set(map(tuple, X[["left", "right"]].to_numpy().tolist())) <= known
        return (X["float"] * X["int"] * X["left"]).to_numpy()

    side = TabularPerturber(groups={"side": ["left", "right"]})
    _, explanation = explain(
        model,
        [("a", ["left", "float", "right"]), ("b", ["int"])],
        X,
        perturbers=[("a", side)],
    )
    assert explanation.feature_names.tolist() == ["side", "float", "int"]
    row = X.iloc[1]
    assert explanation.feature_values[1, 0] == f"{row['left']}, {row['right']}"
