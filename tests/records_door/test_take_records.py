"""Record releases: identity by content, members kept as they came, collections, refusals."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fake_records import FakeReader, Take, fake_table, sha
from tiny_reader import tiny_workbook, tree

from openlifecycle.errors import UnknownRelease
from openlifecycle.intake import records as intake_records
from openlifecycle.vault.store import Store
from openlifecycle.vault.verify import fingerprint, verify


def kinds(outcomes: list) -> list[str]:
    return [outcome.outcome for outcome in outcomes]


def test_files_of_one_series_are_one_release_and_one_command_one_collection(
    store: Path, files: Path
) -> None:
    """The ids are those of the contract: sorted hashes joined by line ends, hashed again."""
    first, second = (sha((files / f"arrests-FY{n}.csv").read_bytes()) for n in (24, 25))
    arrests_id = "us_ice.arrests@" + sha("\n".join(sorted((first, second))).encode())[:12]
    detentions_id = "us_ice.detentions@" + sha((files / "detentions.csv").read_bytes())[:12]
    opened = Store.open(store)
    assert {row.release_id for row in opened.record_releases()} == {arrests_id, detentions_id}
    (collection,) = opened.collections()
    both = sorted((arrests_id, detentions_id))
    assert collection.collection_id == "us_ice.records@" + sha("\n".join(both).encode())[:12]
    assert collection.releases == {"arrest": arrests_id, "detention_stint": detentions_id}
    assert collection.layout == "2026-03"
    assert collection.through == datetime(2025, 3, 5, 23, 59, 59)  # noqa: DTZ001 - as printed
    row = opened.record_release(arrests_id)
    assert (row.rows, row.form, row.table, row.collection_id) == (
        *(3, "original", "arrest", collection.collection_id),
    )
    assert (str(row.first), str(row.through)) == ("2024-01-02", "2025-03-04 23:59:59")
    assert row.names == ("arrests-FY24.csv", "arrests-FY25.csv")
    assert pq.read_table(opened.event_file(arrests_id))["person_key"].to_pylist() == [
        *("k1", "k1", "k2"),
    ]
    assert opened.releases() == []


def test_members_are_kept_as_they_came_and_the_manifest_names_them(
    store: Path, files: Path
) -> None:
    opened = Store.open(store)
    row = opened.record_release("arrests-FY24.csv")
    data = (files / "arrests-FY24.csv").read_bytes()
    kept = store / "releases" / "us_ice.arrests" / f"{sha(data)}.csv"
    assert kept.read_bytes() == data
    manifest = json.loads((store / "manifests" / f"{row.release_id}.json").read_text())
    assert [m["name"] for m in manifest["members"]] == ["arrests-FY24.csv", "arrests-FY25.csv"]
    assert manifest["members"][0]["origin"] == {"kind": "file", "name": "arrests-FY24.csv"}
    assert (manifest["sha256"], manifest["layout"]) == (row.sha256, "2026-03")
    assert manifest["licence"]
    assert str(files) not in json.dumps(manifest)


def test_a_store_of_records_is_proved(store: Path) -> None:
    before = tree(store)
    proof = verify(Store.open(store))
    assert (proof.holds, proof.record_releases, proof.records, proof.leftovers) == (
        *(True, 2, 5, ()),
    )
    assert proof.files == 3 + 2 * 3  # members; manifest, events and receipt of each release
    assert tree(store) == before


def test_the_same_files_again_write_nothing_in_whatever_order(
    store: Path, files: Path, take_fake: Take
) -> None:
    before = tree(store)
    names = ["detentions.csv", "arrests-FY25.csv", "arrests-FY24.csv"]
    outcomes = take_fake(*(files / name for name in names))
    assert kinds(outcomes) == ["already_taken", "already_taken"]
    assert tree(store) == before


def test_the_order_of_files_changes_nothing_that_the_store_says(
    store: Path, files: Path, take_fake: Take, tmp_path: Path
) -> None:
    names = ["detentions.csv", "arrests-FY25.csv", "arrests-FY24.csv"]
    take_fake(*(files / name for name in names), store=tmp_path / "other")
    assert fingerprint(Store.open(tmp_path / "other")) == fingerprint(Store.open(store))


def test_the_same_bytes_under_other_names_are_the_same_release(
    store: Path, files: Path, take_fake: Take, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for number, name in enumerate(("arrests-FY25.csv", "arrests-FY24.csv", "detentions.csv")):
        shutil.copy(files / name, other / f"{number}.csv")
    before = tree(store)
    outcomes = take_fake(other)
    assert [(o.outcome, o.new_name) for o in outcomes] == [("already_taken", True)] * 2
    changed = {path for path, digest in tree(store).items() if before.get(path) != digest}
    assert changed == {"catalogue.sqlite"}
    row = Store.open(store).record_release("0.csv")
    assert row.names == ("arrests-FY24.csv", "arrests-FY25.csv", "0.csv", "1.csv")
    assert verify(Store.open(store)).holds


def test_one_file_given_twice_is_one_member_with_two_names(
    files: Path, take_fake: Take, tmp_path: Path
) -> None:
    shutil.copy(files / "arrests-FY24.csv", files / "copy.csv")
    (outcome,) = take_fake(files / "copy.csv", files / "arrests-FY24.csv")
    assert (outcome.outcome, outcome.rows) == ("taken", 1)
    (row,) = Store.open(tmp_path / "store").record_releases()
    assert [member.name for member in row.members] == ["arrests-FY24.csv"]
    assert set(row.names) == {"copy.csv", "arrests-FY24.csv"}


def test_a_changed_member_makes_another_release_that_follows_the_first(
    store: Path, files: Path, take_fake: Take
) -> None:
    old = Store.open(store).record_release("arrests-FY25.csv").release_id
    (files / "arrests-FY25.csv").write_bytes(fake_table(rows=[("k9", "2025-06-06")]))
    arrests, detentions = take_fake(files)
    assert (arrests.outcome, arrests.follows) == ("taken", old)
    assert "arrests-FY2" in arrests.follows_why
    assert detentions.outcome == "already_taken"
    opened = Store.open(store)
    assert len(opened.record_releases()) == 3
    # two collections, which share the detentions; the one that speaks of more is the latest
    latest = opened.collections()[-1]
    assert len(opened.collections()) == 2
    assert latest.releases == {
        "arrest": arrests.release_id,
        "detention_stint": detentions.release_id,
    }
    assert opened.record_release(detentions.release_id).collection_id == latest.collection_id
    assert verify(opened).holds


def test_the_same_last_moment_is_followed_within_one_layout_and_form_only(
    store: Path, take_fake: Take, tmp_path: Path
) -> None:
    rows = [("k3", "2025-03-05")]
    one = fake_table("us_ice.detentions", rows)
    processed = fake_table("us_ice.detentions", rows, form="processed")
    older = fake_table("us_ice.detentions", rows, layout="uwchr-2022")
    follows = []
    for name, data in (("x.csv", one), ("y.csv", processed), ("z.csv", older)):
        (tmp_path / name).write_bytes(data)
        follows += [(o.follows != "", o.follows_why) for o in take_fake(tmp_path / name)]
    assert follows == [(True, "same last moment: 2025-03-05 23:59:59"), (False, ""), (False, "")]


def test_a_part_of_a_collection_is_no_collection_of_its_own(
    store: Path, files: Path, take_fake: Take
) -> None:
    before = tree(store)
    (outcome,) = take_fake(files / "detentions.csv")
    (collection,) = Store.open(store).collections()
    assert (outcome.outcome, outcome.collection_id) == ("already_taken", collection.collection_id)
    assert tree(store) == before


def test_a_collection_that_grows_hides_the_smaller_one_and_keeps_it_askable(
    files: Path, take_fake: Take, tmp_path: Path
) -> None:
    (alone,) = take_fake(files / "detentions.csv")
    small = Store.open(tmp_path / "store").collections()[0]
    assert alone.collection_id == small.collection_id
    take_fake(files)
    opened = Store.open(tmp_path / "store")
    (shown,) = opened.collections()
    assert set(shown.releases) == {"arrest", "detention_stint"}
    assert opened.collection(small.collection_id).releases == small.releases
    with pytest.raises(UnknownRelease, match="no collections answer"):
        opened.collection("us_ice.records@000000000000")


def test_layout_families_never_share_a_collection(take_fake: Take, tmp_path: Path) -> None:
    for layout in ("2012-2023", "mid-2025"):
        (tmp_path / f"{layout}.csv").write_bytes(fake_table(layout=layout))
    take_fake(tmp_path / "2012-2023.csv", tmp_path / "mid-2025.csv")
    opened = Store.open(tmp_path / "store")
    assert sorted(c.layout for c in opened.collections()) == ["2012-2023", "mid-2025"]
    assert [len(c.releases) for c in opened.collections()] == [1, 1]


def test_a_header_that_fits_two_layouts_goes_with_the_tables_it_came_with(
    files: Path, take_fake: Take, tmp_path: Path
) -> None:
    (files / "removals.csv").write_bytes(
        fake_table("us_ice.removals", layout="mid-2025,2026-03", form="processed")
    )
    (alone,) = take_fake(files / "removals.csv", store=tmp_path / "alone")
    assert Store.open(tmp_path / "alone").collections()[0].layout == "mid-2025"
    take_fake(files)
    opened = Store.open(tmp_path / "store")
    (collection,) = opened.collections()
    assert (collection.layout, len(collection.releases)) == ("2026-03", 3)
    assert {row.layout for row in opened.record_releases()} == {"2026-03"}
    assert alone.release_id in collection.releases.values()
    assert verify(opened).holds
    # with nobody to say, one that fits all
    (files / "a.csv").write_bytes(fake_table(layout="2026-03,mid-2025", form="processed"))
    for number, names in enumerate((("a.csv", "removals.csv"), ("removals.csv", "a.csv"))):
        other = tmp_path / f"other-{number}"
        take_fake(*(files / name for name in names), store=other)
        assert [c.layout for c in Store.open(other).collections()] == ["2026-03"]


def test_a_table_as_original_and_processed_is_refused_and_the_choice_named(
    files: Path, take_fake: Take, tmp_path: Path
) -> None:
    (files / "arrests.parquet").write_bytes(fake_table(form="processed"))
    arrests, detentions = take_fake(files)
    assert (arrests.outcome, detentions.outcome) == ("refused", "taken")
    assert "original (arrests-FY24.csv, arrests-FY25.csv)" in arrests.message
    assert "processed (arrests.parquet)" in arrests.message
    assert "choose one form" in arrests.error["next"]
    opened = Store.open(tmp_path / "store")
    assert [row.series for row in opened.record_releases()] == ["us_ice.detentions"]
    assert verify(opened).leftovers == ()


def test_a_processed_table_in_two_file_formats_is_refused(take_fake: Take, tmp_path: Path) -> None:
    (tmp_path / "arrests.csv").write_bytes(fake_table(form="processed"))
    (tmp_path / "arrests.feather").write_bytes(fake_table(form="processed"))
    (outcome,) = take_fake(tmp_path / "arrests.csv", tmp_path / "arrests.feather")
    assert outcome.outcome == "refused"
    assert "2 formats" in outcome.message
    assert not (tmp_path / "store").exists()


def test_two_different_files_of_one_name_are_refused(
    files: Path, take_fake: Take, tmp_path: Path
) -> None:
    other = tmp_path / "march" / "ARRESTS-FY25.csv"
    other.parent.mkdir()
    other.write_bytes(fake_table(rows=[("k7", "2025-07-07")]))
    outcomes = take_fake(files, other)
    assert kinds(outcomes) == ["refused", "taken"]
    assert "two editions: take each with a command of its own" in outcomes[0].message


def test_records_and_workbooks_are_told_apart_in_one_folder(
    files: Path, take_fake: Take, tmp_path: Path
) -> None:
    (files / "stats.xlsx").write_bytes(tiny_workbook("2024-01-01"))
    (files / "small-records.xlsx").write_bytes(fake_table("us_ice.removals"))
    (files / "notes.txt").write_text("nothing to see")
    (files / "prices.csv").write_text("a,b,c,d,e,f\n1,2,3,4,5,6\n")
    outcomes = take_fake(files)
    assert {(Path(o.label).name, o.outcome) for o in outcomes if not o.members} == {
        ("stats.xlsx", "taken"),
        ("notes.txt", "skipped"),
        ("prices.csv", "skipped"),
    }
    assert [o.release_id.split("@")[0] for o in outcomes if o.members] == [
        *("us_ice.arrests", "us_ice.detentions", "us_ice.removals"),
    ]
    opened = Store.open(tmp_path / "store")
    assert (len(opened.releases()), len(opened.record_releases())) == (1, 3)
    assert [path.suffix for path in (tmp_path / "store/releases/us_ice.removals").iterdir()] == [
        ".xlsx"
    ]


def test_a_workbook_of_aggregates_is_never_asked_whether_it_is_a_record_table(
    take_fake: Take, tmp_path: Path
) -> None:
    class Never(FakeReader):
        def recognise(self, path: Path) -> None:
            raise AssertionError(path)

    (tmp_path / "a.xlsx").write_bytes(tiny_workbook("2024-01-01"))
    assert kinds(take_fake(tmp_path / "a.xlsx", records=Never())) == ["taken"]


def test_a_named_file_that_is_nobodys_table_is_refused(take_fake: Take, tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("a,b,c,d,e,f\n1,2,3,4,5,6\n")
    (outcome,) = take_fake(tmp_path / "prices.csv")
    assert (outcome.outcome, outcome.error["error"]) == ("refused", "UnknownSeries")
    assert not (tmp_path / "store").exists()


def test_unknown_columns_refuse_one_table_and_not_the_others(files: Path, take_fake: Take) -> None:
    (files / "z.csv").write_bytes(fake_table("us_ice.shoes"))
    outcomes = take_fake(files)
    assert sorted(kinds(outcomes)) == ["refused", "taken", "taken"]
    refused = next(o for o in outcomes if o.outcome == "refused")
    assert "Shoe Size" in refused.message


def test_an_archive_of_records_is_taken_from_the_stores_own_disk(
    files: Path, take_fake: Take, tmp_path: Path
) -> None:
    archive = tmp_path / "release.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in sorted(files.iterdir()):
            zipped.write(path, f"../tables/{path.name}".removeprefix("../"))
        zipped.writestr("readme.md", "x")
        zipped.writestr("tables/removals.xlsx", fake_table("us_ice.removals"))
    outcomes = take_fake(archive)
    assert sorted(kinds(outcomes)) == ["skipped", "taken", "taken", "taken"]
    opened = Store.open(tmp_path / "store")
    row = opened.record_release("arrests-FY25.csv")
    manifest = json.loads((tmp_path / f"store/manifests/{row.release_id}.json").read_text())
    assert manifest["members"][0]["origin"] == {
        "kind": "archive",
        "name": "arrests-FY24.csv",
        "archive": "release.zip",
    }
    assert verify(opened).holds
    assert list((tmp_path / "store" / "tmp").iterdir()) == []


def test_an_archive_whose_member_leads_out_is_refused_whole(
    take_fake: Take, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "slip.zip", "w") as zipped:
        zipped.writestr("../../arrests.csv", fake_table())
    (outcome,) = take_fake(tmp_path / "slip.zip")
    assert outcome.error["error"] == "UnsafeInput"
    assert not (tmp_path / "store").exists()
    assert not list(tmp_path.rglob("arrests.csv"))


def test_an_a_number_for_a_pseudonym_is_refused_without_a_trace(
    take_fake: Take, tmp_path: Path
) -> None:
    rows = [(f"h{n}", "2025-01-01") for n in range(50)]
    (tmp_path / "a.csv").write_bytes(fake_table(rows=[*rows, ("A012345678", "2025-01-01")]))
    (outcome,) = take_fake(tmp_path / "a.csv")
    assert (outcome.outcome, outcome.error["error"]) == ("refused", "PersonalData")
    assert "row 52" in outcome.message
    assert "012345678" not in json.dumps(outcome.as_dict()) + outcome.message
    assert not (tmp_path / "store").exists()


def test_a_key_that_only_begins_like_an_a_number_is_a_pseudonym(
    take_fake: Take, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(fake_table(rows=[("A01234567F00D", "2025-01-01")]))
    assert kinds(take_fake(tmp_path / "a.csv")) == ["taken"]


def test_a_fault_of_the_reader_is_told_without_its_words(
    files: Path, take_fake: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of a fault may quote a cell, and a cell of records is a person's."""

    class Faulty(FakeReader):
        def read(self, members: object, **words: object) -> object:
            raise ValueError("cannot parse 'MARKER-KEY'")

    outcomes = take_fake(files, records=Faulty())
    assert kinds(outcomes) == ["refused", "refused"]
    assert {o.error["error"] for o in outcomes} == {"ReaderFault"}
    assert "MARKER-KEY" not in "".join(o.message for o in outcomes)
    assert not (tmp_path / "store").exists()
    monkeypatch.setenv("OPENLIFECYCLE_DEBUG", "1")
    with pytest.raises(ValueError, match="MARKER-KEY"):
        take_fake(files, records=Faulty())


