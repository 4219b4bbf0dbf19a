"""Perturbers of all modalities: chosen by name or by data, and fitted."""

from sklearn.base import clone
from sklearn.utils import check_random_state

from skdime._rows.modalities import split
from skdime._utils.listed import listed
from skdime._utils.names import telling_modality
from skdime._utils.warn import warn
from skdime.perturbers import MaskPerturber, NeighbourhoodPerturber
from skdime.perturbers._choice import default_choice
from skdime.perturbers._contract import check_perturber
from skdime.perturbers._masks import OTHER


def named_perturbers(perturbers):
    """The `perturbers` of a LocalExplainer as a dict from names of modalities."""
    if isinstance(perturbers, str):
        return {}
    for entry in perturbers:
        kinds = (NeighbourhoodPerturber, MaskPerturber)
        pair = isinstance(entry, (tuple, list)) and len(entry) == 2
        if not pair or not isinstance(entry[1], kinds):
            raise ValueError(
                "Each entry of `perturbers` must be a pair (modality, perturber), "
                f"as in [('exam', TabularPerturber()), ...]; got {entry!r:.60}."
            )
    return dict(perturbers)


def choose_perturbers(named, X, modalities):
    """The perturber of each modality: the one named, or what its cells ask for.

    Parameters
    ----------
    named : dict of str to perturber
    X : container of rows
    modalities : list of (str, ndarray of int)

    Returns
    -------
    perturbers : list of perturber
        Not cloned and not fitted.
    """
    names = [name for name, _ in modalities]
    if unknown := sorted(set(named) - set(names)):
        raise ValueError(
            f"`perturbers` names modalities [{listed(unknown)}] that do not exist; the "
            f"modalities are [{listed(names)}]."
        )
    blocks = zip(names, split(X, modalities), strict=True)
    return [named.get(name) or _chosen(name, block) for name, block in blocks]


def _chosen(name, block):
    """What the cells ask for, with a warning where the choice was close."""
    with telling_modality(name):
        choice = default_choice(block)
    if choice.other:
        warn(
            f"Modality {name!r:.60} is taken for a {choice.kind}: {choice.why}. It may "
            f"be {choice.other}, too. Say so by perturbers=[({name!r:.60}, "
            f"{choice.otherwise!r:.60})], or name {choice.perturber!r:.60} to leave it "
            "as it is."
        )
    return choice.perturber


def fit_perturbers(perturbers, X, modalities, names, n_samples, seeds):
    """Clones fitted on each modality's columns.

    Parameters
    ----------
    perturbers : list of perturber
    X : container of rows
    modalities : list of (str, ndarray of int)
    names : ndarray of str
        Names of the columns of `X`.
    n_samples : int
        Draws of the perturbers of a neighbourhood.
    seeds : ndarray of int
        One for each modality.

    Returns
    -------
    fitted : list of (str, perturber)
    """
    fitted = []
    for perturber, block, seed, (name, columns) in zip(
        perturbers, split(X, modalities), seeds, modalities, strict=True
    ):
        perturber, state = clone(perturber), check_random_state(seed)
        with telling_modality(name):
            if perturber.masks_rows:
                perturber.fit(block, names[columns], state)
                check_perturber(perturber, block)
            else:
                perturber.fit(
                    block,
                    n_samples=n_samples,
                    feature_names=names[columns],
                    random_state=state,
                )
        fitted.append((name, perturber))
    return fitted


def without_data(perturber):
    """A perturber that has names of features, unless these are words of rows."""
    bare, names = clone(perturber), perturber.feature_names_
    bare.feature_names_ = names[names == OTHER] if OTHER in names else names
    return bare
