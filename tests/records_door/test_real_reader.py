"""The door with the reader of the reading room: files of an invented system, end to end."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from openlifecycle.demo.world.build import World, make_world
from openlifecycle.demo.world.write import write_world
from openlifecycle.model.events import EVENTS
from openlifecycle.vault.places import Places
from openlifecycle.vault.store import Store

Olc = Callable[..., object]


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(150, seed=3, sheet_rows=60)


@pytest.fixture(scope="module")
def originals(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("originals") / "world"
    write_world(world, folder)
    return folder / "releases"


@pytest.fixture(scope="module")
def processed(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("processed") / "world"
    write_world(world, folder, "processed")
    return folder / "releases"


@pytest.fixture(scope="module")
def taken(originals: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from openlifecycle.intake.take import take

    store = tmp_path_factory.mktemp("taken") / "store"
    assert {o.outcome for o in take(store, [str(originals)])} == {"taken"}
    return store


def test_a_folder_of_workbooks_is_five_linked_releases_of_the_canonical_columns(
    taken: Path, world: World
) -> None:
    opened = Store.open(taken)
    (collection,) = opened.collections()
    assert set(collection.releases) == set(EVENTS)
    for noun, release_id in collection.releases.items():
        frame = pl.read_parquet(opened.event_file(release_id))
        assert frame.columns == [column.name for column in EVENTS[noun].columns]
        assert frame.height == world.tables[noun].height
        assert frame["release_id"].unique().to_list() == [release_id]
    assert collection.through is not None
    # in so small a world the last event may be some days before the end
    assert 0 <= (world.through - collection.through).days < 14


def test_the_verbs_say_what_was_taken(taken: Path, olc: Olc) -> None:
    assert olc("verify", "--store", taken).code == 0
    ran = olc("receipt", "--store", taken, "SYNTHETIC ICE Arrests FY2024.xlsx")
    assert ran.code == 0
    assert re.search(r"Apprehension Criminality +criminality", ran.out)
    assert re.search(r"Anonymized Identifier +person_key", ran.out)
    listed = json.loads(olc("releases", "--store", taken, "--json").out)
    assert {row["series"] for row in listed} == {table.series for table in EVENTS.values()}


def test_the_receipt_says_what_was_dropped_and_shows_nobody(taken: Path, world: World) -> None:
    opened = Store.open(taken)
    row = opened.record_release("SYNTHETIC ICE Detentions FY2024.xlsx")
    account = opened.record_account(row.release_id)
    columns = account["receipt"]["members"][0]["sheets"][0]["columns"]
    became = {column["heading"]: column["became"] for column in columns}
    assert became["Religion"] == became["Marital Status"] == "dropped"
    text = json.dumps(account)
    keys = world.tables["detention_stint"]["person_key"].drop_nulls().unique().to_list()
    assert keys
    assert not [key for key in keys if key in text]


def test_event_tables_that_were_lost_are_made_again_byte_for_byte(
    taken: Path, tmp_path: Path, olc: Olc
) -> None:
    store = tmp_path / "store"
    shutil.copytree(taken, store)
    before = {p.name: p.read_bytes() for p in (store / "derived").rglob("*.parquet")}
    shutil.rmtree(store / "derived")
    shutil.rmtree(store / "receipts")
    assert olc("verify", "--store", store).code == 5
    ran = olc("verify", "--store", store, "--rebuild", "--json")
    assert ran.code == 0, ran.err
    rebuilt = json.loads(ran.out)["rebuilt"]
    assert (rebuilt["same"], len(rebuilt["restored"]), rebuilt["changed"]) == (0, 10, [])
    assert {p.name: p.read_bytes() for p in (store / "derived").rglob("*.parquet")} == before
    assert list(Places(store).tmp.iterdir()) == []


def test_the_same_tables_processed_are_another_collection(
    processed: Path, originals: Path, tmp_path: Path, olc: Olc
) -> None:
    ran = olc("take", "--store", tmp_path / "store", processed, "--json")
    assert ran.code == 0, ran.err
    opened = Store.open(tmp_path / "store")
    assert {row.form for row in opened.record_releases()} == {"processed"}
    (collection,) = opened.collections()
    assert (collection.layout, set(collection.releases)) == ("2026-03", set(EVENTS))
    both = olc("take", "--store", tmp_path / "both", processed, originals, "--json")
    assert both.code == 3
    refused = json.loads(both.out)
    assert {o["outcome"] for o in refused} == {"refused"}
    assert all("original" in o["error"]["what"] for o in refused)
    assert not (tmp_path / "both").exists()


def test_an_archive_of_workbooks_gives_the_same_releases(
    originals: Path, taken: Path, tmp_path: Path, olc: Olc
) -> None:
    with zipfile.ZipFile(tmp_path / "release.zip", "w") as zipped:
        for path in sorted(originals.iterdir(), reverse=True):
            zipped.write(path, f"in/{path.name}")
    ran = olc("take", "--store", tmp_path / "store", tmp_path / "release.zip")
    assert ran.code == 0, ran.err
    ids = [row.release_id for row in Store.open(taken).record_releases()]
    assert sorted(row.release_id for row in Store.open(tmp_path / "store").record_releases()) == (
        sorted(ids)
    )


@pytest.mark.parametrize("column", ["Shoe Size", "Last Name", "Date of Birth"])
def test_an_added_column_refuses_its_table_by_name_and_the_others_land(
    column: str, processed: Path, tmp_path: Path, olc: Olc
) -> None:
    """Under ``Last Name`` and ``Date of Birth`` the values would be a person's."""
    folder = tmp_path / "in"
    shutil.copytree(processed, folder)
    (arrests,) = folder.glob("*rrests*")
    frame = pl.read_parquet(arrests)
    frame.with_columns(pl.lit("MARKER").alias(column)).write_parquet(arrests)
    ran = olc("take", "--store", tmp_path / "store", folder)
    assert ran.code == 3
    assert column in ran.err
    assert ("PersonalData" in ran.err) == (column != "Shoe Size")
    assert "MARKER" not in ran.out + ran.err
    rows = Store.open(tmp_path / "store").record_releases()
    assert len(rows) == 4
    assert "us_ice.arrests" not in {row.series for row in rows}
    assert not [p for p in (tmp_path / "store").rglob("*") if "us_ice.arrests" in p.name]


