"""The constants of skdime that a benchmark measures."""

import ast
import importlib
import inspect


def print_constants(*modules):
    """Print the numbers that modules of skdime define, which the figures rest on."""
    for name in modules:
        module = importlib.import_module(f"skdime.{name}")
        defined = ", ".join(f"{n} = {getattr(module, n)}" for n in _names(module))
        print(f"{name}: {defined}", flush=True)


def _names(module):
    """Names in capitals that are given a number, or several, at the top of a module."""
    for statement in ast.parse(inspect.getsource(module)).body:
        if isinstance(statement, ast.Assign):
            for target in ast.walk(statement.targets[0]):
                name = getattr(target, "id", "")
                if name.isupper() and _is_numeric(getattr(module, name)):
                    yield name


def _is_numeric(value):
    if isinstance(value, tuple):
        return all(map(_is_numeric, value))
    return isinstance(value, (int, float))
