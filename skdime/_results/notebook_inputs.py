"""Texts, series and images of one row as markup, coloured by UC and by MI."""

from html import escape

import numpy as np

from skdime._results.drawable import drawable
from skdime._results.markup import number_writer
from skdime._results.pixels import png_uri

_TITLES = ("On their own (UC)", "Only together (MI)")
_LOW, _HIGH = (0, 114, 178), (213, 94, 0)
# How far the strongest colour hides what is under it.
_STRONGEST = 0.75
# A text of more letters scrolls.
_MANY = 1000


def inputs_of_row(explanation, row, c):
    """What one row holds of texts, series and images, for one output.

    Parameters
    ----------
    explanation : Explanation
    row, c : int
        Positions of the row and the output.

    Returns
    -------
    markup : str
        In the style of the report, without a script.
    """
    coef = np.nan_to_num(explanation.coef[row, :, :, c])
    sections = []
    for name, held in explanation.inputs.items():
        drawn = drawable(held, row, explanation.feature_names)
        mine = coef[:, explanation.feature_modalities == name]
        sections.append(_section(name, drawn, coef, np.abs(mine).max(initial=0)))
    return "".join(sections)


def _section(name, drawn, coef, limit):
    draw = {"text": _text, "series": _series, "image": _image}[drawn["kind"]]
    # label -1 is no feature and picks the last
    shares = np.column_stack([coef / (limit or 1), [0, 0]])
    figures = [
        f"<figure><figcaption>{title}</figcaption>"
        f"{draw(drawn, share, f'{name}, {title}')}</figure>"
        for title, share in zip(_TITLES, shares, strict=True)
    ]
    if drawn["kind"] == "image":
        original = f"<img src='{drawn['uri']}' alt='{escape(name)}'>"
        figures.insert(
            0,
            "<figure><figcaption>As it is</figcaption>"
            f"<div class='sd-image{_grain(drawn)}'>{original}</div></figure>",
        )
    write = number_writer([limit])
    three = " sd-three" if drawn["kind"] == "image" else ""
    return (
        f"<p><strong>{escape(name)}</strong></p>"
        f"<div class='sd-pair{three}'>{''.join(figures)}</div>"
        f"<p class='sd-legend'><span>{write(-limit, True)}</span>"
        f"<i aria-hidden='true'></i><span>{write(limit, True)}</span></p>"
    )


def _text(drawn, share, about):
    markup = "".join(_piece(piece, share[label]) for piece, label in drawn["pieces"])
    n_letters = sum(len(piece) for piece, _ in drawn["pieces"])
    scrolls = f" tabindex='0' role='region' aria-label='{escape(about)}'"
    reach = scrolls if n_letters > _MANY else ""
    return f"<p class='sd-text' dir='auto'{reach}>{markup}</p>"


def _piece(piece, share):
    # what would turn the letters that follow round is shown as a replaced letter
    text = escape(piece.replace("\u202d", "\ufffd").replace("\u202e", "\ufffd"))
    if not share:
        return text
    sign = "" if abs(share) < 0.05 else " sd-down" if share < 0 else " sd-up"
    style = f"background-color:{_tint(0.8 * share)}"
    return f"<span class='sd-token{sign}' style='{style}'>{text}</span>"


def _tint(share):
    red, green, blue = _LOW if share < 0 else _HIGH
    return f"rgba({red},{green},{blue},{_STRONGEST * abs(share):.3f})"


def _series(drawn, share, about):
    return "".join(_channel(channel, share, about) for channel in drawn["channels"])


def _channel(channel, share, about):
    """The curve on shaded segments, 100 high, whatever its unit."""
    known = [y for y in channel["y"] if y is not None]
    low, high = (min(known), max(known)) if known else (0, 0)
    shades = [
        f"<rect x='{start - 0.5}' y='0' width='{stop - start}' height='100' "
        f"fill='{_tint(share[label])}'/>"
        for start, stop, label in channel["runs"]
        if share[label]
    ]
    lines = [_line(points, low, high) for points in _stretches(channel)]
    write = number_writer([low, high])
    name, length = escape(channel["name"]), channel["length"]
    told = f"{write(low)} to {write(high)}, {length} time points"
    return (
        f"<p class='sd-channel'><span>{name}</span><span>{told}</span></p>"
        f"<svg class='sd-series' viewBox='-0.5 0 {length} 100' role='img' "
        f"preserveAspectRatio='none' aria-label='{escape(about)}, {name}'>"
        f"{''.join(shades + lines)}</svg>"
    )


def _line(points, low, high):
    places = (f"{x},{94 - 88 * (y - low) / (high - low or 1):.1f}" for x, y in points)
    return f"<polyline points='{' '.join(places)}'/>"


def _stretches(channel):
    """Known values that follow one another; a single one as a short line."""
    found = [[]]
    for x, y in zip(channel["x"], channel["y"], strict=True):
        if y is None:
            found.append([])
        else:
            found[-1].append((x, y))
    return [
        line if len(line) > 1 else [(x - 0.3, y), (x + 0.3, y)]
        for line in found
        for x, y in line[:1]
    ]


def _image(drawn, share, about):
    """The image in grey, and over it the colours of its segments."""
    counts, labels = np.transpose(drawn["runs"])
    painted = np.repeat(share[labels], counts).reshape(drawn["shape"])
    colours = np.where(painted[..., None] < 0, _LOW, _HIGH) / 255
    over = np.dstack([colours, _STRONGEST * np.abs(painted)])
    return (
        f"<div class='sd-image sd-faded{_grain(drawn)}'>"
        f"<img src='{drawn['uri']}' alt=''>"
        f"<img class='sd-over' src='{png_uri(over)}' alt='{escape(about)}'></div>"
    )


def _grain(drawn):
    """Single pixels stay squares in small images."""
    return " sd-grain" if max(drawn["shape"]) <= 100 else ""
