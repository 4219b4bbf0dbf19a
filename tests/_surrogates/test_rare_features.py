"""What few rows have counts in a row that has it: a word, spike, patch or code."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import ImagePerturber, SeriesPerturber

N, N_RARE = 150, 3
RNG = np.random.RandomState(0)
NUMBERS = RNG.normal(size=(N, 2))
RARE = np.arange(N) < N_RARE
WORDS = np.array(["no", "mild", "severe", "fever", "cough", "pain", "night", "rest"])
NOTES = [" ".join(RNG.permutation(WORDS)[:7]) for _ in range(N)]
SERIES = RNG.normal(size=(N, 1, 40))
IMAGES = RNG.uniform(0, 0.3, size=(N, 8, 8))
CODES = [list(RNG.permutation(np.arange(100, 110))[:7]) for _ in range(N)]


def rare_cells(kind):
    """Cells of which the first few have what is rare."""
    if kind == "text":
        return [f"{t} sepsis" if r else t for t, r in zip(NOTES, RARE, strict=True)]
    if kind == "set":
        return [[*c, 999] if r else c for c, r in zip(CODES, RARE, strict=True)]
    cells = (SERIES if kind == "series" else IMAGES).copy()
    if kind == "series":
        cells[RARE, 0, 8:12] = 9.0
    else:
        cells[RARE, :2, 4:6] = 1.0
    return cells


def has_it(cells):
    """Whether cells have it, as the model sees it."""
    if isinstance(cells, list):
        is_text = isinstance(cells[0], str)
        whole = [cell.split() if is_text else cell for cell in cells]
        return np.array([("sepsis" if is_text else 999) in cell for cell in whole])
    axes = tuple(range(1, cells.ndim))
    return cells.max(axis=axes) > (5 if cells.shape[1] == 1 else 0.8)


def model(X):
    """It counts beside a large number only, which one row in six has."""
    first, second = X["numbers"].T
    return has_it(X["cell"]) * (first > 1) + 0.3 * second


PERTURBERS = {
    "text": "auto",
    "set": "auto",
    "series": {"cell": SeriesPerturber(n_segments=10)},
    "image": {"cell": ImagePerturber(replacement="reference")},
}


@pytest.mark.parametrize("kind", PERTURBERS)
def test_what_is_rare_has_its_value_and_an_error(kind):
    X = MultimodalArray(cell=rare_cells(kind), numbers=NUMBERS)
    dis = Disentangler(model, n_references=60, random_state=0)
    explainer = LocalExplainer(dis, PERTURBERS[kind], random_state=0).fit(X)
    beside = np.array([[1.5, 0.0], [0.0, 0.0]])
    row = MultimodalArray(cell=rare_cells(kind)[:2], numbers=beside)
    found = explainer.explain(row)
    share = np.mean(explainer.disentangler_.references_["numbers"][:, 0] > 1)
    own = found.feature_modalities == "cell"
    for i, holds in enumerate([1, 0]):
        coef = found.coef[i, :, own, 0].T
        strongest = np.nanargmax(np.abs(coef[0]))
        expected = np.array([share, holds - share])
        error = found.se_approximation[i, :, own, 0].T[:, strongest]
        wrong = np.abs(coef[:, strongest] - expected)
        assert (wrong <= 2 * error + 0.01).all()
        others = np.delete(coef, strongest, axis=1)
        assert np.nanmax(np.abs(others)) < 0.05
        assert (found.se[i, :, own, 0].T[:, strongest] > 0).all()
