"""Published figures (T and X rows of the project's list) come out of the observations.

The figures were read from the workbooks, or from the cited third party, before this reader was
written. Rows whose workbook is not in the corpus are named in ``NOT_IN_CORPUS``: they are not
tested here, and the test says so instead of passing silently.
"""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

FY19, FY20 = "FY19_2019-10-07_35b0eaf2.xlsx", "FY20_2020-09-30_6c63df07.xlsx"
FY21, FY22 = "FY21_2021-10-25_66ce2cc4.xlsx", "FY22_2022-09-19_b29a5d4a.xlsx"
FY24 = "FY24_2024-10-07_a177b8bd.xlsx"
JAN_3, JAN_16 = "FY25_2024-12-23_fb6664ed.xlsx", "FY25_2025-01-06_48e204e1.xlsx"

HELD = {"measure": "detained", "table": "detained_by_criminality", "criminality": "Total"}
HELD |= {"arresting_agency": "Total"}
ARRESTED_BY_ICE = HELD | {"arresting_agency": "ICE"}
NO_RECORD = HELD | {"criminality": "Other Immigration Violator"}
ADP = {"measure": "adp", "table": "adp_by_agency_month", "period_kind": "fiscal_year_to_date"}
ADP |= {"arresting_agency": "Total", "criminality": "Total"}
ALOS = ADP | {"measure": "alos", "table": "alos_by_agency_month"}
BOOK_INS = {"measure": "book_ins", "table": "book_ins_by_agency_month"}
BOOK_INS |= {"period_kind": "fiscal_year_to_date", "arresting_agency": "Total"}
REMOVALS = {"measure": "removals", "table": "removals"}

#: Row, workbook, which observation, value as printed in the list, the day it speaks of (or none).
#: The list dates T11 and T12 by the population snapshot (25 Sep); the workbook's own footnote says
#: that its detention and removal data run through 24 Sep, and that is what is expected here.
FIGURES: list[tuple[str, str, dict[str, str], str, str]] = [
    ("T1", FY19, HELD, "50922", "2019-10-04"),
    ("T2", FY19, ADP, "50165.4", ""),
    ("T2", FY19, ALOS, "34.3", ""),
    ("T3", FY19, BOOK_INS, "510854", ""),
    ("T3", FY19, REMOVALS, "267258", ""),
    ("T4", FY20, HELD, "19068", "2020-10-02"),
    ("T5", FY20, ADP, "33724.0", ""),
    ("T5", FY20, ALOS, "63.5", ""),
    ("T6", FY20, BOOK_INS, "182869", ""),
    ("T6", FY20, REMOVALS, "185884", ""),
    ("T7", FY21, HELD, "21566", "2021-09-11"),
    ("T8", FY21, ADP, "19254.3", "2021-09-11"),
    ("T8", FY21, ALOS, "45.7", "2021-09-11"),
    ("T9", FY21, BOOK_INS, "189847", "2021-09-11"),
    ("T9", FY21, REMOVALS, "55590", "2021-09-11"),
    ("T10", FY22, HELD, "25134", "2022-09-25"),
    ("T11", FY22, ADP, "22577.8", "2022-09-24"),
    ("T11", FY22, ALOS, "25.8", "2022-09-24"),
    ("T12", FY22, BOOK_INS, "306979", "2022-09-24"),
    ("T12", FY22, REMOVALS, "69019", "2022-09-24"),
    ("T16", FY24, HELD, "37684", "2024-10-03"),
    ("T17", FY24, ADP, "37721.8", ""),
    ("T17", FY24, ALOS, "46.9", ""),
    ("T18", FY24, BOOK_INS, "277913", ""),
    ("T18", FY24, REMOVALS, "271484", ""),
    ("T19", JAN_3, HELD, "39152", "2024-12-29"),
    ("T20", JAN_16, HELD, "39703", "2025-01-12"),
    ("T20", JAN_16, ARRESTED_BY_ICE, "14557", "2025-01-12"),
]
#: Share of people held without a conviction, in percent to one decimal, of the T rows above.
NO_CONVICTION = [
    ("T1", FY19, 68.3),
    ("T4", FY20, 46.4),
    ("T7", FY21, 78.9),
    ("T10", FY22, 74.4),
    ("T16", FY24, 73.2),
]
#: Third parties' figures, found by the day they name: day, measure, value.
CROSS_CHECKS = [
    ("X1", "2021-04-10", HELD, 15136),
    ("X1", "2021-04-10", NO_RECORD, 9545),
    ("X2", "2022-03-27", HELD, 20733),
    ("X2", "2022-03-27", NO_RECORD, 15033),
    ("X3", "2022-06-19", HELD, 23390),
    ("X4", "2023-03-26", HELD, 26898),
    ("X4", "2023-03-26", NO_RECORD, 16285),
    ("X5", "2024-04-07", HELD, 34580),
    ("X5", "2024-04-07", ARRESTED_BY_ICE, 11803),
]
#: Workbooks of the list that the corpus does not hold, by the original name the list gives.
NOT_IN_CORPUS = {
    "T13, T14, T15": "FY23_detentionStats.xlsx (the closed FY2023 file)",
    "T21": "FY25_detentionStats02142025",
    "T22": "FY25_detentionStats03142025.xlsx",
    "T23": "FY25_detentionStats04162025.xlsx",
    "T24": "FY25_detentionStats05122025.xlsx",
    "T25": "FY25_detentionStats06052025.xlsx",
    "T30, T31, T32, T33": "FY25_detentionStats09242025.xlsx",
}


