"""Texts with words removed or replaced, against strings written by hand."""

import re

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from skdime import MultimodalArray
from skdime.perturbers import TextPerturber
from skdime.perturbers._tokens import token_spans

RECORD = "No cough, no fever;\n a \tcough?"
RECORD_NAMES = ["No", "cough", "no", "fever", "a", "cough #2"]
MISSING = [None, np.nan, float("nan")]


FAMILY = "\U0001f469\u200d\U0001f467"
FLAG = "\U0001f1e9\U0001f1ea"
REGION = "\U0001f3f4\U000e0067\U000e0062\U000e007f"


def words(text):
    return TextPerturber().features(text)


def keep(*kept, of):
    """One mask: the positions to keep."""
    return [[position in kept for position in range(of)]]


def fitted(texts, **params):
    return TextPerturber(**params).fit(np.array(texts, dtype=object)[:, None])


@pytest.mark.parametrize(
    "text, expected",
    [
        ("don't stop", ["don't", "stop"]),
        ("it\u2019s a follow-up", ["it\u2019s", "a", "follow-up"]),
        ("'quoted' - dash -", ["quoted", "dash"]),
        ("38.5 or 1,200. Then 7, 8", ["38.5", "or", "1,200", "Then", "7", "8"]),
        ("snake_case, a.b", ["snake_case", "a", "b"]),
        ("Größe ça naïve", ["Größe", "ça", "naïve"]),
        ("cafe\u0301 noir", ["cafe\u0301", "noir"]),  # e and a combining accent
        ("\u0939\u093f\u0928\u094d\u0926\u0940 x", None),  # Hindi, vowel signs
        # without spaces: ideographs, Hiragana, Thai letters with their marks; Katakana
        ("\u4f60\u597d, \u4e16\u754c", ["\u4f60", "\u597d", "\u4e16", "\u754c"]),
        ("\u6771\u306bX\u30ab\u30fc", ["\u6771", "\u306b", "X\u30ab\u30fc"]),
        ("\u0e1c\u0e39\u0e49\u0e1b", ["\u0e1c\u0e39\u0e49", "\u0e1b"]),
        # an emoji and its variation selector; two of one kind; a colour of skin
        ("I \u2764\ufe0f it", None),
        ("\U0001f600\U0001f600", ["\U0001f600", "\U0001f600 #2"]),
        ("so\U0001f44d\U0001f3fd!", ["so", "\U0001f44d\U0001f3fd"]),
        # a family, a flag of letters, one of a region, next to each other
        (FAMILY + FLAG + REGION, [FAMILY, FLAG, REGION]),
        ("\u2603 \u2014 \u2026 \u2260 \u20ac", ["\u2603"]),  # a snowman; no other sign
        ("... !?", []),
    ],
)
def test_words(text, expected):
    assert words(text) == (text.split() if expected is None else expected)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("患者发烧咳嗽三天。", ["患者", "发烧", "咳嗽", "三天"]),
        ("ผู้ป่วยมีไข้", ["ผู้", "ป่วย", "มี", "ไข้"]),
        ("fever, 38.5!", ["fever", "38.5"]),
        ("\U0001f600 ok", ["\U0001f600", "ok"]),
    ],
)
def test_words_of_icu(text, expected):
    pytest.importorskip("icu4py")
    perturber = TextPerturber("icu")
    assert perturber.features(text) == expected
    assert perturber.perturb(text, [[True] * len(expected)]) == [text]


def test_features_are_occurrences_or_words():
    assert TextPerturber().features(RECORD) == RECORD_NAMES
    assert TextPerturber(unit="word").features(RECORD) == [
        "No",
        "cough",
        "no",
        "fever",
        "a",
    ]


