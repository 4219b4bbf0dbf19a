"""A decomposition in a few lines of text, and as tables."""

import numpy as np

from skdime._results.absence import comparison_text
from skdime._results.fields import FIT_COUNTS
from skdime._results.noise import decomposition_without_noise
from skdime._results.output_text import (
    baseline_of_rows,
    output_of_row,
    output_of_rows,
)
from skdime._results.page.numbers import number_writer
from skdime._results.page.tables import Section
from skdime._results.page.words import brief
from skdime._utils.listed import count, largest, shortened
from skdime._utils.missing import nan_mean

# How far sums of probabilities may be off their bounds by rounding.
_ROUNDING = 1e-9
_SHORT = {"uc": "UC", "mi": "MI"}
# Outputs that are printed.
_MOST_OUTPUTS = 5


def decomposition_text(values):
    """What ``repr`` shows: one row in numbers, or means over several rows.

    Parameters
    ----------
    values : Decomposition

    Returns
    -------
    text : str
    """
    values = decomposition_without_noise(values)
    head = f"Decomposition of {count(len(values), 'row')} against "
    head += f"{comparison_text(values)}, unit: {shortened(values.unit)}, "
    head += rows_text(values)
    if values.clipped_share:
        head += f", {values.clipped_share:.1%} of the probabilities clipped"
    n_outputs = values.output.shape[1]
    lines = [head]
    for c in range(min(n_outputs, _MOST_OUTPUTS)):
        lines += line_of_row(values, c) if len(values) == 1 else [_means(values, c)]
    if n_outputs > _MOST_OUTPUTS:
        lines.append(f"  and {n_outputs - _MOST_OUTPUTS} outputs more")
    return "\n".join([*lines, *notes(values)])


def line_of_row(values, c):
    """Two lines of the first row and one output: how the numbers add up.

    Parameters
    ----------
    values : Decomposition
    c : int
        Position of the output.

    Returns
    -------
    lines : list of str
    """
    names, main = values.modality_names, values.main[0, :, c]
    baseline, error = values.baseline_of(c, 0), values.baseline_se_of(c, 0)
    return [
        f"  {output_of_row(values, c)}, row "
        f"{shortened(values.row_names[0])}: output {values.output[0, c]:.4g} = UC "
        f"{values.uc[0, c]:.4g} + MI {values.mi[0, c]:.4g} "
        f"({_error_of_both(values, c)})",
        f"    UC = baseline {_with_error(baseline, error)}, "
        + largest(names, main, _changes(main, values.main_se[0, :, c])),
        *_pairs(values, c),
    ]


def _error_of_both(values, c):
    """The standard error of UC and of MI, or why there is none."""
    error = values.uc_se[0, c]
    if values.references == "sample" and error == values.mi[0, c] == 0:
        return "MI is 0 in every hybrid row"
    return f"each +- {error:.2g}"


def _pairs(values, c):
    if values.pairs is None:
        return []
    labels = [f"{first} & {second}" for first, second in values.pair_names]
    pairs = values.pairs[0, :, c]
    texts = largest(labels, pairs, _changes(pairs, values.pairs_se[0, :, c]))
    (higher,) = _changes(values.higher[0, [c]], values.higher_se[0, [c]])
    return [f"    MI = {texts}, higher {higher}"]


def _changes(values, errors):
    pairs = zip(values, errors, strict=True)
    return [_with_error(value, error, "+") for value, error in pairs]


def _with_error(value, error, sign=""):
    return f"{value:{sign}.4g}" + (f" +- {error:.2g}" if error else "")


def _means(values, c):
    spread = values.output[:, c].std()
    means = [_sizes(values.modality_names, values.main[..., c].T)]
    means.append(_sizes(["MI"], [values.mi[:, c]]))
    if values.pairs is not None:
        labels = [f"{first} & {second}" for first, second in values.pair_names]
        means.append(_sizes(labels, values.pairs[..., c].T))
        means.append(_sizes(["higher"], [values.higher[:, c]]))
    return (
        f"  {output_of_rows(values, c)}: {baseline_of_rows(values)} "
        f"{values.baseline_of(c):.4g}, {', '.join(means)} "
        f"(means of absolute values; output varies by {spread:.4g})"
    )


