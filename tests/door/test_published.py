"""The door and the vault on the published workbooks, against what is known of them elsewhere."""

from __future__ import annotations

import csv
import hashlib
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
from tiny_reader import tree

from openlifecycle.reading.safety import check_bytes
from openlifecycle.vault.store import Store
from openlifecycle.vault.verify import verify


def test_the_whole_corpus_is_in_the_store_and_proved(
    corpus_store: Path, corpus_dir: Path, olc: Callable[..., object]
) -> None:
    before = tree(corpus_store)
    proof = json.loads(olc("verify", "--store", corpus_store, "--json").out)
    assert (proof["holds"], proof["problems"], proof["leftovers"]) == (True, [], [])
    with (corpus_dir / "ice_detention_statistics" / "manifest.csv").open() as handle:
        expected = {row["sha256"] for row in csv.DictReader(handle)}
    releases = json.loads(olc("releases", "--store", corpus_store, "--json").out)
    assert {release["sha256"] for release in releases} == expected
    assert proof["releases"] == len(expected)
    assert tree(corpus_store) == before


def test_taking_published_files_again_writes_nothing(
    corpus_store: Path, corpus_workbooks: list[Path], olc: Callable[..., object]
) -> None:
    before = tree(corpus_store)
    outcomes = json.loads(olc("take", "--store", corpus_store, "--json", *corpus_workbooks).out)
    assert {outcome["outcome"] for outcome in outcomes} == {"already_taken"}
    assert tree(corpus_store) == before


def test_a_published_release_is_derived_again_to_the_same_bytes(
    tmp_path: Path, corpus_workbooks: list[Path], olc: Callable[..., object]
) -> None:
    store = tmp_path / "store"
    assert olc("take", "--store", store, corpus_workbooks[0], corpus_workbooks[-1]).code == 0
    rebuilt = json.loads(olc("verify", "--store", store, "--rebuild", "--json").out)["rebuilt"]
    assert rebuilt == {"same": 4, "restored": [], "changed": []}


def test_a_name_does_not_make_a_series(
    tmp_path: Path, corpus_workbooks: list[Path], olc: Callable[..., object]
) -> None:
    """The series is recognised from the content, whatever the file is called."""
    disguised = tmp_path / "holiday photos.bin"
    disguised.write_bytes(corpus_workbooks[-1].read_bytes())
    assert olc("take", "--store", tmp_path / "store", disguised).code == 0
    (row,) = Store.open(tmp_path / "store").releases()
    assert (row.series, row.names) == ("us_ice.detention_statistics", ("holiday photos.bin",))


def test_sheets_parts_and_error_cells_are_those_that_openpyxl_sees(
    corpus_workbooks: list[Path],
) -> None:
    """A second reader; the FY2019 workbook prints 26 error cells, the others of these none."""
    counts = {}
    for path in corpus_workbooks[:1] + corpus_workbooks[20:80:20]:
        facts = check_bytes(path.read_bytes())
        book = openpyxl.load_workbook(path, data_only=True)
        assert list(facts.sheets) == book.sheetnames
        assert facts.modified is not None
        assert facts.modified.replace(tzinfo=None) == book.properties.modified
        seen = {
            (sheet.title, cell.coordinate, cell.value)
            for sheet in book
            for row in sheet.iter_rows()
            for cell in row
            if cell.data_type == "e"
        }
        found = {
            (name, cell, text)
            for name in facts.sheets
            for cell, text in facts.errors_of_sheet(name)
        }
        assert found == seen
        with zipfile.ZipFile(path) as archive:
            assert facts.parts == {i.filename: i.file_size for i in archive.infolist()}
        counts[path.name[:4]] = len(seen)
    assert counts["FY19"] == 26
    assert sum(counts.values()) == 26


def test_every_published_workbook_is_found_safe_and_quickly(corpus_workbooks: list[Path]) -> None:
    seconds = []
    for path in corpus_workbooks:
        data = path.read_bytes()
        begun = time.process_time()
        check_bytes(data)
        seconds.append(time.process_time() - begun)
    # the budget is 10 ms for a typical workbook; 3 times that on a loaded machine
    assert sorted(seconds)[len(seconds) // 2] < 0.030


def test_a_changed_byte_of_a_published_workbook_never_passes_unseen(
    corpus_workbooks: list[Path], tmp_path: Path, olc: Callable[..., object]
) -> None:
    data = bytearray(corpus_workbooks[-1].read_bytes())
    data[len(data) // 2] ^= 1
    damaged = tmp_path / corpus_workbooks[-1].name
    damaged.write_bytes(data)
    ran = olc("take", "--store", tmp_path / "store", damaged)
    assert (ran.code, (tmp_path / "store").exists()) == (3, False)
    assert "DamagedInput" in ran.err


def test_published_bytes_come_back_as_they_were(
    corpus_store: Path, corpus_workbooks: list[Path]
) -> None:
    store = Store.open(corpus_store)
    for path in corpus_workbooks[::20]:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        assert store.bytes_of(sha256[:12]) == path.read_bytes()
    assert verify(store).holds
