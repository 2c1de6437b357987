"""A table as the publisher prints it: its headers, its redaction marks, its columns to drop.

Works back from the canonical rows, so that reading what is printed here must give those rows.
"""

from __future__ import annotations

import zlib
from typing import Any

import polars as pl

from openlifecycle.demo.world.build import World
from openlifecycle.demo.world.draws import data
from openlifecycle.demo.world.layout import layout

_C = pl.col
#: Fields whose missing values a publisher prints as a redaction mark, at the rate ``redacted``.
_REDACTABLE = ("person_key", "facility_code", "facility_label")


def printed(world: World, table: str, member: str, sheet: str | None = None) -> pl.DataFrame:
    """Return a file, or one sheet of it, as printed: a column for each header, in order."""
    of_file = (_C("member") == member) & (pl.lit(True) if sheet is None else _C("sheet") == sheet)
    rows = world.tables[table].filter(of_file)
    told = world.truth[f"row__{table}"]
    rows = rows.join(
        told.select("row_id", "person", *_variant(told)),
        on="row_id",
        how="left",
        maintain_order="left",
    )
    columns = layout(world.layout).columns(table, member)
    return rows.select(_column(world, header, how).alias(header) for header, how in columns.items())


def _variant(told: pl.DataFrame) -> list[pl.Expr]:
    given = _C("variant") if "variant" in told.columns else pl.lit(0)
    return [given.alias("_variant")]


def _column(world: World, header: str, how: str) -> pl.Expr:
    if not how.startswith("="):
        return _redacted(world, how) if how in _REDACTABLE else _C(how)
    if how == "=blank":
        return pl.lit(None, pl.String)
    if how == "=redacted":
        marks = data("values")["redaction_marks"]
        return pl.lit(marks[zlib.crc32(f"{world.layout} {header}".encode()) % len(marks)])
    return _dropped(how[1:])


def _redacted(world: World, field: str) -> pl.Expr:
    """Return a field with marks in some of its gaps, in every spelling."""
    marks: list[str] = data("values")["redaction_marks"]
    turn = _mixed("row_id", field)
    mark = (turn % len(marks)).replace_strict(dict(enumerate(marks)), return_dtype=pl.String)
    shown = (turn // 16 % 1000) < int(world.rates.redacted * 1000)
    return pl.when(_C(field).is_not_null()).then(_C(field)).when(shown).then(mark)


def _dropped(name: str) -> pl.Expr:
    """Return a column that the reader drops: the same for a person, but for a variant."""
    weights: dict[str, Any] = data("values")["dropped"][name]
    words = list(weights)
    numbers = [number for number, word in enumerate(words) for _ in range(int(weights[word]))]
    drawn = (_mixed("person", name) % len(numbers)).replace_strict(
        dict(enumerate(numbers)), return_dtype=pl.Int64
    )
    return ((drawn + _C("_variant")) % len(words)).replace_strict(
        dict(enumerate(words)), return_dtype=pl.String
    )


def _mixed(column: str, salt: str) -> pl.Expr:
    """Return a number below a million that looks random, the same for the same row and salt."""
    start = zlib.crc32(salt.encode()) % 1_000_003
    return (_C(column) * 48_271 + start) % 1_000_003
