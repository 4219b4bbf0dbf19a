"""Rules that divide rows by MI, against models whose MI is known."""

from dataclasses import replace

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from skdime.metrics import interaction_regions
from skdime.metrics._terms import terms_of
from tests.displays._pictures import make_explainer, make_rows, model
from tests.model_selection._folds import explanation_of

RNG = np.random.RandomState(0)
ROWS = RNG.uniform(-1, 1, size=(200, 3))


def explained(mi, values=ROWS, names=("x", "y", "z")):
    """Rows whose MI is written down, each column a modality of its own."""
    coef = np.zeros((len(values), 2, values.shape[1]))
    return explanation_of(coef, np.asarray(values), list(names), mi=mi)


def test_xor_has_two_regions():
    x, y, _ = ROWS.T
    found = interaction_regions(
        explained(np.sign(x - x.mean()) * np.sign(y - y.mean()))
    )
    assert found.rules == [
        "x and y on the same side of their means",
        "x and y on different sides of their means",
    ]
    np.testing.assert_array_equal(found.mean, [1, -1])
    np.testing.assert_array_equal(found.mean_se, [0, 0])
    assert found.r2 == 1 and found.share.sum() == pytest.approx(1)
    same = (x > x.mean()) == (y > y.mean())
    np.testing.assert_array_equal(found.region == 0, same)
    np.testing.assert_allclose(found.share_of_mi, found.share)


def test_numbers_are_of_rows_that_the_tree_has_not_seen():
    z = ROWS[:, 2]
    mi = np.where(z > 0.2, 3.0, 0.0) + 0.1 * RNG.normal(size=200)
    found = interaction_regions(explained(mi), max_regions=2, random_state=3)
    estimated = np.array_split(np.random.RandomState(3).permutation(200), 2)[1]
    assert found.rules[0].startswith("z > 0.") and found.rules[1].startswith("z <= 0.")
    for region in (0, 1):
        rows = estimated[found.region[estimated] == region]
        assert found.share[region] == len(rows) / 100
        assert found.mean[region] == pytest.approx(mi[rows].mean())
        se = mi[rows].std(ddof=1) / np.sqrt(len(rows))
        assert found.mean_se[region] == pytest.approx(se)
        assert found.mean_abs[region] == pytest.approx(np.abs(mi[rows]).mean())
    assert found.r2 > 0.95


def test_errors_of_means_include_those_of_references():
    """A mean over rows errs as much as its rows do: all have the same references."""
    rows = np.random.RandomState(1).normal([0, 1], 1, size=(200, 2))
    missed, claimed = [], []
    for seed in range(20):
        dis = Disentangler(lambda X: X[:, 0] * X[:, 1], random_state=seed)
        values = dis.fit(rows).decompose(rows)
        coef = np.zeros((len(rows), 2, 2))
        explanation = explanation_of(coef, rows, ["x", "y"], mi=values.mi[:, 0])
        parts = replace(explanation.decomposition, mi_se=values.mi_se)
        found = interaction_regions(replace(explanation, decomposition=parts))
        grown = np.random.RandomState(0).permutation(200)
        estimated = np.array_split(grown, 2)[1]
        truth = (rows - rows.mean(axis=0)).prod(axis=1)
        for region in range(len(found.rules)):
            some = estimated[found.region[estimated] == region]
            missed.append(found.mean[region] - truth[some].mean())
            of_rows = values.mi[some, 0].std(ddof=1) / np.sqrt(len(some))
            of_references = values.mi_se[some, 0].mean()
            claimed.append(of_references)
            expected = np.hypot(of_rows, of_references)
            assert found.mean_se[region] == pytest.approx(expected)
    ratio = np.sqrt(np.mean(np.square(missed)) / np.mean(np.square(claimed)))
    assert 0.5 < ratio < 1.1


def test_noise_has_no_regions_that_predict():
    quality = []
    for seed in range(10):
        mi = np.random.RandomState(seed).normal(size=200)
        found = interaction_regions(explained(mi))
        quality.append(found.r2)
        assert found.r2 < 0.1 and "Note: these rules hardly predict" in repr(found)
    assert abs(np.mean(quality)) < 0.03


