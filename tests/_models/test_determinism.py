"""Same row, same output, whatever is beside it; rounding is told from noise."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from skdime import Disentangler, MultimodalArray
from skdime._models.determinism import N_CHECKED, check_model, checked_rows, differing


class Engine:
    """A model of blocks, and what its plan makes of it."""

    def __init__(self, model, shortcut=None):
        self.plan = SimpleNamespace(n_comparable=lambda n_rows: n_rows // 2)
        self.model, self.shortcut = model, shortcut or model
        self.calls = []

    def __call__(self, blocks):
        self.calls.append(len(blocks[0]))
        return self.model(blocks)

    def by_shortest_way(self, blocks):
        self.calls.append(len(blocks[0]))
        return self.shortcut(blocks)


def check(model, blocks, shortcut=None):
    """Whether a shortcut is confirmed, and the sizes of all calls."""
    engine = Engine(model, shortcut)
    return check_model(engine, engine, blocks).confirmed, engine.calls


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


@pytest.mark.parametrize(
    "n_references, calls", [(2, [2, 1, 1]), (3, [3, 1, 1, 1]), (60, [8, 1, 4, 3])]
)
def test_some_references_are_evaluated_twice(n_references, calls):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        confirmed, sizes = check(total, references(n_references))
    assert confirmed
    assert sizes == calls
    assert sum(sizes) == checked_rows(n_references)


def test_noise_is_told_with_its_size():
    with pytest.warns(UserWarning, match=rf"of {N_CHECKED} reference rows.*by up to"):
        confirmed, _ = check(noisy(), references())
    assert confirmed


def test_a_shortcut_that_is_not_the_model_is_not_confirmed():
    confirmed, _ = check(total, references(), shortcut=lambda b: total(b).clip(-1, 1))
    assert not confirmed


# --- outputs that depend on the rows beside them --------------------------------------


def joined(blocks):
    return np.hstack(blocks)


def standardised(blocks):
    X = joined(blocks)
    return ((X - X.mean(axis=0)) / (X.std(axis=0) + 1e-9)).prod(axis=1, keepdims=True)


def ranked(blocks):
    X = joined(blocks)
    return X.argsort(axis=0).argsort(axis=0)[:, [0]] / len(X)


def by_position(blocks):
    return total(blocks) + np.arange(len(blocks[0]))[:, None]


def scaled_to_the_largest(blocks):
    X = joined(blocks)
    return X[:, :1] / np.abs(X).max()


def filled_in(blocks):
    X = joined(blocks)
    return np.where(np.isnan(X), np.nanmean(X, axis=0), X).sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    "model", [standardised, ranked, by_position, scaled_to_the_largest]
)
def test_outputs_that_depend_on_the_rows_beside_them_are_refused(model):
    with pytest.raises(ValueError, match=r"depends on the rows beside it: \d of 8"):
        check(model, references())


def test_a_small_output_beside_a_large_one_is_looked_at():
    def two_scales(blocks):
        return np.hstack([1e4 * total(blocks), ranked(blocks)])

    with pytest.raises(ValueError, match="depends on the rows beside it"):
        check(two_scales, references())


def test_missing_values_filled_in_from_the_call_are_seen():
    first, second = references()
    first[[41, 57], 0] = np.nan
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a mean of nothing
        with pytest.raises(ValueError, match="depends on the rows beside it"):
            check(lambda b: np.nan_to_num(filled_in(b)), [first, second])


def layers(dtype):
    """A network in single precision, which takes other paths for other batches."""
    rng = np.random.RandomState(2)
    hidden = rng.normal(size=(5, 400)).astype(np.float32)
    out = rng.normal(size=(400, 2)).astype(np.float32)

    def model(blocks):
        X = joined(blocks).astype(np.float32)
        # summation in another order for every size of a call
        order = np.random.RandomState(len(X)).permutation(400)
        values = np.tanh(1e3 + X @ hidden[:, order]) - np.float32(0.5)
        values = (values * X[:, :1]) @ out[order]
        if dtype == "bfloat16":
            noise = np.random.RandomState(len(X)).choice([-1, 0, 1], values.shape)
            values = values * (1 + np.float32(2.0**-8) * noise.astype(np.float32))
            values = (values.view(np.uint32) & 0xFFFF0000).view(np.float32)
        return values.astype(float)

    return model


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_rounding_in_calls_of_other_sizes_is_not_suspected(dtype):
    model, blocks = layers(dtype), references()
    few, many = model([b[:2] for b in blocks]), model([b[:8] for b in blocks])
    assert (few != many[:2]).any()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check(model, blocks)[0]


@pytest.mark.parametrize("kind", ["table", "text", "series", "image"])
def test_every_kind_of_rows_is_looked_at(kind):
    rng = np.random.RandomState(3)
    content = {
        "table": rng.normal(size=(30, 3)),
        "text": np.array([" ".join("ab"[: 1 + i % 2] * (1 + i)) for i in range(30)]),
        "series": rng.normal(size=(30, 2, 9)),
        "image": rng.uniform(size=(30, 4, 4, 3)),
    }[kind]

    def model(X):
        if kind == "text":  # padded to the longest text of the call
            longest = max(map(len, X["other"]))
            values = np.array([text.count("b") / longest for text in X["other"]])
        else:
            values = np.asarray(X["other"]).reshape(len(X["table"]), -1)
            values = (values / np.abs(values).max()).sum(axis=1)
        return values * np.asarray(X["table"])[:, 0]

    X = MultimodalArray({"table": rng.normal(size=(30, 1)), "other": content})
    with pytest.raises(ValueError, match="depends on the rows beside it"):
        Disentangler(model, random_state=0).fit(X)


# --- rows that are changed in place ---------------------------------------------------


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
        check(model, [block])


def test_a_model_that_changes_items_of_a_frame_is_refused():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"number": np.arange(4.0), "items": lists()})
    with pytest.raises(ValueError, match="changes the rows that it is given in place"):
        check(lambda blocks: sort_items([blocks[0]["items"]]), [frame])


def test_the_check_leaves_references_as_they_are():
    block = lists()
    with pytest.raises(ValueError, match="in place"):
        check(sort_items, [block])
    assert block == lists()


def test_noise_is_told_apart_from_a_wrong_shortcut():
    engine = Engine(noisy())
    with pytest.warns(UserWarning, match="not deterministic.*No further rows"):
        assert check_model(engine, engine, references()) == (True, False)
    engine = Engine(total, lambda blocks: 2 * total(blocks))
    assert check_model(engine, engine, references()) == (False, True)
    engine = Engine(total)
    assert check_model(engine, engine, references()) == (True, True)


def test_a_model_that_takes_no_single_row_is_told():
    def normalised(blocks):  # as batch normalisation of torch in training mode
        if len(blocks[0]) == 1:
            raise ValueError("Expected more than 1 value per channel when training")
        return total(blocks)

    with pytest.raises(ValueError, match="more than 1 value") as caught:
        check(normalised, references())
    (note,) = caught.value.__notes__
    assert "evaluated 8 rows together, but fails on one of them alone" in note
    assert "Switch batch statistics off (as eval() does in torch)" in note
