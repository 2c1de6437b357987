"""The first look: right numbers, written so that they cannot be misread, and repeatable.

Expected figures were read by eye from the published workbooks: FY26_detentionStats12032025.xlsx
(Detention FY26) and FY25_detentionStats08292025.xlsx (Detention FY25).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import build_starter
from openlifecycle.cli.main import cli
from openlifecycle.demo.selection import LISTS, selected
from openlifecycle.demo.summary import written
from openlifecycle.demo.unpack import OBSERVATIONS_FILE, STAMP, starter_file, starter_store
from openlifecycle.errors import StoreProblem
from openlifecycle.model.observation import SCHEMA
from openlifecycle.vault.store import Store

STARTER_LIMIT = 2_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("demo") / "starter"
    starter_store(place)
    return place


@pytest.fixture(scope="module")
def said(folder: Path) -> str:
    chart = folder.with_name("chart.png")
    done = CliRunner().invoke(cli, ["demo", "--store", str(folder), "--chart", str(chart)])
    assert done.exit_code == 0, done.output
    assert chart.read_bytes().startswith(b"\x89PNG")
    return done.output


@pytest.mark.parametrize(
    "words",
    [
        "65,735  on 30 November 2025",  # Detention FY26, table "Currently Detained by Criminality"
        "on 24 August 2025",
        "53,520",  # arrested by ICE
        "12,215",  # arrested by CBP
        "17,358",  # Convicted Criminal, all
        "26.4%",  # 17,358 of 65,735
        "to 29 Nov 2025",
        "RESTATED",
        "BEFORE YOU QUOTE THIS",
        "olc take",
    ],
)
def test_the_summary_says(said: str, words: str) -> None:
    assert words in said


def test_the_change_since_the_release_before_is_the_difference_of_the_two_printed_totals(
    said: str,
) -> None:
    # Detention FY25, F20 of FY25_detentionStats08292025.xlsx: 61,226; 65,735 - 61,226 = 4,509.
    assert "61,226 on 24 August 2025" in said
    assert "+4,509  (+7.4%)" in said


def test_no_line_is_wider_than_a_terminal(said: str) -> None:
    lines = [line for line in said.splitlines() if "/" not in line]  # paths may be long
    assert max(len(line) for line in lines) <= 100


def test_a_date_is_written_out() -> None:
    assert written(date(2025, 11, 3)) == "3 November 2025"


def test_the_starter_set_is_small_and_has_the_declared_columns() -> None:
    data = starter_file(OBSERVATIONS_FILE).read_bytes()
    assert len(data) < STARTER_LIMIT
    assert list(pl.read_parquet_schema(data)) == list(SCHEMA)


def test_unpacking_twice_changes_nothing(folder: Path) -> None:
    def state() -> list[tuple[str, int]]:
        return sorted((str(p), p.stat().st_mtime_ns) for p in folder.rglob("*"))

    before = state()
    starter_store(folder)
    assert state() == before


def test_a_half_unpacked_set_is_made_again(tmp_path: Path) -> None:
    place = tmp_path / "starter"
    starter_store(place)
    (place / STAMP).unlink()
    (place / "catalogue.sqlite").write_bytes(b"")
    assert len(starter_store(place).releases()) == 81


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "thesis.txt"
    precious.write_text("years of work")
    with pytest.raises(StoreProblem, match="left alone"):
        starter_store(tmp_path)
    assert precious.read_text() == "years of work"


def test_a_chart_of_another_kind_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    words = ["demo", "--store", str(tmp_path / "s"), "--chart", str(tmp_path / "a.bmp")]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.corpus
def test_the_workbooks_give_the_committed_starter_set_byte_for_byte(
    corpus_dir: Path, tmp_path: Path
) -> None:
    build_starter.build(corpus_dir / "ice_detention_statistics", tmp_path)
    differ = [
        name
        for name in build_starter.FILES
        if (tmp_path / name).read_bytes() != starter_file(name).read_bytes()
    ]
    assert differ == [], "the reader changed: make starter, and say in CHANGELOG.md which numbers"


def test_releases_of_one_day_stand_in_the_order_in_which_they_were_taken(folder: Path) -> None:
    # FY23_detentionStats04122023b.xlsx has the dates of ...04122023.xlsx and came eight days later;
    # FY21_detentionStats07082021.xlsx was released twice.
    rows = {row.release_id: row for row in Store.open(folder).releases()}
    order = list(rows)
    pairs = [
        (rows[row.follows].names[0], row.names[0], order.index(row.follows) < place)
        for place, row in enumerate(rows.values())
        if row.follows and rows[row.follows].order()[:2] == row.order()[:2]
    ]
    assert pairs == [
        ("FY21_detentionStats07082021.xlsx", "FY21_detentionStats07082021.xlsx", True),
        ("FY23_detentionStats04122023.xlsx", "FY23_detentionStats04122023b.xlsx", True),
    ]


def test_the_selection_keeps_every_table_and_the_lists_of_few_releases() -> None:
    rows = pl.DataFrame(
        [
            {"release_id": f"r{n}", "fiscal_year": 2020 + n // 4, "table": table, "hidden": hidden}
            for n in range(8)
            for table, hidden in (("removals", False), (LISTS[0], False), ("removals", True))
        ]
    )
    kept = selected(rows, [f"r{n}" for n in range(8)])
    assert not kept["hidden"].any()
    assert kept.filter(pl.col("table") == "removals")["release_id"].to_list() == [
        f"r{n}" for n in range(8)
    ]
    # r3 ends the first fiscal year; r7 the second, and r5 to r7 are the last three.
    assert kept.filter(pl.col("table") == LISTS[0])["release_id"].to_list() == [
        "r3", "r5", "r6", "r7",
    ]  # fmt: skip
