"""How many rows a call of the model, a batch and the check of `fit` hold."""

# Past this many rows a call has nothing left to amortise, while the model's own
# intermediate arrays go on growing.
MOST_ROWS = 16384


# References that `fit` evaluates twice: is the model deterministic?
N_CHECKED = 8


def checked_rows(n_references):
    """Rows that ``fit`` spends on whether the model is deterministic."""
    return 2 * min(N_CHECKED, n_references)


def rows_within(max_memory, n_bytes):
    """Rows that are worked on at a time, where each needs so many bytes."""
    return max(1, int(max_memory // n_bytes))


def rows_in_a_call(max_memory, row_bytes, n_jobs=1):
    """Rows in one call of the model: a share of `max_memory`, at least one."""
    # the gathered blocks and the joined container exist side by side
    held = 2 * max(row_bytes, 1.0) * n_jobs
    return max(1, min(MOST_ROWS, int(max_memory / held)))
