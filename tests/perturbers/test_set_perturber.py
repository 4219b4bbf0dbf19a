"""Sets with elements left out or replaced, and models that add known amounts."""

from functools import partial

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import SetPerturber

AMOUNT = {"E11": 2.0, "I10": -1.0, "J45": 0.5, "N18": 3.0}
CODES = list(AMOUNT)
N = 40
PARTS = ("uc", "mi")
# the ridge takes a thousandth off
CLOSE = {"rtol": 2e-3, "atol": 1e-3}
KEEP = [[True, False, True], [False, False, False], [True, True, True]]
BOXES = np.array([[1, 0.5, 4], [2, 0.5, 5], [0, 0, 0]])


def drawn_sets(n=N):
    rng = np.random.RandomState(0)
    return [
        rng.choice(CODES, size=rng.randint(0, 5), replace=False).tolist()
        for _ in range(n)
    ]


def fitted(rows, **params):
    """A perturber fitted on rows under a single key, or on a dict of keys."""
    rows = rows if isinstance(rows, dict) else {"m": rows}
    X = MultimodalArray(rows)
    return SetPerturber(**params).fit(X, np.array(list(rows)))


@pytest.mark.parametrize(
    "cell, names, expected",
    [
        ([401, 250, 715], ["401", "250", "715"], [[401, 715], [], [401, 250, 715]]),
        (("a", "b", "c"), ["a", "b", "c"], [("a", "c"), (), ("a", "b", "c")]),
        ({"b", "c", "a"}, ["a", "b", "c"], [{"a", "c"}, set(), {"a", "b", "c"}]),
        (frozenset({3, 1, 2}), ["1", "2", "3"], [{1, 3}, set(), {1, 2, 3}]),
        ("A; B;C", ["A", "B", "C"], ["A;C", "", "A; B;C"]),
        ("A|B, x|C", ["A", "B, x", "C"], ["A|C", "", "A|B, x|C"]),
        ("401 250  715", ["401", "250", "715"], ["401 715", "", "401 250  715"]),
        # equal codes are one element; missing ones are none, and stay
        ([7, 7, None, 8, 9], ["7", "8", "9"], [[7, 7, None, 9], [None], None]),
    ],
)
def test_codes_are_left_out(cell, names, expected):
    perturber = SetPerturber()
    assert perturber.features(cell) == names
    assert perturber.describe(cell) == names
    expected = [cell if one is None else one for one in expected]
    assert perturber.perturb(cell, KEEP) == expected


def test_arrays_of_codes_keep_their_dtype():
    cell = np.array([401, 250, 715], dtype=np.int32)
    kept, none, _ = SetPerturber().perturb(cell, KEEP)
    assert kept.tolist() == [401, 715] and kept.dtype == np.int32
    assert none.shape == (0,) and none.dtype == np.int32


def test_zero_in_the_place_of_codes():
    assert SetPerturber("zero").perturb([4, 2, 7], KEEP)[0] == [4, 0, 7]
    perturbed = SetPerturber("zero").perturb(np.array([4, 2, 7]), KEEP)[0]
    assert perturbed.tolist() == [4, 0, 7]
    assert SetPerturber("zero").inert([4, 0, 7]).tolist() == [False, True, False]


@pytest.mark.parametrize("cell", [None, np.nan, [], np.zeros((0, 4)), "", set()])
def test_empty_and_missing_sets_have_no_features(cell):
    perturber = SetPerturber()
    assert perturber.features(cell) == []
    (same,) = perturber.perturb(cell, np.ones((1, 0), dtype=bool))
    assert same is cell


def test_objects_are_left_out_with_all_their_numbers_and_padding_stays():
    perturber = SetPerturber()
    assert perturber.features(BOXES) == ["object 1", "object 2"]
    assert perturber.describe(BOXES) == ["1, 0.5, 4", "2, 0.5, 5"]
    (kept,) = perturber.perturb(BOXES, [[False, True]])
    assert kept.tolist() == BOXES[1:].tolist()
    as_lists = BOXES.tolist()
    assert perturber.perturb(as_lists, [[False, True]]) == [as_lists[1:]]


