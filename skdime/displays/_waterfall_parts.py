"""What a waterfall shows of an explanation of one row."""

import numpy as np
from sklearn.utils import Bunch

from skdime._results.explanation import PARTS
from skdime.displays._choice import shown_features
from skdime.displays._rest import remainders


def steps_of(decomposition, c, max_display):
    """Baseline, the largest main effects, the sum of the rest, MI and output."""
    values, errors = decomposition.main[0, :, c], decomposition.main_se[0, :, c]
    names = decomposition.modality_names.tolist()
    shown = np.arange(len(names))
    if len(names) > max_display + 1:  # one is not summed up: it has a name
        shown = np.sort(np.argsort(-np.abs(values), kind="stable")[:max_display])
    rest = np.setdiff1d(np.arange(len(names)), shown)
    kept = [(names[m], values[m], errors[m]) for m in shown]
    if len(rest):
        kept.append((f"{len(rest)} others, each", values[rest].sum(), np.nan))
    terms = [
        ("baseline", decomposition.baseline[c], decomposition.baseline_se[c]),
        *kept,
        ("mi", decomposition.mi[0, c], decomposition.mi_se[0, c]),
        ("output", decomposition.output[0, c], 0.0),
    ]
    columns = zip(*terms, strict=True)
    names, values, errors = (list(column) for column in columns)
    return Bunch(names=names, effects=np.array(values), se=np.array(errors))


def shown_of(one, part, c, order, max_display):
    """Positions of the features of a part that are shown, none that is 0."""
    sizes = np.abs(one.coef[0, :, :, c])
    own = isinstance(order, str) and order == "own"
    shown = shown_features(one, sizes, part if own else order, max_display)
    p = PARTS.index(part)
    return shown[np.nan_to_num(sizes[p, shown]) > 0] if own else shown


def features_of(one, part, c, shown):
    """What is drawn of features at these positions."""
    p = PARTS.index(part)
    return [
        Bunch(
            name=str(one.feature_names[f]),
            modality=str(one.feature_modalities[f]),
            value=str(one.feature_values[0, f]),
            coef=one.coef[0, p, f, c],
            se=one.se[0, p, f, c],
        )
        for f in shown
    ]


def rests_of(one, part, c, shown, merged):
    """What they leave of the steps of their modalities."""
    p = PARTS.index(part)
    found = remainders(one, c, shown, slice(p, p + 1), merged)
    return [
        Bunch(modality=rest.modality, name=rest.name, effect=rest.effects[0])
        for rest in found
    ]
