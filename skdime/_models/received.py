"""What a model received, for notes on its errors."""

from skdime._rows.containers import is_frame, is_multimodal, schema
from skdime._utils.listed import listed


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
