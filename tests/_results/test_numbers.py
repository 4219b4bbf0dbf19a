"""Numbers as texts, and round numbers along an axis."""

import numpy as np
import pytest

from skdime._results.page.numbers import number_writer, ticks
from tests._results._explained import read_number


@pytest.mark.parametrize(
    "largest, value, text",
    [
        (146.4, 33.852, "+33.9"),
        (0.5, -0.12345, "-0.1235"),
        (0.5, 0.00001, "0.0000"),
        (12345, -3.4, "-3"),
        (3.3e7, -1.234e6, "-1.23e6"),
        (3.3e7, 0.001, "0"),
        (2e-9, 1e-9, "+1.00e-9"),
        (0, 0, "0"),
    ],
)
def test_numbers_have_the_decimals_of_the_largest(largest, value, text):
    write = number_writer([largest, np.nan, -largest])
    assert write(value, signed=True).replace("\N{MINUS SIGN}", "-") == text


@pytest.mark.parametrize(
    "step, total, texts",
    [
        (2.468, 1000002.2, ("+2.468", "1000002.200")),
        (33.852, 146.4, ("+33.85", "146.40")),
        (0.25, 3.3e12, ("+2.500000000000e-1", "3.300000000000e12")),
        (0, 5.0, ("0.000", "5.000")),
    ],
)
def test_totals_are_written_as_finely_as_the_steps_between_them(step, total, texts):
    write = number_writer([step, -step], [total])
    found = write(step, signed=True), write(total)
    assert tuple(text.replace("\N{MINUS SIGN}", "-") for text in found) == texts


def test_what_is_not_known_is_a_dash():
    assert number_writer([])(np.nan) == "\N{EN DASH}"


@pytest.mark.parametrize("seed", range(20))
def test_ticks_are_few_round_and_where_their_numbers_are(seed):
    rng = np.random.RandomState(seed)
    low, high = np.sort(rng.normal(size=2) * 10.0 ** rng.randint(-12, 12))
    texts, places = zip(*ticks(low, high), strict=True)
    assert 2 <= len(texts) <= 5
    values = np.array(
        [read_number(text.replace("e\N{MINUS SIGN}", "e-")) for text in texts]
    )
    np.testing.assert_allclose(places, 100 * (values - low) / (high - low), atol=0.01)
    steps = np.diff(values)
    np.testing.assert_allclose(steps, steps[0])
    mantissa = steps[0] / 10.0 ** np.floor(np.log10(steps[0]) + 1e-9)
    assert min(abs(mantissa - k) for k in (1, 2, 5)) < 1e-6


@pytest.mark.parametrize(
    "low, high, texts",
    [
        (-0.45, 0.2, ["-0.4", "-0.2", "0", "0.2"]),
        (0.0, 1.0, ["0", "0.5", "1.0"]),
        (999_999.0, 1_000_003.0, ["999999", *(f"100000{i}" for i in range(4))]),
        (0.0, 1.7e8, ["0", "5.0e7", "1.0e8", "1.5e8"]),
        (0.0, 4e-9, ["0", "1e-9", "2e-9", "3e-9", "4e-9"]),
    ],
)
def test_texts_of_ticks(low, high, texts):
    found = [text.replace("\N{MINUS SIGN}", "-") for text, _ in ticks(low, high)]
    assert found == texts
