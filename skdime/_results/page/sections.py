"""Sections of a page with the texts, series and images of a row."""

from html import escape
from typing import NamedTuple

import numpy as np

from skdime._results.page.bars import colour
from skdime._results.page.drawable import drawable, drawn_inputs
from skdime._results.page.drawings import drawing, grain, marked, unmarked
from skdime._results.page.numbers import number_writer
from skdime._results.page.words import brief

TITLES = ("On their own (UC)", "Only together (MI)")
_HEAD = (
    "<p class='sd-title' role='heading' aria-level='2'>"
    "<i class='sd-swatch'></i><bdi>{name}</bdi></p>"
)
_LEGEND = (
    "<p class='sd-legend'><span data-text>{}</span><i aria-hidden='true'></i>"
    "<span data-text>{}</span></p>"
)
_NOTE = (
    "<p class='sd-note'>Solid line: above zero, dashed: below, none: less than a "
    "twentieth of the largest.</p>"
)


class Colours(NamedTuple):
    """Colours of the features of one modality, for one row and one output.

    Attributes
    ----------
    shares : list of two lists of float
        Coefficients of UC and of MI as shares of the largest.
    limits : (str, str)
        The smallest and the largest number that a colour stands for.
    readouts : list of str
        Both coefficients of each feature, for who points at it.
    """

    shares: list
    limits: tuple
    readouts: list


def colours(coef, se):
    """Colours of the features of one modality.

    Parameters
    ----------
    coef, se : ndarray of shape (2, n_features)

    Returns
    -------
    colours : Colours
    """
    largest = float(np.nan_to_num(np.abs(coef)).max(initial=0))
    write = number_writer(coef)
    readouts = [
        ", ".join(
            f"{part} {write(value, True)} ± {write(error)}"
            for part, value, error in zip(("UC", "MI"), values, errors, strict=True)
        )
        for values, errors in zip(coef.T.tolist(), se.T.tolist(), strict=True)
    ]
    shares = np.round(np.nan_to_num(coef) / (largest or 1.0), 3).tolist()
    return Colours(shares, (write(-largest, True), write(largest, True)), readouts)


def shapes(explanation, row):
    """Markup of the inputs of a row, without colours.

    Returns
    -------
    markup : str
    """
    return "".join(
        _section(name, kind, drawn, [("", unmarked)])
        for name, kind, drawn in _drawn(explanation, row, slice(None))
    )


def coloured(explanation, row, c, features):
    """Markup of the inputs of a row, in the colours of one output.

    Parameters
    ----------
    explanation : Explanation
    row, c : int
        Positions of the row and the output.
    features : RowFeatures
        Those that the row has.

    Returns
    -------
    markup : str
    """
    sections = []
    for name, kind, drawn in _drawn(explanation, row, [c]):
        positions, coef, se = features.of_modality(name)
        shares, limits, _ = colours(coef[..., c], se[..., c])
        figures = [
            (title, marked(dict(zip(positions.tolist(), share, strict=True))))
            for title, share in zip(TITLES, shares, strict=True)
        ]
        sections.append(_section(name, kind, drawn, figures, limits))
    return "".join(sections)


def _drawn(explanation, row, outputs):
    """Name, class of colour and what is drawn, for each modality that can be drawn."""
    coef = np.nan_to_num(np.abs(explanation.coef[row][..., outputs]))
    sizes = coef.max(axis=(0, 2), initial=0)
    names = explanation.modality_names.tolist()
    for name, modality_input in drawn_inputs(explanation).items():
        drawn = drawable(modality_input, row, explanation.feature_names, sizes)
        yield name, colour(names.index(name)), drawn


def _section(name, kind, drawn, figures, limits=("", "")):
    """One modality of a row: the figures, and what their strongest colours stand for.

    Parameters
    ----------
    name : str
        The modality.
    kind : str
        Its class of colour.
    drawn : dict
        See ``drawable``.
    figures : list of (str, callable)
        Title of each figure, and attributes of its elements.
    limits : (str, str)
        Texts of the smallest and the largest number that colours stand for.
    """
    name = escape(brief(name))
    pieces = [_figure(name, drawn, *figure) for figure in figures]
    if drawn["kind"] == "image":
        pieces.insert(0, _original(name, drawn))
    note = _NOTE + _left_out(drawn) if drawn["kind"] == "text" else ""
    return (
        f"<section class='sd-input {kind}' aria-label='{name}'>"
        f"{_HEAD.format(name=name)}"
        f"<div class='sd-figures sd-{drawn['kind']}-figures'>{''.join(pieces)}</div>"
        f"{_LEGEND.format(*limits)}{note}</section>"
    )


def _left_out(drawn):
    """How much of a text there is, where it is not all of it."""
    if drawn["characters"] == drawn["length"]:
        return ""
    return (
        f"<p class='sd-note'>Of {drawn['length']:,} characters those around the "
        "strongest tokens; the list of features names the others.</p>"
    )


def _figure(name, drawn, title, attributes):
    about = f"{name}, {title}" if title else name
    return (
        f"<figure class='sd-coloured'><figcaption>{title}</figcaption>"
        f"{drawing(drawn, attributes, about)}</figure>"
    )


def _original(name, drawn):
    drawn_size = _size_text(drawn["labels"].shape)
    size = f"{_size_text(drawn['size'])} pixels"
    reduced = f"<p class='sd-note'>{size}, drawn with {drawn_size}</p>"
    return (
        "<figure><figcaption>As it is</figcaption>"
        f"<div class='sd-image{grain(drawn)}'>"
        f"<img src='{drawn['uri']}' alt='{name}, {size}'></div>"
        f"{'' if drawn['labels'].shape == drawn['size'] else reduced}</figure>"
    )


def _size_text(shape):
    height, width = shape
    return f"{width} \N{MULTIPLICATION SIGN} {height}"
