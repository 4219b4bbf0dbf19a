"""The report: an explanation as one page that needs nothing else."""

import base64
import hashlib
import json
from numbers import Integral
from pathlib import Path
from string import Template

from skdime._results.markup import template
from skdime._results.report_data import report_data


def report(explanation, max_rows):
    """A page in which a reader picks a row and an output.

    Parameters
    ----------
    explanation : Explanation
    max_rows : int
        Most rows shown one by one.

    Returns
    -------
    page : str
        HTML. Browsers are told to load nothing and to run no other script than the
        page's own; names and texts are data, never markup.
    """
    if not isinstance(max_rows, Integral) or isinstance(max_rows, bool) or max_rows < 1:
        raise ValueError(
            f"`max_rows` must be an integer of at least 1. Got {max_rows!r} instead."
        )
    style, script = template("parts.css") + template("page.css"), template("report.js")
    return Template(template("report.html")).substitute(
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        data=as_json(report_data(explanation, max_rows)),
    )


def write_report(explanation, path, max_rows):
    """The page, written to a file unless `path` is None."""
    page = report(explanation, max_rows)
    if path is None:
        return page
    Path(path).write_text(page, encoding="utf-8")
    return None


def as_json(data):
    """JSON of letters that neither end a script nor need an encoding."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _hash(text):
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")
