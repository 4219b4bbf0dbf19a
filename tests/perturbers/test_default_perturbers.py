"""Which perturber an unnamed modality gets, and what is refused rather than guessed."""

import warnings

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import SetPerturber
from skdime.perturbers._by_modality import choose_perturbers
from skdime.perturbers._choice import default_choice
from skdime.perturbers._description import described, warn_close_choices

N = 40
RNG = np.random.RandomState(0)
NOTES = [f"case {i} has fever and cough" for i in range(N)]


def first(X):
    return X["t"][:, 0]


def explainer(**options):
    dis = Disentangler(first, n_references=20, random_state=0)
    return LocalExplainer(dis, n_samples=50, random_state=0, **options)


def kinds(**modality):
    X = MultimodalArray(t=RNG.normal(size=(N, 2)), **modality)
    fitted = explainer().fit(X)
    return [type(perturber).__name__ for _, perturber in fitted.perturbers_]


def drawn(n_codes, size):
    """Codes of every row, each once."""
    return [RNG.choice(n_codes, size=size(), replace=False).tolist() for _ in range(N)]


def some():
    return RNG.randint(0, 6)


CODES = drawn(900, some)
CHINESE = "\u60a3\u8005\u53d1\u70e7\u54b3\u55fd"
THAI = "\u0e1c\u0e39\u0e49\u0e1b\u0e48\u0e27\u0e22"
PEOPLE = [f"{first} {last}" for first in "abcdefgh" for last in "vwxyz"]
QUERIES = [f"{word} flights to city{i}" for i, word in enumerate(["best", "all"] * 20)]


