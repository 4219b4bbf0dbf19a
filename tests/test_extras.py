"""Extras that messages, pages and examples name install what these need."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

import skdime
from skdime._utils.optional import optional_module

PACKAGE = Path(skdime.__file__).parent
ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# Modules whose distributions have other names.
DISTRIBUTIONS = {"skimage": "scikit-image", "sklearn": "scikit-learn", "PIL": "pillow"}


def installs(extra):
    """Names of the distributions that an extra asks for."""
    names = set()
    for requirement in EXTRAS[extra]:
        name, _, inner = re.match(r"([\w-]+)(\[([\w,-]+)\])?", requirement).groups()
        if name == "skdime":
            names = names.union(*map(installs, inner.split(",")))
        else:
            names.add(name)
    return names


REQUIRED = {re.match(r"[\w-]+", each)[0] for each in PROJECT["dependencies"]}


def imported(path):
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=str)
def test_what_examples_import_is_in_their_extra(path):
    named = re.findall(r'pip install "\.\[(\w+)\]"', path.read_text("utf-8"))
    extra = named[0] if named else "gallery"
    if path.stem == "plot_quickstart":
        extra = "examples"
    modules = set(imported(path)) - sys.stdlib_module_names - {"skdime"}
    needed = {DISTRIBUTIONS.get(module, module) for module in modules}
    assert needed <= installs(extra) | REQUIRED


def test_extras_that_texts_name_exist():
    texts = [*PACKAGE.rglob("*.py"), *(ROOT / "doc").rglob("*.rst"), ROOT / "README.md"]
    named = set()
    for path in texts:
        if not {"auto_examples", "generated", "_build"} & set(path.parts):
            text = path.read_text("utf-8")
            found = re.findall(r"(?:skdime|\"\.|'\.)\[([\w, ]+)\]['\"`]", text)
            named |= {extra for each in found for extra in each.split(",")}
    assert {"text", "series", "plot", "torch"} <= named
    assert named <= set(EXTRAS)


def test_every_optional_module_is_in_the_extra_that_its_message_names():
    calls = []
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text("utf-8")
        calls += re.findall(r'optional_module\("([\w.]+)", "(\w+)"\)', text)
    assert {module for module, _ in calls} >= {"pandas", "shap", "pyarrow.parquet"}
    for module, extra in calls:
        assert module.partition(".")[0] in installs(extra)


def test_a_module_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"needs pandas.*pip install 'skdime\[pandas"):
        optional_module("pandas", "pandas")
