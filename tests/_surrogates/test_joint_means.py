"""Features of several columns: means over the data, not over perturbations."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from skdime._surrogates.anova_kernel import AnovaKernel, Pieces
from skdime._surrogates.joint_means import JointMeans
from skdime.perturbers import TabularPerturber
from skdime.perturbers._bases import CUBIC
from skdime.perturbers._joint_values import joint_values

MODALITIES = {"a": [0, 1, 2], "b": [3, 4]}
GROUP = {"group": [0, 1]}
ROWS = np.array([[0, 0, 0, 0.5, 0.5], [2, 1, 1, 1, 1], [-1.5, 1, 0, 0, 2]])


def data(n):
    """A number and a rare flag that are one feature, another flag, two numbers."""
    rng = np.random.RandomState(1)
    X = rng.normal(size=(n, 5))
    X[:, 1], X[:, 2] = rng.uniform(size=n) < 0.03, rng.uniform(size=n) < 0.05
    return X


def own(X):
    return X[:, 0] ** 2 + 3 * X[:, 1] * np.abs(X[:, 0])


def model(X):
    return own(X) + 2 * X[:, 2] * X[:, 1] + X[:, 3] * X[:, 4] * (1 + X[:, 1])


def truth(X, rows):
    """UC's Shapley values of the group and of the flag, by hand."""
    beside = (X[:, 3] * X[:, 4]).mean()
    flag, p, q = rows[:, 1], X[:, 1].mean(), X[:, 2].mean()
    group = own(rows) - own(X).mean() + beside * (flag - p)
    group += (q + rows[:, 2]) * (flag - p)
    return np.column_stack([group, (p + flag) * (rows[:, 2] - q)])


def explained(X, seed, n_references=100, **options):
    perturber = TabularPerturber(groups=GROUP)
    disentangler = Disentangler(
        model, MODALITIES, n_references=n_references, random_state=seed
    )
    explainer = LocalExplainer(
        disentangler, {"a": perturber}, random_state=seed, **options
    )
    return explainer.fit(X).explain(ROWS)


@pytest.mark.parametrize(
    ("n", "options", "most"),
    [
        (400, {"n_references": None}, 0.01),
        (3_000, {}, 0.15),
        (400, {"n_references": None, "algorithm": "coalitions"}, 0.05),
        (3_000, {"budget": 1_000}, 0.2),
    ],
    ids=["draws", "many rows", "coalitions", "budget"],
)
@pytest.mark.parametrize("seed", range(2))
def test_coefficients_of_groups_are_right(n, options, most, seed):
    X = data(n)
    found = explained(X, seed, **options)
    wrong = np.abs(found.coef[:, 0, :2, 0] - truth(X, ROWS))
    assert wrong.max() < most
    assert (wrong <= 3.5 * found.se[:, 0, :2, 0] + 1e-3).all()


@pytest.mark.parametrize("options", [{}, {"budget": 1_000}], ids=["draws", "budget"])
def test_the_error_of_a_mean_over_some_of_many_rows(options):
    """Of 60,000 rows 20,000 are kept: a third of the variance of their mean is left."""
    X = data(60_000)
    found = explained(X, 0, **options)
    wrong = np.abs(found.coef[:, 0, :2, 0] - truth(X, ROWS))
    assert (wrong <= 3.5 * found.se[:, 0, :2, 0] + 1e-3).all()
    least = own(X).std() * np.sqrt(2 / 3 / 20_000)
    assert (found.se_perturbations[:, 0, 0, 0] > 0.7 * least).all()
    assert found.se_perturbations[0, 0, 0, 0] < 3 * least


@pytest.fixture(scope="module")
def perturber():
    fitted = TabularPerturber(groups={"group": [0, 2], "pair": [3, 4]})
    return fitted.fit(data(300), 50, np.arange(5).astype(str), np.random.RandomState(0))


