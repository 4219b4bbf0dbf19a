"""Cells in the kernel of a notebook: which pictures and which tables come out."""

import os

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")
pytest.importorskip("matplotlib")
pytestmark = pytest.mark.slow  # a process with IPython

PREPARED = """\
import numpy as np
import skdime
from skdime.displays import GlobalBarDisplay, WaterfallDisplay
X = np.random.RandomState(0).normal(size=(40, 3))
def model(X):
    return X[:, 0] * X[:, 1] + X[:, 2]
explanation = skdime.explain(model, X, rows=X[:5], n_references=20, random_state=0)
"""
# Each cell with the pictures and the pieces of HTML that it shows.
CELLS = [
    (PREPARED, 0, 0),
    # in small letters, before pyplot was imported by anyone
    ("from matplotlib.figure import Figure\nGlobalBarDisplay.from_explanation("
     "explanation, ax=Figure((3, 2)).add_subplot())", 0, 0),
    ("WaterfallDisplay.from_explanation(explanation)", 1, 0),
    ("import matplotlib.pyplot as plt\nplt.plot([1, 2]);", 1, 0),
    ("fig, axs = plt.subplots(1, 2, figsize=(5, 2))\nGlobalBarDisplay.from_explanation("
     "explanation, ax=axs[0])", 1, 0),
    ("plt.plot([1, 2]);", 1, 0),
    ("explanation.plot(); explanation.decomposition.plot()", 2, 0),
    ("explanation", 0, 1),
    ("explanation[0]", 0, 1),
    ("explanation.decomposition", 0, 1),
    ("plt.plot([1, 2]);", 1, 0),
]  # fmt: skip


@pytest.fixture(scope="module")
def cells():
    notebook = nbformat.v4.new_notebook()
    sources = [source for source, *_ in CELLS]
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    client = nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3")
    # the kernel chooses the backend, where nobody else has
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    return client.execute(env=env).cells


@pytest.mark.parametrize("position", range(len(CELLS)))
def test_what_a_cell_shows(cells, position):
    _, n_pictures, n_tables = CELLS[position]
    data = [output.get("data", {}) for output in cells[position].outputs]
    assert sum("image/png" in each for each in data) == n_pictures
    assert sum("text/html" in each for each in data) == n_tables
