"""Frames, series and dtypes as arrays, lists and texts, for files without pickle.

Formats such as that of skops store arrays, lists, texts and the attributes of objects,
which the data structures inside of frames are not.
"""

import io
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from skdime._utils.optional import loaded_types


class Portable(NamedTuple):
    """What a frame, a series or a dtype is made of.

    Attributes
    ----------
    library : {"pandas", "polars"}
    kind : {"frame", "series", "dtype"}
    content : dict of str to object
        Arrays, lists, texts and bytes.
    """

    library: str
    kind: str
    content: dict[str, Any]


def as_portable(thing):
    """A frame, a series or a dtype in its parts; everything else as it is."""
    for library, taken_apart in (("pandas", _of_pandas), ("polars", _of_polars)):
        for name, kind in (("DataFrame", "frame"), ("Series", "series")):
            if isinstance(thing, loaded_types(name, library)):
                return Portable(library, kind, taken_apart(thing, kind))
    if isinstance(thing, loaded_types("ExtensionDtype", "pandas.api.extensions")):
        column = import_module("pandas").Series([], dtype=thing)
        return Portable("pandas", "dtype", _of_pandas(column, "dtype"))
    dtypes = loaded_types("DataType", "polars")
    if isinstance(thing, (*dtypes, *map(type, dtypes))) and _is_polars_dtype(thing):
        column = import_module("polars").Series("", [], dtype=thing)
        return Portable("polars", "dtype", _of_polars(column, "dtype"))
    return thing


def from_portable(portable):
    """What was taken apart.

    Parameters
    ----------
    portable : Portable
    """
    library, kind, content = portable
    together = _to_pandas if library == "pandas" else _to_polars
    thing = together(content, kind)
    return thing.dtype if kind == "dtype" else thing


def _is_polars_dtype(thing):
    """Whether it is a dtype, or a class of dtypes, which stands for one in polars."""
    polars = import_module("polars")
    is_class = isinstance(thing, type)
    return issubclass(thing if is_class else type(thing), polars.DataType)


def _of_polars(thing, kind):
    frame = thing if kind == "frame" else thing.to_frame()
    return {"bytes": frame.serialize()}


def _to_polars(content, kind):
    frame = import_module("polars").DataFrame.deserialize(io.BytesIO(content["bytes"]))
    return frame if kind == "frame" else frame.to_series()


def _of_pandas(thing, kind):
    columns = [thing] if kind != "frame" else [c for _, c in thing.items()]
    index = thing.index
    levels = [index.get_level_values(i) for i in range(index.nlevels)]
    return {
        "names": [column.name for column in columns],
        "columns": [_column(column) for column in columns],
        "index": None
        if _is_default(index)
        else [_column(i.to_series()) for i in levels],
        "index_names": list(index.names),
        "levels": list(thing.columns.names) if kind == "frame" else [],
    }


def _to_pandas(content, kind):
    pd = import_module("pandas")
    columns = [_joined(column) for column in content["columns"]]
    index = _index(content["index"], content["index_names"])
    if kind != "frame":
        column = columns[0].rename(content["names"][0])
        return column if index is None else column.set_axis(index)
    frame = pd.DataFrame(dict(enumerate(columns)))
    frame.columns = _labels(content["names"], content["levels"])
    return frame if index is None else frame.set_axis(index)


def _index(levels, names):
    pd = import_module("pandas")
    if not levels:
        return None
    levels = [_joined(level) for level in levels]
    if len(levels) > 1:
        return pd.MultiIndex.from_arrays(levels, names=names)
    return pd.Index(levels[0], name=names[0])


def _labels(labels, names):
    pd = import_module("pandas")
    if len(names) > 1:
        return pd.MultiIndex.from_tuples(map(tuple, labels), names=names)
    return pd.Index(labels, name=names[0])


def _is_default(index):
    """Whether rows are numbered from 0, without names."""
    pd = import_module("pandas")
    return isinstance(index, pd.RangeIndex) and index.equals(pd.RangeIndex(len(index)))


def _column(column):
    """The dtype of a column of pandas as text, and its items."""
    pd, dtype = import_module("pandas"), column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        categories = _column(dtype.categories.to_series())
        codes = column.cat.codes.to_numpy()
        return {"codes": codes, "categories": categories, "ordered": dtype.ordered}
    if isinstance(dtype, pd.DatetimeTZDtype):
        times = column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        return {"dtype": str(dtype), "times": times}
    if isinstance(dtype, np.dtype) and dtype.kind != "O":
        return {"dtype": str(dtype), "items": column.to_numpy()}
    text = str(dtype)
    if isinstance(dtype, pd.StringDtype) and text == "string":
        text = f"string[{dtype.storage}]"
    items = [None if item is pd.NA else item for item in column.tolist()]
    return {"dtype": text, "items": items}


def _joined(parts):
    pd = import_module("pandas")
    if "codes" in parts:
        categories, ordered = _joined(parts["categories"]), parts["ordered"]
        values = pd.Categorical.from_codes(parts["codes"], categories, ordered)
        return pd.Series(values)
    if "times" in parts:
        times = pd.Series(parts["times"]).dt.tz_localize("UTC")
        return times.astype(parts["dtype"])
    return pd.Series(parts["items"], dtype=parts["dtype"])
