"""What is shown of one row and one output: finished texts, and where bars lie."""

from typing import NamedTuple

import numpy as np

from skdime._results.absence import baseline_text
from skdime._results.page.bars import INTERACTION, TOTAL, Name, Scale, colour
from skdime._results.page.numbers import DASH, number_writer
from skdime._results.page.words import brief, isolated, shortened
from skdime._results.rest import effects_of, rest_of
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


def rest_names(explanation):
    """What features leave, for each modality."""
    return [
        _name(f"{brief(name)}: rest", colour(m))
        for m, name in enumerate(explanation.modality_names)
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


def strip(values, row, c):
    """The steps side by side: all that raise the output, up to it, then what lowers it.

    Parameters
    ----------
    values : Decomposition
    row, c : int

    Returns
    -------
    pieces : list of (str, float, float, str)
        As of :func:`~skdime._results.page.bars.strip`, the largest beside the output.
    mark : float or None
    """
    names = [brief(name) for name in values.modality_names]
    kinds = [*map(colour, range(len(names))), INTERACTION]
    effects = np.append(values.main[row, :, c], values.mi[row, c])
    output = values.output[row, c]
    if not np.isfinite([*effects, output]).all():
        return [], None
    low = float(output - effects[effects > 0].sum())
    high = float(output - effects[effects < 0].sum())
    write = number_writer(effects)
    pieces, ends = [], {1: output, -1: output}

    def place(x):
        return round(100 * (float(x) - low) / ((high - low) or 1.0), 2)

    for i in np.argsort(-np.abs(effects), kind="stable"):
        effect = effects[i]
        sign = 1 if effect > 0 else -1
        end = ends[sign]
        ends[sign] = end - effect
        about = f"{[*names, 'MI'][i]} {write(effect, True)}"
        pieces.append((kinds[i], place(ends[sign]), place(end), about))
    return pieces, place(output)


def _total(value, error):
    return {"value": value, "error": error, "start": value, "end": value}


def _effect(value, error, start):
    ends = {"start": start, "end": start + value}
    return {"value": value, "error": error, "signed": True, **ends}


def features(coef, se, rest):
    """Coefficients of UC and MI with their standard errors, and what they leave.

    Parameters
    ----------
    coef, se : ndarray of shape (2, n_features)
    rest : ndarray of shape (2, n_modalities)

    Returns
    -------
    features : BarList
        Pairs of bars.
    """
    reach = 2 * np.nan_to_num(se)
    points = [0, *(coef - reach).ravel(), *(coef + reach).ravel(), *rest.ravel()]
    scale = Scale(points, [*coef.ravel(), *rest.ravel()])
    bars = [
        tuple(scale.bar(*pair, signed=True) for pair in zip(*pairs, strict=True))
        for pairs in zip(coef.T.tolist(), se.T.tolist(), strict=True)
    ]
    rests = [tuple(scale.bar(v, signed=True) for v in pair) for pair in rest.T.tolist()]
    return scale.list_of(bars, rests)


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


def sums(explanation, row, c):
    """Sum of the features, rest, and both together, of each modality in UC and in MI.

    Two lines for each modality, of UC and of MI.
    """
    part = explanation[row]
    effects, rests = (of(part)[0, :, :, c].T.ravel() for of in (effects_of, rest_of))
    write = number_writer([*effects, *rests])
    numbers = zip(effects - rests, rests, effects, strict=True)
    return [[write(number, True) for number in line] for line in numbers]


def mean_sizes(values, c):
    """Mean absolute main effects and MI of one output over all rows."""
    parts = np.column_stack([values.main[..., c], values.mi[:, c]])
    # rows that could not be explained are nan
    means = nan_mean(np.abs(parts))
    scale = Scale([0, *means], means, from_zero=True)
    return scale.list_of([scale.bar(mean) for mean in means])


def mean_features(mean, rest):
    """Mean absolute coefficients and rests; see :func:`features`."""
    numbers = [*mean.ravel(), *rest.ravel()]
    scale = Scale([0, *numbers], numbers)
    bars, rests = (
        [tuple(scale.bar(value) for value in pair) for pair in values.T.tolist()]
        for values in (mean, rest)
    )
    return scale.list_of(bars, rests)
