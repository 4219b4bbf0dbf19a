"""Generated images of coloured shapes, and questions about them."""

from itertools import product
from numbers import Integral
from typing import NamedTuple

import numpy as np
from sklearn.utils import Bunch

from skdime._rows.multimodal_array import MultimodalArray
from skdime._utils.annotations import Seed
from skdime._utils.from_sklearn import Interval
from skdime._utils.parameters import validate_params
from skdime._utils.random import own_random_state

_COLOURS = {
    "red": (200, 60, 60),
    "green": (60, 170, 70),
    "blue": (70, 90, 210),
    "yellow": (210, 190, 60),
}
_SHAPES = ("circle", "square", "triangle")
_GREY, _NOISE = 100, 6
# Questions by type, and what may be answered to them.
_TEXTS = {
    "colour": "what colour is the {shape}?",
    "shape": "what shape is the {colour} object?",
    "existence": "is there a {colour} {shape}?",
    "count": "how many {shape}s are there?",
}
_ANSWERS = {
    "colour": tuple(_COLOURS),
    "shape": _SHAPES,
    "existence": ("no", "yes"),
    "count": ("0", "1", "2", "3"),
}


class SceneObject(NamedTuple):
    """One object of a scene: its colour, its shape and its cell.

    Attributes
    ----------
    colour, shape : str
        What questions ask about.
    row, column : int
        The cell of the grid that it lies in.

    Examples
    --------
    >>> from skdime.datasets import make_scenes
    >>> make_scenes(1, random_state=0).objects[0][0]
    SceneObject(colour='green', shape='circle', row=2, column=0)
    """

    colour: str
    shape: str
    row: int
    column: int


