"""Fact tables as DuckDB keeps them itself: texts as codes, columns packed, ready to be asked.

To read Parquet again for every question, and to group by texts, costs more than to count. The
Parquet files beside it stay what is true: another engine, or a DuckDB that does not know this file,
asks those.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from openlifecycle.engine.record_marks import AGAIN, SEVERAL

#: The file beside the Parquet files of the fact tables, and the name it is attached by.
NATIVE: Final = "facts.duckdb"
ATTACHED: Final = "facts"

#: A text column with more values stays text: its codes would save nothing.
MOST_CODES: Final = 20_000


def write_native(folder: Path) -> None:
    """Write every Parquet file of a folder as a table of one DuckDB file beside them."""
    import duckdb

    with duckdb.connect(str(folder / NATIVE)) as connection:
        # a table is read whole: to keep the order of the rows would keep back what is written
        connection.execute("SET preserve_insertion_order = false")
        for file in sorted(folder.glob("*.parquet")):
            rows = f"read_parquet({_text(str(file))}, hive_partitioning = false)"
            kinds = connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()  # noqa: S608
            chosen = ", ".join(_column(connection, rows, name, kind) for name, kind, *_ in kinds)
            parts = _parts([name for name, *_ in kinds])
            made = f"SELECT {chosen} FROM {rows} WHERE"  # noqa: S608
            connection.execute(f"CREATE TABLE {_name(file.stem)} AS {made} {parts[0]}")
            for part in parts[1:]:
                connection.execute(f"INSERT INTO {_name(file.stem)} {made} {part}")


def _parts(columns: Sequence[str]) -> list[str]:
    """Return conditions that part the rows: those whose person comes again lie by themselves.

    A question that groups only these passes over the blocks of the others.
    """
    marks = [_name(name) for name in columns if name.startswith(AGAIN)]
    if not marks:
        return ["true"]
    close = f"greatest({', '.join(marks)}) > {SEVERAL}"
    return [f"NOT {close}", close]


def _column(connection: Any, rows: str, name: str, kind: str) -> str:
    column = _name(name)
    if kind != "VARCHAR":
        return column
    distinct = f"SELECT DISTINCT {column} FROM {rows} WHERE {column} IS NOT NULL ORDER BY 1"  # noqa: S608
    values = connection.execute(f"{distinct} LIMIT {MOST_CODES + 1}").fetchall()
    if not 0 < len(values) <= MOST_CODES:
        return column
    return f"{column}::ENUM({', '.join(_text(v) for (v,) in values)}) AS {column}"


def open_native(backend: Any, folder: Path) -> bool:
    """Return whether a DuckDB backend can ask the file of a folder; then it is attached."""
    import duckdb

    file = folder / NATIVE
    if not file.exists():
        return False
    try:
        backend.raw_sql(f"ATTACH {_text(str(file))} AS {ATTACHED} (READ_ONLY)")
    except duckdb.Error:  # written by another version: the Parquet files answer
        return False
    return True


def native_table(backend: Any, name: str) -> Any:
    """Return a table of the attached file as an Ibis table."""
    view = f"fact_{name}"
    backend.raw_sql(
        f"CREATE OR REPLACE TEMP VIEW {_name(view)} AS SELECT * FROM {ATTACHED}.{_name(name)}"  # noqa: S608
    )
    return backend.table(view)


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
