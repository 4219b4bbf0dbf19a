"""Names and numbers as displays write them."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from tests.displays._pictures import draw_table


@pytest.mark.parametrize(
    "changes, totals",
    [
        ([1.58, -0.25, 2.47], [1e6, 1e6 + 3.8]),
        ([192.3, -7.0, 74.25], [12326.25, 12585.8]),
        ([0.066, 0.524, -0.008], [0.3225, 0.9045]),
        ([2e12, -3e11], [1e12, 2.7e12]),
        ([2e-13, -3e-14], [1e-13, 2.7e-13]),
    ],
)
def test_written_numbers_have_the_same_decimals_and_add_up(changes, totals):
    from skdime.displays._words import Writer

    write = Writer(changes, totals)
    texts = [write(totals[0]), *(write(v, signed=True) for v in changes)]
    numbers = [float(t.replace(",", "").replace("\N{MINUS SIGN}", "-")) for t in texts]
    decimals = {len(text.partition(".")[2]) for text in texts}
    assert len(decimals) == 1
    unit = 10.0**write.power
    end = (totals[0] + sum(changes)) / unit
    assert sum(numbers) == pytest.approx(end, abs=len(texts) * 10.0 ** -decimals.pop())
    largest = max(changes, key=abs) / unit
    assert f"{abs(largest):.3g}"[:4] in write(max(changes, key=abs)).replace(",", "")


def test_names_that_differ_at_their_ends_stay_different(pyplot):
    names = [f"systolic_blood_pressure_measured_in_mm_of_mercury_{i}" for i in range(9)]
    disentangler = Disentangler(
        lambda X: X.to_numpy().sum(axis=1), [("a", [0, 1, 2, 3]), ("b", slice(4, 9))]
    )
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(np.random.RandomState(0).normal(size=(20, 9)), columns=names)
    found = LocalExplainer(disentangler, n_samples=40, random_state=0).fit(X).explain(X)
    for name in ("GlobalBarDisplay", "BeeswarmDisplay"):
        axes = draw_table(name, found).axes_[0]
        labels = [label.get_text() for label in axes.get_yticklabels()]
        assert len(set(labels)) == len(labels)
    wide = pyplot.figure(figsize=(20, 9), layout="constrained").add_subplot()
    axes = draw_table("GlobalBarDisplay", found, ax=wide).axes_[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert set(names) < set(labels)


def test_equal_names_are_numbered_only_where_cutting_made_them_equal():
    from skdime.displays._words import cut, shorten_all

    assert cut("a" * 50, 11) == "aaaaaa…aaaa"
    middle = [f"{'a' * 20}{i}{'b' * 20}" for i in range(2)]
    names = shorten_all([*middle, "c", "c"], 11)
    assert len(set(names)) == 3
    assert names[2:] == ["c", "c"]


def test_a_value_that_the_name_says_is_left_out(notes, pyplot):
    axes = draw_table("WaterfallDisplay", notes, row=1).ax_
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert "fever" in labels
    assert "note: fever" in labels
    assert not any("fever = fever" in label for label in labels)


@pytest.mark.parametrize(
    "cell, text",
    [("1060.0", "1,060"), ("0.12345", "0.123"), ("2500000", "2.5e+06"), ("on", "on")],
)
def test_values_of_rows_are_written_as_people_write_them(cell, text):
    from skdime.displays._words import short_value

    assert short_value(cell, 10) == text
