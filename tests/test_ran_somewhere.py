"""The check of CI that every test has passed in one of its steps."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "ran_somewhere.py"
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
        [sys.executable, SCRIPT, *reports], capture_output=True, text=True, check=False
    )
    assert found.returncode == status
    named = "passed in no step: tests.test_a" in found.stdout
    assert named == (status == 1 or "xgboost" in steps[0])
