"""One part of an explanation as shap's plots take it."""

import numpy as np

from skdime._results.selection import features_of, outputs_of


def shap_explanation(explanation, part, modality, output):
    """See ``Explanation.to_shap``."""
    try:
        from shap import Explanation
    except ImportError as error:
        raise ImportError(
            "Explanation.to_shap needs shap. Install it with: pip install shap"
        ) from error
    if part not in ("uc", "mi"):
        raise ValueError(f"`part` must be 'uc' or 'mi'. Got {part!r:.60} instead.")
    features = features_of(explanation, modality)
    outputs = outputs_of(explanation, output)
    coef = explanation.sel(part=part)[:, features][..., outputs]
    values = np.nan_to_num(coef)
    base = getattr(explanation.decomposition, part)[:, outputs] - values.sum(axis=1)
    names = [str(name) for name in explanation.output_names[outputs]]
    if len(names) == 1:
        values, base, names = values[..., 0], base[:, 0], names[0]
    owners = explanation.feature_modalities[features]
    named = zip(owners, explanation.feature_names[features], strict=True)
    return Explanation(
        values,
        base,
        data=_numbers_or_texts(explanation.feature_values[:, features]),
        feature_names=[f"{owner}: {name}" for owner, name in named],
        output_names=names,
    )


def _numbers_or_texts(texts):
    """Numbers where all values of a feature are numbers, otherwise texts."""
    columns = np.empty(texts.shape, dtype=object)
    for f, column in enumerate(texts.T):
        try:
            columns[:, f] = column.astype(float)
        except ValueError:
            columns[:, f] = column
    return columns
