"""Answers kept for the next time that the same is asked, up to so many rows."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

from openlifecycle.engine.answer import Answer
from openlifecycle.engine.record_answer import Exact

#: Rows of frames that are kept, each about 250 bytes: some 100 MB.
MOST_ROWS: Final = 400_000

T = TypeVar("T")


class Remembered(Generic[T]):
    """The answers asked for last; the gate alone hands anything of it on."""

    def __init__(self, rows: Callable[[T], int], most_rows: int = MOST_ROWS) -> None:
        """Keep nothing yet; ``rows`` tells how many rows an answer has."""
        self._rows_of = rows
        self._most = most_rows
        self._rows = 0
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()

    def found(self, key: Hashable, count: Callable[[], T]) -> T:
        """Return what is kept under a key, or else count it and keep it."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = count()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._rows += self._rows_of(made) + 1
            while self._rows > self._most:
                _, gone = self._kept.popitem(last=False)
                self._rows -= self._rows_of(gone) + 1
        return made


def exact_answers() -> Remembered[Exact]:
    """Return a memory of what was counted, which the gate sees anew before anything leaves."""
    return Remembered(lambda exact: exact.frame.height)


def cleared_answers() -> Remembered[Answer]:
    """Return a memory of what the gate made of answers, for the gate to hand out again."""
    return Remembered(len)
