"""Rows with features of their own, as tokens and words, beside others."""

import numpy as np
import pytest

from skdime import MultimodalArray
from skdime.perturbers import MaskPerturber, TabularPerturber
from tests._surrogates._masked import VALUES, Columns, explainer, features_of, total


class Tokens(MaskPerturber):
    """Features are the elements of a set; they are taken out."""

    def features(self, cell):
        return sorted(cell)

    def perturb(self, cell, masks):
        names = sorted(cell)
        return [
            frozenset(n for n, keep in zip(names, m, strict=True) if keep)
            for m in masks
        ]


class Words(MaskPerturber):
    """Features are the words of a text by their place; a dot replaces them."""

    kind = "text"

    def features(self, cell):
        return [f"{word}@{place}" for place, word in enumerate(cell.split())]

    def perturb(self, cell, masks):
        words = np.array(cell.split(), dtype=object)
        return [" ".join(np.where(mask, words, ".")) for mask in masks]

    def labels(self, cell):
        spaces = np.array([letter == " " for letter in cell], dtype=bool)
        return np.where(spaces, -1, np.cumsum(spaces))

    def column_names(self, names):
        return [name.partition("@")[0] for name in names]


def of_tokens(X):
    """Sum of the tokens' values, times the number of the row, and both alone."""
    sums = np.array([total(cell) for cell in X["tokens"]])
    return sums * (1 + X["number"][:, 0]) + X["number"].sum(axis=1)


def token_rows():
    sets = [{"a", "b"}, {"b", "c", "d"}, {"a"}, set(), {"d", "a"}, {"c"}]
    numbers = np.array([[1.0], [2.0], [-1.0], [0.5], [3.0], [-2.5]])
    return MultimodalArray(tokens=[frozenset(s) for s in sets], number=numbers)


TOKENS = [("tokens", ["tokens"]), ("number", ["number"])]


def token_explainer(**options):
    perturbers = [("tokens", Tokens()), ("number", Columns())]
    options = {"n_references": None} | options
    return explainer(of_tokens, token_rows(), TOKENS, perturbers, **options)


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
def test_the_feature_axis_is_the_union_over_rows(algorithm):
    X = token_rows()
    explanation = token_explainer(algorithm=algorithm).explain(X)
    assert explanation.feature_names.tolist() == ["a", "b", "c", "d", "number"]
    assert explanation.feature_modalities.tolist() == 4 * ["tokens"] + ["number"]
    here = X["number"][:, 0]
    mean = here.mean()
    for i, cell in enumerate(X["tokens"]):
        for f, name in enumerate("abcd"):
            coef = explanation.coef[i, :, f, 0]
            if name in cell:
                expected = [VALUES[name] * (1 + mean), VALUES[name] * (here[i] - mean)]
                np.testing.assert_allclose(coef, expected, atol=1e-9)
                assert explanation.feature_values[i, f] == name
            else:
                assert np.isnan(coef).all()
                assert explanation.feature_values[i, f] == ""
    assert np.isnan(explanation.se[3, :, :4]).all()
    assert np.isfinite(explanation.intercept).all()
    np.testing.assert_allclose(
        explanation.intercept[3, :, 0], explanation.target[3, :, 0]
    )


def test_the_union_is_that_of_the_explained_rows():
    explanation = token_explainer().explain(token_rows()[[5, 2]])
    assert explanation.feature_names.tolist() == ["c", "a", "number"]


def test_transform_has_fixed_columns_and_one_for_others():
    X = token_rows()
    exp = token_explainer()
    names = exp.get_feature_names_out()
    assert names[:6].tolist() == [
        f"uc__{name}"
        for name in [
            "tokens__a",
            "tokens__b",
            "tokens__c",
            "tokens__d",
            "tokens__<other>",
        ]
    ] + ["uc__number__number"]
    new = MultimodalArray(
        tokens=[frozenset("aez"), frozenset("e")], number=np.array([[1.0], [2.0]])
    )
    columns = exp.transform(new).reshape(2, 2, 6)
    assert not columns[:, :, 1:4].any()
    assert not columns[1, :, 0].any()
    mean = X["number"].mean()
    uc = VALUES["e"] * (1 + mean)
    np.testing.assert_allclose(columns[:, 0, 4], [uc, uc], atol=1e-9)
    for some in (X, new):
        explained = np.nansum(exp.explain(some).coef, axis=2)[..., 0]
        transformed = exp.transform(some).reshape(len(some), 2, -1).sum(axis=2)
        np.testing.assert_allclose(transformed, explained, atol=1e-9)


