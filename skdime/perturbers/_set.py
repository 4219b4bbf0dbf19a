"""SetPerturber: a set with some of its elements left out or replaced."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal, Self

import numpy as np

from skdime._utils.annotations import Masks, Names, Random, Seed
from skdime._utils.checks import check_count
from skdime._utils.from_sklearn import StrOptions
from skdime._utils.listed import listed
from skdime._utils.parameters import check_parameters
from skdime.perturbers._contract import same
from skdime.perturbers._masks import OTHER, Effects, MaskPerturber
from skdime.perturbers._set_cells import (
    as_element,
    elements_of,
    numbers_of,
    parts_of,
    separator_among,
    with_others,
    without,
)
from skdime.perturbers._set_replacements import check_arrays, others_of, zero_of
from skdime.perturbers._tokens import occurrence_name, token_of

# More numbers than a box with its score and class are not read one by one.
_MOST_NUMBERS = 6


class SetPerturber(MaskPerturber):
    """Explain sets, such as diagnoses or objects, by leaving out elements.

    An element is one feature, with all its numbers together. A coefficient estimates
    how much the output changes if the element is there instead of left out or replaced.
    Elements that a row does not have are never added. Rows contain one of these:

    - codes, such as diagnoses or items: sets, lists, tuples and arrays of integers or
      strings, or a text that lists them, such as ``"A;B;C"``. Equal codes are one
      element, wherever they stand in the row. Missing codes (None, nan) are none.
    - objects: an array of shape (n_objects, n_features), a list of arrays, of lists of
      numbers or of any other objects, or several keys or columns of these, which
      describe the same objects in the same order. Objects whose numbers are all 0 or
      nan are padding: they are no elements and never change.

    Parameters
    ----------
    replacement : {"remove", "zero", "mean", "reference"}, default="remove"
        Replacement of an element. ``"remove"`` leaves it out, which makes the set
        shorter. The others keep the shape, for arrays with a fixed number of slots:
        ``"zero"`` replaces its numbers by 0, ``"mean"`` by the mean of all objects in
        the rows passed to ``fit``, ``"reference"`` by the object of these rows that is
        closest to this mean. Codes have neither mean nor distance.
    names : callable or str, default=None
        Names of the elements. A callable takes one element (a code; the numbers of
        an object; a tuple of what it has under every key) and returns its name, such
        as ``descriptions.get`` of a dict. A string is the key of the modality, or the
        column, that has the names. By default codes are called by themselves, and
        objects ``object 1``, ``object 2`` by their position. Elements of the same name
        are numbered: ``car``, ``car #2``.
    separator : str, default=None
        What separates the codes of a text. By default it is the first of ``;``, ``|``,
        ``,`` and white space that a row given to ``fit`` has.
    min_count : int, default=1
        Number of rows passed to ``fit`` in which a name must occur to be stored as a
        column of ``transform``. Rarer ones are added up in ``<other>``. In ``explain``
        each element of the explained row still has a coefficient of its own.

    effects : {"shapley", "banzhaf"}, default="shapley"
        Kind of coefficient; see :class:`MaskPerturber`.

    Attributes
    ----------
    feature_names_ : ndarray of str
        Columns of ``transform``: the most frequent names in the rows passed to ``fit``,
        in which coefficients of elements of the same name are added up, and
        ``<other>``.
    separator_ : str or None
        What separates the codes of a text; None is white space.

    See Also
    --------
    TextPerturber : For texts, whose words have an order.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime.perturbers import SetPerturber
    >>> perturber = SetPerturber()
    >>> perturber.features([401, 250, 715])
    ['401', '250', '715']
    >>> perturber.perturb([401, 250, 715], [[True, False, True]])
    [[401, 715]]
    >>> perturber.perturb("E11; I10; J45", [[False, True, True]])
    ['I10; J45']

    Two boxes, named by their class, and a slot that is empty:

    >>> boxes = np.array([[1, 4.0, 6.0], [2, 5.0, 5.0], [0, 0.0, 0.0]])
    >>> classes = {1: "cat", 2: "dog"}
    >>> perturber = SetPerturber("zero", names=lambda box: classes[int(box[0])])
    >>> perturber.features(boxes)
    ['cat', 'dog']
    >>> perturber.perturb(boxes, [[True, False]])[0]
    array([[1., 4., 6.],
           [0., 0., 0.],
           [0., 0., 0.]])
    """

    kind = "set"

    _parameter_constraints: dict = {
        "replacement": [StrOptions({"remove", "zero", "mean", "reference"})],
        "names": [None, str, callable],
        "separator": [None, str],
    }

    def __init__(
        self,
        replacement: Literal["remove", "zero", "mean", "reference"] = "remove",
        *,
        names: str | Callable[[Any], str] | None = None,
        separator: str | None = None,
        min_count: int = 1,
        effects: Effects = "shapley",
    ) -> None:
        self.replacement = replacement
        self.names = names
        self.separator = separator
        self.min_count = min_count
        self.effects = effects

    def fit(
        self, X: Any, column_names: Names | None = None, random_state: Seed = None
    ) -> Self:
        """Learn names and what replaces elements; see :class:`MaskPerturber`."""
        super().fit(X, column_names, random_state)
        # rows to come have other elements, even if all of these have the same
        frequent = self.feature_names_[self.feature_names_ != OTHER]
        self.feature_names_ = np.append(frequent, OTHER)
        return self

    def learn(self, rows: Any, column_names: Names, random_state: Random) -> None:
        """Check the parameters, average the objects; see :class:`MaskPerturber`."""
        check_parameters(self)
        check_count("min_count", self.min_count)
        self._keys = [str(name) for name in column_names]
        texts = [cell for cell in rows if isinstance(cell, str)]
        self.separator_ = self.separator or separator_among(texts)
        keys = self._keys if len(self._keys) > 1 else []
        if isinstance(self.names, str) and self.names not in keys:
            raise ValueError(
                f"`names` of SetPerturber is {self.names!r:.60}, but the modality has "
                "the "
                f"keys [{listed(self._keys)}]. Give the key, among several, under "
                "which rows have the names of their elements, or a callable."
            )
        self._others = None
        if self.replacement in ("mean", "reference"):
            self._others = self._average(rows)

    def features(self, cell: Any) -> list[str]:
        """Names of the elements of a set; see :class:`MaskPerturber`."""
        n_occurrences: Counter = Counter()
        names = []
        for name in self._names(cell, self._read(cell)):
            n_occurrences[name] += 1
            names.append(occurrence_name(name, n_occurrences[name]))
        return names

    def perturb(self, cell: Any, masks: Masks) -> Any:
        """The set with only some of its elements; see :class:`MaskPerturber`."""
        elements = self._read(cell)
        if not elements.items:
            return [cell] * len(masks)
        # element -1 picks the last: kept by all masks
        masks = np.asarray(masks, dtype=bool)
        masks = np.column_stack([masks, np.ones(len(masks), dtype=bool)])
        element_masks = masks[:, elements.element_of]
        parts = parts_of(cell, self._n_keys)
        if self.replacement == "remove":
            separator = self._separator(cell)
            return [without(cell, keep, parts, separator) for keep in element_masks]
        others = self._replacements(cell, elements)
        return [with_others(cell, keep, parts, others) for keep in element_masks]

    def inert(self, cell: Any) -> np.ndarray:
        """Elements that equal what replaces them; see :class:`MaskPerturber`."""
        elements = self._read(cell)
        if self.replacement == "remove" or not elements.items:
            return np.zeros(len(elements.items), dtype=bool)
        parts = parts_of(cell, self._n_keys) or [cell]
        others = self._replacements(cell, elements)
        equal = [
            [same(part[i], other) is True for i in elements.positions]
            for part, other in zip(parts, others, strict=True)
        ]
        return np.all(equal, axis=0)

    def describe(self, cell: Any) -> list[str]:
        """Codes, and the numbers of objects that have few, as text."""
        elements = self._read(cell)
        if elements.are_codes:
            return [str(code) for code in elements.items]
        names = self._names(cell, elements)
        pairs = zip(elements.items, names, strict=True)
        return [_numbers_text(item) or name for item, name in pairs]

    def labels(self, cell: Any) -> np.ndarray | None:
        """The element of every object, for objects with boxes; None for others."""
        elements = self._read(cell)
        has_boxes = not elements.are_codes and self._boxes(cell) is not None
        empty = not elements.items and elements.are_codes
        return elements.element_of if has_boxes or empty else None

    def shown(self, cell: Any) -> Any:
        """The boxes of objects, as :class:`~skdime.displays.BoxesDisplay` draws them.

        They are what a key, or an array, has if it has four numbers for each object:
        left, upper, right and lower edge.

        Parameters
        ----------
        cell : object
            What a row holds for the modality.

        Returns
        -------
        boxes : ndarray of float of shape (n_objects, 4)
        """
        boxes = self._boxes(cell)
        return np.zeros((0, 4)) if boxes is None else boxes

    def column_names(self, names: Sequence[str]) -> Sequence[str]:
        """Names without the number of their occurrence; see :class:`MaskPerturber`."""
        return [token_of(name) or OTHER for name in names]

    @property
    def _n_keys(self):
        return len(getattr(self, "_keys", ["x0"]))

    def _separator(self, cell):
        if hasattr(self, "separator_"):
            return self.separator_
        is_text = isinstance(cell, str)
        return self.separator or (separator_among([cell]) if is_text else None)

    def _read(self, cell):
        return elements_of(cell, self._n_keys, self._separator(cell))

    def _boxes(self, cell):
        """What has four numbers for each object; None if nothing has."""
        if isinstance(cell, (str, set, frozenset)) or not hasattr(cell, "__len__"):
            return None
        for part in parts_of(cell, self._n_keys) or [cell]:
            values = numbers_of(part)
            if values is not None and values.ndim == 2 and values.shape[1] == 4:
                return values.astype(float)
        return None

    def _names(self, cell, elements):
        if isinstance(self.names, str):
            names = parts_of(cell, self._n_keys)[self._keys.index(self.names)]
            return [str(names[i]) for i in elements.positions]
        if self.names is not None:
            return [self._called(self.names(item), item) for item in elements.items]
        if elements.are_codes:
            return [str(code) for code in elements.items]
        return [f"object {position + 1}" for position in elements.positions]

    def _called(self, name, item):
        if isinstance(name, str):
            return name
        raise TypeError(
            f"`names` of SetPerturber returned {name!r:.60} for the element "
            f"{item!r:.60}. It must return a str for every element that rows have."
        )

    def _replacements(self, cell, elements):
        """For every part of a cell what replaces one of its elements."""
        parts = parts_of(cell, self._n_keys) or [cell]
        if self.replacement == "zero":
            check_arrays(parts, self.replacement)
            return [as_element(zero_of(part), part) for part in parts]
        _check_objects(elements, self.replacement)
        return [as_element(*pair) for pair in zip(self._others, parts, strict=True)]

    def _average(self, rows):
        """For every part what replaces an element, from all objects of all rows."""
        each = []
        for cell in rows:
            elements = self._read(cell)
            _check_objects(elements, self.replacement)
            parts = parts_of(cell, self._n_keys) or [cell]
            each.append((parts, elements.positions))
        return others_of(each, self.replacement)

    def _put_back(self, row, perturbed):
        try:
            return super()._put_back(row, perturbed)
        except ValueError as error:
            if self.replacement == "remove":
                error.add_note(
                    "replacement='remove' makes sets shorter, which arrays of a fixed "
                    "number of elements cannot be. Take 'zero', 'mean' or 'reference', "
                    "or keep the sets in a list under a key of a MultimodalArray."
                )
            raise


def _numbers_text(item):
    """The numbers of an object, if they are few."""
    texts = []
    for part in item if isinstance(item, tuple) else [item]:
        if isinstance(part, str):
            texts.append(part)
        elif np.size(part) <= _MOST_NUMBERS and np.asarray(part).dtype.kind in "biuf":
            texts += [f"{number:.4g}" for number in np.ravel(part)]
    return ", ".join(texts)


def _check_objects(elements, replacement):
    if elements.are_codes and elements.items:
        raise ValueError(
            f"replacement={replacement!r:.60} averages the numbers of objects, but the "
            f"modality holds codes, such as {elements.items[0]!r:.60}, of which there "
            "is no mean. Take replacement='remove', or 'zero' for integers."
        )
