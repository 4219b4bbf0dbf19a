"""Generated patient records: lab values, a note and an ECG, effects known."""

from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
from sklearn.utils import Bunch

from skdime._rows.multimodal_array import MultimodalArray
from skdime._utils.annotations import Seed
from skdime._utils.from_sklearn import Interval
from skdime._utils.optional import optional_module
from skdime._utils.parameters import validate_params
from skdime._utils.random import own_random_state

# Lab value: mean and standard deviation.
_LABS = {
    "lactate": (1.6, 0.5),
    "creatinine": (1.1, 0.3),
    "potassium": (4.2, 0.4),
    "sodium": (140.0, 3.0),
    "haemoglobin": (13.5, 1.5),
}
_COMPLAINTS = ("fever", "palpitations", "cough", "nausea", "headache", "dizziness")
_DRUGS = ("metformin", "aspirin", "ramipril", "pantoprazole", "simvastatin")
# An ECG: leads, stretches of time of each, points of each stretch (one heart beat),
# spread of the levels of stretches and of the noise, in millivolt.
_LEADS, _STRETCHES, _BEAT = 2, 6, 20
_LEVEL, _NOISE = 0.3, 0.1


class Effect(NamedTuple):
    """One simulated effect: of a feature, or of the product of two.

    Parameters
    ----------
    modalities : tuple of str
        One modality, or two.
    features : tuple
        The feature of each: the name of a lab value; a word; a stretch of the ECG as
        ``(lead, first point, end)``.
    size : float
        What one standard deviation of a lab value or of the level of a stretch adds
        to the target, or the presence of a word. In an interaction: what their
        product adds.

    Examples
    --------
    >>> from skdime.datasets import make_records
    >>> make_records(20, random_state=0).effects[3]
    Effect(modalities=('labs', 'note'), features=('creatinine', 'metformin'), size=2.0)
    """

    modalities: tuple
    features: tuple
    size: float


_EFFECTS = (
    Effect(("labs",), ("lactate",), 1.0),
    Effect(("note",), ("fever",), 2.0),
    Effect(("ecg",), ((0, 20, 40),), 1.0),
    Effect(("labs", "note"), ("creatinine", "metformin"), 2.0),
    Effect(("labs", "ecg"), ("potassium", (1, 60, 80)), 1.0),
    Effect(("note", "ecg"), ("palpitations", (0, 80, 100)), 2.0),
)
_MODALITIES = ("labs", "note", "ecg")
_PAIRS = (("labs", "note"), ("labs", "ecg"), ("note", "ecg"))


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "noise": [Interval(Real, 0, None, closed="left")],
        "as_frame": ["boolean"],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_records(
    n_samples: int = 1000,
    *,
    noise: float = 0.5,
    as_frame: bool = False,
    random_state: Seed = None,
) -> Bunch:
    """Simulate patients with laboratory values, a note and an ECG, and their risk.

    Five lab values are normal. A note names complaints and drugs, each in every
    second note. The ECG has two leads of 120 points; each of six stretches of 20
    points, as long as a heart beat, is raised or lowered by a level of its own.

    The risk is a sum of six effects: one of each modality on its own, one of each
    pair of modalities, and noise. Everything else is without effect. All features
    are independent and enter centred, so that every effect is exactly one term of the
    functional ANOVA decomposition: an interaction has no main effects.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of patients.
    noise : float, default=0.5
        Standard deviation of what is added to the risk. The effects together have
        one of about 2.4.
    as_frame : bool, default=False
        Return a pandas data frame, with a column for each lab value and one each for
        note and ECG, whose cells are texts and arrays.
    random_state : int, RandomState instance or None, default=None
        Determines the data.

    Returns
    -------
    records : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : MultimodalArray or pandas.DataFrame
            ``labs`` of shape (n_samples, 5), ``note``, an object array of texts, and
            ``ecg`` of shape (n_samples, 2, 120), in millivolt.
        target : ndarray of float of shape (n_samples,)
            The risk.
        effects : list of Effect
            What was planted: named tuples ``(modalities, features, size)``.
        contributions : ndarray of float of shape (n_samples, 6)
            What each effect adds to the risk of each patient.
        main : ndarray of float of shape (n_samples, 3)
            The main effects of the modalities: labs, note, ecg.
        pairs : ndarray of float of shape (n_samples, 3)
            The interactions of labs and note, labs and ecg, note and ecg.
        modalities : list of (str, list of str)
            The modalities and their columns, for a data frame.
        lab_names : list of str
            Names of the lab values.
        words : list of str
            The words that a note may hold or not.
        DESCR : str
            A description.

    Examples
    --------
    >>> from skdime.datasets import make_records
    >>> records = make_records(n_samples=4, random_state=0)
    >>> records.data["ecg"].shape
    (4, 2, 120)
    >>> print(records.data["note"][0])
    Reports fever, headache, nausea. Takes ramipril, metformin.
    >>> records.effects[3]
    Effect(modalities=('labs', 'note'), features=('creatinine', 'metformin'), size=2.0)
    """
    random_state = own_random_state(random_state)
    labs = random_state.normal(size=(n_samples, len(_LABS)))
    words, notes = _notes(n_samples, random_state)
    ecg = _ecg(n_samples, random_state)
    levels = ecg.reshape(n_samples, _LEADS, _STRETCHES, _BEAT).mean(axis=3) / _LEVEL

    contributions = _contributions(labs, words, levels)
    main = [_sum_of(contributions, (name,)) for name in _MODALITIES]
    pairs = [_sum_of(contributions, pair) for pair in _PAIRS]
    means, spreads = np.array(list(_LABS.values())).T
    blocks = {"labs": means + spreads * labs, "note": notes, "ecg": ecg}
    risk = contributions.sum(axis=1) + noise * random_state.normal(size=n_samples)
    return Bunch(
        data=_frame(blocks) if as_frame else MultimodalArray(blocks),
        target=risk,
        effects=list(_EFFECTS),
        contributions=contributions,
        main=np.column_stack(main),
        pairs=np.column_stack(pairs),
        modalities=[("labs", list(_LABS)), ("note", ["note"]), ("ecg", ["ecg"])],
        lab_names=list(_LABS),
        words=[*_COMPLAINTS, *_DRUGS],
        DESCR=make_records.__doc__,
    )


