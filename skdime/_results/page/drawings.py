"""Texts, series and images of one row as markup.

Each part of a drawing that belongs to a feature is one element with ``data-f``, the
position of the feature. Its colour follows from the class ``sd-up`` or ``sd-down``
and the variable ``--share``, its coefficient as a share of the largest of the
modality. A notebook has them in the markup; on the page the script sets them, for
each output anew.
"""

from html import escape

import numpy as np

from skdime._results.labels import runs
from skdime._results.page.numbers import number_writer
from skdime._results.page.outlines import outlines
from skdime._results.page.words import brief
from skdime._utils.controls import plain

# The style lets texts of more than 13 lines scroll, about 30 letters each on a phone;
# keys have to reach them.
_MANY = 400


def unmarked(f):
    """Attributes of an element of feature `f`, which the script colours."""
    return f" data-f='{f}'"


def marked(share_of):
    """Attributes by feature, coloured.

    Parameters
    ----------
    share_of : dict of int to float
        Coefficients as shares of the largest, between -1 and 1.
    """

    def attributes(f):
        share = share_of.get(f, 0)
        sign = "sd-down" if share < 0 else "sd-up"
        colour = f" class='{sign}' style='--share:{share:.3f}'" if share else ""
        return unmarked(f) + colour

    return attributes


def drawing(drawn, attributes, about):
    """The drawing of one modality of a row.

    Parameters
    ----------
    drawn : dict
        See ``drawable``.
    attributes : callable
        Attributes of the elements of a feature: :func:`unmarked`, or what
        :func:`marked` returns.
    about : str
        Markup of what the drawing shows, for who cannot see it.

    Returns
    -------
    markup : str
    """
    draw = {"text": _text, "series": _series, "image": _image}[drawn["kind"]]
    return draw(drawn, attributes, about)


def _text(drawn, attributes, about):
    pieces = drawn["pieces"]
    markup = "".join(_piece(piece, label, attributes) for piece, label in pieces)
    scrolls = sum(len(piece) for piece, _ in pieces) > _MANY
    reach = " tabindex='0' role='region'" if scrolls else ""
    return f"<p class='sd-text' dir='auto' aria-label='{about}'{reach}>{markup}</p>"


def _piece(piece, label, attributes):
    text = escape(plain(piece))
    return text if label < 0 else f"<span{attributes(label)}>{text}</span>"


def _series(drawn, attributes, about):
    return "".join(
        _channel(channel, attributes, about) for channel in drawn["channels"]
    )


def _channel(channel, attributes, about):
    """The curve on shaded segments; below it each segment's coefficient as a bar."""
    values = channel["y"][~np.isnan(channel["y"])]
    low, high = (values.min(), values.max()) if len(values) else (0, 0)
    write = number_writer([low, high])
    extent = f"{write(low)} to {write(high)}" if len(values) else "no values"
    name, length = escape(brief(channel["name"])), channel["length"]
    segments = [run for run in channel["runs"] if run[2] >= 0]
    edges = "".join(f"M{start - 0.5},0v146" for start, *_ in segments)
    drawn = [
        *(_segment(*run, attributes) for run in segments),
        f"<path class='sd-edge' d='M-0.5,125h{length}{edges}'/>",
        *_lines(channel["x"], channel["y"], low, high),
    ]
    return (
        f"<p class='sd-channel'><bdi>{name}</bdi>"
        f"<span>{extent}, {length} time points</span></p>"
        f"<svg class='sd-series' viewBox='-0.5 0 {length} 146' role='img' "
        f"preserveAspectRatio='none' aria-label='{about}, {name}'>"
        f"{''.join(drawn)}</svg>"
    )


def _segment(start, end, label, attributes):
    """Its ground, and its bar as it is for the largest coefficient."""
    place = f" x='{start - 0.5}' width='{end - start}'{attributes(label)}"
    return f"<rect y='0' height='100'{place}/><rect y='105' height='20'{place}/>"


def _lines(x, y, low, high):
    """The curve between 6 and 94, a constant one in the middle; nothing where nan."""
    height = 94 - 88 * (y - low) / (high - low) if high > low else 50 + 0 * y
    for start, end, has_value in runs(~np.isnan(y)):
        points = list(zip(x[start:end], height[start:end], strict=True))
        if len(points) == 1:  # a single value is a short line
            ((a, b),) = points
            points = [(a - 0.3, b), (a + 0.3, b)]
        if has_value:
            places = " ".join(f"{a},{b:.1f}" for a, b in points)
            yield f"<polyline points='{places}'/>"


def _image(drawn, attributes, about):
    """The image in grey, and over it its regions."""
    height, width = drawn["labels"].shape
    # the script takes the picture from the first figure: the page holds it once
    source = "" if attributes is unmarked else f" src='{drawn['uri']}'"
    regions = (
        f"<path d='{path}'{attributes(label)}/>"
        for label, path in outlines(drawn["labels"]).items()
    )
    return (
        f"<div class='sd-image sd-faded{grain(drawn)}'><img{source} alt=''>"
        f"<svg class='sd-over' viewBox='0 0 {width} {height}' role='img' "
        f"preserveAspectRatio='none' aria-label='{about}'>"
        f"{''.join(regions)}</svg></div>"
    )


def grain(drawn):
    """Single pixels stay squares in small images."""
    return " sd-grain" if max(drawn["labels"].shape) <= 100 else ""
