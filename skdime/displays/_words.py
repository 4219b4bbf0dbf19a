"""Names and numbers as they are written in the displays."""

from math import floor, log10

import numpy as np

from skdime._utils.controls import plain
from skdime._utils.listed import count

TIMES = "\N{MULTIPLICATION SIGN}"
# Keeps a line together.
NO_BREAK = "\N{NO-BREAK SPACE}"
_MINUS, _DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


def shorten(text, length=28):
    """A name that fits beside an axis, drawn as it is written.

    What is too long is cut in the middle: the end often tells a name from others.
    """
    return literal(cut(text, length))


def literal(text):
    """A text in which matplotlib sees no formula."""
    return text.replace("$", r"\$")


def cut(text, length):
    """A text in at most `length` letters."""
    text = _in_line(text)
    if len(text) <= length:
        return text
    end = max(0, (length - 1) * 2 // 5)
    head = text[: max(1, length - 1 - end)]
    return f"{head}…{text[len(text) - end :]}"


def _in_line(text):
    """A text without line breaks, and without what no picture can show."""
    return " ".join(plain(text).split())


def shorten_all(texts, length):
    """Names of about `length` letters that can be told apart.

    Parameters
    ----------
    texts : sequence of str
    length : int

    Returns
    -------
    names : list of str
        Of texts that would look alike the part in which they differ is kept; what is
        then still equal is numbered, unless the texts are.
    """
    texts = list(map(_in_line, texts))
    names = [cut(text, length) for text in texts]
    alike = _groups(names, texts)
    names = [
        name if len(alike[name]) == 1 else _cut_to_differ(text, alike[name], length)
        for name, text in zip(names, texts, strict=True)
    ]
    alike = _groups(names, texts)
    return [
        literal(name + f" ({alike[name].index(text) + 1})" * (len(alike[name]) > 1))
        for name, text in zip(names, texts, strict=True)
    ]


def _groups(names, texts):
    """The different texts that have a name, for every name."""
    groups = {}
    for name, text in zip(names, texts, strict=True):
        groups.setdefault(name, {})[text] = None
    return {name: list(group) for name, group in groups.items()}


def _cut_to_differ(text, group, length):
    """A text cut around the letters in which a group of texts differs."""
    columns = enumerate(zip(*group, strict=False))
    same = next((i for i, letters in columns if len({*letters}) > 1), 0)
    head = max(1, length // 3)
    rest = length - head - 2
    start = max(head, same - rest // 2)
    end = "…" if start + rest < len(text) else ""
    return f"{text[:head]}…{text[start : start + rest]}{end}"


def some_of(n_drawn, n, what):
    """How many things are drawn, of how many; None for all of them."""
    n = n or n_drawn
    return count(n, what) if n_drawn >= n else f"{n_drawn:,} of {count(n, what)}"


def short_value(text, length):
    """A cell as text, numbers to three digits, or as many as are before the point."""
    try:
        number = float(text)
    except ValueError:
        return cut(text, length)
    if 1e3 <= abs(number) < 1e6:
        return f"{number:,.0f}"
    return f"{number:.3g}"


def with_values(names, values, length):
    """Names of one modality with what a row holds, in `length` letters."""
    texts = [short_value(value, max(6, length // 4)) for value in values]
    ends = [f" = {literal(text)}" for text in texts]
    left = length - max(map(len, ends), default=0)
    names = shorten_all(names, max(6, left))
    return [name + end for name, end in zip(names, ends, strict=True)]


def feature_labels(modalities, names, values=None, length=60):
    """Features with their modalities, and what the row holds, in `length` letters.

    A value that the name says already is left out.
    """
    values = [None] * len(names) if values is None else values
    longest = max(10, length // 4)
    ends = [
        "" if value in (None, name) else f" = {literal(short_value(value, longest))}"
        for name, value in zip(names, values, strict=True)
    ]
    heads = shorten_all(modalities, max(4, length // 3))
    left = length - max(map(len, heads), default=0) - max(map(len, ends), default=0)
    names = shorten_all(names, max(8, left - 2))
    parts = zip(heads, names, ends, strict=True)
    return [f"{head}: {name}{end}" for head, name, end in parts]


def output_label(phrase, unit, length=60):
    """What an axis of outputs is called, the phrase of one in `length` letters."""
    if phrase == repr("output"):
        return shorten(unit, length)
    return f"{shorten(unit, length)} of {shorten(phrase, length)}"


def describe_fit(r2, names, length=60):
    """R2 of the surrogates, of each modality where that fits, or their span."""
    # nan, where a part does not vary, is not equal to itself
    varying = [(n, v) for n, v in zip(names, r2, strict=True) if v == v]
    if not varying:
        return "R2: nothing varies"
    each = "R2: " + ", ".join(f"{shorten(n, 14)} {value:.2f}" for n, value in varying)
    if len(each) <= length:
        return each
    values = [value for _, value in varying]
    return f"R2: {min(values):.2f} to {max(values):.2f}"


class Writer:
    """Writes numbers that add up, all with the same number of decimals.

    The largest change has four digits. Sizes far from 1 are written without their
    power of ten, which :attr:`unit` names.

    Parameters
    ----------
    changes : array-like of float
        Steps, which decide about the decimals.
    totals : array-like of float
        Further numbers to write; they may be much larger.
    """

    def __init__(self, changes, totals=()):
        step, total = _largest(changes), _largest(totals)
        step = step or total or 1.0
        power = floor(log10(step))
        # a float has no more than 15 digits to be written
        least = floor(log10(max(step, total))) - 14
        self.power = 0 if power > -5 and max(step, total) < 1e15 else power
        if power >= 6 and total < 1e3 * step:
            self.power = power
        self._decimals = max(0, min(3 - power, -least) + self.power)

    @property
    def unit(self):
        """What to say of the power of ten, nothing where there is none."""
        return f" ({TIMES} 1e{self.power})".replace("-", _MINUS) if self.power else ""

    def __call__(self, value, signed=False):
        """The text of a number; a dash for what is not finite."""
        if not np.isfinite(value):
            return _DASH
        text = f"{abs(value) / 10.0**self.power:,.{self._decimals}f}"
        if not text.strip("0.,"):
            return text
        return (_MINUS if value < 0 else "+" if signed else "") + text


def _largest(values):
    sizes = np.abs(np.asarray(values, dtype=float))
    return float(np.max(sizes, initial=0.0, where=np.isfinite(sizes)))
