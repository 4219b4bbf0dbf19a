"""Statements over folds, and sources of variation, as pictures."""

import numpy as np
import pytest

from skdime.displays._style import PALETTE
from skdime.model_selection import VarianceComponents
from tests.displays._pictures import find, written

pd = pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def statements():
    """Six effects, two of which hold, and a share of MI."""
    effect = np.array([0.2, -3.0, 1.0, 5.0, 2.0, 0.1])
    width = np.array([0.1, 1.0, 2.0, 6.0, 3.0, 1.0])
    terms = ["lactate", "age", "crp", "bmi x age", "bmi", "ward = icu"]
    share = {"kind": "share of MI", "term": "lab x chart", "effect": 0.3, "holds": True}
    share |= {"modality": "lab x chart"}
    frame = pd.DataFrame(
        {
            "kind": ["alone"] * 3 + ["together"] + ["alone"] * 2,
            "term": terms,
            "modality": ["lab", "chart", "lab", "lab x chart", "lab", "chart"],
            "effect": effect,
            "low": effect - width,
            "high": effect + width,
            "holds": width < np.abs(effect),
            "output": "risk",
            "n_folds": 10,
        }
    )
    return pd.concat([frame, pd.DataFrame([share])], ignore_index=True)


def test_what_holds_is_first_and_filled(statements, pyplot):
    from matplotlib.colors import to_hex

    shown = find("StatementsDisplay").from_statements(statements, max_display=4)
    assert shown.names == ["age", "lactate", "bmi x age", "bmi"]
    assert shown.frame()["effect"].tolist() == [-3.0, 0.2, 5.0, 2.0]
    assert shown.all_modalities == ["lab", "chart"]
    tones = [to_hex(dots.get_facecolor()[0]) for dots in shown.ax_.collections[:2]]
    assert tones == [PALETTE[1].lower(), PALETTE[0].lower()]
    lines = [line for line in shown.ax_.lines if len(set(line.get_ydata())) == 1]
    drawn = np.array([line.get_xdata() for line in lines])
    np.testing.assert_allclose(drawn, np.column_stack([shown.low, shown.high]))
    white = [
        tuple(d.get_facecolor()[0][:3]) == (1, 1, 1) for d in shown.ax_.collections
    ]
    assert white == [False, False, True, True]
    text = written(shown.figure_)
    assert "4 of 6 statements over 10 folds; white: not established" in text
    assert "change in risk" in text


def test_both_names_of_a_pair_are_seen(statements, pyplot):
    long = "a very long name of a laboratory value of an admission"
    named = statements.replace({"term": {"bmi x age": f"bmi: {long} x age: {long}"}})
    shown = find("StatementsDisplay").from_statements(named, max_display=4)
    labels = [text.get_text() for text in shown.ax_.get_yticklabels()]
    bmi, age = labels[2].split(" x ")
    assert bmi.startswith("bmi: a") and age.startswith("age: a")


def test_an_output_without_statements(statements):
    with pytest.raises(ValueError, match=r"no effects of the output 'dose'; .*'risk'"):
        find("StatementsDisplay").from_statements(statements, output="dose")


def test_sources_are_stacked_variances(pyplot):
    rng = np.random.RandomState(0)
    data, references = rng.rand(2, 5, 2, 3, 2)
    components = VarianceComponents(
        data=data,
        references=references,
        sampling=np.full_like(data, np.nan),
        total=data + references,
        feature_modalities=np.array(["exam", "exam", "serum"]),
        modality_names=np.array(["exam", "serum"]),
        output_names=np.array(["a", "b"]),
    )
    shown = find("VarianceComponentsDisplay").from_components(components, output="b")
    assert shown.source_names == ["data", "references"]  # no second seed
    assert shown.place_names == [
        "UC of exam",
        "UC of serum",
        "MI of exam",
        "MI of serum",
    ]
    exam = data[:, 1, :2, 1].sum(axis=1).mean()
    assert shown.variance[2, 0] == pytest.approx(exam)
    ends = [bar.get_x() + bar.get_width() for bar in shown._bars[-1]]
    np.testing.assert_allclose(ends, shown.variance.sum(axis=1))
    assert len(shown.frame()) == 8
    fewer = find("VarianceComponentsDisplay").from_components(components, max_display=1)
    assert len(fewer.place_names) == 2
