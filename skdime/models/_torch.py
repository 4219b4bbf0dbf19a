"""TorchModel: a torch module as a function of rows."""

import threading
from collections.abc import Callable, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skdime._rows.containers import as_floats, is_frame, is_multimodal, kind_of, take
from skdime._utils.checks import check_count

# Evaluation mode is a state of the module, so calls wait for one another.
_ONE_AT_A_TIME = threading.RLock()
_HALF_PRECISION = ("bfloat16", "float16")


class TorchModel:
    """Use a torch module as a function of rows.

    A call evaluates the module in evaluation mode without gradients, batch by batch,
    and leaves its mode as it was. Floating inputs get the dtype of the weights, and all
    inputs their device. ``clone`` returns the same object, so that weights are never
    copied. Pickles hold the module as torch pickles it.

    Parameters
    ----------
    module : torch.nn.Module
        Trained. It is not changed, except that it moves to `device`.
    inputs : callable, default=None
        ``inputs(rows)`` turns a batch of rows into what the module takes: an array or
        tensor, a tuple or list of these for positional arguments, or a mapping for
        keyword arguments, such as a tokenizer or processor of transformers returns.
        None passes arrays and numeric data frames as one tensor, and the keys of a
        :class:`~skdime.MultimodalArray` as keyword arguments.
    output : str, int or callable, default=None
        Which part of a tuple, mapping or ``ModelOutput`` is the output: its key or
        position, or a function of what the module returns. None takes the first
        tensor.
    batch_size : int, default=128
        Rows of a batch. It bounds the memory that the module needs for its
        activations.
    device : str or torch.device, default=None
        Where the module is moved before it is called. None leaves it where it is.
    dtype : {"bfloat16", "float16"}, default=None
        Half precision in which torch computes where it considers it safe (autocast);
        weights stay as they are. None computes in the dtype of the weights.

    See Also
    --------
    TowersModel : Encodes each modality once, whatever it is combined with.

    Examples
    --------
    >>> import torch  # doctest: +SKIP
    >>> from skdime.models import TorchModel
    >>> net = torch.nn.Sequential(  # doctest: +SKIP
    ...     torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)
    ... )
    >>> model = TorchModel(net)  # doctest: +SKIP
    >>> model(np.zeros((3, 4))).shape  # doctest: +SKIP
    (3, 1)
    """

    def __init__(
        self,
        module: Any,
        inputs: Callable[..., Any] | None = None,
        *,
        output: str | int | Callable[[Any], Any] | None = None,
        batch_size: int = 128,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        check_count("batch_size", batch_size)
        name = None if dtype is None else str(dtype).removeprefix("torch.")
        if name not in (None, *_HALF_PRECISION):
            raise ValueError(
                f"`dtype` must be one of {list(_HALF_PRECISION)} or None, which "
                f"computes in the dtype of the weights; got {dtype!r:.60}. Convert the "
                "module for another precision: module.double()."
            )
        if not hasattr(module, "modules") or isinstance(module, type):
            raise TypeError(
                "`module` must be a torch.nn.Module, got an object of type "
                f"{type(module).__name__}. A function needs no TorchModel."
            )
        self.module = module
        self.inputs = inputs
        self.output = output
        self.batch_size = batch_size
        self.device = device
        self.dtype = name

    def __call__(self, rows: Any, *more: Any) -> NDArray[np.float32]:
        """The module's output for every row.

        Parameters
        ----------
        rows : container of rows or tensor
            Passed to `inputs`, batch by batch.
        *more : container of rows or tensor
            As many rows each, passed as further arguments.

        Returns
        -------
        output : ndarray of float32 of shape (n_rows, ...)
        """
        import torch

        blocks, outputs = (rows, *more), []
        with _ONE_AT_A_TIME, evaluating(self.module), torch.inference_mode():
            if self.device is not None:
                self.module.to(self.device)
            for start in range(0, len_of(rows), self.batch_size):
                batch = [_slice(b, start, start + self.batch_size) for b in blocks]
                outputs.append(self._evaluate(torch, batch))
        return np.concatenate(outputs)

    def __sklearn_clone__(self) -> Self:
        return self

    def _evaluate(self, torch, batch):
        weight = next(self._weights(), torch.empty(0))
        inputs = _default_inputs(batch) if self.inputs is None else self.inputs(*batch)
        args, named = (), {}
        if isinstance(inputs, Mapping):
            named = {key: _on(torch, weight, value) for key, value in inputs.items()}
        else:
            several = isinstance(inputs, (tuple, list))
            args = inputs if several else [inputs]
            args = [_on(torch, weight, value) for value in args]
        precision = nullcontext()
        if self.dtype is not None:
            half = getattr(torch, self.dtype)
            precision = torch.autocast(weight.device.type, dtype=half)
        with precision:
            output = self._chosen(torch, self.module(*args, **named))
        return output.detach().float().cpu().numpy()

    def _weights(self):
        """The module's floating parameters and buffers, in order."""
        for tensors in (self.module.parameters(), self.module.buffers()):
            yield from (tensor for tensor in tensors if tensor.is_floating_point())

    def _chosen(self, torch, output):
        if callable(self.output):
            return self.output(output)
        if self.output is not None:
            return output[self.output]
        if isinstance(output, torch.Tensor):
            return output
        parts = output.values() if isinstance(output, Mapping) else output
        return next(part for part in parts if isinstance(part, torch.Tensor))


@contextmanager
def evaluating(module):
    """Evaluation mode of a module and all its parts, each back in its own afterwards.

    Parameters
    ----------
    module : torch.nn.Module
    """
    training = [part for part in module.modules() if part.training]
    module.eval()
    try:
        yield
    finally:
        for part in training:
            part.training = True


def len_of(rows):
    """Number of rows of a container or tensor."""
    return rows.shape[0] if hasattr(rows, "shape") else len(rows)


def _slice(rows, start, stop):
    stop = min(stop, len_of(rows))
    return (
        rows[start:stop]
        if kind_of(rows) is None
        else take(rows, np.arange(start, stop))
    )


def _default_inputs(batch):
    if len(batch) == 1 and is_multimodal(batch[0]):
        return dict(batch[0].items())
    return [as_floats(block) if is_frame(block) else block for block in batch]


def _on(torch, weight, value):
    """A tensor with the device of a weight, and its dtype if it is floating."""
    if not isinstance(value, torch.Tensor):
        array = np.array(value)
        if array.dtype.kind not in "biuf":
            return value  # texts, None, or what else the module reads
        value = torch.from_numpy(array)
    dtype = weight.dtype if value.is_floating_point() else None
    return value.to(weight.device, dtype)
