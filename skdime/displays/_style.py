"""Colours and words shared by the displays."""

# Okabe and Ito's palette, which colour-blind readers can tell apart; black left out.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#56B4E9", "#D55E00", "#F0E442")
INTERACTION = "#CC79A7"
TOTAL = "#7F7F7F"


def modality_colours(names, palette=None):
    """A colour for each modality, always the same for the same order of names."""
    palette = palette or PALETTE
    return {name: palette[i % len(palette)] for i, name in enumerate(names)}


def output_label(output, unit):
    """What an axis of outputs is called."""
    return unit if output == "output" else f"{unit} of {output!r}"


def shorten(text, length=28):
    """A name that fits beside an axis."""
    text = str(text)
    return text if len(text) <= length else text[: length - 1] + "…"


def short_value(text):
    """A cell as text, numbers to three digits."""
    try:
        return f"{float(text):.3g}"
    except ValueError:
        return shorten(text, 14)
