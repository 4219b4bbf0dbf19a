"""What deletion and insertion curves say: areas, gains, means over rows."""

from dataclasses import dataclass

import numpy as np

from skdime._results.fields import PARTS
from skdime._results.page.tables import Section
from skdime._results.plotted import Plotted
from skdime._results.stored import Stored
from skdime._results.tabulated import Tabulated
from skdime._utils.annotations import DataFrame, Floats
from skdime._utils.frames import long_frame
from skdime._utils.listed import count, first_lines, shortened
from skdime._utils.missing import nan_mean, nan_variance, ratio
from skdime._utils.rounding import DIFFERENCES_OF_MEANS


@dataclass(frozen=True, eq=False, repr=False)
class FaithfulnessCurves(Stored, Tabulated, Plotted):
    """Values of UC and MI while features are replaced, with the area between curves.

    Curves run from 0 to 1 along the share of a modality's features that are replaced
    (deletion) or present (insertion). Modalities and rows with fewer points than
    others are filled up with nan.

    Attributes
    ----------
    fraction : ndarray of shape (n_rows, n_modalities, n_points)
        Share of the features that are replaced (deletion) or present (insertion).
    deletion, insertion : ndarray
        Value of the part, in the unit of the output, of shape (n_rows, 2,
        n_modalities, n_points, n_outputs), the second axis being UC and MI.
    order : {"signed", "magnitude"}
        What was replaced or inserted first.
    row_names, modality_names, output_names : ndarray
        Names along the axes.
    unit : str
        Unit of the values.

    See Also
    --------
    skdime.displays.FaithfulnessCurvesDisplay.from_curves : Draws it, as `plot` does.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.metrics import faithfulness_curves
    >>> X = np.random.RandomState(0).normal(size=(300, 6))
    >>> modalities = [("a", [0, 1, 2]), ("b", [3, 4, 5])]
    >>> dis = Disentangler(lambda X: X[:, 0] + X[:, 3] * X[:, 1], modalities)
    >>> explainer = LocalExplainer(dis, random_state=0).fit(X)
    >>> curves = faithfulness_curves(explainer, X[:5], random_state=0)
    >>> curves.deletion.shape  # rows, parts, modalities, points, outputs
    (5, 2, 2, 4, 1)
    >>> mean, se = curves.mean_gain()
    >>> for m, name in enumerate(curves.modality_names):  # of UC; by chance it is 0
    ...     print(f"{name}: gain {mean[0, m, 0]:.2f} +- {se[0, m, 0]:.2f}")
    a: gain 0.84 +- 0.24
    b: gain 0.07 +- 0.03
    """

    _axes = {
        "fraction": ("rows", "modalities", "points"),
        "deletion": ("rows", 2, "modalities", "points", "outputs"),
        "insertion": ("rows", 2, "modalities", "points", "outputs"),
        "row_names": ("rows",),
        "modality_names": ("modalities",),
        "output_names": ("outputs",),
    }

    _display = "FaithfulnessCurvesDisplay", "from_curves"

    fraction: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray
    order: str
    row_names: np.ndarray
    modality_names: np.ndarray
    output_names: np.ndarray
    unit: str

    @property
    def deletion_area(self) -> Floats:
        """Areas under the deletion curves: (n_rows, 2, n_modalities, n_outputs).

        With ``order="signed"`` of the value itself: the smaller, the better. With
        ``order="magnitude"`` of its distance from the value of the row: the larger,
        the better.
        """
        return self._area(self.deletion)

    @property
    def insertion_area(self) -> Floats:
        """Areas under the insertion curves: (n_rows, 2, n_modalities, n_outputs).

        With ``order="signed"`` of the value itself: the larger, the better. With
        ``order="magnitude"`` of its distance from the value of the row: the smaller,
        the better.
        """
        return self._area(self.insertion)

    @property
    def gain(self) -> Floats:
        """Area between the two curves: (n_rows, 2, n_modalities, n_outputs).

        Positive is better. A ranking by chance has an expected gain of exactly 0,
        whatever the model, because its deletion and insertion go through the same
        sets of features. nan where there is nothing to rank: a single feature, or a
        part that does not change.
        """
        sign = 1 if self.order == "signed" else -1
        gain = sign * (self.insertion_area - self.deletion_area)
        return np.where(self._ranks(), gain, np.nan)

    def mean_gain(self) -> tuple[Floats, Floats]:
        """Mean gain over rows, and its standard error over rows.

        Returns
        -------
        mean, se : ndarray of shape (2, n_modalities, n_outputs)
        """
        gain = self.gain
        n_values = (~np.isnan(gain)).sum(axis=0)
        return nan_mean(gain), np.sqrt(ratio(nan_variance(gain), n_values))

    def mean_curves(self, n_points: int = 21) -> tuple[Floats, Floats, Floats]:
        """Curves averaged over rows, on equally spaced shares of features.

        Parameters
        ----------
        n_points : int, default=21
            Number of shares from 0 to 1; between the points of a curve it is
            interpolated.

        Returns
        -------
        fraction : ndarray of shape (n_points,)
        deletion, insertion : ndarray of shape (2, n_modalities, n_points, n_outputs)
        """
        grid = np.linspace(0, 1, n_points)
        means = [self._mean_on(grid, each) for each in (self.deletion, self.insertion)]
        return grid, *means

    def to_frame(self) -> DataFrame:
        """A tidy pandas frame: one line per point of a curve.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``row``, ``part``, ``modality``, ``output``, ``curve`` (deletion or
            insertion), ``fraction`` and ``value``.
        """
        axes = [
            {"curve": ("deletion", "insertion")},
            {"row": self.row_names},
            {"part": PARTS},
            {"modality": self.modality_names},
            {"point": range(self.fraction.shape[2])},
            {"output": self.output_names},
        ]
        curves = np.stack([self.deletion, self.insertion])
        fraction = self.fraction[:, None, :, :, None]
        frame = long_frame(axes, fraction=fraction, value=curves)
        columns = ["row", "part", "modality", "output", "curve", "fraction", "value"]
        return frame[columns].dropna(ignore_index=True)

    def __repr__(self):
        lines = [
            f"FaithfulnessCurves of {count(len(self.fraction), 'row')}, unit: "
            f"{self.unit}; area between insertion and deletion (by chance 0):"
        ]
        lines += [f"  {place}: {mean} +- {se}" for place, mean, se in self._gains()]
        return first_lines(lines)

    def _sections(self, most):
        columns = ["", "mean over rows", "standard error"]
        lines = list(self._gains())[:most]
        note = "By chance it is 0; positive is better."
        return [Section("Area between insertion and deletion", note, columns, lines)]

    def _gains(self):
        mean, se = self.mean_gain()
        for (p, m, c), value in np.ndenumerate(mean):
            output, modality = self.output_names[c], self.modality_names[m]
            place = f"{shortened(output)}, {PARTS[p]} of {shortened(modality)}"
            yield place, f"{value:.4g}", f"{se[p, m, c]:.2g}"

    def _ranks(self):
        """Where a ranking makes a difference, in the shape of areas."""
        several = (~np.isnan(self.fraction)).sum(axis=2) > 2
        both = np.concatenate([self.deletion, self.insertion], axis=3)
        # fmax and fmin pass over nan, and are nan without a value
        extent = np.fmax.reduce(both, axis=3) - np.fmin.reduce(both, axis=3)
        largest = np.fmax.reduce(np.abs(both), axis=(1, 2, 3))[:, None, None]
        varies = extent > DIFFERENCES_OF_MEANS * largest
        return several[:, None, :, None] & varies

    def _area(self, curves):
        """By the trapezoidal rule; nan for curves without points."""
        if self.order == "magnitude":
            curves = np.abs(curves - self.deletion[:, :, :, :1])
        width = np.diff(self.fraction, axis=-1)[:, None, :, :, None]
        pieces = width * (curves[..., 1:, :] + curves[..., :-1, :]) / 2
        empty = np.isnan(pieces).all(axis=-2)
        return np.where(empty, np.nan, np.nansum(pieces, axis=-2))

    def _mean_on(self, grid, curves):
        total = np.zeros((*curves.shape[1:3], len(grid), curves.shape[-1]))
        n_curves = np.zeros(curves.shape[2])
        for row, fraction in zip(curves, self.fraction, strict=True):
            for m, points in enumerate(fraction):
                has_value = ~np.isnan(points)
                n_curves[m] += has_value.any()
                for p, c in np.ndindex(2, curves.shape[-1] if has_value.any() else 0):
                    values = row[p, m, has_value, c]
                    total[p, m, :, c] += np.interp(grid, points[has_value], values)
        return ratio(total, n_curves[None, :, None, None])
