"""Pairs of features on a page: a word lights up the regions that it works with."""

import numpy as np

from skdime._results.page.drawable import drawn_inputs
from skdime._results.page.numbers import number_writer
from skdime._results.page.words import brief, isolated
from skdime._results.pair_map import map_side, pair_map
from skdime._utils.names import find_name

# More words than fit on a screen, and numbers of all rows that a page has room for.
MOST_WORDS, MOST_NUMBERS = 40, 200_000


def check_pairs_of(explanation, pairs):
    """Raise an error for pairs that do not belong to an explanation, or have no map."""
    outputs = set(pairs.output_names.tolist())
    if not outputs.issuperset(explanation.output_names.tolist()):
        raise ValueError(
            "`pairs` must be of the same outputs as the explanation. Pass what "
            "explain_pairs of the same explainer returned for the same rows."
        )
    if map_side(explanation, pairs) is None:
        raise ValueError(
            "One of the modalities of `pairs` must be an image or a series that the "
            f"explanation holds; they are {pairs.modality_names.tolist()}."
        )


def pairs_of_rows(explanation, pairs, rows):
    """What the page shows of the pairs of each row.

    Parameters
    ----------
    explanation : Explanation
    pairs : PairExplanation
        Of the same rows, or of some of them.
    rows : range
        Positions of the rows shown.

    Returns
    -------
    by_row : list of (dict, list of dict) or None
        For each row its words and the features of its regions, and for each output
        the colours; None for rows without pairs, or for which there is no room.
    """
    row_names = {str(name) for name in pairs.row_names.tolist()}
    by_row, n_numbers = [], 0
    for row in rows:
        name = explanation.row_names[row]
        if str(name) not in row_names or n_numbers > MOST_NUMBERS:
            by_row.append(None)
            continue
        of_row = pairs[find_name(pairs.row_names, name, "row")]
        by_row.append(_row(explanation[row], of_row))
        _, views = by_row[-1]
        n_numbers += sum(np.size(view["shares"]) for view in views)
    return by_row


def _row(row_explanation, pairs):
    outputs = [
        find_name(pairs.output_names, name, "output")
        for name in row_explanation.output_names
    ]
    maps = [pair_map(row_explanation, pairs, c) for c in outputs]
    first = maps[0]
    sizes = np.max([np.abs(each.resolved).sum(axis=1) for each in maps], axis=0)
    words = np.argsort(-sizes, kind="stable")[:MOST_WORDS]
    modality = first.modality_names[1]
    own = row_explanation.feature_modalities == modality
    places = dict(
        zip(row_explanation.feature_names[own], np.flatnonzero(own), strict=True)
    )
    row = {
        "words": [_word(first, w) for w in words],
        "regions": [int(places[name]) for name in first.feature_names],
        "input": list(drawn_inputs(row_explanation)).index(modality),
        "names": [brief(name) for name in first.modality_names],
    }
    return row, [_view(each, words) for each in maps]


def _word(pairs, w):
    name, value = str(pairs.word_names[w]), str(pairs.word_values[w])
    text = brief(name)
    return text if name.startswith(value) else f"{text} = {brief(value)}"


def _view(pairs, words):
    coef, se, resolved = pairs.coef[words], pairs.se[words], pairs.resolved[words]
    largest = float(np.abs(resolved).max(initial=0))
    write = number_writer(coef)
    sums = resolved.sum(axis=1)
    most = float(np.abs(sums).max(initial=0)) or 1.0
    return {
        "shares": np.round(resolved / (largest or 1.0), 3).tolist(),
        "sums": np.round(sums / most, 3).tolist(),
        "texts": [_about(pairs, write, *each) for each in zip(coef, se, strict=True)],
        "limits": [write(-largest, True), write(largest, True)],
        "start": int(np.abs(resolved).sum(axis=1).argmax()) if len(coef) else 0,
    }


def _about(pairs, write, coef, se):
    """What a word does in all, and where it does most."""
    if not len(coef):
        return ""
    j = int(np.abs(coef).argmax())
    strongest = isolated(brief(str(pairs.feature_names[j])))
    total, most, error = (float(number) for number in (coef.sum(), coef[j], se[j]))
    return (
        f"{write(total, True)} with all of {brief(pairs.modality_names[1])}, most with "
        f"{strongest}: {write(most, True)} ± {write(error)}"
    )
