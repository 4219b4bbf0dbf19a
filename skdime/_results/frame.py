"""The tidy frame of an explanation."""

import numpy as np

from skdime._results.fields import ERRORS, PARTS
from skdime._results.rest import REST, rest_of
from skdime._utils.frames import long_frame


def coefficients_frame(explanation):
    """See ``Explanation.to_frame``."""
    modalities = explanation.modality_names
    owners = np.concatenate([explanation.feature_modalities, modalities])
    names = np.append(explanation.feature_names, [REST] * len(modalities))
    places = {name: m for m, name in enumerate(modalities.tolist())}
    # the rest of a modality after its features
    order = np.argsort([places[name] for name in owners.tolist()], kind="stable")
    rest = rest_of(explanation)
    unknown = np.full_like(rest, np.nan)
    numbers = {
        name: np.concatenate([getattr(explanation, name), of_rest], axis=2)[:, :, order]
        for name, of_rest in (
            ("coef", rest),
            *((name, unknown) for name in ("se", *ERRORS)),
        )
    }
    no_value = np.full((len(explanation), len(modalities)), "")
    values = np.concatenate([explanation.feature_values, no_value], axis=1)[:, order]
    own = {}
    if explanation.decomposition.row_outputs is not None:
        own["row_output"] = explanation.decomposition.row_outputs[:, None, None]
    return long_frame(
        [
            {"row": explanation.row_names},
            {"part": PARTS},
            {"modality": owners[order], "feature": names[order]},
            {"output": explanation.output_names},
        ],
        value=values[:, None, :, None],
        **numbers,
        **own,
    )
