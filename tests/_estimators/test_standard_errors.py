"""Disentangler: standard errors by definition, and as the spread that draws show."""

import numpy as np
import pytest

from skdime import Disentangler
from tests._by_hand import compose, error_over_tuples, tuples_of
from tests._data import AB, ABC, product

# --- standard errors ----------------------------------------------------------------


def standard_error(influence, n_rows=np.inf):
    """Of a mean over a sample without replacement from so many rows."""
    n = len(influence)
    return np.std(influence, axis=0, ddof=1) / np.sqrt(n) * np.sqrt(1 - n / n_rows)


def test_standard_errors_of_two_modalities_by_definition(model, X, two, assert_close):
    dis = Disentangler(
        model.estimator, two, n_references=6, random_state=1, **model.options
    ).fit(X)
    parts, references = dis.decompose(X[:1]), dis.references_

    def f(one, other):
        return model.output(compose([one, other], two))[0]

    # what reference j gives to F_1(x) and F_2(x), and to F_0 by its row and column
    first = np.array([f(X[0], r) for r in references])
    second = np.array([f(r, X[0]) for r in references])
    table = np.array([[f(r, s) for s in references] for r in references])
    baseline = table.mean(axis=0) + table.mean(axis=1)
    scale = np.abs(table).max()
    assert_close(parts.baseline_se, standard_error(baseline, len(X)), scale=scale)
    uc_se = standard_error(first + second - baseline, len(X))
    assert_close(parts.uc_se[0], uc_se, scale=scale)
    assert_close(parts.mi_se[0], uc_se, scale=scale)
    main_se = [standard_error(f - baseline, len(X)) for f in (first, second)]
    assert_close(parts.main_se[0], main_se, scale=scale)


def test_standard_errors_of_three_modalities_by_definition(
    model, X, three, assert_close
):
    dis = Disentangler(
        model.estimator, three, n_references=6, random_state=1, **model.options
    ).fit(X)
    if dis._references.leaf_means is not None:
        # tuples are those of models without structure; see test_leaf_means for trees
        dis = Disentangler(model.output, three, n_references=6, random_state=1).fit(X)
    parts, tuples = dis.decompose(X[:1]), tuples_of(dis)

    def f(*sources):
        return model.output(compose(sources, three))[0]

    baseline = np.array([f(*t) for t in tuples])
    present = np.array(
        [[f(*t[:m], X[0], *t[m + 1 :]) for t in tuples] for m in range(3)]
    )
    scale, order = np.abs(present).max(), dis._references.tuples
    assert_close(parts.baseline_se, error_over_tuples(baseline, order), scale=scale)
    uc_se = error_over_tuples(present.sum(axis=0) - 2 * baseline, order)
    assert_close(parts.uc_se[0], uc_se, scale=scale)
    main_se = [error_over_tuples(values - baseline, order) for values in present]
    assert_close(parts.main_se[0], main_se, scale=scale)


def test_standard_errors_with_the_row_among_its_references(X, two, assert_close):
    without, included = (
        Disentangler(
            lambda X: np.exp(X[:, 0]) * X[:, 1],
            two,
            n_references=5,
            include_self=include_self,
            random_state=0,
        )
        .fit(X)
        .decompose(X)
        for include_self in (False, True)
    )
    for name in ("uc_se", "mi_se", "main_se"):
        assert_close(getattr(included, name), (5 / 6) ** 2 * getattr(without, name))


def test_standard_errors_shrink_with_the_root_of_the_references():
    X = np.random.RandomState(0).normal(1, 1, size=(100_000, 2))
    few, many = (
        Disentangler(product, AB, n_references=n, random_state=0).fit(X)
        for n in (100, 1600)
    )
    few, many = few.decompose(X[:50]), many.decompose(X[:50])
    for name in ("uc_se", "mi_se", "main_se", "baseline_se"):
        ratio = getattr(few, name).mean() / getattr(many, name).mean()
        # one of a hundred references is known to 10 %, and a baseline from some of the
        # pairs has an error of its own
        assert 2.4 < ratio < 5, name


def test_all_rows_as_references_leave_no_error():
    X = np.random.RandomState(0).normal(1, 1, size=(60, 2))
    dis = Disentangler(product, AB, n_references=None).fit(X)
    parts = dis.decompose(X)
    for name in ("uc_se", "mi_se", "main_se", "baseline_se"):
        assert not getattr(parts, name).any()


@pytest.mark.parametrize("n_references", [30, 50])
def test_standard_errors_where_references_are_a_good_part_of_the_rows(n_references):
    X = np.random.RandomState(0).normal(1, 1, size=(60, 2))
    truth = Disentangler(product, AB, n_references=None).fit(X).decompose(X)
    found = [
        Disentangler(product, AB, n_references=n_references, random_state=seed)
        .fit(X)
        .decompose(X)
        for seed in range(100)
    ]
    for name in ("uc", "main", "baseline"):
        wrong = [getattr(each, name) - getattr(truth, name) for each in found]
        claimed = [getattr(each, f"{name}_se") for each in found]
        ratio = np.sqrt(np.square(claimed).mean() / np.square(wrong).mean())
        # of 60 rows in strata, two or three that have no stratum of two count
        assert 0.7 < ratio < 1.35, name


@pytest.mark.parametrize("modalities", [AB, ABC])
def test_standard_error_of_an_additive_model_is_zero(modalities):
    X = np.random.RandomState(0).normal(size=(50, len(modalities)))
    dis = Disentangler(lambda X: np.exp(X).sum(axis=1), modalities, n_references=20)
    parts = dis.fit(X).decompose(X)
    np.testing.assert_allclose(parts.uc_se, 0, atol=1e-13)
    assert (parts.main_se > 0.01).all()


@pytest.mark.slow
@pytest.mark.parametrize("modalities", [AB, ABC])
@pytest.mark.parametrize("include_self", [False, True])
def test_standard_errors_are_the_spread_over_reference_draws(modalities, include_self):
    def f(X):
        return X.prod(axis=1) + X[:, 0]

    X = np.random.RandomState(0).normal(1, 1, size=(4000, len(modalities)))
    if len(modalities) == 2:  # for more, dependence between modalities is not seen
        X[:, 1] += X[:, 0]
    rows = np.random.RandomState(1).normal(1, 2, size=(30, len(modalities)))
    draws = [
        Disentangler(
            f,
            modalities,
            n_references=60,
            include_self=include_self,
            random_state=seed,
        )
        .fit(X)
        .decompose(rows)
        for seed in range(150)
    ]
    for name in ("uc", "mi", "main", "baseline"):
        spread = np.std([getattr(parts, name) for parts in draws], axis=0)
        claimed = np.mean([getattr(parts, f"{name}_se") for parts in draws], axis=0)
        # 60 neighbours of two columns that depend are further apart than their strata
        assert 0.75 < claimed.mean() / spread.mean() < 1.45, name
