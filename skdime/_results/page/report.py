"""The report: an explanation as one page that needs nothing else.

The page holds shapes of items once, drawings once for each row, and as data finished
texts and places for each row and output, which its script puts into the shapes.
"""

import json
from functools import partial
from html import escape
from pathlib import Path
from string import Template

import numpy as np

from skdime._results.absence import comparison_text
from skdime._results.decomposition_text import rows_and_fit_text
from skdime._results.large_rest import large_rests, note_of_rests
from skdime._results.noise import explanation_without_noise
from skdime._results.page import views
from skdime._results.page.bars import feature_item, step_item
from skdime._results.page.digest import digest
from skdime._results.page.drawable import drawn_inputs
from skdime._results.page.extent import (
    MOST_FEATURES,
    MOST_OUTPUTS,
    drawings_within,
    n_rows_within,
    strongest,
    with_few_outputs,
)
from skdime._results.page.pairs import check_pairs_of, pairs_of_rows
from skdime._results.page.sections import TITLES, colours, shapes
from skdime._results.page.template import template
from skdime._results.page.words import (
    brief,
    quantity,
    rows_texts,
    rows_with,
    shortened,
    value_texts,
)
from skdime._utils.checks import check_count
from skdime._utils.listed import count
from skdime._utils.missing import nan_mean
from skdime._utils.names import usual_output

# Bytes of a page that takes a moment to load, which are told.
_LARGE = 1_000_000


def write_report(explanation, path, max_rows, pairs=None):
    """A page in which a reader picks a row and an output.

    Parameters
    ----------
    explanation : Explanation
    path : str, path-like or None
        Where it is written; None returns it.
    max_rows : int
        Most rows shown one by one.
    pairs : PairExplanation, default=None
        Pairs of features, one of which is of an image or a series.

    Returns
    -------
    page : str or None
        HTML. Browsers are told to load nothing and to run no other script than the
        page's own; names and texts are never markup.
    """
    check_count("max_rows", max_rows)
    if pairs is not None:
        check_pairs_of(explanation, pairs)
    whole = explanation_without_noise(explanation)
    explanation = with_few_outputs(whole)
    drawings = drawings_within(
        partial(shapes, explanation), range(n_rows_within(explanation, max_rows))
    )
    rows = range(len(drawings))
    data = _as_json(report_data(explanation, rows, pairs))
    n_bytes = len(data) + sum(map(len, drawings))
    style, script = template("parts.css") + template("page.css"), template("report.js")
    page = Template(template("report.html")).substitute(
        style=style,
        style_hash=digest(style),
        script=script,
        script_hash=digest(script),
        about=escape(_about(whole, len(rows), n_bytes)),
        n_rows=count(len(explanation), "row"),
        rows=_options(explanation.row_names[: len(rows)]),
        outputs=_options(explanation.output_names),
        step=step_item(),
        feature=feature_item(),
        drawings="".join(
            f"<template id='drawings-{row}'>{drawing}</template>\n"
            for row, drawing in enumerate(drawings)
        ),
        data=data,
    )
    # half of a pair of surrogates has no encoding; browsers show a replaced letter
    page = page.encode("utf-8", "xmlcharrefreplace").decode("utf-8")
    if path is None:
        return page
    Path(path).write_text(page, encoding="utf-8")
    return None


def report_data(explanation, rows, pairs=None):
    """Finished texts and places, as JSON can hold them.

    Parameters
    ----------
    explanation : Explanation
    rows : range
        Positions of the rows shown one by one. Means are over all.
    pairs : PairExplanation, default=None

    Returns
    -------
    data : dict
        Items of lists are tuples in the order of ``Name`` and ``Bar``.
    """
    outputs = range(len(explanation.output_names))
    row_data = [_row(explanation, row, outputs) for row in rows]
    if pairs is not None:
        _add_pairs(row_data, pairs_of_rows(explanation, pairs, rows))
    return {
        "start": usual_output(explanation.decomposition.output),
        "titles": TITLES,
        "outputs": [quantity(explanation, c) for c in outputs],
        "features": views.feature_names(explanation),
        "rests": views.rest_names(explanation),
        **views.item_names(explanation.decomposition),
        "modalities": [brief(name) for name in explanation.modality_names],
        "rows": row_data,
        "all": _all_rows(explanation, outputs),
    }