def _notes(n_samples, random_state):
    """Which words each note holds, and the notes."""
    words = random_state.rand(n_samples, len(_COMPLAINTS) + len(_DRUGS)) < 0.5
    notes = np.empty(n_samples, dtype=object)
    for i, has_word in enumerate(words):
        complaints, drugs = np.split(has_word, [len(_COMPLAINTS)])
        complaints = _listed(_COMPLAINTS, complaints, random_state)
        drugs = _listed(_DRUGS, drugs, random_state)
        notes[i] = f"Reports {complaints}. Takes {drugs}."
    return words, notes


def _listed(names, is_in_list, random_state):
    chosen = random_state.permutation(np.array(names)[is_in_list])
    return ", ".join(chosen) or "nothing"


def _ecg(n_samples, random_state):
    """Beats that begin anywhere, levels of the stretches, noise."""
    start = random_state.randint(_BEAT, size=(n_samples, 1, 1))
    phase = np.arange(_STRETCHES * _BEAT) + start
    beats = np.exp(-0.5 * ((phase % _BEAT) - _BEAT // 2) ** 2)
    beats -= beats[:, :, :_BEAT].mean(axis=2, keepdims=True)
    levels = _LEVEL * random_state.normal(size=(n_samples, _LEADS, _STRETCHES))
    # highest in the middle of a stretch and 0 at its ends, where the next one begins
    bump = 1 - np.cos(2 * np.pi * (np.arange(_BEAT) + 0.5) / _BEAT)
    raised = (levels[..., None] * bump).reshape(n_samples, _LEADS, -1)
    return beats + raised + _NOISE * random_state.normal(size=raised.shape)


def _contributions(labs, words, levels):
    """What each effect adds; `levels` are those that the noisy ECG has."""

    def centred(modality, feature):
        if modality == "labs":
            return labs[:, list(_LABS).index(feature)]
        if modality == "note":
            return words[:, (*_COMPLAINTS, *_DRUGS).index(feature)] - 0.5
        lead, start, _ = feature
        return levels[:, lead, start // _BEAT]

    columns = []
    for modalities, features, size in _EFFECTS:
        parts = map(centred, modalities, features)
        columns.append(size * np.prod(list(parts), axis=0))
    return np.column_stack(columns)


def _sum_of(contributions, modalities):
    of_these = [effect.modalities == modalities for effect in _EFFECTS]
    return contributions[:, of_these].sum(axis=1)


def _frame(blocks):
    pd = optional_module("pandas", "pandas")

    labs = dict(zip(_LABS, blocks["labs"].T, strict=True))
    return pd.DataFrame(labs | {"note": blocks["note"], "ecg": list(blocks["ecg"])})
