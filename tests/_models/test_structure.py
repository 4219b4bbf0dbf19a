"""What is proved about models: each proof is compared with the model itself."""

import warnings

import numpy as np
import pytest
from sklearn.compose import (
    make_column_selector,
)
from sklearn.decomposition import NMF, PCA
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import (
    SelectFromModel,
    SelectKBest,
    SelectPercentile,
    VarianceThreshold,
    f_regression,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import (
    LogisticRegression,
    Ridge,
)
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, SVR

from skdime._models.structure import column_owners, split_pipeline, unwrap
from tests._models._structures import (
    TABLE,
    TWO,
    BySize,
    Y,
    best,
    columns_transformed,
    direct,
    evaluate,
)

OWNERS = np.array([0, 1, 1, 0, 1, 0])


NUMBERS, CODES = [0, 1, 5], [2, 3, 4]


def encoder_of(model, X, modalities=TWO, method="auto"):
    """The plan's encoder; with it, the outputs must be those of the model."""
    plan = best(model, X, modalities, method)
    expected = direct(model, X, modalities, method)
    np.testing.assert_allclose(evaluate(plan, X, modalities), expected, atol=1e-10)
    return plan.encoder


def numbers_and_codes(encoder=None, **options):
    encoder = encoder or OneHotEncoder()
    return columns_transformed((StandardScaler(), NUMBERS), (encoder, CODES), **options)


class OwnScaler(StandardScaler):
    """A subclass, which could do anything."""


# --- pipelines that treat modalities apart --------------------------------------------
APART = {
    "scaler": StandardScaler(),
    "robust": RobustScaler(),
    "max abs": MaxAbsScaler(),
    "power": PowerTransformer(),
    "quantiles": QuantileTransformer(n_quantiles=20),
    "scalers in turn": make_pipeline(MinMaxScaler(), StandardScaler()),
    "ordinal": OrdinalEncoder(),
    "imputer": SimpleImputer(),
    "k best": SelectKBest(f_regression, k=3),
    "percentile": SelectPercentile(f_regression, percentile=50),
    "variance": VarianceThreshold(0.3),
    "from model": SelectFromModel(Ridge()),
    "one-hot": OneHotEncoder(),
    "positions": numbers_and_codes(),
    "dense": numbers_and_codes(sparse_threshold=0),
    "sparse": numbers_and_codes(sparse_threshold=1),
    "negative positions": columns_transformed(
        (StandardScaler(), [-1, 0, -5]), (OneHotEncoder(), [-3])
    ),
    "slices": columns_transformed(
        (StandardScaler(), slice(2)), (OneHotEncoder(), slice(-4, -1))
    ),
    "masks": columns_transformed(
        (StandardScaler(), [True, True, False, False, False, True]),
        (OneHotEncoder(), np.array([False, False, True, True, True, False])),
    ),
    "callable": columns_transformed(
        (StandardScaler(), lambda X: NUMBERS), (OneHotEncoder(), lambda X: CODES)
    ),
    "overlapping": columns_transformed(
        (StandardScaler(), [0, 1, 5]), (MinMaxScaler(), [5, 0, 2])
    ),
    "no columns": columns_transformed((MinMaxScaler(), []), (StandardScaler(), [0, 1])),
    "dropped": columns_transformed((StandardScaler(), [0, 1, 2]), ("drop", [3, 4, 5])),
    "a modality dropped": columns_transformed((StandardScaler(), [1, 2, 4])),
    "passed through": columns_transformed(
        ("passthrough", [0, 5]), (StandardScaler(), [1, 2, 3])
    ),
    "remainder of one modality": columns_transformed(
        (StandardScaler(), [1, 2, 3, 4]), remainder="passthrough"
    ),
    "remainder scaled": columns_transformed(
        (OneHotEncoder(), CODES), remainder=StandardScaler()
    ),
    "drop first": numbers_and_codes(OneHotEncoder(drop="first")),
    "drop of two": numbers_and_codes(OneHotEncoder(drop="if_binary")),
    "drop by name": numbers_and_codes(OneHotEncoder(drop=[1, 0, 2])),
    "infrequent": numbers_and_codes(OneHotEncoder(min_frequency=8)),
    "at most two": numbers_and_codes(OneHotEncoder(max_categories=2)),
    "drop and infrequent": numbers_and_codes(
        OneHotEncoder(drop="first", min_frequency=8)
    ),
    "unknown": numbers_and_codes(OneHotEncoder(handle_unknown="ignore")),
    "unknown as infrequent": numbers_and_codes(
        OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=8)
    ),
    "nested pipelines": columns_transformed(
        (make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
        (make_pipeline(OrdinalEncoder(), OneHotEncoder()), CODES),
    ),
    "nested in turn": make_pipeline(numbers_and_codes(), VarianceThreshold(0.1)),
    "nested column transformers": columns_transformed(
        (columns_transformed((StandardScaler(), [1, 0])), NUMBERS),
        (OneHotEncoder(), CODES),
    ),
    "PCA within": columns_transformed(
        (PCA(2), [0, 5, 3]), (StandardScaler(), [1, 2, 4])
    ),
    "polynomials within": columns_transformed(
        (PolynomialFeatures(), [0, 5]), (SplineTransformer(), [1])
    ),
    "bins within": columns_transformed(
        (KBinsDiscretizer(3, encode="onehot"), [0, 5]), (Normalizer(), [1, 2])
    ),
    "ufunc within": columns_transformed(
        (FunctionTransformer(np.log1p, feature_names_out="one-to-one"), [5]),
        (StandardScaler(), [0, 1]),
    ),
    "frozen": FrozenEstimator(StandardScaler().fit(TABLE)),
    "frozen within": columns_transformed(
        (FrozenEstimator(PCA(2).fit(TABLE[:, [0, 3]])), [0, 3]), (StandardScaler(), [1])
    ),
}


@pytest.mark.parametrize("step", APART.values(), ids=APART)
def test_modalities_apart(step):
    model = make_pipeline(step, SVR()).fit(TABLE, Y)
    assert encoder_of(model, TABLE) is not None


@pytest.mark.parametrize("step", APART.values(), ids=APART)
def test_columns_depend_on_their_owner_alone(step):
    step = make_pipeline(step).fit(TABLE, Y)
    owners = column_owners(step, OWNERS)
    before = step.transform(TABLE)
    assert before.shape[1] == len(owners)
    for m, (_, columns) in enumerate(TWO):
        X = TABLE.copy()
        X[:, columns] = X[::-1, columns]
        changed = (step.transform(X) != before).sum(axis=0)
        assert not np.ravel(changed)[owners != m].any()


@pytest.mark.parametrize("step", [APART["scaler"], APART["unknown"]])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda model: FrozenEstimator(model),
        lambda model: Pipeline([("model", model)]),
        lambda model: GridSearchCV(model, {}, cv=2),
        lambda model: RandomizedSearchCV(model, {}, n_iter=1, cv=2),
        lambda model: FrozenEstimator(GridSearchCV(model, {}, cv=2).fit(TABLE, Y)),
    ],
    ids=["frozen", "pipeline", "grid", "randomized", "frozen grid"],
)
def test_pipelines_are_found_inside(step, wrap):
    pipeline = make_pipeline(step, SVR())
    frozen = wrap(pipeline.fit(TABLE, Y))
    assert encoder_of(frozen.fit(TABLE, Y), TABLE) is not None


