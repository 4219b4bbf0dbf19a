"""Which columns belong to which modality.

The specification is the one of
:class:`~sklearn.compose.ColumnTransformer`: ``[(name, columns), ...]``. It is
resolved once, in ``fit``, into positions of columns; every column belongs to
exactly one modality.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches

import numpy as np

from skdime._rows.containers import is_frame, is_multimodal, select
from skdime._utils.from_sklearn import _get_column_indices
from skdime._utils.listed import listed, quoting_little


def resolve_modalities(X, modalities, feature_names, remainder="error", unread=()):
    """Turn a specification of modalities into names and positions of columns.

    Parameters
    ----------
    X : container of rows
        Selectors given as callables are called with it.
    modalities : dict, list of (name, columns) or None
        None makes one modality of every column (of a MultimodalArray, of every key),
        named after it.
    feature_names : ndarray of str
        Names of the columns of `X`, used as names of modalities and in messages.
    remainder : str, default="error"
        ``"hold"`` allows columns of no modality; the name of a modality adds them to
        it.
    unread : sequence of int, default=()
        Positions of columns that the model does not read. They may be in no modality,
        and are in none if `modalities` is None.

    Returns
    -------
    resolved : list of (str, ndarray of int)
        The positions of each modality's columns.
    fixed : ndarray of int
        Positions of the columns of no modality.

    Raises
    ------
    ValueError
        If there are fewer than two modalities, a name is used twice, holds ``"__"`` or
        is the word of results for a rest, or a column is unknown, in two modalities or
        in none.
    """
    if modalities is None:
        resolved = [
            (str(name), np.array([i]))
            for i, name in enumerate(feature_names)
            if i not in unread
        ]
    else:
        resolved = [
            _resolve_one(X, entry, feature_names) for entry in as_pairs(modalities)
        ]
    _check_names([name for name, _ in resolved])
    if len(resolved) < 2:
        owned = [j for _, columns in resolved for j in columns.tolist()]
        others = [str(n) for j, n in enumerate(feature_names) if j not in owned]
        more = f" In no modality are [{listed(others)}]." if others else ""
        raise ValueError(
            f"A decomposition needs at least 2 modalities, got {len(resolved)} from X "
            f"with n_features={len(feature_names)}.{more} Assign the columns of X to "
            "two or more modalities: modalities=[(name, columns), (name, columns), "
            "...]."
        )
    _check_once(resolved, feature_names)
    owned = np.concatenate([columns for _, columns in resolved])
    left = np.setdiff1d(np.arange(len(feature_names)), [*owned, *unread])
    if remainder not in ("error", "hold"):
        return _with_rest(resolved, left, remainder), left[:0]
    if remainder == "error" and len(left):
        names = [str(feature_names[position]) for position in left]
        _refuse_left(names, getattr(X, "shape", ()))
    return resolved, left


def _with_rest(resolved, left, remainder):
    """Modalities of which one has all columns that none has."""
    names = [name for name, _ in resolved]
    if remainder not in names:
        raise ValueError(
            "`remainder` must be 'error', 'hold' or the name of a modality, one of "
            f"[{listed(names)}]. Got {remainder!r:.60} instead."
        )
    return [
        (name, np.concatenate([columns, left]) if name == remainder else columns)
        for name, columns in resolved
    ]


def split(X, modalities):
    """The block of columns of each modality."""
    return [select(X, columns) for _, columns in modalities]


def positions_of_pair(pair, modalities):
    """Positions of two of three or more modalities, ascending.

    Parameters
    ----------
    pair : tuple of (str, str)
    modalities : list of (str, ndarray of int)
    """
    names = [name for name, _ in modalities]
    if len(names) < 3:
        raise ValueError(
            "`pair` chooses two of three or more modalities; of the two here, "
            f"{names}, the interaction is MI. Leave it out."
        )
    return tuple(sorted(positions_of_two(pair, modalities, "pair")))


def positions_of_two(pair, modalities, parameter):
    """Positions of two modalities, in the order in which they are named.

    Parameters
    ----------
    pair : tuple of (str, str)
    modalities : list of (str, ndarray of int)
    parameter : str
        The argument that an error is about.
    """
    names = [name for name, _ in modalities]
    two = isinstance(pair, (tuple, list)) and len(set(pair)) == 2
    if not two or not set(pair) <= set(names):
        raise ValueError(
            f"`{parameter}` must be the names of two different modalities of {names}, "
            f"such as {tuple(names[:2])}. Got {pair!r:.60} instead."
        )
    return tuple(names.index(name) for name in pair)


def as_pairs(named):
    """What is named, of a dict or a list of pairs, as such a list."""
    return list(named.items()) if isinstance(named, Mapping) else named


def _resolve_one(X, entry, feature_names):
    if not isinstance(entry, (tuple, list)) or len(entry) != 2:
        raise ValueError(
            "Each entry of `modalities` must be a pair (name, columns), as in "
            f"[('exam', ['age', 'bmi']), ...]; got {entry!r:.60}."
        )
    name, columns = entry
    if not isinstance(name, str) or not name or "__" in name:
        raise ValueError(
            "The name of a modality must be a non-empty string without '__', which "
            f"separates the parts of output names; got {name!r:.60}."
        )
    if callable(columns):
        columns = columns(X)
    if isinstance(columns, re.Pattern):
        columns = [j for j, each in enumerate(feature_names) if columns.search(each)]
    unordered = isinstance(columns, (set, frozenset))
    if unordered or isinstance(columns, range):
        columns = list(columns)
    # scikit-learn takes a slice without ends for one of names
    if isinstance(columns, slice) and columns == slice(None):
        columns = slice(0, X.shape[1])
    try:
        positions = positions_of(X, columns)
    except (ValueError, IndexError, TypeError, KeyError) as error:
        names = feature_names if is_frame(X) or is_multimodal(X) else []
        wrong, reason = _wrong_columns(columns, names, error)
        hint = _columns_hint(X) + _pattern_hint(columns, feature_names)
        raise ValueError(
            f"`modalities` asks for columns {wrong} in modality {name!r:.60}, which X "
            f"of shape {X.shape} does not have{reason}.{hint}"
        ) from None  # whose message may have all names
    positions = np.asarray(positions, dtype=int).ravel()
    if unordered:
        positions = np.sort(positions)
    if not len(positions):
        raise ValueError(
            f"Modality {name!r:.60} has no columns ({columns!r:.60} selects none of "
            "X). Give it at least one column or leave it out of `modalities`."
        )
    return name, positions


def positions_of(X, columns):
    """Positions of columns; the keys of a MultimodalArray are its columns.

    Parameters
    ----------
    X : container of rows
    columns : str, int, slice, or array-like of these or of bool
        As in :class:`~sklearn.compose.ColumnTransformer`.

    Returns
    -------
    positions : list or ndarray of int
    """
    if is_multimodal(X):
        keys = list(X.keys())
        if isinstance(columns, str):
            return [keys.index(columns)]
        if np.ndim(columns) == 1 and all(isinstance(key, str) for key in columns):
            return [keys.index(key) for key in columns]
    if getattr(getattr(X, "columns", None), "nlevels", 1) > 1:
        return _positions_in_levels(X, columns)
    return _get_column_indices(X, columns)


def _positions_in_levels(X, columns):
    """Positions of columns of a MultiIndex: by tuples, or by names of upper levels."""
    if isinstance(columns, (str, tuple)):
        columns = [columns]
    if not (isinstance(columns, list) and columns):
        return _get_column_indices(X, columns)
    if not all(isinstance(name, (str, tuple)) for name in columns):
        return _get_column_indices(X, columns)
    every = np.arange(X.shape[1])
    return np.concatenate(
        [np.atleast_1d(every[X.columns.get_loc(name)]) for name in columns]
    )


def _wrong_columns(columns, names, error):
    """Of names those that are none, with the most similar name; the error of others.

    `names` are those of the columns, empty where these have none.
    """
    is_list = isinstance(columns, list)
    of_names = len(names) and is_list and all(isinstance(c, str) for c in columns)
    missing = [c for c in columns if c not in names] if of_names else []
    if not missing:
        text = f"[{listed(columns)}]" if is_list else f"{columns!r:.60}"
        return text, f": {quoting_little(error)}"
    similar = get_close_matches(missing[0], list(map(str, names)), 1)
    question = f" (did you mean {similar[0]!r:.60}?)" if similar else ""
    return f"[{listed(missing)}]", question


def _columns_hint(X):
    if is_multimodal(X):
        return f" X has the keys [{listed(list(X.keys()))}]."
    return f" X has the columns [{listed(list(X.columns))}]." if is_frame(X) else ""


def _pattern_hint(columns, names):
    """How to write a regular expression, where a text is one that some names match."""
    try:
        matched = isinstance(columns, str) and any(re.search(columns, n) for n in names)
    except re.error:
        return ""
    if not matched:
        return ""
    return f" For the columns that match a pattern, write re.compile({columns!r:.60})."


def _check_names(names):
    rest = next((name for name in names if name.strip("() ").lower() == "rest"), None)
    if rest is not None:
        raise ValueError(
            f'The name of a modality is {rest!r:.60}, but in results "rest" is what '
            "coefficients leave of an effect. Choose another name, such as 'other'."
        )
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(
            f"The names of modalities must be unique; [{listed(repeated)}] occur more "
            "than once. Rename them in `modalities` (or the columns of X)."
        )


def _check_once(resolved, feature_names):
    owner = {}
    for name, columns in resolved:
        for position in columns.tolist():
            if position in owner:
                raise ValueError(
                    f"Column {str(feature_names[position])!r:.60} is in modality "
                    f"{owner[position]!r:.60} and again in {name!r:.60}; a column "
                    "belongs to exactly one modality. Remove it from one of them."
                )
            owner[position] = name


def _refuse_left(left, shape):
    """Raise the error of columns that are in no modality."""
    hint = ""
    if len(shape) == 3:
        hint = (
            f" X has three dimensions, {shape}, of which the columns are axis 1, "
            "channels, and time is axis 2. If it is (n_cases, n_timepoints, "
            "n_channels), pass X.transpose(0, 2, 1)."
        )
    columns, belong, them, their = (
        ("Column", "belongs", "it", "its")
        if len(left) == 1
        else ("Columns", "belong", "them", "their")
    )
    raise ValueError(
        f"{columns} {listed(left)} {belong} to no modality. skdime cannot separate UC "
        f"from MI unless every column of X belongs to one. Add {them} to an entry of "
        f"`modalities`, give {them} an entry of {their} own, or drop {them} from X. To "
        f"keep {them} as in the explained row, set remainder='hold'.{hint}"
    )