def test_a_fault_on_a_header_refuses_that_file_alone(files: Path, take_fake: Take) -> None:
    class Faulty(FakeReader):
        def recognise(self, path: Path) -> object:
            if path.name.startswith("arrests"):
                raise IndexError("MARKER-KEY")
            return super().recognise(path)

    outcomes = take_fake(files, records=Faulty())
    assert kinds(outcomes) == ["refused", "refused", "taken"]
    assert "MARKER-KEY" not in "".join(o.message for o in outcomes)


def test_a_file_that_changes_while_it_is_taken_is_refused(
    files: Path, take_fake: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = intake_records._hash

    def then_change(file: object) -> tuple[str, int]:
        found = real(file)
        with (files / "detentions.csv").open("ab") as handle:
            handle.write(b"k3 2025-01-01\n")
        return found

    monkeypatch.setattr(intake_records, "_hash", then_change)
    (outcome,) = take_fake(files / "detentions.csv")
    assert "changed while it was taken" in outcome.message
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("folder", ["releases", "manifests", "derived", "receipts"])
@pytest.mark.parametrize("how", ["flip", "remove"])
def test_one_changed_byte_or_lost_file_anywhere_is_found(
    store: Path, folder: str, how: str, olc: Callable[..., object]
) -> None:
    for path in sorted(p for p in (store / folder).rglob("*") if p.is_file()):
        data = path.read_bytes()
        changed = bytearray(data)
        changed[len(data) // 2] ^= 1
        path.unlink() if how == "remove" else path.write_bytes(changed)
        ran = olc("verify", "--store", store)
        assert (ran.code, str(path) in ran.err) == (5, True)
        path.write_bytes(data)
    assert olc("verify", "--store", store).code == 0


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (
            "UPDATE record_derived SET row_count = 4 WHERE table_name LIKE 'core%'",
            "4 are on record",
        ),
        ("UPDATE record_release SET row_count = 4", "4 are on record"),
        ("UPDATE record_release SET size = 1", "differ in size"),
        ("UPDATE record_release SET layout = 'x'", "differ in layout"),
        ("UPDATE record_member SET name = 'x'", "differ in members"),
        ("DELETE FROM record_sighting", "never seen under any name"),
        ("DELETE FROM record_member", "not those of its identity"),
        ("DELETE FROM record_derived WHERE table_name = 'receipt'", "no receipt is on record"),
        ("UPDATE record_release SET follows = 'x'", "which is not there"),
        ("DELETE FROM collection_release", "belongs to no collection"),
        (
            "DELETE FROM collection_release WHERE release_id LIKE '%arrests%'",
            "has other releases than its id",
        ),
    ],
)
def test_a_catalogue_that_says_something_else_is_found(store: Path, sql: str, words: str) -> None:
    connection = sqlite3.connect(store / "catalogue.sqlite")
    connection.execute(sql)
    connection.commit()
    connection.close()
    problems = verify(Store.open(store)).problems
    assert any(words in problem.what for problem in problems)


