"""The records of one kind as arrays of whole numbers: what an all-knowing attacker would hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from openlifecycle.engine.record_cells import all_hold
from openlifecycle.engine.record_facts import PERSON
from openlifecycle.engine.record_periods import first_day
from openlifecycle.engine.records import RecordCorpus
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_dimensions import record_dimensions
from openlifecycle.measures.record_plan import record_plan

Ints = npt.NDArray[np.int64]

#: Period kinds from fine to coarse.
KINDS = ("day", "month", "quarter", "fiscal_year")
_MONTHS = {"month": (1, 0), "quarter": (3, 0), "fiscal_year": (12, 3)}
_DAY_SECONDS = 86_400_000_000


@dataclass(frozen=True)
class Facts:
    """Records that one measure counts.

    Attributes:
        measure: the measure whose values are numbers of these records.
        rules: the rule set they were kept by.
        unit: number of the person of each record; a record without a key is a unit of its own.
        key: secret number of that unit.
        periods: by period kind the number of the period of each record.
        codes: by dimension the number of the value of each record.
        values: by dimension the value that a number stands for; None where it is not stated.
        within: by dimension the coarser ones that it decides.
    """

    measure: str
    rules: str
    unit: Ints
    key: Ints
    periods: dict[str, Ints]
    codes: dict[str, Ints]
    values: dict[str, list[str | None]]
    within: dict[str, tuple[str, ...]]

    def period_start(self, kind: str, number: int) -> Any:
        """Return the first day of a period."""
        return first_day(number, kind)


def facts(
    corpus: RecordCorpus, measure: str, rules: str = "olc-1", known_on: str | None = None
) -> Facts:
    """Return the records that a measure of rows counts, from the store's own fact table."""
    plan = record_plan(Question.of(measure, rules=rules, as_known_on=known_on))
    held = corpus.held(plan)
    rows = corpus.tables(held, rules).fact(plan.spec.table)
    rows = rows.filter(all_hold(rows, plan.spec.where))
    frame = pl.DataFrame(pl.from_arrow(rows.to_pyarrow()))
    at = pl.col(plan.spec.at).cast(pl.Datetime("us"))
    frame = frame.filter(at.is_not_null(), at <= held.through).with_columns(at.alias("at"))
    frame = frame.sort(pl.all())  # the same order on every run
    dims = plan.spec.dimensions
    made = {d: coded(frame[d]) for d in dims}
    return Facts(
        measure=measure,
        rules=rules,
        unit=units(frame),
        key=frame["record_key"].to_numpy().astype(np.int64),
        periods=_periods(frame["at"]),
        codes={d: c for d, (c, _) in made.items()},
        values={d: v for d, (_, v) in made.items()},
        within={d: _coarser(d, dims) for d in dims},
    )


def units(frame: pl.DataFrame) -> Ints:
    """Return a number for the person of each record; below 0 where no key is known."""
    person = frame[PERSON].to_numpy()
    alone = -1 - np.arange(len(frame))
    return np.where(np.isnan(person), alone, person).astype(np.int64) if (
        person.dtype.kind == "f") else person.astype(np.int64)  # fmt: skip


def _periods(at: pl.Series) -> dict[str, Ints]:
    month = (at.dt.year().cast(pl.Int64) * 12 + at.dt.month() - 1).to_numpy().astype(np.int64)
    made = {k: (month + shift) // size for k, (size, shift) in _MONTHS.items()}
    return made | {"day": at.to_physical().to_numpy().astype(np.int64) // _DAY_SECONDS}


def coded(column: pl.Series) -> tuple[Ints, list[str | None]]:
    """Return numbers in place of the values of a column, and the values; None comes last."""
    values: list[str | None] = sorted({str(v) for v in column.drop_nulls()})
    values.append(None)
    number = {v: i for i, v in enumerate(values)}
    return np.array([number[v] for v in column.cast(pl.String).to_list()], np.int64), values


def _coarser(dim: str, dims: tuple[str, ...]) -> tuple[str, ...]:
    """Return the dimensions that are groups of a dimension's values."""
    declared = record_dimensions()
    found, one = [], declared[dim].within
    while one:
        if one in dims and declared[one].groups:
            found.append(one)
        one = declared[one].within
    return tuple(found)
