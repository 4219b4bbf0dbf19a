"""What users and packagers rest on: names, imports, floors, docstrings."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import skdime

ROOT = Path(skdime.__file__).parent
PUBLIC_MODULES = [
    "skdime",
    "skdime.datasets",
    "skdime.displays",
    "skdime.metrics",
    "skdime.model_selection",
    "skdime.models",
    "skdime.perturbers",
]

# The house, lowest floor first. A module imports from rooms on floors below its own
# only, never from a room beside it; whoever adds a room has to place it.
FLOORS = [
    ["_utils"],
    ["_results", "_rows"],
    ["_models", "datasets", "models", "perturbers"],
    ["_references"],
    ["_surrogates"],
    ["_estimators", "metrics"],
    ["displays", "model_selection"],
]


@cache
def trees():
    """Syntax tree of every module of the package, by its name below ``skdime``."""
    by_name = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        by_name[name] = ast.parse(path.read_text(encoding="utf-8"))
    return by_name


def imports(node, functions=True):
    """Modules and names that are imported: (module, name)."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ImportFrom):
            assert not child.level, "relative import"
            yield from ((child.module, alias.name) for alias in child.names)
        elif isinstance(child, ast.Import):
            yield from ((alias.name, None) for alias in child.names)
        elif functions or not (
            isinstance(child, (ast.FunctionDef, ast.Lambda)) or is_for_checkers(child)
        ):
            yield from imports(child, functions)


def is_for_checkers(node):
    """Whether it is a block that only type checkers read."""
    return isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"


def public_objects():
    """Every public class and function, and the public methods of the classes."""
    for module_name in PUBLIC_MODULES:
        module = importlib.import_module(module_name)
        for name in module.__all__:
            thing = getattr(module, name)
            yield f"{module_name}.{name}", thing
            for attribute, method in vars(thing).items():
                function = getattr(method, "__func__", method)
                if not attribute.startswith("_") and inspect.isfunction(function):
                    yield f"{module_name}.{name}.{attribute}", function


@pytest.mark.parametrize("name", PUBLIC_MODULES)
def test_all_is_complete_and_sorted(name):
    module = importlib.import_module(name)
    public = {
        key
        for key, value in vars(module).items()
        if not key.startswith("_") and not inspect.ismodule(value)
    }
    assert module.__all__ == sorted(public)


def test_public_modules_are_all_that_have_no_underscore():
    found = {"skdime"}
    for module in pkgutil.walk_packages([str(ROOT)], "skdime."):
        if not any(part.startswith("_") for part in module.name.split(".")):
            found.add(module.name)
    assert found == set(PUBLIC_MODULES)


def test_names_of_the_design():
    names = {"Disentangler", "LocalExplainer", "Explanation", "Decomposition"}
    assert names <= set(skdime.__all__)


def test_version():
    assert skdime.__version__[0].isdigit()


def test_imports_need_no_optional_package():
    # None in sys.modules makes an import fail; scikit-learn tries pandas by itself
    optional = ["pandas", "matplotlib", "polars", "tqdm", "lime", "pyarrow", "shap"]
    optional += ["aeon", "icu4py", "ruptures", "skimage", "lightgbm", "xgboost"]
    unloaded = [*optional, "dask", "distributed", "torch"]
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({optional}))\n"
        f"for name in {PUBLIC_MODULES}:\n"
        "    __import__(name)\n"
        f"    print([other for other in {unloaded} if sys.modules.get(other)])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert shown.stdout.split() == ["[]"] * len(PUBLIC_MODULES)


def test_modules_load_required_packages_only():
    required = {"numpy", "scipy", "sklearn", "joblib", "threadpoolctl", "skdime"}
    others = [
        f"{name} imports {module}"
        for name, tree in trees().items()
        for module, _ in imports(tree, functions=False)
        if module.partition(".")[0] not in required | sys.stdlib_module_names
    ]
    assert not others


def own_imports(tree):
    """Modules of the package that a module imports, without its name in front.

    A string that is the name of one counts, too: ``import_module`` imports it.
    """
    strings = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    by_name = {f"skdime.{name}" for name in trees() if name} & strings
    for module, imported in [*imports(tree), *((name, None) for name in by_name)]:
        if module.partition(".")[0] == "skdime":
            below = module.removeprefix("skdime").lstrip(".")
            full = f"{below}.{imported}".lstrip(".")
            yield full if full in trees() else below


