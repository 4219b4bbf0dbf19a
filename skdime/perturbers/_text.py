"""TextPerturber: a text with some of its words left out."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, Literal, NamedTuple, Self

import numpy as np

from skdime._rows.cells import is_missing
from skdime._rows.containers import is_categorical
from skdime._utils.annotations import Masks, Names, Random, Seed
from skdime._utils.checks import check_count
from skdime._utils.from_sklearn import StrOptions
from skdime._utils.parameters import check_parameters
from skdime.perturbers._contract import check_deterministic
from skdime.perturbers._masks import OTHER, Effects, MaskPerturber
from skdime.perturbers._memo import Memo
from skdime.perturbers._tokens import (
    PATTERNS,
    chunk_name,
    occurrence_name,
    token_of,
    token_spans,
)


class TextPerturber(MaskPerturber):
    """Explain texts by removing or replacing their words.

    A coefficient estimates how much the output changes if a word is there instead of
    removed. Only the characters of words change. White space and punctuation between
    them stay the same, byte for byte. Empty and missing texts have no features.

    Parameters
    ----------
    tokenizer : {"words", "characters", "icu"} or callable, default="words"
        ``"words"`` are letters, digits and underscores of any script, together with
        apostrophes and hyphens inside them (``don't``, ``follow-up``) and points and
        commas between digits (``38.5``); emoji and other symbols that are no
        punctuation are words by themselves. ``"characters"`` are all characters but
        white space, each with the marks that combine with it.

        Scripts that are written without spaces have no visible words. There ``"words"``
        follows the default rules of Unicode: every ideograph, every Hiragana and every
        letter of Thai, Lao, Khmer and Burmese is a token by itself. ``"icu"`` finds
        words of all scripts by the dictionaries of ICU, which
        ``pip install skdime[text]`` brings.

        A fast tokenizer of transformers makes a feature of each of its pieces, without
        special tokens.

        Any other callable takes a text and returns its tokens in order, each exactly
        as it stands in the text; the one of the model's vectoriser is
        ``vectorizer.build_tokenizer()``. Every token is looked up after the one before
        it. A tokenizer that changes tokens, or leaves out parts of the text that
        cannot be told from tokens, returns pairs ``(start, stop)`` instead. Empty
        tokens are ignored. The same text must have the same tokens in every call.
    unit : {"occurrence", "word"}, default="occurrence"
        Whether each occurrence of a token is a feature (``cough``, ``cough #2``, ...)
        or all occurrences together are one.
    mask_token : str, default=None
        Text that replaces a token; None removes it. The mask token of a language
        model is ``tokenizer.mask_token``.
    max_features : int, default=100
        Features of a text, at most. If there are more tokens (distinct ones for
        ``unit="word"``, in order of their first occurrence), neighbouring ones are
        merged into this many features, with names such as ``no ... cough #5-8``.
    min_count : int, default=1
        Number of texts passed to ``fit`` in which a token must occur to be stored as a
        column of ``transform``. Rarer ones are added up in ``<other>``. In ``explain``
        each token of the explained text still has a coefficient of its own.
    effects : {"shapley", "banzhaf"}, default="shapley"
        Kind of coefficient; see :class:`MaskPerturber`.

    Attributes
    ----------
    feature_names_ : ndarray of str
        Columns of ``transform``: the most frequent tokens of the texts passed to
        ``fit``, in which coefficients of all occurrences are added up, and ``<other>``
        for all other tokens and for merged ones.

    Examples
    --------
    >>> from skdime.perturbers import TextPerturber
    >>> perturber = TextPerturber()
    >>> perturber.features("No cough, no fever; a cough?")
    ['No', 'cough', 'no', 'fever', 'a', 'cough #2']
    >>> keep = [[True, True, False, True, True, False]]
    >>> perturber.perturb("No cough, no fever; a cough?", keep)
    ['No cough,  fever; a ?']
    >>> masked = TextPerturber(unit="word", mask_token="[MASK]")
    >>> masked.perturb("a rose is a rose", [[True, False, True]])
    ['a [MASK] is a [MASK]']
    """

    kind = "text"

    _parameter_constraints: dict = {
        "tokenizer": [StrOptions({*PATTERNS, "icu"}), callable],
        "unit": [StrOptions({"occurrence", "word"})],
    }

    def __init__(
        self,
        tokenizer: str | Callable[[str], Any] = "words",
        *,
        unit: Literal["occurrence", "word"] = "occurrence",
        mask_token: str | None = None,
        max_features: int = 100,
        min_count: int = 1,
        effects: Effects = "shapley",
    ) -> None:
        self.tokenizer = tokenizer
        self.unit = unit
        self.mask_token = mask_token
        self.max_features = max_features
        self.min_count = min_count
        self.effects = effects

    def fit(
        self, X: Any, column_names: Names | None = None, random_state: Seed = None
    ) -> Self:
        """Learn the most frequent tokens; see :class:`MaskPerturber`."""
        if is_categorical(X):
            raise ValueError(
                "TextPerturber is given a column of categories, and a text without "
                "some of its words is none of them. Make it a column of texts, as with "
                "X['note'].astype(str) in pandas and .cast(pl.String) in polars, or "
                "let a TabularPerturber take whole categories."
            )
        super().fit(X, column_names, random_state)
        # texts to come have other words, even if all of these have the same
        frequent = self.feature_names_[self.feature_names_ != OTHER]
        self.feature_names_ = np.append(frequent, OTHER)
        return self

    def learn(self, rows: Any, column_names: Names, random_state: Random) -> None:
        """Check the parameters; see :class:`MaskPerturber`."""
        check_parameters(self)
        check_count("max_features", self.max_features)
        check_count("min_count", self.min_count)
        if self.mask_token is not None and not isinstance(self.mask_token, str):
            raise TypeError(
                "The 'mask_token' parameter of TextPerturber must be a str, or None to "
                f"remove tokens. Got {self.mask_token!r:.60} instead."
            )
        self._memo = Memo()
        if callable(self.tokenizer):
            texts = map(_as_text, rows)
            cut = partial(token_spans, next(filter(None, texts), ""), self.tokenizer)
            check_deterministic("tokenizer", self.tokenizer, cut)

    def features(self, cell: Any) -> list[str]:
        """Names of the tokens of a text; see :class:`MaskPerturber`."""
        return list(self._read(cell).names)

    def perturb(self, cell: Any, masks: Masks) -> Any:
        """The text with only some of its tokens; see :class:`MaskPerturber`."""
        masks = np.asarray(masks, dtype=bool)
        tokenized = self._read(cell)
        if not tokenized.names:
            return [cell] * len(masks)
        return _masked(tokenized, masks, self.mask_token or "")

    def labels(self, cell: Any) -> np.ndarray:
        """The feature of every character; see :class:`MaskPerturber`."""
        tokenized = self._read(cell)
        labels = np.full(len(tokenized.text), -1)
        for (start, stop), feature in zip(
            tokenized.spans, tokenized.feature_of, strict=True
        ):
            labels[start:stop] = feature
        return labels

    def shown(self, cell: Any) -> Any:
        """The text, empty where it is missing; see :class:`MaskPerturber`."""
        return _as_text(cell)

    def describe(self, cell: Any) -> list[str]:
        """The token of every feature; see :class:`MaskPerturber`."""
        return list(self._read(cell).values)

    def inert(self, cell: Any) -> np.ndarray:
        """Features whose tokens are the mask; see :class:`MaskPerturber`."""
        if self.mask_token:
            return super().inert(cell)
        return np.zeros(len(self.features(cell)), dtype=bool)

    def column_names(self, names: Sequence[str]) -> Sequence[str]:
        """Tokens without the number of their occurrence; see :class:`MaskPerturber`."""
        tokens = [token_of(name) for name in names]
        return [OTHER if token is None else token for token in tokens]

    def _read(self, cell):
        text = _as_text(cell)
        memo = getattr(self, "_memo", None) or Memo()
        # every row is asked for its tokens several times, and tokenizers may be slow
        key = id(self.tokenizer), self.unit, self.max_features, text
        return memo(key, lambda: self._with_bytes(text))[0]

    def _with_bytes(self, text):
        """Tokens, and the tokenizer, so that no other one can have its id."""
        tokenized = self._tokenized(text)
        n_bytes = 8 * len(text) + 200 * (len(tokenized.spans) + len(tokenized.names))
        return (tokenized, self.tokenizer), n_bytes

    def _tokenized(self, text):
        spans = token_spans(text, self.tokenizer)
        tokens = [text[start:stop] for start, stop in spans]
        if self.unit == "word":
            position = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
            unit_of = np.array([position[token] for token in tokens], dtype=int)
            tokens = list(position)
            names = [occurrence_name(token, 1) for token in tokens]
        else:
            unit_of = np.arange(len(tokens))
            names = _numbered(tokens)
        feature_of_unit, names, values = _grouped(tokens, names, self.max_features)
        return _Read(text, spans, feature_of_unit[unit_of], names, values)


class _Read(NamedTuple):
    """A text and its features.

    Attributes
    ----------
    text : str
    spans : list of (int, int)
        Where tokens begin and end.
    feature_of : ndarray of int of shape (n_tokens,)
    names, values : list of str
        Of features: names, and what the text has there.
    """

    text: str
    spans: list
    feature_of: np.ndarray
    names: list
    values: list


def _as_text(cell):
    if isinstance(cell, str):
        return str(cell)
    if is_missing(cell):
        return ""
    raise TypeError(
        f"TextPerturber perturbs texts, but a row holds a {type(cell).__name__}. Give "
        "it one column (or key) of str; None, nan and pandas.NA are missing texts."
    )


def _numbered(tokens):
    n_occurrences, names = Counter(), []
    for token in tokens:
        n_occurrences[token] += 1
        names.append(occurrence_name(token, n_occurrences[token]))
    return names


def _grouped(tokens, names, max_features):
    """Neighbours put together to `max_features` features, if there are more."""
    n, size = len(tokens), min(len(tokens), max_features)
    feature_of = np.arange(n) * size // max(n, 1)
    starts = np.searchsorted(feature_of, np.arange(size + 1))
    chosen, values = [], []
    for start, stop in pairwise(starts.tolist()):
        first, last, alone = tokens[start], tokens[stop - 1], stop - start == 1
        chunk = chunk_name(first, last, start + 1, stop)
        chosen.append(names[start] if alone else chunk)
        values.append(first if alone else f"{first} ... {last}")
    return feature_of, chosen, values


def _masked(tokenized, masks, replacement):
    """For each mask the text with `replacement` for the tokens that are not kept."""
    pieces = np.empty(2 * len(tokenized.spans) + 1, dtype=object)
    end = 0
    for i, (start, stop) in enumerate(tokenized.spans):
        pieces[2 * i], pieces[2 * i + 1] = (
            tokenized.text[end:start],
            tokenized.text[start:stop],
        )
        end = stop
    pieces[-1] = tokenized.text[end:]
    texts = []
    for mask in masks:
        perturbed = pieces.copy()
        perturbed[1::2][~mask[tokenized.feature_of]] = replacement
        texts.append("".join(perturbed.tolist()))
    return texts