@pytest.mark.parametrize(
    "replacement, other",
    [("zero", [0, 0, 0]), ("mean", [2, 1, 3]), ("reference", [2, 0.5, 5])],
)
def test_objects_are_replaced(replacement, other):
    # objects 1, 0.5, 4; 2, 0.5, 5; 3, 2, 0, of which the second is closest to the mean
    rows = [BOXES, np.array([[3.0, 2.0, 0.0]])]
    perturber = fitted(rows, replacement=replacement)
    (replaced,) = perturber.perturb(BOXES, [[False, True]])
    assert replaced.tolist() == [other, *BOXES[1:].tolist()]
    plain = fitted([row.tolist() for row in rows], replacement=replacement)
    assert plain.perturb(BOXES.tolist(), [[False, True]]) == [replaced.tolist()]
    inert = perturber.inert(BOXES).tolist()
    assert inert == [False, replacement == "reference"]


def test_objects_of_several_keys_are_one_element_each():
    rows = {
        "feats": np.arange(12.0).reshape(2, 3, 2) + 1,
        "boxes": np.ones((2, 3, 4)),
        "labels": [["cat", "dog", "cat"]] * 2,
    }
    perturber = fitted(rows, replacement="zero", names="labels")
    cell = rows["feats"][0], rows["boxes"][0], rows["labels"][0]
    assert perturber.features(cell) == ["cat", "dog", "cat #2"]
    assert perturber.feature_names_.tolist() == ["cat", "dog", "<other>"]
    feats, boxes, labels = perturber.perturb(cell, KEEP)[0]
    assert feats.tolist() == [[1, 2], [0, 0], [5, 6]]
    assert boxes[:, 0].tolist() == [1, 0, 1]
    assert labels == ["cat", "", "cat"]


def test_rare_names_are_no_columns():
    perturber = fitted([["a", "b"], ["a"], ["c"]], min_count=2)
    assert perturber.feature_names_.tolist() == ["a", "<other>"]
    assert perturber.features(["b", "a"]) == ["b", "a"]


def test_names_from_a_callable():
    descriptions = {401: "hypertension", 250: "diabetes"}
    perturber = fitted([[401, 250], [250]], names=descriptions.get)
    assert perturber.features([250, 401]) == ["diabetes", "hypertension"]
    assert perturber.describe([250, 401]) == ["250", "401"]
    with pytest.raises(TypeError, match="returned None for the element 7"):
        perturber.features([7])


@pytest.mark.parametrize(
    "rows, params, message",
    [
        ([["a", "b"]] * 3, {"replacement": "zero"}, "without either"),
        ([{1, 2}] * 3, {"replacement": "zero"}, "without either"),
        ([[1, 2]] * 3, {"replacement": "mean"}, "of which there is no mean"),
        ([[1, 2]] * 3, {"replacement": "add"}, "must be a str among"),
        ([[1, 2]] * 3, {"names": "labels"}, "but the modality has the keys"),
        ([3, 4, 5], {}, "holds a int, which is no set"),
        ({"a": np.ones((2, 3, 2)), "b": np.ones((2, 2, 4))}, {}, "under its keys"),
    ],
)
def test_what_is_refused(rows, params, message):
    with pytest.raises((ValueError, TypeError), match=message):
        perturber = fitted(rows, **params)
        perturber.perturb(rows[0], [[True, False]])


def test_arrays_of_a_fixed_number_cannot_get_shorter():
    X = MultimodalArray(t=np.arange(N * 2.0).reshape(N, 2), m=np.ones((N, 3, 2)))
    dis = Disentangler(lambda X: X["m"].sum(axis=(1, 2)), n_references=10)
    explainer = LocalExplainer(dis, [("m", SetPerturber())])
    with pytest.raises(ValueError, match="shape") as told:
        explainer.fit(X)
    assert "Take 'zero', 'mean' or 'reference'" in "".join(told.value.__notes__)


def amounts(X):
    """Every code adds its amount; E11 adds as much again for each unit of t."""
    total = [sum(AMOUNT[code] for code in codes) for codes in X["m"]]
    both = [AMOUNT["E11"] * ("E11" in codes) for codes in X["m"]]
    return np.array(total) + X["t"][:, 0] * np.array(both)


