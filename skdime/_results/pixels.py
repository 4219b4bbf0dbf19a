"""Images as what screens show: colours between 0 and 1, and PNG."""

import base64
import struct
import zlib

import numpy as np

_PNG = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}


def as_colours(image):
    """Values between 0 and 1, with three or four colours or none.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, n_colours)
        Bytes are taken as they are; other integers are divided by the largest; floats
        outside of 0 to 1 are stretched between the smallest and the largest. Of any
        other number of colours the mean is taken.
    """
    if image.ndim == 3 and image.shape[2] not in (3, 4):
        image = image.mean(axis=2)
    if image.dtype.kind in "ui":
        top = np.iinfo(image.dtype).max if image.dtype == np.uint8 else image.max()
        return image / max(1, top)
    image = np.nan_to_num(image.astype(float))
    low, high = image.min(), image.max()
    if low >= 0 and high <= 1:
        return image
    return (image - low) / (high - low or 1.0)


def png_uri(colours):
    """An image as the address of a PNG file that holds it itself.

    Parameters
    ----------
    colours : ndarray of shape (height, width) or (height, width, 3 or 4)
        Values between 0 and 1.

    Returns
    -------
    uri : str
        ``data:image/png;base64,...``.
    """
    return "data:image/png;base64," + base64.b64encode(png(colours)).decode("ascii")


def png(colours):
    """The bytes of a PNG file; see :func:`png_uri`."""
    height, width = colours.shape[:2]
    pixels = np.rint(colours * 255).astype(np.uint8).reshape(height, -1)
    lines = np.column_stack([np.zeros(height, dtype=np.uint8), pixels])
    colour_type = _COLOUR_TYPES[pixels.shape[1] // width]
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    data = zlib.compress(lines.tobytes(), 9)
    chunks = (b"IHDR", header), (b"IDAT", data), (b"IEND", b"")
    return _PNG + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind, content):
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum
