"""Where references show no interaction, rows unlike all of them are looked at."""

import warnings

import numpy as np
import pytest

from skdime import Disentangler, MultimodalArray
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
