"""Generated data whose effects are known."""

from skdime.datasets._records import Effect, make_records
from skdime.datasets._scenes import SceneObject, make_scenes
from skdime.datasets._synthetic import make_bilinear

__all__ = ["Effect", "SceneObject", "make_bilinear", "make_records", "make_scenes"]
