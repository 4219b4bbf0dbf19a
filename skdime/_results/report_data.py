"""An explanation as plain lists: what a report shows of it."""

import numpy as np

from skdime._results.drawable import drawable, explanation_without_noise, rounded
from skdime._utils.names import usual_output

_LONGEST = 200
# Digits of what other numbers are small differences of.
_FINE = 12
_TOTALS = ("output", "uc", "intercept", "line")


def report_data(explanation, max_rows):
    """Everything that a report shows, as JSON can hold it.

    Parameters
    ----------
    explanation : Explanation
    max_rows : int
        So many rows are shown one by one, the first ones. Means are over all.

    Returns
    -------
    data : dict
        Numbers have six digits, and twelve where what counts is how they differ; those
        that are not finite are None.
    """
    explanation = explanation_without_noise(explanation)
    values = explanation.decomposition
    owners = explanation.modality_names.tolist()
    names = zip(
        explanation.feature_modalities.tolist(),
        explanation.feature_names.tolist(),
        strict=True,
    )
    shown = range(min(max_rows, len(explanation)))
    return {
        "unit": explanation.unit,
        "n_rows": len(explanation),
        "n_model_rows": int(explanation.n_model_rows),
        "outputs": [str(name) for name in explanation.output_names],
        "start": usual_output(values.output),
        "modalities": owners,
        "features": [[owners.index(owner), shortened(name)] for owner, name in names],
        "baseline": rounded(values.baseline, _FINE),
        "baseline_se": rounded(values.baseline_se),
        "all": _means(explanation),
        "rows": [_row(explanation, row) for row in shown],
    }


def shortened(text):
    """A name or value that does not fill the page."""
    text = str(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def held_values(explanation, row, features):
    """What a row holds in features, in few letters; empty where the name says it."""
    names = explanation.feature_names[features]
    texts = explanation.feature_values[row, features]
    pairs = zip(names.tolist(), texts.tolist(), strict=True)
    return ["" if text == name else _short_value(text) for name, text in pairs]


def _short_value(text):
    try:
        value = float(text)
    except ValueError:
        return shortened(text)
    # an integer may be the number of a case: all of its digits count
    return text if len(text) <= 8 or "." not in text else f"{value:.4g}"


def known_features(explanation, row):
    """Positions of the features that a row has."""
    return np.flatnonzero(~np.isnan(explanation.coef[row]).all(axis=(0, 2)))


def _means(explanation):
    if not len(explanation):
        return None
    values = explanation.decomposition
    known = ~np.isnan(explanation.coef).all(axis=(1, 3))
    return {
        "coef": rounded(explanation.mean_abs()),
        "known": known.sum(axis=0).tolist(),
        "main": rounded(np.abs(values.main).mean(axis=0)),
        "mi": rounded(np.abs(values.mi).mean(axis=0)),
    }


def _row(explanation, row):
    values = explanation.decomposition
    here = known_features(explanation, row)
    inputs = {
        name: drawable(held, row, explanation.feature_names)
        for name, held in explanation.inputs.items()
    }
    parts = {
        name: getattr(values, name)[row]
        for name in ("output", "uc", "uc_se", "mi", "mi_se", "main", "main_se")
    }
    parts |= {
        "r2": explanation.r2[row],
        "samples": explanation.effective_samples[row],
        "intercept": explanation.intercept[row],
        "line": explanation.local_prediction[row],
        "coef": explanation.coef[row][:, here],
        "se": explanation.se[row][:, here],
    }
    return {
        "name": shortened(explanation.row_names[row]),
        "features": here.tolist(),
        "values": held_values(explanation, row, here),
        "inputs": list(inputs.values()),
        "input_of": [
            explanation.modality_names.tolist().index(name) for name in inputs
        ],
        **{
            name: rounded(part, _FINE if name in _TOTALS else 6)
            for name, part in parts.items()
        },
    }
