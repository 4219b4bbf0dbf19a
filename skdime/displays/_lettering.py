"""Texts of the displays, which stay within the picture."""

from itertools import combinations
from math import ceil

from skdime.displays._words import TIMES

# Mean width and height of a letter, in sizes of the letters.
WIDTH, LINE_HEIGHT = 0.6, 1.25
# In points; smaller ones are not legible on a screen.
_LEAST_LETTERS = 5.0


def with_sized_words(axes):
    """Fix the sizes of names of an axis and its ticks, some of which come later."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties

    for axis in ("x", "y"):
        size = FontProperties(size=rcParams[f"{axis}tick.labelsize"]).get_size()
        axes.tick_params(axis=axis, which="both", labelsize=size)
        getattr(axes, f"{axis}axis").label.set_size(rcParams["axes.labelsize"])
    return axes


def letter_size():
    """Size of the letters, in points."""
    from matplotlib import rcParams

    return rcParams["font.size"]


def letters_in(inches, size=None):
    """How many letters fit into so many inches."""
    return max(8, int(72 * inches / (WIDTH * (size or letter_size()))))


def room(axes, share=1.0):
    """How many letters fit into a share of the width of an axis."""
    return letters_in(share * axes.get_window_extent().width / axes.figure.dpi)


def upright_room(axes, share=1.0):
    """How many letters fit beside a share of the height of an axis."""
    return letters_in(share * axes.get_window_extent().height / axes.figure.dpi)


def wrap(text, length):
    """A text in lines of at most `length` letters."""
    from textwrap import wrap as lines

    return "\n".join(part for line in text.split("\n") for part in lines(line, length))


def label_x(axes, text):
    """Name a horizontal axis, in lines that are no wider."""
    axes.set_xlabel(wrap(text, room(axes)))


def label_y(axes, text):
    """Name a vertical axis, in lines that are no longer."""
    axes.set_ylabel(wrap(text, upright_room(axes)))


def titled(axes, text):
    """Give an axis a title that is no wider."""
    axes.set_title(wrap(text, room(axes)), loc="left", fontsize="medium")


def tick_size(axes, n_ticks):
    """A size of letters at which `n_ticks` names fit beside an axis."""
    height = axes.get_window_extent().height / axes.figure.dpi * 72
    return max(_LEAST_LETTERS, min(letter_size(), 0.85 * height / max(1, n_ticks)))


def name_rows(axes, labels):
    """Names of rows beside an axis, the first one on top."""
    axes.set_yticks(range(len(labels)), labels, fontsize=tick_size(axes, len(labels)))
    axes.set_ylim(len(labels) - 0.4, -0.6)


def fit_rows(axes):
    """Letters of rows as large as they fit, of an axis that is laid out."""
    bottom, top = axes.get_ylim()
    size = tick_size(axes, bottom - top)
    for text in (*axes.get_yticklabels(), *axes.texts):
        text.set_fontsize(size)
    _line_up(axes)


def write_numbers(axes, texts):
    """Numbers of rows on the right of an axis, below one another."""
    style = {"textcoords": "offset points", "ha": "right", "va": "center"}
    for row, text in enumerate(texts):
        axes.annotate(text, (1, row), (0, 0), axes.get_yaxis_transform(), **style)
    _line_up(axes)


def _line_up(axes):
    """Move numbers so far to the right that the widest has room."""
    widths = [text.get_window_extent().width for text in axes.texts]
    widest = max(widths, default=0) / axes.figure.dpi * 72
    for text in axes.texts:
        text.xyann = (widest + 4, 0)


def head_and_foot(panels, title, label, notes=""):
    """A title, a label shared by all panels, and notes, as wide as all of it.

    Parameters
    ----------
    panels : Panels
        Laid out, so that its widths are known.
    title : str
        Is written above, in bold letters.
    label : str
        What the horizontal axes are called.
    notes : str, default=""
        Small letters below.
    """
    left, right = _extent(panels)
    width = (right - left) / 72
    style = {"textcoords": "offset points", "xycoords": "axes fraction"}
    title = wrap(title, letters_in(width, 1.1 * letter_size()))
    panels.head.annotate(title, (0, 0), (left, 0), va="bottom", weight="bold", **style)
    label = wrap(label, room(panels.foot, 1.1))
    centred = {"va": "top", "ha": "center", **style}
    panels.label = panels.foot.annotate(label, (0.5, 1), xytext=(0, 0), **centred)
    start = left, -LINE_HEIGHT * letter_size() * (label.count("\n") + 1) - 4
    small = 0.83 * letter_size()
    notes = wrap(notes, letters_in(width, 0.95 * small))
    panels.foot.annotate(notes, (0, 1), start, va="top", fontsize=small, **style)


def _extent(panels):
    """Where texts beside the panels start and end, in points from the foot's start."""
    boxes = [axes.get_tightbbox() for axes in panels.axes.ravel()]
    start = panels.foot.get_window_extent().x0
    ends = min(box.x0 for box in boxes), max(box.x1 for box in boxes)
    return [72 * (end - start) / panels.figure.dpi for end in ends]


