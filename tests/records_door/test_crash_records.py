"""Records killed, interrupted, out of room, or two at once: nothing lost, nothing half-written."""

from __future__ import annotations

import gc
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_records import FakeReader, Take, fake_table
from tiny_reader import tiny_workbook, tree

from openlifecycle.errors import StoreNotWritable
from openlifecycle.vault.places import Places
from openlifecycle.vault.store import Store
from openlifecycle.vault.verify import clean, leftovers, verify
from openlifecycle.vault.work import work_folder

HERE = Path(__file__).parent
#: How many random moments; the rest of them when there is time.
KILLS = [12, pytest.param(40, marks=pytest.mark.heavy)]
STEPS = ["copy", "read", "write", "place", "commit", "committing", "committed"]

#: Takes argv[2:] into argv[1] and prints the outcomes.
TAKE = (
    "import sys\n"
    f"sys.path[:0] = [{str(HERE)!r}, {str(HERE.parent / 'door')!r}]\n"
    "from pathlib import Path\n"
    "from fake_records import FakeReader\n"
    "from tiny_reader import read_tiny\n"
    "from openlifecycle.errors import StoreNotWritable\n"
    "from openlifecycle.intake.take import take\n"
    "try:\n"
    "    for o in take(Path(sys.argv[1]), sys.argv[2:], read=read_tiny, records=FakeReader()):\n"
    "        print(o.outcome)\n"
    "except StoreNotWritable as error:\n    sys.exit(error.exit_code)\n"
)


def child(*words: str | Path, **more: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *[str(word) for word in words]],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "POLARS_MAX_THREADS": "1"},
        **more,
    )


