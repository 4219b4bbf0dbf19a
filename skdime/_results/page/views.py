"""What is shown of one row and one output: finished texts, and where bars lie."""

from typing import NamedTuple

import numpy as np

from skdime._results.absence import baseline_text
from skdime._results.page.bars import INTERACTION, TOTAL, Name, Scale, colour
from skdime._results.page.numbers import DASH, number_writer
from skdime._results.page.words import brief, isolated, shortened
from skdime._utils.missing import nan_mean


class RowFeatures(NamedTuple):
    """The features that a row has, with their numbers.

    Attributes
    ----------
    positions : ndarray of int of shape (n_features,)
        On the feature axis of the explanation.
    modalities : ndarray of str of shape (n_features,)
    coef, se : ndarray of shape (2, n_features, n_outputs)
    """

    positions: np.ndarray
    modalities: np.ndarray
    coef: np.ndarray
    se: np.ndarray

    @classmethod
    def of(cls, explanation, row):
        """The features of a row of an explanation, by its position."""
        coef, se = explanation.coef[row], explanation[row].se[0]
        here = np.flatnonzero(~np.isnan(coef).all(axis=(0, 2)))
        modalities = explanation.feature_modalities[here]
        return cls(here, modalities, coef[:, here], se[:, here])

    def some(self, chosen):
        """Some of them, by position among these."""
        coef, se = self.coef[:, chosen], self.se[:, chosen]
        return RowFeatures(self.positions[chosen], self.modalities[chosen], coef, se)

    def of_modality(self, name):
        """Positions, coefficients and standard errors of those of one modality."""
        mine = self.modalities == name
        return self.positions[mine], self.coef[:, mine], self.se[:, mine]


def item_names(decomposition):
    """What items of lists are called.

    Parameters
    ----------
    decomposition : Decomposition

    Returns
    -------
    names : dict of str to list of Name
        Of :func:`steps` and of :func:`mean_sizes`.
    """
    names = enumerate(decomposition.modality_names)
    main = [_name(name, colour(m)) for m, name in names]
    texts = f"baseline: {baseline_text(decomposition)}", "UC: each on its own", "output"
    baseline, uc, output = (_name(text, TOTAL) for text in texts)
    mi = _name("MI: only together", INTERACTION)
    return {
        "steps": [baseline, *main, uc, mi, output],
        "sizes": [*main, _name("MI", INTERACTION)],
    }


def feature_names(explanation):
    """Features with the names and colours of their modalities."""
    owners = explanation.modality_names.tolist()
    names = zip(explanation.feature_modalities, explanation.feature_names, strict=True)
    return [
        _name(name, colour(owners.index(owner)), f"{isolated(brief(owner))}: ")
        for owner, name in names
    ]


def _name(text, kind, owner=""):
    return Name(owner + isolated(brief(text)), shortened(text), kind)


def steps(values, row, c):
    """Baseline, main effects, UC, MI and output, each where the last one ended.

    Parameters
    ----------
    values : Decomposition
    row, c : int
        Positions of the row and the output.

    Returns
    -------
    steps : BarList
    """
    uc, mi, output = (part[row, c] for part in (values.uc, values.mi, values.output))
    main = values.main[row, :, c]
    starts = values.baseline_of(c, row) + np.cumsum([0, *main[:-1]])
    parts = [
        _total(values.baseline_of(c, row), values.baseline_se_of(c, row)),
        *map(_effect, main, values.main_se[row, :, c], starts),
        _total(uc, values.uc_se[row, c]),
        _effect(mi, values.mi_se[row, c], uc),
        _total(output, None),
    ]
    reach = [
        part["end"] + 2 * side * (part["error"] or 0)
        for part in parts
        for side in (-1, 1)
    ]
    scale = Scale(reach, [*main, mi], [part["value"] for part in parts])
    return scale.list_of([scale.bar(**part) for part in parts])


def _total(value, error):
    return {"value": value, "error": error, "start": value, "end": value}


def _effect(value, error, start):
    ends = {"start": start, "end": start + value}
    return {"value": value, "error": error, "signed": True, **ends}


def features(coef, se):
    """Coefficients of UC and MI with their standard errors.

    Parameters
    ----------
    coef, se : ndarray of shape (2, n_features)

    Returns
    -------
    features : BarList
        Pairs of bars.
    """
    reach = 2 * np.nan_to_num(se)
    scale = Scale([0, *(coef - reach).ravel(), *(coef + reach).ravel()], coef)
    bars = [
        tuple(scale.bar(*pair, signed=True) for pair in zip(*pairs, strict=True))
        for pairs in zip(coef.T.tolist(), se.T.tolist(), strict=True)
    ]
    return scale.list_of(bars)


def orders(coef):
    """Positions of features, the strongest first, by what they are strong in.

    Parameters
    ----------
    coef : ndarray of shape (2, n_features)

    Returns
    -------
    orders : dict of str to list of int
        In UC and MI together, in UC, and in MI.
    """
    uc, mi = np.nan_to_num(np.abs(coef))
    sizes = {"both": uc + mi, "uc": uc, "mi": mi}
    return {
        name: np.argsort(-size, kind="stable").tolist() for name, size in sizes.items()
    }


def fits(explanation, row, c):
    """For each modality R2 of UC and of MI, and how many perturbations count."""
    samples = explanation.effective_samples[row]
    return [
        [_fit(uc), _fit(mi), f"{n:.0f}" if np.isfinite(n) else DASH]
        for uc, mi, n in zip(*explanation.r2[row, :, :, c], samples, strict=True)
    ]


def _fit(r2):
    return "does not vary" if np.isnan(r2) else f"{r2:.2f}"


def lines(explanation, row, c):
    """Intercept, sum of features and value of each line, and what it stands for.

    Two lines for each modality, of UC and of MI.
    """
    ends = explanation.intercept, explanation.local_prediction, explanation.target
    intercept, line, target = (part[row, :, :, c].T.ravel() for part in ends)
    added = line - intercept
    write = number_writer(
        [explanation.decomposition.mi[row, c], *added], [*intercept, *line, *target]
    )
    signs = (False, True, False, False)
    return [
        [write(number, sign) for number, sign in zip(numbers, signs, strict=True)]
        for numbers in zip(intercept, added, line, target, strict=True)
    ]


def mean_sizes(values, c):
    """Mean absolute main effects and MI of one output over all rows."""
    parts = np.column_stack([values.main[..., c], values.mi[:, c]])
    # rows that could not be explained are nan
    means = nan_mean(np.abs(parts))
    scale = Scale([0, *means], means, from_zero=True)
    return scale.list_of([scale.bar(mean) for mean in means])


def mean_features(mean):
    """Mean absolute coefficients; see :func:`features`."""
    scale = Scale([0, *mean.ravel()], mean)
    bars = [tuple(scale.bar(value) for value in pair) for pair in mean.T.tolist()]
    return scale.list_of(bars)
