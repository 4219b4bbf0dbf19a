"""Checks of the results that displays draw."""


def check_result(name, result, expected, source, instead):
    """Refuse what is no result of a class.

    Parameters
    ----------
    name : str
        Of the argument.
    result : object
        What the user gave.
    expected : type
    source : str
        What returns such a result.
    instead : str
        What to do with an estimator: the end of the message.
    """
    if isinstance(result, expected):
        return
    article = "an" if expected.__name__[0] in "AEIOU" else "a"
    raise TypeError(
        f"`{name}` must be {article} {expected.__name__}, as {source} returns it, got "
        f"a {type(result).__name__}. With {instead}."
    )


def check_any_row(name, result):
    """Refuse a result of no rows."""
    if not len(result):
        raise ValueError(
            f"`{name}` has no rows, so that there is nothing to draw. Explain at least "
            "one row."
        )
