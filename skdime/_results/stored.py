"""Results whose fields are arrays along named axes: one file each, without pickle."""

from collections.abc import Callable
from dataclasses import fields
from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np

from skdime._results.loaded import as_floats, check_fields
from skdime._results.storage import Reader, Refused, read_arrays, write_arrays

# Kinds of numpy's dtypes: of names and values texts, of rows whatever names them.
_TEXTS, _NUMBERS, _LABELS = "U", "fi", "biufUSmM"
_OF_TEXTS = ("names", "values", "modalities", "row_outputs", "rules")
_OF_LABELS = ("row_names", "columns")


class Stored:
    """A dataclass or named tuple of arrays that can be saved and loaded.

    Attributes
    ----------
    _axes : dict of str to tuple
        What each array is along; axes of one name have the same length, and a number is
        a length. A list of tuples is of alternatives, of different lengths. The name
        ``"field.key"`` is an array in a dict. Other fields are texts and numbers.
    _optional : tuple of str
        Arrays that may be None.
    _types : dict of str to callable
        Makes of a list what a field is, where it is no array.
    _results : dict of str to type
        Fields that are results themselves, dicts of results by name, or None.
    """

    _axes: ClassVar[dict[str, tuple | list[tuple]]]
    _optional: ClassVar[tuple[str, ...]] = ()
    _types: ClassVar[dict[str, Callable[[Any], Any]]] = {}
    _results: ClassVar[dict[str, Any]] = {}

    def save(self, path: str | PathLike[str]) -> None:
        """Write arrays and names to an ``.npz`` file, without pickle.

        Parameters
        ----------
        path : str or path-like
            Name of the file; ``.npz`` is added when it is missing.
        """
        write_arrays(path, *self._packed())

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
        return read_arrays(path, readers, max_memory, f"{cls.__name__}.save")

    @classmethod
    def _format(cls):
        return f"skdime.{cls.__name__}/1"

    @classmethod
    def _plain(cls):
        """Names of the fields that are texts and numbers."""
        names = getattr(cls, "_fields", None) or [f.name for f in fields(cls)]
        others = {name.partition(".")[0] for name in (*cls._axes, *cls._results)}
        return [name for name in names if name not in others]

    def _packed(self):
        """A description that JSON can hold, and arrays."""
        arrays = {name: self._array(name) for name in self._axes}
        arrays = {name: array for name, array in arrays.items() if array is not None}
        meta = {name: getattr(self, name) for name in self._plain()}
        for name in self._results:
            meta[name] = []
            for i, (key, result) in enumerate(_by_key(getattr(self, name))):
                description, inside = result._packed()
                meta[name].append([key, description])
                arrays |= {f"{name}.{i}.{key}": array for key, array in inside.items()}
        return {"format": self._format()} | meta, arrays

    def _array(self, name):
        field, _, key = name.partition(".")
        array = getattr(self, field)
        array = array.get(key) if key else array
        if np.asarray(array).dtype == object and array is not None:
            array = np.array([str(each) for each in array])
        return array

    @classmethod
    def _check(cls, meta, described):
        described, inside = cls._divided(meta, described)
        absent = set(cls._axes) - set(described)
        if not set(described) <= set(cls._axes) or not absent <= set(cls._optional):
            raise Refused(f"it has other arrays than a {cls.__name__} has")
        lengths = {}
        for name, (dtype, shape) in described.items():
            agree = _agree(cls._axes[name], shape, lengths)
            if not agree or dtype.kind not in _kinds(name):
                raise Refused(f"{name} has the shape {shape} and dtype {dtype}")
        for name, results in inside.items():
            for _, description, members in results:
                cls._results[name]._check(description, members)

    @classmethod
    def _build(cls, meta, arrays):
        arrays, inside = cls._divided(meta, arrays)
        values = {name: meta[name] for name in cls._plain()}
        check_fields(cls, values)
        arrays = as_floats(arrays, [n for n in arrays if arrays[n].dtype.kind == "f"])
        for name in cls._axes:
            field, _, key = name.partition(".")
            if not key:
                values[field] = cls._types.get(name, _same)(arrays.get(name))
            elif name in arrays:
                values.setdefault(field, {})[key] = arrays[name]
        for name, results in inside.items():
            kind = cls._results[name]
            by_key = {key: kind._build(*packed) for key, *packed in results}
            values[name] = by_key.get(None) if set(by_key) <= {None} else by_key
        return cls(**values)

    @classmethod
    def _divided(cls, meta, members):
        """Own members, and key, description and members of each result inside."""
        own, inside = (
            {},
            {
                name: [(key, description, {}) for key, description in meta[name]]
                for name in cls._results
            },
        )
        for name, member in members.items():
            field, _, rest = name.partition(".")
            if field in inside:
                i, _, key = rest.partition(".")
                inside[field][int(i)][2][key] = member
            else:
                own[name] = member
        return own, inside


def _by_key(result):
    """Results by their names; of a single result the name is None."""
    if result is None:
        return []
    return result.items() if isinstance(result, dict) else [(None, result)]


def _same(array):
    return array


def _agree(axes, shape, lengths):
    """Whether a shape is along the axes, whose lengths are written down."""
    if isinstance(axes, list):
        axes = next((each for each in axes if len(each) == len(shape)), ())
    return len(axes) == len(shape) and all(
        length == (axis if isinstance(axis, int) else lengths.setdefault(axis, length))
        for axis, length in zip(axes, shape, strict=True)
    )


def _kinds(name):
    if name in _OF_LABELS:
        return _LABELS
    return _TEXTS if name.endswith(_OF_TEXTS) else _NUMBERS
