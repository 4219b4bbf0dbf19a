"""Which sentences about a model hold over folds."""

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from scipy.stats import t

from skdime._results.noise import explanation_without_noise
from skdime._utils.names import find_name
from skdime.metrics import interaction_share, jackknife_se
from skdime.metrics._resampling import sampled_se
from skdime.metrics._terms import terms_of
from skdime.model_selection._slopes import joint_effects, own_effects

ALONE, TOGETHER, SHARE = "alone", "together", "share of MI"


class Subject(NamedTuple):
    """What a statement is about.

    Attributes
    ----------
    kind : {"alone", "together", "share of MI"}
    modalities, features : tuple of str
        One modality and feature, or two of each; all modalities and no feature.
    text : str
        Both in words.
    per : str
        What the effect is a change by, in words.
    """

    kind: str
    modalities: tuple
    features: tuple
    text: str
    per: str = ""


@dataclass(frozen=True)
class Statement:
    """One sentence with its numbers.

    Attributes
    ----------
    subject : Subject
    output : str
    effect, se, low, high : float
        Mean over folds, its standard error and the ends of its interval.
    n_same_sign, n_folds : int
        Folds whose effect has the sign of the mean, and all folds.
    """

    subject: Subject
    output: str
    effect: float
    se: float
    low: float
    high: float
    n_same_sign: int
    n_folds: int

    @property
    def holds(self):
        """Whether 0 is outside the interval."""
        return self.low > 0 or self.high < 0

    @property
    def sentence(self):
        """The statement in words."""
        name, kind = self.subject.text, self.subject.kind
        if kind == SHARE:
            numbers = f"{self.effect:.1%} [{self.low:.1%}, {self.high:.1%}]"
            numbers = f"MI is {numbers} of its variation"
        else:
            ends = f"{self.low:+.3g}, {self.high:+.3g}"
            folds = f"in {self.n_same_sign} of {self.n_folds} folds"
            numbers = f"{folds}, {self.effect:+.3g} [{ends}]{self.subject.per}"
        about, output = f"{name} on its own: effect on", self.output
        if kind != ALONE:
            about = f"{name}: interaction in"
        if not self.holds:
            return f"{about} {output} not established ({numbers})"
        verb = "raises" if self.effect > 0 else "lowers"
        if kind == ALONE:
            return f"{name} {verb} {output} on its own: {numbers}"
        return f"{name} interact in {output}: {numbers}"

    def line(self):
        """The statement as a line of the frame of all."""
        about = {
            "sentence": self.sentence,
            "holds": self.holds,
            "kind": self.subject.kind,
            "term": self.subject.text,
            "modality": " x ".join(self.subject.modalities),
            "feature": " x ".join(self.subject.features),
        }
        numbers = (field.name for field in fields(self) if field.name != "subject")
        return about | {name: getattr(self, name) for name in numbers}


class _Estimates(NamedTuple):
    """Estimates of one kind over folds.

    Attributes
    ----------
    subjects : list of Subject
    values, variances : ndarray of shape (n_folds, n_subjects, n_outputs)
        Estimates, and what they vary by because rows are a sample.
    """

    subjects: list
    values: np.ndarray
    variances: np.ndarray


def statements(cross, level, output):
    """Statements of all kinds, those that hold first.

    Parameters
    ----------
    cross : CrossExplanation
    level : float
    output : label or None

    Returns
    -------
    statements : list of Statement
    """
    if not 0 < level < 1:
        raise ValueError(f"`level` must be between 0 and 1. Got {level!r:.60} instead.")
    if len(cross) < 2:
        raise ValueError("Statements over folds need two folds or more. Got 1.")
    outputs = np.arange(len(cross.output_names))
    if output is not None:
        outputs = outputs[[find_name(cross.output_names, output, "output")]]
    every = []
    for estimates in _all_kinds(cross):
        every += _judged(cross, estimates, outputs, (1 - level) / 3)
    return sorted(every, key=lambda each: not each.holds)


