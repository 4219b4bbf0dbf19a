"""Shares of mean squared effects in the variation of the output, with their errors."""

import numpy as np

from skdime._references.weighting import common_share
from skdime._results.decomposition import with_only_pair
from skdime._results.modality_summary import ModalitySummary
from skdime._utils.rounding import DIFFERENCES_OF_MEANS

# Share of the largest possible error of a mean square that errors of effects, which
# have the same references, amount to: at most .30 for six models of two to four
# columns, sums, products and probabilities of them, and 30 to 300 rows.
_ALIKE = 0.3
_BY_PAIR = ("pairs", "involved", "higher")


def summary_of(shares):
    """The summary that shares give.

    Parameters
    ----------
    shares : VarianceShares
    """
    decomposition = shares.decomposition
    names, terms = decomposition.pair_names, {}
    if names is not None:
        is_in = (decomposition.modality_names[:, None, None] == names).any(axis=2)
        terms = {"pairs": None, "involved": is_in, "higher": None}
    values = dict.fromkeys([*_BY_PAIR, *(f"{name}_se" for name in _BY_PAIR)])
    for term, combined in {"main": None, "interaction": None, **terms}.items():
        share, se = shares.of(_EFFECTS.get(term, term), combined)
        if term in ("interaction", "higher"):
            share, se = share[0], se[0]
        values |= {term: share, f"{term}_se": se}
    return ModalitySummary(
        **values,
        modality_names=decomposition.modality_names,
        output_names=decomposition.output_names,
        pair_names=names,
        spread=shares.spread,
        unit=decomposition.unit,
        n_rows=len(decomposition),
        n_model_rows=decomposition.n_model_rows,
        n_encodings=decomposition.n_encodings,
        references=decomposition.references,
        n_references=decomposition.n_references,
    )


# The effects that terms are made of, where these have other names.
_EFFECTS = {"interaction": "mi", "involved": "pairs"}


