"""What is proved about models: each proof is compared with the model itself."""

import inspect
import warnings

import numpy as np
import pytest
from sklearn.base import (
    BaseEstimator,
    OneToOneFeatureMixin,
    TransformerMixin,
    clone,
    is_classifier,
)
from sklearn.compose import (
    ColumnTransformer,
    TransformedTargetRegressor,
    make_column_selector,
)
from sklearn.decomposition import NMF, PCA, TruncatedSVD
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
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
    ARDRegression,
    BayesianRidge,
    ElasticNet,
    ElasticNetCV,
    GammaRegressor,
    HuberRegressor,
    Lars,
    Lasso,
    LassoCV,
    LassoLars,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    OrthogonalMatchingPursuit,
    Perceptron,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    RidgeClassifier,
    RidgeClassifierCV,
    RidgeCV,
    SGDClassifier,
    SGDRegressor,
    TheilSenRegressor,
)
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.naive_bayes import (
    BernoulliNB,
    CategoricalNB,
    ComplementNB,
    GaussianNB,
    MultinomialNB,
)
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
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR

from skdime import Disentangler
from skdime._models.response import Response
from skdime._models.structure import column_owners, is_additive, split_pipeline, unwrap
from skdime._references.engine import Engine
from skdime._references.grid import Grid
from skdime._references.plan import best_plan, direct_plan
from skdime._rows.modalities import split

# Columns of the table: number, number, and codes of 2, 5 (rare ones too) and 3
# categories, positive number.
TWO = [("a", np.array([0, 3, 5])), ("b", np.array([1, 2, 4]))]
OWNERS = np.array([0, 1, 1, 0, 1, 0])
NUMBERS, CODES = [0, 1, 5], [2, 3, 4]

RNG = np.random.RandomState(0)
TABLE = np.column_stack(
    [
        RNG.normal(size=(60, 2)),
        RNG.randint(2, size=60),
        RNG.choice(5, p=[0.4, 0.4, 0.1, 0.05, 0.05], size=60),
        RNG.randint(3, size=60),
        RNG.gamma(2, size=60),
    ]
)
Y = TABLE[:, 0] * TABLE[:, 1] + np.sin(TABLE[:, 2] + TABLE[:, 3]) * TABLE[:, 5]


def evaluate(plan, X, modalities):
    """Outputs on hybrids: the first modality of 7 rows, the others of 8 others."""
    engine = Engine(plan, 2**20)
    blocks = split(X[:7], modalities)[:1] + split(X[7:15], modalities)[1:]
    sources = [(block, min(m, 1)) for m, block in enumerate(blocks)]
    grid = Grid(sources, plan.columns)
    return engine.way(grid.shape).outputs(grid)


def best(model, X, modalities, method="auto"):
    columns = [columns for _, columns in modalities]
    return best_plan(Response(model, method), columns, split(X, modalities))


def direct(model, X, modalities, method="auto"):
    columns = [columns for _, columns in modalities]
    return evaluate(direct_plan(Response(model, method), columns), X, modalities)


def encoder_of(model, X, modalities=TWO, method="auto"):
    """The plan's encoder; with it, the outputs must be those of the model."""
    plan = best(model, X, modalities, method)
    expected = direct(model, X, modalities, method)
    np.testing.assert_allclose(evaluate(plan, X, modalities), expected, atol=1e-10)
    return plan.encoder


def columns_transformed(*steps, **options):
    """Each step with its columns in a ColumnTransformer."""
    named = [(f"step{i}", *step) for i, step in enumerate(steps)]
    return ColumnTransformer(named, **options)


def numbers_and_codes(encoder=None, **options):
    encoder = encoder or OneHotEncoder()
    return columns_transformed((StandardScaler(), NUMBERS), (encoder, CODES), **options)


