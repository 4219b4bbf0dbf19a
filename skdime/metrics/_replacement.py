"""How far coefficients depend on what replaces features."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from skdime._results.explanation import Explanation
from skdime._results.fields import PARTS
from skdime._results.noise import coefficients_without_noise
from skdime._results.page.tables import Section
from skdime._results.plotted import display_of_name
from skdime._results.stored import Stored
from skdime._results.tabulated import Tabulated
from skdime._utils.annotations import DataFrame, Floats, Names
from skdime._utils.frames import long_frame
from skdime._utils.listed import count, shortened
from skdime._utils.missing import nan_mean
from skdime.metrics._checks import check_kind
from skdime.metrics._joined import common_axes


class _Arrays(NamedTuple):
    sensitivity: Floats
    sign_agreement: Floats
    coef: Floats
    replacement_names: Names
    feature_names: Names
    feature_modalities: Names


class ReplacementSensitivity(Stored, Tabulated, _Arrays):
    """Coefficients under several replacements, as ``replacement_sensitivity`` returns.

    Attributes
    ----------
    sensitivity : ndarray of shape (n_rows, 2, n_outputs)
        Norm of the deviations of all replacements from their mean, relative to the
        norm of the means, for UC (0) and MI (1): 0 if the replacement makes no
        difference, above 1 if it decides the coefficients.
    sign_agreement : ndarray of shape (n_rows, 2, n_outputs)
        Share of the features, weighted by the absolute mean of their coefficients,
        that have the same sign with every replacement.
    coef : ndarray of shape (n_replacements, n_rows, 2, n_features, n_outputs)
        Coefficients by replacement; nan where a row does not have a feature.
    replacement_names : ndarray of str of shape (n_replacements,)
    feature_names, feature_modalities : ndarray of str of shape (n_features,)
        Names along the axis of features.

    See Also
    --------
    skdime.displays.StabilityDisplay.from_arrays : Draws coefficients, as `plot` does.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer, MultimodalArray
    >>> from skdime.metrics import replacement_sensitivity
    >>> from skdime.perturbers import TextPerturber
    >>> def model(X):  # the number of words, but masks count for two
    ...     words = np.array([len(text.split()) for text in X["text"]])
    ...     masks = np.array([text.count("[MASK]") for text in X["text"]])
    ...     return words + masks + X["number"]
    >>> X = MultimodalArray(text=["a b", "c d", "e f"] * 4, number=np.arange(12.0))
    >>> explanations = {
    ...     name: LocalExplainer(
    ...         Disentangler(model, random_state=0),
    ...         [("text", TextPerturber(mask_token=token))],
    ...         random_state=0,
    ...     )
    ...     .fit(X)
    ...     .explain(X[:1])
    ...     for name, token in {"remove": None, "mask": "[MASK]"}.items()
    ... }
    >>> found = replacement_sensitivity(explanations)
    >>> by_name = dict(zip(found.replacement_names, found.coef[:, 0, 0, 0, 0].round(2)))
    >>> {str(name): float(coef) for name, coef in by_name.items()}
    {'remove': 1.0, 'mask': -1.0}
    >>> found
    ReplacementSensitivity of 1 row: remove, mask
      UC: sensitivity 0.26, same sign 73%
      MI: sensitivity 0, same sign 100%
    """

    _axes = {
        "sensitivity": ("rows", 2, "outputs"),
        "sign_agreement": ("rows", 2, "outputs"),
        "coef": ("replacements", "rows", 2, "features", "outputs"),
        "replacement_names": ("replacements",),
        "feature_names": ("features",),
        "feature_modalities": ("features",),
    }

    def plot(self, *, row: int = 0, output: int = 0, **options: Any) -> Any:
        """Draw the coefficients of one row, a dot for each replacement.

        Parameters
        ----------
        row, output : int, default=0
            Positions.
        **options : dict
            Passed to ``displays.StabilityDisplay.from_arrays``.

        Returns
        -------
        display : StabilityDisplay
        """
        display = display_of_name("StabilityDisplay")
        names = self.feature_names, self.feature_modalities
        options = {"repeat_name": "replacement"} | options
        return display.from_arrays(self.coef[:, row, ..., output], *names, **options)

    def to_frame(self) -> DataFrame:
        """A tidy pandas frame: one line per replacement, row, part, feature and output.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``replacement``, ``row``, ``part``, ``modality``, ``feature``,
            ``output`` and ``coef``; rows and outputs by position.
        """
        n_rows, n_outputs = self.coef.shape[1], self.coef.shape[-1]
        features = {"modality": self.feature_modalities, "feature": self.feature_names}
        axes = [
            {"replacement": self.replacement_names},
            {"row": range(n_rows)},
            {"part": PARTS},
            features,
            {"output": range(n_outputs)},
        ]
        return long_frame(axes, coef=self.coef)

    def __repr__(self):
        names = ", ".join(map(shortened, self.replacement_names))
        n_rows = count(self.coef.shape[1], "row")
        lines = [f"ReplacementSensitivity of {n_rows}: {names}"]
        lines += [
            f"  {part}: sensitivity {size}, same sign {sign}"
            for part, size, sign in self._means()
        ]
        return "\n".join(lines)

    def _sections(self, most):
        note = "Means over rows and outputs; above 1 the replacement decides."
        columns = ["", "sensitivity", "same sign"]
        return [Section("Replacements", note, columns, list(self._means()))]

    def _means(self):
        for p, part in enumerate(PARTS):
            size = nan_mean(self.sensitivity[:, p].ravel())
            sign = nan_mean(self.sign_agreement[:, p].ravel())
            yield [part.upper(), f"{size:.2g}", f"{sign:.0%}"]


def replacement_sensitivity(
    explanations: Mapping[str, Explanation],
    *,
    modality: str | None = None,
) -> ReplacementSensitivity:
    """Compare explanations of the same rows that replace features in different ways.

    A coefficient of a word, segment or image region tells what happens when it is
    replaced, and depends on what takes its place: nothing, a mask, a mean. Where the
    replacement decides the sign, say which one you mean, or do not report the feature.

    Parameters
    ----------
    explanations : dict of str to Explanation
        Two or more, by the name of the replacement. All explain the same rows, with
        the same model and references.
    modality : str, default=None
        Compares the features of one modality; None those of all.

    Returns
    -------
    result : ReplacementSensitivity

    See Also
    --------
    skdime.perturbers.TextPerturber : `mask_token` chooses the replacement.
    skdime.perturbers.ImagePerturber : `replacement` chooses it.

    Examples
    --------
    ``replacement_sensitivity({"remove": one, "mask": other}, modality="question")``
    compares two explanations; :class:`ReplacementSensitivity` has an example.

    >>> from skdime.metrics import replacement_sensitivity
    >>> replacement_sensitivity({})
    Traceback (most recent call last):
        ...
    ValueError: `explanations` must be a dict of two or more Explanations of the same \