@pytest.mark.parametrize(
    "params, kept, expected",
    [
        ({}, range(6), RECORD),
        ({}, [], " ,  ;\n  \t?"),
        ({}, [0, 1, 3, 4], "No cough,  fever;\n a \t?"),
        ({}, [0, 5], "No ,  ;\n  \tcough?"),
        ({"mask_token": ""}, [0, 5], "No ,  ;\n  \tcough?"),
        (
            {"mask_token": "[MASK]"},
            [2, 3],
            "[MASK] [MASK], no fever;\n [MASK] \t[MASK]?",
        ),
    ],
)
def test_only_tokens_change(params, kept, expected):
    perturbed = TextPerturber(**params).perturb(RECORD, keep(*kept, of=6))
    assert perturbed == [expected]


def test_a_word_goes_with_all_its_occurrences():
    perturber = TextPerturber(unit="word", mask_token="_")
    masks = [[True, True], [False, True], [True, False], [False, False]]
    assert perturber.features("go, go on go") == ["go", "on"]
    assert perturber.perturb("go, go on go", masks) == [
        "go, go on go",
        "_, _ on _",
        "go, go _ go",
        "_, _ _ _",
    ]
    expected = [0, 0, -1, -1, 0, 0, -1, 1, 1, -1, 0, 0]
    np.testing.assert_array_equal(perturber.labels("go, go on go"), expected)


def test_labels_of_occurrences():
    labels = TextPerturber().labels("go, go on")
    np.testing.assert_array_equal(labels, [0, 0, -1, -1, 1, 1, -1, 2, 2])


def test_characters():
    perturber = TextPerturber("characters")
    assert perturber.features("a b\na") == ["a", "b", "a #2"]
    assert perturber.perturb("a b\na", [[False, True, True]]) == [" b\na"]
    assert perturber.features("e\u0301x") == ["e\u0301", "x"]


@pytest.mark.parametrize("vectorizer", [CountVectorizer(), TfidfVectorizer()])
def test_tokenizer_of_the_models_vectoriser(vectorizer):
    perturber = clone(TextPerturber(vectorizer.build_tokenizer()))
    text = "I don't know, you don't"
    assert perturber.features(text) == ["don", "know", "you", "don #2"]
    assert perturber.perturb(text, keep(1, 2, of=4)) == ["I 't know, you 't"]


def test_pattern_of_a_vectoriser_is_matched_where_it_matches():
    # "ab" is part of "Xab", which the pattern does not match
    tokenizer = CountVectorizer(token_pattern=r"\b[a-z]+\b").build_tokenizer()
    assert TextPerturber(tokenizer).perturb("Xab ab", [[False]]) == ["Xab "]
    # only the group is the token
    tokenizer = CountVectorizer(token_pattern=r"#(\w+)").build_tokenizer()
    assert TextPerturber(tokenizer).perturb("no #tag no", [[False]]) == ["no # no"]


@pytest.mark.parametrize(
    "tokenizer",
    [
        lambda text: re.split(r"[ ,]", text),  # with empty tokens
        lambda text: ("one", "two", "three"),
        lambda text: [(0, 0), (0, 3), (5, 8), (9, 14), (0, 0)],
        lambda text: np.array([[0, 3], [5, 8], [9, 14]]),
    ],
)
def test_any_tokenizer(tokenizer):
    perturber = TextPerturber(tokenizer)
    assert perturber.features("one, two three") == ["one", "two", "three"]
    assert perturber.perturb("one, two three", keep(2, of=3)) == [",  three"]


@pytest.mark.parametrize(
    "tokenizer, error, message",
    [
        (lambda text: text.lower().split(), ValueError, "token 'two', which is not in"),
        (lambda text: ["Two", "one"], ValueError, "after character 7"),
        (lambda text: [(4, 7), (0, 3)], ValueError, r"\(0, 3\).*ends at 7"),
        (lambda text: [(4, 8)], ValueError, "text of 7 characters"),
        (lambda text: [(4, 7), "one"], TypeError, "returned 'one' among the tokens"),
        (lambda text: [0, 4], TypeError, "returned 0 among the tokens"),
        (lambda text: None, TypeError, "returned None, which is no list"),
    ],
)
def test_tokens_that_are_not_in_the_text(tokenizer, error, message):
    with pytest.raises(error, match=message):
        TextPerturber(tokenizer).features("one Two")


