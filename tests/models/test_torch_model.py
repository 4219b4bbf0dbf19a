"""TorchModel is tested with torch in tests/test_torch.py; here, what it refuses."""

import pytest

from skdime.models import TorchModel


class Module:
    """Looks like a torch module."""

    def modules(self):
        return [self]


@pytest.mark.parametrize(
    "module, params, error, message",
    [
        (len, {}, TypeError, "must be a torch.nn.Module, got an object of type"),
        (Module, {}, TypeError, "must be a torch.nn.Module"),
        (Module(), {"batch_size": 0}, ValueError, "`batch_size` must be an integer"),
        (Module(), {"dtype": "float64"}, ValueError, "module.double()"),
    ],
)
def test_what_cannot_be_called_is_told(module, params, error, message):
    with pytest.raises(error, match=message):
        TorchModel(module, **params)