def test_intervals_are_limits_of_one_input():
    z = ROWS[:, 2]
    mi = np.where((z > -0.4) & (z <= 0.3), 1.0, 0.0)
    found = interaction_regions(explained(mi), max_regions=3)
    low, name, high = found.rules[0].replace(" <= ", " < ").split(" < ")
    assert name == "z"
    assert float(low) == pytest.approx(-0.4, abs=0.05)
    assert float(high) == pytest.approx(0.3, abs=0.05)


def test_categories_words_and_missing_numbers():
    ward = np.where(RNG.rand(200) < 0.5, "surgical", "medical")
    word = np.where(RNG.rand(200) < 0.4, "pain", "")
    age = np.where(RNG.rand(200) < 0.3, "nan", ROWS[:, 0].round(3).astype(str))
    values = np.column_stack([ward, word, age])
    names = ["ward", "pain", "age"]
    with_pain = np.where(word == "pain", 1.0, 0.0)
    found = interaction_regions(explained(with_pain, values, names), max_regions=2)
    assert found.rules == ["with pain", "without pain"]
    surgical = np.where(ward == "surgical", 1.0, 0.0)
    found = interaction_regions(explained(surgical, values, names), max_regions=2)
    assert found.rules in (
        ["ward = surgical", "ward != surgical"],
        ["ward != medical", "ward = medical"],
    )
    missing = np.where(age == "nan", 1.0, 0.0)
    found = interaction_regions(explained(missing, values, names), max_regions=6)
    assert found.r2 > 0.5
    assert any(rule.endswith("or missing") for rule in found.rules)
    agree = (ward == "surgical") == (word == "pain")
    found = interaction_regions(
        explained(agree.astype(float), values, names), max_regions=2
    )
    assert found.mean.tolist() == [1, 0]
    assert "neither" in found.rules[0] or "either" in found.rules[0]
    number, *_ = (term for term in terms_of(values) if term.numeric)
    assert np.isnan(number.values).sum() == (age == "nan").sum()


def test_of_an_explainer():
    X = np.random.RandomState(1).uniform(-1, 1, size=(120, 2))

    def product(X):
        return np.sign(X[:, 0]) * np.abs(X[:, 1])

    dis = Disentangler(lambda X: np.sign(X[:, 0] * X[:, 1]), n_references=None)
    explanation = LocalExplainer(dis, n_samples=40, random_state=0).fit(X).explain(X)
    found = interaction_regions(explanation, max_regions=2)
    assert found.r2 > 0.8
    assert "x0 and x1 on the same side of their means" in repr(found)
    assert (found.output, found.unit) == ("output", "model output")


def test_all_kinds_of_modalities():
    pytest.importorskip("pandas")
    rows = make_rows(20)
    explanation = make_explainer(model).fit(rows).explain(rows)
    frame = interaction_regions(explanation).to_frame()
    assert frame["share"].sum() == pytest.approx(1)
    assert frame["rule"].str.len().min() > 3


def test_rows_without_any_difference():
    found = interaction_regions(explained(np.zeros(200)))
    assert found.rules == ["all rows"] and np.isnan(found.r2)
    with pytest.raises(ValueError, match="No feature of the explanation differs"):
        interaction_regions(explained(np.zeros(200), np.ones((200, 2)), ["x", "y"]))


def test_what_has_no_regions():
    with pytest.raises(ValueError, match=r"Regions need 20 rows or more.* Got 19"):
        interaction_regions(explained(np.zeros(19), ROWS[:19]))
    with pytest.raises(ValueError, match="`max_regions` must be an integer"):
        interaction_regions(explained(np.zeros(200)), max_regions=1)
    with pytest.raises(KeyError, match="output 'dose' is unknown"):
        interaction_regions(explained(np.zeros(200)), output="dose")
    with pytest.raises(TypeError, match="an Explanation"):
        interaction_regions(ROWS)
