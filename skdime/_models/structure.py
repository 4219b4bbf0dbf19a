"""What can be proved about a fitted model, so that fewer rows need to be evaluated.

Three things are looked for. First steps of a pipeline that treat every modality apart
can encode each block of rows once. What is left may be additive over modalities, and
then two rows and columns of a grid determine all of it. Or it may be a sum of trees
(:mod:`skdime._models.tree_sum`), which needs no evaluation at all. Only exact types
from scikit-learn are recognised: a subclass may do anything.
"""

from collections import UserList

import numpy as np
from scipy import sparse

from skdime._models.sklearn_classes import sklearn_class

# One output column for every input column, from that column alone.
_COLUMNWISE = (
    "preprocessing.MaxAbsScaler",
    "preprocessing.MinMaxScaler",
    "preprocessing.OrdinalEncoder",
    "preprocessing.PowerTransformer",
    "preprocessing.QuantileTransformer",
    "preprocessing.RobustScaler",
    "preprocessing.StandardScaler",
)
_SELECTORS = (
    "feature_selection.GenericUnivariateSelect",
    "feature_selection.SelectFromModel",
    "feature_selection.SelectKBest",
    "feature_selection.SelectPercentile",
    "feature_selection.VarianceThreshold",
)
_MIXTURES = ("decomposition.PCA", "decomposition.TruncatedSVD")
# What they make of a row depends on the rows beside it.
_NOT_ROW_WISE = (
    "decomposition.LatentDirichletAllocation",
    "decomposition.MiniBatchNMF",
    "decomposition.NMF",
)
# Affine maps, of all columns together or one by one, keep a sum over modalities one.
_AFFINE = (
    *_MIXTURES,
    "preprocessing.MaxAbsScaler",
    "preprocessing.RobustScaler",
    "preprocessing.StandardScaler",
)
_LINEAR_REGRESSORS = (
    "linear_model.ARDRegression",
    "linear_model.BayesianRidge",
    "linear_model.ElasticNet",
    "linear_model.ElasticNetCV",
    "linear_model.HuberRegressor",
    "linear_model.Lars",
    "linear_model.Lasso",
    "linear_model.LassoCV",
    "linear_model.LassoLars",
    "linear_model.LinearRegression",
    "linear_model.OrthogonalMatchingPursuit",
    "linear_model.QuantileRegressor",
    "linear_model.Ridge",
    "linear_model.RidgeCV",
    "linear_model.SGDRegressor",
    "linear_model.TheilSenRegressor",
    "svm.LinearSVR",
)
_LINEAR_CLASSIFIERS = (
    "discriminant_analysis.LinearDiscriminantAnalysis",
    "linear_model.LogisticRegression",
    "linear_model.LogisticRegressionCV",
    "linear_model.Perceptron",
    "linear_model.RidgeClassifier",
    "linear_model.RidgeClassifierCV",
    "linear_model.SGDClassifier",
    "svm.LinearSVC",
)
_NAIVE_BAYES = (
    "naive_bayes.BernoulliNB",
    "naive_bayes.CategoricalNB",
    "naive_bayes.ComplementNB",
    "naive_bayes.GaussianNB",
    "naive_bayes.MultinomialNB",
)
_SEARCHES = ("model_selection.GridSearchCV", "model_selection.RandomizedSearchCV")


def unwrap(model):
    """The fitted model inside searches and frozen estimators."""
    while True:
        if sklearn_class(model) == "frozen.FrozenEstimator":
            model = model.estimator
        elif sklearn_class(model) in _SEARCHES and hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        elif sklearn_class(model) == "pipeline.Pipeline" and len(model.steps) == 1:
            model = model.steps[0][1]
        else:
            return model


def last_step(model):
    """The model itself, behind pipelines, searches and frozen estimators."""
    model = unwrap(model)
    if sklearn_class(model) == "pipeline.Pipeline":
        return last_step(model.steps[-1][1])
    return model


