"""What displays share: how they are drawn; which row and which output."""

from dataclasses import replace

import numpy as np

from skdime._results.explanation import Explanation
from skdime._results.noise import explanation_without_noise
from skdime._rows.containers import row_labels, take
from skdime._utils.from_sklearn import check_matplotlib_support
from skdime._utils.names import usual_output
from skdime.displays._choice import find_label
from skdime.displays._panels import check_axis, fitting_letters, lay_out
from skdime.displays._texts import offset_into_label, thin_ticks
from skdime.displays._words import output_label


class Display:
    """A picture, drawn on a new figure or on the axis it is given."""

    def plot(self, ax=None, *, palette=None):
        """Draw the numbers that the display holds.

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
        check_axis(ax)
        with fitting_letters(ax, self._size()):
            self._draw(ax, palette)
            self._lay_out()
            self._write()
            self._lay_out()
            thin_ticks(self._drawn_on())
            self._name_offsets()
            self._lay_out()
            self._finish()
        return self

    def _lay_out(self):
        lay_out(self._drawn_on()[0])

    def _drawn_on(self):
        """The axes that have data."""
        axes = self.axes_ if hasattr(self, "axes_") else [self.ax_]
        return list(np.ravel(axes))

    def _write(self):
        """Texts whose lines depend on how wide the axes are in the end."""

    def _finish(self):
        """What depends on how much room all texts leave."""

    def _name_offsets(self):
        shared = self._shared_label()
        for axes in (*self._drawn_on(), *self._scales()):
            named = shared is None or axes.get_xlabel()
            offset_into_label(axes.xaxis, axes.xaxis.label if named else shared)
            offset_into_label(axes.yaxis, axes.yaxis.label)

    def _shared_label(self):
        """The name of the horizontal axes that have none, if there are panels."""
        return self._panels.label if hasattr(self, "_panels") else None

    def _scales(self):
        """The axes of scales of colours."""
        scale = self._panels.scale if hasattr(self, "_panels") else None
        return [] if scale is None else [scale]


class ExplanationDisplay(Display):
    """A picture of all rows of an explanation."""

    @classmethod
    def from_estimator(cls, explainer, X, **options):
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
    def from_estimator(cls, explainer, X, *, row=0, **options):
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
    one = explainer.explain(take(X, np.array([position])))
    names = row_labels(X)[[position]]
    return replace(one, decomposition=replace(one.decomposition, row_names=names))


def drawn_explanation(display, explanation):
    """An explanation of some rows, in which what rounding has left is 0."""
    if not isinstance(explanation, Explanation):
        raise TypeError(
            "`explanation` must be an Explanation, as LocalExplainer.explain returns "
            f"it, got a {type(explanation).__name__}. With an explainer use "
            f"{display.__name__}.from_estimator(explainer, X)."
        )
    if not len(explanation):
        raise ValueError(
            "`explanation` has no rows, so that there is nothing to draw. Explain at "
            "least one row."
        )
    return explanation_without_noise(explanation)


def one_row(display, explanation, row):
    """The explanation of the row of that name, or of the first."""
    explanation = drawn_explanation(display, explanation)
    return explanation[0 if row is None else explanation.find(row=row)]


def shown_output(explanation, output):
    """Position of an output; None takes the one that is largest in most rows."""
    if output is not None:
        return explanation.find(output=output)
    return usual_output(explanation.decomposition.output)


def shown_output_of_runs(result, output):
    """The same for a CrossExplanation."""
    if output is not None:
        return find_label(result.output_names, output, "output")
    values = (result.uc + result.mi).reshape(-1, len(result.output_names))
    largest = values[~np.isnan(values).any(axis=1)].argmax(axis=1)
    return int(np.bincount(largest).argmax()) if len(largest) else 0


def describe_output(result, c, output):
    """An output with its unit, and why it is the one shown."""
    label = output_label(str(result.output_names[c]), result.unit)
    n_outputs = len(result.output_names)
    if output is None and n_outputs > 1:
        label += f" (the largest of {n_outputs} outputs)"
    return label
