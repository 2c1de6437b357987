"""Processes beside the server that work out short questions.

Working out holds Python's lock, and in one process whoever asks for what is known waits for it: at
each reading, sending and logging for a turn. A process of its own has a lock of its own. It opens
the same store through the same Session, so what it gives has passed the gate.
"""

from __future__ import annotations

import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from openlifecycle.errors import OpenLifecycleError
from openlifecycle.publishing.pages import Page

if TYPE_CHECKING:
    from openlifecycle.serving.limits import ServeSettings
    from openlifecycle.serving.service import Service

#: Makes a page with what a service has. One that is handed to a process is a function of a module
#: with its arguments (functools.partial), because it is sent by name.
Job = Callable[["Service"], Page]


class Hands:
    """So many processes; each does one job after the other."""

    def __init__(self, count: int, store: str, settings: ServeSettings) -> None:
        """Start nothing yet."""
        self._count, self._told = count, (store, settings)
        self._lock = threading.Lock()
        self._running: list[subprocess.Popen[bytes]] = []
        # the one that worked last has its caches warm
        self._idle: queue.LifoQueue[subprocess.Popen[bytes]] = queue.LifoQueue()
        self._ready = 0
        self._closed = threading.Event()

    def start(self) -> None:
        """Start the processes; until one is ready, its work is done where it is asked for."""
        for _ in range(self._count):
            threading.Thread(target=self._begin, name="olc-hand", daemon=True).start()

    @property
    def ready(self) -> int:
        """Return how many processes can be given a job."""
        return self._ready

    def page(self, job: Job) -> Page | None:
        """Return what a process makes of a job; None where it is to be made here.

        Raises:
            OpenLifecycleError: there is no page, as whoever asked is to be told.
        """
        hand = self._free()
        if hand is None:
            return None
        try:
            said = _asked(hand, job)
        except Exception:  # it has ended, or says what cannot be read: the job is made here
            self._replace(hand)
            return None
        self._idle.put(hand)
        if isinstance(said, OpenLifecycleError):
            raise said
        return said if isinstance(said, Page) else None

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            self._ready = 0
            self._closed.set()
            gone, self._running = self._running, []
        for hand in gone:
            _end(hand)

    def _free(self) -> subprocess.Popen[bytes] | None:
        while self._ready:
            try:
                return self._idle.get(timeout=1)
            except queue.Empty:
                continue  # all are at work, or the last one has ended
        return None

    def _begin(self) -> None:
        with self._lock:
            if self._closed.is_set():
                return
            hand = subprocess.Popen(
                [sys.executable, "-m", "openlifecycle.serving.hand"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            self._running.append(hand)
        try:
            _asked(hand, self._told)
        except Exception:
            return  # what cannot be started is not started again and again
        with self._lock:
            if self._closed.is_set():
                return
            self._ready += 1
        self._idle.put(hand)

    def _replace(self, hand: subprocess.Popen[bytes]) -> None:
        """Start another process for one that has ended."""
        with self._lock:
            if self._closed.is_set():
                return
            self._ready -= 1
            self._running.remove(hand)
        _end(hand)
        threading.Thread(target=self._begin, name="olc-hand", daemon=True).start()


def _asked(hand: subprocess.Popen[bytes], what: Any) -> Any:
    """Send something to a process and return what it says."""
    to, back = hand.stdin, hand.stdout
    if to is None or back is None:
        raise OSError("a process without pipes")
    to.write(pickle.dumps(what))
    to.flush()
    return pickle.load(back)  # noqa: S301 - of a process that we started


def _end(hand: subprocess.Popen[bytes]) -> None:
    hand.kill()
    hand.wait()
    for pipe in (hand.stdin, hand.stdout):
        with suppress(OSError):  # what was not sent yet is sent to nobody
            if pipe:
                pipe.close()
