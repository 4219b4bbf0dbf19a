"""Models: what makes a function of rows out of networks."""

from skdime.models._torch import TorchModel
from skdime.models._towers import TowersModel

__all__ = ["TorchModel", "TowersModel"]
