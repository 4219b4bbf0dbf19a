"""What replaces the elements of sets that keep their number."""

import numpy as np

from skdime._utils.missing import ratio
from skdime.perturbers._set_cells import numbers_of


def check_arrays(parts, replacement):
    """Refuse what has no place for a replaced element, or no number to replace."""
    for part in parts:
        is_list = isinstance(part, (list, tuple, np.ndarray))
        if not is_list or (numbers_of(part) is None and not _are_texts(part)):
            raise _no_numbers(part, replacement)
        if len(parts) == 1 and numbers_of(part) is None:
            raise _no_numbers(part, replacement)


def zero_of(part):
    """0 for every number of an element, and an empty text for a name."""
    values = numbers_of(part)
    return "" if values is None else np.zeros(values.shape[1:])


def others_of(each, replacement):
    """The mean of all objects, or the object that is closest to it.

    Distances are standardised by the number, so that units do not matter.

    Parameters
    ----------
    each : list of (list, ndarray of int)
        For every row the parts of its cell, and the positions of its objects.
    replacement : {"mean", "reference"}

    Returns
    -------
    others : list
        For every part what replaces an element.
    """
    each = [(parts, positions) for parts, positions in each if len(positions)]
    if not each:
        raise ValueError(
            f"replacement={replacement!r:.60} needs objects in the rows given to fit, "
            "but all of their sets are empty."
        )
    for parts, _ in each:
        check_arrays(parts, replacement)
    n_parts = len(each[0][0])
    moments = [_moments(each, k, replacement) for k in range(n_parts)]
    if replacement == "mean":
        return [mean for mean, _ in moments]
    distances = [_distances(parts, positions, moments) for parts, positions in each]
    row = int(np.argmin([distance.min() for distance in distances]))
    parts, positions = each[row]
    nearest = positions[np.argmin(distances[row])]
    return [part[nearest] for part in parts]


def _moments(each, k, replacement):
    """Mean and standard deviation of a part; of names an empty one, and None."""
    if numbers_of(each[0][0][k]) is None:
        return "", None
    total, squares, n_values = 0.0, 0.0, 0
    for parts, positions in each:
        values = numbers_of(parts[k])[positions]
        if replacement == "mean" and values.ndim == 1 and values.dtype.kind in "iu":
            raise ValueError(
                f"replacement='mean' averages numbers, but one of the keys has one "
                f"integer for each object, such as {values[0]}: a class, of which "
                "there is no mean. Take replacement='reference' or 'zero'."
            )
        values = values.astype(float)
        present = ~np.isnan(values)
        values = np.where(present, values, 0)
        total, n_values = total + values.sum(axis=0), n_values + present.sum(axis=0)
        squares = squares + np.square(values).sum(axis=0)
    mean = ratio(total, n_values)
    return mean, np.sqrt(np.maximum(ratio(squares, n_values) - mean**2, 0))


def _distances(parts, positions, moments):
    distance = np.zeros(len(positions))
    for part, (mean, deviation) in zip(parts, moments, strict=True):
        if deviation is None:
            continue
        values = numbers_of(part)[positions].astype(float)
        scaled = (values - mean) / np.where(deviation > 0, deviation, 1)
        distance += (
            np.square(np.nan_to_num(scaled)).reshape(len(values), -1).sum(axis=1)
        )
    return distance


def _are_texts(part):
    return all(isinstance(item, str) for item in part)


def _no_numbers(part, replacement):
    return ValueError(
        f"replacement={replacement!r:.60} replaces numbers of elements that keep their "
        f"places, but a row holds a {type(part).__name__} without either. Take "
        "replacement='remove'."
    )
