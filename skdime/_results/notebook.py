"""What a notebook shows of an explanation: its first rows as bars, without a script."""

from html import escape

import numpy as np

from skdime._results.drawable import explanation_without_noise
from skdime._results.markup import Track, colour, named, number, number_writer, template
from skdime._results.notebook_inputs import inputs_of_row
from skdime._results.report_data import held_values, known_features, shortened
from skdime._utils.names import usual_output

MAX_ROWS = 3
MAX_FEATURES = 5


def notebook(explanation):
    """A piece of a page: decomposition and strongest features of the first rows.

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
    pieces = [_row(explanation, row, c) for row in range(min(n, MAX_ROWS))]
    if n != 1 or n_outputs > 1:
        pieces.append(_note(f"{n} row(s) and {n_outputs} output(s) in all."))
    style = template("parts.css")
    return f"<div class='skdime'><style>{style}</style>{''.join(pieces)}</div>"


def _note(text):
    return f"<p class='sd-note'>{escape(text)}</p>"


def _listed(items):
    return f"<ol class='sd-list'>{''.join(items)}</ol>"


def _row(explanation, row, c):
    what, several = explanation.unit, len(explanation.output_names) > 1
    if several:
        what += f" of {shortened(explanation.output_names[c])}"
    name = escape(shortened(explanation.row_names[row]))
    fits = _fits(explanation, row, c)
    return "".join(
        [
            f"<p><strong>Row {name}</strong>: {escape(what)}</p>",
            _listed(_steps(explanation.decomposition, row, c)),
            "<div class='sd-heads'><span>Strongest features</span>"
            "<span>On their own (UC)</span><span>Only together (MI)</span></div>",
            _listed(_features(explanation, row, c)),
            _note("Whiskers: 2 standard errors. R² of UC and MI: " + fits),
            inputs_of_row(explanation, row, c),
        ]
    )


def _steps(values, row, c):
    """Baseline, main effects, UC, MI and output, each where the last one ended."""
    main, uc = values.main[row, :, c], values.uc[row, c]
    ends = values.baseline[c] + np.cumsum([0, *main])
    steps = [("baseline", ends[0], values.baseline_se[c], None, ends[0], None)]
    for m, name in enumerate(values.modality_names):
        error = values.main_se[row, m, c]
        steps.append((name, main[m], error, ends[m], ends[m + 1], colour(m)))
    output, error = values.output[row, c], values.uc_se[row, c]
    steps += [
        ("UC: each on its own", uc, error, None, uc, None),
        ("MI: only together", values.mi[row, c], error, uc, output, "sd-mi"),
        ("output", output, None, None, output, None),
    ]
    return _drawn(steps)


def _drawn(steps):
    moves = [value for _, value, *_, kind in steps if kind is not None]
    write = number_writer(moves, [value for _, value, *_ in steps])
    reach = [2 * (error or 0) * side for _, _, error, *_ in steps for side in (-1, 1)]
    track = Track(np.repeat([end for *_, end, _ in steps], 2) + reach)
    for name, value, error, start, end, kind in steps:
        total = " sd-total" if kind is None else ""
        yield (
            f"<li class='sd-step{total}'>{named(shortened(name), kind)}"
            f"{track.bar(start, end, error, kind)}"
            f"{number(write, value, error, signed=kind is not None)}</li>"
        )


def _features(explanation, row, c):
    """The strongest features of both parts together."""
    here = known_features(explanation, row)
    sizes = np.nan_to_num(np.abs(explanation.coef[row][:, here, c])).sum(axis=0)
    here = here[np.argsort(-sizes, kind="stable")][:MAX_FEATURES]
    coef, se = (part[row][:, here, c] for part in (explanation.coef, explanation.se))
    write = number_writer(coef)
    track = Track([0, *(coef - 2 * se).ravel(), *(coef + 2 * se).ravel()])
    for i, (label, kind) in enumerate(_labels(explanation, row, here)):
        parts = (
            f"<span class='sd-part'><span class='sd-tag'>{tag}</span>"
            f"{track.bar(0, coef[p, i], se[p, i], kind)}"
            f"{number(write, coef[p, i], se[p, i], signed=True)}</span>"
            for p, tag in enumerate(("UC", "MI"))
        )
        yield f"<li class='sd-feature'>{label}{''.join(parts)}</li>"


def _labels(explanation, row, features):
    """Each feature with what the row holds, and its colour."""
    owners, modalities = explanation.feature_modalities, explanation.modality_names
    held = held_values(explanation, row, features)
    for f, value in zip(features, held, strict=True):
        name = shortened(f"{owners[f]}: {explanation.feature_names[f]}")
        kind = colour(modalities.tolist().index(owners[f]))
        yield named(name, kind, f" = {value}" if value else ""), kind


def _fits(explanation, row, c):
    fits = zip(explanation.modality_names, *explanation.r2[row, :, :, c], strict=True)
    return ", ".join(
        f"{shortened(name)} {_fit(uc)} and {_fit(mi)}" for name, uc, mi in fits
    )


def _fit(r2):
    return "none" if np.isnan(r2) else f"{r2:.2f}"
