"""Bounded threads for questions: a slow kind of question waits for its own kind only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from openlifecycle.serving.limits import PoolLimits
from openlifecycle.serving.problems import TooBusy

T = TypeVar("T")

#: What a client is told to wait before it asks again, in seconds.
RETRY_AFTER = 5


class Pool:
    """So many workers, and a queue of limited length before them."""

    def __init__(self, name: str, limits: PoolLimits) -> None:
        """Start no thread before the first question."""
        self.name = name
        self._room = limits.workers + limits.waiting
        self._inside = 0
        self._threads = ThreadPoolExecutor(limits.workers, thread_name_prefix=f"olc-{name}")

    async def run(self, work: Callable[[], T]) -> T:
        """Return what the work returns, done on a worker.

        A worker cannot be stopped, so a question whose readers have left keeps its place until it
        is done: the place counts, not the reader.

        Raises:
            TooBusy: the queue is full.
        """
        if self._inside >= self._room:
            raise TooBusy(
                f"{self._inside} questions of this kind are being answered or waiting",
                RETRY_AFTER,
                next_step="ask again after the seconds of Retry-After",
            )
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._inside -= 1

    def close(self) -> None:
        """Let running work end, and drop what waits."""
        self._threads.shutdown(wait=False, cancel_futures=True)
