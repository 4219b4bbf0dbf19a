"""A page of tables: headings, notes and numbers, without a script."""

from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple

from skdime._results.page.digest import digest
from skdime._results.page.template import template


class Section(NamedTuple):
    """One part of a page.

    Attributes
    ----------
    title, note : str
    columns : list of str
        Heads of the columns, the first of which is that of names.
    lines : list of list of str
        Cells, as many in each line as there are columns.
    """

    title: str
    note: str
    columns: list
    lines: list


def tables(about, sections):
    """A piece of a page: sections one under the other, for a notebook.

    Parameters
    ----------
    about : str
        The line above them.
    sections : list of Section

    Returns
    -------
    markup : str
        HTML with the style sheet of the report.
    """
    pieces = "".join(_section(section, heading="strong") for section in sections)
    style = f"<style>{template('parts.css')}</style>"
    return f"<div class='skdime'>{style}<p>{escape(about)}</p>{pieces}</div>"


def write_tables(title, about, sections, path):
    """A page of sections, one under the other.

    Parameters
    ----------
    title, about : str
        First lines of the page.
    sections : list of Section
    path : str, path-like or None
        Where it is written; None returns it.

    Returns
    -------
    page : str or None
        HTML. Browsers are told to load nothing and to run no script; names and texts
        are never markup.
    """
    style = template("parts.css") + template("page.css")
    page = Template(template("tables.html")).substitute(
        style=style,
        style_hash=digest(style),
        title=escape(title),
        about=escape(about),
        sections="\n".join(map(_section, sections)),
    )
    # half of a pair of surrogates has no encoding; browsers show a replaced letter
    page = page.encode("utf-8", "xmlcharrefreplace").decode("utf-8")
    if path is None:
        return page
    Path(path).write_text(page, encoding="utf-8")
    return None


def _section(section, heading="h2"):
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in section.columns)
    body = "\n".join(map(_line, section.lines))
    note = f"<p class='sd-note'>{escape(section.note)}</p>" if section.note else ""
    return (
        f"<section><{heading}>{escape(section.title)}</{heading}>{note}"
        f"<div class='sd-wide'><table aria-label='{escape(section.title)}'>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></section>"
    )


def _line(cells):
    name, *numbers = (f"<bdi>{escape(cell)}</bdi>" for cell in cells)
    others = "".join(f"<td>{number}</td>" for number in numbers)
    return f"<tr><th scope='row'>{name}</th>{others}</tr>"
