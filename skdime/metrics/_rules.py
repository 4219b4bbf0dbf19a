"""Inputs of a tree with their names, and its leaves as rules."""

from typing import NamedTuple

import numpy as np


class Input(NamedTuple):
    """One column that a tree can split on.

    Attributes
    ----------
    values : ndarray of shape (n_rows,)
        A number, nan where it is missing; or 0 and 1.
    name : str
        Of the number.
    low, high : str
        What is written for 0 and for 1; empty for a number.
    """

    values: np.ndarray
    name: str
    low: str = ""
    high: str = ""


def inputs_of(explanation, terms):
    """Terms of features, and of pairs of different modalities whether they agree.

    Parameters
    ----------
    explanation : Explanation
        Names the features.
    terms : list of Term

    Returns
    -------
    inputs : list of Input
    """
    names, owners = explanation.feature_names.tolist(), explanation.feature_modalities
    names = [
        f"{owner}/{name}" if names.count(name) > 1 else name
        for owner, name in zip(owners.tolist(), names, strict=True)
    ]
    singles = [_single(names[term.feature], term) for term in terms]
    pairs = [
        _pair(singles[i], singles[j], one, other)
        for i, one in enumerate(terms)
        for j, other in enumerate(terms)
        if i < j and owners[one.feature] != owners[other.feature]
    ]
    inputs = [*singles, *pairs]
    return [each for each in inputs if np.nanmax(each.values) > np.nanmin(each.values)]


def _single(name, term):
    if term.numeric:
        return Input(term.values, name)
    if term.level:
        return Input(
            term.values, name, f"{name} != {term.level}", f"{name} = {term.level}"
        )
    return Input(term.values, name, f"without {name}", f"with {name}")


def _pair(first, second, one, other):
    above = [each.values > np.nanmean(each.values) for each in (one, other)]
    agree = (above[0] == above[1]).astype(float)
    if one.numeric and other.numeric:
        both = f"{first.name} and {second.name}"
        sides = f"{both} on different sides", f"{both} on the same side"
        low, high = (f"{side} of their means" for side in sides)
        return Input(agree, both, low, high)
    texts = [each.high or _above_mean(each) for each in (first, second)]
    low = f"either {' or '.join(texts)}, not both"
    high = f"{' and '.join(texts)}, or neither"
    return Input(agree, high, low, high)


def _above_mean(single):
    return f"{single.name} > {np.nanmean(single.values):.3g}"


def rules_of(tree, inputs):
    """What the rows of each leaf have in common.

    Parameters
    ----------
    tree : sklearn.tree._tree.Tree
    inputs : list of Input

    Returns
    -------
    rules : dict of int to str
        By node; a tree without a split has the rule "all rows".
    """
    return {
        node: "; ".join(_conditions(path, inputs)) or "all rows"
        for node, path in _paths(tree, 0, [])
    }


def _paths(tree, node, path):
    """Leaves below a node, each with its splits: input, threshold, side, missing."""
    left, right = tree.children_left[node], tree.children_right[node]
    if left < 0:
        yield node, path
        return
    split = tree.feature[node], tree.threshold[node]
    to_left = bool(tree.missing_go_to_left[node])
    yield from _paths(tree, left, [*path, (*split, "low", to_left)])
    yield from _paths(tree, right, [*path, (*split, "high", not to_left)])


def _conditions(path, inputs):
    """Conditions of a path, those on one input as one, in order of appearance."""
    for feature in dict.fromkeys(split[0] for split in path):
        each, splits = inputs[feature], [s for s in path if s[0] == feature]
        if each.low:
            yield each.low if splits[-1][2] == "low" else each.high
            continue
        above = max((s[1] for s in splits if s[2] == "high"), default=None)
        below = min((s[1] for s in splits if s[2] == "low"), default=None)
        lower = "" if above is None else f"{above:.3g} < "
        upper = "" if below is None else f" <= {below:.3g}"
        text = f"{lower}{each.name}{upper}" if upper else f"{each.name} > {above:.3g}"
        has_missing = np.isnan(each.values).any() and all(s[3] for s in splits)
        yield f"{text} or missing" if has_missing else text
