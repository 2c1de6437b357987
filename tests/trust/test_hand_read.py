"""Cells read by eye from the raw grids must be read so by the project.

``hand_read.csv`` was typed by a person looking at each workbook's cells, never from the reader's
output. A blank period or fiscal year there means that the workbook alone does not settle it.
Dimensions are exact for every table but the facility lists, where the facility's own attributes
(address, city, ...) are asserted only where typed.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from openlifecycle.model.dimensions import DIMENSIONS
from tests.trust.conftest import excel_date, is_number, raw_cell, raw_grids

HERE = Path(__file__).parent
with (HERE / "hand_read.csv").open(encoding="utf-8", newline="") as handle:
    ROWS = list(csv.DictReader(handle))
FILES = sorted({row["file"] for row in ROWS})

#: In the facility lists every row also carries these; only the typed ones are asserted.
ATTRIBUTES = {name for name in DIMENSIONS if name.startswith("facility_") or name == "aor"}
FACILITY_TABLES = {"facilities", "facility_extract"}
#: Text cells that print a number inside a sentence, or a dash for zero.
SENTENCE_MEASURES = {"famu_released", "segregation_unique_detainees"}


def expected_dims(row: dict[str, str]) -> dict[str, str]:
    """The typed dimensions of a row."""
    pairs = [part.split("=", 1) for part in row["dimensions"].split(";") if part]
    return {name: value for name, value in pairs}


def printed_matches(raw: Any, row: dict[str, str]) -> bool:
    """Whether the typed value is what the raw grid holds at that cell."""
    if row["unit"] == "date":
        if isinstance(raw, (dt.date, dt.datetime)):
            return raw.strftime("%Y-%m-%d") == row["value"]
        if is_number(raw):
            return excel_date(raw).isoformat() == row["value"]
        return dt.datetime.strptime(raw.strip(), "%m/%d/%Y").date().isoformat() == row["value"]  # noqa: DTZ007
    if row["measure"] in SENTENCE_MEASURES:
        return f" {row['value']} " in f" {raw} "
    if is_number(raw):
        return math.isclose(raw, float(row["value"]), rel_tol=1e-12)
    return str(raw).strip() in (row["value"], "-" if row["value"] == "0" else row["value"])


def differences(got: dict[str, Any], row: dict[str, str]) -> list[str]:
    """Every field of an observation that is not what was read by eye."""
    wanted: dict[str, Any] = {
        name: row[name] for name in ("table", "measure", "unit", "period_kind", "status")
    }
    wanted |= {n: dt.date.fromisoformat(row[n]) for n in ("period_start", "period_end") if row[n]}
    if row["fiscal_year"]:
        wanted["fiscal_year"] = int(row["fiscal_year"])
    wanted = {name: value for name, value in wanted.items() if value != ""}
    wanted["hidden"] = row["hidden"] == "hidden"
    typed = expected_dims(row)
    exact = set(DIMENSIONS) - (ATTRIBUTES if row["table"] in FACILITY_TABLES else set())
    wanted |= {name: typed.get(name) for name in exact | set(typed)}
    if row["unit"] in ("text", "date"):
        wanted["value_text"] = row["value"]
    elif row["status"] not in ("withheld", "not_applicable"):
        wanted["value"] = float(row["value"])
    return [
        f"{name}: read {got[name]!r}, by eye {value!r}"
        for name, value in sorted(wanted.items())
        if got[name] != value
    ]


def test_the_hand_read_set_is_as_wide_as_the_issue_asks() -> None:
    """At least 160 cells of 9 workbooks, every table of the contract at least twice."""
    tables = Counter(row["table"] for row in ROWS)
    assert len(ROWS) >= 160
    assert len(FILES) >= 9
    assert not [table for table, count in tables.items() if count < 2]
    assert len({(row["file"], row["sheet"], row["cell"]) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("name", FILES)
def test_typed_values_stand_in_the_raw_grid(name: str, statistics_dir: Path) -> None:
    """The typed value is what the cell holds: a slip of the pen would prove nothing."""
    grids = raw_grids(statistics_dir / name)
    slips = [
        f"{row['sheet']}!{row['cell']}: typed {row['value']}"
        for row in ROWS
        if row["file"] == name
        and not printed_matches(raw_cell(grids, row["sheet"], row["cell"]), row)
    ]
    assert not slips


@pytest.mark.parametrize("name", FILES)
def test_cells_read_by_eye_are_read_so(name: str, read_workbook: Any) -> None:
    """Each hand-read cell has exactly one observation, with that meaning."""
    observations: pl.DataFrame = read_workbook(name).observations
    published = observations.filter(pl.col("edition") != "corrected")
    wrong: list[str] = []
    for row in (r for r in ROWS if r["file"] == name):
        found = published.filter(
            (pl.col("sheet") == row["sheet"]) & (pl.col("cell") == row["cell"])
        ).to_dicts()
        where = f"{row['sheet']}!{row['cell']}"
        if len(found) != 1:
            wrong.append(f"{where}: {len(found)} observations, by eye 1")
            continue
        wrong += [f"{where}: {what}" for what in differences(found[0], row)]
    assert not wrong, "\n".join(wrong)