def _judged(cross, estimates, outputs, alpha):
    """Statements of one kind, whose intervals all hold with probability 1 - alpha."""
    values = estimates.values[..., outputs]
    judged = np.isfinite(values).all(axis=0)
    mean = values.mean(axis=0)
    se = _se(cross, values, estimates.variances[..., outputs])
    quantile = 1 - alpha / (2 * max(1, judged.sum()))
    reach = t.ppf(quantile, len(values) - 1) * se
    same = (np.sign(values) == np.sign(mean)).sum(axis=0)
    low = mean - reach
    if estimates.subjects[0].kind == SHARE:
        low = np.maximum(low, 0)
    numbers = [mean, se, low, mean + reach]
    order = np.argsort(-np.abs(mean), axis=None, kind="stable")
    return [
        Statement(
            estimates.subjects[s],
            str(cross.output_names[outputs[c]]),
            *(float(each[s, c]) for each in numbers),
            int(same[s, c]),
            len(values),
        )
        for s, c in np.transpose(np.unravel_index(order, mean.shape))
        if judged[s, c]
    ]


def _se(cross, values, variances):
    """Standard errors of means over folds, which hold that rows are a sample."""
    if cross.common:  # one sample for all folds
        of_models = jackknife_se(values, cross.overlap)
        return np.sqrt(np.square(of_models) + np.nan_to_num(variances).mean(axis=0))
    rows_in_common = np.mean(cross.n_explained) / len(cross.row_names)
    return sampled_se(values, variances, rows_in_common, cross.overlap)


def _all_kinds(cross):
    names = _names(cross)
    terms = terms_of(cross.feature_values)
    coef, rows = _coefficients(cross), [cross.rows[run] for run in cross.first_runs]
    folds = list(zip(coef, rows, strict=True))
    if terms:
        by_fold = [own_effects(each, terms, some) for each, some in folds]
        subjects = [_subject(cross, names, ALONE, term) for term in terms]
        yield _Estimates(subjects, *map(np.stack, zip(*by_fold, strict=True)))
        yield _together(cross, names, terms, folds)
    shares = [interaction_share(explanation) for explanation in cross]
    values = np.array([each.interaction for each in shares])[:, None]
    variances = np.square([each.interaction_se for each in shares])[:, None]
    modalities = tuple(cross.modality_names.tolist())
    subject = Subject(SHARE, modalities, (), " x ".join(modalities))
    yield _Estimates([subject], values, np.nan_to_num(variances))


def _together(cross, names, terms, folds):
    order = cross.modality_names.tolist()
    owner = [order.index(cross.feature_modalities[term.feature]) for term in terms]
    subjects, values, variances = [], [], []
    for i, first in enumerate(terms):
        others = [term for j, term in enumerate(terms) if owner[j] > owner[i]]
        if not others:
            continue
        subjects += [_subject(cross, names, TOGETHER, first, each) for each in others]
        by_fold = [joint_effects(coef, first, others, rows) for coef, rows in folds]
        estimates, varied = map(np.stack, zip(*by_fold, strict=True))
        values.append(estimates)
        variances.append(varied)
    return _Estimates(
        subjects, np.concatenate(values, axis=1), np.concatenate(variances, axis=1)
    )


def _coefficients(cross):
    """Coefficients of every fold on common axes, without what rounding has left."""
    clean = [explanation_without_noise(explanation) for explanation in cross]
    each = [np.arange(len(explanation)) for explanation in clean]
    dimensions = ("row", "part", "feature", "output")
    return [
        cross.axes.join([one], [rows], len(rows), "coef", dimensions)[0]
        for one, rows in zip(clean, each, strict=True)
    ]


def _names(cross):
    """Names of features, with the modality where several have the same name.

    Words are quoted: "not" or "on its own" in a text would read as the sentence's.
    """
    names = cross.feature_names.tolist()
    owners = cross.feature_modalities.tolist()
    inputs = cross.explanations[0].inputs
    texts = {name for name, values in inputs.items() if values.kind == "text"}
    names = [
        repr(name) if owner in texts else name
        for owner, name in zip(owners, names, strict=True)
    ]
    return [
        f"{owner}/{name}" if names.count(name) > 1 else name
        for owner, name in zip(owners, names, strict=True)
    ]


def _subject(cross, names, kind, *terms):
    texts = [
        f"{names[term.feature]} = {term.level}" if term.level else names[term.feature]
        for term in terms
    ]
    features = [term.feature for term in terms]
    n_numeric = sum(term.numeric for term in terms)
    return Subject(
        kind,
        tuple(cross.feature_modalities[features].tolist()),
        tuple(cross.feature_names[features].tolist()),
        " x ".join(texts),
        ("", " per sd", " per sd of both")[n_numeric],
    )
