"""Make a world: its people, their courses, and the record tables that a publisher would release."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from openlifecycle.demo.world.rates import Rates


@dataclass(frozen=True)
class World:
    """A synthetic world.

    Attributes:
        tables: event name -> frame with the columns of ``EVENTS``, as if just read.
        truth: what really happened, by name.
        layout: the layout family whose fields the tables have.
        start: first day that the releases speak of.
        through: last moment that they speak of.
    """

    tables: dict[str, pl.DataFrame]
    truth: dict[str, pl.DataFrame]
    persons: int
    seed: int
    rates: Rates
    layout: str
    start: date
    through: datetime


def make_world(
    persons: int, seed: int = 0, rates: Rates | None = None, *, layout: str = "2026-03"
) -> World:
    """Return the world of so many people; the same arguments give the same world.

    Args:
        persons: how many people are invented; about 2.6 detention stints each come of it.
        seed: another seed, another world.
        rates: how much of each mess; the defaults of ``Rates`` if not said.
        layout: fields and period of the releases: 2012-2023, mid-2025, 2026-03 or uwchr-2022.
    """
    raise NotImplementedError
