"""Generated data: the same for the same seed, and what was planted is what is there."""

import itertools

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.datasets import make_bilinear, make_records, make_scenes
from skdime.perturbers import SeriesPerturber, TextPerturber

MEANS = {"lactate": (1.6, 0.5), "creatinine": (1.1, 0.3), "potassium": (4.2, 0.4)}


@pytest.fixture(scope="module")
def records():
    return make_records(2000, noise=0, random_state=0)


@pytest.fixture(scope="module")
def scenes():
    return make_scenes(1500, random_state=0)


def test_the_score_of_the_bilinear_task_makes_the_label():
    X, y = make_bilinear(n_samples=3000, n_features=3, random_state=1)
    first, second = X[:, :3], X[:, 3:]
    score = first.sum(axis=1) + second.sum(axis=1) + (first * second).sum(axis=1)
    assert X.shape == (3000, 6)
    assert y.tolist() == (score > 0).astype(int).tolist()
    assert np.abs(score).min() >= 0.01
    # some of the points first drawn were nearer
    assert not np.array_equal(X, np.random.RandomState(1).normal(size=(3000, 6)))


def test_the_bilinear_task_is_standard_normal_with_ten_features_a_modality():
    X, _ = make_bilinear(n_samples=4000, random_state=0)
    assert X.shape == (4000, 20)
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=5 / np.sqrt(4000))
    np.testing.assert_allclose(X.std(axis=0), 1, atol=5 / np.sqrt(8000))


def flat(data):
    """The data of a bunch as arrays of numbers and texts."""
    return [np.asarray(data[key]) for key in data]


@pytest.mark.parametrize("make", [make_records, make_scenes])
def test_a_seed_determines_the_data(make):
    one, same, other = (make(n_samples=8, random_state=seed) for seed in (3, 3, 4))
    for a, b, c in zip(*map(flat, (one.data, same.data, other.data)), strict=True):
        assert np.array_equal(a, b)
        assert not np.array_equal(a, c)
    assert np.array_equal(one.target, same.target)


@pytest.mark.parametrize("make", [make_bilinear, make_records, make_scenes])
def test_the_global_generator_is_not_touched(make):
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    make(n_samples=3)
    assert np.array_equal(before, np.random.get_state()[1])


def test_records_are_three_modalities_of_given_shapes(records):
    assert isinstance(records.data, MultimodalArray)
    assert list(records.data.keys()) == ["labs", "note", "ecg"]
    assert records.data["labs"].shape == (2000, 5)
    assert records.data["ecg"].shape == (2000, 2, 120)
    assert {type(note) for note in records.data["note"]} == {str}
    assert records.main.shape == records.pairs.shape == (2000, 3)


def seen(records, modality, feature):
    """A feature as it can be read off the data, centred, in its unit of effect."""
    block = records.data[modality]
    if modality == "labs":
        mean, spread = MEANS[feature]
        return (block[:, records.lab_names.index(feature)] - mean) / spread
    if modality == "note":
        return np.array([feature in note for note in block]) - 0.5
    lead, start, end = feature
    return block[:, lead, start:end].mean(axis=1) / 0.3


def test_the_risk_can_be_computed_from_the_data(records):
    expected = np.zeros(len(records.target))
    for effect, added in zip(records.effects, records.contributions.T, strict=True):
        parts = [
            seen(records, modality, feature)
            for modality, feature in zip(
                effect.modalities, effect.features, strict=True
            )
        ]
        np.testing.assert_allclose(added, effect.size * np.prod(parts, axis=0))
        expected += added
    np.testing.assert_allclose(records.target, expected)
    parts = records.main.sum(axis=1) + records.pairs.sum(axis=1)
    np.testing.assert_allclose(records.target, parts)


def test_main_effects_and_pairs_are_those_of_the_modalities_in_order(records):
    names = list(records.data.keys())
    of = {effect.modalities: i for i, effect in enumerate(records.effects)}
    assert len(of) == len(records.effects) == 6
    for column, name in enumerate(names):
        expected = records.contributions[:, of[(name,)]]
        np.testing.assert_array_equal(records.main[:, column], expected)
    for column, pair in enumerate(itertools.combinations(names, 2)):
        expected = records.contributions[:, of[pair]]
        np.testing.assert_array_equal(records.pairs[:, column], expected)


def test_effects_are_centred_and_an_interaction_has_no_main_effects(records):
    added = records.contributions
    error = added.std(axis=0) / np.sqrt(len(added))
    assert (np.abs(added.mean(axis=0)) < 4 * error).all()
    for column, effect in enumerate(records.effects):
        for modality, feature in zip(effect.modalities, effect.features, strict=True):
            if len(effect.modalities) == 2:
                alone = seen(records, modality, feature)
                assert abs(np.corrcoef(added[:, column], alone)[0, 1]) < 0.1


