"""TextHTML: a text as a piece of a page, its tokens coloured by UC and by MI."""

from html import escape
from os import PathLike
from pathlib import Path
from string import Template
from typing import Any, Self

import numpy as np

from skdime._estimators.local_explainer import LocalExplainer
from skdime._results.excerpt import MOST_CHARACTERS, excerpt
from skdime._results.explanation import Explanation
from skdime._results.labels import runs
from skdime._results.page.template import template
from skdime._results.page.words import brief
from skdime._utils.annotations import Label, NamesLike, Palette
from skdime._utils.controls import plain
from skdime._utils.from_sklearn import check_matplotlib_support
from skdime.displays._base import explain_row, explanation_of_row
from skdime.displays._elements import elements, largest_size, part_title
from skdime.displays._style import HIGH, LOW, PART_TITLES, STRONGEST_TINT, checked_ends
from skdime.displays._words import some_of


class TextHTML(str):
    """Show the words behind UC and MI of one row, as HTML for notebooks and pages.

    A text as HTML, its words coloured by UC and by MI.

    A string that notebooks show. Colours are tints of the ground it is put on, letters
    keep the colour of the page. It needs no script, no style sheet and no network.
    Resting on a token shows its coefficient. Of a text of more than 4,000 characters it
    shows those around the strongest tokens.

    It is recommended to use :meth:`from_explanation` or :meth:`from_estimator`.

    Parameters
    ----------
    markup : str
        HTML, used as it is.

    Examples
    --------
    >>> from skdime.displays import TextHTML
    >>> TextHTML.from_arrays(
    ...     values="no fever",
    ...     labels=[0, 0, -1, 1, 1, 1, 1, 1],
    ...     coef=[[0.3, -0.1], [0.0, 0.2]],
    ...     feature_names=["no", "fever"],
    ...     modality_name="note",
    ...     row_name="7",
    ...     quantity="probability of 'ill'",
    ... ).save("note.html")  # doctest: +SKIP
    """

    def __new__(cls, markup: str) -> Self:
        return super().__new__(cls, markup)

    @classmethod
    def from_estimator(
        cls, explainer: LocalExplainer, X: Any, *, row: int = 0, **options: Any
    ) -> Self:
        """Explain one row of `X` and write its text.

        Parameters
        ----------
        explainer : LocalExplainer
            Fitted explainer.
        X : container of rows
            Holds the row; no other row of it is explained.
        row : int, default=0
            Position of the row in `X`.
        **options : dict
            Passed to :meth:`from_explanation`.

        Returns
        -------
        markup : TextHTML
        """
        return cls.from_explanation(explain_row(explainer, X, row), **options)

    @classmethod
    def from_explanation(
        cls,
        explanation: Explanation,
        *,
        modality: str | None = None,
        row: Label | None = None,
        output: Label | None = None,
        max_display: int | None = None,
        palette: Palette = None,
    ) -> Self:
        """Write the text of one row of an explanation.

        Parameters
        ----------
        explanation : Explanation
            What ``LocalExplainer.explain`` returned.
        modality : str, default=None
            A name in ``explanation.inputs``; None takes the first text.
        row : label, default=None
            A name in ``explanation.row_names``; None takes the first row.
        output : label, default=None
            A name in ``explanation.output_names``; None takes the largest output of
            the row.
        max_display : int, default=None
            Most tokens coloured, the largest; None colours all.
        palette : list of two colours, default=None
            Below and above zero: any colours of matplotlib.

        Returns
        -------
        markup : TextHTML
        """
        row_explanation = explanation_of_row(cls, explanation, row)
        arguments = elements(row_explanation, "text", modality, output, max_display)
        return cls.from_arrays(**arguments, palette=palette)

    @classmethod
    def from_arrays(
        cls,
        *,
        values: str,
        labels: np.ndarray | list[int],
        coef: np.ndarray | list[list[float]],
        feature_names: NamesLike,
        modality_name: str,
        row_name: str,
        quantity: str,
        n_features: int | None = None,
        sums: np.ndarray | None = None,
        palette: Palette = None,
    ) -> Self:
        """Write a text with its coefficients.

        Parameters
        ----------
        values : str
            The text.
        labels : ndarray of int of shape (n_characters,)
            For every character the position of its token in `coef`, -1 where it has
            none.
        coef : ndarray of shape (2, n_features)
            Coefficients of UC and MI.
        feature_names : sequence of str
            The tokens.
        modality_name, row_name : str
            What is shown.
        quantity : str
            What the coefficients change, with its unit.
        n_features : int, default=None
            How many tokens the row has, if not all are coloured.
        sums : ndarray of shape (2, 2), default=None
            Of UC and of MI the sum of all coefficients and the rest that they leave.
        palette : list of two colours, default=None
            Below and above zero: any colours of matplotlib.

        Returns
        -------
        markup : TextHTML
        """
        coef, limit = np.asarray(coef, dtype=float), largest_size(coef)
        sizes = np.nan_to_num(np.abs(coef)).max(axis=0, initial=0)
        n_characters = len(str(values))
        values, labels = excerpt(str(values), labels, sizes)
        low, high = (LOW, HIGH) if palette is None else _as_hex(palette)
        names = [str(name) for name in feature_names]
        pieces = [
            f"<p><strong>{part_title(part, sums)}</strong></p>\n"
            '<p style="white-space: pre-wrap; line-height: 1.7; '
            'overflow-wrap: anywhere">'
            f"{_spans(values, labels, some, names, limit, (low, high))}</p>"
            for part, some in zip(PART_TITLES, coef, strict=True)
        ]
        scale = (
            f"<p><small>change in {_name(quantity)}: "
            f"{_span(f' {-limit:.3g} ', low, 1)} to {_span(f' {limit:+.3g} ', high, 1)}"
            "</small></p>"
        )
        title = f"{_name(modality_name)}, row {_name(row_name)}"
        if n_characters > MOST_CHARACTERS:
            title += (
                f", what is around the strongest tokens of {n_characters:,} characters"
            )
        if n_features and n_features > len(names):
            title += f", {some_of(len(names), n_features, 'token')} coloured"
        head = f"<p><strong>{title}</strong></p>"
        return cls("\n".join(["<div>", head, *pieces, scale, "</div>"]))

    def save(self, path: str | PathLike) -> None:
        """Write a page that holds the markup and needs nothing else.

        Parameters
        ----------
        path : str or path-like
            Name of the file.
        """
        page = Template(template("text.html")).substitute(body=str(self))
        Path(path).write_text(page, encoding="utf-8")

    def _repr_html_(self):
        return str(self)


def _name(text):
    return f"<bdi>{escape(brief(text))}</bdi>"


def _as_hex(palette):
    """Two colours as ``#rrggbb``; matplotlib knows what others mean."""
    check_matplotlib_support("`palette` of TextHTML")
    from matplotlib.colors import to_hex

    return [to_hex(colour) for colour in checked_ends(palette)]


def _spans(text, labels, coef, names, limit, palette):
    pieces = []
    for start, end, label in runs(np.asarray(labels)[: len(text)]):
        word = plain(text[start:end])
        if label < 0:
            pieces.append(escape(word))
            continue
        share = coef[label] / limit
        about = f"{brief(names[label])}: {coef[label]:+.3g}"
        pieces.append(_span(word, palette[int(share > 0)], abs(share), about))
    return "".join(pieces)


def _span(word, colour, share, about=None):
    """A word on a tint of a colour."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    tint = f"rgba({red}, {green}, {blue}, {STRONGEST_TINT * share:.3f})"
    title = "" if about is None else f' title="{escape(about)}"'
    return f'<span style="background: {tint}"{title}>{escape(word)}</span>'
