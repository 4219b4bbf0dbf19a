"""TowersModel: encoders of single modalities, and a head that joins their encodings."""

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from skdime._rows.containers import column, kind_of, select
from skdime._rows.encodings import Encodings
from skdime._rows.modalities import positions_of
from skdime._rows.multimodal_array import MultimodalArray
from skdime._utils.optional import loaded_types

_PASSTHROUGH = "passthrough"
# Between the position of a tower and the name of one of several arrays it returns.
_PART = "/"


class TowersModel:
    """Combine encoders of single modalities and a head, and encode each input once.

    Each distinct cell is encoded once, whatever it is combined with. An explanation
    evaluates many combinations of few different cells: only the head is evaluated for
    each of them. ``clone`` returns the same object, so that encoders are never copied.

    Parameters
    ----------
    encoders : dict
        From a key of a :class:`~skdime.MultimodalArray`, or a column of a data frame,
        to the function that encodes it. A tuple of keys or columns is encoded
        together: the encoder is given a container with these. An encoder returns an
        array, a tensor, or a tuple or dict of these, with one entry along the first
        axis for each row. What it returns for a row must not depend on other rows.
        ``"passthrough"`` leaves cells as they are.
    head : callable
        ``head(*encodings)`` returns the output, from what the encoders returned, in
        the order of `encoders`.
    max_memory : int, default=268435456
        Bytes of encodings that are remembered for each encoder (256 MiB).

    See Also
    --------
    TorchModel : Encoders and head that are torch modules.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import MultimodalArray
    >>> from skdime.models import TowersModel
    >>> def see(images):
    ...     return images.mean(axis=(1, 2))
    >>> def read(questions):
    ...     return np.array([len(question) for question in questions])
    >>> model = TowersModel(
    ...     {"image": see, "question": read}, lambda seen, length: seen * length
    ... )
    >>> X = MultimodalArray(image=np.ones((3, 8, 8)), question=["a", "bc", "a"])
    >>> model(X)
    array([1., 2., 1.])
    """

    def __init__(
        self,
        encoders: Mapping[Any, Callable[..., Any] | str],
        head: Callable[..., Any],
        *,
        max_memory: int = 2**28,
    ) -> None:
        if not isinstance(encoders, Mapping) or not encoders:
            raise TypeError(
                "`encoders` must be a dict from keys or columns of X to functions, as "
                f"in {{'image': see, 'question': read}}; got {encoders!r:.60}."
            )
        self.encoders = dict(encoders)
        self.head = head
        self.max_memory = max_memory
        self._check_functions()
        self._memories = {name: Encodings(max_memory) for name in self.encoders}
        self._devices: dict[Any, Any] = {}  # of encoders that return tensors

    def __call__(self, X: Any) -> Any:
        """The head's output for every row.

        Parameters
        ----------
        X : MultimodalArray or data frame
            Has a key or column for every encoder.

        Returns
        -------
        output : array or tensor
            As the head returns it.
        """
        parts: dict[str, Any] = {}
        for name in self.encoders:
            parts |= self.encode(name, X)[0]
        return self.join(MultimodalArray(parts))

    def forgetful(self) -> "TowersModel":
        """The same function, which encodes the cells of every call anew.

        Returns
        -------
        model : TowersModel
        """
        return TowersModel(self.encoders, self.head, max_memory=0)

    def __sklearn_clone__(self) -> Self:
        return self

    def encode(self, name: Any, X: Any, most: int | None = None) -> tuple[dict, int]:
        """The encodings that one encoder makes of rows.

        Parameters
        ----------
        name : str or tuple of str
            A key of `encoders`.
        X : MultimodalArray or data frame
            Has the keys or columns that this encoder reads.
        most : int, default=None
            Rows that the encoder is given at once; None is all.

        Returns
        -------
        encodings : dict
            One array or other container for each array that the encoder returns.
        n_encoded : int
            Distinct cells that the encoder was given.
        """
        rows, encoder = self._read(X, name), self.encoders[name]
        if encoder == _PASSTHROUGH:
            return self._parts(name, rows), 0

        def encode(some):
            return MultimodalArray(self._parts(name, encoder(some)))

        encodings, n_encoded = self._memories[name](encode, rows, most)
        return dict(encodings.items()), n_encoded

    def join(self, encodings: MultimodalArray) -> Any:
        """The head's output for encodings.

        Parameters
        ----------
        encodings : MultimodalArray
            What :meth:`encode` returns for all encoders.

        Returns
        -------
        output : array or tensor
            As the head returns it.
        """
        return self.head(*(self._returned(name, encodings) for name in self.encoders))

    def _check_functions(self):
        for name, encoder in [*self.encoders.items(), ("head", self.head)]:
            if encoder == _PASSTHROUGH and name != "head":
                continue
            if isinstance(encoder, loaded_types("Module", "torch.nn")):
                raise TypeError(
                    f"{name!r:.60} is a torch module. Wrap it: TorchModel(module), "
                    "which turns arrays into tensors and switches off dropout."
                )
            if not callable(encoder):
                raise TypeError(
                    f"{name!r:.60} must be a function, got an object of type "
                    f"{type(encoder).__name__}."
                )

    def _read(self, X, name):
        try:
            several = isinstance(name, tuple)
            positions = positions_of(X, list(name) if several else name)
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"An encoder reads {name!r:.60}, which X of type {type(X).__name__} "
                "does "
                "not have. The keys of `encoders` must be keys of a MultimodalArray or "
                "columns of a data frame."
            ) from error
        return select(X, positions) if several else column(X, positions[0])

    def _parts(self, name, encoded):
        """What an encoder returned, as one container for each array of it."""
        tower = str(list(self.encoders).index(name))
        if isinstance(encoded, (Mapping, MultimodalArray)):
            parts = {f"{tower}{_PART}{key}": v for key, v in encoded.items()}
        elif isinstance(encoded, tuple):
            parts = {f"{tower}{_PART}{i}": v for i, v in enumerate(encoded)}
        else:
            parts = {tower: encoded}
        return {key: self._as_rows(name, part) for key, part in parts.items()}

    def _as_rows(self, name, part):
        if hasattr(part, "detach"):
            self._devices[name] = part.device
            part = part.detach().cpu()
            part = (part.float() if part.is_floating_point() else part).numpy()
        return part if kind_of(part) is not None else np.asarray(part)

    def _returned(self, name, encodings):
        """Encodings in the form in which the encoder returned them."""
        tower = str(list(self.encoders).index(name))
        parts = {}
        for key, part in encodings.items():
            owner, _, inner = key.partition(_PART)
            if owner == tower:
                parts[inner] = self._as_tensor(name, part)
        if list(parts) == [""]:
            return parts[""]
        numbered = all(inner.isdigit() for inner in parts)
        return tuple(parts.values()) if numbered else parts

    def _as_tensor(self, name, part):
        if name not in self._devices:
            return part
        import torch

        return torch.as_tensor(np.asarray(part), device=self._devices[name])
