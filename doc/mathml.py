"""Formulas as MathML, which browsers draw without a script and without a network.

docutils converts them. Formulas in docstrings and pages are the same subset of LaTeX.
"""

import html
import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

# LaTeX that the converter of docutils does not have, or reads in another way, and the
# same in words that it has
REWRITES = [
    # dots on the line
    (re.compile(r"\\dots\b"), r"\\ldots"),
    # digits that follow each other are one number
    (re.compile(r"(\\[td]?frac) ?(\d)(\d)"), r"\1{\2}{\3}"),
    # distances between lines
    (re.compile(r"(?<=\\\\)\[\w+\]"), ""),
    # sizes of brackets that do not say which side they are of
    (re.compile(r"\\([bB]igg?)(?=[(\[])"), r"\\\1l"),
    (re.compile(r"\\([bB]igg?)(?=[)\]])"), r"\\\1r"),
    # the index of a letter with an accent, which is set below the letter unless that is
    # in a group with a second member
    (re.compile(r"\\(bar|hat|tilde) ?(\\[A-Za-z]+|[A-Za-z])"), r"{\\\1{\2}{}}"),
]

logger = logging.getLogger(__name__)


def mathml(formula, node, as_block=False):
    """The MathML of a formula; the formula itself, with a warning, if there is none."""
    rewritten = formula
    for pattern, replacement in REWRITES:
        rewritten = pattern.sub(replacement, rewritten)
    try:
        return tex2mathml(rewritten, as_block=as_block)
    except MathError as error:
        logger.warning("no MathML of %r: %s", formula, error, location=node)
        return html.escape(formula)


def visit_math(self, node):
    self.body.append(mathml(node.astext(), node))
    raise nodes.SkipNode


def visit_displayed_math(self, node):
    self.body.append(self.starttag(node, "div", CLASS="math"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    formulas = [each for each in node.astext().split("\n\n") if each.strip()]
    self.body += [mathml(each, node, as_block=True) for each in formulas]
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app):
    visitors = (visit_math, None), (visit_displayed_math, None)
    app.add_html_math_renderer("mathml", *visitors)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
