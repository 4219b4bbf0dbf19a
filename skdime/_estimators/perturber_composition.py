"""Parameters and diagram of an estimator that has a perturber for every modality."""

from collections.abc import Mapping
from typing import Any, Self

from skdime._rows.modalities import as_pairs
from skdime._utils.from_sklearn import _BaseComposition
from skdime.perturbers._by_modality import named_perturbers


class PerturberComposition(_BaseComposition):
    """An estimator whose `perturbers` have names: a dict, or a list of pairs.

    Once fitted it has ``_description``, which its diagram shows.
    """

    perturbers: Any

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters, those of named perturbers included.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the parameters of the disentangler and the perturbers.

        Returns
        -------
        params : dict
        """
        if not isinstance(self.perturbers, Mapping):
            return self._get_params("perturbers", deep=deep)
        params = super().get_params(deep=deep)
        for name, perturber in self.perturbers.items() if deep else ():
            params[name] = perturber
            nested = perturber.get_params().items()
            params |= {f"{name}__{parameter}": value for parameter, value in nested}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, also ``disentangler__...`` and ``<modality>__...``.

        Parameters
        ----------
        **params : dict
            Parameters by name.

        Returns
        -------
        self : LocalExplainer
        """
        perturbers = params.pop("perturbers", self.perturbers)
        # scikit-learn takes lists of pairs apart
        self.perturbers = as_pairs(perturbers)
        self._set_params("perturbers", **params)
        if isinstance(perturbers, Mapping):
            self.perturbers = dict(as_pairs(self.perturbers))
        return self

    def _check_names(self):
        """Refuse names of perturbers that no parameter can have."""
        named = named_perturbers(self.perturbers)
        try:
            self._validate_names(
                [name for name, _ in as_pairs(self.perturbers)] if named else []
            )
        except ValueError as error:
            raise ValueError(f"`perturbers` has unusable names. {error}") from error

    def _repr_html_inner(self):
        return super()._repr_html_inner() + self._description_html()

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] += self._description_html()
        return bundle

    def _description_html(self):
        """What columns are taken for, below the diagram of a fitted explainer."""
        fitted = hasattr(self, "n_model_rows_")
        if not fitted:
            return ""
        head = "<summary>What columns are taken for</summary>"
        return f"<details>{head}{self._description._repr_html_()}</details>"