def test_every_word_is_in_every_second_note_and_every_stretch_varies(records):
    held = [[word in note for word in records.words] for note in records.data["note"]]
    np.testing.assert_allclose(np.mean(held, axis=0), 0.5, atol=0.05)
    levels = records.data["ecg"].reshape(2000, 2, 6, 20).mean(axis=3)
    np.testing.assert_allclose(levels.std(axis=0), 0.3, rtol=0.1)
    np.testing.assert_allclose(levels.mean(axis=0), 0, atol=0.03)


def test_noise_is_added_to_the_same_records():
    quiet = make_records(2000, noise=0, random_state=0)
    noisy = make_records(2000, noise=0.5, random_state=0)
    assert np.array_equal(quiet.data["ecg"], noisy.data["ecg"])
    difference = noisy.target - quiet.target
    np.testing.assert_allclose(difference.std(), 0.5, rtol=0.1)
    np.testing.assert_allclose(difference.mean(), 0, atol=0.05)


def risk_of(X):
    """The risk itself, as a model of three modalities."""
    word = {
        name: np.array([name in note for note in X["note"]]) - 0.5
        for name in ("fever", "metformin", "palpitations")
    }
    lactate, creatinine, potassium = (
        (X["labs"][:, i] - mean) / spread
        for i, (mean, spread) in enumerate(MEANS.values())
    )
    level = X["ecg"].reshape(-1, 2, 6, 20).mean(axis=3) / 0.3
    alone = lactate + 2 * word["fever"] + level[:, 0, 1]
    pairs = 2 * creatinine * word["metformin"] + potassium * level[:, 1, 3]
    return alone + pairs + 2 * word["palpitations"] * level[:, 0, 4]


def test_what_was_planted_is_found_within_its_standard_error(records):
    rows = np.arange(100)
    disentangler = Disentangler(risk_of, n_references=200, random_state=0)
    values = disentangler.fit(records.data).decompose(records.data[rows], pairs=True)
    for found, se, planted in (
        (values.main, values.main_se, records.main),
        (values.pairs, values.pairs_se, records.pairs),
    ):
        error = found[..., 0] - planted[rows]
        se = se[..., 0]
        # an error is shared by all rows that have the same value
        assert (np.abs(error) < 4 * se + 1e-9).all()
        assert 0.3 * se.mean() < np.sqrt(np.mean(error**2)) < 2 * se.mean()
    np.testing.assert_allclose(values.higher, 0, atol=1e-9)


@pytest.mark.slow
def test_features_are_found_where_they_were_planted_and_nowhere_else(records):
    rows = np.arange(15)
    disentangler = Disentangler(risk_of, n_references=100, random_state=0)
    explainer = LocalExplainer(
        disentangler,
        [("ecg", SeriesPerturber(n_segments=6)), ("note", TextPerturber())],
        n_samples=400,
        random_state=0,
    ).fit(records.data)
    explanation = explainer.explain(records.data[rows])
    labels = explanation.inputs["ecg"].labels[0]
    coef, se = explanation.coef[..., 0], explanation.se[..., 0]
    planted = np.where(np.isnan(coef), np.nan, 0)
    for effect, added in zip(records.effects, records.contributions.T, strict=True):
        for modality, feature in zip(effect.modalities, effect.features, strict=True):
            if modality == "ecg":
                position = labels[feature[:2]]
            elif modality == "labs":
                position = records.lab_names.index(feature)
            else:
                position = explanation.find(modality="note", feature=feature)
            # a word adds its effect when it was absent before, not at its average
            factor = 2 if modality == "note" else 1
            part = len(effect.modalities) - 1
            planted[:, part, position] += factor * added[rows]
    known = ~np.isnan(coef)
    tolerance = 4 * se[known] + 0.05
    assert (np.abs(coef - planted)[known] < tolerance).all()
    sizes, expected = (np.nanmean(np.abs(array), axis=0) for array in (coef, planted))
    assert sizes[expected > 0].min() > 1.5 * sizes[expected == 0].max()
    without_effect = (expected == 0).all(axis=0)
    assert without_effect.sum() == 31 - 9
    assert sizes[:, without_effect].max() < 0.01


def test_records_as_a_frame_hold_the_same():
    pytest.importorskip("pandas")
    plain = make_records(20, random_state=0)
    framed = make_records(20, as_frame=True, random_state=0)
    frame = framed.data
    columns = [name for _, names in framed.modalities for name in names]
    assert frame.columns.tolist() == columns
    labs = frame[dict(framed.modalities)["labs"]].to_numpy()
    np.testing.assert_array_equal(labs, plain.data["labs"])
    assert frame["note"].tolist() == plain.data["note"].tolist()
    np.testing.assert_array_equal(np.stack(frame["ecg"].tolist()), plain.data["ecg"])
    np.testing.assert_array_equal(framed.target, plain.target)


