"""What every column was taken for, and how to say otherwise."""

from dataclasses import asdict, dataclass, replace
from html import escape

from skdime._utils.annotations import DataFrame
from skdime._utils.listed import shortened
from skdime._utils.optional import optional_module


@dataclass(frozen=True)
class ColumnDescription:
    """One column of X: what it is taken for, and why.

    Attributes
    ----------
    modality, column : str
    taken_for : {"number", "category", "ordered", "date", "text", "series", "image", \
            "set", "other"}
        "other" is what a perturber of your own takes.
    why : str
    n_levels : int or None
        Different values, in 20,000 rows at most; None where values are not compared, as
        those of series.
    average : str
        The mean of numbers, the most frequent category, the size of all else.
    perturber : str
        What perturbs the modality.
    overrule : str
        How to say that it is something else.
    may_be : str, default=""
        What else it may be; empty where the choice is clear.
    is_close : bool, default=False
        Whether ``fit`` warns: what else it may be would give quite other coefficients.
    """

    modality: str
    column: str
    taken_for: str
    why: str
    n_levels: int | None
    average: str
    perturber: str
    overrule: str
    may_be: str = ""
    is_close: bool = False


# Columns of the printed table: the others are long, and for `to_frame`.
_PRINTED = {
    "modality": "modality",
    "column": "column",
    "taken_for": "taken for",
    "n_levels": "levels",
    "average": "average",
    "why": "why",
}


@dataclass(frozen=True)
class ModalityDescription:
    """How each column is treated, as returned by ``describe_modalities``.

    Printed, it is a table. Entries of which the choice was close follow below it with
    the way to overrule it.

    Attributes
    ----------
    columns : tuple of ColumnDescription
        With the attributes ``modality``, ``column``, ``taken_for``, ``why``,
        ``n_levels``, ``average``, ``perturber``, ``overrule``, ``may_be`` and
        ``is_close``.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> X = np.random.RandomState(0).normal(size=(50, 2))
    >>> dis = Disentangler(lambda X: X[:, 0] * X[:, 1], [("a", [0]), ("b", [1])])
    >>> description = LocalExplainer(dis).describe_modalities(X)
    >>> [(each.column, each.taken_for) for each in description.columns]
    [('x0', 'number'), ('x1', 'number')]
    """

    columns: tuple[ColumnDescription, ...]

    def to_frame(self) -> DataFrame:
        """A pandas frame: one line per column.

        Returns
        -------
        frame : pandas.DataFrame
            A column for each attribute of an entry.
        """
        pd = optional_module("pandas", "pandas")

        frame = pd.DataFrame([asdict(each) for each in self.columns])
        return frame.astype({"n_levels": "Int64"})

    def without_values(self) -> "ModalityDescription":
        """The description without values of the data.

        Returns
        -------
        description : ModalityDescription
        """
        return ModalityDescription(tuple(replace(c, average="") for c in self.columns))

    def __repr__(self) -> str:
        rows = self._texts()
        widths = [max(map(len, texts)) for texts in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                text.ljust(width) for text, width in zip(row, widths, strict=True)
            ).rstrip()
            for row in rows
        ]
        return "\n".join([*lines, *self._close()])

    def _repr_html_(self) -> str:
        head, *rows = self._texts()
        lines = [_line(head, "th"), *(_line(row, "td") for row in rows)]
        notes = [f"<p>{escape(note)}</p>" for note in self._close()]
        return "".join(["<table>", *lines, "</table>", *notes])

    def _texts(self):
        rows = [list(_PRINTED.values())]
        for each in self.columns:
            values = [getattr(each, name) for name in _PRINTED]
            texts = [f"{v:,}" if isinstance(v, int) else v or "" for v in values]
            rows.append(list(map(shortened, texts)))
        return rows

    def _close(self):
        for each in self.columns:
            if each.may_be:
                yield f"{shortened(each.column)} may be {each.may_be}: {each.overrule}"


def _line(texts, tag):
    cells = "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)
    return f"<tr>{cells}</tr>"
