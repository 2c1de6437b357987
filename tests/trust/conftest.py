"""What the trust tests share: one reading per workbook, and the raw grid by another reader.

The raw grid comes from python-calamine alone, so that what is compared with the observations
never passes through the project's own reading.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

Grids = dict[str, list[list[Any]]]


def split_a1(cell: str) -> tuple[int, int]:
    """Zero-based row and column of an A1 reference."""
    letters = cell.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(cell[len(letters) :]) - 1, column - 1


def is_number(value: object) -> bool:
    """Whether a raw cell counts as numeric: ints and floats, neither booleans nor dates."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def excel_date(serial: float) -> dt.date:
    """The date that an Excel serial number means (1900 system, after the false leap day)."""
    return dt.date(1899, 12, 30) + dt.timedelta(days=int(serial))


def raw_grids(path: Path) -> Grids:
    """Every sheet of a workbook as rows of cells, read by python-calamine only."""
    workbook = CalamineWorkbook.from_path(str(path))
    return {
        name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for name in workbook.sheet_names
    }


def raw_cell(grids: Grids, sheet: str, cell: str) -> Any:
    """The raw cell, or an empty string where the grid has none."""
    row, column = split_a1(cell)
    grid = grids[sheet]
    if row >= len(grid) or column >= len(grid[row]):
        return ""
    return grid[row][column]


@pytest.fixture(scope="session")
def statistics_dir(corpus_dir: Path) -> Path:
    """The folder of published workbooks."""
    return corpus_dir / "ice_detention_statistics"


@pytest.fixture(scope="session")
def read_workbook(statistics_dir: Path) -> Iterator[Callable[[str], Any]]:
    """Read a corpus workbook by the project's reader; the last three readings are kept."""
    from openlifecycle.tidying.tidy import read_release

    kept: OrderedDict[str, Any] = OrderedDict()

    def read(name: str) -> Any:
        if name not in kept:
            data = (statistics_dir / name).read_bytes()
            release = f"us_ice.detention_statistics@{hashlib.sha256(data).hexdigest()[:12]}"
            kept[name] = read_release(data, names=[name], release_id=release)
            while len(kept) > 3:
                kept.popitem(last=False)
        kept.move_to_end(name)
        return kept[name]

    yield read
    kept.clear()