def test_scenes_have_an_image_and_a_question(scenes):
    image = scenes.data["image"]
    assert isinstance(scenes.data, MultimodalArray)
    assert image.shape == (1500, 48, 48, 3)
    assert image.dtype == np.uint8
    assert scenes.asked_masks.shape == scenes.object_labels.shape == (1500, 48, 48)
    smaller = make_scenes(2, n_objects=3, grid=2, cell_size=10, random_state=0)
    assert smaller.data["image"].shape == (2, 20, 20, 3)
    assert [len(things) for things in smaller.objects] == [3, 3]


def asked(question, things):
    """Objects whose colour and shape the words of the question allow."""
    words = question.rstrip("?").split()
    words = [word.rstrip("s") for word in words]
    colours = [c for c in ("red", "green", "blue", "yellow") if c in words] or None
    shapes = [s for s in ("circle", "square", "triangle") if s in words] or None
    return [
        k
        for k, thing in enumerate(things)
        if (colours is None or thing.colour in colours)
        and (shapes is None or thing.shape in shapes)
    ]


def test_answers_follow_from_the_objects(scenes):
    rows = zip(scenes.data["question"], scenes.objects, scenes.target, strict=True)
    kinds = []
    for question, things, answer in rows:
        about = [things[k] for k in asked(question, things)]
        if question.startswith("what colour"):
            kinds.append("colour")
            assert [thing.colour for thing in about] == [answer]
        elif question.startswith("what shape"):
            kinds.append("shape")
            assert [thing.shape for thing in about] == [answer]
        elif question.startswith("is there"):
            kinds.append("existence")
            assert answer == ("yes" if about else "no")
        else:
            kinds.append("count")
            assert answer == str(len(about))
    assert scenes.question_types.tolist() == kinds


def test_masks_are_the_pixels_of_the_objects_asked_about(scenes):
    rows = zip(
        scenes.data["question"],
        scenes.objects,
        scenes.object_labels,
        scenes.asked_masks,
        strict=True,
    )
    for question, things, labels, mask in rows:
        assert set(np.unique(labels)) == {-1, *range(len(things))}
        about = asked(question, things)
        assert np.array_equal(mask, np.isin(labels, about))
        assert set(np.unique(labels[mask])) == set(about)


def test_objects_have_their_colour_their_shape_and_their_cell(scenes):
    strongest = {"red": [0], "green": [1], "blue": [2], "yellow": [0, 1]}
    filled = {"circle": (0.627, 0.95), "square": (1, 1), "triangle": (0.5, 0.626)}
    for image, things, labels in zip(
        scenes.data["image"][:200],
        scenes.objects[:200],
        scenes.object_labels[:200],
        strict=True,
    ):
        assert len({(thing.row, thing.column) for thing in things}) == 5
        background = image[labels == -1].mean(axis=0)
        np.testing.assert_allclose(background, 100, atol=2)
        for k, thing in enumerate(things):
            y, x = np.nonzero(labels == k)
            assert set(y // 12) == {thing.row}
            assert set(x // 12) == {thing.column}
            share = len(y) / (np.ptp(y) + 1) / (np.ptp(x) + 1)
            low, high = filled[thing.shape]
            assert low <= share <= high
            colour = image[y, x].mean(axis=0)
            top = np.argsort(-colour)[: len(strongest[thing.colour])]
            assert sorted(top) == strongest[thing.colour]


def test_questions_alone_do_not_tell_the_answer(scenes):
    counts = {"colour": 4, "shape": 3, "existence": 2, "count": 4}
    for kind, n_answers in counts.items():
        answers = scenes.target[scenes.question_types == kind]
        _, frequency = np.unique(answers, return_counts=True)
        assert len(frequency) == n_answers
        np.testing.assert_allclose(len(answers) / 1500, 1 / 4, atol=0.05)
        np.testing.assert_allclose(frequency / len(answers), 1 / n_answers, atol=0.1)


@pytest.mark.parametrize(
    ("make", "arguments", "told"),
    [
        (make_bilinear, {"n_features": 0}, "n_features"),
        (make_records, {"n_samples": 0}, "n_samples"),
        (make_records, {"noise": -1.0}, "noise"),
        (make_scenes, {"n_objects": 2}, "n_objects"),
        (make_scenes, {"n_objects": 5, "grid": 2}, r"grid \*\* 2 = 4"),
        (make_scenes, {"cell_size": 4}, "cell_size"),
    ],
)
def test_wrong_arguments_are_named(make, arguments, told):
    with pytest.raises(ValueError, match=told):
        make(**arguments)
