"""Tokens: where they stand in a text, and what their features are called."""

import operator
import re
import unicodedata
from collections import Counter
from functools import lru_cache

# Stands for every letter that is a token by itself: by the default rules of Unicode
# (UAX #29) these are ideographs, Hiragana, and letters of scripts of South East Asia,
# whose words only a dictionary tells apart.
_ALONE = "\u4e00"
_SCRIPTS = (
    "CJK",
    "HIRAGANA",
    "KHMER",
    "LAO",
    "MYANMAR",
    "NEW TAI",
    "TAI",
    "THAI",
)
# Stands for every mark that belongs to the character before it.
_MARK = "\u0300"
# They have no width: soft hyphen, and what keeps letters apart or joins them.
_INVISIBLE = "\u00ad\u200c\u200d"
# Stand for pictures and symbols; for letters that are a flag in pairs; and what joins
# pictures to one, as in families.
_SYMBOL, _FLAG, _JOINER = "\u2603", "\U0001f1e6", "\u200d"
# Colours of skin, and letters in flags of regions, belong to the symbol before them.
_OF_SYMBOL = re.compile("[\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
# Between the letters of a word: apostrophes, hyphens; between digits: point, comma.
_INSIDE = r"(?:['\u2019\-\u2010\u2011]|(?<=[0-9])[.,](?=[0-9]))"
_LETTER = rf"[^\W{_ALONE}]"
_LETTERS = rf"{_LETTER}(?:{_LETTER}|[{_MARK}{_JOINER}])*"
_PICTURE = rf"(?:{_FLAG}{{2}}|[{_SYMBOL}{_FLAG}])(?:{_MARK}|{_OF_SYMBOL.pattern})*"
PATTERNS = {
    "words": re.compile(
        rf"{_LETTERS}(?:{_INSIDE}{_LETTERS})*|{_ALONE}{_MARK}*"
        rf"|{_PICTURE}(?:{_JOINER}{_PICTURE})*"
    ),
    "characters": re.compile(rf"\S{_MARK}*"),
}
# What names end with that are not simply the token.
_SUFFIX = re.compile(r" #[0-9]+(-[0-9]+)?\Z")


def token_spans(text, tokenizer):
    """Where the tokens of a text begin and end.

    Parameters
    ----------
    text : str
    tokenizer : {"words", "characters", "icu"} or callable
        A callable gives tokens, or their positions (start, stop), in order. Of a
        tokenizer of transformers, the pieces that the model reads.

    Returns
    -------
    spans : list of (int, int)
        Ascending, none of them empty.
    """
    if tokenizer == "icu":
        return _icu_words(text)
    if isinstance(tokenizer, str):
        class_of = _class_of if tokenizer == "words" else _mark_or_itself
        classes = text if text.isascii() else "".join(map(class_of, text))
        return [match.span() for match in PATTERNS[tokenizer].finditer(classes)]
    if hasattr(tokenizer, "convert_ids_to_tokens"):
        return _pieces_of_transformers(text, tokenizer)
    pattern = _pattern_of(tokenizer)
    if pattern is not None:
        matches = pattern.finditer(text)
        spans = [match.span(pattern.groups) for match in matches]
    else:
        spans = _spans_from(text, tokenizer(text))
    return [(start, stop) for start, stop in spans if start < stop]


def _pieces_of_transformers(text, tokenizer):
    """Where the pieces of a tokenizer of transformers stand, without special ones."""
    if not getattr(tokenizer, "is_fast", False):
        raise TypeError(
            f"The tokenizer {type(tokenizer).__name__} does not tell where tokens "
            "stand in the text. Take the fast one of the same model: "
            "AutoTokenizer.from_pretrained(name, use_fast=True)."
        )
    encoded = tokenizer(
        text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
    )
    spans, end = [], 0
    for start, stop in encoded["offset_mapping"]:
        piece = text[start:stop]
        # some pieces have the space before a word, and some characters several pieces
        start = max(start + len(piece) - len(piece.lstrip()), end)
        if start < stop:
            spans.append((start, stop))
            end = stop
    return spans


def _icu_words(text):
    """Words by the dictionaries of ICU, without white space and punctuation."""
    try:
        from icu4py.breakers import WordBreaker
    except ImportError as error:
        raise ImportError(
            "tokenizer='icu' finds words by the dictionaries of ICU, which icu4py "
            "brings: pip install 'skdime[text]'."
        ) from error
    spans, start = [], 0
    for piece in WordBreaker(text, "und"):
        stop = start + len(piece)
        if PATTERNS["words"].search("".join(map(_class_of, piece))):
            spans.append((start, stop))
        start = stop
    return spans


def _mark_or_itself(character):
    """One mark for all, so that an expression can name them."""
    return _MARK if _is_mark(character) else character


@lru_cache(maxsize=2**12)
def _class_of(character):
    """The same, with one symbol for all that are no punctuation."""
    if character == _JOINER or _OF_SYMBOL.match(character):
        return character
    if _is_mark(character):
        return _MARK
    if "\U0001f1e6" <= character <= "\U0001f1ff":
        return _FLAG
    if unicodedata.category(character) == "Lo":
        name = unicodedata.name(character, "")
        return _ALONE if name.startswith(_SCRIPTS) else character
    # symbols before the arrows are parts of units and names, such as degrees
    is_picture = character >= "\u2190" and unicodedata.category(character) == "So"
    return _SYMBOL if is_picture else character


def _is_mark(character):
    return character in _INVISIBLE or unicodedata.category(character)[0] == "M"


def _pattern_of(tokenizer):
    """The expression that scikit-learn's vectorisers find tokens with, or None."""
    owner = getattr(tokenizer, "__self__", None)
    if not isinstance(owner, re.Pattern) or tokenizer.__name__ != "findall":
        return None
    return owner if owner.groups <= 1 else None


def _spans_from(text, tokens):
    try:
        tokens = list(tokens)
    except TypeError as error:
        raise TypeError(
            f"`tokenizer` returned {tokens!r:.60}, which is no list. It must return "
            "the tokens of a text, or pairs (start, stop)."
        ) from error
    if all(isinstance(token, str) for token in tokens):
        tokens = [token for token in tokens if token]
        spans = _without_gaps(text, tokens)
        return _looked_up(text, tokens) if spans is None else spans
    return _checked(text, tokens)


def _without_gaps(text, tokens):
    """Where tokens stand if they are all letters and digits of the text, or None.

    Parts of words that make up the whole words are found only so.
    """
    spans, stop = [], 0
    for token in tokens:
        start = stop
        while not text.startswith(token, start):
            if start == len(text) or text[start].isalnum():
                return None
            start += 1
        stop = start + len(token)
        spans.append((start, stop))
    return None if any(map(str.isalnum, text[stop:])) else spans


def _looked_up(text, tokens):
    spans, stop = [], 0
    left = Counter(tokens)
    for token in tokens:
        start = _as_word(text, token, stop)
        if start < 0:
            start = text.find(token, stop)
            if text.count(token, stop) > left[token]:
                raise ValueError(
                    f"`tokenizer` returned the token {token!r:.60}, which stands only "
                    f"within words after character {stop}, and there more often than "
                    "among the tokens: which of these are meant cannot be told. "
                    "Return the positions (start, stop) of the tokens instead."
                )
        left[token] -= 1
        if start < 0:
            raise ValueError(
                f"`tokenizer` returned the token {token!r:.60}, which is not in the "
                "text "
                f"after character {stop}. Tokens must be parts of the text as it is, "
                "in order: take a vectorizer's build_tokenizer(), not its "
                "build_analyzer(). A tokenizer that changes tokens (to lower case, to "
                "stems) can return their positions (start, stop) instead."
            )
        stop = start + len(token)
        spans.append((start, stop))
    return spans


def _as_word(text, token, stop):
    """Where a token stands with no letter or digit of a longer word beside it, or -1.

    Only ends that are letters or digits themselves could be parts of longer words.
    """
    start = text.find(token, stop)
    while start >= 0:
        end = start + len(token)
        before, after = text[max(start - 1, 0) : start], text[end : end + 1]
        cut_before = token[0].isalnum() and before.isalnum()
        if not cut_before and not (token[-1].isalnum() and after.isalnum()):
            return start
        start = text.find(token, start + 1)
    return -1


def _checked(text, pairs):
    spans, end = [], 0
    for pair in pairs:
        start, stop = _as_pair(pair)
        if start == stop:
            continue
        if not end <= start < stop <= len(text):
            raise ValueError(
                f"`tokenizer` returned the positions {(start, stop)} in a text of "
                f"{len(text)} characters, after a token that ends at {end}. Positions "
                "(start, stop) must ascend and not overlap."
            )
        spans.append((start, stop))
        end = stop
    return spans


def _as_pair(pair):
    try:
        start, stop = map(operator.index, pair)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"`tokenizer` returned {pair!r:.60} among the tokens. It must return the "
            "tokens of a text (str), or pairs of integers (start, stop)."
        ) from error
    return start, stop


def occurrence_name(token, k):
    """Name of the k-th occurrence of a token: ``cough``, ``cough #2``, ...

    A token that ends in such a number itself has one more from the first occurrence
    on, so that names are never ambiguous.
    """
    if k == 1 and not _SUFFIX.search(token):
        return token
    return f"{token} #{k}"


def chunk_name(first, last, start, stop):
    """Name of the tokens number `start` to `stop`, counted from 1, as one feature."""
    return f"{first} ... {last} #{start}-{stop}"


def token_of(name):
    """The token that a feature is named after; None for several tokens."""
    suffix = _SUFFIX.search(name)
    if suffix is None:
        return name
    return None if suffix[1] else name[: suffix.start()]
