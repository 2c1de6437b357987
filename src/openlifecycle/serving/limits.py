"""Every limit that the server keeps, with its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from openlifecycle.settings import KIB, MIB

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]", "::1")


@dataclass(frozen=True)
class PoolLimits:
    """How many questions of one kind run at once, and how many may wait."""

    workers: int
    waiting: int


@dataclass(frozen=True)
class ServeSettings:
    """What one server allows.

    Attributes:
        hosts: names in the Host header that are answered; any where it is empty. A page of a
            stranger can make a browser ask a server on the reader's own machine under a name that
            points there; such a question carries the stranger's name.
        rate: questions a second that a client may ask in the long run.
        burst: questions that it may ask at once; a page asks some ten.
        at_once: requests of one client that may be unanswered at once; fewer than the shortest
            queue of short questions holds, so that no client fills it alone.
        clients: how many clients are remembered; the one unseen for longest is forgotten first.
        body_bytes: longest body of a request; the longest question is below 4 KiB.
        query_chars: longest query string.
        seconds: how long a request waits for its answer.
        answer_rows: more rows than this are refused before they are counted.
        page_rows: most rows of one page; an answer without a limit is given whole.
        memory_bytes: answers that are kept to be given again.
        pools: questions of published figures take some 30 ms, and all that may wait for them have
            had their turn before a person has waited for ten seconds; questions of
            records take up to seconds and have workers of their own, so that they cannot take
            those of the others; so have checks and comparisons of whole releases; and cohorts and
            fixed tables, which follow everybody or prove something. Charts of published figures
            wait for the process that draws them, so that figures need not.
    """

    hosts: tuple[str, ...] = LOOPBACK
    rate: float = 20.0
    burst: int = 60
    at_once: int = 32
    clients: int = 10_000
    body_bytes: int = 64 * KIB
    query_chars: int = 8 * KIB
    seconds: float = 30.0
    answer_rows: int = 250_000
    page_rows: int = 100_000
    memory_bytes: int = 64 * MIB
    pools: dict[str, PoolLimits] = field(
        default_factory=lambda: {
            PUBLISHED: PoolLimits(workers=2, waiting=256),
            RECORDS: PoolLimits(workers=1, waiting=16),
            RELEASES: PoolLimits(workers=1, waiting=16),
            LONG: PoolLimits(workers=1, waiting=8),
            PICTURES: PoolLimits(workers=2, waiting=64),
        }
    )


PUBLISHED: Final = "published"
RECORDS: Final = "records"
RELEASES: Final = "releases"
LONG: Final = "long"
PICTURES: Final = "pictures"
