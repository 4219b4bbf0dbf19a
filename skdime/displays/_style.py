"""Colours shared by the displays, and the check of those that are given."""

from typing import NamedTuple

import numpy as np

# Okabe and Ito's palette, which colour-blind readers can tell apart; black left out.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#56B4E9", "#D55E00", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P")
INTERACTION = "#CC79A7"
# Greys that can be seen on white as well as on black.
TOTAL = "#7F7F7F"
LINE = "0.5"
# Blue and vermilion: below and above zero, low and high.
LOW, MIDDLE, HIGH = "#0072B2", "#B8A6C8", "#D55E00"
# So strong a tint leaves black and white letters legible on it.
STRONGEST_TINT = 0.6
# A dark line with a light rim is seen on every colour and on every ground.
WHISKER, RIM = "0.1", "1.0"
PART_TITLES = {"uc": "On their own (UC)", "mi": "Only together (MI)"}
WHISKERS = "Whiskers: 2 standard errors."

_HATCHES = ("", "////", "....", "xxxx")


class Tone(NamedTuple):
    """How a modality is drawn: areas in `face`, striped in `edge` if there is a hatch.

    Parameters
    ----------
    face, edge : colour
        Of areas and of their stripes; equal in the first round of a palette.
    hatch : str
        matplotlib's name of the stripes.
    marker : str
        Of dots.
    """

    face: str | tuple
    edge: str | tuple
    hatch: str
    marker: str

    @property
    def dots(self):
        """How matplotlib draws dots of this tone, striped ones with a rim."""
        style = {"facecolor": self.face, "edgecolor": self.edge, "alpha": 0.8}
        return style | {"linewidths": bool(self.hatch)}


REST = Tone(TOTAL, TOTAL, "", "o")
TOGETHER = Tone(INTERACTION, INTERACTION, "", "o")


def modality_tones(names, palette=None):
    """A tone for each modality, which follows from its place among all of them.

    Modalities beyond the length of the palette have its colours again, lighter and
    with stripes.

    Parameters
    ----------
    names : sequence of str
        All modalities of the explanation, also those that are not shown.
    palette : list of colours, default=None
        One for each modality; None takes colours that colour-blind readers tell apart.

    Returns
    -------
    tones : dict of str to Tone
    """
    palette = checked_palette(palette, len(names), "each modality")
    return {name: _tone(i, palette) for i, name in enumerate(names)}


def _tone(i, palette):
    from matplotlib.colors import to_rgb

    again, place = divmod(i, len(palette))
    colour, marker = palette[place], MARKERS[i % len(MARKERS)]
    if not again:
        return Tone(colour, colour, "", marker)
    lighter = tuple(0.5 + 0.5 * np.array(to_rgb(colour)))
    return Tone(lighter, colour, _HATCHES[again % len(_HATCHES)], marker)


def fill(patches, tones):
    """Give each patch its tone."""
    for patch, tone in zip(patches, tones, strict=True):
        patch.set(facecolor=tone.face, edgecolor=tone.edge, linewidth=0)
        patch.set_hatch(tone.hatch or None)


def checked_palette(palette, n_least, what, default=PALETTE):
    """A list of so many colours at least.

    Parameters
    ----------
    palette : object
        What the user gave; None takes the default.
    n_least : int
        How many colours are needed.
    what : str
        What has a colour.
    default : sequence of str
    """
    if palette is None:
        return default
    if isinstance(palette, str) or not np.iterable(palette):
        raise TypeError(
            f"`palette` must be a list of colours, one for {what}. Got "
            f"{palette!r:.60}; "
            f"of a colormap take some, such as plt.colormaps['viridis']([0.2, 0.8])."
        )
    colours = [c if isinstance(c, str) else tuple(c) for c in palette]
    if len(colours) < n_least:
        raise ValueError(
            f"`palette` must have at least {n_least} colours, one for {what}. Got "
            f"{len(colours)} instead: {colours}."
        )
    return [_checked_colour(colour) for colour in colours]


def _checked_colour(colour):
    from matplotlib.colors import is_color_like

    if is_color_like(colour):
        return colour
    raise ValueError(
        f"`palette` holds {colour!r:.60}, which is no colour to matplotlib. Give names "
        'such as "tab:blue", "#rrggbb", or tuples of three numbers from 0 to 1.'
    )


def values_colours(palette=None):
    """A colour map from low to high, both ends and the middle visible on any ground."""
    from matplotlib.colors import LinearSegmentedColormap

    ends = "the lowest and the highest value"
    palette = checked_palette(palette, 2, ends, (LOW, MIDDLE, HIGH))
    return LinearSegmentedColormap.from_list("values", palette)


def tints(palette=None, strongest=STRONGEST_TINT):
    """A colour map from below to above zero that leaves zero transparent."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgba

    low, high = checked_ends(palette)
    alphas = [(low, strongest), (low, 0), (high, 0), (high, strongest)]
    ends = [to_rgba(colour, alpha) for colour, alpha in alphas]
    nodes = zip([0, 0.5, 0.5, 1], ends, strict=True)
    return LinearSegmentedColormap.from_list("tints", list(nodes))


def checked_ends(palette):
    """The colours of what is below and above zero."""
    colours = checked_palette(palette, 2, "below and one for above zero", (LOW, HIGH))
    if len(colours) > 2:
        raise ValueError(
            "`palette` must have 2 colours, one for below and one for above zero. Got "
            f"{len(colours)} instead: {colours}."
        )
    return colours
