"""Files that the markup of an explanation is put together from."""

from importlib.resources import files


def template(name):
    """The text of a file in ``skdime/_results/page/templates``."""
    folder = files("skdime._results.page").joinpath("templates")
    return folder.joinpath(name).read_text(encoding="utf-8")
