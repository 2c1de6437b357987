"""Record files at addresses: taken with the others of the command, asked again only if changed."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_records import Take, fake_table
from test_fetch import Server
from tiny_reader import tiny_workbook, tree

from openlifecycle.vault.store import Store
from openlifecycle.vault.verify import verify


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def statuses(server: Server) -> list[int]:
    return [status for _, _, status in server.seen]


def test_tables_at_several_addresses_are_one_collection_and_then_not_changed(
    server: Server, files: Path, take_fake: Take, tmp_path: Path
) -> None:
    names = sorted(path.name for path in files.iterdir())
    server.files = {name: (files / name).read_bytes() for name in names}
    urls = [server.url(name) for name in names]
    assert [o.outcome for o in take_fake(*urls)] == ["taken", "taken"]
    opened = Store.open(tmp_path / "store")
    (collection,) = opened.collections()
    assert set(collection.releases) == {"arrest", "detention_stint"}
    assert opened.record_release("detentions.csv").rows == 2
    assert verify(opened).holds
    assert not list((tmp_path / "cache").glob("*.part"))
    before = tree(tmp_path / "store")
    again = take_fake(*urls)
    assert [o.outcome for o in again] == ["not_changed", "not_changed"]
    assert {o.release_id for o in again} == set(collection.releases.values())
    assert statuses(server) == [200] * 3 + [304] * 3
    assert tree(tmp_path / "store") == before


def test_one_of_several_parts_that_did_not_change_counts_for_the_release(
    server: Server, files: Path, take_fake: Take, tmp_path: Path
) -> None:
    names = ("arrests-FY24.csv", "arrests-FY25.csv")
    server.files = {name: (files / name).read_bytes() for name in names}
    urls = [server.url(name) for name in names]
    (first,) = take_fake(*urls)
    server.files["arrests-FY25.csv"] = fake_table(rows=[("k5", "2025-05-05")])
    (second,) = take_fake(*urls)
    assert statuses(server) == [200, 200, 304, 200]
    assert (second.outcome, second.follows) == ("taken", first.release_id)
    row = Store.open(tmp_path / "store").record_release(second.release_id)
    assert (len(row.members), row.rows) == (2, 2)
    # a part alone, unchanged, is no release of its own
    (alone,) = take_fake(urls[0])
    assert alone.outcome == "not_changed"
    assert len(Store.open(tmp_path / "store").record_releases()) == 2


def test_an_archive_of_tables_and_a_workbook_at_addresses(
    server: Server, files: Path, take_fake: Take, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as zipped:
        for path in files.iterdir():
            zipped.write(path, path.name)
    server.files = {
        "z.zip": (tmp_path / "z.zip").read_bytes(),
        "stats.xlsx": tiny_workbook("2024-01-01"),
    }
    urls = [server.url(name) for name in server.files]
    outcomes = take_fake(*urls)
    assert [o.outcome for o in outcomes] == ["taken"] * 3
    assert [o.outcome for o in take_fake(*urls)] == ["not_changed"] * 2


def test_a_refused_table_at_an_address_is_asked_for_anew(
    server: Server, take_fake: Take, tmp_path: Path
) -> None:
    server.files["a.csv"] = fake_table("us_ice.shoes")
    for _ in range(2):
        (outcome,) = take_fake(server.url("a.csv"))
        assert outcome.outcome == "refused"
    assert statuses(server) == [200, 200]
    assert not (tmp_path / "store").exists()
    server.files["a.csv"] = fake_table()
    assert [o.outcome for o in take_fake(server.url("a.csv"))] == ["taken"]
