"""Explanations over folds as one page: what holds, how stable it is, and why not."""

import numpy as np

from skdime._results.fields import PARTS
from skdime._results.page.tables import Section, write_tables
from skdime.metrics._stability import MEASURES, lines_of
from skdime.model_selection._components import SOURCES
from skdime.model_selection._statements import statements

# More lines than that are no longer read.
_MOST_LINES = 200


def write_page(cross, path):
    """See ``CrossExplanation.to_html``."""
    sections = [_statements(cross), _stability(cross)]
    if len(cross.explanations) > len(cross):
        sections.append(_components(cross))
    return write_tables("What holds over folds", repr(cross), sections, path)


def _statements(cross, level=0.95):
    judged = statements(cross, level, None)
    shown = judged[:_MOST_LINES]
    left_out = len(judged) - len(shown)
    note = (
        f"With {level:.0%} probability all {len(judged)} intervals hold the truth "
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
        for each in shown
    ]
    columns = ["Statement", "Holds", "Effect", "Interval"]
    return Section("Statements", note, columns, lines)


def _stability(cross):
    stability = cross.stability(of="rows" if cross.repeated else "mean_abs")
    columns = ["Part and modality", *(name.replace("_", " ") for name in MEASURES)]
    lines = [[place, *texts] for place, texts in lines_of(stability)]
    note = "Means over rows and pairs of folds; - where nothing can be compared."
    return Section("Agreement of folds", note, columns, lines)


def _components(cross):
    components = cross.variance_components()
    sd = components.sd()
    lines = [
        [
            f"{PARTS[p].upper()} of {components.modality_names[m]}, "
            f"{components.output_names[c]}",
            *(f"{sd[name][p, m, c]:.3g}" for name in (*SOURCES, "total")),
        ]
        for p, m, c in np.ndindex(*sd["total"].shape)
    ]
    note = (
        "Standard deviation of a modality's coefficients when the model is trained on "
        "other rows (data), when other references or other perturbations are drawn."
    )
    columns = ["Part and modality", *SOURCES, "total"]
    return Section("Where variation comes from", note, columns, lines)
