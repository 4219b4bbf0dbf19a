"""One progress bar, over model rows unless it is told otherwise."""

import sys


class Progress:
    """Counts rows towards a total, and shows it when asked to.

    Parameters
    ----------
    total : int
        Rows expected, at most.
    task : str
        What is shown in front.
    verbose : int
        0 shows nothing. Otherwise a bar of tqdm with the time left when it is
        installed, and a line at every tenth when it is not.
    unit : str, default="model row"
        What is counted.
    """

    def __init__(self, total, task, verbose, unit="model row"):
        self.unit = unit
        self.total = total
        self.task = task
        self.n_done = 0
        self._bar = _bar(total, task, unit) if verbose and total else None
        self._lines = bool(verbose and total) and self._bar is None

    def update(self, n):
        """Count `n` more rows."""
        tenth = 10 * self.n_done // max(self.total, 1)
        self.n_done += n
        if self._bar is not None:
            self._bar.update(n)
        elif self._lines and 10 * self.n_done // self.total > tenth:
            self._print()

    def close(self):
        """Finish; fewer rows than expected were enough."""
        if self._bar is not None:
            self._bar.total = self.n_done
            self._bar.refresh()
            self._bar.close()
        elif self._lines and self.n_done < self.total:
            self._print()

    def _print(self):
        line = f"{self.task}: {self.n_done:,} of at most {self.total:,} {self.unit}s"
        print(line, file=sys.stderr, flush=True)


def _bar(total, task, unit):
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(total=total, desc=task, unit=f" {unit}s", unit_scale=True)
