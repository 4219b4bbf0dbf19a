"""Checks that every test has passed in one step: ``ran_somewhere.py <report> ...``.

The reports are those of ``pytest --junitxml``. Steps leave out tests by a marker or for
want of a package; a test that every step leaves out would never fail.
"""

import re
import sys
from xml.etree import ElementTree

# What a machine need not have, and checks of scikit-learn that leave themselves out:
# each is named by the message of the skip.
MAY_BE_ABSENT = re.compile(
    "could not import '(catboost|pytorch_widedeep|xgboost)|needs Chromium"
    "|SCIPY_ARRAY_API is not set|does not have a decision_function method"
)


def outcomes(path):
    """Each test, or module that was not collected, and why it has not passed."""
    for case in ElementTree.parse(path).iter("testcase"):
        name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        reasons = [
            f"{child.get('message')} {child.text}"
            for child in case
            if child.tag in ("skipped", "failure", "error")
            and child.get("type") != "pytest.xfail"
        ]
        yield name, " ".join(reasons)


def main(paths):
    passed, skipped = set(), {}
    for path in paths:
        for name, reason in outcomes(path):
            if reason:
                skipped[name] = reason
            else:
                passed.add(name)
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