class _Question(NamedTuple):
    """A question: the objects it asks about, and its answers.

    ``colour`` and ``shape`` are None where the question leaves them open.
    """

    kind: str
    colour: str | None
    shape: str | None

    def text(self):
        return _TEXTS[self.kind].format(colour=self.colour, shape=self.shape)

    def asks_about(self, thing):
        return self.colour in (None, thing.colour) and self.shape in (None, thing.shape)

    def answer(self, things):
        """The answer, None where there is no single one."""
        relevant = [thing for thing in things if self.asks_about(thing)]
        if self.kind == "existence":
            return "yes" if relevant else "no"
        if self.kind == "count":
            return str(len(relevant))
        return getattr(relevant[0], self.kind) if len(relevant) == 1 else None


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "n_objects": [Interval(Integral, 3, 12, closed="both")],
        "grid": [Interval(Integral, 2, None, closed="left")],
        "cell_size": [Interval(Integral, 8, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_scenes(
    n_samples: int = 1000,
    *,
    n_objects: int = 5,
    grid: int = 4,
    cell_size: int = 12,
    random_state: Seed = None,
) -> Bunch:
    """Simulate images of coloured shapes, a question about each, and the answer.

    Circles, squares and triangles in four colours lie in the cells of a grid, at most
    one in each, differing in size, place within the cell and brightness. Questions
    ask for an attribute ("what colour is the circle?", "what shape is the red
    object?"; there is just one then), whether something is there ("is there a red
    square?"), or how many there are ("how many circles are there?", 0 to 3), as those
    of CLEVR [1]_ do. The four kinds are equally frequent, and so are the answers to
    every question: the question alone only tells which answers are possible.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of scenes.
    n_objects : int, default=5
        Objects in each scene, 3 to 12 and at most one for each cell.
    grid : int, default=4
        Cells along each side.
    cell_size : int, default=12
        Pixels along the side of a cell.
    random_state : int, RandomState instance or None, default=None
        Determines the data.

    Returns
    -------
    scenes : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : MultimodalArray
            ``image`` of shape (n_samples, grid * cell_size, grid * cell_size, 3) and
            dtype uint8, and ``question``, an object array of texts.
        target : ndarray of str of shape (n_samples,)
            The answers.
        question_types : ndarray of str of shape (n_samples,)
            ``"colour"``, ``"shape"``, ``"existence"`` or ``"count"``.
        objects : list of list of SceneObject
            Named tuples ``(colour, shape, row, column)``; row and column are those of
            the cell.
        object_labels : ndarray of int of shape (n_samples, height, width)
            -1 for the background, otherwise the position in `objects`.
        asked_masks : ndarray of bool of shape (n_samples, height, width)
            Pixels of the objects that the question asks about; none where the answer
            is no or 0.
        DESCR : str
            A description.

    References
    ----------
    .. [1] Johnson, Hariharan, van der Maaten, Fei-Fei, Zitnick, Girshick. "CLEVR: A
       Diagnostic Dataset for Compositional Language and Elementary Visual Reasoning",
       CVPR 2017. :doi:`10.1109/CVPR.2017.215`

    Examples
    --------
    >>> from skdime.datasets import make_scenes
    >>> scenes = make_scenes(n_samples=3, random_state=0)
    >>> scenes.data["image"].shape
    (3, 48, 48, 3)
    >>> print(scenes.data["question"][0], scenes.target[0])
    what colour is the square? red
    """
    if n_objects > grid**2:
        raise ValueError(
            f"`n_objects` must be at most the number of cells, grid ** 2 = {grid**2}. "
            f"Got {n_objects} instead: place fewer objects or make `grid` larger."
        )
    random_state = own_random_state(random_state)
    questions = [_draw_question(random_state) for _ in range(n_samples)]
    scenes, answers = [], []
    for question in questions:
        answers.append(str(random_state.choice(_ANSWERS[question.kind])))
        scenes.append(_draw_scene(question, answers[-1], n_objects, grid, random_state))
    images, labels = _paint_all(scenes, grid, cell_size, random_state)
    asked_masks = np.zeros(labels.shape, dtype=bool)
    for i, (question, things) in enumerate(zip(questions, scenes, strict=True)):
        about = [k for k, thing in enumerate(things) if question.asks_about(thing)]
        asked_masks[i] = np.isin(labels[i], about)
    texts = np.array([question.text() for question in questions], dtype=object)
    return Bunch(
        data=MultimodalArray({"image": images, "question": texts}),
        target=np.array(answers),
        question_types=np.array([question.kind for question in questions]),
        objects=scenes,
        object_labels=labels,
        asked_masks=asked_masks,
        DESCR=make_scenes.__doc__,
    )


def _draw_question(random_state):
    kind = list(_TEXTS)[random_state.randint(len(_TEXTS))]
    colour = list(_COLOURS)[random_state.randint(len(_COLOURS))]
    shape = _SHAPES[random_state.randint(len(_SHAPES))]
    return _Question(
        kind,
        colour if kind in ("shape", "existence") else None,
        shape if kind != "shape" else None,
    )


def _draw_scene(question, answer, n_objects, grid, random_state):
    """Objects drawn until the question has the answer."""
    looks = list(product(_COLOURS, _SHAPES))
    while True:
        drawn = random_state.randint(len(looks), size=n_objects)
        cells = random_state.choice(grid**2, size=n_objects, replace=False)
        things = [
            SceneObject(*looks[look], *divmod(cell, grid))
            for look, cell in zip(drawn.tolist(), cells.tolist(), strict=True)
        ]
        if question.answer(things) == answer:
            return things


def _paint_all(scenes, grid, cell_size, random_state):
    """Images, and which object each pixel belongs to."""
    size = grid * cell_size
    images = np.full((len(scenes), size, size, 3), _GREY, dtype=float)
    labels = np.full((len(scenes), size, size), -1, dtype=np.int16)
    for image, label, things in zip(images, labels, scenes, strict=True):
        for k, thing in enumerate(things):
            top, left = thing.row * cell_size, thing.column * cell_size
            cell = np.s_[top : top + cell_size, left : left + cell_size]
            covered = _outline(thing.shape, cell_size, random_state)
            brightness = random_state.uniform(0.8, 1.2)
            image[cell][covered] = brightness * np.array(_COLOURS[thing.colour])
            label[cell][covered] = k
    images += _NOISE * random_state.normal(size=images.shape)
    return images.clip(0, 255).astype(np.uint8), labels


def _outline(shape, cell_size, random_state):
    """Which pixels of its cell an object covers."""
    radius = cell_size * random_state.uniform(0.33, 0.46)
    slack = cell_size / 2 - radius
    centre = cell_size / 2 + random_state.uniform(-slack, slack, size=2)
    y, x = np.mgrid[:cell_size, :cell_size] + 0.5 - centre[:, None, None]
    if shape == "circle":
        return x**2 + y**2 <= radius**2
    if shape == "square":
        return np.maximum(abs(x), abs(y)) <= 0.85 * radius
    return (abs(x) <= (y + radius) / 2) & (y <= radius)
