"""What the columns of modalities are taken for, and warnings where that was close."""

import numpy as np

from skdime._results.modality_description import ColumnDescription, ModalityDescription
from skdime._rows.cells import is_missing
from skdime._rows.containers import (
    cells,
    column,
    is_frame,
    is_multimodal,
    n_rows,
    select,
    take,
)
from skdime._utils.listed import listed
from skdime._utils.names import telling_modality
from skdime._utils.warn import warn
from skdime.perturbers._cell_kinds import look_at_texts, shape_of
from skdime.perturbers._column_choice import column_choice
from skdime.perturbers._contract import first_cells
from skdime.perturbers._series import SeriesPerturber
from skdime.perturbers._set import SetPerturber
from skdime.perturbers._set_cells import elements_of, separator_among
from skdime.perturbers._tables import (
    categorical_columns,
    column_names_of,
    table_of,
)
from skdime.perturbers._tabular import TabularPerturber

# What else may be named, where the choice was clear.
_ANY = TabularPerturber()
_OTHERWISE = {"series": SetPerturber(), "set": SeriesPerturber()}
# Levels are counted in so many rows, at most.
_MOST_ROWS = 20_000


def described(choices, X, modalities, names):
    """What every column is taken for.

    Parameters
    ----------
    choices : list of Choice
        For every modality.
    X : container of rows
    modalities : list of (str, ndarray of int)
    names : ndarray of str
        Of the columns of `X`.

    Returns
    -------
    description : ModalityDescription
    """
    columns, X = [], take(X, np.arange(min(n_rows(X), _MOST_ROWS)))
    for choice, (modality, positions) in zip(choices, modalities, strict=True):
        with telling_modality(modality):
            block = select(X, positions)
            columns += _describe(modality, choice, block, names[positions])
    return ModalityDescription(tuple(columns))


def warn_close_choices(description):
    """Warn where something is taken for one thing and may well be another.

    Parameters
    ----------
    description : ModalityDescription
    """
    alike = {}
    for each in description.columns:
        if each.is_close:
            reason = each.modality, each.taken_for, each.why, each.may_be
            alike.setdefault(reason, []).append(each)
    for (modality, taken_for, why, may_be), columns in alike.items():
        first, names = columns[0], [each.column for each in columns]
        what = f"Column {names[0]!r:.60} of modality {modality!r:.60} is"
        if len(names) > 1:
            what = f"Columns {listed(names)} of modality {modality!r:.60} are each"
        leave = f"TabularPerturber(categorical_features=[{listed(names)}])"
        if first.overrule.startswith("perturbers="):
            what, leave = f"Modality {modality!r:.60} is", f"{first.perturber:.60}"
            taken_for = "table" if taken_for == "number" else taken_for
        warn(
            f"{what} taken for a {taken_for}: {why}. It may be {may_be}, too. Say "
            f"so: {first.overrule}; or name {leave} to leave it as it is."
        )


def _describe(modality, choice, block, names):
    if hasattr(choice.perturber, "categorical_features"):
        yield from _describe_table(modality, choice, block, names)
        return
    kind = getattr(choice.perturber, "kind", None) or "other"
    n_levels, average = _DESCRIBED.get(kind, _nothing)(choice.perturber, block)
    otherwise = repr(choice.otherwise or _OTHERWISE.get(kind, _ANY))
    yield ColumnDescription(
        modality=modality,
        column=", ".join(names) if len(names) < 4 else f"{names[0]} ... {names[-1]}",
        taken_for=kind,
        why=choice.why,
        n_levels=n_levels,
        average=average,
        perturber=repr(choice.perturber),
        overrule=f"perturbers=[({modality!r:.60}, {otherwise})]",
        may_be=choice.other,
        is_close=bool(choice.other),
    )


def _describe_table(modality, choice, block, names):
    perturber, table = choice.perturber, table_of(block)
    names = column_names_of(block, names)
    is_category = categorical_columns(perturber, table, names)
    listed_ones = not isinstance(perturber.categorical_features, str)
    for j, name in enumerate(names):
        is_named = listed_ones and bool(is_category[j])
        column_kind = column_choice(column(table, j), bool(is_category[j]), is_named)
        yield ColumnDescription(
            modality=modality,
            column=name,
            taken_for=column_kind.taken_for,
            why=choice.why if choice.other else column_kind.why,
            n_levels=column_kind.n_levels,
            average=column_kind.average,
            perturber=repr(perturber),
            overrule=_overrule(modality, name, column_kind, choice),
            may_be=choice.other or column_kind.may_be,
            is_close=bool(choice.other) or column_kind.is_close,
        )


def _overrule(modality, name, column_kind, choice):
    if choice.other:
        return f"perturbers=[({modality!r:.60}, {choice.otherwise!r:.60})]"
    if column_kind.taken_for != "category":
        return f"TabularPerturber(categorical_features=[{name!r:.60}])"
    if "text" in column_kind.may_be and "number" not in column_kind.may_be:
        return f"make {name!r:.60} a modality of its own, with a TextPerturber()"
    return f"give {name!r:.60} a dtype of numbers, or of ordered categories, in X"


def _texts(perturber, block):
    texts = [cell for cell in cells(block) if isinstance(cell, str)]
    if not texts:
        return 0, ""
    sizes = [len(perturber.features(text)) for text in texts[:200]]
    return look_at_texts(texts).n_levels, f"{np.mean(sizes):.1f} words"


def _elements(perturber, block):
    rows = _first_present(block)
    n_keys = block.shape[1] if is_frame(block) or is_multimodal(block) else 1
    texts = [cell for cell in rows if isinstance(cell, str)]
    separator = perturber.separator or separator_among(texts)
    each = [elements_of(cell, n_keys, separator) for cell in rows]
    if not each:
        return None, ""
    codes = {code for elements in each if elements.are_codes for code in elements.items}
    n_elements = np.mean([len(elements.items) for elements in each])
    return len(codes) or None, f"{n_elements:.1f} elements"


def _shape(perturber, block):
    shapes = sorted({shape_of(cell) for cell in _first_present(block)})
    sizes = [" x ".join(map(str, shape)) for shape in shapes] or [""]
    return None, sizes[0] if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"


def _nothing(perturber, block):
    return None, ""


def _first_present(block):
    rows = first_cells(block)
    return [c for c in rows if isinstance(c, np.ndarray) or not is_missing(c)]


_DESCRIBED = {"text": _texts, "set": _elements, "series": _shape, "image": _shape}
