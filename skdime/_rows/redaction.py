"""Texts without the words and numbers of rows that they are about."""

import re

import numpy as np

from skdime._rows.containers import column, is_frame, is_multimodal, kind_of

# Stands for a word or a number that was left out.
HIDDEN = "\N{HORIZONTAL ELLIPSIS}"
_NUMBER = re.compile(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?")
_TOKEN = re.compile(rf"{_NUMBER.pattern}(?!\w)|\w+")
# Messages write numbers with six digits and more.
_DIGITS = 1e-6


def redacted(text, containers):
    """A text in which words and numbers of rows are left out.

    Parameters
    ----------
    text : str
        As from an error of a model, which may quote its input.
    containers : list of containers of rows

    Returns
    -------
    text : str
        With `HIDDEN` in place of each word that any row holds, in upper or lower case,
        and of each number that is one of theirs.
    """
    words, numbers = set(), []
    for rows in containers:
        _collect(rows, words, numbers)
    numbers = np.concatenate(numbers) if numbers else np.array([])

    def hide(match):
        token = match[0]
        is_theirs = token.casefold() in words
        if _NUMBER.fullmatch(token):
            near = np.abs(numbers - float(token)) <= _DIGITS * np.abs(numbers)
            is_theirs |= bool(near.any())
        return HIDDEN if is_theirs else token

    return _TOKEN.sub(hide, text)


def _collect(rows, words, numbers):
    """Add the words and the numbers of a container to those collected so far."""
    if is_multimodal(rows):
        for block in rows.values():
            _collect(block, words, numbers)
    elif is_frame(rows):
        for position in range(rows.shape[1]):
            _collect_items(np.asarray(column(rows, position)), words, numbers)
    elif kind_of(rows) == "sparse matrix":
        _collect_items(rows.data, words, numbers)
    else:
        _collect_items(rows, words, numbers)


def _collect_items(items, words, numbers):
    if isinstance(items, str):
        words.update(match[0].casefold() for match in re.finditer(r"\w+", items))
    elif isinstance(items, np.ndarray) and items.dtype.kind in "biuf":
        numbers.append(items.ravel().astype(float))
    elif isinstance(items, (list, tuple, np.ndarray)):
        for item in np.ravel(items) if isinstance(items, np.ndarray) else items:
            _collect_items(item, words, numbers)
    elif isinstance(items, (int, float, np.number)):
        numbers.append(np.array([items], dtype=float))
