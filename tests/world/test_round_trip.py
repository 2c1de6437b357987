"""What the world writes in a layout, the reader reads back as the same rows.

The world and the reader know the layouts from two lists that two people typed; where one of them
is wrong, a column does not come back.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from openlifecycle.demo.world import Rates, World, make_world, write_world
from openlifecycle.demo.world.write import FORMS
from openlifecycle.reading.records.frame import Member, RecordFrame
from openlifecycle.reading.records.read import read_records
from openlifecycle.reading.records.recognise import recognise

LAYOUTS = ("2026-03", "mid-2025", "2012-2023", "uwchr-2022")
#: Every mess often enough to be in a world of this size; several sheets to a file.
MUCH = Rates().but(
    {
        "duplicate_dropped": 0.05,
        "duplicate_bond": 0.05,
        "missing_person": 0.05,
        "missing_facility": 0.05,
        "year_0212": 0.05,
        "negative_stint": 0.05,
    }
)
Read = dict[str, tuple[RecordFrame, pl.DataFrame]]


@pytest.fixture(scope="module", params=[(lay, form) for lay in LAYOUTS for form in FORMS], ids=str)
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[World, str, Read]:
    """A world in one layout and form, with what the reader makes of its files."""
    layout, form = request.param
    world = make_world(700, 3, MUCH, layout=layout, sheet_rows=250)
    folder = tmp_path_factory.mktemp("world")
    tables: dict[str, list[Path]] = {}
    for path in write_world(world, folder / "w", form):
        found = recognise(path)
        assert found is not None
        assert found.form == form
        tables.setdefault(found.table, []).append(path)
    return world, form, {table: _read(table, paths, folder) for table, paths in tables.items()}


def _read(table: str, paths: list[Path], folder: Path) -> tuple[RecordFrame, pl.DataFrame]:
    work = folder / f"work-{table}"
    work.mkdir()
    out = folder / f"{table}.parquet"
    members = [Member(path.name, path) for path in paths]
    frame = read_records(members, release_id="synthetic", out=out, work=work)
    return frame, pl.read_parquet(out)


def test_every_table_comes_back(both: tuple[World, str, Read]) -> None:
    world, form, read = both
    assert set(read) == set(world.tables)
    # A processed file of encounters looks the same in two layouts; every other one is known.
    layouts = {
        frame.layout
        for table, (frame, _) in read.items()
        if (form, table) != ("processed", "encounter")
    }
    assert layouts == {world.layout}


def test_every_cell_comes_back(both: tuple[World, str, Read]) -> None:
    world, form, read = both
    # Where a row stands is another matter in a processed file, which has no sheets.
    elsewhere = {"release_id"} | ({"member", "sheet", "row"} if form == "processed" else set())
    for table, (_, got) in read.items():
        want = world.tables[table]
        assert got.height == want.height
        for name in want.columns:
            if name in elsewhere or name == "date_flags":
                continue
            different = got[name].ne_missing(want[name])
            assert not different.any(), (table, name, int(different.sum()))


def test_days_of_the_year_0212_are_flagged_alike(both: tuple[World, str, Read]) -> None:
    world, _, read = both
    if "detention_stint" not in read:
        return
    got = read["detention_stint"][1]["date_flags"].fill_null("")
    want = world.tables["detention_stint"]["date_flags"].fill_null("")
    assert want.str.len_chars().sum() > 0
    assert (got.str.contains("year_below_1000") == (want != "")).all()


def test_the_reader_knows_how_far_the_release_reaches(both: tuple[World, str, Read]) -> None:
    world, _, read = both
    frame = read["detention_stint"][0]
    assert frame.through is not None
    assert (world.through - frame.through).days <= 3
    assert frame.through <= world.through