def legend_above(axes, handles, names, title):
    """A legend above an axis, under its title; names are shortened already."""
    width = room(axes)
    n_columns = max(1, min(len(names), width // (max(map(len, names), default=1) + 7)))
    n_columns = ceil(len(names) / ceil(len(names) / n_columns)) if names else 1
    return axes.legend(
        handles,
        ["\u200b" + name for name in names],  # a leading "_" would hide the entry
        title=wrap(title, room(axes, 0.9)),
        ncols=n_columns,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        borderaxespad=0.2,
        frameon=False,
        alignment="left",
    )


def open_frame(axes):
    """Leave of the frame of an axis what has numbers."""
    axes.spines[["top", "right"]].set_visible(False)


def share_axis(axes):
    """Make a horizontal axis one of shares, from 0 to all."""
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter("{x:.0%}")


def clean(axes):
    """Remove what frames an axis of bars."""
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)


def thin_ticks(panels):
    """Put fewer ticks on horizontal axes where what is written at them would touch.

    Panels with the same limits keep the same ticks.

    Parameters
    ----------
    panels : list of matplotlib Axes
        Laid out.

    Returns
    -------
    is_thinned : bool
        Whether ticks have changed.
    """
    from matplotlib.ticker import MaxNLocator

    alike, is_thinned = {}, False
    for axes in panels:
        if axes.axison and isinstance(axes.xaxis.get_major_locator(), MaxNLocator):
            alike.setdefault(axes.get_xlim(), []).append(axes)
    for group in alike.values():
        n = len(group[0].get_xticks())
        while n > 2 and _ticks_touch(group):
            n, is_thinned = n - 1, True
            for axes in group:
                axes.locator_params(axis="x", nbins=n)
    return is_thinned


def thin_minor_ticks(axes):
    """Write nothing at minor ticks of a horizontal axis where it would touch.

    Parameters
    ----------
    axes : matplotlib Axes
        Laid out.
    """
    from matplotlib.ticker import FuncFormatter

    boxes, ticks, texts = _tick_boxes(axes), _ticks_with_text(axes, minor=True), {}
    for tick in sorted(ticks, key=lambda tick: tick.get_loc()):
        box = _with_gap(tick)
        if not any(map(box.overlaps, boxes)):
            boxes.append(box)
            texts[tick.get_loc()] = tick.label1.get_text()
    if len(texts) < len(ticks):
        write = FuncFormatter(lambda value, _: texts.get(value, ""))
        axes.xaxis.set_minor_formatter(write)


def _ticks_touch(panels):
    boxes = [box for axes in panels for box in _tick_boxes(axes)]
    return any(box.overlaps(other) for box, other in combinations(boxes, 2))


def _tick_boxes(axes):
    return list(map(_with_gap, _ticks_with_text(axes)))


def _with_gap(tick):
    """What is written at a tick, with half of the least gap on both sides."""
    from matplotlib.transforms import Bbox

    gap = 0.15 * letter_size() * tick.label1.figure.dpi / 72
    box = tick.label1.get_window_extent()
    return Bbox.from_extents(box.x0 - gap, box.y0, box.x1 + gap, box.y1)


def _ticks_with_text(axes, minor=False):
    """Ticks between the ends of a horizontal axis at which something is written."""
    axis = axes.xaxis
    axis.get_ticklabels(minor=minor)  # moves the ticks to where they are now
    low, high = sorted(axis.get_view_interval())
    return [
        tick
        for tick in (axis.get_minor_ticks() if minor else axis.get_major_ticks())
        if low <= tick.get_loc() <= high
        and tick.label1.get_visible()
        and tick.label1.get_text()
    ]


def offset_into_label(axis, label):
    """Say the power of ten and the offset of an axis' ticks in its name.

    matplotlib writes them at the ends of axes, where legends and titles are.

    Parameters
    ----------
    axis : matplotlib Axis
        Laid out.
    label : matplotlib Text
        Its name.

    Returns
    -------
    offset : str
        Empty where there is none.
    """
    axis.get_majorticklabels()  # decides about the offset
    offset = axis.get_major_formatter().get_offset()
    axis.offsetText.set_visible(False)
    if offset and offset not in label.get_text():
        sign = "" if offset[0] in "+-\N{MINUS SIGN}" else f"{TIMES} "
        label.set_text(f"{label.get_text()} ({sign}{offset})".strip())
    return offset
