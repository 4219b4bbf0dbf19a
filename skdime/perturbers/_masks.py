"""What every perturber that masks a row's own features offers."""

from abc import ABCMeta, abstractmethod
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, Self, get_args

import numpy as np
from sklearn.base import BaseEstimator

from skdime._rows.containers import cells, with_cells
from skdime._utils.annotations import Masks, Names, Random, Seed
from skdime._utils.listed import listed
from skdime._utils.names import of_each
from skdime._utils.random import own_random_state
from skdime.perturbers._contract import CHECKED, checked, same

# Column of ``transform`` that takes what has no column of its own.
OTHER = "<other>"
# Columns of ``transform`` for features that differ from row to row, at most: a corpus
# has ten thousands of words, most of them in a single text.
MOST_COLUMNS = 1000
# Features of a row, at most: masks of so many take 40 MB, and their normal equations
# 800 MB.
MOST_FEATURES = 10_000

Effects = Literal["shapley", "banzhaf"]


class MaskPerturber(BaseEstimator, metaclass=ABCMeta):
    """Base class of perturbers that keep some features of a row and replace the others.

    Derive from it to explain a new kind of data. A subclass names the features of a row
    (:meth:`features`) and returns copies that keep only some of them
    (:meth:`perturb`). The content of one row for the modality is its cell: a text, an
    array of shape (n_channels, n_timepoints), an image, any object of a list;
    one-dimensional for a block of several columns of a table.

    Parameters
    ----------
    effects : {"shapley", "banzhaf"}, default="shapley"
        Kind of coefficient: an average, over sets of other features that are kept, of
        the change that this feature makes. ``"shapley"`` weights all numbers of other
        features equally, and the coefficients of a modality add up to the effect of
        replacing all of its features. ``"banzhaf"`` weights all sets of other features
        equally, so that about half of them are replaced.

    Attributes
    ----------
    feature_names_ : ndarray of str
        Columns of ``transform``. If features differ from row to row, these are the most
        frequent ones in the rows passed to ``fit``, and ``<other>``.

    Examples
    --------
    Sets, whose elements are the features:

    >>> from skdime.perturbers import MaskPerturber
    >>> class ElementPerturber(MaskPerturber):
    ...     def features(self, cell):
    ...         return sorted(cell)
    ...
    ...     def perturb(self, cell, masks):
    ...         return [
    ...             {e for e, kept in zip(sorted(cell), mask) if kept} for mask in masks
    ...         ]
    >>> ElementPerturber().perturb({"a", "b"}, [[True, False]])
    [{'a'}]

    A class with an ``__init__`` of its own has the default effects, or those of its
    attribute ``effects``.
    """

    #: Whether every row is masked by its own features; False for a
    #: NeighbourhoodPerturber.
    masks_rows = True
    #: What the modality is: "series", "text", "image", which displays draw, "set", or
    #: None for all else.
    kind: str | None = None
    effects: Effects = "shapley"

    def __init__(self, effects: Effects = "shapley") -> None:
        self.effects = effects

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name in CHECKED:
            if name in cls.__dict__:
                setattr(cls, name, checked(name, cls.__dict__[name]))

    def fit(
        self, X: Any, column_names: Names | None = None, random_state: Seed = None
    ) -> Self:
        """Learn the replacements, and which features the rows have.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns, ...)
            The modality's columns in the rows given to ``LocalExplainer.fit``.
        column_names : ndarray of str of shape (n_columns,), default=None
            Names of the columns.
        random_state : int, RandomState instance or None, default=None
            For replacements that are drawn.

        Returns
        -------
        self : perturber
        """
        self._check_effects()
        rows = cells(X)
        if column_names is None:
            column_names = np.array([f"x{i}" for i in range(X.shape[1])])
        self.learn(rows, column_names, own_random_state(random_state))
        each = list(of_each(self._columns_of, rows))
        first = list(dict.fromkeys(each[0]))
        least = getattr(self, "min_count", 1)
        if all(names == each[0] for names in each) and len(each) >= least:
            self.feature_names_ = np.array(first, dtype=str)
        else:
            counts = Counter(name for names in each for name in dict.fromkeys(names))
            frequent = [
                name for name, n in counts.most_common(MOST_COLUMNS) if n >= least
            ]
            self.feature_names_ = np.array([*frequent, OTHER], dtype=str)
        return self

    def _check_effects(self):
        if self.effects not in get_args(Effects):
            raise ValueError(
                f"The 'effects' parameter of {type(self).__name__} must be 'shapley' "
                f"or 'banzhaf'. Got {self.effects!r:.60} instead."
            )

    def _columns_of(self, cell):
        features = self.features(cell)
        if len(features) > MOST_FEATURES:
            raise ValueError(
                f"{type(self).__name__}.features gave {len(features):,} features for "
                f"one row, of which at most {MOST_FEATURES:,} can be masked. Put them "
                "together to fewer."
            )
        names = self.column_names(features)
        if not hasattr(names, "__len__") or len(names) != len(features):
            raise ValueError(
                f"{type(self).__name__}.column_names returned {names!r:.60} for the "
                f"features {features!r:.60}. It must return a list of one name for "
                "each."
            )
        return list(names)

    def learn(self, rows: Any, column_names: Names, random_state: Random) -> None:
        """Learn from the cells of the rows given to ``fit``; nothing by default.

        Parameters
        ----------
        rows : sequence of cells
            What the rows hold for the modality.
        column_names : ndarray of str of shape (n_columns,)
            Names of the columns.
        random_state : RandomState
            Source of what is drawn.
        """

    @abstractmethod
    def features(self, cell: Any) -> list[str]:
        """Return the names of the features of one cell, each once.

        Parameters
        ----------
        cell : object
            What a row holds for the modality.

        Returns
        -------
        names : list of str
        """

    @abstractmethod
    def perturb(self, cell: Any, masks: Masks) -> Any:
        """Return copies of the cell that keep only some of its features.

        Parameters
        ----------
        cell : object
            What a row holds for the modality.
        masks : ndarray of bool of shape (n_masks, n_features)
            Which features, in the order of :meth:`features`, each result keeps. With
            all of them it is the cell itself.

        Returns
        -------
        cells : sequence of cells of length n_masks
        """

    def labels(self, cell: Any) -> np.ndarray | None:
        """Return the feature that each element of the cell belongs to.

        Parameters
        ----------
        cell : object
            What a row holds for the modality.

        Returns
        -------
        labels : ndarray of int or None
            In the shape of the cell (for a text: one for each character), -1 where an
            element belongs to none. None if features are no sets of elements.
        """
        return None

    def axes_of(self, cell: Any) -> tuple[int, ...] | None:
        """Find the axes of :meth:`labels` that the cell has, in the cell's order.

        ``Explanation.expand`` gives coefficients in the shape of the cell. An axis of
        labels that the cell does not have is of length 1.

        Parameters
        ----------
        cell : object
            What a row holds for the modality.

        Returns
        -------
        axes : tuple of int or None
            None, the default, if labels have the shape of the cell.
        """
        return None

    def shown(self, cell: Any) -> Any:
        """Return the cell as displays draw it.

        Parameters
        ----------
        cell : object
            What a row holds for the modality.

        Returns
        -------
        shown : str or ndarray
            A text; a series of shape (n_channels, n_timepoints); an image of shape
            (height, width) or (height, width, n_colours).
        """
        return cell

    def describe(self, cell: Any) -> list[str]:
        """Return the value of each feature as text; by default its name.

        Parameters
        ----------
        cell : object
            What a row holds for the modality.

        Returns
        -------
        values : list of str
        """
        return self.features(cell)

    def inert(self, cell: Any) -> np.ndarray:
        """Return which features equal their replacement: their coefficient is 0.

        Parameters
        ----------
        cell : object
            What a row holds for the modality.

        Returns
        -------
        inert : ndarray of bool of shape (n_features,)
        """
        n_features = len(self.features(cell))
        alone = self.perturb(cell, ~np.eye(n_features, dtype=bool))
        return np.array([same(cell, other) is True for other in alone], dtype=bool)

    def column_names(self, names: Sequence[str]) -> Sequence[str]:
        """Name the columns of ``transform`` that features are added up in.

        Parameters
        ----------
        names : list of str
            Names of features.

        Returns
        -------
        names : list of str
            For each of them; their own by default.
        """
        return names

    def columns(self, names: Sequence[str]) -> np.ndarray:
        """Find the columns of ``transform`` that features are added up in.

        Parameters
        ----------
        names : list of str
            Names of features.

        Returns
        -------
        columns : ndarray of int of shape (n_features,)
            Positions in ``feature_names_``.

        Raises
        ------
        ValueError
            If rows have other features than in ``fit``, where all had the same.
        """
        position = {name: i for i, name in enumerate(self.feature_names_.tolist())}
        names = self.column_names(names)
        other = position.get(OTHER)
        unknown = [name for name in names if name not in position]
        if unknown and other is None:
            raise ValueError(
                f"A row has the features [{listed(unknown)}], which no row had in fit; "
                f"they were [{listed(self.feature_names_.tolist())}]. Rows must be "
                "alike."
            )
        return np.array([position.get(name, other) for name in names], dtype=int)

    def perturb_row(self, row: Any, masks: Masks) -> Any:
        """Perturb a row in its own container.

        Parameters
        ----------
        row : container of one row
            The modality's columns.
        masks : ndarray of bool of shape (n_masks, n_features)
            Which features each result keeps.

        Returns
        -------
        rows : container of n_masks rows
        """
        return self._put_back(row, self.perturb(cells(row)[0], masks))

    def _put_back(self, row, perturbed):
        try:
            return with_cells(row, perturbed)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{type(self).__name__}.perturb returned cells that X cannot hold. "
                f"{error}"
            ) from error
