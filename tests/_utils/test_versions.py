"""Versions that a bug report contains."""

import platform
import subprocess
import sys
from importlib import metadata

import skdime
from skdime._utils import versions


def printed(capsys):
    """Sections as printed: {title: {name: version}}."""
    skdime.show_versions()
    sections = {}
    for block in capsys.readouterr().out.strip().split("\n\n"):
        title, *lines = block.splitlines()
        pairs = [line.strip().split(": ", 1) for line in lines]
        sections[title.rstrip(":")] = dict(pairs)
        assert len(pairs) == len(sections[title.rstrip(":")])
    return sections


def installed_version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "None"


def test_system(capsys):
    system = printed(capsys)["System"]
    assert system["python"].startswith(platform.python_version())
    assert system["executable"] == sys.executable
    assert system["machine"] == platform.platform()


def test_every_dependency_and_extra_of_the_metadata_has_its_version(capsys):
    sections = printed(capsys)
    always, optional = sections["Dependencies"], sections["Extras"]
    assert {"skdime", "numpy", "scipy", "scikit-learn", "joblib"} <= set(always)
    assert {"matplotlib", "pandas", "polars", "pytest"} <= set(optional)
    assert not set(always) & set(optional)
    for name, shown in (always | optional).items():
        assert shown == installed_version(name)


def test_names_are_read_from_requirements(capsys, monkeypatch):
    requirements = [
        "numpy>=1.24.1",
        "joblib (>=1.3)",
        'no-such.package_2[a,b]~=1.0; extra == "plot"',
        'skdime[plot,pandas]; extra == "examples"',
        'no-such.package_2<2; extra == "test"',
    ]
    monkeypatch.setattr(versions, "requires", lambda name: requirements)
    sections = printed(capsys)
    assert list(sections["Dependencies"]) == ["skdime", "numpy", "joblib"]
    assert sections["Extras"] == {"no-such.package_2": "None"}


def test_nothing_is_imported_for_it():
    code = (
        "import sys, skdime\n"
        "before = set(sys.modules)\n"
        "skdime.show_versions()\n"
        "loaded = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "assert loaded <= sys.stdlib_module_names, loaded"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
