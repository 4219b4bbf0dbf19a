"""Checks of parameters that are numbers or choices."""

from numbers import Integral


def check_count(name, number, least=1):
    """Refuse what is no number of rows, draws, subsets or the like."""
    is_integer = isinstance(number, Integral) and not isinstance(number, bool)
    if not is_integer or number < least:
        raise ValueError(
            f"`{name}` must be an integer of at least {least}. Got {number!r:.60} "
            "instead."
        )


def check_choice(name, value, choices):
    """Refuse what is none of the names to choose from."""
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {list(choices)}. Got {value!r:.60}.")
