"""Results that have a picture of their own."""

from importlib import import_module
from typing import Any, ClassVar


class Plotted:
    """A result with one natural display.

    Attributes
    ----------
    _display : tuple of (str, str)
        Name of the display, and of its method that draws the result.
    """

    _display: ClassVar[tuple[str, str]]

    def plot(self, **options: Any) -> Any:
        """Draw the result in the display that suits it.

        Parameters
        ----------
        **options : dict
            Passed to the method of the display that is named under See Also of this
            class, such as `ax` and `palette`.

        Returns
        -------
        display : object
            The display, drawn.
        """
        name, method = self._display
        # displays are loaded where something is drawn, and not before
        display = getattr(import_module("skdime.displays"), name)
        return getattr(display, method)(self, **options)
