"""The original files of a layout: workbooks with lines above the header, or delimited text."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from openlifecycle.demo.world.build import World
from openlifecycle.demo.world.layout import Layout, layout
from openlifecycle.demo.world.names import MARK, METADATA
from openlifecycle.demo.world.printed import printed

#: Cells beyond which a workbook is written row by row with its words inside the cells.
_LARGE: Final = 3_000_000
_OLDEST: Final = date(1900, 3, 1)
_MADE: Final = datetime(2026, 1, 1)  # noqa: DTZ001 - the same file at any time of writing


def write_originals(world: World, table: str, folder: Path) -> list[Path]:
    """Write the files of one table and return where they are."""
    shape = layout(world.layout)
    members = world.tables[table]["member"].unique(maintain_order=True)
    write = _write_text if shape.is_flat else _write_workbook
    return [write(world, shape, table, member, folder / member) for member in sorted(members)]


def preamble(world: World, table: str, lines: int) -> list[str]:
    """Return the lines above a header: the first and the last but one say what the file is."""
    told = [
        MARK,
        f"Table: {table}; layout {world.layout}",
        f"World of {world.persons:,} persons, seed {world.seed}",
        f"From {world.start} through {world.through:%Y-%m-%d}",
        "Made by olc demo world of OpenLifecycle; no agency released this",
        "",
    ]
    return told[:lines]


def _write_workbook(world: World, shape: Layout, table: str, member: str, path: Path) -> Path:
    import xlsxwriter  # type: ignore[import-untyped]

    sheets = (
        world.tables[table].filter(pl.col("member") == member)["sheet"].unique(maintain_order=True)
    )
    frames = {sheet: printed(world, table, member, sheet) for sheet in sheets}
    cells = sum(frame.height * frame.width for frame in frames.values())
    book = xlsxwriter.Workbook(path, {"constant_memory": cells > _LARGE})
    book.set_properties({"title": "SYNTHETIC", "comments": MARK, "created": _MADE})
    for name, value in METADATA.items():
        book.set_custom_property(name, value)
    formats = {
        "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
    }
    above = shape.above(table)
    for name, frame in frames.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(above + 1, 0)
        for row, line in enumerate(preamble(world, table, above)):
            sheet.write_string(row, 0, line)
        sheet.write_row(above, 0, frame.columns)
        _write_rows(sheet, frame, above + 1, formats)
    book.close()
    return path


def _write_rows(sheet: Any, frame: pl.DataFrame, first: int, formats: dict[str, Any]) -> None:
    """Write the records; a day that Excel has no number for is written as words."""
    for row, record in enumerate(frame.iter_rows(), start=first):
        for column, value in enumerate(record):
            if value is None:
                continue
            if isinstance(value, str):
                sheet.write_string(row, column, value)
            elif isinstance(value, date):
                _write_time(sheet, row, column, value, formats)
            else:
                sheet.write_number(row, column, value)


def _write_time(sheet: Any, row: int, column: int, value: date, formats: dict[str, Any]) -> None:
    day = value.date() if isinstance(value, datetime) else value
    if day < _OLDEST:
        sheet.write_string(row, column, f"{day.month:02}/{day.day:02}/{day.year:04}")
        return
    kind = "moment" if isinstance(value, datetime) else "day"
    sheet.write_datetime(row, column, value, formats[kind])


def _write_text(world: World, shape: Layout, table: str, member: str, path: Path) -> Path:
    """Write the text layout: lines above the header, bars between fields, American dates."""
    frame = printed(world, table, member).with_columns(
        pl.selectors.datetime().dt.strftime("%m/%d/%Y %H:%M"),
        pl.selectors.date().dt.strftime("%m/%d/%Y"),
        pl.selectors.float().cast(pl.Int64),
    )
    above = "".join(f"{line or MARK}\n" for line in preamble(world, table, shape.above(table)))
    body = frame.write_csv(separator="|", line_terminator="\n")
    path.write_text(above + body, encoding="utf-8")
    return path
