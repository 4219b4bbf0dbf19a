"""A TowersModel is the function of its encoders and head, for fewer encodings."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.models import TowersModel
from skdime.perturbers import ImagePerturber, TextPerturber

WORDS = ["ash", "birch", "cedar", "elm", "fir", "oak"]
VALUES = dict(zip(WORDS, np.linspace(-1, 1.5, 6), strict=True))
PERTURBERS = [
    ("image", ImagePerturber((2, 2), replacement="mean")),
    ("question", TextPerturber()),
]


def see(images):
    return np.tanh(np.asarray(images).reshape(len(images), 2, 4, 2, 4).mean((2, 4)))


def read(questions):
    return np.array([[sum(VALUES.get(w, 0) for w in q.split())] for q in questions])


def head(seen, score):
    score = score[:, 0]
    return np.column_stack([seen[:, 0, 0] * score, seen.sum((1, 2)) + score])


def plain(X):
    return head(see(X["image"]), read(X["question"]))


class Counted:
    """An encoder that counts the rows it is given."""

    def __init__(self, function):
        self.function, self.n_rows = function, 0

    def __call__(self, rows):
        self.n_rows += len(rows)
        return self.function(rows)


def towers():
    encoders = {"image": Counted(see), "question": Counted(read)}
    return TowersModel(encoders, head)


@pytest.fixture(scope="module")
def X():
    rng = np.random.RandomState(0)
    texts = [" ".join(rng.permutation(WORDS)[:3]) for _ in range(12)]
    return MultimodalArray(image=rng.normal(size=(12, 8, 8)), question=texts)


def explainer(model, **params):
    dis = Disentangler(model, n_references=6, random_state=0)
    return LocalExplainer(dis, PERTURBERS, n_samples=64, random_state=0, **params)


def test_output_is_that_of_the_functions(X):
    assert_allclose(towers()(X), plain(X))


def test_explanation_is_that_of_the_plain_function_for_few_encodings(X):
    model = towers()
    found = explainer(model).fit(X).explain(X[:3])
    usual = explainer(plain).fit(X)
    expected = usual.explain(X[:3])
    assert_allclose(found.coef, expected.coef, atol=1e-12)
    assert_allclose(found.se, expected.se, atol=1e-9)
    assert found.n_model_rows == expected.n_model_rows
    n_given = sum(encoder.n_rows for encoder in model.encoders.values())
    # the plain function encodes image and question of every row
    usually_given = 2 * (usual.n_model_rows_ + expected.n_model_rows)
    assert found.n_encodings <= n_given < usually_given / 4
    # 2 x 2 segments have 16 masks, and 3 words 8
    assert found.n_encodings <= 3 * (16 + 8)
    assert f", {found.n_encodings} encodings" in repr(found)
    assert expected.n_encodings == 0 and "encodings" not in repr(expected)


def test_decomposition_counts_encodings_and_rows_of_the_head_apart(X):
    model = towers()
    dis = Disentangler(model, n_references=6, random_state=0).fit(X)
    known = {name: e.n_rows for name, e in model.encoders.items()}
    parts = dis.decompose(X)
    assert parts.n_model_rows == len(X) * (1 + 2 * 6)
    new = {name: e.n_rows - known[name] for name, e in model.encoders.items()}
    assert parts.n_encodings == sum(new.values())
    assert new["image"] == 12 - 6  # the references are encoded already
    assert f"{parts.n_encodings} encodings" in repr(parts)


def test_exhaustive_rows_go_through_the_model_which_encodes_once_itself(X):
    model = towers()
    found = explainer(model, algorithm="exhaustive").fit(X).explain(X[:2])
    expected = explainer(plain, algorithm="exhaustive").fit(X).explain(X[:2])
    assert_allclose(found.coef, expected.coef, atol=1e-12)
    assert model.encoders["image"].n_rows <= 12 + 2 * 16


def test_a_tower_may_read_several_keys_and_return_several_arrays():
    rng = np.random.RandomState(0)
    X = MultimodalArray(
        features=rng.normal(size=(8, 5, 3)),
        boxes=rng.normal(size=(8, 5, 4)),
        age=rng.normal(size=8),
    )

    def objects(X):
        return X["features"].sum((1, 2)), X["boxes"].max((1, 2))

    def joined(found, age):
        first, second = found
        return first * age + second

    model = TowersModel({("features", "boxes"): objects, "age": "passthrough"}, joined)
    expected = joined(objects(X), X["age"])
    modalities = [("objects", ["features", "boxes"]), ("age", ["age"])]
    dis = Disentangler(model, modalities, n_references=4, random_state=0).fit(X)
    parts = dis.decompose(X)
    assert_allclose(parts.output[:, 0], expected)
    assert parts.n_encodings == 4  # the others are references
    assert_allclose(model(X), expected)


def test_a_dict_of_encodings_comes_back_as_one():
    def both(texts):
        lengths = np.array([len(text) for text in texts])
        return {"length": lengths, "first": [min(text) for text in texts]}

    seen = []
    model = TowersModel({"text": both}, lambda found: seen.append(found) or np.ones(2))
    model(MultimodalArray(text=["ba", "c"]))
    assert_array_equal(seen[0]["length"], [2, 1])
    assert seen[0]["first"] == ["a", "c"]


def test_a_tower_over_two_modalities_is_explained_all_the_same(X):
    def both(X):
        return see(X["image"])[:, 0, 0] * read(X["question"])[:, 0]

    model = TowersModel({("image", "question"): both}, lambda scores: scores)
    dis = Disentangler(model, n_references=6, random_state=0)
    parts = dis.fit(X).decompose(X)
    assert_allclose(parts.output[:, 0], both(X))
    assert parts.n_encodings == 0 and parts.n_model_rows == len(X) * (1 + 2 * 6)


def test_columns_of_a_data_frame_are_read_by_name():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {"note": ["elm", "oak fir", "ash"] * 3, "age": range(9), "bmi": range(9)}
    )
    tower = TowersModel(
        {"note": read, ("age", "bmi"): lambda table: table.to_numpy(float)},
        lambda score, table: score[:, 0] * table.sum(axis=1),
    )
    modalities = [("note", ["note"]), ("exam", ["age", "bmi"])]
    dis = Disentangler(tower, modalities, n_references=None, random_state=0)
    parts = dis.fit(frame).decompose(frame)
    expected = read(frame["note"])[:, 0] * frame[["age", "bmi"]].sum(axis=1)
    assert_allclose(parts.output[:, 0], expected)
    assert parts.n_encodings == 0  # all were encoded in fit


def test_clones_are_the_same_object_and_pickles_forget_encodings(X):
    model = TowersModel({"image": see, "question": read}, head)
    assert clone(model, safe=False) is model
    assert Disentangler(model).fit(X).estimator_ is model
    again = pickle.loads(pickle.dumps(model))
    assert_allclose(again(X), model(X))


def test_an_encoder_that_depends_on_the_rows_of_a_call_is_refused(X):
    def centred(images):
        return see(images) - see(images).mean(axis=0)

    model = TowersModel({"image": centred, "question": read}, head)
    with pytest.raises(ValueError, match="depends on the rows beside it"):
        Disentangler(model, n_references=6, random_state=0).fit(X)


@pytest.mark.parametrize(
    "encoders, head, message",
    [
        ([see, read], head, "must be a dict from keys"),
        ({}, head, "must be a dict from keys"),
        ({"image": "see"}, head, "'image' must be a function"),
        ({"image": see}, "passthrough", "'head' must be a function"),
    ],
)
def test_what_is_no_tower_is_told(encoders, head, message):
    with pytest.raises(TypeError, match=message):
        TowersModel(encoders, head)


def test_a_key_that_rows_do_not_have_is_told(X):
    model = TowersModel({"picture": see, "question": read}, head)
    with pytest.raises(ValueError, match="An encoder reads 'picture', which X"):
        model(X)
