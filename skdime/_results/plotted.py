"""Results that have a picture of their own."""

from collections.abc import Callable
from typing import Any, ClassVar


class Displays:
    """Displays stand above results, which ask for one by name where they are drawn.

    Attributes
    ----------
    load : callable
        Returns the module :mod:`skdime.displays`. Set by :mod:`skdime`, which stands
        above both, so that displays are imported where something is drawn, and not
        before.
    """

    load: ClassVar[Callable[[], Any]]


def display_of_name(name):
    """A class of displays.

    Parameters
    ----------
    name : str
    """
    return getattr(Displays.load(), name)


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
        return getattr(display_of_name(name), method)(self, **options)
