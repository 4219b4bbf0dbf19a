"""Large rests in words: where they are, why, and what to do."""

import numpy as np
import pytest

import skdime
from skdime import MultimodalArray
from skdime._results.large_rest import caption_of_rests, large_rests, note_of_rests

RNG = np.random.RandomState(0)
X = MultimodalArray(series=RNG.normal(size=(80, 1, 12)), age=RNG.normal(size=(80, 1)))


def explained(model, rows=X[:1], **options):
    return skdime.explain(model, X, rows=rows, random_state=0, **options)


@pytest.fixture(scope="module")
def squares():
    """With all segments at their means the output is far below the average."""
    return explained(lambda X: (X["series"] ** 2).sum(axis=(1, 2)) + X["age"][:, 0])


def test_a_replaced_row_that_is_not_average(squares):
    (rest,) = large_rests(squares, 0)
    assert (rest.part, rest.modality) == ("uc", "series")
    size = squares.decomposition.main[0, 0, 0]
    assert rest.share == pytest.approx(abs(squares.rest[0, 0, 0, 0] / size))
    assert "replacing all its features" in rest.reason
    assert "`replacement` of the SeriesPerturber" in rest.remedy


def test_it_is_said_wherever_the_explanation_is_shown(squares, request):
    (rest,) = large_rests(squares, 0)
    note = f"Large rest: {rest.share:.0%} of UC of series, because"
    assert note in repr(squares)
    assert note in squares._repr_html_()
    assert note in squares.to_html()
    assert "does not count it" in repr(squares)
    request.getfixturevalue("pyplot")
    assert "Large rest of series" in squares.plot()._notes()


def test_a_small_rest_is_not_mentioned():
    found = explained(lambda X: X["series"].sum(axis=(1, 2)) * X["age"][:, 0])
    assert large_rests(found, 0) == []
    assert "Large rest" not in repr(found)
    assert note_of_rests([]) == caption_of_rests([]) == ""


def test_beside_no_effect_it_is_no_endless_share():
    """What segments do at this row and what their means do is far from the average."""
    found = explained(lambda X: (X["series"] ** 2).sum(axis=(1, 2)) + X["age"][:, 0])
    found.decomposition.main[0, 0] = 1e-300
    with np.errstate(all="raise"):
        (rest,) = large_rests(found, 0)
    assert rest.share == 100
    assert note_of_rests([rest]).startswith(
        "Large rest: 100 times or more the UC of series, because"
    )


def test_means_over_rows_count(request):
    many = explained(
        lambda X: (X["series"] ** 2).sum(axis=(1, 2)) + X["age"][:, 0], rows=X[:5]
    )
    (rest,) = large_rests(many, 0)
    sizes = np.abs(many.decomposition.main[:, 0, 0]).mean()
    assert rest.share == pytest.approx(np.abs(many.rest[:, 0, 0, 0]).mean() / sizes)
    request.getfixturevalue("pyplot")
    assert "Large rest of series" in many.plot().rest_note


def test_columns_that_depend_on_each_other():
    table = RNG.normal(size=(200, 3))
    table[:, 1] = table[:, 0]  # a product of both has another mean column by column
    found = skdime.explain(
        lambda X: 5 * X[:, 0] * X[:, 1] + X[:, 2],
        table,
        {"a": [0, 1], "b": [2]},
        rows=np.array([[0.2, 0.2, 0.1]]),
        random_state=0,
    )
    (rest,) = large_rests(found, 0)
    assert rest.modality == "a"
    assert "average of each column by itself" in rest.reason
    assert "`groups`" in rest.remedy


def test_the_interaction_of_the_other_modalities():
    table = RNG.normal(size=(200, 3))
    found = skdime.explain(
        lambda X: X[:, 0] + 5 * X[:, 1] * X[:, 2],
        table,
        rows=np.array([[1.0, 2.0, 2.0]]),
        random_state=0,
    )
    (rest,) = [rest for rest in large_rests(found, 0) if rest.part == "mi"]
    assert rest.modality == "x0"
    assert "interaction of the other modalities" in rest.reason
