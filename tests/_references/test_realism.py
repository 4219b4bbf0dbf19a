"""How real hybrids are, and how much modalities tell of each other."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge

from skdime import Disentangler, LocalExplainer
from skdime._references.realism import (
    explained_by_others,
    hybrid_auc,
    hybrid_tuples,
    look_dependent,
)


def blocks_of(n, r, n_columns=1, seed=0):
    rng = np.random.RandomState(seed)
    first, second = rng.normal(size=(2, n, n_columns))
    second[:, 0] = r * first[:, 0] + np.sqrt(1 - r**2) * second[:, 0]
    return [first, second]


@pytest.mark.parametrize("n_columns", [1, 3])
def test_hybrids_of_independent_modalities_look_real(n_columns):
    areas = [hybrid_auc(blocks_of(100, 0, n_columns, seed)) for seed in range(2)]
    assert np.mean(areas) == pytest.approx(0.5, abs=0.08)


def ideal_auc(r, n=40_000):
    """Of the likelihood ratio of normal pairs, by simulation."""
    z = np.random.RandomState(0).normal(size=(2, 2, n))
    z[1, 1] = r * z[1, 0] + np.sqrt(1 - r**2) * z[1, 1]
    x, y = z[:, 0], z[:, 1]
    fake, real = r * x * y - r**2 * (x**2 + y**2) / 2
    return np.searchsorted(np.sort(fake), real).mean() / n


@pytest.mark.parametrize("r", [0.8, 0.95])
def test_area_is_that_of_the_likelihood_ratio(r):
    assert hybrid_auc(blocks_of(300, r)) == pytest.approx(ideal_auc(r), abs=0.04)


def test_a_shape_that_no_line_follows_is_seen():
    first, second = blocks_of(300, 0)
    assert hybrid_auc([first, first**2 + 0.1 * second]) > 0.75


def test_area_is_unknown_for_few_rows_and_constant_modalities():
    assert np.isnan(hybrid_auc(blocks_of(29, 0.9)))
    first, second = blocks_of(50, 0.9)
    assert np.isnan(hybrid_auc([first, np.ones_like(second)]))


def test_hybrids_combine_different_rows_and_take_each_once():
    tuples = hybrid_tuples(10, 3, np.random.RandomState(0))
    assert (np.sort(tuples, axis=1) == np.arange(10)).all()
    assert all(len(set(hybrid)) == 3 for hybrid in tuples.T)


def test_one_modality_explains_another_as_far_as_they_are_correlated():
    blocks = blocks_of(300, 0.8)
    main = np.stack([block[:, :1] for block in blocks], axis=1)
    np.testing.assert_allclose(explained_by_others(blocks, main), 0.64, atol=0.08)
    constant = np.concatenate([main[:, :1], np.ones_like(main[:, :1])], axis=1)
    assert np.isnan(explained_by_others(blocks, constant)[1])
    assert np.isnan(explained_by_others(blocks[:1], main[:20])).all()


def fitted(r, n=150):
    X = np.hstack(blocks_of(n, r))
    return Disentangler(lambda X: X.prod(axis=1), random_state=0).fit(X)


def test_a_disentangler_says_how_real_its_hybrids_are():
    dis = fitted(0.8)
    expected = hybrid_auc([dis.references_[:, [0]], dis.references_[:, [1]]])
    assert dis.hybrid_auc_ == expected
    assert pickle.loads(pickle.dumps(dis._references)).hybrid_auc == expected
    with pytest.raises(NotFittedError, match="forget"):
        dis.forget().hybrid_auc_  # noqa: B018
    assert "hybrid_auc_" not in dis._repr_html_()


def test_hybrids_that_hardly_occur_are_warned_of():
    dis = fitted(0.999)
    with pytest.warns(UserWarning, match=r"AUC of 0\.9.*MI, and shares of it, rest on"):
        assert dis.hybrid_auc_ > 0.9
    with pytest.warns(UserWarning, match="Models that agree on all data"):
        summary = dis.summarize(dis.references_)
    assert "They hardly occur in the data" in repr(summary)


@pytest.mark.parametrize("n_columns", [1, 3])
def test_fit_looks_closer_where_correlations_tell_of_foreign_hybrids(n_columns):
    for r, expected in ((0.0, False), (0.8, False), (0.999, True)):
        assert look_dependent(blocks_of(100, r, n_columns)) is expected
        assert hybrid_auc(blocks_of(300, r)) < 0.9 or expected


def test_fit_warns_of_foreign_hybrids_and_only_then_trains_classifiers():
    assert "hybrid_auc" not in vars(fitted(0.8)._references)
    X = np.hstack(blocks_of(150, 0.999))
    dis = Disentangler(lambda X: X.prod(axis=1), random_state=0)
    with pytest.warns(UserWarning, match="MI, and shares of it, rest on"):
        explainer = LocalExplainer(dis, random_state=0).fit(X)
    explanation = explainer.explain(X[:1])
    note = (
        f"told from real ones with an AUC of {explainer.disentangler_.hybrid_auc_:.2f}"
    )
    assert note in repr(explanation) and note in repr(explanation.decomposition)
    assert note in explanation.to_html()
    for other in (
        Disentangler(Ridge(), random_state=0),  # additive: MI is 0
        Disentangler(lambda X: X.prod(axis=1), references="average"),
        Disentangler(lambda X: X.prod(axis=1), n_references=29),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            other.fit(X, X[:, 0])
        assert "told from" not in repr(other.decompose(X[:1]))
