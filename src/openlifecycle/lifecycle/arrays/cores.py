"""Pieces of work on every core at once: arrays are worked on outside Python's lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import polars as pl

Given = TypeVar("Given")
Found = TypeVar("Found")
Other = TypeVar("Other")


def each(do: Callable[[Given], Found], given: Iterable[Given]) -> list[Found]:
    """Return what is found of each thing given, in their order; the first error is raised."""
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        return list(pool.map(do, given))


def both(one: Callable[[], Found], other: Callable[[], Other]) -> tuple[Found, Other]:
    """Return what two pieces of work find."""
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(other)
        return one(), begun.result()


def together(**work: Callable[[], Found]) -> dict[str, Found]:
    """Return what each piece of work finds, by its name."""
    return dict(zip(work, each(lambda do: do(), work.values()), strict=True))