def _sizes(names, values):
    means = [np.abs(each).mean() for each in values]
    return largest(names, means, [f"{mean:.4g}" for mean in means])


def notes(decomposition):
    """Lines of print that say what else a reader should know."""
    texts = [decomposition.note, _beyond_probabilities(decomposition)]
    return [f"  Note: {text}." for text in texts if text]


def _beyond_probabilities(decomposition):
    if decomposition.unit != "probability":
        return ""
    uc = decomposition.uc
    beyond = ((uc < -_ROUNDING) | (uc > 1 + _ROUNDING)).any(axis=1).sum()
    if not beyond:
        return ""
    where = f" in {beyond:,} of {count(len(uc), 'row')}" if len(uc) > 1 else ""
    return (
        f"UC is below 0 or above 1{where}, where "
        "effects of modalities add up to no probability and MI makes up for it; "
        "link='logit' explains log-odds, which have no bounds"
    )


def rows_text(result):
    """What a result took, in words."""
    text = count(result.n_model_rows, "model row")
    encodings = result.n_encodings
    if encodings:
        text += f", {count(encodings, 'encoding')}"
    return text


def rows_and_fit_text(explanation):
    """What an explanation took, and ``fit`` before it."""
    text = rows_text(explanation)
    rows, encodings = (getattr(explanation, name) for name in FIT_COUNTS)
    of_fit = [count(rows, "row")] if rows else []
    of_fit += [count(encodings, "encoding")] if encodings else []
    return f"{text} (fit: {', '.join(of_fit)})" if of_fit else text


def decomposition_sections(values, most):
    """Tables of a decomposition: every term of a row, or means, then the rows.

    Parameters
    ----------
    values : Decomposition
    most : int
        Lines of the table of rows; only the first outputs have one.

    Returns
    -------
    sections : list of Section
    """
    values = decomposition_without_noise(values)
    outputs = range(min(values.output.shape[1], _MOST_OUTPUTS))
    if len(values) == 1:
        return [_terms_of_row(values, outputs)]
    return [_mean_terms(values, outputs), *(_rows(values, c, most) for c in outputs)]


def _terms_of_row(values, outputs):
    shape = values.output.shape
    terms = [
        (name, np.broadcast_to(value, shape)[0], np.broadcast_to(se, shape)[0])
        for name, value, se in values.terms()
    ]
    lines = [
        [_SHORT.get(name, name), *(_cell(value[c], se[c]) for c in outputs)]
        for name, value, se in terms
    ]
    title = f"Row {brief(values.row_names[0])}"
    return Section(title, "", ["", *_names(values, outputs)], lines)


def _cell(value, error):
    return _with_error(value, error).replace("+-", "±")


def _mean_terms(values, outputs):
    named = [
        (name, nan_mean(np.abs(np.atleast_2d(value))))
        for name, value, _ in values.terms()
        if name not in ("output", "baseline", "uc")
    ]
    lines = [
        [_SHORT.get(name, name), *(f"{mean[c]:.4g}" for c in outputs)]
        for name, mean in named
    ]
    baseline = [f"{values.baseline_of(c):.4g}" for c in outputs]
    note = f"Means over {count(len(values), 'row')}, but for the baseline of absolutes."
    lines = [["baseline", *baseline], *lines]
    return Section("All rows", note, ["", *_names(values, outputs)], lines)


def _rows(values, c, most):
    columns = ["row", "output", "baseline", *values.modality_names.tolist(), "UC", "MI"]
    n = min(len(values), most)
    write = number_writer(np.append(values.main[:n, :, c], values.mi[:n, c]))
    lines = [
        [
            brief(values.row_names[row]),
            write(values.output[row, c]),
            write(values.baseline_of(c, row)),
            *(write(effect, True) for effect in values.main[row, :, c]),
            write(values.uc[row, c]),
            write(values.mi[row, c], True),
        ]
        for row in range(n)
    ]
    note = "" if n == len(values) else f"The first {n} of {count(len(values), 'row')}."
    title = f"Rows: {brief(values.output_names[c])}"
    return Section(title, note, list(map(brief, columns)), lines)


def _names(values, outputs):
    return [brief(values.output_names[c]) for c in outputs]