def test_three_modalities():
    three = [("a", np.array([0, 3])), ("b", np.array([1, 2, 4])), ("c", np.array([5]))]
    model = make_pipeline(numbers_and_codes(), SVR()).fit(TABLE, Y)
    assert encoder_of(model, TABLE, three) is not None


@pytest.mark.parametrize("method", ["decision_function", "predict_proba"])
def test_classifiers(method):
    last = {"decision_function": SVC(), "predict_proba": LogisticRegression()}[method]
    model = make_pipeline(numbers_and_codes(), last)
    for y in (Y > 0, np.digitize(Y, [-0.5, 0.5])):
        assert encoder_of(model.fit(TABLE, y), TABLE, method=method) is not None


def test_sparse_input():
    sparse = pytest.importorskip("scipy.sparse")
    X = sparse.csr_array(TABLE)
    model = make_pipeline(StandardScaler(with_mean=False), SVR()).fit(X, Y)
    assert encoder_of(model, X) is not None


@pytest.mark.parametrize(
    "step",
    [
        SimpleImputer(),
        SimpleImputer(keep_empty_features=True),
        columns_transformed(
            (SimpleImputer(), [0, 3, 5]),
            (SimpleImputer(add_indicator=True), [1, 2, 4]),
        ),
        columns_transformed(
            (make_pipeline(SimpleImputer(), StandardScaler()), [0, 1, 3, 5]),
            remainder="drop",
        ),
        SimpleImputer(add_indicator=True),
        KNNImputer(),
    ],
    ids=["empty", "empty kept", "within", "pipeline", "indicator", "neighbours"],
)
@pytest.mark.filterwarnings("ignore:Skipping features without any observed values")
def test_missing_values(step):
    # column 0 is without values, a column of either modality has missing ones
    X = TABLE.copy()
    X[:, 0] = np.nan
    X[::3, 1] = X[::4, 5] = np.nan
    encoder_of(make_pipeline(step, SVR()).fit(X, Y), X)


