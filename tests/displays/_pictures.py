"""Explanations to draw, and what is looked at in pictures."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import ImagePerturber

OF_EXPLANATIONS = {
    "BeeswarmDisplay": {},
    "ContributionScatterDisplay": {},
    "DependenceDisplay": {"feature": ("vitals", "x0")},
    "GlobalBarDisplay": {},
    "ImageDisplay": {},
    "ModalityShareDisplay": {},
    "SeriesDisplay": {},
    "SurrogateDisplay": {},
    "TextDisplay": {},
    "WaterfallDisplay": {},
}
OF_ROWS = [
    name
    for name in OF_EXPLANATIONS
    if name.startswith(("Image", "Series", "Text", "Waterfall"))
]
OF_OTHERS = ["ComparisonDisplay", "CostErrorDisplay", "ModalitySummaryDisplay"]
OF_OTHERS += ["ModalityWorthDisplay", "PairHeatmapDisplay", "PairMapDisplay"]
OF_OTHERS += ["StabilityDisplay", "StatementsDisplay", "VarianceComponentsDisplay"]
OF_OTHERS += ["FaithfulnessCurvesDisplay", "IntervalDisplay"]
DRAWN = [*OF_EXPLANATIONS, *OF_OTHERS]
N_ROWS = 6
LONG = "a very long name of a measurement that no axis has room for, in $mg_{per}^{dl}$"
OF_TABLES = [n for n in OF_EXPLANATIONS if not n.startswith(("Image", "Ser", "Text"))]


def model(X):
    severe = np.array(["severe" in text for text in X["note"]], dtype=float)
    bump = X["ecg"][:, 0, 5:10].mean(axis=1)
    corner = X["image"][:, :4, :4].mean(axis=(1, 2)) / 255
    return severe * (bump + corner) + X["vitals"][:, 0] * bump + X["vitals"][:, 1]


def three_outputs(X):
    first = model(X)
    return np.column_stack([first, np.sin(first), 1 - first])


one_or_three_outputs = pytest.mark.parametrize(
    "explainer", [model, three_outputs], indirect=True
)


def make_rows(n=30):
    rng = np.random.RandomState(0)
    words = ["pain", "cough", "severe", "mild", "<b>&"]
    return MultimodalArray(
        {
            "note": [" ".join(rng.choice(words, rng.randint(3, 8))) for _ in range(n)],
            "ecg": rng.normal(size=(n, 2, 20)).cumsum(axis=2),
            "vitals": rng.normal(size=(n, 3)),
            "image": rng.randint(0, 255, size=(n, 8, 10)).astype(np.uint8),
        }
    )


def make_explainer(function):
    disentangler = Disentangler(function, n_references=8, random_state=0)
    image = ("image", ImagePerturber((2, 2)))
    return LocalExplainer(disentangler, [image], n_samples=40, random_state=0)


def find(name):
    """The class of that name."""
    from skdime import displays

    return getattr(displays, name)


def main_output(explanation, row=None):
    """The output that is largest in a row, or in most rows."""
    largest = explanation.decomposition.output.argmax(axis=1)
    return largest[row] if row is not None else np.bincount(largest).argmax()


def position(explanation, line):
    """Where the feature of a line of a frame is in the explanation."""
    here = explanation.feature_names == line["feature"]
    here &= explanation.feature_modalities == line["modality"]
    (found,) = np.flatnonzero(here)
    return found


def assert_coefficients(frame, expected, explanation):
    """Each line has the number that `expected`, of shape (2, n_features), has."""
    assert len(frame)
    for _, line in frame.iterrows():
        p = ["uc", "mi"].index(line["part"])
        f = position(explanation, line)
        np.testing.assert_allclose(line["coef"], expected[p, f], rtol=1e-12)


def texts_outside(figure):
    """What is written beyond the edges of the picture, as it is when saved."""
    from matplotlib.text import Text

    figure.draw_without_rendering()
    axes_lines = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    ticks = {
        text
        for axis in axes_lines
        for text in axis.findobj(Text)
        if text is not axis.label or not axis.axes.axison
    }
    boxes = [
        (text.get_text(), text.get_window_extent())
        for text in figure.findobj(Text)
        if text.get_text().strip() and text.get_visible() and text not in ticks
    ]
    boxes += [
        (f"ticks of {axis.get_label_text()!r}", axis.get_tightbbox())
        for axis in axes_lines
        if axis.axes.axison and axis.get_tightbbox() is not None
    ]
    assert boxes
    width, height = figure.bbox.size
    return [
        (name, box.extents.round().tolist())
        for name, box in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]


def product(X):
    return np.exp(X[:, 0]) * (1 + X[:, 3]) + np.tanh(X).sum(axis=1)


def explain(model, n_features, n_modalities, names=None, n_rows=6):
    """Rows of a table explained, its columns divided among modalities."""
    explainer, X = fitted(model, n_features, n_modalities, names)
    return explainer.explain(X[:n_rows])


def fitted(model, n_features, n_modalities, names=None):
    """An explainer of a table, its columns divided among modalities, and the table."""
    X = np.random.RandomState(0).normal(size=(30, n_features))
    columns = np.array_split(np.arange(n_features), n_modalities)
    names = names or [f"m{i}" for i in range(n_modalities)]
    disentangler = Disentangler(
        model, list(zip(names, columns, strict=True)), n_references=6, random_state=0
    )
    explainer = LocalExplainer(disentangler, n_samples=60, random_state=0)
    return explainer.fit(X), X


def written(figure):
    """All texts of a figure, in one."""
    from matplotlib.text import Text

    return "\n".join(t.get_text() for t in figure.findobj(Text) if t.get_visible())


def beyond(figure):
    """Texts beyond the edges of the picture, and texts on one another."""
    figure.draw_without_rendering()
    width, height = figure.bbox.size
    shown = [(t, t.get_window_extent()) for t in texts_of(figure)]
    outside = [
        t.get_text()
        for t, box in shown
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]
    return outside + [
        (one.get_text(), other.get_text())
        for i, (one, box) in enumerate(shown)
        for other, place in shown[i + 1 :]
        if _common(box, place)
    ]


def texts_of(figure):
    """What is written: of ticks only those between the ends of their axis."""
    from matplotlib.text import Text

    hidden = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not axes.axison or not low <= tick.get_loc() <= high:
                    hidden |= {tick.label1, tick.label2}
            hidden |= set() if axes.axison else {axis.label}
    found = [t for t in figure.findobj(Text) if t.get_visible() and t not in hidden]
    return [t for t in found if t.get_text().strip()]


def _common(one, other):
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return width > 3 and height > 3


def draw_table(name, explanation, **options):
    """A display of a table's explanation."""
    if name == "DependenceDisplay":
        options["feature"] = explanation.feature_names[0]
    return find(name).from_explanation(explanation, **options)
