"""Runs the tests that have not passed yet: ``other_tests.py <report> <option> ...``.

The report is that of ``pytest --junitxml`` in an environment whose packages all are, in
the same versions, in this one too. The options are those of ``pytest``.
"""

import sys
from itertools import compress
from operator import not_

import pytest
from ran_somewhere import outcomes


class WithoutThosePassed:
    """Plugin of pytest that leaves out tests which have passed."""

    def __init__(self, report):
        self.passed = {name for name, reason in outcomes(report) if not reason}

    def pytest_collection_modifyitems(self, config, items):
        """Called by pytest with the tests it has collected."""
        have_passed = [reported_name(item) in self.passed for item in items]
        config.hook.pytest_deselected(items=[*compress(items, have_passed)])
        items[:] = compress(items, map(not_, have_passed))


def reported_name(item):
    """What a test is called in reports, see ``ran_somewhere.outcomes``."""
    place, bracket, parameters = item.nodeid.partition("[")
    path, *names = place.split("::")
    module = path.removesuffix(".py").replace("/", ".")
    return ".".join([module, *names]) + bracket + parameters


if __name__ == "__main__":
    report, *options = sys.argv[1:]
    sys.exit(pytest.main(options, plugins=[WithoutThosePassed(report)]))
