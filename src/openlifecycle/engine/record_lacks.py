"""What records lack, counted once at the build: by day, and by which fields are missing together.

How much is missing behind a figure is said of every answer. To count it anew would read every
record once more; what is kept has a row for each day and pattern of missing fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from openlifecycle.engine.record_cells import PERIOD
from openlifecycle.engine.record_marks import AGAIN, BESIDE
from openlifecycle.engine.record_periods import number_on
from openlifecycle.engine.record_units import PERSON, RECORD_KEY, UNIT

#: Prefix of the tables that say what a fact table lacks; then the table, then the field of time.
LACKS: Final = "lacks__"

#: The columns beside the fields: the day, whether the time of day is later than that of the last
#: moment of the release, whether there is no person key, and how many records there are.
DAY: Final = "at_day"
LATE: Final = "is_late"
KEYLESS: Final = "is_keyless"
ROWS: Final = "n_rows"

_EPOCH: Final = date(1970, 1, 1)


def lacks_table(name: str, at: str = "") -> str:
    """Return the name of the table that says what a fact table lacks."""
    return f"{LACKS}{name}__{at}" if at else f"{LACKS}{name}"


def fields_of(columns: Sequence[str]) -> list[str]:
    """Return the columns of a fact table that may be asked for as missing: no numbers, no flags."""
    own = (PERSON, UNIT, RECORD_KEY, BESIDE, "row_id")
    return [c for c in columns if c not in own and not c.startswith(("is_", AGAIN))]


def lacks_query(rows: str, columns: Sequence[str], at: str, through: datetime) -> str:
    """Return the DuckDB query that counts what the rows of a table lack.

    Args:
        rows: the table, as it stands in a query.
        columns: its columns.
        at: the field that places its records in time; none for heads, of which all that the rule
            set keeps are counted together.
        through: the last moment of the collection.
    """
    fields = fields_of(columns)
    # one number for the pattern: to group by thirty truths costs ten times as much
    bits = [f'(("{f}" IS NULL)::BIGINT << {place})' for place, f in enumerate(fields)]
    told = ", ".join(f'(mask >> {place}) & 1 = 1 AS "{f}"' for place, f in enumerate(fields))
    time = f'"{at}"::TIMESTAMP'
    late = f"{time}::TIME > TIME '{through.time()}'"
    placed = f"{time}::DATE AS {DAY}, {late} AS {LATE}" if at else f"NULL AS {DAY}, false AS {LATE}"
    kept = f'"{at}" IS NOT NULL' if at else "NOT is_left_out"
    return (
        f"SELECT {DAY}, {LATE}, {KEYLESS}, {told}, {ROWS} FROM ("  # noqa: S608
        f"SELECT {placed}, {UNIT} < 0 AS {KEYLESS}, {' | '.join(bits)} AS mask,"
        f" count(*) AS {ROWS} FROM {rows} WHERE {kept} GROUP BY ALL)"
    )


@dataclass(frozen=True)
class Lacks:
    """What the records of a table lack, ready to be added up."""

    frame: pl.DataFrame

    def by_period(
        self,
        *,
        granularity: str,
        split: Sequence[str],
        fields: Sequence[str],
        span: tuple[date | None, date | None],
        latest: datetime,
    ) -> pl.DataFrame:
        """Return by ``period`` all rows, those without a key, and those that lack a field.

        Columns: ``all_rows``, ``keyless_rows``, ``missing_rows`` and one ``f_`` for each field.

        Args:
            granularity: of the periods.
            split: the fields of which one missing makes a record one of ``missing_rows``.
            fields: those counted each by itself.
            span: first and last day; None for no bound.
            latest: the last moment of a record that counts.
        """
        day = pl.col(DAY)
        last = latest.date()
        asked = [(day < last) | ((day == last) & ~pl.col(LATE))]
        asked += [day >= span[0]] if span[0] else []
        asked += [day < span[1] + timedelta(days=1)] if span[1] else []
        rows = self.frame.filter(asked)
        days = rows[DAY].unique()
        numbers = pl.Series([number_on(d, granularity) for d in days], dtype=pl.Int64)
        rows = rows.join(pl.DataFrame({DAY: days, PERIOD: numbers}), on=DAY)
        return rows.group_by(PERIOD).agg(_counts(split, fields))

    def whole(self, fields: Mapping[str, str]) -> dict[str, tuple[int, int]]:
        """Return by name how many records lack a field, and how many there are."""
        every = int(self.frame[ROWS].sum())
        lacking = self.frame.select(
            pl.col(ROWS).filter(pl.col(f)).sum().alias(name) for name, f in fields.items()
        )
        return {name: (int(lacking[name][0]), every) for name in fields}


def _counts(split: Sequence[str], fields: Sequence[str]) -> list[pl.Expr]:
    rows = pl.col(ROWS)
    some = pl.any_horizontal([pl.col(f) for f in split]) if split else None
    return [
        rows.sum().alias("all_rows"),
        rows.filter(pl.col(KEYLESS)).sum().alias("keyless_rows"),
        (pl.lit(0, pl.Int64) if some is None else rows.filter(some).sum()).alias("missing_rows"),
        *(rows.filter(pl.col(f)).sum().alias(f"f_{f}") for f in fields),
    ]


def write_lacks(file: Path, times: Mapping[str, Sequence[str]], through: datetime) -> None:
    """Write what each fact table of a DuckDB file lacks beside it.

    Args:
        file: the file with the fact tables.
        times: by fact table, the fields that place its records in time.
        through: the last moment of the collection.
    """
    import duckdb

    with duckdb.connect(str(file)) as connection:
        there = {name for (name,) in connection.execute("SHOW TABLES").fetchall()}
        for name in there & {*times}:
            columns = [row[0] for row in connection.execute(f"DESCRIBE {name}").fetchall()]
            for at in times[name]:
                made = lacks_query(name, columns, at, through)
                connection.execute(f"CREATE TABLE {lacks_table(name, at)} AS {made}")


def read_lacks(backend: Any, table: str) -> Lacks:
    """Return what an attached table says is lacking."""
    return Lacks(pl.DataFrame(pl.from_arrow(backend.con.sql(f"FROM {table}").to_arrow_table())))
