"""Hand-made lifecycle tables for DuckDB, from the twin's people."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import ibis
import polars as pl

from tests.cohorts.twin import Arrest, Stay

THROUGH = datetime(2025, 12, 31, 23, 59, 59)

_STAY = {
    "stay_id": pl.Int64, "person_key": pl.String, "book_in_at": pl.Datetime("us"),
    "book_out_at": pl.Datetime("us"), "last_book_in_at": pl.Datetime("us"),
    "last_book_out_at": pl.Datetime("us"), "first_book_out_at": pl.Datetime("us"),
    "n_transfers": pl.Int64, "stay_release_reason": pl.String, "last_release_reason": pl.String,
    "departed_on": pl.Date, "aor": pl.String, "gender": pl.String,
}  # fmt: skip
_ARREST = {
    "row_id": pl.Int64, "person_key": pl.String, "arrested_at": pl.Datetime("us"),
    "is_left_out": pl.Boolean, "departed_on": pl.Date, "aor": pl.String,
}  # fmt: skip


def stay(
    id: int, person: str | None, start: datetime, end: datetime | None = None,
    reason: str | None = None, **more: Any,
) -> Stay:  # fmt: skip
    """Return a stay in one facility unless ``more`` says otherwise."""
    last_reason = more.pop("last_reason", reason)
    return Stay(
        id, person, start, end,
        more.pop("last_start", start), more.pop("last_end", end), more.pop("first_end", end),
        more.pop("moves", 0), reason, last_reason, more.pop("departed", None),
        more.pop("linked_departure", None),
    )  # fmt: skip


def frames(stays: list[Stay], arrests: list[Arrest] = ()) -> dict[str, pl.DataFrame]:  # type: ignore[assignment]
    """Return the frames that the cohort reads."""
    rows = [
        (s.id, s.person, s.start, s.end, s.last_start, s.last_end, s.first_end, s.moves, s.reason,
         s.last_reason, s.departed, f"AOR{s.id % 2}", None)
        for s in stays
    ]  # fmt: skip
    links = [(s.id, s.linked_departure) for s in stays if s.linked_departure]
    found = [(a.id, a.person, a.at, False, a.departed, f"AOR{a.id % 2}") for a in arrests]
    linked = [(a.id, a.stay) for a in arrests]
    return {
        "stay": pl.DataFrame(rows, schema=_STAY, orient="row"),
        "arrest": pl.DataFrame(found, schema=_ARREST, orient="row"),
        "link__arrest_stay": pl.DataFrame(
            linked, schema={"row_id": pl.Int64, "stay_id": pl.Int64}, orient="row"
        ),
        "link__stay_removal": pl.DataFrame(
            links, schema={"stay_id": pl.Int64, "departed_on": pl.Date}, orient="row"
        ),
    }


def tables(stays: list[Stay], arrests: list[Arrest] = ()) -> dict[str, Any]:  # type: ignore[assignment]
    """Return the same as Ibis tables that run on DuckDB in memory."""
    return {name: ibis.memtable(frame.to_arrow()) for name, frame in frames(stays, arrests).items()}


class Compiled:
    """Asks the same question of many small worlds: compiled once, run on each."""

    def __init__(self) -> None:
        import duckdb

        self.duck = duckdb.connect()
        self.backend = ibis.duckdb.from_connection(self.duck)
        self.sql: dict[str, str] = {}
        for name, frame in frames([stay(1, "a", day(1, 1))], []).items():
            self.duck.register("given", frame.to_arrow())
            self.duck.execute(f"create table {name} as select * from given")  # noqa: S608
        self.tables = {name: self.backend.table(name) for name in frames([], [])}

    def fill(self, stays: list[Stay], arrests: list[Arrest]) -> None:
        """Put another world in."""
        for name, frame in frames(stays, arrests).items():
            self.duck.register("given", frame.to_arrow())
            self.duck.execute(f"delete from {name}")  # noqa: S608
            self.duck.execute(f"insert into {name} select * from given")  # noqa: S608

    def fetch(self, question: str, expression: Any) -> Any:
        """Run the query of a question that was asked before, or compile it."""
        if question not in self.sql:
            self.sql[question] = str(self.backend.compile(expression))
        return self.duck.sql(self.sql[question]).to_arrow_table()


_COMPILED: list[Compiled] = []


def compiled() -> Compiled:
    """Return the one engine of the tests that ask small questions."""
    if not _COMPILED:
        _COMPILED.append(Compiled())
    return _COMPILED[0]


def day(month: int, number: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a moment of 2025."""
    return datetime(2025, month, number, hour, minute)


def written(folder: Path, found: dict[str, pl.DataFrame]) -> dict[str, Path]:
    """Write the frames as Parquet and return the files."""
    for name, frame in found.items():
        frame.write_parquet(folder / f"{name}.parquet")
    return {name: folder / f"{name}.parquet" for name in found}


FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
