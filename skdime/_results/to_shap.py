"""One part of an explanation as shap's plots take it."""

import numpy as np

from skdime._results.fields import PARTS
from skdime._results.rest import rest_of
from skdime._results.selection import features_of, outputs_of
from skdime._utils.names import find_name
from skdime._utils.optional import optional_module


def shap_explanation(explanation, part, modality, output):
    """See ``Explanation.to_shap``."""
    Explanation = optional_module("shap", "shap").Explanation
    if part not in ("uc", "mi"):
        raise ValueError(f"`part` must be 'uc' or 'mi'. Got {part!r:.60} instead.")
    features = features_of(explanation, modality)
    outputs = outputs_of(explanation, output)
    coef = explanation.sel(part=part)[:, features][..., outputs]
    owners = explanation.feature_modalities[features]
    named = zip(owners, explanation.feature_names[features], strict=True)
    further = {
        name: values[:, None, outputs]
        for name, values in _beside_features(explanation, part, modality)
        if values[:, outputs].any()
    }
    values = np.concatenate([np.nan_to_num(coef), *further.values()], axis=1)
    # what values add up to is known: the base is the rest of it, to the last digit
    base = getattr(explanation.decomposition, part)[:, outputs] - values.sum(axis=1)
    texts = explanation.feature_values[:, features]
    nothing = np.full((len(texts), len(further)), "")
    names = [str(name) for name in explanation.output_names[outputs]]
    if len(names) == 1:
        values, base, names = values[..., 0], base[:, 0], names[0]
    return Explanation(
        values,
        base,
        data=_numbers_or_texts(np.concatenate([texts, nothing], axis=1)),
        feature_names=[*(f"{owner}: {name}" for owner, name in named), *further],
        output_names=names,
    )


def _beside_features(explanation, part, modality):
    """Names and values of what features leave, and of MI that they count too often."""
    p, names = PARTS.index(part), explanation.modality_names
    chosen = (
        range(len(names))
        if modality is None
        else [find_name(names, modality, "modality")]
    )
    for m in chosen:
        yield f"{names[m]}: rest", rest_of(explanation)[:, p, m]
    if part == "mi" and explanation.attribution == "dime":
        again = -(len(chosen) - 1) * explanation.decomposition.mi
        yield "MI, counted again", again


def _numbers_or_texts(texts):
    """Numbers where all values of a feature are numbers, otherwise texts."""
    columns = np.empty(texts.shape, dtype=object)
    for f, column in enumerate(texts.T):
        try:
            columns[:, f] = column.astype(float)
        except ValueError:
            columns[:, f] = column
    return columns
