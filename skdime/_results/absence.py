"""What results compare with, in words: what stands in for absent modalities."""


def references_text(decomposition):
    """Such as "100 reference rows", "the average row" or "1 row of your own"."""
    n = decomposition.n_references
    if decomposition.references == "average":
        return "the average row"
    if decomposition.references == "rows":
        return f"{n:,} row{'s' * (n != 1)} of your own"
    # files written before the number was stored have none
    return f"{n:,} reference rows" if n else "reference rows"


def comparison_text(decomposition):
    """The references, and that they are weighted where they are."""
    text = references_text(decomposition)
    is_joint = decomposition.distribution == "joint"
    return f"{text}, joint distribution" if is_joint else text


def baseline_text(decomposition):
    """What the baseline is: the output of a single reference, or an average output."""
    if decomposition.references == "average":
        return "output of the average row"
    if decomposition.references == "rows":
        single = decomposition.n_references == 1
        return "output of your own row" if single else "average output of your own rows"
    return "average output"