def _row(explanation, row, outputs):
    features = views.RowFeatures.of(explanation, row)
    features = features.some(strongest(features.coef))
    inputs = [features.of_modality(name) for name in drawn_inputs(explanation)]
    return {
        "name": shortened(explanation.row_names[row]),
        "features": features.positions.tolist(),
        "values": value_texts(explanation, row, features.positions),
        "inputs": [positions.tolist() for positions, *_ in inputs],
        "views": [_view(explanation, row, c, features, inputs) for c in outputs],
    }


def _add_pairs(rows, pairs):
    """Put what is shown of pairs into the rows that have them."""
    for row, pairs_of_row in zip(rows, pairs, strict=True):
        if pairs_of_row is not None:
            row["pairs"], views_of_pairs = pairs_of_row
            for view, of_pairs in zip(row["views"], views_of_pairs, strict=True):
                view["pairs"] = of_pairs


def _view(explanation, row, c, features, inputs):
    coef, se = features.coef[..., c], features.se[..., c]
    return {
        "steps": views.steps(explanation.decomposition, row, c),
        "strip": views.strip(explanation.decomposition, row, c),
        "features": views.features(coef, se, explanation[row].rest[0, :, :, c]),
        "orders": views.orders(coef),
        "inputs": [colours(coef[..., c], se[..., c]) for _, coef, se in inputs],
        "fits": views.fits(explanation, row, c),
        "sums": views.sums(explanation, row, c),
        "rest": note_of_rests(large_rests(explanation[row], c)),
        "quantity": quantity(explanation[row], c),
    }


def _all_rows(explanation, outputs):
    if not len(explanation):
        return None
    mean, rest = explanation.mean_abs(), nan_mean(np.abs(explanation.rest))
    features = np.flatnonzero(rows_with(explanation))
    features = features[strongest(mean[:, features])]
    return {
        "features": features.tolist(),
        "values": rows_texts(explanation, features),
        "views": [
            {
                "sizes": views.mean_sizes(explanation.decomposition, c),
                "features": views.mean_features(mean[:, features, c], rest[..., c]),
                "orders": views.orders(mean[:, features, c]),
            }
            for c in outputs
        ],
    }


def _about(explanation, n_rows, n_bytes):
    rows = count(len(explanation), "row")
    if n_rows < len(explanation):
        rows = f"The first {n_rows} of {rows} can be picked here"
    features = count(len(explanation.feature_names), "feature")
    if len(explanation.feature_names) > MOST_FEATURES:
        features += f", of each row the strongest {MOST_FEATURES},"
    outputs = count(len(explanation.output_names), "output")
    if len(explanation.output_names) > MOST_OUTPUTS:
        outputs = f"the largest {MOST_OUTPUTS} of {outputs}"
    note = explanation.decomposition.note
    note = f" · note: {note}" if note else ""
    size = f" · {n_bytes / 1e6:.1f} MB" if n_bytes > _LARGE else ""
    return (
        f"{rows} · {features} of {len(explanation.modality_names)} modalities · "
        f"{outputs} · unit: {brief(explanation.unit)} · compared with "
        f"{comparison_text(explanation.decomposition)} · "
        f"{rows_and_fit_text(explanation)}{size}{note}"
    )


def _options(names):
    return "".join(
        f"<option value='{i}' dir='auto'>{escape(shortened(name))}</option>"
        for i, name in enumerate(names)
    )


def _as_json(data):
    """JSON of letters that do not end a script and have an encoding."""
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
