"""Which features a display shows, in which order, and what the rows hold in them."""

import numpy as np

from skdime._results.fields import PARTS
from skdime._utils.checks import check_count
from skdime._utils.listed import listed
from skdime._utils.names import find_name

OTHERS = "others"
ORDERS = ("size", "uc", "mi", "given")


def largest_features(result, sizes, order, max_display):
    """Positions of the largest features, arranged.

    Parameters
    ----------
    result : Explanation or CrossExplanation
        Names the features.
    sizes : ndarray of shape (2, n_features)
        How large each feature is in UC and MI, nan where no row has it.
    order : {"size", "uc", "mi", "given"} or list
        By the sum of both parts, by one part, as in the explanation; or the features
        themselves, each a name or a pair of modality and name.
    max_display : int
        How many at most.
    """
    check_count("max_display", max_display)
    if not isinstance(order, str):
        listed = checked_order(order, ORDERS, "features")
        places = [find_feature(result, feature) for feature in listed]
        return np.array(checked_order(places, ORDERS, "features", listed))[:max_display]
    checked_order(order, ORDERS, "features")
    parts = [PARTS.index(order)] if order in PARTS else [0, 1]
    ranks = np.where(np.isnan(sizes), 0, sizes)[parts].sum(axis=0)
    (present,) = np.nonzero(~np.isnan(sizes).all(axis=0))
    largest = present[np.argsort(-ranks[present], kind="stable")][:max_display]
    return np.sort(largest) if order == "given" else largest


def largest_in_order(sizes, n_most):
    """Positions of the largest sizes, in their order; of equal ones the first."""
    return np.sort(np.argsort(np.negative(sizes), kind="stable")[:n_most])


def output_or_largest(names, output, sizes):
    """Position of an output; None takes the one of the largest size."""
    if output is None:
        return int(np.argmax(sizes))
    return find_name(names, output, "output")


def checked_order(order, names, what, from_user=None):
    """One of the orders that have a name, or a list of different things.

    Parameters
    ----------
    order : object
        What the user gave, or the positions of that.
    names : sequence of str
        Names of orders.
    what : str
        What a list names.
    from_user : list, default=None
        What the user gave, for messages, if `order` holds positions.
    """
    allowed = f"`order` must be one of {list(names)} or a list of {what}"
    if isinstance(order, str):
        if order not in names:
            raise ValueError(f"{allowed}. Got {order!r:.60} instead.")
        return order
    if not np.iterable(order):
        raise TypeError(f"{allowed}. Got {order!r:.60} instead.")
    order = [tuple(key) if isinstance(key, list) else key for key in order]
    if not order:
        raise ValueError(f"{allowed}. Got an empty list; name at least one.")
    if len(dict.fromkeys(order)) < len(order):
        raise ValueError(
            f"{allowed}, each of them once. Got [{listed(from_user or order)}]: drop "
            "what is in it again."
        )
    return order


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
            f"feature {feature!r:.60} is one of [{listed(keys)}]; give one of these "
            "pairs."
        )
    raise KeyError(f"feature {feature!r:.60} is unknown; known are [{listed(keys)}].")


def categories(texts, most):
    """The most frequent texts and, for every row, the position of its own."""
    names, counts = np.unique(np.asarray(texts, dtype=str), return_counts=True)
    frequent = names[largest_in_order(counts, most)].tolist()
    codes = {name: code for code, name in enumerate(frequent)}
    codes_of_rows = np.array([codes.get(str(text), len(frequent)) for text in texts])
    rest = [OTHERS] * (len(frequent) < len(names))
    return [*frequent, *rest], codes_of_rows
