"""Killed, interrupted, out of room, or two at once: nothing lost, nothing half-written."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny_reader import SERIES, read_tiny, tiny_workbook, tree

from openlifecycle.errors import StoreBusy, StoreNotWritable
from openlifecycle.intake import take as taking
from openlifecycle.intake.take import Outcome, take
from openlifecycle.vault import landing
from openlifecycle.vault.lock import writing
from openlifecycle.vault.store import Store
from openlifecycle.vault.verify import verify

HERE = Path(__file__).parent
#: How many random moments; the rest of them when there is time.
KILLS = [25, pytest.param(100, marks=pytest.mark.heavy)]


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
def test_a_take_killed_at_many_random_moments_leaves_a_whole_store(
    kills: int, fast_folder: Path
) -> None:
    """And at each step of landing; after every kill verify is green and a retake completes."""
    process = child(HERE / "killed_takes.py", fast_folder, str(kills), "20240102")
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    counts = json.loads(out)
    assert counts["killed"] == kills
    assert counts["in_between"] >= kills // 10, "too few kills fell between two releases"
    assert counts["at_step"] == 14


@pytest.mark.parametrize(
    "step",
    ["write", "write manifest", "write derived", "place", "commit", "committing", "committed"],
)
def test_ctrl_c_at_any_step_leaves_the_store_as_it_was_or_has_the_release(
    step: str, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(name: str) -> None:
        if name == step:
            raise KeyboardInterrupt

    real = landing.land
    monkeypatch.setattr(taking, "land", lambda *a, **k: real(*a, **k, step=interrupt))
    (tmp_path / "b.xlsx").write_bytes(tiny_workbook("2024-06-01"))
    before = tree(store)
    with pytest.raises(KeyboardInterrupt):
        take(store, [str(tmp_path / "b.xlsx")], read=read_tiny)
    if step == "committed":
        assert len(Store.open(store).releases()) == 2
    else:
        assert tree(store) == before
    proof = verify(Store.open(store))
    assert (proof.holds, proof.leftovers) == (True, ())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A filesystem of 512 KiB that really fills up."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(words, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("needs the mount command")
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount a small tmpfs")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("room_kib", [0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 100])
def test_a_full_disk_is_a_refusal_and_the_store_stays_byte_identical(
    room_kib: int, small_disk: Path, tmp_path: Path, take_tiny: Callable[..., list[Outcome]]
) -> None:
    """A real small disk, filled so that the room ends at another step each time."""
    store = small_disk / "store"
    first, second = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    first.write_bytes(tiny_workbook("2024-01-01"))
    second.write_bytes(tiny_workbook("2024-02-01", range(300)))
    take_tiny(first, store=store)
    ballast = small_disk / "ballast"
    room = os.statvfs(small_disk)
    ballast.write_bytes(b"\1" * max(0, room.f_bavail * room.f_frsize - room_kib * 1024))
    before = tree(store)
    refused: StoreNotWritable | None = None
    try:
        take_tiny(second, store=store)
    except StoreNotWritable as error:
        refused = error
    full = refused is not None
    assert not full or (refused.exit_code, tree(store)) == (3, before)
    # bytes, manifest, Parquet, receipt and journal need pages of 4 KiB of their own
    assert full or room_kib > 20
    assert not full or room_kib < 100
    assert verify(Store.open(store)).holds
    ballast.unlink()
    assert [o.outcome for o in take_tiny(second, store=store)] in (["taken"], ["already_taken"])
    assert verify(Store.open(store)).holds


@pytest.mark.parametrize("limit_kib", [1, 4, 6, 22])
def test_a_file_size_limit_is_a_refusal_like_a_full_disk(
    limit_kib: int, store: Path, tmp_path: Path
) -> None:
    """In a child process: the kernel refuses every write beyond the limit (EFBIG)."""
    (tmp_path / "b.xlsx").write_bytes(tiny_workbook("2024-06-01", range(2000)))
    script = tmp_path / "limited.py"
    script.write_text(
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from tiny_reader import read_tiny\n"
        "from openlifecycle.errors import StoreNotWritable\n"
        "from openlifecycle.intake.take import take\n"
        "try:\n    take(Path(sys.argv[2]), [sys.argv[3]], read=read_tiny)\n"
        "except StoreNotWritable as error:\n    sys.exit(error.exit_code)\n"
    )
    before = tree(store)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_kib * 1024, limit_kib * 1024))

    process = child(script, HERE, store, tmp_path / "b.xlsx", preexec_fn=limit)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    assert tree(store) == before
    assert verify(Store.open(store)).leftovers == ()


def test_two_takes_at_once_lose_nothing(tmp_path: Path) -> None:
    """Four processes take overlapping files into one new store, with no agreement among them."""
    script = tmp_path / "one.py"
    script.write_text(
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from tiny_reader import read_tiny\n"
        "from openlifecycle.intake.take import take\n"
        "for o in take(Path(sys.argv[2]), sys.argv[3:], read=read_tiny): print(o.outcome)\n"
    )
    files = []
    for number in range(12):
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(tiny_workbook(f"2024-01-{number + 1:02}", range(number + 1)))
        files.append(path)
    store = tmp_path / "store"
    processes = [
        child(script, HERE, store, *files[start : start + 8], *files[:start])
        for start in (0, 2, 4, 0)
    ]
    outcomes: list[str] = []
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        outcomes += out.split()
    assert outcomes.count("taken") == 12
    assert set(outcomes) == {"taken", "already_taken"}
    opened = Store.open(store)
    assert {row.names for row in opened.releases()} == {(f"{n}.xlsx",) for n in range(12)}
    proof = verify(opened)
    assert (proof.holds, proof.releases, proof.leftovers) == (True, 12, ())


def test_a_writer_that_does_not_end_is_not_waited_for_for_ever(store: Path) -> None:
    with (
        (store / "lock").open("r+") as handle,
    ):
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(StoreBusy, match=r"0\.1 seconds"), writing(store / "lock", seconds=0.1):
            raise AssertionError("held twice")


def test_readers_do_not_wait_for_a_writer(store: Path, olc: Callable[..., object]) -> None:
    with (store / "lock").open("r+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert olc("releases", "--store", store).code == 0
        assert olc("verify", "--store", store).code == 0


def test_a_store_whose_making_was_cut_short_is_finished(
    tmp_path: Path, take_tiny: Callable[..., list[Outcome]]
) -> None:
    store = tmp_path / "store"
    (store / "releases").mkdir(parents=True)
    (store / "lock").touch()
    assert Store.open(store).releases() == []
    assert (store / "store.json").exists()


def test_a_release_that_a_killed_take_left_unaccounted_is_taken_anew(
    store: Path, tmp_path: Path, take_tiny: Callable[..., list[Outcome]]
) -> None:
    """Half-written files under the very names that the release needs do no harm."""
    import hashlib

    data = tiny_workbook("2024-06-01")
    sha256 = hashlib.sha256(data).hexdigest()
    (store / "releases" / SERIES / f"{sha256}.xlsx").write_bytes(data[:100])
    (store / "manifests" / f"{SERIES}@{sha256[:12]}.json").write_text("{")
    (tmp_path / "b.xlsx").write_bytes(data)
    assert take_tiny(tmp_path / "b.xlsx")[0].outcome == "taken"
    proof = verify(Store.open(store))
    assert (proof.holds, proof.leftovers) == (True, ())
