"""How many rows the model will see, counted before it sees any."""

from typing import NamedTuple


class Cost(NamedTuple):
    """What explaining costs, counted in rows that the model must see.

    Attributes
    ----------
    fit_rows : int
        Rows of ``fit``, spent once (the model's own training not counted).
    explain_rows : int
        Rows of ``explain(X)``.
    peak_bytes : int
        Most that is held at once: rows sent to the model, tables, coefficients.
    """

    fit_rows: int
    explain_rows: int
    peak_bytes: int


def baseline_rows(n_modalities, n_references):
    """All pairs of references for two modalities, tuples for more."""
    return n_references**2 if n_modalities == 2 else n_references


def effects_rows(n_rows, n_modalities, n_references):
    """Every row by itself, and each of its modalities with every reference."""
    return n_rows * (1 + n_modalities * n_references)


def table_rows(n_modalities, n_references, n_samples):
    """Every perturbation of every modality with every reference."""
    return n_modalities * n_references * n_samples


def neighbourhood_rows(n_rows, n_modalities, n_samples):
    """Every perturbation of every modality in the context of every row."""
    return n_rows * n_modalities * n_samples


def published_rows(n_rows, n_modalities, n_references, n_samples):
    """The published procedure: all anew for each row, ``K S (N + 1)`` rows each."""
    return n_rows * n_modalities * n_samples * (n_references + 1)
