"""The examples that need torch, on few scenes."""

import runpy
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(autouse=True)
def few_scenes(monkeypatch):
    monkeypatch.setenv("SKDIME_SCENES", "120")


def test_film_on_scenes(capsys):
    names = runpy.run_path(str(EXAMPLES / "film_on_scenes.py"))
    printed = capsys.readouterr().out
    assert "of the answers are right" in printed
    assert "MI: strongest cell holds an object that is asked about" in printed
    # UC of an image is a mean over the questions of others; what its surrogate learns
    # from the row's own question, too, is within standard errors
    moved, error = (np.square(names[name]).sum() for name in ("moved", "error"))
    assert 0 < moved <= error
    assert names["explanation"].output_names.tolist() == ["predicted"]


def test_lxmert_on_objects(capsys):
    pytest.importorskip("transformers")
    names = runpy.run_path(str(EXAMPLES / "lxmert_on_objects.py"))
    found, X = names["explanation"], names["X"]
    expected = names["model"](X[:2]).max(axis=1)
    assert found.decomposition.output[:, 0] == pytest.approx(expected, rel=1e-4)
    objects = found.feature_names[found.feature_modalities == "objects"].tolist()
    assert {name.partition(" #")[0] for name in objects} <= {*names["CLASSES"]}
    assert "+-" in capsys.readouterr().out.splitlines()[-1]
