"""Results whose fields are arrays along named axes: one file each, without pickle."""

from dataclasses import fields
from os import PathLike
from typing import ClassVar, Self

import numpy as np

from skdime._results.storage import Reader, Refused, read_arrays, write_arrays

# Kinds of numpy's dtypes: of names and values texts, of rows whatever names them.
_TEXTS, _NUMBERS, _LABELS = "U", "fi", "biufUSmM"
_OF_TEXTS = ("names", "values", "modalities", "row_outputs")


class Stored:
    """A dataclass of arrays that can be saved and loaded.

    Attributes
    ----------
    _axes : dict of str to tuple
        What each array is along; axes of one name have the same length, and a number is
        a length. A list of tuples is of alternatives, of different lengths. Other
        fields are texts and numbers.
    _optional : tuple of str
        Arrays that may be None.
    """

    _axes: ClassVar[dict[str, tuple | list[tuple]]]
    _optional: ClassVar[tuple[str, ...]] = ()

    def save(self, path: str | PathLike[str]) -> None:
        """Write arrays and names to an ``.npz`` file, without pickle.

        Parameters
        ----------
        path : str or path-like
            Name of the file; ``.npz`` is added when it is missing.
        """
        arrays = {name: getattr(self, name) for name in self._axes}
        arrays = {name: array for name, array in arrays.items() if array is not None}
        for name, array in arrays.items():
            if np.asarray(array).dtype == object:
                arrays[name] = np.array([str(each) for each in array])
        plain = {name: getattr(self, name) for name in self._plain()}
        write_arrays(path, {"format": self._format()} | plain, arrays)

    @classmethod
    def load(cls, path: str | PathLike[str], *, max_memory: int | None = 2**30) -> Self:
        """Read what :meth:`save` wrote.

        Parameters
        ----------
        path : str or path-like
            Name of the file, with or without ``.npz``.
        max_memory : int, default=1073741824
            Bytes that its arrays may take (1 GiB); None for any number.

        Returns
        -------
        result : object
            Of the class that wrote it. Names of rows are numbers or texts.

        Raises
        ------
        ValueError
            If the file is no such result, is damaged or altered, or takes more than
            `max_memory`.
        """
        readers = {cls._format(): Reader(cls._check, cls._build)}
        return cls(**read_arrays(path, readers, max_memory, f"{cls.__name__}.save"))

    @classmethod
    def _format(cls):
        return f"skdime.{cls.__name__}/1"

    @classmethod
    def _plain(cls):
        return [field.name for field in fields(cls) if field.name not in cls._axes]

    @classmethod
    def _check(cls, meta, described):
        absent = set(cls._axes) - set(described)
        if not set(described) <= set(cls._axes) or not absent <= set(cls._optional):
            raise Refused(f"it has other arrays than a {cls.__name__} has")
        if not all(isinstance(meta[name], (str, int, float)) for name in cls._plain()):
            raise Refused("it has other than texts and numbers beside its arrays")
        lengths = {}
        for name, (dtype, shape) in described.items():
            agree = _agree(cls._axes[name], shape, lengths)
            if not agree or dtype.kind not in _kinds(name):
                raise Refused(f"{name} has the shape {shape} and dtype {dtype}")

    @classmethod
    def _build(cls, meta, arrays):
        plain = {name: meta[name] for name in cls._plain()}
        return plain | {name: arrays.get(name) for name in cls._axes}


def _agree(axes, shape, lengths):
    """Whether a shape is along the axes, whose lengths are written down."""
    if isinstance(axes, list):
        axes = next((each for each in axes if len(each) == len(shape)), ())
    return len(axes) == len(shape) and all(
        length == (axis if isinstance(axis, int) else lengths.setdefault(axis, length))
        for axis, length in zip(axes, shape, strict=True)
    )


def _kinds(name):
    if name == "row_names":
        return _LABELS
    return _TEXTS if name.endswith(_OF_TEXTS) else _NUMBERS
