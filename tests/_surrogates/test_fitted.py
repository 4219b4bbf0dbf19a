"""What families of local fits hand up: the same, and in the same shapes."""

from dataclasses import fields

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from tests._data import slopes

pytestmark = pytest.mark.filterwarnings("ignore:UC of", "ignore:MI of")

WORDS = np.array(["good", "bad", "soup", "service", "table", "wine"])


def model(X):
    good = np.array([text.count("good") for text in X["note"]], dtype=float)
    number = X["vitals"][:, 0]
    return np.column_stack([good * number + X["vitals"][:, 1], good - number**2])


@pytest.fixture(scope="module")
def rows():
    rng = np.random.RandomState(0)
    texts = [" ".join(rng.choice(WORDS, 4)) for _ in range(60)]
    return MultimodalArray(note=texts, vitals=rng.normal(size=(60, 2)))


@pytest.fixture(scope="module")
def explainer(rows):
    dis = Disentangler(model, n_references=30, random_state=0)
    lines = slopes([("vitals", None)])
    return LocalExplainer(dis, lines, n_samples=100, random_state=0).fit(rows)


@pytest.fixture(scope="module")
def fits(explainer, rows):
    """Of five rows: one of the table, whose rows go together, and five of texts."""
    dis = explainer.disentangler_
    engine = dis._engine(None)
    effects = dis._references.effects(engine, rows[:5])
    return list(explainer._fits.fit_locally(engine, rows[:5], effects))


def test_every_row_and_modality_is_fitted_once(fits):
    pairs = [(m.modality, r) for m in fits for r in range(m.rows.start, m.rows.stop)]
    assert sorted(pairs) == [(m, r) for m in range(2) for r in range(5)]
    assert {fit.names is None for fit in fits} == {False, True}


def test_all_have_arrays_of_the_same_shapes(fits):
    n_targets = 4  # UC and MI of two outputs
    for fit in fits:
        n = fit.rows.stop - fit.rows.start
        n_features = 2 if fit.names is None else len(fit.names)
        for field in fields(fit):
            value = getattr(fit, field.name)
            if field.name in ("coef", "slopes") or field.name.startswith("se_"):
                assert value.shape == (n, n_features, n_targets), field.name
            elif field.name == "effective_samples":
                assert value.shape == (n,)
            elif field.name == "average":
                assert value.shape[1:] == (n_features,)
            elif isinstance(value, np.ndarray):
                assert value.shape == (n, n_targets), field.name


def test_predictions_at_the_average_and_at_the_row(fits):
    for fit in fits:
        at_average = fit.predict(fit.average[:, None])[:, 0]
        np.testing.assert_allclose(at_average, fit.intercept, atol=1e-12)
        np.testing.assert_allclose(
            fit.intercept + fit.coef.sum(axis=1), fit.prediction, atol=1e-12
        )


def test_masks_are_predicted_by_the_features_that_are_kept(fits):
    for fit in fits:
        if fit.names is not None:
            masks = np.eye(len(fit.names))[None]
            expected = fit.intercept[:, None] + fit.coef
            np.testing.assert_allclose(fit.predict(masks), expected)


def test_what_is_left_out_is_predicted_less_well(fits):
    for fit in fits:
        varies = ~np.isnan(fit.r2)
        assert (np.isnan(fit.left_out_r2) == ~varies).all()
        assert (fit.left_out_r2[varies] <= fit.r2[varies] + 1e-12).all()


def test_a_row_without_features(explainer, rows):
    empty = MultimodalArray(note=["", rows["note"][0]], vitals=rows["vitals"][:2])
    dis = explainer.disentangler_
    engine = dis._engine(None)
    effects = dis._references.effects(engine, empty)
    fits = explainer._fits.fit_locally(engine, empty, effects)
    (fit,) = [fit for fit in fits if fit.names == []]
    assert fit.coef.shape == (1, 0, 4) and np.isnan(fit.r2).all()
    uc, mi = np.split(fit.predict(np.zeros((1, 3, 0))), 2, axis=-1)
    np.testing.assert_allclose(uc + mi, model(empty[:1])[:, None].repeat(3, axis=1))
