"""setuptools as the build backend; wheels leave no intermediate files in the checkout.

By itself it leaves ``build/`` and ``skdime.egg-info/`` behind, and a later wheel
contains modules of ``build/lib`` that the package no longer has (pypa/setuptools#3236).
"""

import shlex
from tempfile import TemporaryDirectory

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with TemporaryDirectory() as folder:
        settings = _building_in(folder, config_settings)
        return build_meta.build_wheel(wheel_directory, settings, metadata_directory)


def _building_in(folder, config_settings):
    settings = config_settings or {}
    options = settings.get("--build-option") or []
    if isinstance(options, str):
        options = shlex.split(options)
    commands = ["egg_info", f"--egg-base={folder}", "build", f"--build-base={folder}"]
    # last, because commands follow the options of the one that setuptools runs
    return settings | {"--build-option": [*options, *commands]}
