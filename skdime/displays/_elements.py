"""What series, text and image displays share: elements, and their features' effects."""

import numpy as np

from skdime._results.explanation import PARTS
from skdime._utils.from_sklearn import check_matplotlib_support
from skdime.displays._base import RowDisplay, describe_output, one_row, shown_output
from skdime.displays._choice import check_max_display
from skdime.displays._texts import room, wrap
from skdime.displays._words import shorten, some_of


class ElementsDisplay(RowDisplay):
    """One row of a modality whose features are sets of elements, coloured by effect.

    Parameters
    ----------
    values : str or ndarray
        What the row holds.
    labels : ndarray of int
        For every element of `values` the position of its feature in `coef`, -1 where
        it has none.
    coef : ndarray of shape (2, n_features)
        Coefficients of UC and MI.
    feature_names : sequence of str
        Names of the features.
    modality_name, row_name : str
        What is shown.
    quantity : str
        What the coefficients change, with its unit.
    n_features : int, default=None
        How many features the row has, if not all are coloured.
    """

    kind = None

    def __init__(
        self,
        *,
        values,
        labels,
        coef,
        feature_names,
        modality_name,
        row_name,
        quantity,
        n_features=None,
    ):
        self.values = values
        self.labels = labels
        self.coef = coef
        self.feature_names = feature_names
        self.modality_name = modality_name
        self.row_name = row_name
        self.quantity = quantity
        self.n_features = len(feature_names) if n_features is None else n_features

    @classmethod
    def from_explanation(
        cls,
        explanation,
        *,
        modality=None,
        row=None,
        output=None,
        max_display=None,
        ax=None,
        palette=None,
    ):
        """Draw one row of an explanation.

        Parameters
        ----------
        explanation : Explanation
            What ``LocalExplainer.explain`` returned.
        modality : str, default=None
            A name in ``explanation.inputs``; None takes the first of this kind.
        row : label, default=None
            A name in ``explanation.row_names``; None takes the first row.
        output : label, default=None
            A name in ``explanation.output_names``; None takes the largest output of
            the row.
        max_display : int, default=None
            Most features coloured, the largest; None colours all.
        ax : matplotlib Axes, default=None
            Is replaced by the panels; None makes a figure.
        palette : list of two colours, default=None
            Below and above zero.

        Returns
        -------
        display : object
            The display, drawn.
        """
        check_matplotlib_support(f"{cls.__name__}.from_explanation")
        one = one_row(cls, explanation, row)
        fields = elements(one, cls.kind, modality, output, max_display)
        return cls(**fields).plot(ax=ax, palette=palette)

    @property
    def limit(self):
        """The largest size of a coefficient of either part: the end of the scale."""
        return largest_size(self.coef)

    def painted(self):
        """The coefficient of every element's feature, nan where it has none.

        Returns
        -------
        painted : ndarray of shape (2, ...)
            UC and MI in the shape of `labels`.
        """
        labels = np.asarray(self.labels)
        coef = np.column_stack([np.asarray(self.coef, dtype=float), [np.nan] * 2])
        return coef[:, labels]

    def frame(self):
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``part``, ``modality``, ``feature``, ``coef`` and ``n_elements``
            (characters, points or pixels).
        """
        import pandas as pd

        n_features = len(self.feature_names)
        labels = np.asarray(self.labels)
        counts = np.bincount(labels[labels >= 0], minlength=n_features)
        return pd.DataFrame(
            {
                "part": np.repeat(PARTS, n_features),
                "modality": self.modality_name,
                "feature": np.tile(self.feature_names, 2),
                "coef": np.ravel(self.coef),
                "n_elements": np.tile(counts, 2),
            }
        )

    @property
    def _title(self):
        shown = some_of(len(self.feature_names), self.n_features, "feature")
        coloured = f", {shown} coloured" if " of " in shown else ""
        return f"{shorten(self.modality_name)}, row {shorten(self.row_name)}{coloured}"

    def _draw_scale(self, colours):
        """The scale that all panels share."""
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        scale = ScalarMappable(Normalize(-self.limit, self.limit), colours)
        axes = self._panels.scale
        self.figure_.colorbar(scale, cax=axes, orientation="horizontal")
        axes.locator_params(nbins=5)

    def _write_scale(self):
        axes = self._panels.scale
        about = f"change in {self.quantity}"
        if not np.any(np.nan_to_num(self.coef)):
            about = f"no {about}: all coefficients are 0"
        axes.set_xlabel(wrap(about, room(axes)))


def elements(one, kind, modality, output, max_display):
    """What a display of elements holds, of an explanation of one row."""
    name = _modality(one, kind, modality)
    c, held = shown_output(one, output), one.inputs[name]
    labels = _strongest(held.labels[0], one.coef[0, :, :, c], max_display)
    n_features = len(np.unique(held.labels[0][held.labels[0] >= 0]))
    present = np.unique(labels[labels >= 0])
    local = np.full(one.coef.shape[2] + 1, -1)
    local[present] = np.arange(len(present))
    return {
        "values": held.values[0],
        "labels": local[labels],
        "coef": one.coef[0, :, :, c][:, present],
        "feature_names": one.feature_names[present],
        "modality_name": name,
        "row_name": str(one.row_names[0]),
        "quantity": describe_output(one, c, output),
        "n_features": n_features,
    }


def largest_size(coef):
    """The largest absolute coefficient, 1 where there is none but 0."""
    sizes = np.abs(np.asarray(coef, dtype=float))
    return float(np.nanmax(sizes, initial=0.0)) or 1.0


def _modality(one, kind, modality):
    known = [name for name, held in one.inputs.items() if held.kind == kind]
    if modality is None and known:
        return known[0]
    if modality in known:
        return modality
    if not known:
        raise ValueError(
            f"The explanation has no modality of the kind {kind!r}; its modalities "
            f"are {one.modality_names[:10].tolist()}. Give the modality a perturber of "
            "that kind in `perturbers` of LocalExplainer."
        )
    raise KeyError(f"modality {modality!r} is no {kind}; known are {known}.")


def _strongest(labels, coef, max_display):
    """Labels of the largest features, -1 for the others."""
    if max_display is None:
        return labels
    check_max_display(max_display)
    sizes = np.nan_to_num(np.abs(coef)).sum(axis=0)
    present = np.unique(labels[labels >= 0])
    kept = present[np.argsort(-sizes[present], kind="stable")][:max_display]
    return np.where(np.isin(labels, kept), labels, -1)
