"""What a model received, for notes on its errors."""

from skdime._rows.cells import is_missing
from skdime._rows.containers import cells, column, is_frame, is_multimodal, schema
from skdime._utils.listed import listed


def missing_text(row):
    """Which columns of a single row have no value, and what to do; mostly empty.

    Parameters
    ----------
    row : container of one row
    """
    if is_frame(row):
        blocks = {str(name): column(row, j) for j, name in enumerate(row.columns)}
    elif is_multimodal(row):
        blocks = dict(row.items())
    else:
        return ""
    empty = [name for name, block in blocks.items() if is_missing(cells(block)[0])]
    if not empty:
        return ""
    return (
        f" It has no value in [{listed(empty)}]. Fill missing values in X, or by a "
        "step of the pipeline; of texts by X[name].fillna('')."
    )


def received(rows):
    """Container, shape and dtypes of rows, as text.

    Parameters
    ----------
    rows : container of rows
    """
    container, dtypes, _ = schema(rows)
    if is_multimodal(rows):
        dtypes = "; ".join(repr(rows).split("\n  ")[1:])
    elif is_frame(rows):
        pairs = zip(map(str, rows.columns), map(str, dtypes), strict=True)
        dtypes = listed(
            [f"{name!r:.60}: '{dtype}'" for name, dtype in pairs], write=str
        )
    return f"a {container.name} of shape {rows.shape} ({dtypes!s:.300})"
