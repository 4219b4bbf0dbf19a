"""Classes of optional libraries, which are not imported to ask for them."""

import sys


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