@pytest.fixture
def fast_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a SIGKILL loses no cache, so syncing only costs."""
    memory = Path("/dev/shm")  # noqa: S108
    usable = memory.is_dir() and os.access(memory, os.W_OK)
    with tempfile.TemporaryDirectory(dir=memory if usable else tmp_path) as folder:
        yield Path(folder)


@pytest.mark.parametrize("kills", KILLS)
def test_a_take_of_records_killed_at_any_moment_leaves_a_whole_store(
    kills: int, fast_folder: Path
) -> None:
    """At random moments and at each step; after every kill a retake completes it."""
    process = child(HERE / "killed_record_takes.py", fast_folder, str(kills), "20260310")
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    counts = json.loads(out)
    assert counts["killed"] == kills
    assert counts["in_between"] >= 2, "too few kills fell between the workbook and the records"
    assert counts["at_step"] == 10


@pytest.mark.parametrize("step", STEPS)
def test_ctrl_c_at_any_step_leaves_the_store_as_it_was_or_has_the_collection(
    step: str, store: Path, tmp_path: Path, take_fake: Take
) -> None:
    (tmp_path / "removals.csv").write_bytes(fake_table("us_ice.removals"))

    def interrupt(name: str) -> None:
        if name == step:
            raise KeyboardInterrupt

    before = tree(store)
    with pytest.raises(KeyboardInterrupt):
        take_fake(tmp_path / "removals.csv", step=interrupt)
    opened = Store.open(store)
    if step == "committed":
        assert len(opened.record_releases()) == 3
    else:
        assert tree(store) == before
    proof = verify(opened)
    assert (proof.holds, proof.leftovers) == (True, ())


@pytest.mark.parametrize("step", STEPS[:-1])
def test_ctrl_c_before_there_was_a_store_leaves_none_or_an_empty_one(
    step: str, files: Path, tmp_path: Path, take_fake: Take
) -> None:
    def interrupt(name: str) -> None:
        if name == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_fake(files, step=interrupt)
    store = tmp_path / "store"
    if step in ("copy", "read"):
        assert not store.exists()
    else:
        assert Store.open(store).record_releases() == []
        assert list((store / "tmp").iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A filesystem of 1 MiB that really fills up."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=1024k", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(words, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("needs the mount command")
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount a small tmpfs")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("room_kib", [0, 4, 8, 20, 60, 80, 100, 112, 124, 132, 140, 148, 160, 300])
def test_a_full_disk_is_a_refusal_and_the_store_stays_byte_identical(
    room_kib: int, small_disk: Path, tmp_path: Path, take_fake: Take
) -> None:
    """A real small disk, filled so that the room ends at another step each time."""
    store = small_disk / "store"
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_bytes(fake_table())
    rows = [(f"{n * 7919:x}", "2025-01-01") for n in range(4000)]
    second.write_bytes(fake_table("us_ice.detentions", rows))
    take_fake(first, store=store)
    ballast = small_disk / "ballast"
    room = os.statvfs(small_disk)
    ballast.write_bytes(b"\1" * max(0, room.f_bavail * room.f_frsize - room_kib * 1024))
    before = tree(store)
    exit_code = 0
    try:
        take_fake(second, store=store)
    except StoreNotWritable as error:
        exit_code = error.exit_code
    gc.collect()  # the half-written file of the reader is closed: the disk can be unmounted
    full = exit_code != 0
    assert not full or (exit_code, tree(store)) == (3, before)
    assert full or room_kib > 60  # the member alone has more than 60 kB
    assert not full or room_kib < 300
    assert verify(Store.open(store)).holds
    ballast.unlink()
    assert [o.outcome for o in take_fake(second, store=store)] in (["taken"], ["already_taken"])
    assert verify(Store.open(store)).holds


@pytest.mark.parametrize("limit_kib", [1, 8, 40, 64])
def test_a_file_size_limit_is_a_refusal_like_a_full_disk(
    limit_kib: int, store: Path, tmp_path: Path
) -> None:
    """In a child process: the kernel refuses every write beyond the limit (EFBIG)."""
    rows = [(f"{n * 7919:x}", "2025-01-01") for n in range(6000)]
    (tmp_path / "b.csv").write_bytes(fake_table("us_ice.removals", rows))
    before = tree(store)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_kib * 1024, limit_kib * 1024))

    process = child("-c", TAKE, store, tmp_path / "b.csv", preexec_fn=limit)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    assert tree(store) == before
    assert verify(Store.open(store)).leftovers == ()


def test_two_takes_of_records_at_once_lose_nothing(files: Path, tmp_path: Path) -> None:
    """Four processes take overlapping files into one new store, with no agreement among them."""
    store = tmp_path / "store"
    (files / "removals.csv").write_bytes(fake_table("us_ice.removals"))
    (files / "a.xlsx").write_bytes(tiny_workbook("2024-01-01"))
    arrests = [files / "arrests-FY24.csv", files / "arrests-FY25.csv"]
    several = [
        [files],
        [*arrests, files / "detentions.csv"],
        [files / "removals.csv", *reversed(arrests)],
        [files],
    ]
    processes = [child("-c", TAKE, store, *sources) for sources in several]
    outcomes: list[str] = []
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        outcomes += out.split()
    assert outcomes.count("taken") == 4  # a workbook and three record releases
    assert set(outcomes) == {"taken", "already_taken"}
    opened = Store.open(store)
    assert len(opened.record_releases()) == 3
    (collection,) = opened.collections()
    assert len(collection.releases) == 3
    proof = verify(opened)
    assert (proof.holds, proof.leftovers) == (True, ())
    assert list((store / "tmp").iterdir()) == []


def test_the_folder_of_a_living_process_is_left_alone_and_that_of_a_dead_one_swept(
    store: Path, tmp_path: Path, take_fake: Take
) -> None:
    script = (
        "import sys, time\nfrom pathlib import Path\n"
        "from openlifecycle.vault.places import Places\n"
        "from openlifecycle.vault.work import work_folder\n"
        "with work_folder(Places(Path(sys.argv[1]))) as folder:\n"
        "    (folder / 'member').write_bytes(b'x')\n"
        "    (folder / 'deep').mkdir(); (folder / 'deep' / 'part').write_bytes(b'x')\n"
        "    print(folder, flush=True)\n    time.sleep(600)\n"
    )
    process = child("-c", script, store)
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    try:
        (tmp_path / "b.csv").write_bytes(fake_table("us_ice.removals"))
        assert [o.outcome for o in take_fake(tmp_path / "b.csv")] == ["taken"]
        opened = Store.open(store)
        assert (folder / "deep" / "part").exists()
        assert (leftovers(opened), clean(opened)) == ([], [])
        assert (folder / "member").exists()
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    # its rows of people do not lie about for longer than until the next write
    assert [path.name for path in leftovers(opened)] == ["part", "held", "member"]
    clean(opened)
    assert not folder.exists()


def test_a_store_is_not_locked_while_records_are_read(
    store: Path, files: Path, tmp_path: Path, take_fake: Take
) -> None:
    """Another process lands a release while this one is in the middle of reading."""
    (tmp_path / "removals.csv").write_bytes(fake_table("us_ice.removals"))
    (tmp_path / "a.xlsx").write_bytes(tiny_workbook("2024-01-01"))

    class Slow(FakeReader):
        def read(self, members: object, **words: object) -> object:
            process = child("-c", TAKE, store, tmp_path / "a.xlsx")
            begun = time.monotonic()
            out, err = process.communicate(timeout=50)
            assert (out.split(), err) == (["taken"], "")
            assert time.monotonic() - begun < 50
            return super().read(members, **words)

    assert [o.outcome for o in take_fake(tmp_path / "removals.csv", records=Slow())] == ["taken"]
    proof = verify(Store.open(store))
    assert (proof.holds, proof.releases, proof.record_releases) == (True, 1, 3)


def test_work_for_a_store_that_does_not_come_to_be_leaves_nothing(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "store"
    with work_folder(Places(root)) as first, work_folder(Places(root)) as second:
        assert first != second
        assert first.parent == second.parent == root / "tmp"
    assert not (tmp_path / "deep").exists()


@pytest.mark.parametrize("packed", [False, True])
def test_a_large_file_is_never_in_memory_whole(packed: bool, fast_folder: Path) -> None:
    """120 MB of it pass through the door; the process grows by a few of them."""
    big = fast_folder / "big.csv"
    line = random.Random(1).randbytes(500_000).hex().encode()  # does not pack well
    with big.open("wb") as handle:
        handle.write(fake_table() + b"END\n")
        for _ in range(120):
            handle.write(line)
    given = big
    if packed:
        given = fast_folder / "big.zip"
        with zipfile.ZipFile(given, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
            zipped.write(big, big.name)
    measured = "import resource, pyarrow.parquet, polars\n" + TAKE.replace(
        "try:\n", "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\ntry:\n", 1
    )
    script = measured + "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    process = child("-c", script, fast_folder / "store", given)
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    outcome, grown_kib = out.split()
    assert outcome == "taken"
    assert int(grown_kib) < 60_000


def test_a_member_that_expands_beyond_belief_is_refused(tmp_path: Path, take_fake: Take) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("good.csv", fake_table())
        zipped.writestr("bomb.csv", b"0|" * (9 << 20))
    outcomes = take_fake(tmp_path / "bomb.zip")
    assert sorted(o.outcome for o in outcomes) == ["refused", "taken"]
    assert "zip bomb" in next(o.message for o in outcomes if o.outcome == "refused")
