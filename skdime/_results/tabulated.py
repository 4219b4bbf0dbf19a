"""Results that are tables in a notebook, and a page of tables."""

from os import PathLike
from typing import Any

from skdime._results.page.tables import tables, write_tables

# Lines of a table in a notebook, and on a page.
_FEW, MANY = 10, 200


class Tabulated:
    """A result that is shown as tables.

    A subclass has ``_sections(most)``: a list of ``Section``, of tables that have a
    line for each row or feature with `most` lines at most.
    """

    _sections: Any

    def _repr_html_(self) -> str:
        return tables(self._about(), self._sections(_FEW))

    def to_html(self, path: str | PathLike[str] | None = None) -> str | None:
        """A page of tables to look at in a browser, with 200 lines each at most.

        The page needs no network and runs no script.

        Parameters
        ----------
        path : str or path-like, default=None
            Name of the file; None returns the page.

        Returns
        -------
        page : str or None
            HTML, unless it was written to a file.
        """
        name = type(self).__name__
        return write_tables(name, self._about(), self._sections(MANY), path)

    def _about(self):
        return repr(self).partition("\n")[0].rstrip(":")
