"""Names and values of an explanation as short texts."""

from unicodedata import bidirectional

import numpy as np

from skdime._results.output_text import output_phrase
from skdime._utils.controls import plain
from skdime._utils.listed import count

# Two or three lines of a page, and of a list's first column.
_LONGEST, _LONGEST_NAME = 200, 60
# First strong isolate, and its end: what <bdi> does where there is no markup.
_ISOLATE, _END = "\u2068", "\u2069"


def shortened(text):
    """A name or value that does not fill the page."""
    text = plain(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def brief(text):
    """A name in one or two lines, its direction as it is written.

    The end of a long name stays: it often tells the name from others.
    """
    text = shortened(text)
    return text if len(text) <= _LONGEST_NAME else f"{text[:38]}…{text[-20:]}"


def isolated(text):
    """A name inside of a sentence, which keeps its own direction if it is from "
    "right."""
    turns = any(bidirectional(letter) in ("R", "AL", "AN") for letter in text)
    return f"{_ISOLATE}{text}{_END}" if turns else text


def quantity(explanation, c):
    """What an output measures: its unit, with its name where it says something."""
    name = str(explanation.output_names[c])
    if len(explanation.output_names) == 1 and name == "output":
        return brief(explanation.unit)
    phrase = output_phrase(
        explanation.decomposition,
        explanation.unit,
        c,
        quote=lambda name: isolated(shortened(name)),
    )
    return f"{brief(explanation.unit)} of {phrase}"


def rows_with(explanation):
    """How many rows have each feature."""
    return (~np.isnan(explanation.coef).all(axis=(1, 3))).sum(axis=0)


def rows_texts(explanation, features):
    """In how many rows features are, such as " (3 of 60 rows)"; empty where in all."""
    n, n_with = len(explanation), rows_with(explanation)[features].tolist()
    return [f" ({k} of {count(n, 'row')})" if k < n else "" for k in n_with]


def value_texts(explanation, row, features):
    """The row's values in features, in few letters; empty where the name says it."""
    names = explanation.feature_names[features]
    texts = explanation.feature_values[row, features]
    pairs = zip(names.tolist(), texts.tolist(), strict=True)
    return ["" if text == name else f" = {_value(text)}" for name, text in pairs]


def _value(text):
    try:
        value = float(text)
    except ValueError:
        return brief(text)
    # an integer may be the number of a case: all of its digits count
    return text if len(text) <= 8 or "." not in text else f"{value:.4g}"
