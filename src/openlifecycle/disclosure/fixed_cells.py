"""From records to the cells of a fixed table: every month, area and category, with all sums.

People are counted anew for each sum: one who was arrested in March and in May is one person of the
year. So the engine is asked for each level of each dimension, twelve questions in all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Final

from openlifecycle.disclosure.fixed_declared import FixedTable
from openlifecycle.disclosure.hierarchy import TOTAL, Hierarchy, apart, flat, stepped
from openlifecycle.disclosure.tables import Cell, Place, Table
from openlifecycle.engine.record_answer import Exact
from openlifecycle.engine.record_source import RecordSource
from openlifecycle.engine.record_store import Held, held_collections
from openlifecycle.engine.records import RecordCorpus, ask
from openlifecycle.errors import UnknownRelease
from openlifecycle.measures.question import Question

#: How records without a value are named, as in every answer.
NOT_STATED: Final = "(not stated)"

_QUARTERS: Final = (10, 1, 4, 7)
#: From the finest a fixed table can have to the coarsest.
FINENESS: Final = ("month", "quarter", "fiscal_year")


@dataclass(frozen=True)
class Level:
    """One exact answer, and the cells of the table that it counted, in the order of its rows."""

    exact: Exact
    cells: Mapping[Place, Cell]


@dataclass(frozen=True)
class FixedCells:
    """The true table, and the collection that it was counted from.

    Attributes:
        declared: what was asked for.
        fiscal_year: the year.
        table: time by area by category; never to be shown.
        levels: the answers it was put together from, the finest first.
        held: the collection.
    """

    declared: FixedTable
    fiscal_year: int
    table: Table
    levels: tuple[Level, ...]
    held: Held


def first_collection(source: RecordSource, declared: FixedTable, fiscal_year: int) -> Held:
    """Return the first collection that covers the whole year; the table is made of no other.

    Two exact tables of one year from two releases would differ by the few records that came in or
    went between them, and say so.

    Raises:
        UnknownRelease: no collection covers the year.
    """
    start, end = days_of(fiscal_year)
    spec = declared.declared.records
    event = spec.event if spec else ""
    every = held_collections(source)
    for held in sorted(every, key=lambda h: (h.through, h.collection_id)):
        release = held.releases.get(event)
        first = getattr(release, "first", None)
        if first is not None and held.through.date() >= end and _day(first) <= start + _BEGINS:
            return held
    raise UnknownRelease(
        f"no collection of records covers the whole of fiscal year {fiscal_year}",
        where=declared.name,
        nearest=", ".join(f"{h.collection_id} through {h.through.date()}" for h in every[-3:]),
        next_step="name another year with --fiscal-year, or take a later release in",
    )


#: On the first days of a small table nothing may have happened.
_BEGINS: Final = timedelta(days=7)


def _day(moment: date) -> date:
    return date(moment.year, moment.month, moment.day)


def days_of(fiscal_year: int) -> tuple[date, date]:
    """Return the first and last day of a US federal fiscal year (31 USC 1102)."""
    return date(fiscal_year - 1, 10, 1), date(fiscal_year, 9, 30)


def exact_cells(
    source: RecordSource,
    corpus: RecordCorpus,
    declared: FixedTable,
    fiscal_year: int,
    finest: str = FINENESS[0],
) -> FixedCells:
    """Return the true table of a fiscal year, from the first collection that covers it.

    Args:
        source: the store.
        corpus: the record tables of the same store.
        declared: the table.
        fiscal_year: the year.
        finest: one of ``FINENESS``: the shortest periods that the table has.

    Raises:
        UnknownRelease: no collection covers the year.
    """
    held = first_collection(source, declared, fiscal_year)
    start, end = days_of(fiscal_year)
    found: dict[Place, Cell] = {}
    answers = []
    fine = FINENESS[FINENESS.index(finest) :]
    for period in fine:
        for split in _splits(declared):
            question = Question.of(
                declared.measure, by=split, start=start, end=end, period=period,
                collection=held.collection_id,
            )  # fmt: skip
            exact = ask(corpus, question)
            counted = dict(_cells(exact, declared, fiscal_year))
            answers.append(Level(exact, counted))
            found.update(counted)
    areas = sorted({place[1] for place in found} - {TOTAL})
    categories = sorted({place[2] for place in found} - {TOTAL})
    dimensions = (
        _time(fiscal_year, fine), flat(declared.area, areas), flat(declared.category, categories),
    )  # fmt: skip
    places = product(*(d.nodes for d in dimensions))
    cells = {place: found.get(place, Cell(0, 0)) for place in places}
    return FixedCells(
        declared, fiscal_year, Table(declared.measure, dimensions, cells), tuple(answers), held
    )


def _splits(declared: FixedTable) -> Iterator[tuple[str, ...]]:
    yield declared.area, declared.category
    yield (declared.area,)
    yield (declared.category,)
    yield ()


def _cells(exact: Exact, declared: FixedTable, fiscal_year: int) -> Iterator[tuple[Place, Cell]]:
    """Yield the place and cell of each row of an exact answer."""
    split, fine = exact.plan.split, exact.plan.granularity
    for row in exact.frame.iter_rows(named=True):
        area, category = (
            (NOT_STATED if row[d] is None else str(row[d])) if d in split else TOTAL
            for d in (declared.area, declared.category)
        )
        place = (node_of(fine, row["period_start"], fiscal_year), area, category)
        yield place, Cell(int(row["value"]), int(row["people"]), (int(row["largest"]),))


def _time(fiscal_year: int, fine: Sequence[str]) -> Hierarchy:
    """Return month -> quarter -> fiscal year, as far down as the table goes."""
    start, _ = days_of(fiscal_year)
    months = [
        date(start.year + (start.month + i > 12), (start.month + i - 1) % 12 + 1, 1)
        for i in range(12)
    ]
    steps = [step for step in reversed(fine) if step != "fiscal_year"]
    ways = dict.fromkeys(
        tuple(node_of(step, month, fiscal_year) for step in steps) for month in months
    )
    year = node_of("fiscal_year", start, fiscal_year)
    return stepped("period", list(ways), total=year) if steps else apart("period", [year])


def node_of(granularity: str, first: date, fiscal_year: int) -> str:
    """Return how a period is named in a fixed table: 2024-10, FY2025 Q1, FY2025."""
    if granularity == "month":
        return f"{first:%Y-%m}"
    if granularity == "quarter":
        quarter = next(i for i, m in enumerate(_QUARTERS, 1) if m <= first.month < m + 3)
        return f"FY{fiscal_year} Q{quarter}"
    return f"FY{fiscal_year}"