def pick(observations: pl.DataFrame, wanted: dict[str, str]) -> dict[str, Any]:
    """The one published observation of a visible sheet that fits; more or fewer fail."""
    kept = observations.filter((pl.col("edition") != "corrected") & ~pl.col("hidden"))
    for name, value in wanted.items():
        kept = kept.filter(pl.col(name) == value)
    rows = kept.to_dicts()
    assert len(rows) == 1, (wanted, len(rows))
    assert rows[0]["status"] == "observed"
    return rows[0]


@pytest.mark.parametrize(
    ("row", "name", "wanted", "value", "day"),
    FIGURES,
    ids=[f"{f[0]}-{f[2]['measure']}" for f in FIGURES],
)
def test_a_published_figure_comes_out(
    row: str, name: str, wanted: dict[str, str], value: str, day: str, read_workbook: Any
) -> None:
    """The figure to the digits of the list, and the day where the list names one."""
    got = pick(read_workbook(name).observations, wanted)
    digits = len(value.partition(".")[2])
    assert f"{got['value']:.{digits}f}" == value, row
    if day:
        assert got["period_end"] == dt.date.fromisoformat(day), row


@pytest.mark.parametrize(("row", "name", "percent"), NO_CONVICTION)
def test_the_share_without_conviction_comes_out(
    row: str, name: str, percent: float, read_workbook: Any
) -> None:
    """One less the convicted over all; the list cuts T16's 73.148 % to 73.2, hence the margin."""
    observations = read_workbook(name).observations
    held = pick(observations, HELD)["value"]
    convicted = pick(observations, HELD | {"criminality": "Convicted Criminal"})["value"]
    assert 100 * (1 - convicted / held) == pytest.approx(percent, abs=0.06), row


def near_day(statistics_dir: Path, day: dt.date) -> list[str]:
    """Workbooks pulled within two weeks of a day, by the corpus manifest."""
    with (statistics_dir / "manifest.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    window = dt.timedelta(days=21)
    return [
        row["file"] for row in rows if abs(dt.date.fromisoformat(row["as_of_date"]) - day) <= window
    ]


@pytest.mark.parametrize(
    ("row", "day", "wanted", "value"),
    CROSS_CHECKS,
    ids=[f"{c[0]}-{c[2]['criminality']}-{c[2]['arresting_agency']}" for c in CROSS_CHECKS],
)
def test_a_third_partys_figure_is_found_on_its_day(
    row: str, day: str, wanted: dict[str, str], value: int, statistics_dir: Path, read_workbook: Any
) -> None:
    """Some workbook of those weeks prints that number, and dates it to that day."""
    names = near_day(statistics_dir, dt.date.fromisoformat(day))
    seen = {
        name: pick(read_workbook(name).observations, wanted)
        for name in names
        if "cf5f86d5" not in name  # E2: a year-old Detention sheet
    }
    matches = [got for got in seen.values() if got["value"] == value]
    assert matches, (row, {name: (got["value"], got["period_end"]) for name, got in seen.items()})
    assert {got["period_end"] for got in matches} == {dt.date.fromisoformat(day)}


def test_the_figures_left_out_have_no_workbook_in_the_corpus(statistics_dir: Path) -> None:
    """A row is left out only because its workbook is absent, never because it failed."""
    with (statistics_dir / "manifest.csv").open(encoding="utf-8", newline="") as handle:
        names = {name for row in csv.DictReader(handle) for name in row["original_name"].split(";")}
    for rows, missing in NOT_IN_CORPUS.items():
        assert missing.split()[0] not in names, rows