def test_means_of_terms_by_definition(perturber):
    def pieces(rows):
        return Pieces(*perturber.basis_functions(rows, CUBIC))

    kernel = AnovaKernel([np.full(5, 0.7)], [np.full(5, 0.3)], 0.1)
    points, every = pieces(data(7)), pieces(data(300))
    means = JointMeans(perturber, CUBIC)(kernel, 0, points)
    columns_of = [np.flatnonzero(perturber.features_ == g) for g in range(3)]
    assert [len(columns) for columns in columns_of] == [2, 1, 2]
    for mean, columns in zip(means, columns_of, strict=True):
        terms = kernel.terms(0, every, points, columns)
        for values, of_all in zip(mean, terms, strict=True):
            np.testing.assert_allclose(values, of_all.mean(axis=0), atol=1e-10)


def test_rows_that_are_kept():
    column = np.arange(60_000.0)
    some = joint_values([column, -column], np.array([0, 1]), np.arange(60_000))
    assert some.values.shape == (20_000, 2)
    assert some.share_left_out == pytest.approx(2 / 3)
    assert some.values[:, 0].mean() == pytest.approx(column.mean(), rel=1e-4)
    np.testing.assert_array_equal(some.values[:, 1], -some.values[:, 0])
    wide = joint_values([column] * 50, np.arange(50), np.arange(60_000))
    assert wide.values.shape == (2**24 // (66 * 50), 50)
    pool = np.arange(5, 90)
    every = joint_values([column, -column], np.array([1]), pool)
    np.testing.assert_array_equal(every.values[:, 0], -column[pool])
    assert every.share_left_out == 0


def test_values_that_are_new_together():
    known = np.array([[0, 0, 1.5], [1, 0, np.nan], [0, 1, 2.5], [0, 0, 7], [0, 0, 8]])
    joint = joint_values(list(known.T), np.arange(3), np.arange(5))
    rows = np.array([[1, 1, 3], [1, 0, 3], [0, 1, np.nan], [1, 0, np.nan], [0, 5, 3]])
    found = joint.have_new_pairs(rows)
    assert found.tolist() == [True, True, True, False, False]


def test_a_group_with_flags_that_are_new_together_is_named():
    """What they do with another column is no perturbation's, so that UC may be 0."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(300, 4))
    X[:, :3] = rng.uniform(size=(300, 3)) < [0.1, 0.1, 0.3]
    X = X[X[:, 0] * X[:, 1] == 0]

    def product(X):
        return X[:, 3] + 2 * X[:, :3].prod(axis=1)

    perturber = TabularPerturber(groups=GROUP)
    dis = Disentangler(product, {"a": [0, 1, 2], "b": [3]}, random_state=0)
    explainer = LocalExplainer(dis, {"a": perturber}, random_state=0).fit(X)
    with pytest.warns(UserWarning, match="these values of 1 row: a/group = "):
        explainer.explain(np.array([[1, 1, 1, 0.5], [1, 0, 1, 0.5]]))


def test_a_group_of_all_columns_has_no_share_to_divide():
    """Its coefficient is the row's output less a mean over the data, both known."""
    X = data(400)
    perturber = TabularPerturber(groups={"all": [0, 1, 2]})
    dis = Disentangler(model, MODALITIES, n_references=None)
    explainer = LocalExplainer(dis, {"a": perturber}, random_state=0)
    found = explainer.fit(X).explain(ROWS)

    def unimodal(rows):
        beside = (X[:, 3] * X[:, 4]).mean()
        return own(rows) + 2 * rows[:, 2] * rows[:, 1] + beside * (1 + rows[:, 1])

    wrong = np.abs(found.coef[:, 0, 0, 0] - unimodal(ROWS) + unimodal(X).mean())
    assert (wrong <= 3 * found.se[:, 0, 0, 0] + 1e-6).all()
    assert (found.se[:, 0, 0, 0] < 0.05).all()
