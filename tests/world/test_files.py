"""What is written: the same bytes each time, in the publisher's shape, synthetic in every place."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from openlifecycle.cli.demo_world import LAYOUTS
from openlifecycle.cli.main import cli
from openlifecycle.demo.world import World, make_world, write_world
from openlifecycle.demo.world.layout import layout_names
from openlifecycle.demo.world.people import KEY_PREFIX
from openlifecycle.errors import UsageError

C = pl.col
#: Typed from the publisher's layouts: the first headings of some tables, the row they stand in
#: counted from 1, and the last heading with its misspelling.
HEADINGS = {
    ("2026-03", "Detentions FY2024"): (7, "Stay Book In Date Time", "Anonymized Identifier"),
    ("2026-03", "Arrests FY2025"): (7, "Apprehension Date", "Anonymized Identifier"),
    ("mid-2025", "Detentions FY2023-FY2025"): (7, "Stay Book In Date Time", "Unique Identifier"),
    ("2012-2023", "Detentions FY2015"): (6, "Detention ID", "Anonymized Identifier"),
    ("2012-2023", "Removals FY2012-FY2023"): (6, "Departure Date", "Anonymized Identifer"),
    ("2012-2023", "Arrests FY2017-FY2023"): (7, "Apprehension Date", "Anonymized Identifier"),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[World, Path]]:
    """A small world in each layout, as originals."""
    found = {}
    for layout in LAYOUTS:
        world = make_world(400, 9, layout=layout, sheet_rows=150)
        folder = tmp_path_factory.mktemp(layout) / "w"
        write_world(world, folder)
        found[layout] = (world, folder)
    return found


def _cells(path: Path, row: int, sheet: str | None = None) -> tuple[Any, ...]:
    """Return the values of a row, counted from 1, of one sheet or of the first."""
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        of = book[sheet] if sheet else book.worksheets[0]
        return next(of.iter_rows(min_row=row, max_row=row, values_only=True))
    finally:
        book.close()


def _prints(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("form", ["original", "processed"])
def test_the_same_options_give_the_same_bytes_in_another_process(tmp_path: Path, form: str) -> None:
    options = ["--persons", "300", "--seed", "5", "--form", form]
    for name in ("one", "two"):
        words = [sys.executable, "-m", "openlifecycle", "demo", "world", *options]
        subprocess.run([*words, "--out", str(tmp_path / name)], check=True, capture_output=True)
    assert _prints(tmp_path / "one") == _prints(tmp_path / "two")
    assert len(_prints(tmp_path / "one")) > 10


def test_another_seed_is_another_world() -> None:
    one, two = make_world(50, 1), make_world(50, 2)
    assert not one.tables["detention_stint"].equals(two.tables["detention_stint"])


def test_keys_of_one_person_differ_between_layouts() -> None:
    one, two = make_world(50, 1), make_world(50, 1, layout="mid-2025")
    assert set(one.truth["person"]["person_key"]).isdisjoint(two.truth["person"]["person_key"])


@pytest.mark.parametrize(("layout", "name"), HEADINGS)
def test_headings_are_the_publishers_in_the_row_where_they_stand(
    written: dict[str, tuple[World, Path]], layout: str, name: str
) -> None:
    row, first, last = HEADINGS[layout, name]
    path = written[layout][1] / "releases" / f"SYNTHETIC ICE {name}.xlsx"
    cells = _cells(path, row)
    assert (cells[0], cells[-1]) == (first, last)


def test_the_text_layout_has_six_lines_bars_and_american_dates(
    written: dict[str, tuple[World, Path]],
) -> None:
    world, folder = written["uwchr-2022"]
    member = world.tables["detention_stint"]["member"][0]
    lines = (folder / "releases" / member).read_text(encoding="utf-8").splitlines()
    assert lines[6].startswith("Stay Book In Date Time|Detention Book In Date And Time|")
    first = world.tables["detention_stint"].row(0, named=True)
    assert lines[first["row"] - 1].split("|")[1] == first["book_in_at"].strftime("%m/%d/%Y %H:%M")


def test_every_row_stands_where_the_table_says(written: dict[str, tuple[World, Path]]) -> None:
    world, folder = written["2026-03"]
    for row in world.tables["arrest"].sample(5, seed=1).iter_rows(named=True):
        cells = _cells(folder / "releases" / row["member"], row["row"], row["sheet"])
        assert row["arrested_at"] == cells[0]
        if row["person_key"] is not None:
            assert cells[-1] == row["person_key"]


def test_a_full_sheet_is_followed_by_another(written: dict[str, tuple[World, Path]]) -> None:
    path = written["mid-2025"][1] / "releases" / "SYNTHETIC ICE Detentions FY2023-FY2025.xlsx"
    with zipfile.ZipFile(path) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) > 3


def test_two_detainer_files_lack_the_birth_date(written: dict[str, tuple[World, Path]]) -> None:
    headings = {}
    for year in (2023, 2024, 2025, 2026):
        path = written["2026-03"][1] / "releases" / f"SYNTHETIC ICE Detainers FY{year}.xlsx"
        headings[year] = _cells(path, 7)
    assert [len(headings[year]) for year in headings] == [64, 64, 65, 65]


def test_every_file_is_marked_synthetic_outside_and_inside(
    written: dict[str, tuple[World, Path]], tmp_path: Path
) -> None:
    processed = tmp_path / "processed"
    write_world(written["2026-03"][0], processed, "processed")
    folders = [folder for _, folder in written.values()]
    files = [p for folder in (*folders, processed) for p in folder.rglob("*") if p.is_file()]
    assert {path.suffix for path in files} == {".xlsx", ".txt", ".parquet", ".json"}
    for path in files:
        assert path.name.startswith("SYNTHETIC")
        if path.suffix == ".parquet":
            assert pq.read_metadata(path).metadata[b"synthetic"] == b"true"
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as parts:
                assert b"SYNTHETIC" in parts.read("docProps/core.xml")
            assert _cells(path, 1)[0].startswith("SYNTHETIC")
        else:
            assert (
                "SYNTHETIC"
                in path.read_text(encoding="utf-8").splitlines()[0 if path.suffix == ".txt" else 1]
            )


def test_no_key_code_or_name_could_be_a_real_one(messy: World) -> None:
    for table in messy.tables.values():
        keys = table["person_key"].drop_nulls()
        assert keys.str.starts_with(KEY_PREFIX).all()
        assert (keys.str.len_chars() == 40).all()
    for column in ("facility_label", "facility_city"):
        for table in messy.tables.values():
            if column in table.columns:
                assert table[column].drop_nulls().str.starts_with("SYNTHETIC").all()
    codes = messy.truth["place"]["facility_code"]
    assert codes.str.starts_with("Z").all()
    assert (codes.str.len_chars() == 7).all()
    assert codes.is_unique().all()
    holds = messy.truth["place"].filter(C("kind") == "HOLD")["facility_code"]
    assert holds.str.contains("HOLD").all()


def test_no_column_can_hold_a_name_or_a_birthday(written: dict[str, tuple[World, Path]]) -> None:
    world, folder = written["mid-2025"]
    path = folder / "releases" / "SYNTHETIC ICE Arrests FY2023-FY2025.xlsx"
    frame = pl.read_excel(path, engine="calamine", read_options={"header_row": 6})
    for heading in ("Birth Date", "Alien File Number", "EID Case ID", "EID Subject ID"):
        marks = set(frame[heading])
        assert len(marks) == 1
        assert "(6)" in marks.pop()
    assert world.tables["arrest"].height >= frame.height


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="left alone"):
        write_world(make_world(5, 1), tmp_path)


def test_the_command_offers_the_layouts_that_there_are() -> None:
    assert set(LAYOUTS) == set(layout_names())


def test_the_command_writes_and_says_so(tmp_path: Path) -> None:
    words = ["demo", "world", "--persons", "60", "--rate", "overlap=0.2", "--json"]
    done = CliRunner().invoke(cli, [*words, "--out", str(tmp_path / "w")])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert told["synthetic"] is True
    assert told["rows"]["detention_stint"] > 50
    about = json.loads((tmp_path / "w" / "SYNTHETIC.json").read_text(encoding="utf-8"))
    assert about["rates"]["overlap"] == 0.2


def test_the_command_refuses_a_rate_it_does_not_know(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["demo", "world", "--rate", "overlapp=0.2"])
    assert done.exit_code == 2
    assert "overlap" in done.stderr
    done = CliRunner().invoke(cli, ["demo", "world", "--rate", "overlap"])
    assert done.exit_code == 2


def test_the_rates_are_listed() -> None:
    done = CliRunner().invoke(cli, ["demo", "world", "--list-rates"])
    assert "duplicate_bond" in done.output
