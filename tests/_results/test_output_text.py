"""What outputs are called, also where rows have outputs of their own."""

import numpy as np
import pytest
from sklearn.utils import Bunch

from skdime._results.output_text import output_of_rows, output_phrase

OWN = np.array([["hi"], ["lo"], ["hi"]])


def result(own, name="predicted"):
    return Bunch(output_names=np.array([name]), row_outputs=own)


@pytest.mark.parametrize(
    "own, name, unit, phrase",
    [
        (None, "rain", "probability", "'rain'"),
        (OWN, "predicted", "probability", "the predicted class"),
        (OWN, "predicted", "model output", "the predicted output"),
        (OWN, "chosen", "log-odds", "the class 'chosen'"),
        (OWN[:1], "predicted", "probability", "'hi' (predicted)"),
        (OWN[[0, 2]], "predicted", "probability", "'hi' (predicted)"),
    ],
)
def test_phrases(own, name, unit, phrase):
    assert output_phrase(result(own, name), unit, 0) == phrase


def test_how_many_rows_have_which():
    assert output_of_rows(result(OWN), 0) == "predicted (hi in 2 rows, lo in 1 row)"
    assert output_of_rows(result(OWN[[0, 2]]), 0) == "predicted (hi in all rows)"
    assert output_of_rows(result(None, "rain"), 0) == "rain"
