"""Colours and words shared by the displays."""

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
PART_TITLES = {"uc": "On their own (UC)", "mi": "Only together (MI)"}
WHISKERS = "whiskers: 2 standard errors"


def modality_colours(names, palette=None):
    """A colour for each modality, always the same for the same order of names."""
    palette = palette or PALETTE
    return {name: palette[i % len(palette)] for i, name in enumerate(names)}


def values_colours(palette=None):
    """A colour map from low to high, both ends and the middle visible on any ground."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("values", palette or [LOW, MIDDLE, HIGH])


def tints(palette=None, strongest=STRONGEST_TINT):
    """A colour map from below to above zero that leaves zero transparent."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgba

    low, high = palette or (LOW, HIGH)
    alphas = [(low, strongest), (low, 0), (high, 0), (high, strongest)]
    ends = [to_rgba(colour, alpha) for colour, alpha in alphas]
    nodes = zip([0, 0.5, 0.5, 1], ends, strict=True)
    return LinearSegmentedColormap.from_list("tints", list(nodes))


def output_label(output, unit):
    """What an axis of outputs is called."""
    return unit if output == "output" else f"{unit} of {shorten(repr(output), 40)}"


def shorten(text, length=28):
    """A name that fits beside an axis, drawn as it is written."""
    text = " ".join(str(text).split())
    text = text if len(text) <= length else text[: max(1, length - 1)] + "…"
    return text.replace("$", r"\$")  # matplotlib would read a formula


def counted(n, what):
    """A number of things in words."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def short_value(text):
    """A cell as text, numbers to three digits."""
    try:
        return f"{float(text):.3g}"
    except ValueError:
        return shorten(text, 14)


def feature_label(modality, name, value=None, room=60):
    """A feature with its modality, and what the row holds, in `room` characters."""
    end = "" if value is None else f" = {short_value(value)}"
    head = shorten(modality, max(4, min(14, room // 3)))
    return f"{head}: {shorten(name, min(28, room - len(head) - 2 - len(end)))}{end}"


def describe_fit(r2, names, room=60):
    """R2 of the surrogates, of each modality where that fits, or their span."""
    known = [(n, value) for n, value in zip(names, r2, strict=True) if value == value]
    if not known:
        return "R2: nothing varies"
    each = "R2: " + ", ".join(f"{shorten(n, 14)} {value:.2f}" for n, value in known)
    if len(each) <= room:
        return each
    values = [value for _, value in known]
    return f"R2: {min(values):.2f} to {max(values):.2f}"
