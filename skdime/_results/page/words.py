"""Names and values of an explanation as short texts."""

# Two or three lines of a page, and of a list's first column.
_LONGEST, _LONGEST_NAME = 200, 60
# Characters that reverse the direction of the text after them.
_WITHOUT_OVERRIDES = str.maketrans("\u202d\u202e", "\ufffd\ufffd")


def shortened(text):
    """A name or value that does not fill the page."""
    text = str(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def brief(text):
    """A name in one or two lines, its direction as it is written.

    The end of a long name stays: it often tells the name from others.
    """
    text = forward(shortened(text))
    return text if len(text) <= _LONGEST_NAME else f"{text[:38]}…{text[-20:]}"


def forward(text):
    """Without the characters that would turn the letters after them round."""
    return text.translate(_WITHOUT_OVERRIDES)


def quantity(explanation, c):
    """What an output measures: its unit, with its name where it says something."""
    name = str(explanation.output_names[c])
    if len(explanation.output_names) == 1 and name == "output":
        return explanation.unit
    return f"{explanation.unit} of {shortened(name)}"


def count(n, noun):
    """Such as ``1,234 rows``."""
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


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