@pytest.mark.filterwarnings("ignore:Skipping features without any observed values")
def test_a_column_without_values_within_a_modality():
    X = TABLE.copy()
    X[:, 0] = np.nan
    imputers = columns_transformed(
        (SimpleImputer(), [0, 3, 5]), (SimpleImputer(), [1, 2])
    )
    model = make_pipeline(imputers, SVR()).fit(X, Y)
    assert encoder_of(model, X) is not None


# --- pipelines that do not, or of which nothing is known ------------------------------
MIXED = {
    "nothing before": make_pipeline(SVR()),
    "PCA": make_pipeline(PCA(3), SVR()),
    "PCA of some": make_pipeline(columns_transformed((PCA(2), [0, 1, 5])), SVR()),
    "polynomials": make_pipeline(PolynomialFeatures(), SVR()),
    "normalizer": make_pipeline(Normalizer(), SVR()),
    "union": make_pipeline(FeatureUnion([("s", StandardScaler())]), SVR()),
    "a mixing pipeline within": make_pipeline(
        columns_transformed((make_pipeline(StandardScaler(), PCA(2)), NUMBERS)), SVR()
    ),
    "lambda": make_pipeline(FunctionTransformer(lambda X: X * len(X)), SVR()),
    "lambda within": make_pipeline(
        columns_transformed(
            (
                FunctionTransformer(
                    lambda X: X * len(X), feature_names_out="one-to-one"
                ),
                [0, 3],
            ),
            (StandardScaler(), [1]),
        ),
        SVR(),
    ),
    "another function within": make_pipeline(
        columns_transformed(
            (FunctionTransformer(np.sort, feature_names_out="one-to-one"), [0, 3]),
            (StandardScaler(), [1]),
        ),
        SVR(),
    ),
    "a class of one's own": make_pipeline(BySize(), SVR()),
    "a class of one's own within": make_pipeline(
        columns_transformed((BySize(), [0, 3]), (StandardScaler(), [1])), SVR()
    ),
    "in a pipeline within": make_pipeline(
        columns_transformed(
            (make_pipeline(StandardScaler(), BySize()), [0, 3]), (MinMaxScaler(), [1])
        ),
        SVR(),
    ),
    "frozen": make_pipeline(
        columns_transformed(
            (FrozenEstimator(BySize().fit(TABLE[:, [0, 3]])), [0, 3]),
            (MinMaxScaler(), [1]),
        ),
        SVR(),
    ),
    "a subclass": make_pipeline(OwnScaler(), SVR()),
    "a subclass within": make_pipeline(
        columns_transformed((OwnScaler(), [0, 3]), (MinMaxScaler(), [1])), SVR()
    ),
}


@pytest.mark.parametrize("model", MIXED.values(), ids=MIXED)
def test_not_known_to_be_apart(model):
    assert best(model.fit(TABLE, Y), TABLE, TWO).encoder is None


def test_a_subclass_of_a_pipeline_is_left_whole():
    class OwnPipeline(Pipeline):
        pass

    model = OwnPipeline([("scale", StandardScaler()), ("svr", SVR())]).fit(TABLE, Y)
    assert best(model, TABLE, TWO).encoder is None


def test_a_class_of_ones_own_in_a_union():
    union = FeatureUnion([("own", BySize())])
    steps = columns_transformed((union, [0, 3, 5]), (StandardScaler(), [1, 2, 4]))
    assert best(make_pipeline(steps, SVR()).fit(TABLE, Y), TABLE, TWO).encoder is None


def test_a_factorisation_that_depends_on_other_rows():
    steps = columns_transformed((NMF(2), [3, 5]), (StandardScaler(), [0, 1, 2, 4]))
    assert best(make_pipeline(steps, SVR()).fit(TABLE, Y), TABLE, TWO).encoder is None


@pytest.mark.parametrize("first", [APART["scaler"], APART["positions"]])
@pytest.mark.parametrize("second", [PCA(3), PolynomialFeatures(), Normalizer()])
def test_steps_before_the_first_that_mixes_are_split_off(first, second):
    model = make_pipeline(first, second, SVR()).fit(TABLE, Y)
    steps, rest, owners = split_pipeline(model, OWNERS)
    assert [step for _, step in steps.steps] == [model[0]]
    assert [step for _, step in rest.steps] == [model[1], model[2]]
    assert len(owners) == steps.transform(TABLE).shape[1]
    assert encoder_of(model, TABLE) is not None


@pytest.mark.parametrize("step", [None, "passthrough"])
def test_steps_that_do_nothing(step):
    model = Pipeline([("none", step), ("scale", StandardScaler()), ("svr", SVR())])
    assert encoder_of(model.fit(TABLE, Y), TABLE) is not None


# --- frames ---------------------------------------------------------------------------
FRAME_TWO = [("a", np.array([0, 3, 4])), ("b", np.array([1, 2]))]


