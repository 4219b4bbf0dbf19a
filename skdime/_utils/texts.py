"""Texts that may be numbers."""

import numpy as np


def numbers(texts):
    """Cells as floats, nan where a text is no finite number."""
    values = np.full(len(texts), np.nan)
    for i, text in enumerate(texts):
        try:
            values[i] = float(text)
        except ValueError:
            continue
    return np.where(np.isfinite(values), values, np.nan)
