"""What displays share: how they are drawn; which row and which output."""

from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Self

import numpy as np

from skdime._estimators.local_explainer import LocalExplainer
from skdime._results.explanation import Explanation
from skdime._results.noise import explanation_without_noise
from skdime._results.output_text import output_phrase
from skdime._rows.containers import row_labels, take
from skdime._utils.annotations import Axes, Figure, Palette
from skdime._utils.from_sklearn import check_matplotlib_support
from skdime._utils.names import find_name, usual_output
from skdime.displays import _lettering
from skdime.displays._checks import check_any_row, check_result
from skdime.displays._panels import Panels, Place
from skdime.displays._words import output_label


@dataclass(kw_only=True, eq=False, repr=False)
class Display:
    """Numbers and names, and a picture of them.

    Subclasses are dataclasses without the generated ``__repr__``, which would fill a
    notebook with arrays, and without ``__eq__``, which arrays do not allow. They draw
    in ``_draw``, and in ``_write`` the texts whose lines depend on the widths of axes.
    """

    _panels: ClassVar[Panels | None] = None

    # a display has one of the first two
    ax_: Axes = field(init=False)
    axes_: np.ndarray = field(init=False)
    figure_: Figure = field(init=False)

    def plot(self, ax: Axes | None = None, *, palette: Palette = None) -> Self:
        """Draw the numbers that the display holds, as many as there is room for.

        On an axis that is smaller than a figure of its own letters are smaller, too.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            An empty axis to draw on; where there are several panels they replace it.
            None makes a figure. In a figure without a layout engine it is made small
            enough for all that is written around it.
        palette : list of colours, default=None
            As in the method that made the display.

        Returns
        -------
        self : object
            The display.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        place = Place(ax)
        picture = self._fitted(place)
        with place.fitting_letters(picture._size()):
            picture._make(place, palette)
        numbers = {number.name for number in fields(self) if number.init}
        artists = {k: v for k, v in vars(picture).items() if k not in numbers}
        vars(self).update(artists)
        return self

    def _fitted(self, place):
        """A display of what fits into a place."""
        return self

    def _make(self, place, palette):
        self._place = place
        self._draw(palette)
        self.figure_ = place.figure
        # Lines of texts depend on widths of axes, and these on what is written: names
        # of rows first, then titles and notes, then what ticks leave.
        self._place.lay_out()
        self._write()
        self._place.lay_out()
        is_thinned = _lettering.thin_ticks(self._drawn_on())
        if self._name_offsets() or is_thinned:
            self._place.lay_out()
        self._finish()
        place.settle()

    def _divide(self, n_rows=1, n_columns=1, **options):
        """Panels in rows and columns."""
        self._panels = Panels(self._place, self._size(), n_rows, n_columns, **options)
        return self._panels.axes

    def _divide_by_part(self, **options):
        """A panel of UC and one of MI, side by side."""
        self.axes_ = self._divide(1, 2, **options)[0]

    def _drawn_on(self):
        """The axes that have data."""
        axes = self.axes_ if hasattr(self, "axes_") else [self.ax_]
        return list(np.ravel(axes))

    def _write(self):
        """Texts whose lines depend on how wide the axes are in the end."""

    def _finish(self):
        """What depends on how much room all texts leave."""

    def _name_offsets(self):
        """Say powers of ten in the names of axes; tell whether there are any."""
        shared, offsets = self._panels and self._panels.label, []
        for axes in (*self._drawn_on(), *self._place.scales):
            named = shared is None or axes.get_xlabel()
            label = axes.xaxis.label if named else shared
            offsets.append(_lettering.offset_into_label(axes.xaxis, label))
            offsets.append(_lettering.offset_into_label(axes.yaxis, axes.yaxis.label))
        return any(offsets)


class ExplanationDisplay(Display):
    """A picture of all rows of an explanation."""

    from_explanation: ClassVar[Any]  # every display has arguments of its own

    @classmethod
    def from_estimator(cls, explainer: LocalExplainer, X: Any, **options: Any) -> Self:
        """Explain rows and draw them.

        Parameters
        ----------
        explainer : LocalExplainer
            Fitted explainer.
        X : container of rows
            What ``explainer.explain`` takes.
        **options : dict
            Passed to :meth:`from_explanation`.

        Returns
        -------
        display : object
            The display, drawn.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        return cls.from_explanation(explainer.explain(X), **options)


class RowDisplay(ExplanationDisplay):
    """A picture of one row of an explanation."""

    @classmethod
    def from_estimator(
        cls, explainer: LocalExplainer, X: Any, *, row: int = 0, **options: Any
    ) -> Self:
        """Explain one row of `X` and draw it.

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
        display : object
            The display, drawn.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        return cls.from_explanation(explain_row(explainer, X, row), **options)


def explain_row(explainer, X, row):
    """The explanation of one row of `X`, which keeps its name."""
    position = np.arange(len(row_labels(X)))[row]
    explanation = explainer.explain(take(X, np.array([position])))
    names = row_labels(X)[[position]]
    values = replace(explanation.decomposition, row_names=names)
    return replace(explanation, decomposition=values)


def drawn_explanation(display, explanation):
    """An explanation of some rows, in which what rounding has left is 0."""
    source = "LocalExplainer.explain"
    instead = f"an explainer use {display.__name__}.from_estimator(explainer, X)"
    check_result("explanation", explanation, Explanation, source, instead)
    check_any_row("explanation", explanation)
    return explanation_without_noise(explanation)


def explanation_of_row(display, explanation, row):
    """The explanation of the row of that name, or of the first."""
    explanation = drawn_explanation(display, explanation)
    return explanation[0 if row is None else explanation.find(row=row)]


def output_position(explanation, output):
    """Position of an output; None takes the one that is largest in most rows."""
    if output is not None:
        return explanation.find(output=output)
    return usual_output(explanation.decomposition.output)


def output_of(explanation, output):
    """Position of an output, and its name with its unit and why it is drawn."""
    c = output_position(explanation, output)
    return c, _described(explanation, c, output)


def output_of_runs(result, output):
    """The same for a CrossExplanation."""
    if output is not None:
        c = find_name(result.output_names, output, "output")
    else:
        values = (result.uc + result.mi).reshape(-1, len(result.output_names))
        c = usual_output(values[~np.isnan(values).any(axis=1)])
    return c, _described(result, c, output)


def _described(result, c, output):
    values = getattr(result, "decomposition", result)
    label = output_label(output_phrase(values, result.unit, c), result.unit)
    n_outputs = len(result.output_names)
    if output is None and n_outputs > 1:
        label += f" (the largest of {n_outputs} outputs)"
    return label
