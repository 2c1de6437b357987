"""Who reads: this process, or a few worker processes, with the same results in the same order."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import connection, get_context, parent_process
from typing import TypeVar

from openlifecycle.errors import RefusedInput
from openlifecycle.intake.offers import Offer
from openlifecycle.intake.prepare import Reader, prepare, read_release
from openlifecycle.settings import DEBUG_ENV
from openlifecycle.vault.rows import Derived


class ReaderFault(RefusedInput):
    """The reader itself failed: this release is not taken, the others of the batch are."""


Result = Derived | RefusedInput
_T = TypeVar("_T")

#: Below this many workbooks a worker costs more to start (about 0.7 s) than it saves.
WORTH_WORKERS = 12
_MOST_WORKERS = 4
_IN_FLIGHT = 3


def default_jobs(workbooks: int) -> int:
    """Return how many worker processes are worth starting; 1 means none."""
    if workbooks < WORTH_WORKERS:
        return 1
    # macOS cannot say which processors this process may use; Linux can (containers limit it)
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(usable or 1, _MOST_WORKERS))


def _attempt(data: bytes, names: list[str], read: Reader = read_release) -> Result:
    """Return what reading gives, a refusal included: both travel between processes."""
    try:
        return prepare(data, names, read)
    except RefusedInput as refusal:
        return refusal
    except Exception as fault:  # one workbook must not cost the person the other eighty
        if os.environ.get(DEBUG_ENV) == "1":
            raise
        return ReaderFault(
            f"the reader failed on this workbook ({type(fault).__name__}: {fault})",
            next_step="this is a fault of OpenLifecycle, not of the file: run again with"
            f" {DEBUG_ENV}=1 and report the traceback",
        )


def _begin_worker() -> None:
    """Run once in each worker: one thread for frames, Ctrl-C is the parent's, end with it."""
    os.environ["POLARS_MAX_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        # Without this, workers of a killed parent would wait for work for ever.
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


class Workers:
    """Reads workbooks; use as a context manager. Processes start with the first workbook."""

    def __init__(self, jobs: int, read: Reader = read_release) -> None:
        """Read in ``jobs`` processes; an own ``read`` must be importable for more than one."""
        self._jobs = jobs
        self._read = read
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Workers:
        """Return itself; nothing is started yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the processes; what was not begun is not done."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def in_order(
        self, items: Iterable[_T], offer_of: Callable[[_T], Offer | None]
    ) -> Iterator[tuple[_T, Result | None]]:
        """Yield each item with what reading its offer gave, in the order of the items.

        Args:
            items: what came to the door.
            offer_of: the workbook to read of an item, None where there is nothing to read.
        """
        waiting: deque[tuple[_T, Future[Result] | Result | None]] = deque()
        for item in items:
            offer = offer_of(item)
            waiting.append((item, None if offer is None else self._begin(offer)))
            if len(waiting) >= self._jobs * _IN_FLIGHT or self._jobs == 1:
                yield _finish(*waiting.popleft())
        while waiting:
            yield _finish(*waiting.popleft())

    def _begin(self, offer: Offer) -> Future[Result] | Result:
        names = [offer.origin.name]
        if self._jobs == 1:
            return _attempt(offer.data, names, self._read)
        if self._pool is None:
            # spawn: a forked child of a process with frame threads may hang
            self._pool = ProcessPoolExecutor(
                self._jobs, mp_context=get_context("spawn"), initializer=_begin_worker
            )
        return self._pool.submit(_attempt, offer.data, names, self._read)


def _finish(item: _T, result: Future[Result] | Result | None) -> tuple[_T, Result | None]:
    return item, result.result() if isinstance(result, Future) else result
