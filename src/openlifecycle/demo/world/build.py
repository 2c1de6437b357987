"""Make a world: its people, their courses, and the record tables that a publisher would release."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import polars as pl

from openlifecycle.demo.world.arrests import arrest_rows, true_arrests
from openlifecycle.demo.world.cases import cases
from openlifecycle.demo.world.clock import minutes
from openlifecycle.demo.world.course import course
from openlifecycle.demo.world.detentions import detention_rows, true_rows
from openlifecycle.demo.world.layout import layout as layout_of
from openlifecycle.demo.world.others import detainer_rows, encounter_rows, removal_rows
from openlifecycle.demo.world.people import people
from openlifecycle.demo.world.places import places
from openlifecycle.demo.world.rates import Rates
from openlifecycle.demo.world.stints import stints
from openlifecycle.demo.world.truth import truths
from openlifecycle.errors import UsageError

#: Rows of records on a full sheet of Excel, headings taken off.
SHEET_ROWS: Final = 1_048_000


@dataclass(frozen=True)
class World:
    """A synthetic world.

    Attributes:
        tables: event name -> frame with the columns of ``EVENTS``, as if just read.
        truth: what really happened, by name (see truth.py), and what each row is of.
        layout: the layout family whose fields the tables have.
        start: first day that the releases speak of.
        through: last moment that they speak of.
        sheet_rows: rows at which a sheet is full.
    """

    tables: dict[str, pl.DataFrame]
    truth: dict[str, pl.DataFrame]
    persons: int
    seed: int
    rates: Rates
    layout: str
    start: date
    through: datetime
    sheet_rows: int


def make_world(
    persons: int,
    seed: int = 0,
    rates: Rates | None = None,
    *,
    layout: str = "2026-03",
    sheet_rows: int = SHEET_ROWS,
) -> World:
    """Return the world of so many people; the same arguments give the same world.

    Args:
        persons: how many people are invented; about 2.3 detention stints each come of it.
        seed: another seed, another world.
        rates: how much of each mess; the defaults of ``Rates`` if not said.
        layout: fields and period of the releases: 2012-2023, mid-2025, 2026-03 or uwchr-2022.
        sheet_rows: a smaller number splits the tables of a small world over several sheets.
    """
    if persons < 1 or seed < 0 or sheet_rows < 1:
        raise UsageError("a world has at least one person, a seed of 0 or more and full sheets")
    rates = rates or Rates()
    shape = layout_of(layout)
    window = minutes(shape.start), minutes(shape.through)
    where = places(seed)
    who = people(persons, seed, layout, where.arrests, shape.through.year - 1)
    what = course(who, rates, seed, shape.start, shape.through)
    true = stints(what, who, where, rates, seed)
    case = cases(what, who, where, rates, seed, *window)
    held = true_rows(true, case, *window)
    arrested = true_arrests(what, case, seed, *window)
    released = {
        "encounter": encounter_rows(arrested, case, who, rates, seed, shape, sheet_rows, window),
        "arrest": arrest_rows(arrested, case, who, where, rates, seed, shape, sheet_rows),
        "detainer": detainer_rows(
            arrested, what, case, who, where, rates, seed, shape, sheet_rows, window
        ),
        "detention_stint": detention_rows(held, case, who, where, rates, seed, shape, sheet_rows),
        "removal": removal_rows(what, case, who, rates, seed, shape, sheet_rows, window),
    }
    released = {table: both for table, both in released.items() if table in shape.tables}
    return World(
        tables={table: frame for table, (frame, _) in released.items()},
        truth=truths(what, true, held, arrested, case, who, where)
        | {f"row__{table}": told for table, (_, told) in released.items()},
        persons=persons,
        seed=seed,
        rates=rates,
        layout=layout,
        start=shape.start,
        through=shape.through,
        sheet_rows=sheet_rows,
    )
