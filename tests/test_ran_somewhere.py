"""Scripts of CI: every test passes in one of its steps, and few pass in two."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / ".ci"
PASSED = '<testcase classname="tests.test_a" name="{}"/>'
SKIPPED = (
    '<testcase classname="tests.test_a" name="{}">'
    '<skipped type="pytest.skip" message="could not import \'{}\'">there</skipped>'
    "</testcase>"
)
MODULE = (
    '<testcase classname="" name="tests.test_a">'
    '<skipped message="collection skipped">there</skipped></testcase>'
)


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ([PASSED.format("one[1]"), SKIPPED.format("one[1]", "shap")], 0),
        ([SKIPPED.format("one[1]", "shap"), SKIPPED.format("one[1]", "shap")], 1),
        ([SKIPPED.format("one[1]", "shap"), PASSED.format("one[2]")], 1),
        ([SKIPPED.format("one[1]", "xgboost"), PASSED.format("one[2]")], 0),
        ([MODULE, PASSED.format("one[1]")], 0),
        ([MODULE, MODULE], 1),
    ],
    ids=["one", "none", "another", "absent", "module", "no module"],
)
def test_a_test_that_passed_in_no_step_is_named(tmp_path, steps, status):
    reports = [tmp_path / f"{i}.xml" for i in range(len(steps))]
    for report, case in zip(reports, steps, strict=True):
        report.write_text(f"<testsuites><testsuite>{case}</testsuite></testsuites>")
    found = subprocess.run(
        [sys.executable, SCRIPTS / "ran_somewhere.py", *reports],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == status
    named = "passed in no step: tests.test_a" in found.stdout
    assert named == (status == 1 or "xgboost" in steps[0])


def test_what_has_passed_is_not_run_again(tmp_path):
    """One of two tests with a parameter passed before, the other one was skipped."""
    (tmp_path / "test_a.py").write_text(
        "import pytest\n\n\n"
        "class TestIt:\n"
        "    @pytest.mark.parametrize('path', ['a/b.py::c', '[0]'])\n"
        "    def test_it(self, path):\n"
        "        if not __import__('os').environ.get('ALL'):\n"
        "            assert path[0] == 'a' or pytest.skip('no package')\n"
    )

    def stdout(*command, **environment):
        return subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=os.environ | {"PYTEST_ADDOPTS": ""} | environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    first = stdout("-m", "pytest", "--junitxml=first.xml")
    assert "1 passed, 1 skipped" in first
    second = stdout(SCRIPTS / "other_tests.py", "first.xml", "-v", ALL="1")
    assert "test_it[[0]] PASSED" in second
    assert "1 passed, 1 deselected" in second
