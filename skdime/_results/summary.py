"""An explanation in a few lines of text."""

import numpy as np

from skdime._results.absence import comparison_text
from skdime._results.decomposition_text import line_of_row, notes, rows_and_fit_text
from skdime._results.fields import PARTS
from skdime._results.large_rest import large_rests, note_of_rests
from skdime._results.noise import NOISE_OF_COEFFICIENTS, explanation_without_noise
from skdime._results.output_text import baseline_of_rows, output_of_rows
from skdime._results.rest import describe_sums, sizes_of_part
from skdime._utils.listed import count, largest, shortened
from skdime._utils.missing import nan_mean
from skdime._utils.names import usual_output


def summary(explanation):
    """What ``repr`` shows: one row in numbers, or means over several rows.

    Parameters
    ----------
    explanation : Explanation

    Returns
    -------
    text : str
    """
    explanation = explanation_without_noise(explanation)
    n, _, n_features, n_outputs = explanation.coef.shape
    lines = [
        f"Explanation of {count(n, 'row')} against "
        f"{comparison_text(explanation.decomposition)}: "
        f"{count(n_features, 'feature')} in {len(explanation.modality_names)} "
        f"modalities, {count(n_outputs, 'output')}, unit: "
        f"{shortened(explanation.unit)}, {rows_and_fit_text(explanation)}"
    ]
    describe = _describe_row if n == 1 else _describe_rows
    outputs = _described_outputs(explanation.decomposition.output) if n else ()
    for c in outputs:
        lines += describe(explanation, c)
    if n and n_outputs > len(outputs):
        more = f"{n_outputs - len(outputs):,} of {count(n_outputs, 'output')} not shown"
        lines.append(f"  ({more}; sel and top take output=...)")
    if n > 1:
        lines.append("  (explanation[0] is the first row by itself)")
    return "\n".join([*lines, *notes(explanation.decomposition)])


def _describe_row(explanation, c):
    yield from line_of_row(explanation.decomposition, c)
    yield from _describe_parts(explanation, c, row=explanation.row_names[0], sign="+")
    yield from _describe_rests(explanation, c)


def _describe_rows(explanation, c):
    values = explanation.decomposition
    main = np.abs(values.main[..., c]).T
    means = _means(explanation.modality_names, main)
    mi = _means(["MI"], [np.abs(values.mi[:, c])])
    yield (
        f"  {output_of_rows(values, c)}: {baseline_of_rows(values)} "
        f"{values.baseline_of(c):.4g}; mean size of {means}, {mi}"
    )
    yield from _describe_parts(explanation, c, row=None, sign="")
    yield from _describe_rests(explanation, c)


def _describe_rests(explanation, c):
    if note := note_of_rests(large_rests(explanation, c)):
        yield f"    {note}"


def _describe_parts(explanation, c, row, sign):
    output = explanation.output_names[c]
    for p, part in enumerate(PARTS):
        if np.isnan(explanation.r2[:, p, :, c]).all():
            yield f"    {part.upper()} does not vary with any feature"
            continue
        top = explanation.top(3, row=row, part=part, output=output)
        least = NOISE_OF_COEFFICIENTS * abs(top[0].coef) if top else 0.0
        top = [effect for effect in top if abs(effect.coef) >= least]
        # of a single row; the error of a mean of absolute values is another one
        unsure = [row is not None and abs(e.coef) < 2 * e.se for e in top]
        if top and all(unsure):
            yield (
                f"    {part.upper()} is not resolved: no coefficient exceeds two "
                f"standard errors (the largest: {_named(top[0], sign)} +- "
                f"{top[0].se:.2g})"
            )
            continue
        features = ", ".join(
            _named(effect, sign) + "?" * is_unsure
            for effect, is_unsure in zip(top, unsure, strict=True)
        )
        fits = _fits(explanation, p, c)
        legend = "; ? below two standard errors" if any(unsure) else ""
        yield f"    {part.upper()} strongest: {features}  (R2: {fits}{legend})"
        sizes, sums = describe_sums(explanation, p, c)
        head = "mean size of the rest" if row is None else "adds up"
        names = explanation.modality_names
        yield f"    {part.upper()} {head}: {largest(names, sizes, sums)}"


def _named(effect, sign):
    name = f"{shortened(effect.modality)}/{shortened(effect.feature)}"
    return f"{name} {effect.coef:{sign}.3g}"


def _fits(explanation, p, c):
    """Names of the modalities that count most with their mean R2."""
    means = nan_mean(explanation.r2[:, p, :, c])
    texts = ["constant" if np.isnan(mean) else f"{mean:.2f}" for mean in means]
    return largest(explanation.modality_names, sizes_of_part(explanation, p, c), texts)


def _means(names, values):
    """Names with the means of their values that are not nan."""
    means = nan_mean(np.asarray(values), axis=1)
    texts = ["unknown" if np.isnan(mean) else f"{mean:.4g}" for mean in means]
    return largest(names, means, texts)


def _described_outputs(output):
    """All outputs if they are few, otherwise the one that is largest most often."""
    # three lines each, so that the text fits on a screen
    few = output.shape[1] <= 3
    return range(output.shape[1]) if few else [usual_output(output)]