def test_an_a_number_in_a_kept_column_refuses_its_table_without_a_trace(
    processed: Path, tmp_path: Path, olc: Olc
) -> None:
    (arrests,) = processed.glob("*rrests*")
    frame = pl.read_parquet(arrests)
    name = next(n for n in frame.columns if n.lower().replace(" ", "_") == "case_status")
    changed = frame.with_row_index("n").with_columns(
        pl.when(pl.col("n") == 5).then(pl.lit("A012345678")).otherwise(pl.col(name)).alias(name)
    )
    changed.drop("n").write_parquet(tmp_path / "arrests.parquet")
    ran = olc("take", "--store", tmp_path / "store", tmp_path / "arrests.parquet")
    assert ran.code == 3
    assert "PersonalData" in ran.err
    assert "012345678" not in ran.out + ran.err
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("how", ["cut", "zeros", "gzip cut"])
def test_a_damaged_table_is_said_to_be_damaged_and_leaves_no_store(
    how: str, processed: Path, tmp_path: Path, olc: Olc
) -> None:
    (arrests,) = processed.glob("*rrests*")
    data, name = bytearray(arrests.read_bytes()), "arrests.parquet"
    if how == "cut":
        del data[len(data) // 2 :]
    elif how == "zeros":
        data[40:400] = bytes(360)  # the first page of the first column
    else:
        frame = pl.read_parquet(arrests)
        data, name = bytearray(gzip.compress(frame.write_csv().encode())[:-2000]), "arrests.csv.gz"
    (tmp_path / name).write_bytes(data)
    ran = olc("take", "--store", tmp_path / "store", tmp_path / name)
    assert ran.code == 3
    assert "DamagedInput" in ran.err
    assert not (tmp_path / "store").exists()
