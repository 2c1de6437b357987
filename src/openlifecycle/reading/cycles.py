"""Reading makes a hundred thousand small objects and no cycles among them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_cycle_search() -> Iterator[None]:
    """Keep the cycle collector still for the length of one workbook.

    It would walk all that has been read again and again, for a fifth of the whole time, and find
    nothing: reference counts free every object of a reading.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