WORDS = ["fever", "cough", "none", "pain", "night"]


@pytest.fixture(scope="module")
def frame():
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    return pd.DataFrame(
        {
            "age": rng.normal(60, 10, size=60),
            "dose": rng.gamma(2, size=60),
            "sex": rng.choice(["f", "m"], size=60),
            "ward": rng.choice(["x", "y", "z"], p=[0.6, 0.35, 0.05], size=60),
            "note": [" ".join(rng.choice(WORDS, size=4)) for _ in range(60)],
        }
    )


def by_names(vectorizer=None, **options):
    return columns_transformed(
        (StandardScaler(), ["age", "dose"]),
        (OneHotEncoder(sparse_output=False), ["ward", "sex"]),
        (vectorizer or "drop", "note"),
        **options,
    )


NAMED = {
    "names": by_names(),
    "text": by_names(TfidfVectorizer()),
    "counts": by_names(CountVectorizer(), sparse_threshold=1),
    "slices": columns_transformed(
        (StandardScaler(), slice("age", "dose")),
        (OneHotEncoder(), slice("sex", "ward")),
    ),
    "open slices": columns_transformed(
        (StandardScaler(), slice(None, "dose")), (OneHotEncoder(), slice("ward", None))
    ),
    "masks": columns_transformed(
        (StandardScaler(), [True, True, False, False, False]), (OneHotEncoder(), [2, 3])
    ),
    "by dtype": columns_transformed(
        (StandardScaler(), make_column_selector(dtype_include=np.number)),
        (OneHotEncoder(), make_column_selector(pattern="sex|ward")),
    ),
    "remainder": columns_transformed(
        (OneHotEncoder(handle_unknown="ignore"), ["sex", "ward", "note"]),
        remainder=StandardScaler(),
    ),
    "long names": by_names(verbose_feature_names_out=False),
}


@pytest.mark.parametrize("step", NAMED.values(), ids=NAMED)
def test_columns_by_name(frame, step):
    model = make_pipeline(step, SVR()).fit(frame, Y)
    assert encoder_of(model, frame, FRAME_TWO) is not None


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_steps_that_make_frames(frame, library):
    pytest.importorskip(library)
    steps = make_pipeline(by_names(), SelectKBest(f_regression, k=4))
    model = make_pipeline(steps.set_output(transform=library), SVR()).fit(frame, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # names of columns are not lost
        assert encoder_of(model, frame, FRAME_TWO) is not None


def test_polars_frames(frame):
    pl = pytest.importorskip("polars")
    rows = pl.DataFrame({name: frame[name].tolist() for name in frame.columns})
    model = make_pipeline(by_names(TfidfVectorizer()), SVR()).fit(rows, Y)
    assert encoder_of(model, rows, FRAME_TWO) is not None


def test_a_modality_that_is_dropped_from_polars_frames(frame):
    pytest.importorskip("polars")
    step = columns_transformed((StandardScaler(), ["age"]))
    step.set_output(transform="polars")
    encoder_of(make_pipeline(step, SVR()).fit(frame, Y), frame, FRAME_TWO)


@pytest.mark.parametrize(
    "names",
    ["note ward sex dose age", "more age dose sex ward note"],
    ids=["other order", "one more"],
)
def test_a_frozen_model_that_was_fitted_on_columns_in_another_order(frame, names):
    # a ColumnTransformer finds its columns by name, wherever they are
    model = make_pipeline(by_names(), SVR()).fit(frame, Y)
    rows = frame.assign(more=1.0)[names.split()]
    mine = rows.columns.isin(["age", "ward", "note"])
    encoder_of(model, rows, [("a", np.flatnonzero(mine)), ("b", np.flatnonzero(~mine))])


# --- what a model is wrapped in -------------------------------------------------------


def test_unwrap():
    svr = SVR()
    assert unwrap(svr) is svr
    assert unwrap(Pipeline([("svr", svr)])) is svr
    assert unwrap(FrozenEstimator(FrozenEstimator(svr))) is svr
    assert unwrap(FrozenEstimator(Pipeline([("frozen", FrozenEstimator(svr))]))) is svr


def test_unwrap_takes_the_model_that_a_search_found():
    search = GridSearchCV(SVR(), {"C": [1, 2]}, cv=2)
    assert unwrap(search) is search
    search.fit(TABLE, Y)
    assert unwrap(FrozenEstimator(search)) is search.best_estimator_


def test_unwrap_leaves_longer_pipelines_and_subclasses():
    class OwnSearch(GridSearchCV):
        pass

    pipeline = make_pipeline(StandardScaler(), SVR())
    assert unwrap(pipeline) is pipeline
    search = OwnSearch(SVR(), {"C": [1]}, cv=2).fit(TABLE, Y)
    assert unwrap(search) is search