class BySize(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Depends on how many rows it is given."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X * len(X)


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


# --- additive models ------------------------------------------------------------------

X_NUMBERS = np.random.RandomState(1).normal(size=(80, 5)) + 2
X_COUNTS = np.random.RandomState(2).poisson(1.0, size=(80, 5))
LABELS = np.digitize(X_NUMBERS[:, 0] * X_NUMBERS[:, 1], [3.0, 5.0])
TARGET = X_NUMBERS[:, 0] * X_NUMBERS[:, 1] + X_NUMBERS[:, 2]
FIVE = [("a", [0, 3]), ("b", [1, 2, 4])]

REGRESSORS = [
    ARDRegression(),
    BayesianRidge(),
    ElasticNet(0.1),
    ElasticNetCV(),
    HuberRegressor(),
    Lars(),
    Lasso(0.1),
    LassoCV(),
    LassoLars(0.01),
    LinearRegression(),
    OrthogonalMatchingPursuit(n_nonzero_coefs=3),
    QuantileRegressor(alpha=0.01),
    Ridge(),
    RidgeCV(),
    SGDRegressor(random_state=0),
    TheilSenRegressor(random_state=0, max_subpopulation=200),
    LinearSVR(random_state=0),
    make_pipeline(StandardScaler(), Ridge()),
    make_pipeline(
        RobustScaler(), MaxAbsScaler(), SelectKBest(f_regression, k=3), Lasso()
    ),
    make_pipeline(StandardScaler(), PCA(3, whiten=True), LinearRegression()),
    make_pipeline(TruncatedSVD(3), StandardScaler(), Ridge()),
    make_pipeline(PCA(4), VarianceThreshold(), "passthrough", Ridge()),
    FrozenEstimator(Ridge().fit(X_NUMBERS, TARGET)),
    GridSearchCV(make_pipeline(PCA(), Ridge()), {"pca__n_components": [2, 3]}, cv=2),
]
CLASSIFIERS = [
    LinearDiscriminantAnalysis(),
    LogisticRegression(),
    LogisticRegressionCV(Cs=2, cv=2),
    Perceptron(),
    RidgeClassifier(),
    RidgeClassifierCV(),
    SGDClassifier(loss="log_loss", random_state=0),
    LinearSVC(random_state=0),
    make_pipeline(StandardScaler(), PCA(3), LogisticRegression()),
]
NAIVE_BAYES = [
    BernoulliNB(),
    BernoulliNB(binarize=1.5),
    CategoricalNB(min_categories=12),
    ComplementNB(),
    ComplementNB(norm=True),
    GaussianNB(),
    MultinomialNB(),
]


def interaction(model, X, method):
    """MI of a model by evaluating it on every hybrid row, relative to its outputs."""
    dis = Disentangler(getattr(model, method), FIVE, n_references=12, random_state=0)
    parts = dis.fit(X).decompose(X[:20])
    return np.abs(parts.mi).max() / np.abs(parts.output).max()


def name_of(value):
    return " ".join(str(value).split())[:40] if hasattr(value, "fit") else None


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning:sklearn")
@pytest.mark.parametrize("model", REGRESSORS, ids=name_of)
def test_additive_regressors(model):
    model = model.fit(X_NUMBERS, TARGET)
    assert is_additive(model, "predict")
    assert interaction(model, X_NUMBERS, "predict") < 1e-12


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning:sklearn")
@pytest.mark.parametrize("labels", [LABELS > 0, LABELS], ids=["two", "three"])
@pytest.mark.parametrize("model", CLASSIFIERS, ids=name_of)
def test_additive_margins(model, labels):
    model = model.fit(X_NUMBERS, labels)
    assert is_additive(model, "decision_function")
    assert interaction(model, X_NUMBERS, "decision_function") < 1e-12


@pytest.mark.parametrize("model", NAIVE_BAYES, ids=name_of)
def test_joint_log_likelihood_of_naive_bayes(model):
    model = model.fit(X_COUNTS, LABELS)
    assert is_additive(model, "predict_joint_log_proba")
    assert interaction(model, X_COUNTS, "predict_joint_log_proba") < 1e-12


@pytest.mark.parametrize("model", NAIVE_BAYES, ids=name_of)
def test_joint_log_likelihood_as_the_output(model, assert_close):
    dis = Disentangler(
        model,
        FIVE,
        response_method="predict_joint_log_proba",
        n_references=12,
        random_state=0,
    ).fit(X_COUNTS, LABELS)
    parts = dis.decompose(X_COUNTS)
    assert_close(parts.output, dis.estimator_.predict_joint_log_proba(X_COUNTS))
    np.testing.assert_allclose(parts.mi, 0, atol=1e-12 * np.abs(parts.output).max())
    assert dis.output_names_.tolist() == ["0", "1", "2"]
    assert dis.unit_ == "joint log-probability"


def searched(model):
    return GridSearchCV(model, {}, cv=2)


@pytest.mark.parametrize(
    "model, additive",
    [
        (make_pipeline(StandardScaler(), GaussianNB()), True),
        (make_pipeline("passthrough", make_pipeline(GaussianNB())), True),
        (searched(make_pipeline(MaxAbsScaler(), GaussianNB())), True),
        (make_pipeline(MaxAbsScaler(), searched(MultinomialNB())), True),
        (make_pipeline(PCA(3), make_pipeline(StandardScaler(), GaussianNB())), False),
        (searched(make_pipeline(PCA(3), GaussianNB())), False),
    ],
    ids=name_of,
)
@pytest.mark.parametrize("frozen", [False, True])
def test_joint_log_likelihood_behind_first_steps(model, additive, frozen):
    model = clone(model).fit(X_COUNTS, LABELS)
    steps = getattr(model, "best_estimator_", model)
    last = steps[-1]
    while hasattr(last, "steps") or hasattr(last, "best_estimator_"):
        last = getattr(last, "best_estimator_", None) or last[-1]
    encoded = steps[:-1].transform(X_COUNTS)
    if type(steps[-1]) is Pipeline and len(steps[-1]) > 1:
        encoded = steps[-1][:-1].transform(encoded)
    parts = (
        Disentangler(
            FrozenEstimator(model) if frozen else model,
            FIVE,
            response_method="predict_joint_log_proba",
            n_references=12,
            random_state=0,
        )
        .fit(X_COUNTS, LABELS)
        .decompose(X_COUNTS)
    )
    expected = last.predict_joint_log_proba(encoded)
    np.testing.assert_allclose(parts.output, expected, rtol=1e-10)
    smallest = 1e-12 * np.abs(parts.output).max()
    assert (np.abs(parts.mi).max() < smallest) == additive


class OwnRidge(Ridge):
    """A subclass, which could do anything."""


class OwnPca(PCA):
    """A subclass, which could do anything."""


NOT_ADDITIVE = [
    (SVR(), "predict"),
    (PoissonRegressor(), "predict"),
    (GammaRegressor(), "predict"),
    (OwnRidge(), "predict"),
    (make_pipeline(OwnPca(2), Ridge()), "predict"),
    (make_pipeline(BySize(), Ridge()), "predict"),
    (make_pipeline(FunctionTransformer(np.log), Ridge()), "predict"),
    (make_pipeline(PolynomialFeatures(), Ridge()), "predict"),
    (make_pipeline(Normalizer(), Ridge()), "predict"),
    (
        make_pipeline(PCA(3), QuantileTransformer(n_quantiles=20), Ridge()),
        "predict",
    ),
    (make_pipeline(PCA(3), MinMaxScaler(clip=True), Ridge()), "predict"),
    (
        TransformedTargetRegressor(Ridge(), func=np.log, inverse_func=np.exp),
        "predict",
    ),
    (SVC(), "decision_function"),
    (QuadraticDiscriminantAnalysis(), "decision_function"),
    (LogisticRegression(), "predict_proba"),
    (LogisticRegression(), "predict_log_proba"),
    (LogisticRegression(), "predict"),
    (RidgeClassifier(), "predict"),
    (LinearDiscriminantAnalysis(), "predict_proba"),
    (GaussianNB(), "predict_proba"),
    (GaussianNB(), "predict_log_proba"),
]


@pytest.mark.parametrize(
    "model, method", NOT_ADDITIVE, ids=[f"{name_of(m)} {p}" for m, p in NOT_ADDITIVE]
)
def test_not_known_to_be_additive(model, method):
    y = LABELS if is_classifier(model) else TARGET - TARGET.min() + 1
    assert not is_additive(model.fit(np.abs(X_NUMBERS), y), method)


@pytest.mark.parametrize("mix", [PCA(3), TruncatedSVD(3)], ids=name_of)
@pytest.mark.parametrize("model", [GaussianNB(), BernoulliNB()], ids=name_of)
def test_naive_bayes_of_a_mixture_is_not_additive(mix, model):
    pipeline = make_pipeline(mix, model).fit(X_NUMBERS, LABELS)
    assert not is_additive(pipeline, "predict_joint_log_proba")


def test_a_scaler_that_clips_a_mixture_is_not_additive():
    if "clip" not in inspect.signature(MaxAbsScaler).parameters:
        pytest.skip("MaxAbsScaler does not clip")
    model = make_pipeline(PCA(3), MaxAbsScaler(clip=True), Ridge())
    model.fit(X_NUMBERS[:20], TARGET[:20])
    assert not is_additive(model, "predict")


def test_an_additive_model_behind_an_encoder_is_additive():
    steps = columns_transformed(
        (PolynomialFeatures(), [0, 3, 5]),
        (SplineTransformer(), [1]),
        (OneHotEncoder(), [2, 4]),
    )
    model = make_pipeline(steps, Ridge()).fit(TABLE, Y)
    plan = best(model, TABLE, TWO)
    assert plan.encoder is not None
    assert plan.additive
    np.testing.assert_allclose(
        evaluate(plan, TABLE, TWO), direct(model, TABLE, TWO), atol=1e-10
    )


@pytest.mark.parametrize("link", ["logit"])
def test_a_link_undoes_additivity(link):
    columns = [columns for _, columns in TWO]
    model = LogisticRegression().fit(TABLE, Y > 0)
    response = Response(model, "predict_proba", link)
    assert not best_plan(response, columns, split(TABLE, TWO)).additive


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
