"""Event tables, of which only a few columns are held; the others pass by when tables are told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import polars as pl

from openlifecycle.lifecycle.arrays.numbers import Marks
from openlifecycle.lifecycle.possible import TIMES
from openlifecycle.lifecycle.rules import RuleSet
from openlifecycle.model.events import EVENTS

#: Columns beside those that are held: so few more are sooner held than read again for every table.
_FEW: Final = 4


@dataclass(frozen=True)
class Source:
    """An event table in the order of record numbers.

    Attributes:
        rows: all of it, dates as the rules take them; a wide table is read whenever it is wanted.
        held: the columns that are read again and again.
    """

    rows: pl.LazyFrame
    held: pl.DataFrame

    @classmethod
    def of(
        cls, event: str, table: pl.LazyFrame, columns: Collection[str], rules: RuleSet
    ) -> Source:
        """Return a table, of which those of the columns that it has are held."""
        names = table.collect_schema().names()
        held = [name for name in names if name in columns or name in ("row_id", "date_flags")]
        if len(names) - len(held) <= _FEW:
            held = names
        found = table.select(held).collect()
        if not found["row_id"].is_sorted():
            table = table.collect().sort("row_id").lazy()
            found = table.select(held).collect()
        if held is names:
            table = found.lazy()
        if rules.others.impossible_dates != "missing" or "date_flags" not in names:
            return cls(table, found)
        # few fields are flagged: each flag is field:reason, and one field's name may end another's
        flags = "," + found["date_flags"].unique().drop_nulls().str.join("").item()
        times = [f.name for f in EVENTS[event].fields if f.kind in TIMES and f.name in names]
        lost = [name for name in times if f"{name}:" in flags]
        return cls(
            table.with_columns(map(_possible, lost)),
            found.with_columns(_possible(name) for name in lost if name in held),
        )

    def beside(self, columns: pl.DataFrame) -> pl.LazyFrame:
        """Return the table with further columns, which have a value for each row."""
        return pl.concat([self.rows, columns.lazy()], how="horizontal")

    def those(self, chosen: Marks) -> pl.LazyFrame:
        """Return the rows that are marked."""
        return (
            self.beside(pl.DataFrame({"is chosen": chosen})).filter("is chosen").drop("is chosen")
        )


def _possible(name: str) -> pl.Expr:
    """Return a date that cannot be as missing."""
    flags = pl.lit(",") + pl.col("date_flags")
    return pl.when(~flags.str.contains(f",{name}:", literal=True).fill_null(value=False)).then(name)
