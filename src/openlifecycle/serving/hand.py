"""What runs in a process beside the server: it is sent jobs and gives pages (hands.py)."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from contextlib import suppress
from typing import IO, Any, Final

from openlifecycle.api import open_store
from openlifecycle.errors import OpenLifecycleError
from openlifecycle.serving.service import Service

#: Asked by each process before it is given work: the rows are read before a reader waits.
_FIRST: Final = ("detained_population", "facility_adp")


def main() -> None:
    """Do what is sent until nobody sends any more."""
    # an interrupt of the terminal ends the server, which ends this process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sent, back = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what something prints by mistake is no answer
    with suppress(EOFError, BrokenPipeError):
        store, settings = pickle.load(sent)  # noqa: S301 - of the process that started this one
        service = Service(open_store(store), settings)
        for measure in _FIRST:
            with suppress(OpenLifecycleError):  # whoever asks for it is told
                service.session.ask(measure)
        _say(back, None)
        while True:
            job = pickle.load(sent)  # noqa: S301 - the same
            _say(back, _done(job, service))


def _done(job: Any, service: Service) -> Any:
    """Return the page of a job, or why there is none; None for a fault, which is met here again.

    The server does that job itself, so that its own log tells of the fault.
    """
    try:
        return job(service)
    except OpenLifecycleError as error:
        return error
    except Exception:
        return None


def _say(back: IO[bytes], said: Any) -> None:
    back.write(pickle.dumps(said, protocol=pickle.HIGHEST_PROTOCOL))
    back.flush()


if __name__ == "__main__":
    main()
