"""Which outputs are explained: the same ones of all rows, or of each row its own."""

from copy import copy
from dataclasses import replace
from numbers import Integral

import numpy as np

from skdime._results.concatenation import with_own_baselines
from skdime._results.fields import COUNTS
from skdime._results.output_text import PREDICTED
from skdime._utils.listed import listed


def positions_of_outputs(outputs, names, n_rows, predict, classes=()):
    """Positions of the outputs that are asked for.

    Parameters
    ----------
    outputs : str, int or array-like
        As the parameter of ``explain``.
    names : ndarray of str of shape (n_outputs,)
        All outputs there are.
    n_rows : int
    predict : callable
        Gives the outputs of all rows, of shape (n_rows, n_outputs).
    classes : sequence, default=()
        Of the model, which may have no output for one of two.

    Returns
    -------
    positions : ndarray of int of shape (n_chosen,) or (n_rows, n_chosen)
        In two dimensions if every row has its own.

    Raises
    ------
    ValueError
        If an output is unknown or asked for twice, or rows are not as many.
    """
    names = names.tolist()
    if isinstance(outputs, str) and outputs == PREDICTED and PREDICTED not in names:
        if len(names) == 1:  # such as that of one of two classes, in all rows
            return np.array([0])
        return np.argmax(predict(), axis=1)[:, None]
    labels = np.atleast_1d(np.asarray(outputs, dtype=object))
    by_row = labels.ndim == 2 and len(labels) == n_rows
    if not labels.size or not (labels.ndim == 1 or by_row):
        raise ValueError(
            "`outputs` must be 'predicted', names or positions of outputs, or an array "
            f"of these of shape (n_rows, n_chosen) with one row for each of the "
            f"{n_rows} rows of X; got an array of shape {labels.shape}."
        )
    positions = np.array([_position(each, names, classes) for each in labels.flat])
    positions = positions.reshape(labels.shape)
    ordered = np.sort(np.atleast_2d(positions), axis=1)
    if (ordered[:, 1:] == ordered[:, :-1]).any():
        raise ValueError(
            "`outputs` asks for an output twice. To choose one for each row, pass an "
            "array of shape (n_rows, 1), as in np.asarray(outputs)[:, None]."
        )
    return positions


def checked_output_names(names, n_outputs):
    """Names that a user gives to outputs, as an array of texts.

    Parameters
    ----------
    names : array-like
    n_outputs : int
    """
    names = [names] if isinstance(names, str) else list(names)
    texts = [str(name) for name in names]
    if len(texts) != n_outputs or len(set(texts)) < n_outputs:
        raise ValueError(
            f"`output_names` must be {n_outputs} different names, one for each output "
            f"of the model. Got [{listed(names)}] instead."
        )
    return np.asarray(texts, dtype=str)


def _position(output, names, classes):
    if isinstance(output, str) and output in names:
        return names.index(output)
    is_position = isinstance(output, Integral) and not isinstance(output, bool)
    if is_position and -len(names) <= output < len(names):
        return int(output) % len(names)
    if len(names) == 1 and output in classes:
        raise ValueError(
            f"`outputs` asks for {output!r:.60}. A model of two classes has one "
            f"output, that of {names[0]!r:.60}; effects on the other class are the "
            f"same with the opposite sign. Set pos_label={output!r:.60} to explain it."
        )
    if len(names) == 1:
        raise ValueError(
            f"`outputs` asks for {output!r:.60}. The only output is {names[0]!r:.60}: "
            "leave `outputs` away."
        )
    raise ValueError(
        f"`outputs` asks for {output!r:.60}. The outputs are [{listed(names)}]: give "
        f"names, or positions below {len(names)}."
    )


def by_own_outputs(result_of, join, positions, outputs):
    """One result of rows with outputs of their own.

    Parameters
    ----------
    result_of : callable
        ``result_of(rows, chosen)`` gives the decomposition or explanation of rows, by
        position, for some outputs.
    join : callable
        Of several of these makes one.
    positions : ndarray of int of shape (n_rows, n_chosen)
    outputs : str or array-like
        As the user gave them.

    Returns
    -------
    result : Decomposition or Explanation
    """
    order, parts = [], []
    for chosen, rows in rows_by_outputs(positions):
        parts.append(_renamed(result_of(rows, chosen), outputs))
        order.append(rows)
    return in_order(parts, order, join)


def rows_by_outputs(positions):
    """Rows that have the same outputs of their own.

    Parameters
    ----------
    positions : ndarray of int of shape (n_rows, n_chosen)

    Yields
    ------
    chosen : ndarray of int of shape (n_chosen,)
    rows : ndarray of int
        Positions of the rows.
    """
    groups, group_of = np.unique(positions, axis=0, return_inverse=True)
    for group, chosen in enumerate(groups):
        yield chosen, np.flatnonzero(np.ravel(group_of) == group)


def in_order(parts, order, join):
    """One result of those of groups of rows.

    Parameters
    ----------
    parts : list of Decomposition or Explanation
    order : list of ndarray of int
        Positions of the rows of each.
    join : callable
        Of several of these makes one.
    """
    return join(parts)[np.argsort(np.concatenate(order))]


def outputs_of_rows(outputs, rows):
    """What is asked for of some rows, of what is asked for of all."""
    return np.asarray(outputs, dtype=object)[rows] if np.ndim(outputs) == 2 else outputs


def _renamed(result, outputs):
    """The same with outputs that are named after how they were chosen."""
    if hasattr(result, "decomposition"):
        values = _renamed(result.decomposition, outputs)
        return replace(result, decomposition=values)
    result = with_own_baselines(result)
    n, n_chosen = result.output.shape
    return replace(
        result,
        output_names=names_of_chosen(outputs, n_chosen),
        row_outputs=np.tile(result.output_names, (n, 1)),
    )


def names_of_chosen(outputs, n_chosen):
    """Names of outputs that are others in each row, after how they were chosen."""
    first = PREDICTED if isinstance(outputs, str) else "chosen"
    names = [f"{first}{i}" for i in range(n_chosen)] if n_chosen > 1 else [first]
    return np.array(names)


def explainer_of_outputs(explainer, chosen):
    """The same, fitted, for some of the outputs, by position."""
    some = copy(explainer)
    some.disentangler_ = explainer.disentangler_._of_outputs(chosen)
    some._fits = explainer._fits.of_outputs(chosen)
    return some


def with_more_spent(result, spent):
    """A result that took more model rows and encodings.

    Parameters
    ----------
    result : Decomposition or Explanation
    spent : Spent
    """
    more = dict(zip(COUNTS, spent, strict=True))
    result = replace(result, **{k: getattr(result, k) + n for k, n in more.items()})
    if not hasattr(result, "decomposition"):
        return result
    values = with_more_spent(result.decomposition, spent)
    return replace(result, decomposition=values)
