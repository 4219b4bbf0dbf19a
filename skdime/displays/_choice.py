"""Which features a display shows, in which order, and what the rows hold in them."""

from numbers import Integral

import numpy as np

from skdime._results.explanation import PARTS

OTHERS = "others"
ORDERS = ("size", "uc", "mi", "given")


def largest_features(result, sizes, order, max_display):
    """Positions of the largest features, arranged.

    Parameters
    ----------
    result : Explanation or CrossExplanation
        Names the features.
    sizes : ndarray of shape (2, n_features)
        How large each feature is in UC and MI, nan where it is not known.
    order : {"size", "uc", "mi", "given"} or list
        By the sum of both parts, by one part, as in the explanation; or the features
        themselves, each a name or a pair of modality and name.
    max_display : int
        How many are shown at most.
    """
    check_max_display(max_display)
    if not isinstance(order, str):
        listed = checked_order(order, ORDERS, "features")
        places = [find_feature(result, feature) for feature in listed]
        return np.array(checked_order(places, ORDERS, "features", listed))[:max_display]
    checked_order(order, ORDERS, "features")
    parts = [PARTS.index(order)] if order in PARTS else [0, 1]
    ranks = np.where(np.isnan(sizes), 0, sizes)[parts].sum(axis=0)
    known = np.flatnonzero(~np.isnan(sizes).all(axis=0))
    largest = known[np.argsort(-ranks[known], kind="stable")][:max_display]
    return np.sort(largest) if order == "given" else largest


def checked_order(order, known, what, given=None):
    """One of the known orders, or a list of different things to show.

    Parameters
    ----------
    order : object
        What the user gave, or where what was given is.
    known : sequence of str
        Names of orders.
    what : str
        What a list names.
    given : list, default=None
        What the user gave, for messages, if `order` is not it.
    """
    allowed = f"`order` must be one of {list(known)} or a list of {what}"
    if isinstance(order, str):
        if order not in known:
            raise ValueError(f"{allowed}. Got {order!r} instead.")
        return order
    if not np.iterable(order):
        raise TypeError(f"{allowed}. Got {order!r} instead.")
    order = [tuple(one) if isinstance(one, list) else one for one in order]
    if not order:
        raise ValueError(f"{allowed}. Got an empty list; name at least one.")
    if len(dict.fromkeys(order)) < len(order):
        raise ValueError(
            f"{allowed}, each of them once. Got {given or order}: drop what is in it "
            "again."
        )
    return order


def check_max_display(max_display, least=1):
    """Raise ValueError unless it is a number of things to show."""
    number = isinstance(max_display, Integral) and not isinstance(max_display, bool)
    if not number or max_display < least:
        raise ValueError(
            f"`max_display` must be an integer of at least {least}. Got "
            f"{max_display!r} instead."
        )


def find_feature(result, feature):
    """Position of a feature given by name, or by modality and name."""
    modality, name = feature if isinstance(feature, tuple) else (None, feature)
    here = result.feature_names == name
    if modality is not None:
        here &= result.feature_modalities == modality
    if here.sum() == 1:
        return int(here.argmax())
    keys = zip(result.feature_modalities, result.feature_names, strict=True)
    keys = [(str(owner), str(name)) for owner, name in keys]
    if here.any():
        keys = [key for key, same in zip(keys, here, strict=True) if same]
        raise KeyError(
            f"feature {feature!r} is one of {keys}; give one of these pairs."
        )
    more = ", ..." if len(keys) > 10 else ""
    raise KeyError(f"feature {feature!r} is unknown; known are {keys[:10]}{more}.")


def find_label(labels, label, axis):
    """Position of a label on the axis of that name."""
    known = [str(name) for name in labels]
    if str(label) in known:
        return known.index(str(label))
    more = ", ..." if len(known) > 10 else ""
    raise KeyError(f"{axis} {label!r} is unknown; known are {known[:10]}{more}.")


def numbers(texts):
    """Cells as floats, nan where a text is no finite number."""
    values = np.full(len(texts), np.nan)
    for i, text in enumerate(texts):
        try:
            values[i] = float(text)
        except ValueError:
            continue
    return np.where(np.isfinite(values), values, np.nan)


def mean_and_error(values):
    """Mean over the first axis and its standard error, of what is known."""
    known = ~np.isnan(values)
    n = known.sum(axis=0)
    mean = np.where(known, values, 0).sum(axis=0) / np.maximum(n, 1)
    squares = np.where(known, np.square(values - mean), 0).sum(axis=0)
    error = np.sqrt(squares / np.maximum(n - 1, 1) / np.maximum(n, 1))
    return np.where(n > 0, mean, np.nan), np.where(n > 1, error, np.nan)


def categories(texts, most):
    """The most frequent texts and, for every row, the position of its own."""
    names, counts = np.unique(np.asarray(texts, dtype=str), return_counts=True)
    kept = names[np.sort(np.argsort(-counts, kind="stable")[:most])].tolist()
    shown = kept if len(kept) == len(names) else [*kept, OTHERS]
    codes = {name: code for code, name in enumerate(kept)}
    return shown, np.array([codes.get(str(text), len(kept)) for text in texts])
