"""What a notebook shows of an explanation as bars, without a script."""

from html import escape

import numpy as np

from skdime._results.large_rest import large_rests, note_of_rests
from skdime._results.noise import explanation_without_noise
from skdime._results.output_text import baseline_of_rows
from skdime._results.page import views
from skdime._results.page.bars import feature_item, step_item, strip
from skdime._results.page.numbers import number_writer
from skdime._results.page.sections import coloured
from skdime._results.page.template import template
from skdime._results.page.words import (
    brief,
    isolated,
    quantity,
    rows_texts,
    rows_with,
    value_texts,
)
from skdime._utils.listed import count
from skdime._utils.missing import nan_mean
from skdime._utils.names import usual_output

# As many as leave a cell's output within a screen.
_MOST_OF_ROW, _MOST_OF_ALL = 5, 10


def notebook(explanation):
    """A piece of a page: one row, or means over several rows.

    Parameters
    ----------
    explanation : Explanation

    Returns
    -------
    markup : str
        HTML with the style sheet of the report; letters and ground keep the colours
        of the notebook.
    """
    explanation = explanation_without_noise(explanation)
    n, n_outputs = len(explanation), len(explanation.output_names)
    c = usual_output(explanation.decomposition.output)
    pieces = [_row(explanation, 0, c)] if n == 1 else [_rows(explanation, c)]
    if n_outputs > 1:
        pieces.append(_note(f"The largest of {count(n_outputs, 'output')}."))
    style = template("parts.css")
    return f"<div class='skdime'><style>{style}</style>{''.join(pieces)}</div>"


def _note(text):
    return f"<p class='sd-note'>{escape(text)}</p>"


def _rest_note(explanation, c):
    note = note_of_rests(large_rests(explanation, c))
    return _note(note) if note else ""


def _listed(items):
    return f"<ol class='sd-list'>{''.join(items)}</ol>"


def _rows(explanation, c):
    """Means over rows: of effects, and of the features with the largest."""
    n, values = len(explanation), explanation.decomposition
    about = f"<p><strong>{count(n, 'row')}</strong>: {escape(quantity(explanation, c))}"
    if not n:
        return about + "</p>"
    baseline = number_writer([], [values.baseline_of(c)])(values.baseline_of(c))
    return "".join(
        [
            f"{about}, {baseline_of_rows(values)} {baseline}</p>",
            _listed(_mean_steps(values, c)),
            "<div class='sd-heads'><span>Strongest features over rows</span>"
            "<span>On their own (UC)</span><span>Only together (MI)</span></div>",
            _listed(_mean_features(explanation, c)),
            _note(
                "Means of absolute values. explanation[0] shows the first row, "
                "to_html(path) writes a page of all."
            ),
            _rest_note(explanation, c),
        ]
    )


def _mean_steps(values, c):
    names = views.item_names(values)["sizes"]
    sizes = views.mean_sizes(values, c)
    for name, bar in zip(names, sizes.bars, strict=True):
        yield step_item(name, bar, sizes.origin)


def _mean_features(explanation, c):
    mean = explanation.mean_abs()[..., c]
    present = np.flatnonzero(rows_with(explanation))
    order = views.orders(mean[:, present])["both"][:_MOST_OF_ALL]
    strongest = present[order]
    names = views.feature_names(explanation)
    texts = rows_texts(explanation, strongest)
    rest = nan_mean(np.abs(explanation.rest[..., c]))
    bars, origin, _, rests = views.mean_features(mean[:, strongest], rest)
    for f, text, pair in zip(strongest, texts, bars, strict=True):
        yield feature_item(names[f], text, pair, origin)
    yield from _rests(explanation, rests, origin)


def _row(explanation, row, c):
    name = escape(brief(explanation.row_names[row]))
    features = views.RowFeatures.of(explanation, row)
    return "".join(
        [
            f"<p><strong>Row <bdi>{name}</bdi></strong>: "
            f"{escape(quantity(explanation, c))}</p>",
            strip(*views.strip(explanation.decomposition, row, c)),
            _listed(_steps(explanation, row, c)),
            "<div class='sd-heads'><span>Strongest features</span>"
            "<span>On their own (UC)</span><span>Only together (MI)</span></div>",
            _listed(_features(explanation, row, c, features)),
            _note("Whiskers: 2 standard errors. " + _fits(explanation, row, c)),
            _note(_sums(explanation, row, c)),
            _rest_note(explanation[row], c),
            coloured(explanation, row, c, features),
        ]
    )


def _steps(explanation, row, c):
    names = views.item_names(explanation.decomposition)["steps"]
    steps = views.steps(explanation.decomposition, row, c)
    for name, bar in zip(names, steps.bars, strict=True):
        yield step_item(name, bar, steps.origin)


def _features(explanation, row, c, features):
    """The strongest features of both parts together."""
    coef, se = features.coef[..., c], features.se[..., c]
    strongest = views.orders(coef)["both"][:_MOST_OF_ROW]
    positions, names = features.positions[strongest], views.feature_names(explanation)
    texts = value_texts(explanation, row, positions)
    rest = explanation[row].rest[0, :, :, c]
    coef_se_rest = coef[:, strongest], se[:, strongest], rest
    bars, origin, _, rests = views.features(*coef_se_rest)
    for f, text, pair in zip(positions, texts, bars, strict=True):
        yield feature_item(names[f], text, pair, origin)
    yield from _rests(explanation, rests, origin)


def _rests(explanation, rests, origin):
    for name, pair in zip(views.rest_names(explanation), rests, strict=True):
        name = name._replace(kind=f"{name.kind} sd-rest")
        yield feature_item(name, "", pair, origin)


def _fits(explanation, row, c):
    fits = views.fits(explanation, row, c)
    return "R² of UC and MI: " + ", ".join(
        f"{isolated(brief(name))} {uc} and {mi}"
        for name, (uc, mi, _) in zip(explanation.modality_names, fits, strict=True)
    )


def _sums(explanation, row, c):
    sums = iter(views.sums(explanation, row, c))
    texts = []
    for name in explanation.modality_names:
        for part in ("UC", "MI"):
            features, rest, whole = next(sums)
            about = f"{isolated(brief(name))}, {part}"
            texts.append(f"{about}: {features} and rest {rest} = {whole}")
    return "All features: " + "; ".join(texts)
