"""Effects of pairs of features where modalities are masked."""

from itertools import product
from math import factorial

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import ImagePerturber, SeriesPerturber, TextPerturber
from tests._data import slopes

WORDS = np.array(["red", "blue", "big", "dog", "cat", "sun"])


@pytest.fixture(scope="module")
def X():
    rng = np.random.RandomState(0)
    return MultimodalArray(
        note=[" ".join(rng.permutation(WORDS)[:4]) for _ in range(40)],
        image=rng.uniform(size=(40, 4, 6)),
        ecg=rng.normal(size=(40, 1, 12)),
        table=rng.normal(size=(40, 3)),
    )


def has(word, X):
    return np.array([word in text for text in X["note"]], dtype=float)


def of_image(X):
    """Three words with two regions, also one that bends and a pair within the text."""
    left, right = (X["image"][:, :2, k : k + 2].mean(axis=(1, 2)) for k in (0, 4))
    red, dog = has("red", X), has("dog", X)
    return 2 * red * left + 3 * dog * red * right**2 + red + left**2


def explained(model, X, names, n=4, pair=None, perturbers="auto", **options):
    rows = MultimodalArray({name: X[name] for name in names})
    options = {"random_state": 0} | options
    disentangler = Disentangler(model, n_references=20, random_state=0)
    explainer = LocalExplainer(disentangler, perturbers, **options).fit(rows)
    return explainer, explainer.explain_pairs(rows[:n], pair)


IMAGE = [("image", ImagePerturber((2, 3), replacement=0.0))]


def shapley(values, masks):
    """Shapley values of the first axis, which has one entry for each mask."""
    d = masks.shape[1]
    place = {tuple(mask): i for i, mask in enumerate(masks.tolist())}
    out = np.zeros((d, *values.shape[1:]))
    for i, mask in product(range(d), masks):
        if not mask[i]:
            size = mask.sum()
            weight = factorial(size) * factorial(d - size - 1) / factorial(d)
            both = mask.copy()
            both[i] = True
            change = values[place[tuple(both)]] - values[place[tuple(mask)]]
            out[i] += weight * change
    return out


def by_hand(explainer, X, row, model):
    """All masks of the text with all masks of the image."""
    text, image = (perturber for _, perturber in explainer.perturbers_)
    words, regions = text.features(X["note"][row]), image.features(X["image"][row])
    numbers = len(words), len(regions)
    masks = [np.array([*product([False, True], repeat=n)]) for n in numbers]
    notes = text.perturb(X["note"][row], masks[0])
    images = np.asarray(image.perturb(X["image"][row], masks[1]))
    rows = ([note] * len(images) for note in notes)
    outputs = [model(MultimodalArray(note=row, image=images)) for row in rows]
    first = shapley(np.array(outputs), masks[0])
    return words, regions, shapley(first.T, masks[1]).T


def test_a_text_and_an_image_are_those_of_all_masks(X):
    explainer, found = explained(of_image, X, ["note", "image"], perturbers=IMAGE)
    sizes = []
    for row in range(4):
        words, regions, expected = by_hand(explainer, X, row, of_image)
        i = [found.first_names.tolist().index(word) for word in words]
        j = [found.second_names.tolist().index(region) for region in regions]
        coef = found.coef[row][np.ix_(i, j)][..., 0]
        np.testing.assert_allclose(coef, expected, atol=1e-4)
        sizes.append(np.abs(expected).max())
        others = np.setdiff1d(np.arange(len(found.first_names)), i)
        assert np.isnan(found.coef[row][others]).all()
    assert max(sizes) > 0.1
    sums = np.nansum(found.coef, axis=(1, 2))
    np.testing.assert_allclose(found.mi - sums, found.rest)
    assert found.top(1)[0].first == "red"
    assert found.n_model_rows < 4 * 500


def test_a_text_and_a_table(X):
    def model(X):
        return 2 * has("red", X) * X["table"][:, 0] + X["table"][:, 1] + has("dog", X)

    _, found = explained(model, X, ["note", "table"], n=8)
    with_red = np.flatnonzero(has("red", X)[:8])
    assert len(with_red) > 1
    centred = X["table"][:8, 0] - X["table"][:, 0].mean()
    i = found.first_names.tolist().index("red")
    for row in with_red:
        expected = np.zeros(found.coef.shape[1:3])
        expected[i, 0] = 2 * centred[row]
        apart = np.abs(found.coef[row, ..., 0] - expected)
        here = ~np.isnan(apart)
        assert (apart[here] <= 3.5 * found.se[row, ..., 0][here] + 1e-9).all()
        assert found.se[row, i, 0, 0] < 0.2
    without = np.setdiff1d(np.arange(8), with_red)
    np.testing.assert_array_equal(np.nan_to_num(found.coef[without]), 0)
    assert np.isnan(found.r2[without]).all()


