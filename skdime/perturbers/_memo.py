"""The latest results of slow functions, which are asked for again and again."""

from collections import OrderedDict
from threading import Lock


class Memo:
    """Results by key, the least recently used ones left out beyond so many bytes.

    It holds nothing that cannot be computed again: copies and pickles are empty.

    Parameters
    ----------
    most_bytes : int, default=2**26
        Bytes that results take, at most; the last one is kept whatever it takes.
    """

    def __init__(self, most_bytes=2**26):
        self.most_bytes = most_bytes
        self._items = OrderedDict()
        self._n_bytes = 0
        self._lock = Lock()

    def __reduce__(self):
        return Memo, (self.most_bytes,)

    def __call__(self, key, compute):
        """The result of a key.

        Parameters
        ----------
        key : hashable
        compute : callable
            ``compute()`` gives the result and its bytes, where it is not known.
        """
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
                return self._items[key][0]
        result = compute()
        with self._lock:
            if key not in self._items:
                self._items[key] = result
                self._n_bytes += result[1]
            while self._n_bytes > self.most_bytes and len(self._items) > 1:
                _, (_, n_bytes) = self._items.popitem(last=False)
                self._n_bytes -= n_bytes
        return result[0]
