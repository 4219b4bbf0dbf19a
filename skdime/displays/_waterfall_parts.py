"""What a waterfall holds of an explanation of one row."""

import numpy as np
from sklearn.utils import Bunch

from skdime._results.fields import PARTS
from skdime.displays._choice import largest_features
from skdime.displays._rest import fewer_rests


def steps_of(decomposition, c, max_display):
    """Baseline, the largest main effects, the sum of the rest, MI and output."""
    names = decomposition.modality_names.tolist()
    main, main_se = decomposition.main[0, :, c], decomposition.main_se[0, :, c]
    first, first_se = (
        decomposition.baseline_of(c, 0),
        decomposition.baseline_se_of(c, 0),
    )
    mi, mi_se = decomposition.mi[0, c], decomposition.mi_se[0, c]
    steps = Bunch(
        names=["baseline", *names, "mi", "output"],
        effects=np.array([first, *main, mi, decomposition.output[0, c]]),
        se=np.array([first_se, *main_se, mi_se, 0.0]),
    )
    return fewer_steps(steps, len(names), max_display)


def fewer_steps(steps, n_modalities, n_most):
    """The largest main effects only, and the sum of the others of `n_modalities`."""
    effects, errors = np.asarray(steps.effects), np.asarray(steps.se)
    n_named = len(effects) - 3
    n_named -= n_named < n_modalities  # the last one is a sum already
    # one modality alone is not summed up: it has a name
    if n_most >= n_named or n_modalities <= n_most + 1:
        return steps
    main = np.arange(1, n_named + 1)
    largest = np.sort(main[np.argsort(-np.abs(effects[main]), kind="stable")[:n_most]])
    others = np.setdiff1d(np.arange(1, len(effects) - 2), largest)
    start, end = [0, *largest], [-2, -1]
    names = [steps.names[i] for i in start]
    return Bunch(
        names=[*names, f"{n_modalities - n_most} others, each", *steps.names[-2:]],
        effects=np.r_[effects[start], effects[others].sum(), effects[end]],
        se=np.r_[errors[start], np.nan, errors[end]],
    )


def positions_of(row_explanation, part, c, order, max_display):
    """Positions of the features of a part, none that is 0 in its own order."""
    sizes = np.abs(row_explanation.coef[0, :, :, c])
    own = isinstance(order, str) and order == "own"
    order = part if own else order
    positions = largest_features(row_explanation, sizes, order, max_display)
    size = sizes[PARTS.index(part), positions]
    return positions[np.nan_to_num(size) > 0] if own else positions


def features_of(row_explanation, part, c, positions):
    """What is drawn of features at these positions."""
    p = PARTS.index(part)
    return [
        Bunch(
            name=str(row_explanation.feature_names[f]),
            modality=str(row_explanation.feature_modalities[f]),
            value=str(row_explanation.feature_values[0, f]),
            coef=row_explanation.coef[0, p, f, c],
            se=row_explanation.se[0, p, f, c],
        )
        for f in positions
    ]


def fewer_rests_of(rests, features, n_drawn, merged):
    """What the features drawn leave of a part where they are only the first ones."""
    coef, modalities = [[f.coef for f in features]], [f.modality for f in features]
    return fewer_rests(rests, coef, modalities, min(n_drawn, len(features)), merged)
