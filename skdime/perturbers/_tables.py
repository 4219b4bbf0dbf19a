"""What perturbers of tables share: the table itself, its categories and its groups."""

import numpy as np

from skdime._rows.cells import objects
from skdime._rows.containers import (
    cells,
    column,
    is_frame,
    is_multimodal,
    kind_of,
    with_cells,
)
from skdime._rows.values import Codes, as_labels, as_numbers, as_texts, is_number
from skdime._utils.listed import listed, quoting_little
from skdime._utils.names import column_text


def table_of(X):
    """The columns of a modality: `X` itself, or what a MultimodalArray has as table.

    Raises
    ------
    ValueError
        If there is no table of rows and columns.
    """
    table = X
    if is_multimodal(X):
        if X.shape[1] > 1:
            raise ValueError(
                f"The modality has the keys [{listed(list(X))}] of a MultimodalArray; "
                "a "
                "table is under a single key. Put its columns into one data frame or "
                "array, or make a modality of each key."
            )
        ((key, table),) = X.items()
        if kind_of(table) == "series":
            table = table.to_frame(key)
        elif _is_one_column(table):
            items = cells(table)
            table = items if isinstance(items, np.ndarray) else objects(items)
            table = table[:, None]
    if len(table.shape) != 2:
        raise ValueError(
            f"Perturbers of tables take the columns of a table, but the modality has "
            f"shape {table.shape}. Give it a perturber for its kind of data."
        )
    return table


def like_modality(X, table):
    """A table in the container that it is in for the modality: undoes `table_of`."""
    if not is_multimodal(X):
        return table
    ((key, rows),) = X.items()
    if kind_of(rows) == "series":
        table = column(table, 0).rename(rows.name)
    elif _is_one_column(rows):
        table = with_cells(rows, cells(table))
    return X._like({key: table})


def column_names_of(X, names):
    """Names of the columns of a modality, of which `names` are those of `X` itself."""
    if is_multimodal(X):
        table = table_of(X)
        names = [f"x{j}" for j in range(table.shape[1])]
        if is_frame(table):
            names = table.columns
        elif len(names) == 1:
            names = X.keys()
    return [column_text(name) for name in names]


def group_columns(groups, names):
    """Put columns together to features.

    Parameters
    ----------
    groups : dict of str to list, or None
        Columns that are one feature together, by name or position.
    names : list of str
        Names of the columns.

    Returns
    -------
    feature_names : ndarray of str of shape (n_features,)
        Columns, and groups at the place of their first column.
    features : ndarray of int of shape (n_columns,)
        The feature of every column.

    Raises
    ------
    TypeError, ValueError
        If groups are no dict, name other columns, overlap, or have a column's name.
    """
    if groups is not None and not hasattr(groups, "items"):
        raise TypeError(
            "`groups` must be a dict from names of groups to lists of columns, as "
            f"in {{'vitals': ['pulse', 'pressure']}}. Got {groups!r:.60} instead."
        )
    group_of = {}
    for group, members in (groups or {}).items():
        for member in members:
            position = _position(names, member, "groups")
            if position in group_of:
                raise ValueError(
                    f"`groups` puts column {names[position]!r:.60} in both "
                    f"{group_of[position]!r:.60} and {group!r:.60}; a column is in one "
                    "group at most."
                )
            group_of[position] = str(group)
    alone = {name for j, name in enumerate(names) if j not in group_of}
    if shared := sorted(alone & set(group_of.values())):
        raise ValueError(
            f"`groups` names a group {shared[0]!r:.60}, which is also a column outside "
            "the group. Choose another name."
        )
    labels = [group_of.get(j, name) for j, name in enumerate(names)]
    feature_names = list(dict.fromkeys(labels))
    features = np.array([feature_names.index(label) for label in labels])
    return np.array(feature_names), features


def categorical_columns(perturber, table, names):
    """Which columns of a table are categories to a perturber: (n_columns,) of bool."""
    columns = perturber.categorical_features
    if isinstance(columns, str):
        if columns != "from_dtype":
            raise ValueError(
                "The 'categorical_features' parameter of "
                f"{type(perturber).__name__} must be 'from_dtype' or a list of "
                f"columns. Got {columns!r:.60} instead."
            )
        return np.array([not is_number(column(table, j)) for j in range(len(names))])
    chosen = [_position(names, name, "categorical_features") for name in columns]
    return np.isin(np.arange(len(names)), chosen)


def read_column(perturber, table, j, name):
    """A column as numbers, or as codes of categories.

    Returns
    -------
    encoded : ndarray of shape (n_rows,)
    codes : Codes or None
        What encodes categories.

    Raises
    ------
    ValueError
        If a column that is no category does not hold numbers.
    """
    raw = column(table, j)
    try:
        codes = None
        if perturber.categorical_[j]:
            codes = Codes(as_labels(raw), getattr(perturber, "min_count", 1))
        return encoded(raw, codes), codes
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Column {name!r:.60} cannot be read as numbers, and "
            f"categorical_features={perturber.categorical_features!r:.60} does not "
            f"make it a category: {quoting_little(error)}"
        ) from None  # whose message may quote all of a value


def encoded(raw, codes):
    """A column as numbers, or as codes if there are any."""
    return as_numbers(raw) if codes is None else codes(as_labels(raw))


def feature_texts(table, features):
    """What the rows of a table hold, feature by feature, as text.

    Parameters
    ----------
    table : container of rows of shape (n_rows, n_columns)
    features : ndarray of int of shape (n_columns,)
        The feature of every column.

    Returns
    -------
    texts : ndarray of str of shape (n_rows, n_features)
    """
    texts = [as_texts(column(table, j)) for j in range(len(features))]
    grouped = [
        [texts[j] for j in np.flatnonzero(features == f)]
        for f in range(max(features) + 1)
    ]
    joined = [[", ".join(row) for row in zip(*g, strict=True)] for g in grouped]
    return np.array(joined, dtype=str).T


def _is_one_column(rows):
    return isinstance(rows, list) or len(rows.shape) == 1


def _position(names, name, parameter):
    if isinstance(name, (int, np.integer)) and 0 <= name < len(names):
        return int(name)
    if column_text(name) in names:
        return names.index(column_text(name))
    raise ValueError(
        f"`{parameter}` asks for column {name!r:.60}, which is not in the modality; "
        f"its columns are [{listed(names)}]."
    )