rows, by the name of their replacement; got 0.
    """
    _check(explanations)
    axes = common_axes(list(explanations.values()))
    first = next(iter(explanations.values()))
    n = len(first)
    rows = [np.arange(n)] * len(explanations)
    dimensions = ("row", "part", "feature", "output")
    coef = axes.join(list(explanations.values()), rows, n, "coef", dimensions)
    chosen = np.ones(len(axes.feature_names), dtype=bool)
    if modality is not None:
        chosen = axes.feature_modalities == modality
        if not chosen.any():
            raise ValueError(
                f"`modality` must be one of {first.modality_names.tolist()}; got "
                f"{modality!r:.60}."
            )
    coef = coef[:, :, :, chosen]
    # the surrogates' rounding has signs and ratios, too
    without_noise = np.nan_to_num(coefficients_without_noise(coef))
    mean = without_noise.mean(axis=0)
    deviation = without_noise - mean
    size = np.sqrt(np.square(mean).sum(axis=2))
    spread = np.sqrt(np.square(deviation).mean(axis=0).sum(axis=2))
    same = (np.sign(without_noise) == np.sign(without_noise[0])).all(axis=0)
    weights = np.abs(without_noise).mean(axis=0)
    total = weights.sum(axis=2)
    return ReplacementSensitivity(
        sensitivity=_ratio(spread, size, 0.0),
        sign_agreement=_ratio((weights * same).sum(axis=2), total, 1.0),
        coef=coef,
        replacement_names=np.array(list(explanations), dtype=str),
        feature_names=axes.feature_names[chosen],
        feature_modalities=axes.feature_modalities[chosen],
    )


def _ratio(part, whole, without_any):
    """Part by whole; infinite where there is no whole, and `without_any` of nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((part == 0) & (whole == 0), without_any, part / whole)


def _check(explanations):
    if not isinstance(explanations, Mapping) or len(explanations) < 2:
        n = len(explanations) if hasattr(explanations, "__len__") else 1
        raise ValueError(
            "`explanations` must be a dict of two or more Explanations of the same "
            f"rows, by the name of their replacement; got {n}."
        )
    first = next(iter(explanations.values()))
    for name, other in explanations.items():
        check_kind(f"explanations[{name!r:.60}]", other, "coef", "an Explanation")
        values, expected = other.decomposition.output, first.decomposition.output
        if values.shape != expected.shape or not np.allclose(values, expected):
            raise ValueError(
                f"explanations[{name!r:.60}] is of other rows, or of another model: "
                "its outputs differ. Explain the same rows with the same model."
            )
