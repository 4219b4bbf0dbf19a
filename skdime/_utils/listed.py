"""Long lists and long values in messages, which may be read by anybody."""

import re

import numpy as np

from skdime._utils.controls import plain

# Messages end up in logs. They quote as much of a value as tells it from others.
LONGEST, MOST_OF_A_MESSAGE = 60, 300
# From the first mark to the last: texts hold apostrophes, too.
_QUOTED = re.compile(rf"(['\"])(.{{{LONGEST}}}).*\1", re.DOTALL)


def listed(values, n=5, write=repr):
    """The first values as text; an ellipsis stands for the others.

    Parameters
    ----------
    values : sequence
    n : int, default=5
        How many are written out.
    write : callable, default=repr
        From a value to its text, which is cut at 60 characters.

    Examples
    --------
    >>> listed(["age", "sex", "bmi"], n=2)
    "'age', 'sex', ..."
    """
    ellipsis = ["..."] if len(values) > n else []
    texts = [shortened(write(value)) for value in values[:n]]
    return ", ".join([*texts, *ellipsis])


def count(n, noun):
    """Such as ``1 row``, ``1,234 rows`` and ``2 modalities``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("ty") else f"{noun}s"
    return f"{n:,} {noun if n == 1 else plural}"


def shortened(text):
    """A text of at most 60 characters, the last of which tells of more."""
    text = plain(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def quoting_little(error):
    """The text of an error of a library, which may quote all of a value."""
    text = _QUOTED.sub(r"\1\2…\1", str(error))
    return text[:MOST_OF_A_MESSAGE]


def quote_less(error):
    """Cut what an error of a model quotes of values, in place; its type remains.

    Checks within models quote whole texts of rows, and messages end up in logs. Short
    messages stay as they are.

    Parameters
    ----------
    error : Exception
    """
    (text,) = error.args if len(error.args) == 1 else (None,)
    if isinstance(text, str) and len(text) > MOST_OF_A_MESSAGE:
        error.args = (_QUOTED.sub(r"\1\2…\1", text),)


def largest(names, sizes, texts, n=5):
    """Names with texts, of many the ones of the largest size, in their order.

    Parameters
    ----------
    names : sequence of str
        Each is cut at 60 characters.
    sizes : array-like of shape (n_names,)
        nan is the smallest.
    texts : sequence of str
        What is written beside each name.
    n : int, default=5
        How many are written out.

    Examples
    --------
    >>> largest(["age", "sex", "bmi"], [0.3, 0.1, 0.2], ["0.3", "0.1", "0.2"], n=2)
    'age 0.3, bmi 0.2, and 1 smaller'
    """
    order = np.argsort(-np.nan_to_num(np.abs(sizes)), kind="stable")
    chosen = sorted(order[:n].tolist())
    parts = [f"{shortened(names[i])} {texts[i]}" for i in chosen]
    more = len(names) - len(chosen)
    return ", ".join([*parts, *([f"and {more} smaller"] if more else [])])


def first_lines(lines, n=20):
    """Lines as one text, of many the first ones."""
    more = [f"  and {len(lines) - n} lines more"] if len(lines) > n else []
    return "\n".join([*lines[:n], *more])