def test_names_are_never_ambiguous():
    texts = ["cough", "cough #2", "cough", "cough #2"]
    perturber = TextPerturber(lambda text: texts)
    names = perturber.features("; ".join(texts))
    assert names == ["cough", "cough #2 #1", "cough #2", "cough #2 #2"]
    assert perturber.column_names(names) == texts
    by_word = clone(perturber).set_params(unit="word")
    assert by_word.column_names(by_word.features("; ".join(texts))) == texts[:2]


@pytest.mark.parametrize("unit", ["occurrence", "word"])
def test_neighbours_are_put_together(unit):
    perturber = TextPerturber("characters", unit=unit, max_features=3)
    # 8 tokens: floor(3 i / 8) = 0 0 0 1 1 1 2 2
    expected = ["a ... c #1-3", "d ... f #4-6", "g ... h #7-8"]
    assert perturber.features("ab c,defg") == [
        "a ... c #1-3",
        ", ... e #4-6",
        "f ... g #7-8",
    ]
    assert perturber.features("abcdefgh") == expected
    assert perturber.describe("abcdefgh") == ["a ... c", "d ... f", "g ... h"]
    assert perturber.column_names(expected) == ["<other>"] * 3
    perturbed = perturber.perturb("ab cdefgh", [[False, True, False]])
    assert perturbed == [" def"]
    np.testing.assert_array_equal(
        perturber.labels("ab cdefgh"), [0, 0, -1, 0, 1, 1, 1, 2, 2]
    )


def test_words_that_are_put_together_keep_all_their_occurrences():
    perturber = TextPerturber("characters", unit="word", max_features=2)
    # 3 distinct ones: floor(2 i / 3) = 0 0 1
    assert perturber.features("abca") == ["a ... b #1-2", "c"]
    assert perturber.perturb("abca", [[True, False], [False, True]]) == ["aba", "c"]
    np.testing.assert_array_equal(perturber.labels("abca"), [0, 0, 1, 0])


def test_one_token_to_a_feature_keeps_its_name():
    perturber = TextPerturber("characters", max_features=2)
    assert perturber.features("aab") == ["a ... a #1-2", "b"]
    assert perturber.features("baa") == ["b ... a #1-2", "a #2"]
    assert perturber.features("aa") == ["a", "a #2"]
    assert TextPerturber("characters", max_features=1).features("ab") == [
        "a ... b #1-2"
    ]


def test_5000_tokens():
    tokens = [f"w{i}" for i in range(5000)]
    text = " ".join(tokens)
    perturber = TextPerturber()
    masks = np.random.RandomState(0).rand(300, 100) < 0.5
    perturbed = perturber.perturb(text, masks)
    features = np.repeat(np.arange(100), 50)
    for position in (0, 123, 299):
        kept = masks[position][features]
        expected = [token if k else "" for token, k in zip(tokens, kept, strict=True)]
        assert perturbed[position] == " ".join(expected)
    assert perturber.features(text)[1] == "w50 ... w99 #51-100"


@pytest.mark.parametrize("cell", ["", " \n", *MISSING])
@pytest.mark.parametrize("unit", ["occurrence", "word"])
def test_texts_without_tokens(cell, unit):
    perturber = TextPerturber(unit=unit, mask_token="_")
    assert perturber.features(cell) == perturber.describe(cell) == []
    perturbed = perturber.perturb(cell, np.ones((3, 0), dtype=bool))
    assert len(perturbed) == 3
    assert all(other is cell for other in perturbed)
    assert perturber.inert(cell).shape == (0,)
    text = cell if isinstance(cell, str) else ""
    assert perturber.shown(cell) == text
    np.testing.assert_array_equal(perturber.labels(cell), np.full(len(text), -1))
    assert perturber.labels(cell).dtype.kind == "i"


def test_missing_text_of_pandas():
    pd = pytest.importorskip("pandas")
    assert TextPerturber().features(pd.NA) == []
    (perturbed,) = TextPerturber().perturb(pd.NA, np.ones((1, 0), dtype=bool))
    assert perturbed is pd.NA


def test_one_token():
    assert TextPerturber().perturb("cough", [[True], [False]]) == ["cough", ""]