@pytest.mark.parametrize(
    "rows, kind",
    [
        (NOTES, "TextPerturber"),
        (["ill", "well"] * (N // 2), "TabularPerturber"),
        (RNG.normal(size=(N, 2, 30)), "SeriesPerturber"),
        ([RNG.normal(size=20 + i) for i in range(N)], "SeriesPerturber"),
        (RNG.normal(size=(N, 12)), "TabularPerturber"),
        (RNG.randint(9, size=(N, 12)), "TabularPerturber"),
        (RNG.normal(size=N), "TabularPerturber"),
        # codes, whatever lists them
        (CODES, "SetPerturber"),
        ([np.array(codes, dtype=int) for codes in CODES], "SetPerturber"),
        ([set(codes) for codes in CODES], "SetPerturber"),
        ([list(map(str, codes)) for codes in CODES], "SetPerturber"),
        ([codes or None for codes in CODES], "SetPerturber"),
        ([[{"label": "cat"}] * some() for _ in range(N)], "SetPerturber"),
        # numbers in the order of time
        (RNG.normal(size=(N, 40)).tolist(), "SeriesPerturber"),
        (RNG.randint(100, size=(N, 40)).tolist(), "SeriesPerturber"),
        (np.cumsum(RNG.normal(size=(N, 12, 50)), axis=2), "SeriesPerturber"),
        # texts without spaces: Chinese, Thai, paths, formulas of molecules, queries
        (
            [f"\u60a3\u8005\u53d1\u70e7\u54b3\u55fd{i}" for i in range(N)],
            "TextPerturber",
        ),
        (
            [f"\u0e1c\u0e39\u0e49\u0e1b\u0e48\u0e27\u0e22{i}" for i in range(N)],
            "TextPerturber",
        ),
        ([f"/data/train/patient{i}.png" for i in range(N)], "TextPerturber"),
        ([f"CC(=O)OC{'C' * i}(=O)O" for i in range(N)], "TextPerturber"),
        (QUERIES, "TextPerturber"),
        # what differs, but has no words
        ([f"2024-01-{i % 28 + 1} 10:{i}" for i in range(N)], "TabularPerturber"),
        ([f"P{i:04d}" for i in range(N)], "TabularPerturber"),
        ([f"{i:08x}-{i:04x}" for i in range(N)], "TabularPerturber"),
    ],
)
def test_by_what_the_cells_hold(rows, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        choice = default_choice(MultimodalArray(m=rows))
    assert type(choice.perturber).__name__ == kind
    assert not choice.other


def test_objects_in_several_keys_are_one_set():
    X = MultimodalArray(feats=RNG.normal(size=(N, 9, 30)), boxes=RNG.rand(N, 9, 4))
    choice = default_choice(X)
    assert repr(choice.perturber) == "SetPerturber(replacement='zero')"
    # what has one shape under all keys need not belong together
    X = MultimodalArray(one=RNG.normal(size=(N, 9, 30)), two=RNG.rand(N, 9, 30))
    assert type(default_choice(X).perturber) is not SetPerturber


@pytest.mark.parametrize(
    "rows, kind, other",
    [
        (RNG.rand(N, 36, 4), "series", "SetPerturber(replacement='zero')"),
        (RNG.normal(size=(N, 36, 64)), "series", "SetPerturber(replacement='zero')"),
        (
            [RNG.rand(1 + i % 5, 4) for i in range(N)],
            "set",
            "SeriesPerturber(channel_axis=-1)",
        ),
        (drawn(900, lambda: 3), "set", "SeriesPerturber()"),
        (RNG.poisson(3, size=(N, 12)).tolist(), "series", "SetPerturber()"),
        (PEOPLE, "text", "TabularPerturber()"),
        (
            [f"case {i // 2} has fever and cough" for i in range(2 * N)],
            "table",
            "TextPerturber()",
        ),
        (RNG.normal(size=(N, 40)).cumsum(axis=1), "table", "SeriesPerturber()"),
    ],
)
def test_a_close_choice_is_told(rows, kind, other):
    X = MultimodalArray(t=np.zeros((len(rows), 1)), m=rows)
    modalities = [("t", [0]), ("m", [1])]
    names = np.array(["t", "m"])
    choices = choose_perturbers({}, X, modalities)
    with pytest.warns(UserWarning, match="Modality 'm' is taken for a ") as told:
        warn_close_choices(described(choices, X, modalities, names))
    (warning,) = told
    assert choices[1].kind == kind
    assert f"[('m', {other})]" in str(warning.message)
    assert warning.filename == __file__
    # what is named is not doubted
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        choices = choose_perturbers({"m": choices[1].perturber}, X, modalities)
        warn_close_choices(described(choices, X, modalities, names))


@pytest.mark.parametrize(
    "table",
    [
        RNG.normal(size=(N, 40)),
        RNG.normal(size=(N, 8)).cumsum(axis=1),  # few columns are a table
        RNG.normal(size=(N, 40)).cumsum(axis=1)[:, RNG.permutation(40)],
    ],
)
def test_columns_in_any_order_are_a_table_without_doubt(table):
    choice = default_choice(MultimodalArray(m=table))
    assert (choice.kind, choice.other) == ("table", "")


@pytest.mark.parametrize("shape", [(N, 8, 8), (N, 8, 8, 3)])
def test_images_have_to_be_named(shape):
    images = RNG.randint(0, 255, size=shape).astype(np.uint8)
    with pytest.raises(ValueError, match=r"uint8. If they are images, name an Image"):
        kinds(m=images)


def test_texts_of_a_category_are_categories():
    pd = pytest.importorskip("pandas")
    notes = pd.Series(NOTES).astype("category")
    assert kinds(m=notes) == ["TabularPerturber", "TabularPerturber"]


def test_a_text_may_be_missing_where_none_was_in_fit():
    X = MultimodalArray(t=RNG.normal(size=(N, 2)), note=NOTES)
    fitted = explainer().fit(X)
    rows = MultimodalArray(t=X["t"][:2], note=[NOTES[0], None])
    found = fitted.explain(rows)
    note = found.feature_modalities == "note"
    assert np.isfinite(found.coef[0, :, note]).all()
    assert np.isnan(found.coef[1, :, note]).all()


def test_a_perturber_given_by_a_name_is_told_to_be_an_instance():
    X = MultimodalArray(t=RNG.normal(size=(N, 2)), note=NOTES)
    message = r"got \('note', 'text'\). 'text' is no perturber; pass one"
    with pytest.raises(ValueError, match=message):
        explainer(perturbers={"note": "text"}).fit(X)
