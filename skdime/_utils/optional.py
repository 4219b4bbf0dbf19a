"""Optional libraries: imported where they are used, and never to ask for a class."""

import sys
from importlib import import_module


def loaded_types(name, *libraries):
    """Classes of one name, of those libraries that are imported already.

    An object of a library that is not imported cannot exist.

    Parameters
    ----------
    name : str
    *libraries : str

    Returns
    -------
    types : tuple of type
        As :func:`isinstance` takes it.
    """
    modules = [sys.modules.get(library) for library in libraries]
    # tests and users block imports by None in `sys.modules`
    return tuple(getattr(module, name) for module in modules if module is not None)


def optional_module(module, extra):
    """A module of an optional library.

    Parameters
    ----------
    module : str
    extra : str
        The extra of skdime that installs it.

    Returns
    -------
    module : module

    Raises
    ------
    ImportError
        If the library is not installed; the message names the extra.
    """
    try:
        return import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise ImportError(
            f"This needs {library}, which is not installed: "
            f"pip install 'skdime[{extra}]'."
        ) from error
