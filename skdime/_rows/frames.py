"""What data frames of any library have in common, and series, their single columns.

Frames are left to their own libraries. narwhals, which would stand for all of them,
takes 2 to 13 times as long for rows and columns of frames of 1,000 rows and 10 columns,
and 6 to 18 times for their cells; nor can it restore a dtype with its categories.
"""

import importlib

import numpy as np

from skdime._rows.cells import is_missing, items_by_column, objects
from skdime._rows.container import Container, Schema
from skdime._utils.listed import listed, shortened


class Frame(Container):
    """Data frames. A library adds, besides the operations on rows and columns:

    - ``is_category(dtype)``: whether a column can hold certain values only;
    - ``items(column)``: what a column holds, as a list, arrays as numpy arrays;
    - ``filled(items, column)``: a column of other items, in the dtype of `column`;
    - ``of_columns(columns, X)``: a frame of such columns, named as those of `X`;
    - ``empty_column(name, dtype)``: a column without items;
    - ``kind_of_items(dtype)``: "number", "boolean", "text" or, for all else, "";
    - ``can_be_missing(dtype)``: whether items of a column may be missing.

    Attributes
    ----------
    library : str
    module : module
        The library, imported when it is needed.
    """

    kind = "data frame"
    library = ""

    @property
    def module(self):
        return importlib.import_module(self.library)

    def of_array(self, X, names):
        columns = {name: X[:, j] for j, name in enumerate(names)}
        return self.module.DataFrame(columns)

    def cells(self, X):
        if X.shape[1] > 1 and self.is_dense_numeric(X):
            return self.as_floats(X)
        items = [self.items(self.column(X, j)) for j in range(X.shape[1])]
        return items[0] if len(items) == 1 else np.stack(list(map(objects, items)), 1)

    def with_cells(self, X, cells):
        n_columns = X.shape[1]
        items = [list(cells)] if n_columns == 1 else items_by_column(cells, n_columns)
        columns = [self.filled(v, self.column(X, j)) for j, v in enumerate(items)]
        return self.of_columns(columns, X)

    def is_categorical(self, X):
        return X.shape[1] == 1 and self.is_category(self.column(X, 0).dtype)

    def schema(self, X):
        return Schema(self, list(X.dtypes), list(X.columns))

    def as_fitted(self, name, fitted, X):
        _check_columns(name, fitted.layout, list(X.columns))
        columns = [self.column(X, j) for j in range(X.shape[1])]
        _check_dtypes(name, X.columns, fitted.dtypes, columns)
        return X


class Series(Container):
    """Series: data frames of one column in all but name.

    Attributes
    ----------
    frame : type
        The class for the data frames of the library.
    """

    kind = "series"
    frame: Frame

    def take(self, X, rows):
        return self._renamed(self.frame.take(X.to_frame(""), rows), X)

    def stack(self, blocks):
        frames = [block.to_frame("") for block in blocks]
        return self._renamed(self.frame.stack(frames), blocks[0])

    def cells(self, X):
        return self.frame.items(X)

    def with_cells(self, X, cells):
        return self._renamed(self.frame.with_cells(X.to_frame(""), cells), X)

    def row_bytes(self, X):
        return self.frame.row_bytes(X.to_frame(""))

    def is_categorical(self, X):
        return self.frame.is_category(X.dtype)

    def schema(self, X):
        return Schema(self, [X.dtype])

    def as_fitted(self, name, fitted, X):
        _check_dtypes(name, [X.name], fitted.dtypes, [X])
        return X

    def _renamed(self, frame, X):
        return self.frame.column(frame, 0).rename(X.name)


def check_whole(items, column):
    """Refuse numbers that a column of integers or booleans cannot hold."""
    for item in items:
        if not is_missing(item) and round(item) != item:
            raise ValueError(
                f"Column {str(column.name)!r:.60} has dtype {column.dtype}, which "
                "cannot "
                f"hold {item}, and nothing is cast silently. Give whole numbers, or X "
                "in a dtype that holds others."
            )


def _check_columns(name, fitted, columns):
    """Names that are no strings, which scikit-learn does not compare."""
    if fitted != columns:
        raise ValueError(
            f"{name} is given the columns [{listed(columns)}], but was fitted on "
            f"[{listed(fitted)}]. Columns must be the same and in the same order as "
            "they were in fit."
        )


def _check_dtypes(name, names, fitted, columns):
    changed = [
        (label, old, column)
        for label, old, column in zip(names, fitted, columns, strict=True)
        if old != column.dtype
    ]
    if not changed:
        return
    texts = [_text_among_numbers(old, column) for _, old, column in changed]
    listed_ones = [
        f"{shortened(label)}: {_dtypes_text(column.dtype, old)}{text}"
        for (label, old, column), text in zip(changed[:5], texts, strict=False)
    ]
    replace = "replace the texts by numbers or by missing values (nan), and "
    pairs = [f"{str(label)!r:.60}: {str(old)!r:.60}" for label, old, _ in changed]
    convert = f"X.astype({{{listed(pairs, write=str)}}})"
    if not hasattr(changed[0][2], "astype"):
        convert = "X.cast(...)"
    raise TypeError(
        f"{name} is given columns of other dtypes than in fit: "
        f"{'; '.join(listed_ones)}{'; ...' if len(changed) > 5 else ''}. Rows are "
        f"never cast on their way to the model: {replace * any(texts)}pass {convert}, "
        "or fit on rows in these dtypes."
    )


def _text_among_numbers(old, column):
    """The first text in a column that had numbers in ``fit``."""
    if getattr(old, "kind", "") not in tuple("iuf"):
        return ""
    texts = (item for item in column if isinstance(item, str))
    text = next(texts, None)
    return "" if text is None else f", with texts such as {text!r:.60}"


def _dtypes_text(new, old):
    """Two dtypes as text; categories that differ in their levels are spelled out."""
    same = str(new) == str(old)
    return f"{new!r:.60} (was {old!r:.60})" if same else f"{new} (was {old})"
