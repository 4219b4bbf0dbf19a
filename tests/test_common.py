"""The checks that scikit-learn applies to its own estimators."""

import inspect

import pytest
import sklearn
from sklearn.base import is_regressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.fixes import parse_version

from skdime import Disentangler, LocalExplainer
from skdime.perturbers import TabularPerturber

SKLEARN = parse_version(sklearn.__version__)
STRICT = {"xfail_strict": True} if parse_version("1.8") <= SKLEARN else {}


def disentangler(estimator, **options):
    return Disentangler(estimator, n_references=5, random_state=0, **options)


def explainer(estimator, perturbers="auto", **options):
    dis = Disentangler(estimator, n_references=5)
    options = {"n_samples": 8, "random_state": 0} | options
    return LocalExplainer(dis, perturbers, **options)


ESTIMATORS = [
    disentangler(Ridge()),
    disentangler(LogisticRegression(), response_method="predict_proba", link="logit"),
    explainer(Ridge(), algorithm="exhaustive"),
    explainer(LogisticRegression(), algorithm="draws"),
]
# Their conventions are those of the above, on other ways through the same code.
OTHERS = [
    disentangler(Ridge(), include_self=True, max_memory=2000),
    explainer(DecisionTreeRegressor(random_state=0)),
    explainer(DecisionTreeClassifier(random_state=0), tol=0.5, n_jobs=2),
]


def expected_failures(estimator):
    """The check of regressors changes any `alpha`, for linear models that have one."""
    regressor = is_regressor(estimator) and isinstance(estimator, LocalExplainer)
    why = "`alpha` is the penalty of straight lines, and refused where there are none"
    return {"check_regressors_train": why} if regressor else {}


@pytest.mark.filterwarnings("ignore:.*were clipped before taking log-odds")
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures, **STRICT)
def test_sklearn_compatible(estimator, check):
    check(estimator)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*were clipped before taking log-odds")
@parametrize_with_checks(OTHERS, expected_failed_checks=expected_failures, **STRICT)
def test_others_are_sklearn_compatible(estimator, check):
    check(estimator)


# Checks that scikit-learn runs on its own estimators and does not pass on to others.
CHECKS = [
    "check_param_validation",
    "check_set_output_transform",
    "check_set_output_transform_pandas",
    "check_set_output_transform_polars",
    "check_global_output_transform_pandas",
    "check_global_set_output_transform_polars",
    "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas",
    "check_get_feature_names_out_error",
    "check_dataframe_column_names_consistency",
    "check_inplace_ensure_writeable",
]


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.filterwarnings("ignore:X has feature names, but")
@pytest.mark.parametrize("estimator", [ESTIMATORS[0], ESTIMATORS[2]], ids=str)
@pytest.mark.parametrize("name", CHECKS)
def test_sklearn_compatible_in_all_else(estimator, name):
    check = getattr(estimator_checks, name, None)
    if check is None:
        pytest.skip(f"scikit-learn {sklearn.__version__} has no {name}")
    check(type(estimator).__name__, estimator)


@pytest.mark.parametrize("estimator", [Disentangler, LocalExplainer, TabularPerturber])
def test_every_parameter_is_checked_or_stored_as_given(estimator):
    names = inspect.signature(estimator).parameters
    given = {name: object() for name in names}
    stored = vars(estimator(**given))
    assert {name: stored[name] for name in names} == given
