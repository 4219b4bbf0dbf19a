"""What displays share whose rows are features, in panels of UC and of MI."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from skdime._results.fields import PARTS
from skdime._utils.annotations import NamesLike
from skdime._utils.frames import long_frame
from skdime.displays import _lettering
from skdime.displays._base import Display
from skdime.displays._choice import largest_features
from skdime.displays._marks import mark_value
from skdime.displays._panels import share_limits
from skdime.displays._style import PART_TITLES
from skdime.displays._words import feature_labels, some_of

# Fields whose last axis is that of the features.
_NUMBERS = ("coef", "se", "size", "rank")
_TEXTS = ("feature_names", "feature_modalities", "feature_values")
# Share of the width that names may take: the two panels keep more than half.
_NAMES = 0.38


@dataclass(kw_only=True, eq=False, repr=False)
class FeatureRows(Display):
    """Panels of UC and of MI that have the same features as rows.

    Parameters
    ----------
    feature_names, feature_modalities : sequence of str
        The features, from top to bottom.
    quantity : str
        What the coefficients change, with its unit.
    n_features : int, default=None
        How many features there are, if these are not all.
    """

    # Lines of letters that titles, ticks and notes take.
    _n_lines: ClassVar[int] = 12

    feature_names: NamesLike
    feature_modalities: NamesLike
    quantity: str
    n_features: int | None = None

    def _fitted(self, place):
        return self._with_first(place.rows_that_fit(self._n_lines))

    def _with_first(self, n_most):
        if len(self.feature_names) <= n_most:
            return self
        return self._with_features(slice(n_most))

    def _largest(self, sizes, order, max_display):
        """A copy that has only the largest features, arranged."""
        return self._with_features(largest_features(self, sizes, order, max_display))

    def _with_features(self, positions):
        """A copy that has only the features at these positions."""
        fewer = {
            name: np.asarray(getattr(self, name))[..., positions]
            for name in (*_NUMBERS, *_TEXTS)
            if hasattr(self, name)
        }
        n_features = self.n_features or len(self.feature_names)
        return replace(self, n_features=n_features, **fewer)

    def _long_frame(self, *axes, **numbers):
        """A line for each part and feature, and what is on the axes before them."""
        features = {"modality": self.feature_modalities, "feature": self.feature_names}
        return long_frame([*axes, {"part": PARTS}, features], **numbers)

    def _draw_around_zero(self, draw_part):
        """Draw both parts from a line at zero, on the same limits.

        Parameters
        ----------
        draw_part : callable
            Is given the axis and the position of a part.
        """
        for p, axes in enumerate(self.axes_):
            draw_part(axes, p)
            mark_value(axes)
        share_limits(self.axes_)

    def _label_length(self):
        return _lettering.letters_in(_NAMES * self._panels.size[0])

    def _name_rows(self, values=None, more_labels=()):
        """Names beside the left panel; below them those of further rows."""
        names = self.feature_modalities, self.feature_names, values
        labels = feature_labels(*names, length=self._label_length())
        _lettering.name_rows(self.axes_[0], [*labels, *more_labels])
        _lettering.name_rows(self.axes_[1], [""] * (len(labels) + len(more_labels)))
        for axes in self.axes_:
            _lettering.clean(axes)

    def _feature_count(self):
        return some_of(len(self.feature_names), self.n_features, "feature")

    def _write_around(self, title, label, notes):
        _lettering.fit_rows(self.axes_[0])
        for axes, part in zip(self.axes_, PARTS, strict=True):
            _lettering.titled(axes, PART_TITLES[part] + self._below_title(axes, part))
        _lettering.head_and_foot(self._panels, title, label, notes)

    def _below_title(self, axes, part):
        """What else is written above a panel."""
        return ""
