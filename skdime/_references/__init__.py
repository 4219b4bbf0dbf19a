"""Means over reference rows, from as few model rows as possible."""
