"""Exact answers kept for the next time that the same is asked, up to so many rows."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final

from openlifecycle.engine.record_answer import Exact

#: Rows of frames that are kept, each about 250 bytes: some 100 MB.
MOST_ROWS: Final = 400_000


class Remembered:
    """The answers asked for last; nothing in it leaves before the gate has seen it anew."""

    def __init__(self, most_rows: int = MOST_ROWS) -> None:
        self._most = most_rows
        self._rows = 0
        self._kept: OrderedDict[Hashable, Exact] = OrderedDict()
        self._lock = threading.Lock()

    def found(self, key: Hashable, count: Callable[[], Exact]) -> Exact:
        """Return what is kept under a key, or else count it and keep it."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = count()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._rows += made.frame.height + 1
            while self._rows > self._most:
                _, gone = self._kept.popitem(last=False)
                self._rows -= gone.frame.height + 1
        return made
