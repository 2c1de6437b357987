"""Taking: bytes are kept once, names are recorded, reissues say what they follow."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_reader import SERIES, read_tiny, tiny_workbook, tree

from openlifecycle.errors import StoreDamaged, StoreProblem, UnknownRelease
from openlifecycle.intake.prepare import prepare
from openlifecycle.intake.take import Outcome, take
from openlifecycle.intake.workers import Workers
from openlifecycle.vault.rebuild import rebuild
from openlifecycle.vault.store import Store
from openlifecycle.vault.verify import clean, fingerprint, verify

Taker = Callable[..., list[Outcome]]


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def kinds(outcomes: list[Outcome]) -> list[str]:
    return [outcome.outcome for outcome in outcomes]


def test_a_release_is_named_by_its_content_and_kept_as_it_came(store: Path) -> None:
    data = tiny_workbook("2023-12-01", (7, 8, 9))
    sha256 = hashlib.sha256(data).hexdigest()
    (row,) = Store.open(store).releases()
    assert row.release_id == f"{SERIES}@{sha256[:12]}"
    assert (store / "releases" / SERIES / f"{sha256}.xlsx").read_bytes() == data
    manifest = json.loads((store / "manifests" / f"{row.release_id}.json").read_text())
    assert manifest["sha256"] == sha256
    assert manifest["size"] == len(data)
    assert manifest["names"] == ["first.xlsx"]
    assert manifest["origin"] == {"kind": "file", "name": "first.xlsx"}
    assert "17 U.S.C. 105" in manifest["licence"]


def test_the_same_bytes_again_are_already_taken_and_nothing_is_written(
    store: Path, tmp_path: Path, take_tiny: Taker
) -> None:
    before = tree(store)
    (outcome,) = take_tiny(tmp_path / "in" / "first.xlsx")
    assert (outcome.outcome, outcome.new_name) == ("already_taken", False)
    assert tree(store) == before


def test_the_same_bytes_under_a_new_name_record_the_name_and_no_manifest_changes(
    store: Path, tmp_path: Path, take_tiny: Taker
) -> None:
    before = tree(store)
    (outcome,) = take_tiny(write(tmp_path / "copy.xlsx", tiny_workbook("2023-12-01", (7, 8, 9))))
    assert (outcome.outcome, outcome.new_name) == ("already_taken", True)
    (row,) = Store.open(store).releases()
    assert row.names == ("first.xlsx", "copy.xlsx")
    changed = {path for path, sha in tree(store).items() if before.get(path) != sha}
    assert changed == {"catalogue.sqlite"}


def test_other_bytes_under_a_known_name_follow_the_release_that_had_it(
    store: Path, tmp_path: Path, take_tiny: Taker
) -> None:
    (first,) = Store.open(store).releases()
    (outcome,) = take_tiny(write(tmp_path / "again" / "FIRST.xlsx", tiny_workbook("2024-05-05")))
    assert outcome.outcome == "taken"
    assert (outcome.follows, outcome.follows_why) == (first.release_id, "same name: FIRST.xlsx")


def test_other_bytes_of_a_known_date_follow_the_release_received_last(
    store: Path, tmp_path: Path, take_tiny: Taker
) -> None:
    second, third = take_tiny(
        write(tmp_path / "b.xlsx", tiny_workbook("2023-12-01", (1,))),
        write(tmp_path / "c.xlsx", tiny_workbook("2023-12-01", (2,))),
    )
    assert second.follows == Store.open(store).release("first.xlsx").release_id
    assert (third.follows, third.follows_why) == (second.release_id, "same as-of date: 2023-12-01")


def test_a_release_of_another_name_and_date_follows_nothing(
    store: Path, tmp_path: Path, take_tiny: Taker
) -> None:
    (outcome,) = take_tiny(write(tmp_path / "b.xlsx", tiny_workbook("2024-02-02")))
    assert (outcome.outcome, outcome.follows) == ("taken", "")


def test_one_refusal_does_not_stop_the_others(tmp_path: Path, take_tiny: Taker) -> None:
    folder = tmp_path / "mixed"
    write(folder / "a.xlsx", tiny_workbook("2024-01-01"))
    write(folder / "b.xlsx", b"not a workbook")
    write(folder / "deep" / "c.xlsx", tiny_workbook("2024-01-03"))
    write(folder / "~$a.xlsx", b"lock")
    write(folder / "notes.txt", b"x")
    outcomes = take_tiny(folder)
    assert {Path(o.label).name: o.outcome for o in outcomes} == {
        "a.xlsx": "taken",
        "b.xlsx": "refused",
        "c.xlsx": "taken",
        "~$a.xlsx": "skipped",
        "notes.txt": "skipped",
    }


def test_a_fault_of_the_reader_is_said_to_be_one_and_stops_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(data: bytes, **words: object) -> object:
        if "a.xlsx" in words["names"]:
            raise IndexError("list index out of range")
        return read_tiny(data, **words)

    paths = [
        str(write(tmp_path / "a.xlsx", tiny_workbook("2024-01-01"))),
        str(write(tmp_path / "b.xlsx", tiny_workbook("2024-02-01"))),
    ]
    first, second = take(tmp_path / "store", paths, read=faulty)
    assert (first.outcome, first.error["error"], second.outcome) == (
        "refused",
        "ReaderFault",
        "taken",
    )
    assert "not of the file" in first.error["next"]
    monkeypatch.setenv("OPENLIFECYCLE_DEBUG", "1")
    with pytest.raises(IndexError):
        take(tmp_path / "other", paths, read=faulty)


def test_an_archive_of_workbooks_is_taken_member_by_member(
    tmp_path: Path, take_tiny: Taker
) -> None:
    archive = tmp_path / "years.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("2024/a.xlsx", tiny_workbook("2024-01-01"))
        zipped.writestr("2024/b.xlsx", b"not a workbook")
        zipped.writestr("__MACOSX/._a.xlsx", b"x")
        zipped.writestr("readme.txt", b"x")
    outcomes = take_tiny(archive)
    assert kinds(outcomes) == ["taken", "refused", "skipped", "skipped"]
    manifest = next((tmp_path / "store" / "manifests").glob("*.json"))
    origin = json.loads(manifest.read_text())["origin"]
    assert origin == {"kind": "archive", "name": "a.xlsx", "archive": "years.zip"}


def test_an_archive_with_a_member_that_leads_out_is_refused_whole(
    tmp_path: Path, take_tiny: Taker
) -> None:
    archive = tmp_path / "slip.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("a.xlsx", tiny_workbook("2024-01-01"))
        zipped.writestr("../../b.xlsx", tiny_workbook("2024-01-02"))
    (outcome,) = take_tiny(archive)
    assert outcome.error["error"] == "UnsafeInput"
    assert not (tmp_path / "store").exists()


def test_a_damaged_member_is_refused_alone(tmp_path: Path, take_tiny: Taker) -> None:
    archive = tmp_path / "half.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("a.xlsx", tiny_workbook("2024-01-01"))
        zipped.writestr("b.xlsx", tiny_workbook("2024-01-02"))
    data = bytearray(archive.read_bytes())
    data[100] ^= 0xFF  # inside a.xlsx, which is stored: its CRC no longer holds
    archive.write_bytes(data)
    assert kinds(take_tiny(archive)) == ["refused", "taken"]


def test_worker_processes_give_the_same_store_as_one_process(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    for day in range(1, 8):
        write(folder / f"{day}.xlsx", tiny_workbook(f"2024-01-0{day}", range(day)))
    write(folder / "bad.xlsx", b"no")
    prints = []
    for jobs in (1, 2):
        outcomes = take(tmp_path / f"s{jobs}", [str(folder)], read=read_tiny, jobs=jobs)
        prints.append((kinds(outcomes), fingerprint(Store.open(tmp_path / f"s{jobs}"))))
    assert prints[0] == prints[1]
    assert prints[0][0] == ["taken"] * 7 + ["refused"]


def test_workers_that_were_never_needed_are_never_started() -> None:
    with Workers(4, read_tiny) as workers:
        assert list(workers.in_order([1, 2], lambda _: None)) == [(1, None), (2, None)]
    assert workers._pool is None


def test_releases_come_in_published_order(tmp_path: Path, take_tiny: Taker) -> None:
    days = ["2024-03-01", "2022-01-01", "2023-06-06"]
    take_tiny(*[write(tmp_path / f"{day}.xlsx", tiny_workbook(day)) for day in days])
    rows = Store.open(tmp_path / "store").releases()
    assert [row.as_of.isoformat() for row in rows] == sorted(days)


def test_a_release_answers_to_id_hash_name_and_date(store: Path) -> None:
    opened = Store.open(store)
    (row,) = opened.releases()
    for ref in (row.release_id, row.sha256[:6], "First.XLSX", "2023-12-01"):
        assert opened.release(ref) == row
    with pytest.raises(UnknownRelease) as caught:
        opened.release("fist.xlsx")
    assert "first.xlsx" in caught.value.nearest


def test_two_releases_of_one_date_are_not_guessed_between(
    store: Path, tmp_path: Path, take_tiny: Taker
) -> None:
    take_tiny(write(tmp_path / "b.xlsx", tiny_workbook("2023-12-01", (1,))))
    with pytest.raises(UnknownRelease, match="2 releases answer"):
        Store.open(store).release("2023-12-01")


def test_a_whole_store_is_proved(store: Path) -> None:
    before = tree(store)
    proof = verify(Store.open(store))
    assert (proof.holds, proof.releases, proof.files, proof.observations) == (True, 1, 4, 3)
    assert proof.leftovers == ()
    assert tree(store) == before


@pytest.mark.parametrize("folder", ["releases", "manifests", "derived", "receipts"])
@pytest.mark.parametrize("how", ["flip", "remove"])
def test_one_changed_byte_or_lost_file_anywhere_is_found(
    store: Path, folder: str, how: str, olc: Callable[..., object]
) -> None:
    (path,) = [p for p in (store / folder).rglob("*") if p.is_file()]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink() if how == "remove" else path.write_bytes(data)
    ran = olc("verify", "--store", store)
    assert ran.code == 5
    assert str(path) in ran.err


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE derived SET row_count = 4 WHERE table_name LIKE 'core%'", "4 are on record"),
        ("UPDATE release SET statuses = '{}'", "other statuses"),
        ("UPDATE release SET size = 1", "differ in size"),
        ("DELETE FROM sighting", "never seen under any name"),
        ("DELETE FROM derived WHERE table_name = 'receipt'", "no receipt is on record"),
        ("UPDATE release SET follows = 'x'", "which is not there"),
    ],
)
def test_a_catalogue_that_says_something_else_is_found(store: Path, sql: str, words: str) -> None:
    import sqlite3

    connection = sqlite3.connect(store / "catalogue.sqlite")
    connection.execute(sql)
    connection.commit()
    connection.close()
    problems = verify(Store.open(store)).problems
    assert any(words in problem.what for problem in problems)


def test_a_receipt_that_does_not_add_up_is_found(tmp_path: Path) -> None:
    def careless(data: bytes, **words: object) -> object:
        read = read_tiny(data, **words)
        read.receipt["sheets"][0]["numeric"] = {
            **read.receipt["sheets"][0]["numeric"],
            "captured": 2,
        }
        return read

    path = write(tmp_path / "a.xlsx", tiny_workbook())
    take(tmp_path / "store", [str(path)], read=careless)
    whats = [problem.what for problem in verify(Store.open(tmp_path / "store")).problems]
    assert any("2 cells accounted for, 3 in all" in what for what in whats)


def test_a_damaged_catalogue_is_said_to_be_damaged(store: Path) -> None:
    (store / "catalogue.sqlite").write_bytes(b"not a database, not even nearly" * 50)
    with pytest.raises(StoreDamaged):
        Store.open(store).releases()


def test_no_store_is_said_and_none_is_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(StoreProblem, match="no store here"):
        Store.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_deleting_derived_tables_loses_nothing(store: Path) -> None:
    import shutil

    before = tree(store)
    shutil.rmtree(store / "derived")
    shutil.rmtree(store / "receipts")
    opened = Store.open(store)
    assert not verify(opened).holds
    rebuilt = rebuild(opened, lambda data, names: prepare(data, names, read_tiny))
    assert (rebuilt.same, len(rebuilt.restored), rebuilt.changed) == (0, 2, ())
    assert verify(opened).holds
    assert {p: s for p, s in tree(store).items() if p != "catalogue.sqlite"} == {
        p: s for p, s in before.items() if p != "catalogue.sqlite"
    }


def test_newer_rules_change_what_is_derived_and_say_so(store: Path) -> None:
    def newer(data: bytes, **words: object) -> object:
        read = read_tiny(data, **words)
        read.observations = read.observations.with_columns(value=read.observations["value"] * 2)
        return read

    opened = Store.open(store)
    manifests = tree(store / "manifests")
    rebuilt = rebuild(opened, lambda data, names: prepare(data, names, newer))
    assert [line.split()[1] for line in rebuilt.changed] == ["core__observation"]
    proof = verify(opened)
    assert proof.holds
    assert len(proof.leftovers) == 1  # the table that the older rules made
    assert clean(opened) == list(proof.leftovers)
    assert tree(store / "manifests") == manifests


def test_leftovers_are_named_harmless_and_removed_on_request(
    store: Path, olc: Callable[..., object]
) -> None:
    write(store / "releases" / SERIES / f"{'0' * 64}.xlsx", b"half")
    write(store / "tmp" / "0-x.json", b"half")
    ran = olc("verify", "--store", store, "--json")
    assert (ran.code, len(json.loads(ran.out)["leftovers"])) == (0, 2)
    ran = olc("verify", "--store", store, "--clean", "--json")
    assert json.loads(ran.out)["leftovers"] == []
    assert verify(Store.open(store)).holds


def test_the_verbs_print_what_the_store_says(store: Path, olc: Callable[..., object]) -> None:
    (row,) = Store.open(store).releases()
    (listed,) = json.loads(olc("releases", "--store", store, "--json").out)
    assert listed["release_id"] == row.release_id
    assert listed["names"] == ["first.xlsx"]
    assert listed["as_of"] == "2023-12-01"
    assert listed["statuses"] == {"observed": 3}
    assert "first.xlsx" in olc("releases", "--store", store).out
    receipt = json.loads(olc("receipt", "--store", store, "first.xlsx", "--json").out)
    assert receipt == Store.open(store).receipt(row.release_id)
    assert "3 = 3 captured" in olc("receipt", "--store", store, "first.xlsx").out
    assert olc("receipt", "--store", store, "other.xlsx").code == 2
