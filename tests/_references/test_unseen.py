"""Where references show no interaction, rows unlike all of them are looked at."""

import warnings

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime._references.unseen import unseen_rows

MODALITIES = {"a": [0, 1], "b": [2, 3]}
N = 600
RNG = np.random.RandomState(0)
X = RNG.normal(size=(N, 4))
X[:, 1] = 0
X[[5, 17], 1] = 1
WARNING = "values that no reference has"


def flag(X):
    return X[:, 0] + X[:, 2] + 4 * X[:, 1] * (1 + X[:, 3])


def tail(X):
    return X[:, 0] + 4 * (X[:, 2] > 2.6) * (1 + X[:, 0])


def additive(X):
    return np.exp(X[:, 0]) + X[:, 1] * 4 + X[:, 2] ** 2


def fitted(model, seed, rows=X):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dis = Disentangler(model, MODALITIES, random_state=seed).fit(rows)
    return dis, [str(each.message) for each in caught]


@pytest.mark.parametrize(
    ("model", "is_rare"),
    [(flag, lambda X: X[:, 1] == 1), (tail, lambda X: X[:, 2] > 2.6)],
    ids=["flag", "tail"],
)
def test_an_error_of_0_is_told_where_it_is_not_proved(model, is_rare):
    truth = Disentangler(model, MODALITIES, n_references=None).fit(X).decompose(X[:20])
    seen = []
    for seed in range(8):
        dis, said = fitted(model, seed)
        has_any = is_rare(dis.references_).any()
        seen.append(has_any)
        assert any(WARNING in text for text in said) == (not has_any)
        values = dis.decompose(X[:20])
        assert (WARNING in repr(values)) == (not has_any)
        wrong = np.abs(values.uc - truth.uc) > 1e-6
        if has_any:  # what the references know of is in the error
            assert (values.uc_se[wrong] > 1e-6).all()
    assert 0 < sum(seen) < 8


def test_additive_models_are_let_alone():
    for seed in range(3):
        dis, said = fitted(additive, seed)
        assert not [text for text in said if WARNING in text]
        assert WARNING not in repr(dis.decompose(X[:2]))


def test_it_takes_few_rows_and_none_where_references_interact():
    pairs = 16 + 100**2
    few, _ = fitted(additive, 0)
    assert pairs < few.n_model_rows_ <= pairs + 82
    some, _ = fitted(lambda X: X[:, 0] * X[:, 2], 0)
    assert some.n_model_rows_ == pairs
    every = Disentangler(additive, MODALITIES, n_references=None).fit(X[:50])
    assert every.n_model_rows_ == 16 + 50**2


def test_rows_beyond_all_references():
    number = np.r_[0.0, np.linspace(-1, 1, 48), 9.0]
    names = np.array(["usual"] * 49 + ["rare"], dtype=object)
    cells = np.column_stack([names, np.r_[np.arange(49.0) % 3, 7.0]])
    blocks = [number[:, None], MultimodalArray(a=cells, b=["a text"] * 50)]
    assert unseen_rows(blocks, np.arange(2, 40)).tolist() == [49, 1]
    assert unseen_rows(blocks, np.arange(50)).tolist() == []


# --- three modalities: what no tuple has together -----------------------------------

THREE = {"a": [0, 1], "b": [2, 3], "c": [4, 5]}


def three_flags(seed, share=0.05):
    rng = np.random.RandomState(seed)
    X = rng.normal(size=(500, 6))
    X[:, ::2] = rng.uniform(size=(500, 3)) < share
    return X


def product_of_flags(X):
    return 4 * X[:, 0] * X[:, 2] * X[:, 4] + X[:, 1::2].sum(axis=1)


def fitted_to_three(model, X, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dis = Disentangler(model, THREE, random_state=0, **options).fit(X)
    return dis, [str(each.message) for each in caught]


@pytest.mark.parametrize("seed", range(4))
def test_flags_of_three_modalities_that_no_tuple_has_together(seed):
    X = three_flags(seed)
    dis, (said,) = fitted_to_three(product_of_flags, X)
    assert "rare values of different modalities interact in 1 of 1 comb" in said
    values = dis.decompose(X[:2])
    assert "rare values of different modalities" in repr(values)
    assert dis.n_model_rows_ == 16 + 100 + 1 + 4 * (1 + 8)


def test_models_whose_usual_tuples_interact_are_let_alone():
    X = three_flags(0)
    for model in (
        lambda X: X.sum(axis=1),
        lambda X: X[:, 0] * X[:, 2] + X[:, 1] * X[:, 3] * X[:, 5],
    ):
        dis, said = fitted_to_three(model, X)
        assert not said
        assert not dis._note_of_unseen
    _, said = fitted_to_three(product_of_flags, X, n_references=None)
    assert not said  # there are no further rows


def test_numbers_alone_take_no_further_rows():
    X = np.random.RandomState(0).normal(size=(500, 6))
    dis, _ = fitted_to_three(lambda X: X.sum(axis=1), X)
    assert dis.n_model_rows_ == 116


@pytest.mark.parametrize("modalities", [MODALITIES, THREE], ids=["two", "three"])
def test_a_row_that_interacts_leaves_no_error_of_0(modalities):
    """A product of flags: F_m by hand is the flag times the shares of the others."""
    X = three_flags(1, share=0.004)
    X = X[:, : 2 * len(modalities)]

    def model(X):
        return 4 * X[:, ::2].prod(axis=1) + X[:, 1::2].sum(axis=1)

    row = np.tile([1.0, 0.5], len(modalities))[None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dis = Disentangler(model, modalities, random_state=1).fit(X)
        explanation = LocalExplainer(dis, random_state=0).fit(X).explain(row)
    has_any = dis.references_[:, ::2].any(axis=0)
    assert not has_any.all()
    values = explanation.decomposition
    shares = X[:, ::2].mean(axis=0)
    main = [
        4 * (1 - share) * np.delete(shares, m).prod() for m, share in enumerate(shares)
    ]
    others = X[:, 1::2].mean(axis=0)
    wrong = np.abs(values.main[0, :, 0] - main - 0.5 + others)
    assert (wrong <= 3 * values.main_se[0, :, 0]).all()
    missed = np.abs(explanation.coef[0, 0, ::2, 0] - main)
    assert (missed <= 3 * explanation.se_references[0, 0, ::2, 0]).all()
    assert (explanation.se_references[0, 0, ::2, 0] > 0).all()
    additive = explanation.se_references[0, 0, 1::2, 0]
    np.testing.assert_allclose(additive, 0, atol=1e-9)


def test_the_least_error_by_hand():
    """One in a hundred references might be like the row, in 500 rows without return."""
    X = three_flags(1, share=0)[:, :4]
    dis = Disentangler(flags_of_two, MODALITIES, random_state=1).fit(X)
    values = dis.decompose([[1, 0.5, 1, 0.5], [0, 0.5, 1, 0.5]])
    np.testing.assert_allclose(values.mi[:, 0], [4, 0], atol=1e-9)
    least = np.array([4 / 100 * np.sqrt(1 - 100 / 500), 0])
    np.testing.assert_allclose(values.uc_se[:, 0], least, atol=1e-12)


def flags_of_two(X):
    return 4 * X[:, 0] * X[:, 2] + X[:, 1] + X[:, 3]
