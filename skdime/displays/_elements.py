"""What series, text and image displays share: elements, and their features' effects."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from skdime._results.explanation import Explanation
from skdime._results.fields import PARTS
from skdime._results.rest import effects_of
from skdime._utils.annotations import Axes, DataFrame, Label, NamesLike, Palette
from skdime._utils.checks import check_count
from skdime._utils.frames import long_frame
from skdime._utils.listed import listed
from skdime.displays import _lettering
from skdime.displays._base import RowDisplay, explanation_of_row, output_of
from skdime.displays._style import PART_TITLES
from skdime.displays._words import NO_BREAK, Writer, shorten, some_of


@dataclass(kw_only=True, eq=False, repr=False)
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
    sums : ndarray of shape (2, 2), default=None
        Of UC and of MI the sum of all coefficients and the rest that they leave.
    """

    kind: ClassVar[str]

    values: str | np.ndarray
    labels: np.ndarray
    coef: np.ndarray
    feature_names: NamesLike
    modality_name: str
    row_name: str
    quantity: str
    n_features: int | None = None
    sums: np.ndarray | None = None

    @classmethod
    def from_explanation(
        cls,
        explanation: Explanation,
        *,
        modality: str | None = None,
        row: Label | None = None,
        output: Label | None = None,
        max_display: int | None = None,
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
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
        row_explanation = explanation_of_row(cls, explanation, row)
        arguments = elements(row_explanation, cls.kind, modality, output, max_display)
        return cls(**arguments).plot(ax=ax, palette=palette)

    @property
    def limit(self) -> float:
        """The largest size of a coefficient of either part: the end of the scale."""
        return largest_size(self.coef)

    def painted(self) -> np.ndarray:
        """The coefficient of every element's feature, nan where it has none.

        Returns
        -------
        painted : ndarray of shape (2, ...)
            UC and MI in the shape of `labels`.
        """
        labels = np.asarray(self.labels)
        coef = np.column_stack([np.asarray(self.coef, dtype=float), [np.nan] * 2])
        return coef[:, labels]

    def frame(self) -> DataFrame:
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``part``, ``modality``, ``feature``, ``coef`` and ``n_elements``
            (characters, points or pixels).
        """
        n, labels = len(self.feature_names), np.asarray(self.labels)
        features = {"modality": [self.modality_name] * n, "feature": self.feature_names}
        counts = np.bincount(labels[labels >= 0], minlength=n)
        axes = [{"part": PARTS}, features]
        return long_frame(axes, coef=self.coef, n_elements=counts)

    @property
    def _title(self):
        n, n_features = len(self.feature_names), self.n_features or 0
        some = f", {some_of(n, n_features, 'feature')} coloured" * (n < n_features)
        return f"{shorten(self.modality_name)}, row {shorten(self.row_name)}{some}"

    def _part_title(self, part):
        return part_title(part, self.sums)

    def _draw_scale(self, colours):
        draw_scale(self._place, self._panels, self.limit, colours)

    def _write_scale(self):
        axes = self._panels.scale
        about = f"change in {self.quantity}"
        if not np.any(np.nan_to_num(self.coef)):
            about = f"no {about}: all coefficients are 0"
        _lettering.label_x(axes, about)


class PicturesDisplay(ElementsDisplay):
    """The row as it is, coloured by UC and coloured by MI, side by side."""

    def _ground(self):
        """Width and height of a picture."""
        height, width = np.shape(self.values)[:2]
        return width, height

    def _size(self):
        width, height = self._ground()
        return 9, float(np.clip(2.8 * height / width, 1.0, 8.0)) + 1.5

    def _write(self):
        titles = [self._title, self._part_title("uc"), self._part_title("mi")]
        for axes, title in zip(self.axes_, titles, strict=True):
            _lettering.titled(axes, title)
        self._write_scale()


def elements(row_explanation, kind, modality, output, max_display):
    """What a display of elements holds, of an explanation of one row."""
    name = _modality(row_explanation, kind, modality)
    inputs = row_explanation.inputs[name]
    c, quantity = output_of(row_explanation, output)
    coef, labels = row_explanation.coef[0, :, :, c], inputs.labels[0]
    m = row_explanation.modality_names.tolist().index(name)
    rest = row_explanation.rest[0, :, m, c]
    total = effects_of(row_explanation)[0, :, m, c] - rest
    coloured = _strongest(labels, coef, max_display)
    positions = np.unique(coloured[coloured >= 0])
    position_of = np.full(coef.shape[1] + 1, -1)
    position_of[positions] = np.arange(len(positions))
    return {
        "values": inputs.values[0],
        "labels": position_of[coloured],
        "coef": coef[:, positions],
        "feature_names": row_explanation.feature_names[positions],
        "modality_name": name,
        "row_name": str(row_explanation.row_names[0]),
        "quantity": quantity,
        "n_features": len(np.unique(labels[labels >= 0])),
        "sums": np.stack([total, rest], axis=1),
    }


def draw_scale(place, panels, limit, colours):
    """The scale of colours that all panels share, from -`limit` to `limit`."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scale = ScalarMappable(Normalize(-limit, limit), colours)
    place.figure.colorbar(scale, cax=panels.scale, orientation="horizontal")
    panels.scale.locator_params(nbins=5)  # long numbers would touch


def part_title(part, sums):
    """The part, and what its coefficients and the rest add up to.

    Parameters
    ----------
    part : {"uc", "mi"}
    sums : ndarray of shape (2, 2) or None
        Of both parts the sum of the coefficients, and the rest.
    """
    if sums is None:
        return PART_TITLES[part]
    write = Writer(sums)
    total, rest = np.asarray(sums)[PARTS.index(part)]
    total, rest, whole = (write(v, signed=True) for v in (total, rest, total + rest))
    # one line: numbers of a sum are read together
    sums = f"and rest {rest} = {whole}{write.unit}".replace(" ", NO_BREAK)
    return f"{PART_TITLES[part]}: {total} {sums}"


def largest_size(coef):
    """The largest absolute coefficient, 1 where there is none but 0."""
    sizes = np.abs(np.asarray(coef, dtype=float))
    return float(np.nanmax(sizes, initial=0.0)) or 1.0


def _modality(row_explanation, kind, modality):
    names = [n for n, inputs in row_explanation.inputs.items() if inputs.kind == kind]
    if modality is None and names:
        return names[0]
    if modality in names:
        return modality
    if not names:
        raise ValueError(
            f"The explanation has no modality of the kind {kind!r:.60}; its modalities "
            f"are [{listed(row_explanation.modality_names.tolist())}]. Give the "
            "modality a perturber of that kind in `perturbers` of LocalExplainer."
        )
    raise KeyError(
        f"modality {modality!r:.60} is no {kind}; known are [{listed(names)}]."
    )


def _strongest(labels, coef, max_display):
    """Labels of the largest features, -1 for the others."""
    if max_display is None:
        return labels
    check_count("max_display", max_display)
    sizes = np.nan_to_num(np.abs(coef)).sum(axis=0)
    present = np.unique(labels[labels >= 0])
    largest = present[np.argsort(-sizes[present], kind="stable")][:max_display]
    return np.where(np.isin(labels, largest), labels, -1)