def test_a_receipt_that_does_not_add_up_is_found(files: Path, take_fake: Take) -> None:
    class Careless(FakeReader):
        def read(self, members: object, **words: object) -> object:
            frame = super().read(members, **words)
            frame.receipt["members"][0]["sheets"][0]["blank_rows"] = 7
            return frame

    take_fake(files / "detentions.csv", records=Careless())
    problems = verify(Store.open(files.parent / "store")).problems
    assert any("landed and blank rows are not all rows" in p.what for p in problems)
    assert any("not the sum of the sheets" in p.what for p in problems)


def test_the_verbs_print_what_the_store_says(
    store: Path, files: Path, olc: Callable[..., object]
) -> None:
    opened = Store.open(store)
    (collection,) = opened.collections()
    listed = json.loads(olc("releases", "--store", store, "--json").out)
    assert {(row["kind"], row["rows"]) for row in listed} == {("records", 3), ("records", 2)}
    out = olc("releases", "--store", store).out
    assert collection.collection_id in out
    assert "2 files" in out
    out = olc("receipt", "--store", store, "arrests-FY24.csv").out
    assert "1 landed + 0 blank" in out
    assert "3 records landed" in out
    shown = json.loads(olc("receipt", "--store", store, "detentions.csv", "--json").out)
    assert shown["totals"]["landed_rows"] == 2
    assert shown["release_id"].startswith("us_ice.detentions@")
    assert "2 record releases with 5 records" in olc("verify", "--store", store).out
    assert olc("receipt", "--store", store, "other.csv").code == 2


def test_what_the_engine_builds_is_no_part_of_the_proof(store: Path) -> None:
    opened = Store.open(store)
    place = opened.places.built("us_ice.records@0", "olc-1", "f00")
    assert store in place.parents
    place.mkdir(parents=True)
    (place / "stay.parquet").write_bytes(b"x")
    proof = verify(opened)
    assert (proof.holds, proof.leftovers) == (True, ())