def test_texts_of_numpy():
    cell = np.array(["a b"])[0]
    assert type(cell) is np.str_
    perturber = TextPerturber()
    assert perturber.features(cell) == ["a", "b"]
    assert perturber.perturb(cell, [[False, True]]) == [" b"]
    assert type(perturber.features(cell)[0]) is type(perturber.shown(cell)) is str


@pytest.mark.parametrize("cell", [3, b"text", np.array(["a", "b"]), ["a"]])
def test_what_is_no_text(cell):
    with pytest.raises(TypeError, match=f"a row holds a {type(cell).__name__}"):
        TextPerturber().features(cell)


def test_describe_and_shown():
    perturber = TextPerturber()
    assert perturber.describe("go, go") == ["go", "go"]
    assert perturber.shown("go, go") == "go, go"
    assert perturber.kind == "text"


def test_inert():
    assert TextPerturber().inert("a b a").tolist() == [False] * 3
    assert TextPerturber(mask_token="").inert("a b").tolist() == [False] * 2
    masked = TextPerturber(mask_token="b")
    assert masked.inert("a b a b").tolist() == [False, True, False, True]
    # together they are as long as what replaces them
    pairs = TextPerturber(
        lambda text: ["a", "aaa", "b"], mask_token="aa", max_features=2
    )
    assert pairs.inert("aaaab").tolist() == [True, False]


@pytest.mark.parametrize(
    "params, error, message",
    [
        (
            {"tokenizer": "sentences"},
            ValueError,
            "among .*'words'.* or a callable. Got",
        ),
        ({"tokenizer": None}, ValueError, "'tokenizer'.*Got None"),
        (
            {"unit": "token"},
            ValueError,
            "'unit'.*'occurrence'.*Got 'token'",
        ),
        ({"mask_token": 0}, TypeError, "'mask_token'.*Got 0"),
        ({"max_features": 0}, ValueError, "at least 1. Got 0"),
        ({"max_features": 2.5}, ValueError, "Got 2.5"),
        ({"max_features": True}, ValueError, "Got True"),
    ],
)
def test_parameters_are_checked_in_fit(params, error, message):
    with pytest.raises(error, match=message):
        fitted(["a text"], **params)


def test_columns_add_up_occurrences():
    perturber = fitted(["cough and cough", "fever", "cough", ""])
    assert perturber.feature_names_.tolist() == ["cough", "and", "fever", "<other>"]
    names = perturber.features("a cough, no cough")
    assert perturber.columns(names).tolist() == [3, 0, 3, 0]


@pytest.mark.parametrize("texts", [["cough"], ["cough", "cough"], [""], [None]])
def test_other_texts_have_other_words(texts):
    perturber = fitted(texts)
    assert perturber.feature_names_[-1] == "<other>"
    last = len(perturber.feature_names_) - 1
    assert perturber.columns(["never", "seen"]).tolist() == [last, last]


def test_tokens_put_together_are_in_the_column_of_others():
    perturber = fitted(["a b c", "a"], max_features=2)
    assert perturber.feature_names_.tolist() == ["c", "a", "<other>"]
    names = perturber.features("a b c")
    assert names == ["a ... b #1-2", "c"]
    assert perturber.columns(names).tolist() == [2, 0]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_rows_of_frames(library):
    frames = pytest.importorskip(library)
    frame = frames.DataFrame({"note": ["cough, fever", None, "fever"]})
    perturber = TextPerturber().fit(frame)
    assert perturber.feature_names_.tolist() == ["fever", "cough", "<other>"]
    perturbed = perturber.perturb_row(frame[:1], np.array([[True, False]] * 2))
    assert perturbed["note"].to_list() == ["cough, "] * 2
    missing = perturber.perturb_row(frame[1:2], np.ones((2, 0), dtype=bool))
    assert len(missing) == 2
    assert all(TextPerturber().shown(text) == "" for text in missing["note"])


def dropping(*words):
    return lambda text: [word for word in text.split() if word not in words]


