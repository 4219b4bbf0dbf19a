"""Explanations over folds as one page: what holds, how stable it is, and why not."""

from skdime._results.page.tables import Section, write_tables
from skdime.metrics._stability import MEASURES, lines_of
from skdime.model_selection._statements import statements

# More lines than that are no longer read.
_MOST_LINES = 200


def write_page(cross, path):
    """See ``CrossExplanation.to_html``."""
    return write_tables("What holds over folds", repr(cross), sections(cross), path)


def sections(cross, most=_MOST_LINES):
    """What a page has, and with fewer lines a notebook.

    Parameters
    ----------
    cross : CrossExplanation
    most : int, default=200
        Lines of a table.

    Returns
    -------
    sections : list of Section
    """
    tables = [_statements(cross, most), _stability(cross)]
    if len(cross.explanations) > len(cross):
        tables += cross.variance_components()._sections(most)
    return tables


def _statements(cross, most, level=0.95):
    every = statements(cross, level, None)
    first = every[:most]
    left_out = len(every) - len(first)
    note = (
        f"With {level:.0%} probability all {len(every)} intervals hold the truth "
        "about models trained on rows like these. Statements are about the model, not "
        "about causes."
    )
    note += f" The last {left_out} are left out." if left_out else ""
    lines = [
        [
            each.sentence,
            "yes" if each.holds else "not established",
            f"{each.effect:+.3g}",
            f"{each.low:+.3g} to {each.high:+.3g}",
        ]
        for each in first
    ]
    columns = ["Statement", "Holds", "Effect", "Interval"]
    return Section("Statements", note, columns, lines)


def _stability(cross):
    stability = cross.stability(of="rows" if cross.repeated else "mean_abs")
    columns = ["Part and modality", *(name.replace("_", " ") for name in MEASURES)]
    lines = [[place, *texts] for place, texts in lines_of(stability)]
    note = "Means over rows and pairs of folds; - where nothing can be compared."
    return Section("Agreement of folds", note, columns, lines)
