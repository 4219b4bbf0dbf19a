"""Whether two fitted explainers are one: parameters, data, and what fit computed."""

import hashlib
import json
from typing import NamedTuple

import numpy as np

from skdime._rows.fingerprint import fingerprint
from skdime._utils.rounding import SINGLE_PRECISION

# what has no influence on the numbers
_NEUTRAL = ("n_jobs", "verbose", "max_memory", "batch_size")
# Longer texts are stored as a hash: they may quote data.
_LONGEST = 60


class Identity(NamedTuple):
    """What tells a fitted explainer from others, and holds none of its data.

    Attributes
    ----------
    parameters : dict of str to str
        Those that are numbers or texts.
    data : str
        SHA-256 of references, draws, modalities and outputs.
    tables : list of float
        Of the outputs that ``fit`` computed: baseline, its standard errors, and one sum
        with alternating weights of each table.
    """

    parameters: dict
    data: str
    tables: list

    def difference(self, other):
        """In words what the other is not the same in; empty if nothing is."""
        changed = [
            f"{name} was {other.parameters.get(name)} and is "
            f"{self.parameters.get(name)}"
            for name in sorted({*self.parameters, *other.parameters})
            if self.parameters.get(name) != other.parameters.get(name)
        ]
        if changed:
            return "; ".join(changed[:5])
        if self.data != other.data:
            return "it was fitted on other rows, or drew others of them"
        if differ(self.tables, other.tables):
            return "its model gave other outputs in fit"
        return ""


def identity_of(explainer, outputs=None):
    """The identity of a fitted explainer.

    Parameters
    ----------
    explainer : LocalExplainer
    outputs : str, int or array-like, default=None
        Those that are explained; None are all.

    Returns
    -------
    identity : Identity
    """
    parameters = {
        name: _as_text(value)
        for name, value in explainer.get_params().items()
        if isinstance(value, (str, int, float, bool, type(None)))
        and not name.endswith(_NEUTRAL)
    }
    if outputs is not None:
        parameters["outputs"] = _as_text(np.asarray(outputs).tolist())
    return Identity(parameters, _data_of(explainer), _tables_of(explainer))


def numbers_of(explanation):
    """UC, MI and coefficients of a single row, in order and without their names."""
    parts = explanation.decomposition
    arrays = parts.uc[0], parts.mi[0], explanation.coef[0]
    values = np.concatenate([array.ravel() for array in arrays])
    return [None if np.isnan(value) else float(value) for value in values]


def differ(numbers, others):
    """Whether two computations of the same numbers differ by more than rounding.

    Parameters
    ----------
    numbers, others : list of (float or None)
    """
    one, other = np.array(numbers, dtype=float), np.array(others, dtype=float)
    if one.shape != other.shape or (np.isnan(one) != np.isnan(other)).any():
        return True
    one, other = np.nan_to_num(one), np.nan_to_num(other)
    rounding = SINGLE_PRECISION * np.abs(other).max(initial=0.0)
    return bool((np.abs(one - other) > rounding).any())


def _as_text(value):
    text = repr(value)
    if len(text) <= _LONGEST:
        return text
    return f"a text with SHA-256 {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _data_of(explainer):
    dis = explainer.disentangler_
    drawn = [getattr(each, "draws_", None) for _, each in explainer.perturbers_]
    described = [
        [[name, columns.tolist()] for name, columns in dis.modalities_],
        [type(each).__name__ for _, each in explainer.perturbers_],
        [str(name) for name in dis.output_names_],
        dis.unit_,
        fingerprint(dis.references_),
        [None if draws is None else fingerprint(draws) for draws in drawn],
    ]
    return hashlib.sha256(json.dumps(described).encode()).hexdigest()


def _tables_of(explainer):
    dis = explainer.disentangler_
    tables = [dis._references.influence, *explainer._fits.tables()]
    sums = [_alternating_sum(table) for table in tables]
    values = np.concatenate([dis.baseline_, dis.baseline_se_, *sums])
    return [float(value) for value in values]


def _alternating_sum(table):
    """One number for each output, that depends on every entry and gives none away."""
    weights = np.cos(np.arange(len(table)))
    return weights @ table / len(table)
