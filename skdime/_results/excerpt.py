"""Long texts cut to what is around their strongest tokens."""

import numpy as np

from skdime._results.labels import runs

# Characters that a page shows of a text. Markup takes about thirty times as much.
MOST_CHARACTERS = 4000
# Characters shown on both sides of a strong token; of a longer token its beginning.
_BESIDE, _LONGEST_TOKEN = 80, 200


def excerpt(text, labels, sizes):
    """The text, or of a long one what is around the tokens of the largest sizes.

    Parameters
    ----------
    text : str
    labels : ndarray of int of shape (n_characters,) or longer
        Feature of each character, -1 for none.
    sizes : ndarray of shape (n_features,)
        The larger, the rather a token is shown.

    Returns
    -------
    text : str
        At most `MOST_CHARACTERS` characters of the text, and the numbers of those that
        are left out in their places.
    labels : ndarray of int of shape (len(text),)
        Spaces between tokens of one feature belong to it in an excerpt.
    """
    labels = np.asarray(labels)[: len(text)]
    if len(text) <= MOST_CHARACTERS:
        return text, labels
    pieces, labels_of_pieces, end = [], [], 0
    for start, stop in [*_windows(labels, sizes), (len(text), len(text))]:
        if start > end:
            pieces.append(f" … {start - end:,} characters … ")
            labels_of_pieces.append(np.full(len(pieces[-1]), -1))
        pieces.append(text[start:stop])
        labels_of_pieces.append(_merged(text[start:stop], labels[start:stop]))
        end = stop
    return "".join(pieces), np.concatenate(labels_of_pieces)


def _windows(labels, sizes):
    """Start and end of the parts that are shown, in order and apart."""
    is_in_window = np.zeros(len(labels), dtype=bool)
    tokens = [run for run in runs(labels) if run[2] >= 0]
    if not tokens:
        return [(0, MOST_CHARACTERS)]
    tokens.sort(key=lambda run: -sizes[run[2]])
    n_shown = 0
    for start, stop, _ in tokens:
        first = max(start - _BESIDE, 0)
        last = min(stop, start + _LONGEST_TOKEN) + _BESIDE
        n_new = np.count_nonzero(~is_in_window[first:last])
        if n_shown + n_new > MOST_CHARACTERS:
            break
        is_in_window[first:last] = True
        n_shown += n_new
    return [(start, stop) for start, stop, is_shown in runs(is_in_window) if is_shown]


def _merged(text, labels):
    """Labels in which spaces between two tokens of a feature are part of it."""
    merged, cut = labels.copy(), runs(labels)
    for before, (start, stop, label), after in zip(cut, cut[1:], cut[2:], strict=False):
        is_gap = label < 0 and text[start:stop].isspace()
        if is_gap and before[2] == after[2]:
            merged[start:stop] = before[2]
    return merged