def room_of(name):
    return name.partition(".")[0]


def test_every_module_is_in_a_room():
    rooms = {room for floor in FLOORS for room in floor}
    assert {room_of(name) for name in trees()} == rooms | {""}
    assert {path.name for path in ROOT.glob("*.py")} == {"__init__.py"}


def floor_of(name):
    """The floor of a module's room; the top of the package is above them all."""
    floors = {room: f for f, rooms in enumerate(FLOORS) for room in rooms}
    return floors.get(room_of(name), len(FLOORS))


def test_modules_import_only_downwards():
    upwards = [
        f"{name} imports {other}, whose room is not on a lower floor"
        for name, tree in trees().items()
        for other in own_imports(tree)
        if room_of(other) != room_of(name) and floor_of(other) >= floor_of(name)
    ]
    assert not upwards


def test_modules_import_in_no_circle():
    graph = {name: set(own_imports(tree)) for name, tree in trees().items()}
    tuple(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("room", [r for rooms in FLOORS for r in rooms if r[0] == "_"])
def test_private_rooms_say_in_one_sentence_what_lives_there(room):
    tree = trees()[room]
    assert len(tree.body) == 1
    doc = ast.get_docstring(tree)
    assert "\n" not in doc and doc.endswith(".")


def test_private_names_of_sklearn_are_in_one_place():
    private = [
        f"{name} imports {module}.{imported}"
        for name, tree in trees().items()
        if name != "_utils.from_sklearn"
        for module, imported in imports(tree)
        if module.partition(".")[0] == "sklearn"
        and any(part.startswith("_") for part in (*module.split("."), imported or ""))
    ]
    assert not private


def test_the_place_of_private_names_has_no_other():
    tree = trees()["_utils.from_sklearn"]
    used = {imported for _, imported in imports(tree)}
    assert used == set(importlib.import_module("skdime._utils.from_sklearn").__all__)


def documented(cls):
    """What a class documents as parameter or as attribute."""
    doc = pytest.importorskip("numpydoc.docscrape").ClassDoc(cls)
    entries = [*doc["Parameters"], *doc["Attributes"]]
    return {
        name.strip().lstrip("*") for entry in entries for name in entry.name.split(",")
    }


# Codes of numpydoc: docstring, summary, parameters (all of them, none too many, with
# type and description), returns.
CODES = {"GL08", "SS01", "SS03", "PR01", "PR02", "PR04", "PR07", "RT01"}


@pytest.mark.parametrize("name, thing", list(public_objects()))
def test_docstrings_are_complete(name, thing):
    validate = pytest.importorskip("numpydoc.validate").validate
    errors = dict(validate(f"{thing.__module__}.{thing.__qualname__}")["errors"])
    found = {code: errors[code] for code in CODES & set(errors)}
    if inspect.isclass(thing):  # the fields of a result are documented as attributes
        found.pop("PR01", None)
        assert set(inspect.signature(thing).parameters) <= documented(thing)
    if overrides_a_documented_method(thing):
        found = {code: found[code] for code in {"GL08", "SS01", "SS03"} & set(found)}
    assert not found


@pytest.mark.parametrize("module", PUBLIC_MODULES)
def test_every_public_name_has_an_example_that_is_run(module):
    module = importlib.import_module(module)
    things = {name: getattr(module, name) for name in module.__all__}
    without = [
        name
        for name, thing in things.items()
        if callable(thing) and ">>> " not in thing.__doc__.partition("Examples\n")[2]
    ]
    assert not without


def overrides_a_documented_method(thing):
    """Whether a public base class documents the parameters of a method already."""
    owner, _, name = thing.__qualname__.rpartition(".")
    cls = getattr(sys.modules[thing.__module__], owner, None)
    bases = [other for _, other in public_objects() if inspect.isclass(other)]
    return cls is not None and any(
        base in cls.__mro__[1:] and name in vars(base) for base in bases
    )


@pytest.mark.parametrize("name, thing", list(public_objects()))
def test_public_signatures_are_annotated(name, thing):
    function = vars(thing).get("__init__") if inspect.isclass(thing) else thing
    if not inspect.isfunction(function):  # inherited
        return
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    without = [p.name for p in parameters if p.annotation is p.empty]
    if signature.return_annotation is signature.empty:
        without.append("return")
    assert set(without) <= {"self", "cls"}