def is_additive(model, method):
    """Whether ``model.method`` is provably a sum of functions of single columns."""
    model = unwrap(model)
    if sklearn_class(model) == "pipeline.Pipeline":
        *steps, (_, last) = model.steps
        affine = all(_is_affine(step) for _, step in steps)
        # of mixtures of columns only linear functions are additive
        has_mixture = any(sklearn_class(unwrap(step)) in _MIXTURES for _, step in steps)
        nonlinear = has_mixture and sklearn_class(unwrap(last)) in _NAIVE_BAYES
        return affine and not nonlinear and is_additive(last, method)
    if method == "predict":
        return sklearn_class(model) in _LINEAR_REGRESSORS
    if method == "predict_joint_log_proba":
        return sklearn_class(model) in _NAIVE_BAYES
    return method == "decision_function" and sklearn_class(model) in _LINEAR_CLASSIFIERS


def linear_inputs_used(model):
    """Which inputs a fitted linear model does not multiply by 0.

    Parameters
    ----------
    model : fitted estimator

    Returns
    -------
    used : ndarray of bool of shape (n_inputs,) or None
        None where the model is none of scikit-learn's linear ones.
    """
    model = unwrap(model)
    if sklearn_class(model) not in (*_LINEAR_REGRESSORS, *_LINEAR_CLASSIFIERS):
        return None
    coef = getattr(model, "coef_", None)
    if coef is None:
        return None
    coef = coef.toarray() if sparse.issparse(coef) else np.asarray(coef)
    return (np.atleast_2d(coef) != 0).any(axis=0)


def _is_affine(step):
    step = unwrap(step)
    if step is None or isinstance(step, str):
        return step in (None, "passthrough")
    return sklearn_class(step) in (*_AFFINE, *_SELECTORS) and not getattr(
        step, "clip", False
    )


def split_pipeline(model, owners):
    """Cut a pipeline behind the steps that treat every modality apart.

    Parameters
    ----------
    model : fitted estimator
    owners : ndarray of int of shape (n_columns,)
        The modality of every column of the model's input.

    Returns
    -------
    encoder : Pipeline or None
        The first steps; None when there are none.
    rest : estimator
        What follows; the whole model when nothing can be split off.
    owners : ndarray of int of shape (n_encoded,)
        The modality of every column of the input of `rest`.
    """
    model = unwrap(model)
    if sklearn_class(model) != "pipeline.Pipeline":
        return None, model, owners
    n_apart = 0
    for _, step in model.steps[:-1]:
        following = column_owners(step, owners)
        if following is None:
            break
        owners, n_apart = following, n_apart + 1
    encoder = model[:n_apart] if n_apart else None
    return encoder, unwrap(model[n_apart:]), owners


def column_owners(transformer, owners):
    """The modality that each output column is computed from.

    Parameters
    ----------
    transformer : fitted transformer, "passthrough" or None
    owners : ndarray of int of shape (n_columns,)
        The modality of every input column.

    Returns
    -------
    owners : ndarray of int of shape (n_columns_out,) or None
        None when an output column may depend on two modalities, or cannot be told.
    """
    if transformer is None or isinstance(transformer, str):
        return owners if transformer in (None, "passthrough") else None
    if len(np.unique(owners)) == 1:
        return _of_one_modality(transformer, owners)
    transformer = unwrap(transformer)
    kind = sklearn_class(transformer)
    if kind in _COLUMNWISE or _passes_through(transformer):
        return owners
    if kind in _SELECTORS:
        return owners[transformer.get_support()]
    if kind == "impute.SimpleImputer":
        same = len(transformer.get_feature_names_out()) == len(owners)
        return owners if same and not transformer.add_indicator else None
    if kind == "preprocessing.OneHotEncoder":
        return _one_hot(transformer, owners)
    if kind == "pipeline.Pipeline":
        for _, step in transformer.steps:
            owners = None if owners is None else column_owners(step, owners)
        return owners
    if kind == "compose.ColumnTransformer":
        return _of_column_transformer(transformer, owners)
    return None


def _of_one_modality(transformer, owners):
    """Whatever it computes, row by row, it computes from one modality."""
    if not _is_row_wise(transformer):
        return None
    try:
        width = len(transformer.get_feature_names_out())
    except (AttributeError, NotImplementedError, ValueError):
        return None
    return np.full(width, owners[0])


