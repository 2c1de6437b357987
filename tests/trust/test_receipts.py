"""Every numeric cell of every corpus workbook is accounted for, and captured as printed.

Two independent counts stand against the receipt: the corpus's own ``numeric_cells.csv``, and a
count of the captured cells in a grid read by python-calamine alone. Every captured number is
read back against that grid, cell by cell.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.trust.conftest import Grids, excel_date, is_number, raw_grids, split_a1

KINDS = ("captured", "structural", "refused")


@pytest.fixture(scope="session")
def denominators(statistics_dir: Path) -> dict[str, dict[str, int]]:
    """Numeric cells per file and sheet, counted outside this project."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    with (statistics_dir / "numeric_cells.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            counts[row["file"]][row["sheet"]] = int(row["numeric"])
    return counts


@pytest.fixture(scope="session")
def corpus_names(statistics_dir: Path) -> list[str]:
    """The names of all corpus workbooks."""
    return sorted(path.name for path in statistics_dir.glob("*.xlsx"))


def ignored_total(count: dict[str, Any]) -> int:
    """The ignored cells of one account, over all reasons."""
    return sum(count["ignored"].values())


def account_problems(sheet: dict[str, Any], counted: int | None) -> list[str]:
    """What is wrong with one sheet's account."""
    where, numeric = sheet["sheet"], sheet["numeric"]
    problems = []
    if numeric["all"] != counted:
        problems.append(f"{where}: receipt counts {numeric['all']} numeric cells, not {counted}")
    for kind in ("numeric", "cells"):
        account = sheet[kind]
        parts = sum(account[name] for name in KINDS) + ignored_total(account)
        if parts != account["all"]:
            problems.append(f"{where}: {kind} parts add to {parts}, all is {account['all']}")
    for reason in numeric["ignored"]:
        if len(str(reason).split()) < 4:
            problems.append(f"{where}: ignored reason is no sentence: {reason!r}")
    return problems


def read_back(row: dict[str, Any], raw: Any) -> bool:
    """Whether an observation holds what the raw numeric cell holds."""
    if row["unit"] == "date":
        return row["value_text"] == excel_date(raw).isoformat()
    if row["value"] is None:
        return False
    return math.isclose(row["value"], raw, rel_tol=1e-12, abs_tol=1e-12)


def captured_numbers(
    observations: pl.DataFrame, grids: Grids
) -> tuple[dict[str, set[str]], list[str], int]:
    """Numeric cells with an observation per sheet, wrong read-backs, and observations compared."""
    cells: dict[str, set[str]] = defaultdict(set)
    wrong: list[str] = []
    compared = 0
    columns = ["sheet", "cell", "unit", "value", "value_text"]
    for row in observations.filter(pl.col("edition") != "corrected").select(columns).to_dicts():
        r, c = split_a1(row["cell"])
        grid = grids[row["sheet"]]
        raw = grid[r][c] if r < len(grid) and c < len(grid[r]) else ""
        if not is_number(raw):
            continue
        cells[row["sheet"]].add(row["cell"])
        compared += 1
        if not read_back(row, raw):
            wrong.append(f"{row['sheet']}!{row['cell']}: raw {raw!r}, read {row}")
    return cells, wrong, compared


def test_numeric_cells_csv_is_what_an_independent_count_gives(
    corpus_names: list[str], statistics_dir: Path, denominators: dict[str, dict[str, int]]
) -> None:
    """The denominators themselves are counted again, on three workbooks spread over the years."""
    for name in corpus_names[::30]:
        for sheet, grid in raw_grids(statistics_dir / name).items():
            counted = sum(is_number(cell) for row in grid for cell in row)
            assert counted == denominators[name][sheet], (name, sheet)


def test_every_receipt_adds_up_and_every_captured_number_reads_back(
    corpus_names: list[str],
    statistics_dir: Path,
    denominators: dict[str, dict[str, int]],
    read_workbook: Any,
    record_property: Any,
) -> None:
    """All workbooks, all sheets, all numeric cells; the totals are recorded in the report."""
    problems: list[str] = []
    totals = dict.fromkeys(("all", "captured", "structural", "ignored", "refused"), 0)
    compared = 0
    for name in corpus_names:
        tidied = read_workbook(name)
        receipt = json.loads(json.dumps(tidied.receipt))
        sheets = {sheet["sheet"]: sheet for sheet in receipt["sheets"]}
        found = []
        if set(sheets) != set(denominators[name]):
            found.append(f"sheets of the receipt: {sorted(sheets)}")
        cells, wrong, count = captured_numbers(
            tidied.observations, raw_grids(statistics_dir / name)
        )
        compared += count
        found += wrong[:20]
        for title, sheet in sheets.items():
            found += account_problems(sheet, denominators[name].get(title))
            if sheet["numeric"]["captured"] != len(cells[title]):
                found.append(
                    f"{title}: receipt says {sheet['numeric']['captured']} captured, "
                    f"{len(cells[title])} numeric cells have an observation"
                )
            for kind in totals:
                value = sheet["numeric"][kind]
                totals[kind] += ignored_total(sheet["numeric"]) if kind == "ignored" else value
        problems += [f"{name}: {what}" for what in found]
    share = (totals["captured"] + totals["structural"]) / max(totals["all"], 1)
    summary = (
        f"{len(corpus_names)} workbooks read; {totals}; captured or structural {share:.4%}; "
        f"{compared} observations read back against the raw cell"
    )
    print(summary)  # noqa: T201  # the measure this test exists for; shown with -s
    record_property("receipts", summary)
    assert not problems, "\n".join(problems[:200])
    assert compared >= totals["captured"]
    assert share > 0.99


def test_no_observation_stands_on_a_blank_cell(
    corpus_names: list[str], statistics_dir: Path, read_workbook: Any
) -> None:
    """An observation's cell holds something: blanks become no values (every 8th workbook)."""
    blank: list[str] = []
    for name in corpus_names[::8]:
        grids = raw_grids(statistics_dir / name)
        for row in read_workbook(name).observations.to_dicts():
            r, c = split_a1(row["cell"])
            grid = grids[row["sheet"]]
            raw = grid[r][c] if r < len(grid) and c < len(grid[r]) else ""
            if raw == "" and row["status"] != "error_cell":
                blank.append(f"{name} {row['sheet']}!{row['cell']}: {row['measure']}")
            if isinstance(raw, (dt.date, dt.datetime)) and row["unit"] != "date":
                blank.append(f"{name} {row['sheet']}!{row['cell']}: a date read as a number")
    assert not blank, "\n".join(blank[:50])
