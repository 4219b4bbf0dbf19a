"""The runs of folds, draws of references and seeds: one array a quantity."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skdime._results.explanation import Explanation
from skdime._utils.annotations import Floats, Integers, Masks, Names
from skdime.metrics._joined import Axes, common_axes, keys_of
from skdime.metrics._resampling import overlap_of

# What the axes of the arrays hold that an explanation, or its decomposition, has.
_DIMENSIONS = {
    "coef": ("row", "part", "feature", "output"),
    "se": ("row", "part", "feature", "output"),
    "r2": ("row", "part", "modality", "output"),
    "decomposition.uc": ("row", "output"),
    "decomposition.mi": ("row", "output"),
    "decomposition.main": ("row", "modality", "output"),
}


@dataclass(frozen=True, eq=False, repr=False)
class Runs:
    """Explanations of runs, joined by names; see ``CrossExplanation``."""

    explanations: tuple[Explanation, ...]
    rows: tuple[Integers, ...]
    fold: Integers
    reference_draw: Integers
    seed: Integers
    train: Masks
    test: Masks
    row_names: NDArray[Any]
    common: bool = False
    n_model_rows: int = 0
    estimators: list | None = None

    @cached_property
    def axes(self) -> Axes:
        """What the axes of the arrays hold: the names of all runs."""
        return common_axes(self.explanations)

    @cached_property
    def coef(self) -> Floats:
        """Coefficients of UC and MI in every run."""
        return self._joined("coef")

    @cached_property
    def se(self) -> Floats:
        """Standard errors of the coefficients within a run."""
        return self._joined("se")

    @cached_property
    def r2(self) -> Floats:
        """Weighted R2 of the surrogates."""
        return self._joined("r2")

    @cached_property
    def baseline(self) -> Floats:
        """Mean output over the references of each run."""
        values = np.full((len(self.explanations), len(self.output_names)), np.nan)
        for run, explanation in zip(values, self.explanations, strict=True):
            baseline = explanation.decomposition.baseline
            of_run = baseline if baseline.ndim == 1 else baseline.mean(axis=0)
            names = explanation.output_names.tolist()
            run[[self.output_names.tolist().index(name) for name in names]] = of_run
        return values

    @cached_property
    def uc(self) -> Floats:
        """Unimodal contributions."""
        return self._joined("decomposition.uc")

    @cached_property
    def mi(self) -> Floats:
        """Multimodal interactions."""
        return self._joined("decomposition.mi")

    @cached_property
    def main(self) -> Floats:
        """Main effects of the modalities."""
        return self._joined("decomposition.main")

    @cached_property
    def feature_values(self) -> Names:
        """Values of rows and features as text; empty without the feature."""
        values = np.full((len(self.row_names), len(self.feature_names)), "", object)
        places = {key: i for i, key in enumerate(keys_of(self.axes))}
        for explanation, rows in zip(self.explanations, self.rows, strict=True):
            features = np.array([places[key] for key in keys_of(explanation)])
            values[np.ix_(rows, features)] = explanation.feature_values
        return values.astype(str)

    @property
    def modality_names(self) -> Names:
        """Names of the modalities."""
        return self.axes.modality_names

    @property
    def feature_names(self) -> Names:
        """Names of the features."""
        return self.axes.feature_names

    @property
    def feature_modalities(self) -> Names:
        """The modality of every feature."""
        return self.axes.feature_modalities

    @property
    def output_names(self) -> Names:
        """Names of the outputs."""
        return self.axes.output_names

    @property
    def unit(self) -> str:
        """Unit of every number but R2."""
        return self.explanations[0].unit

    @property
    def n_train(self) -> Integers:
        """How many rows each fold was trained on."""
        return self.train.sum(axis=1)

    @property
    def n_test(self) -> Integers:
        """How many rows each fold left out."""
        return self.test.sum(axis=1)

    @property
    def n_explained(self) -> Integers:
        """How many rows each fold explained."""
        return np.array([len(self.rows[run]) for run in self.first_runs])

    @property
    def overlap(self) -> Floats:
        """Share of their training rows that two folds have in common."""
        return overlap_of(self.train)

    @property
    def first_runs(self) -> Integers:
        """Positions of the runs that are each the first of their fold."""
        return np.flatnonzero((self.reference_draw == 0) & (self.seed == 0))

    @property
    def repeated(self) -> bool:
        """Whether any row is explained by two folds or more."""
        counts = np.bincount(np.concatenate([self.rows[r] for r in self.first_runs]))
        return bool(counts.max(initial=0) > 1)

    def _joined(self, attribute):
        n, dimensions = len(self.row_names), _DIMENSIONS[attribute]
        return self.axes.join(self.explanations, self.rows, n, attribute, dimensions)