def test_other_features_than_all_rows_had_are_an_error():
    X = MultimodalArray(tokens=4 * [frozenset("ab")], number=np.arange(4.0)[:, None])
    exp = explainer(of_tokens, X, TOKENS, [("tokens", Tokens()), ("number", Columns())])
    new = MultimodalArray(tokens=[frozenset("ac")], number=np.array([[1.0]]))
    with pytest.raises(ValueError, match=r"features \['c'\], which no row had in fit"):
        exp.transform(new)
    assert exp.explain(new).feature_names.tolist() == ["a", "c", "number"]


TEXTS = ["it is cold", "is it very very cold", "warm", "", "it was warm and dry", "no"]


SCORES = {"cold": -2.0, "warm": 3.0, "very": 0.5, "not": 1.0, "dry": 1.5}


def of_texts(X):
    sums = np.array(
        [sum(SCORES.get(w, 0.0) for w in text.split()) for text in X["text"]]
    )
    both = sums * X["table"][:, 0] + sums + X["table"] @ [1.0, -2.0]
    return np.column_stack([both, sums**2])


def text_rows():
    table = np.random.RandomState(0).normal(size=(6, 2))
    return MultimodalArray(text=TEXTS, table=table)


TEXT_AND_TABLE = [("text", ["text"]), ("table", ["table"])]


def text_explainer(**options):
    options = {"n_references": None, "n_samples": 200} | options
    perturbers = [("text", Words()), ("table", TabularPerturber())]
    return explainer(of_texts, text_rows(), TEXT_AND_TABLE, perturbers, **options)


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
def test_masks_beside_a_table(algorithm):
    X = text_rows()
    exp = text_explainer(algorithm=algorithm)
    explanation = exp.explain(X)
    table = features_of(explanation, 1)
    assert np.isfinite(explanation.coef[:, :, table]).all()
    mean = X["table"][:, 0].mean()
    names = explanation.feature_names.tolist()
    very = [names.index("very@2"), names.index("very@3")]
    expected = [0.5 * (1 + mean), 0.5 * (X["table"][1, 0] - mean)]
    for f in very:
        np.testing.assert_allclose(explanation.coef[1, :, f, 0], expected, atol=1e-5)
    # the second output is a function of the text alone
    assert np.nanmax(np.abs(explanation.coef[:, 1, :, 1])) < 1e-9
    columns = exp.transform(X)
    assert columns.shape == (6, len(exp.get_feature_names_out()))
    sums = columns.reshape(6, 2, -1, 2).sum(axis=2)
    np.testing.assert_allclose(sums, np.nansum(explanation.coef, axis=2), atol=1e-9)


def test_inputs_tell_where_features_lie():
    explanation = text_explainer().explain(text_rows())
    assert list(explanation.inputs) == ["text"]
    shown = explanation.inputs["text"]
    assert shown.values.tolist() == TEXTS
    spread = explanation.expand("text")
    assert spread.shape == (6, 2, len(TEXTS[1]), 2)
    for i, text in enumerate(TEXTS):
        start = 0
        for place, word in enumerate(text.split()):
            start = text.index(word, start)
            f = explanation.feature_names.tolist().index(f"{word}@{place}")
            letters = slice(start, start + len(word))
            assert (shown.labels[i, letters] == f).all()
            np.testing.assert_allclose(
                spread[i, :, letters].sum(axis=1), explanation.coef[i, :, f]
            )
            start += len(word)
        known = np.nansum(explanation.coef[i, :, features_of(explanation, 0)], axis=0)
        np.testing.assert_allclose(spread[i].sum(axis=1), known, atol=1e-12)
