"""Same row, same output: rounding is told from noise, and rows are left alone."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from skdime import MultimodalArray
from skdime._models.determinism import N_CHECKED, check_model, differing


class Engine:
    """A model of blocks, and what is proved about it."""

    def __init__(self, model, deterministic=False):
        self.plan = SimpleNamespace(deterministic=deterministic)
        self.model = model
        self.calls = []

    def __call__(self, blocks):
        self.calls.append(len(blocks[0]))
        return self.model(blocks)


def total(blocks):
    return sum(block.sum(axis=1, keepdims=True) for block in blocks)


def noisy():
    rng = np.random.RandomState(0)
    return lambda blocks: total(blocks) + rng.normal(size=(len(blocks[0]), 1))


def references(n=60):
    rng = np.random.RandomState(1)
    return [rng.normal(size=(n, 2)), rng.normal(size=(n, 3))]


@pytest.mark.parametrize(
    "change, expected",
    # allowed are 1e-4 of the range, 10, and 1e-6 of the largest output, 10
    [(0.0, False), (0.0009, False), (0.00102, True), (np.inf, True)],
)
def test_what_is_more_than_rounding(change, expected):
    output = np.array([[0.0], [4.0], [10.0]])
    again = np.array([[0.0], [4.0 + change], [10.0]])
    assert differing(output, again).tolist() == [False, expected, False]


def test_constant_outputs_are_judged_by_their_size():
    output = np.full((2, 1), 1000.0)
    assert not differing(output, output + 0.0009).any()
    assert differing(output, output + 0.0011).all()


def test_one_output_of_several_is_enough():
    output = np.array([[0.0, 1.0], [1.0, 1.0]])
    again = np.array([[0.0, 1.5], [1.0, 1.0]])
    assert differing(output, again).tolist() == [True, False]


@pytest.mark.parametrize("n_references", [3, 60])
def test_some_references_are_evaluated_twice(n_references):
    engine = Engine(total)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_model(engine, references(n_references))
    assert engine.calls == [min(N_CHECKED, n_references)] * 2


def test_noise_is_told_with_its_size():
    with pytest.warns(UserWarning, match=rf"of {N_CHECKED} reference rows.*by up to"):
        check_model(Engine(noisy()), references())


def test_models_that_are_proved_to_be_deterministic_are_not_evaluated():
    engine = Engine(noisy(), deterministic=True)
    check_model(engine, references())
    assert engine.calls == []


def sort_items(blocks):
    for item in blocks[0]:
        item.sort()
    return np.zeros((len(blocks[0]), 1))


def lists():
    return [[3, 1, 2] for _ in range(4)]


def object_table():
    table = np.empty((4, 1), dtype=object)
    table[:, 0] = lists()
    return table


@pytest.mark.parametrize(
    "block, model",
    [
        (lists(), sort_items),
        (object_table(), lambda blocks: sort_items([blocks[0][:, 0]])),
        (
            MultimodalArray({"items": lists()}),
            lambda blocks: sort_items([blocks[0]["items"]]),
        ),
    ],
    ids=["list", "array of objects", "key"],
)
def test_a_model_that_changes_items_in_place_is_refused(block, model):
    with pytest.raises(ValueError, match="changes the rows that it is given in place"):
        check_model(Engine(model), [block])


def test_a_model_that_changes_items_of_a_frame_is_refused():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"number": np.arange(4.0), "items": lists()})
    model = Engine(lambda blocks: sort_items([blocks[0]["items"]]))
    with pytest.raises(ValueError, match="changes the rows that it is given in place"):
        check_model(model, [frame])


def test_the_check_leaves_references_as_they_are():
    block = lists()
    with pytest.raises(ValueError, match="in place"):
        check_model(Engine(sort_items), [block])
    assert block == lists()