def test_two_of_three_modalities_with_the_third_from_references(X):
    def model(X):
        late = X["ecg"][:, 0, 8:].mean(axis=1)
        return has("dog", X) * late * (1 + X["table"][:, 0])

    names = ["table", "note", "ecg"]
    series = [("ecg", SeriesPerturber(n_segments=3))]
    args = model, X, names, 4, ("note", "ecg"), series
    _, found = explained(*args, n_samples=400)
    assert found.modality_names.tolist() == ["note", "ecg"]
    assert np.isnan(found.rest).all()
    row = int(np.flatnonzero(has("dog", X)[:4])[0])
    strongest = found.top(1, row=row)[0]
    assert (strongest.first, strongest.second[-6:]) == ("dog", "[8:12]")
    with pytest.raises(ValueError, match="`modalities` must be the names of two"):
        explained(model, X, names)


def test_several_outputs_and_no_interaction(X):
    def model(X):
        first = of_image(X)
        return np.column_stack([first, has("red", X) + X["image"].mean(axis=(1, 2))])

    _, both = explained(model, X, ["note", "image"], perturbers=IMAGE)
    _, one = explained(of_image, X, ["note", "image"], perturbers=IMAGE)
    np.testing.assert_allclose(both.coef[..., :1], one.coef, atol=1e-4)
    np.testing.assert_array_equal(np.nan_to_num(both.coef[..., 1]), 0)
    assert np.isnan(both.r2[:, 1]).all()


def test_rows_do_not_depend_on_others(X):
    explainer, found = explained(of_image, X, ["note", "image"], perturbers=IMAGE)
    rows = MultimodalArray(note=X["note"], image=X["image"])
    alone = explainer.explain_pairs(rows[2:3])
    i = [found.first_names.tolist().index(name) for name in alone.first_names]
    np.testing.assert_allclose(alone.coef[0], found.coef[2][i], atol=1e-10)


def test_an_empty_text_has_no_pairs(X):
    rows = MultimodalArray(note=[*X["note"][:-1], ""], image=X["image"])
    explainer, _ = explained(of_image, rows, ["note", "image"], n=1, perturbers=IMAGE)
    found = explainer.explain_pairs(rows[[39, 0]])
    assert np.isnan(found.coef[0]).all()
    assert np.isfinite(found.coef[1]).any()
    np.testing.assert_allclose(found.rest[0], found.mi[0])


def test_straight_lines_beside_a_text_are_refused(X):
    def model(X):
        return has("red", X) * X["table"][:, 0]

    perturbers = [("note", TextPerturber()), *slopes([("table", None)])]
    with pytest.raises(ValueError, match="also beside a table whose effects bend"):
        explained(model, X, ["note", "table"], perturbers=perturbers)


@pytest.mark.parametrize("names", [("note", "image"), ("table", "ecg")])
def test_columns_of_no_modality_stay_as_in_the_row(X, names):
    """Pairs are those of a model in which they are a constant."""
    held = np.arange(40.0)[:, None] % 2
    rows = MultimodalArray(held=held, **{name: X[name] for name in names})
    modalities = [(name, [name]) for name in names]
    perturbers = dict(IMAGE) if "image" in names else {}

    def act(X):
        if "note" in names:
            return has("red", X) * X["image"][:, :2].mean(axis=(1, 2))
        return X["table"][:, 0] * X["ecg"][:, 0, :6].mean(axis=1)

    def pairs(model, rows, **options):
        options = {"n_references": 20, "random_state": 0} | options
        disentangler = Disentangler(model, modalities, **options)
        explainer = LocalExplainer(disentangler, perturbers or "auto", random_state=0)
        found = explainer.fit(rows).explain_pairs(rows[:4])
        values = explainer.disentangler_.decompose(rows[:4])
        np.testing.assert_allclose(found.mi, values.mi, atol=1e-9)
        return found

    found = pairs(lambda X: X["held"][:, 0] * act(X), rows, remainder="hold")
    alone = pairs(act, MultimodalArray({name: X[name] for name in names}))
    is_held = held[:4, 0] == 1
    assert not np.nan_to_num(found.coef[~is_held]).any()
    np.testing.assert_allclose(found.mi[~is_held], 0, atol=1e-12)
    expected, errors = alone.coef[is_held], np.hypot(found.se, alone.se)[is_held]
    assert np.nanmax(np.abs(expected)) > 0.05
    apart = np.nan_to_num(np.abs(found.coef[is_held] - expected))
    assert (apart <= 4 * np.nan_to_num(errors) + 1e-6).all()
