"""What perturbers of users must return, and what they are told if it is wrong."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.cluster import KMeans

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.metrics import faithfulness_curves
from skdime.perturbers import (
    ImagePerturber,
    MaskPerturber,
    SeriesPerturber,
    TextPerturber,
)
from skdime.perturbers._contract import same
from skdime.perturbers._memo import Memo

N = 40
VITALS = np.random.RandomState(0).normal(size=(N, 2))


class Letters(MaskPerturber):
    """Lists of letters, some of which are left out."""

    def features(self, cell):
        return list(cell)

    def perturb(self, cell, masks):
        return [
            [letter for letter, kept in zip(cell, mask, strict=True) if kept]
            for mask in masks
        ]


def like_letters(**methods):
    return type("Mine", (Letters,), methods)()


def explainer(key, perturber, n_references=20):
    def model(X):
        sizes = [np.size(np.asarray(cell, dtype=object)) for cell in X[key]]
        return np.array(sizes) * (1.0 + X["vitals"][:, 0])

    dis = Disentangler(model, n_references=n_references, random_state=0)
    return LocalExplainer(dis, [(key, perturber)], n_samples=64, random_state=0)


def letters():
    # the first row has no features
    held = [[], *[list("abcde")[: 2 + i % 4] for i in range(1, N)]]
    return MultimodalArray(letters=held, vitals=VITALS)


def in_places(cell, masks):
    return Letters().perturb(cell, masks)


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        (
            {"perturb": lambda self, c, m: in_places(c, m)[1:]},
            r"Mine\.perturb returned \d+ cells? for \d+ masks?",
        ),
        (
            {"perturb": lambda self, c, m: [*in_places(c, m), c]},
            r"Mine\.perturb returned \d+ cells? for \d+ masks?",
        ),
        ({"perturb": lambda self, c, m: None}, r"Mine\.perturb returned None, a None"),
        ({"perturb": lambda self, c, m: c}, r"Mine\.perturb returned \d cell"),
        ({"perturb": lambda self, c, m: "".join(c)}, r"a str. It must return a list"),
        (
            {"perturb": lambda self, c, m: map(list, m)},
            "a map. It must return a list, or an array, of one cell for each mask",
        ),
        (
            {"perturb": lambda self, c, m: [tuple(d) for d in in_places(c, m)]},
            r"Mine\.perturb returned a tuple where the cell is a list",
        ),
        (
            {"perturb": lambda self, c, m: in_places(c, ~np.asarray(m))},
            r"changes a cell of which all features are kept: \['a', .*became \[\]",
        ),
        ({"features": lambda self, c: ["x"] * len(c)}, r"returned the name 'x' twice"),
        (
            {"features": lambda self, c: [*range(len(c))]},
            r"Mine\.features returned 0 of",
        ),
        (
            {"features": lambda self, c: np.arange(len(c))},
            r"Mine\.features returned arr",
        ),
        ({"features": lambda self, c: "".join(c)}, "a str. It must return a list of n"),
        ({"features": lambda self, c: None}, "returned None, a NoneType. It must"),
        (
            {"inert": lambda self, c: np.zeros(7, dtype=bool)},
            r"Mine\.inert returned an array of shape \(7,\) and dtype bool for \d",
        ),
        ({"inert": lambda self, c: [0] * len(c)}, "dtype int64 for . feature"),
    ],
)
def test_what_a_perturber_must_not_return(methods, message):
    with pytest.raises((TypeError, ValueError), match=message) as raised:
        explainer("letters", like_letters(**methods)).fit(letters()).explain(letters())
    assert raised.value.__notes__[-1] == "This is about the modality 'letters'."


def test_what_is_drawn_in_every_call():
    rng = np.random.RandomState(0)

    def perturb(self, cell, masks):
        return in_places(cell, np.asarray(masks) | (rng.rand(*np.shape(masks)) < 0.5))

    with pytest.raises(ValueError, match="gave two results for one cell and one mask"):
        explainer("letters", like_letters(perturb=perturb)).fit(letters())

    def features(self, cell):
        return [f"{letter}{rng.randint(10**6)}" for letter in cell]

    with pytest.raises(ValueError, match=r"for the same one again.*random_state"):
        explainer("letters", like_letters(features=features)).fit(letters())


def test_mistakes_that_only_explain_meets():
    def perturb(self, cell, masks):
        return in_places(cell, masks)[: None if "z" not in cell else -1]

    X = letters()
    fitted = explainer("letters", like_letters(perturb=perturb)).fit(X)
    later = MultimodalArray(letters=[["a", "z", "b"]], vitals=VITALS[:1])
    with pytest.raises(ValueError, match=r"Mine\.perturb returned \d+ cell"):
        fitted.explain(later)
    with pytest.raises(ValueError, match=r"Mine\.perturb returned 1 cell"):
        like_letters(perturb=perturb).perturb(["z", "a"], [[True, True]] * 2)


@pytest.mark.parametrize(
    "methods",
    [
        {"features": lambda self, c: np.array(c, dtype=str)},
        {"features": lambda self, c: np.array(c, dtype=object)},
        {"features": lambda self, c: tuple(c)},
        {"inert": lambda self, c: [False] * len(c)},
        {"perturb": lambda self, c, m: tuple(in_places(c, m))},
    ],
)
def test_what_is_as_good_as_a_list(methods):
    X = letters()
    found = explainer("letters", like_letters(**methods)).fit(X).explain(X[:4])
    expected = explainer("letters", Letters()).fit(X).explain(X[:4])
    np.testing.assert_array_equal(found.coef, expected.coef)
    assert type(like_letters(**methods).features(["a", "b"])) is list


def test_a_perturber_may_change_nothing():
    X = letters()
    idle = like_letters(perturb=lambda self, cell, masks: [cell] * len(masks))
    found = explainer("letters", idle).fit(X).explain(X[1:3])
    # all features are inert, and a row has no coefficients of what it does not have
    assert np.nan_to_num(found.sel(modality="letters")).tolist() == (
        np.zeros_like(found.sel(modality="letters")).tolist()
    )


class Halves(MaskPerturber):
    """Numbers, each of which is replaced by a half."""

    def features(self, cell):
        return [f"p{i}" for i in range(len(cell))]

    def perturb(self, cell, masks):
        return np.where(masks, cell, 0.5)


def test_cells_that_lose_something_are_refused():
    held = np.random.RandomState(0).randint(0, 9, size=(N, 4))
    whole = MultimodalArray(cell=held, vitals=VITALS)
    with pytest.raises(ValueError, match=r"Halves\.perturb .*cannot hold.*value 0\.5"):
        explainer("cell", Halves()).fit(whole)
    real = MultimodalArray(cell=held.astype(float), vitals=VITALS)
    assert explainer("cell", Halves()).fit(real)


class Parts:
    """Without an equality of its own, as graphs of some libraries."""


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), True),
        (np.array([1.0]), np.array([1.0, 1.0]), False),
        ([np.arange(3), "a"], [np.arange(3), "a"], True),
        ([np.arange(3), "a"], [np.arange(3), "b"], False),
        ((1, 2), [1, 2], False),
        ({"a": np.zeros(2)}, {"a": np.zeros(2)}, True),
        ({"a": 1}, {"b": 1}, False),
        (None, float("nan"), True),
        ({1, 2}, {2, 1}, True),
        (Parts(), Parts(), None),
        ([Parts()], [Parts()], None),
        ([Parts(), 1], [Parts(), 2], False),
        (
            np.array(["a", None], dtype=object),
            np.array(["a", None], dtype=object),
            True,
        ),
    ],
)
def test_whether_cells_are_the_same(one, other, expected):
    assert same(one, other) is expected
    assert same(one, one) is True


# --- what is slow or draws ------------------------------------------------------------


def images():
    held = np.random.RandomState(0).randint(0, 255, size=(N, 8, 8)).astype(np.uint8)
    return MultimodalArray(scan=held, vitals=VITALS)


def notes():
    rng = np.random.RandomState(0)
    held = [" ".join(rng.permutation(list("abcdefgh"))[:5]) for _ in range(N)]
    return MultimodalArray(note=held, vitals=VITALS)


class Clusters:
    """A segmenter of images that counts its calls."""

    def __init__(self, random_state):
        self.random_state = random_state
        self.n_calls = 0

    def __call__(self, image):
        self.n_calls += 1
        found = KMeans(5, n_init=1, random_state=self.random_state)
        return found.fit_predict(image.reshape(-1, 1)).reshape(image.shape)

    def __sklearn_clone__(self):
        return self


class Words:
    """A tokenizer that leaves out some words, and counts its calls."""

    def __init__(self, rng=None):
        self.rng = rng
        self.n_calls = 0

    def __call__(self, text):
        self.n_calls += 1
        words = text.split()
        if self.rng is None:
            return words
        return [word for word in words if self.rng.rand() < 0.5]

    def __sklearn_clone__(self):
        return self


def cut_at_random(signal):
    return [np.random.mtrand._rand.randint(1, len(signal))]


@pytest.mark.parametrize(
    ("key", "X", "perturber"),
    [
        ("scan", images(), ImagePerturber(segmenter=Clusters(None))),
        ("note", notes(), TextPerturber(Words(np.random.RandomState(0)))),
        (
            "wave",
            MultimodalArray(wave=np.zeros((N, 1000)), vitals=VITALS),
            SeriesPerturber(segments=cut_at_random),
        ),
    ],
)
def test_segments_that_are_drawn_are_refused(key, X, perturber):
    with pytest.raises(ValueError, match=r"in two ways in two calls.*random_state"):
        explainer(key, perturber).fit(X)


def test_slow_segmenters_see_each_image_few_times():
    X, segmenter = images(), Clusters(0)
    fitted = explainer("scan", ImagePerturber(segmenter=segmenter)).fit(X[:30])
    assert segmenter.n_calls <= 2 + 30
    segmenter.n_calls = 0
    found = fitted.explain(X[30:])
    assert segmenter.n_calls <= 10
    assert list(found.inputs) == ["scan"]


def test_every_row_is_read_in_few_passes():
    """Also where what is kept of earlier passes does not hold two images."""
    X, segmenter = images(), Clusters(0)
    perturber = ImagePerturber(segmenter=segmenter)
    fitted = explainer("scan", perturber, n_references=2).fit(X[:30])
    fitted.perturbers_[0][1]._memo = Memo(most_bytes=0)
    segmenter.n_calls = 0
    fitted.explain(X[30:31])
    assert segmenter.n_calls == 1
    segmenter.n_calls = 0
    fitted.explain(X[31:33])
    # names, which masks matter, all replaced, the masks in two steps, what is shown
    assert segmenter.n_calls <= 2 * 6


def test_slow_tokenizers_see_each_text_once():
    X, tokenizer = notes(), Words()
    fitted = explainer("note", TextPerturber(tokenizer)).fit(X[:30])
    tokenizer.n_calls = 0
    fitted.explain(X[30:])
    assert tokenizer.n_calls <= 10


def test_another_segmenter_is_asked_again():
    image = images()["scan"][0]
    perturber = ImagePerturber(segmenter=Clusters(0))
    perturber.fit(MultimodalArray(scan=images()["scan"]))
    five = perturber.features(image)
    rows = np.arange(64).reshape(8, 8) // 32
    perturber.set_params(segmenter=lambda image: rows)
    assert len(five) == 5
    assert perturber.features(image) == ["segment 0", "segment 1"]


def test_results_are_kept_up_to_so_many_bytes():
    asked = []

    def compute(key):
        asked.append(key)
        return key.upper(), 10

    memo = Memo(most_bytes=25)
    for key in "abacab":
        assert memo(key, lambda key=key: compute(key)) == key.upper()
    # c drops b, which was used least recently, and b drops c
    assert asked == ["a", "b", "c", "b"]
    assert pickle.loads(pickle.dumps(memo))._items == copy.deepcopy(memo)._items == {}


def test_what_metrics_do_to_rows_is_checked_too():
    calls = []

    def perturb(self, cell, masks):
        calls.append(len(masks))
        return in_places(cell, masks)[: -1 if explained else None]

    explained, X = False, letters()
    fitted = explainer("letters", like_letters(perturb=perturb)).fit(X)
    explanation = fitted.explain(X[1:3])
    explained = True
    with pytest.raises(ValueError, match=r"Mine\.perturb returned"):
        faithfulness_curves(fitted, X[1:3], explanation=explanation, random_state=0)
    assert calls


def test_a_cell_that_is_changed_in_place_is_refused():
    class Careless(MaskPerturber):
        def features(self, cell):
            return list(cell)

        def perturb(self, cell, masks):
            cells = []
            for mask in masks:
                changed = cell  # no copy
                for name, kept in zip(list(changed), mask, strict=True):
                    changed[name] = changed[name] if kept else 0.0
                cells.append(changed)
            return cells

    items = [{"a": 1.0, "b": 2.0} for _ in range(30)]
    X = MultimodalArray(bag=items, dose=np.arange(30.0))
    dis = Disentangler(lambda X: np.array([c["a"] for c in X["bag"]]) + X["dose"])
    explainer = LocalExplainer(dis, [("bag", Careless())], random_state=0)
    with pytest.raises(ValueError, match=r"Careless changed a cell in place.*copy"):
        explainer.fit(X)
    assert items == [{"a": 1.0, "b": 2.0}] * 30  # as they were


def test_names_of_columns_are_one_for_each_feature():
    class Short(MaskPerturber):
        def features(self, cell):
            return sorted(cell)

        def perturb(self, cell, masks):
            names = sorted(cell)
            return [
                {n for n, kept in zip(names, mask, strict=True) if kept}
                for mask in masks
            ]

        def column_names(self, names):
            return names[:-1]

    X = MultimodalArray(s=[{"a", "b"}] * 20, x=np.arange(20.0))
    dis = Disentangler(lambda X: X["x"], random_state=0)
    with pytest.raises(ValueError, match=r"Short\.column_names returned \['a'\]"):
        LocalExplainer(dis, [("s", Short())]).fit(X)
