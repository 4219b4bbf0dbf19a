"""Checks that every test has passed in one step: ``ran_somewhere.py <report> ...``.

The reports are those of ``pytest --junitxml``. Steps leave out tests by a marker or for
want of a package; a test that every step leaves out would never fail.
"""

import re
import sys
from xml.etree import ElementTree

# What a machine need not have, each of them named by the message of the skip.
MAY_BE_ABSENT = re.compile("could not import '(catboost|xgboost)|needs Chromium")


def outcomes(path):
    """Each test, or module that was not collected, and the reason for a skip."""
    for case in ElementTree.parse(path).iter("testcase"):
        name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        skip = case.find("skipped")
        is_skipped = skip is not None and skip.get("type") != "pytest.xfail"
        yield name, f"{skip.get('message')} {skip.text}" if is_skipped else None


def main(paths):
    passed, skipped = set(), {}
    for path in paths:
        for name, reason in outcomes(path):
            if reason is None:
                passed.add(name)
            else:
                skipped[name] = reason
    # a module that one step skips as a whole is a list of tests in another
    never = {
        name: reason
        for name, reason in skipped.items()
        if name not in passed and not any(p.startswith(f"{name}.") for p in passed)
    }
    absent = [n for n, reason in never.items() if MAY_BE_ABSENT.search(reason)]
    wrong = sorted(never.keys() - set(absent))
    print(f"{len(passed)} tests passed in {len(paths)} steps")
    for name in (*absent, *wrong):
        print(f"passed in no step: {name}: {never[name]}")
    return f"{len(wrong)} test(s) passed in no step" if wrong else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