def amounts_of_texts(X):
    lists = [[code for code in text.split(";") if code] for text in X["m"]]
    return amounts(MultimodalArray(t=X["t"], m=lists))


@pytest.mark.parametrize(
    "model, convert, perturbers",
    [
        (amounts, list, "auto"),
        (amounts, set, "auto"),
        (amounts, partial(np.array, dtype=str), "auto"),
        (amounts_of_texts, ";".join, [("m", SetPerturber())]),
    ],
)
def test_coefficients_are_the_amounts_of_codes(model, convert, perturbers):
    t = np.random.RandomState(1).normal(size=(N, 1))
    X = MultimodalArray(t=t - t.mean(), m=[convert(codes) for codes in drawn_sets()])
    dis = Disentangler(model, n_references=None, random_state=0)
    explainer = LocalExplainer(dis, perturbers, random_state=0).fit(X)
    assert type(dict(explainer.perturbers_)["m"]) is SetPerturber
    rows = X[5:15]
    found = explainer.explain(rows)
    for i, codes in enumerate(drawn_sets()[5:15]):
        for code in CODES:
            uc, mi = (found.sel(part=p, modality="m", feature=code)[i] for p in PARTS)
            if code not in codes:  # an absent element is never put in
                assert np.isnan(uc).all() and np.isnan(mi).all()
                continue
            np.testing.assert_allclose(uc, AMOUNT[code], **CLOSE)
            extra = AMOUNT["E11"] * rows["t"][i, 0] * (code == "E11")
            np.testing.assert_allclose(mi, extra, **CLOSE)


def test_coefficients_of_objects_in_a_fixed_array():
    rng = np.random.RandomState(0)
    objects = rng.normal(size=(N, 4, 3))
    objects[::2, 3] = 0  # padding
    X = MultimodalArray(t=rng.normal(size=(N, 1)), m=objects)
    dis = Disentangler(lambda X: X["m"].sum(axis=(1, 2)) + X["t"][:, 0], random_state=0)
    explainer = LocalExplainer(dis, [("m", SetPerturber("zero"))], random_state=0)
    found = explainer.fit(X).explain(X[:2])
    uc = found.sel(part="uc", modality="m")[:, :, 0]
    np.testing.assert_allclose(uc[1], objects[1].sum(axis=1), **CLOSE)
    np.testing.assert_allclose(uc[0, :3], objects[0, :3].sum(axis=1), **CLOSE)
    assert np.isnan(uc[0, 3])


def test_transform_adds_up_elements_of_one_name():
    X = MultimodalArray(t=np.arange(N)[:, None] / N, m=drawn_sets())
    names = {code: code[0] for code in CODES}.get
    dis = Disentangler(amounts, n_references=None, random_state=0)
    explainer = LocalExplainer(dis, [("m", SetPerturber(names=names))], random_state=0)
    columns = explainer.fit(X).get_feature_names_out().tolist()
    row = MultimodalArray(t=np.zeros((1, 1)), m=[["J45", "N18"]])
    found = dict(zip(columns, explainer.transform(row)[0], strict=True))
    assert found["uc__m__J"] == pytest.approx(0.5, rel=2e-3)
    assert found["uc__m__N"] == pytest.approx(3.0, rel=2e-3)
    assert found["uc__m__E"] == found["uc__m__<other>"] == 0


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_cells_of_frames(library):
    frames = pytest.importorskip(library)
    sets = drawn_sets()
    X = frames.DataFrame({"t": np.arange(N) / N, "m": sets})

    def model(X):
        total = [sum(AMOUNT[code] for code in codes) for codes in X["m"]]
        return np.array(total) + np.asarray(X["t"])

    dis = Disentangler(model, n_references=20, random_state=0)
    found = LocalExplainer(dis, random_state=0).fit(X).explain(X[5:6])
    for code in sets[5]:
        uc = found.sel(part="uc", modality="m", feature=code)
        np.testing.assert_allclose(uc, AMOUNT[code], **CLOSE)
