"""How much of a table is worked on at a time: by size, so that memory does not grow with it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

MIB: Final = 2**20


@dataclass(frozen=True)
class Pace:
    """How a table is read.

    Attributes:
        piece: bytes of unpacked XML of a sheet to a piece.
        workers: pieces worked on at a time.
    """

    piece: int
    workers: int


#: Under 1.6 GB for a million rows of thirty columns, and as fast as the processors allow.
FAST: Final = Pace(48 * MIB, min(3, os.cpu_count() or 1))
#: Under 600 MB whatever the size; some 15 percent slower.
BOUNDED: Final = Pace(4 * MIB, min(2, os.cpu_count() or 1))
#: A sheet above this, unpacked, is read in the bounded way: 1.5 million rows of thirty columns.
_BOUNDED_FROM: Final = 1536 * MIB


def pace_for(unpacked: int) -> Pace:
    """Return how to read sheets of so many bytes in all."""
    return BOUNDED if unpacked > _BOUNDED_FROM else FAST