class VarianceShares:
    """Shares of mean squares in that of main effects and MI together.

    Parameters
    ----------
    decomposition : Decomposition
    tuples : ndarray of int of shape (n_modalities, n_rows), default=None
        Which row of a sample gives each modality of the decomposed rows, where these
        are hybrids; None where they are rows of the sample.
    squares : SquareInfluences, default=None
        Of the effects decomposed. None bounds what the references contribute to the
        errors by the standard errors of the effects.

    Attributes
    ----------
    decomposition : Decomposition
        Of two modalities with their only pair.
    spread : ndarray of shape (n_outputs,)
        Root of the sum of mean squares: the standard deviation of the output, for
        independent modalities.
    """

    def __init__(self, decomposition, tuples=None, squares=None):
        if decomposition.pairs is None and len(decomposition.modality_names) == 2:
            decomposition = with_only_pair(decomposition)
        self.decomposition = decomposition
        self._tuples, self._references = tuples, squares
        self._whole = np.concatenate([self._squares("main"), self._squares("mi")], 1)
        rounding = DIFFERENCES_OF_MEANS * np.abs(decomposition.output).max(axis=0)
        self._total = _mean(self._whole).sum(axis=0)
        self._varies = self._total > rounding**2
        self.spread = np.sqrt(np.where(self._varies, self._total, 0))

    def of(self, name, combined=None):
        """Shares of the terms of a name, and their standard errors.

        Parameters
        ----------
        name : {"main", "mi", "pairs", "higher"}
        combined : ndarray of shape (n_sums, n_terms), default=None
            Which terms are added up.

        Returns
        -------
        shares, se : ndarray of shape (n_terms, n_outputs)
        """
        share, variance, influences = self.parts(name, combined)
        if influences is None:
            of_references = self._bound_of_references(name, combined, share)
        else:
            of_references = self._references.standard_error(influences)
        return share, self._root(variance + np.square(of_references))

    def parts(self, name, combined=None):
        """Shares, their variances over rows, and the influences of references.

        Returns
        -------
        shares, variances : ndarray of shape (n_terms, n_outputs)
        influences : ndarray of shape (n_terms, n_evaluated, n_outputs) or None
            What each reference contributes to shares, where this is known.
        """
        squares = self._squares(name)
        combined = np.eye(squares.shape[1]) if combined is None else combined
        share = self._share(combined @ _mean(squares), self._total)
        influences = None
        if self._references is not None:
            influences = self._influences(name, combined, share)
        return share, self._of_rows(squares, combined, share), influences

    def difference_se(self, other, name):
        """Standard errors of the differences to shares of other rows.

        The references are the same for both.
        """
        _, variance, influences = self.parts(name)
        _, of_other, influences_of_other = other.parts(name)
        difference = influences - influences_of_other
        of_references = self._references.standard_error(difference)
        return self._root(variance + of_other + np.square(of_references))

    def _root(self, variance):
        return np.where(self._varies, np.sqrt(variance), np.nan)

    def _influences(self, name, combined, share):
        n_terms = combined.shape[1]
        own = [self._references.of_term(name, t) for t in range(n_terms)]
        whole = [self._references.of_term("main", m) for m in range(self._n_modalities)]
        whole = sum(whole) + self._references.of_term("mi", 0)
        error = np.einsum("st,tjc->sjc", combined, own) - share[:, None] * whole
        return error / np.where(self._varies, self._total, 1)

    @property
    def _n_modalities(self):
        return self.decomposition.main.shape[1]

    def _share(self, part, total):
        return np.where(self._varies, part / np.where(total > 0, total, 1), np.nan)

    def _of_rows(self, squares, combined, share):
        """Variance by the jackknife over rows."""
        n = len(squares)
        if n == 1:
            return np.full_like(share, np.nan)
        part = combined @ np.maximum(_without_each(squares), 0)
        total = np.maximum(_without_each(self._whole), 0).sum(axis=1)
        left = self._share(part, total[:, None])
        variance = (n - 1) * left.var(axis=0)
        if self._tuples is None:
            return variance
        # hybrids of the same row have in common what its modalities have
        change = np.moveaxis(left - left.mean(axis=0), 0, 1)
        return variance * (1 + common_share(change, self._tuples))

    def _bound_of_references(self, name, combined, share):
        """Standard error from those of effects, whose errors are partly alike."""
        parts = self.decomposition
        effects, se = self._terms(name)
        combined = np.eye(effects.shape[1]) if combined is None else combined
        slopes = np.einsum("st,itc->itsc", combined, effects)
        own = (slopes * se[:, :, None]) if name in ("pairs", "higher") else None
        # an error of a main effect is one of MI with the other sign
        error = -share * (parts.main - parts.mi[:, None])[:, :, None]
        if name == "main":
            error = error + slopes
        if name == "mi":
            error = error - slopes
        error = error * parts.main_se[:, :, None]
        if own is not None:
            error = np.concatenate([error, own], axis=1)
        independent = np.sqrt(np.square(error).sum(axis=(0, 1)))
        most = np.sqrt(np.square(np.abs(error).sum(axis=0)).sum(axis=0))
        slope = 2 / (len(error) * np.where(self._varies, self._total, 1))
        return slope * np.maximum(independent, _ALIKE * most)

    def _terms(self, name):
        """Effects and standard errors of shape (n_rows, n_terms, n_outputs)."""
        values, se = (
            getattr(self.decomposition, name),
            getattr(self.decomposition, f"{name}_se"),
        )
        return (values, se) if values.ndim == 3 else (values[:, None], se[:, None])

    def _squares(self, name):
        """Squared effects, without what chance adds to them."""
        values, se = self._terms(name)
        return np.square(values) - np.square(se)


def _mean(squares):
    return np.maximum(squares.mean(axis=0), 0)


def _without_each(squares):
    """Means over all rows but one, for each row."""
    return (squares.sum(axis=0) - squares) / (len(squares) - 1)
