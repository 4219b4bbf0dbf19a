"""Pages of the documentation that are neither doctests nor built from docstrings."""

import importlib.util
import re
from pathlib import Path

import pytest

import skdime

PACKAGE = Path(skdime.__file__).parent
ROOT = Path(__file__).parents[1]
PUBLIC_MODULES = [
    "skdime",
    "skdime.datasets",
    "skdime.displays",
    "skdime.metrics",
    "skdime.model_selection",
    "skdime.perturbers",
]


def pages():
    found = sorted((ROOT / "doc").glob("*.rst"))
    return found + sorted((ROOT / "doc" / "user_guide").rglob("*.rst"))


@pytest.mark.parametrize("name", PUBLIC_MODULES)
def test_every_public_name_is_in_the_reference(name):
    listed = set((ROOT / "doc/api.rst").read_text(encoding="utf-8").split())
    module = importlib.import_module(name)
    public = {f"{name}.{one}".removeprefix("skdime.") for one in module.__all__}
    assert public <= listed


def test_the_commands_of_getting_started_are_those_of_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    page = (ROOT / "doc/getting_started.rst").read_text(encoding="utf-8")
    commands = re.findall(r"<!-- ci: command -->\n```bash\n(.*)\n```", readme)
    assert len(commands) == 2
    assert all(f"\n   {command}\n" in page for command in commands)


def test_code_that_is_no_doctest_is_run_by_tests_of_its_own():
    text = {page.name: page.read_text(encoding="utf-8") for page in pages()}
    languages = {name: re.findall(r"code-block:: (\w+)", t) for name, t in text.items()}
    python = {name for name, found in languages.items() if "python" in found}
    assert python == {"scale.rst", "torch.rst"}
    assert not any(re.search(r"::\n\n +(import|from) ", t) for t in text.values())
    tests = (ROOT / "tests/test_torch.py").read_text(encoding="utf-8")
    run = re.findall(r'recipe\("(.*)"\)', tests)
    blocks = re.findall(r"code-block:: python\n\n +(.*)\n", text["torch.rst"])
    assert all(any(block.startswith(first) for first in run) for block in blocks)
    # the backend of Ray, as on its page
    tests = (ROOT / "tests/test_distributed.py").read_text(encoding="utf-8")
    for line in ("register_ray()", 'parallel_config(backend="ray"'):
        assert line in text["scale.rst"] and line in tests


def test_code_of_the_readme_is_run():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    languages = re.findall(r"^```(\w+)$", readme, flags=re.MULTILINE)
    # the commands by .ci/run, the rest by test_readme.py
    assert languages == ["bash", "bash", "python", "text"]


def test_every_page_of_the_guide_is_linked_from_an_index():
    guide = ROOT / "doc" / "user_guide"
    listed = (guide / "index.rst").read_text(encoding="utf-8").split()
    for page in guide.rglob("*.rst"):
        assert page.stem in {*listed, "index"}, f"{page.stem} is not in the index"


def guide():
    return (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def file_of(name):
    """Where a file is that the guide names; modules are named from their room on."""
    if name.startswith("_"):
        return PACKAGE / f"{name}.py"
    top, _, rest = name.partition("/")
    return PACKAGE / rest if top == "skdime" else ROOT / name


def test_files_that_the_contributors_guide_names_exist():
    named = set(re.findall(r"`([\w.]+/[\w./]*)`", guide()))
    built = {"doc/_build/html", "doc/generated", "doc/auto_examples"}
    assert len(named) > 30
    assert not [name for name in named - built if not file_of(name).exists()]


def test_the_picture_of_the_rooms_has_all_of_them():
    picture = re.search("```text\n(.*?)```", guide(), flags=re.DOTALL)[1]
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms <= set(re.findall(r"│ (\w+) +(?=│)", picture))


def test_benchmarks_print_the_constants_that_rest_on_them():
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"benchmarks/\w+\.py", text):
            printed = (ROOT / name).read_text(encoding="utf-8")
            assert f'"{module}"' in printed, f"{name} does not print {module}"


@pytest.mark.parametrize(
    ("formula", "same"),
    [
        (r"a, \dots, b", r"a, \ldots, b"),
        (r"\tfrac12 (a + b)", r"\tfrac{1}{2} (a + b)"),
        (r"\frac14 a", r"\frac{1}{4} a"),
        (r"a &= b \\[4pt] c &= d", r"a &= b \\ c &= d"),
        (r"\Big(a\Big) \big[b\big]", r"\Bigl(a\Bigr) \bigl[b\bigr]"),
    ],
)
def test_formulas_that_the_converter_reads_in_another_way(formula, same):
    mathml = of_the_docs("mathml").mathml
    assert mathml(formula, None, as_block=True) == mathml(same, None, as_block=True)


@pytest.mark.parametrize("formula", [r"\bar h_m", r"\hat\beta^\top"])
def test_indices_of_letters_with_accents_are_beside_them(formula):
    text = of_the_docs("mathml").mathml(formula, None)
    assert "<msu" in text and "under" not in text


def of_the_docs(name):
    pytest.importorskip("sphinx")
    spec = importlib.util.spec_from_file_location(name, ROOT / "doc" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
