"""Parallel calls whose results come one by one."""

from sklearn.utils.parallel import Parallel


def ordered_generator(n_jobs):
    """Workers, preferably threads, that hand out results in the order of the calls.

    Parameters
    ----------
    n_jobs : int or None
        As in joblib.

    Returns
    -------
    parallel : sklearn.utils.parallel.Parallel
        A result can be used, and its memory freed, while others are computed.
    """
    options = {"n_jobs": n_jobs, "prefer": "threads"}
    try:
        return Parallel(**options, return_as="generator")
    except ValueError:  # Ray's backend gives all results at once
        return Parallel(**options)