@pytest.mark.parametrize(
    ("text", "tokenizer", "spans"),
    [
        # what is left out does not hide a token within it
        ("cat at cat", dropping("cat"), [(4, 6)]),
        ("cats cat", dropping("cats"), [(5, 8)]),
        ("no nothing", dropping("nothing"), [(0, 2)]),
        ("x, x-ray ray", lambda text: ["ray"], [(5, 8)]),
        # parts of words that leave nothing out are taken one after the other
        (
            "playing play",
            lambda text: ["play", "ing", "play"],
            [(0, 4), (4, 7), (8, 12)],
        ),
        ("foo_bar foobar", lambda text: ["foo", "bar", "foobar"], None),
        (
            "\u6211\u559c\u6b22\u732b\u3002",
            lambda text: ["\u6211", "\u559c\u6b22", "\u732b"],
            None,
        ),
        # parts that stand nowhere else
        ("\u6211\u559c\u6b22\u732b", lambda text: ["\u559c\u6b22"], [(1, 3)]),
        ("unhappy", lambda text: ["un"], [(0, 2)]),
        # punctuation has no longer words around it
        ("a. b.", lambda text: ["."], [(1, 2)]),
    ],
)
def test_where_tokens_stand(text, tokenizer, spans):
    found = token_spans(text, tokenizer)
    if spans is None:
        assert [text[a:b] for a, b in found] == tokenizer(text)
    else:
        assert found == spans


def test_tokens_that_cannot_be_told_from_what_is_left_out():
    with pytest.raises(ValueError, match=r"only within words.*positions \(start, stop"):
        TextPerturber(lambda text: ["at"]).features("cat mat")


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_texts_in_a_column_of_categories(library):
    frames = pytest.importorskip(library)
    texts = ["a cough", "no fever"]
    if library == "pandas":
        held = frames.Series(texts, dtype="category")
    else:
        held = frames.Series(texts, dtype=frames.Enum(texts))
    for X in (MultimodalArray(note=held), held.to_frame("note")):
        with pytest.raises(ValueError, match=r"column of categories.*astype\(str\)"):
            TextPerturber().fit(X)


def test_signs_of_units_are_no_words_of_their_own():
    assert TextPerturber().features("38.5°C ® 5 \u2603") == ["38.5", "C", "5", "\u2603"]


def test_rare_words_have_no_column():
    texts = MultimodalArray(note=["ash elm", "ash fir", "ash elm oak"])
    perturber = TextPerturber(min_count=2).fit(texts)
    assert perturber.feature_names_.tolist() == ["ash", "elm", "<other>"]
    assert perturber.columns(["oak", "elm"]).tolist() == [2, 1]
    # one text is not enough, even if its words are those of all texts
    single = TextPerturber(min_count=2).fit(MultimodalArray(note=["ash elm"]))
    assert single.feature_names_.tolist() == ["<other>"]


class Pieces:
    """What a fast tokenizer of transformers tells of a text."""

    is_fast = True

    def __init__(self, *spans):
        self.spans = list(spans)

    def convert_ids_to_tokens(self, ids):
        raise AssertionError("not needed")

    def __call__(self, text, **options):
        assert not options["add_special_tokens"] and options["return_offsets_mapping"]
        return {"offset_mapping": self.spans}


def test_pieces_of_a_tokenizer_of_transformers_are_features():
    # a piece with the space before it, a character of two pieces, an empty piece
    tokenizer = Pieces((0, 4), (4, 7), (7, 11), (12, 13), (12, 13), (13, 13))
    perturber = TextPerturber(tokenizer, mask_token="[MASK]")
    text = "playing red \U0001f600"
    assert perturber.features(text) == ["play", "ing", "red", "\U0001f600"]
    masked = perturber.perturb(text, [[True, False, False, True]])
    assert masked == ["play[MASK] [MASK] \U0001f600"]


def test_a_slow_tokenizer_is_told():
    tokenizer = Pieces()
    tokenizer.is_fast = False
    with pytest.raises(TypeError, match="Take the fast one of the same model"):
        TextPerturber(tokenizer).features("a text")
