"""Versions of everything that a bug may depend on."""

import re
from importlib.metadata import PackageNotFoundError, requires, version

from skdime._utils.from_sklearn import _get_sys_info


def show_versions() -> None:
    """Print the versions of skdime, Python and the packages that skdime can use.

    Paste the output into a bug report. The packages are the dependencies and extras in
    the metadata of the installed skdime. No package is imported to find its version.
    The version of a package that is not installed is ``None``.

    See Also
    --------
    sklearn.show_versions : The same for scikit-learn, with its threading libraries.

    Examples
    --------
    >>> import skdime
    >>> skdime.show_versions()
    <BLANKLINE>
    System:
              python: 3...
          executable: ...
             machine: ...
    <BLANKLINE>
    Dependencies:
              skdime: ...
               numpy: ...
               scipy: ...
    ...
    """
    always, optional = _packages()
    _print_section("System", _get_sys_info())
    _print_section("Dependencies", _versions_of(["skdime", *always]))
    _print_section("Extras", _versions_of(optional))


def _packages():
    """Names of the required packages and of those that extras bring.

    Returns
    -------
    always, optional : list of str
    """
    by_need = {False: {}, True: {}}
    for requirement in requires("skdime"):
        name = re.match(r"[\w.-]+", requirement)[0]
        if name != "skdime":  # an extra that contains other extras
            by_need["extra ==" in requirement][name] = None
    return list(by_need[False]), list(by_need[True])


def _versions_of(names):
    return {name: _version_or_none(name) for name in names}


def _version_or_none(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _print_section(title, lines):
    print(f"\n{title}:")
    for name, value in lines.items():
        print(f"{name:>20}: {value}")