def _is_row_wise(transformer):
    """Whether a transformer transforms row by row, as scikit-learn's own do."""
    if transformer is None or isinstance(transformer, str):
        return True
    transformer = unwrap(transformer)
    if _says_row_wise(transformer):
        return True
    if sklearn_class(transformer) == "preprocessing.FunctionTransformer":
        return transformer.func is None or isinstance(transformer.func, np.ufunc)
    if sklearn_class(transformer) == "pipeline.Pipeline":
        return all(_is_row_wise(step) for _, step in transformer.steps)
    if sklearn_class(transformer) == "compose.ColumnTransformer":
        return all(_is_row_wise(step) for _, step, _ in transformer.transformers_)
    if sklearn_class(transformer) == "pipeline.FeatureUnion":
        return all(_is_row_wise(part) for _, part in transformer.transformer_list)
    name = sklearn_class(transformer)
    return bool(name) and name not in _NOT_ROW_WISE


def _says_row_wise(transformer):
    """Whether it is a user's own, which is marked as transforming row by row."""
    return getattr(transformer, "transforms_row_by_row", False) is True


def has_opted_in(steps):
    """Whether a pipeline has a user's own transformer that is marked as row by row.

    Parameters
    ----------
    steps : fitted Pipeline
    """
    return any(map(_says_row_wise, _transformers(steps)))


def _transformers(transformer):
    """A transformer and all that are inside."""
    transformer = unwrap(transformer)
    yield transformer
    inside = []
    if sklearn_class(transformer) == "pipeline.Pipeline":
        inside = [step for _, step in transformer.steps]
    elif sklearn_class(transformer) == "compose.ColumnTransformer":
        inside = [step for _, step, _ in transformer.transformers_]
    elif sklearn_class(transformer) == "pipeline.FeatureUnion":
        inside = [part for _, part in transformer.transformer_list]
    for part in inside:
        yield from _transformers(part)


def _passes_through(transformer):
    """Whether it is what a fitted ColumnTransformer makes of ``"passthrough"``."""
    is_function = sklearn_class(transformer) == "preprocessing.FunctionTransformer"
    return is_function and transformer.func is None


def _one_hot(encoder, owners):
    sizes = np.array([len(categories) for categories in encoder.categories_])
    for i, rare in enumerate(getattr(encoder, "infrequent_categories_", None) or []):
        sizes[i] -= 0 if rare is None or not len(rare) else len(rare) - 1
    if encoder.drop_idx_ is not None:
        sizes -= [dropped is not None for dropped in encoder.drop_idx_]
    same = sizes.sum() == len(encoder.get_feature_names_out())
    return np.repeat(owners, sizes) if same else None


def _of_column_transformer(transformer, owners):
    n_columns = max((s.stop for s in transformer.output_indices_.values()), default=0)
    out = np.full(n_columns, -1)
    names = list(getattr(transformer, "feature_names_in_", []))
    for name, step, columns in transformer.transformers_:
        where = transformer.output_indices_[name]
        if step == "drop" or where.start == where.stop:
            continue
        read = owners[positions_in_fit(columns, names, len(owners))]
        if len(np.unique(read)) == 1 and _is_row_wise(step):
            apart = np.full(where.stop - where.start, read[0])
        else:
            apart = column_owners(step, read)
        if apart is None or len(apart) != where.stop - where.start:
            return None
        out[where] = apart
    return None if (out < 0).any() else out


def positions_in_fit(columns, names, n_columns):
    """Positions of the columns that a fitted ColumnTransformer names."""
    if isinstance(columns, UserList):  # scikit-learn 1.6 warns of a change of its own
        columns = columns.data
    if isinstance(columns, str):
        columns = [columns]
    if isinstance(columns, slice):
        start, stop = columns.start, columns.stop
        if isinstance(start, str) or isinstance(stop, str):
            start = names.index(start) if start is not None else None
            stop = names.index(stop) + 1 if stop is not None else None
        return np.arange(n_columns)[slice(start, stop, columns.step)]
    columns = np.atleast_1d(np.asarray(columns))
    if columns.dtype.kind in "UO":
        return np.array([names.index(column) for column in columns], dtype=int)
    return np.arange(n_columns)[columns]
