"""Tiny workbooks, and a reader for them: the door's tests need no real layout.

A tiny workbook says ``as of 2024-01-02`` in A1 of its first sheet and has numbers below.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl

from openlifecycle.errors import UnknownSeries

SERIES = "us_ice.detention_statistics"


def tiny_workbook(as_of: str = "2024-01-02", numbers: Sequence[float] = (1, 2, 3)) -> bytes:
    """Return the bytes of a workbook with one sheet."""
    return workbook_of({"Counts": [[f"as of {as_of}"], *[[n] for n in numbers]]})


def workbook_of(sheets: dict[str, list[list[Any]]]) -> bytes:
    """Return the bytes of a workbook with the given rows."""
    book = openpyxl.Workbook()
    del book["Sheet"]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return _at_a_fixed_moment(buffer.getvalue())


def _at_a_fixed_moment(data: bytes) -> bytes:
    """Return a workbook with the times of saving replaced: the same rows give the same bytes."""
    again = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as saved,
        zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in saved.namelist():
            content = saved.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb">\d{4}-\d\d-\d\dT[^<]*<", b">2024-01-01T00:00:00Z<", content)
            info = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return again.getvalue()


def read_tiny(data: bytes, *, names: Sequence[str], release_id: str) -> SimpleNamespace:
    """Read a tiny workbook, as the tidying room reads a real one."""
    import polars as pl

    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    title = re.fullmatch(r"as of (\d{4}-\d{2}-\d{2})", str(sheet["A1"].value))
    if title is None:
        raise UnknownSeries("not a tiny workbook")
    as_of = dt.date.fromisoformat(title.group(1))
    cells = [(cell.coordinate, cell.value) for (cell,) in sheet.iter_rows(min_row=2, max_col=1)]
    count = len(cells)
    numeric = {"all": count, "captured": count, "structural": 0, "ignored": {}, "refused": 0}
    every = {**numeric, "all": count + 1, "structural": 1}
    return SimpleNamespace(
        series=SERIES,
        observations=pl.DataFrame(
            {
                "release_id": [release_id] * count,
                "status": ["observed"] * count,
                "sheet": [sheet.title] * count,
                "cell": [cell for cell, _ in cells],
                "value": [float(value) for _, value in cells],
            }
        ),
        receipt={
            "release_id": release_id,
            "sheets": [
                {
                    "sheet": sheet.title,
                    "family": "tiny",
                    "hidden": False,
                    "fiscal_year": as_of.year,
                    "numeric": numeric,
                    "cells": every,
                    "tables": [],
                }
            ],
            "totals": {"numeric": numeric, "cells": every},
        },
        dates=[{"kind": "as_of", "date": as_of.isoformat(), "sheet": sheet.title, "cell": "A1"}],
        findings=[],
        fiscal_year=as_of.year,
        as_of=as_of,
        published_on=None,
        published_why="not stated",
    )


def tree(root: Path) -> dict[str, str]:
    """Return the sha256 of every file below a folder, and its folders, by relative path."""
    return {
        path.relative_to(root).as_posix(): "folder"
        if path.is_dir()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
    }
