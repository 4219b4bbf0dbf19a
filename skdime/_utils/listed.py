"""Long lists in messages."""


def listed(values, n=5, write=repr):
    """The first values as text; an ellipsis stands for the others.

    Parameters
    ----------
    values : sequence
    n : int, default=5
        How many are written out.
    write : callable, default=repr
        From a value to its text.

    Examples
    --------
    >>> listed(["age", "sex", "bmi"], n=2)
    "'age', 'sex', ..."
    """
    ellipsis = ["..."] if len(values) > n else []
    return ", ".join([*map(write, values[:n]), *ellipsis])
