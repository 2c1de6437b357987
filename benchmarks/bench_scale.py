"""Ten million stints at ease, and forty million in two gigabytes: key columns.

``bench_scale.py`` measures ten million; ``bench_scale.py 40`` the limited run of forty million and
more (about ten minutes and 8 GB of disk). Each is done in a process of its own, whose memory is
looked at from outside. The input is made by scale_input.py and kept for the next run.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Final

import psutil
from bench_corpus import memory_mb
from scale_input import write_input

MILLION: Final = 1_000_000
THROUGH: Final = datetime.fromisoformat("2026-03-10 23:59:59")
#: Key columns of ten million stints (issue 3).
LIMIT_SECONDS: Final = 7.0
LIMIT_MB: Final = 10_000.0
#: What forty million may hold, and in how many parts they are built.
MEMORY: Final = "2GB"
BUCKETS: Final = 40


def build_at_ease(files: dict[str, Path], folder: Path) -> None:
    """Build stints, stays, arrests and their links and hold them in memory."""
    import polars as pl

    from openlifecycle.lifecycle.arrays.files import build_files
    from openlifecycle.lifecycle.rules import ruleset

    start = time.perf_counter()
    given = {name: [file] for name, file in files.items()}
    held = pl.collect_all(build_files(given, ruleset("olc-1"), THROUGH, like=files).values())
    print(f"lifecycle {time.perf_counter() - start:.1f}")
    print(f"rows {sum(table.height for table in held)}")


def build_in_parts(files: dict[str, Path], folder: Path) -> None:
    """Build every lifecycle table with a memory limit, part by part."""
    from openlifecycle.lifecycle.partition import build_partitioned
    from openlifecycle.lifecycle.rules import ruleset

    start = time.perf_counter()
    rules = ruleset("olc-1")
    made = build_partitioned(files, rules, folder / "made", BUCKETS, MEMORY, through=THROUGH)
    print(f"lifecycle {time.perf_counter() - start:.1f}")
    print(f"written {sum(file.stat().st_size for file in made.values()) / 1e6:.0f}")


def watched(millions: int, how: str, folder: Path) -> tuple[dict[str, float], float, float]:
    """Return what a build in a process of its own printed, its CPU seconds and its memory in MB."""
    running = subprocess.Popen(
        [sys.executable, __file__, "--child", how, str(millions), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    peak = 0.0
    # a look stops the process for a moment: where only its peak matters, the system tells it after
    while how == "parts" and running.poll() is None:
        try:
            peak = max(peak, memory_mb(psutil.Process(running.pid)))
        except psutil.NoSuchProcess:
            break
        time.sleep(0.05)
    said = running.stdout.read() if running.stdout else ""
    if running.wait():
        raise SystemExit(f"the build ended {running.returncode}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = {k: float(v) for k, v in (line.split() for line in said.splitlines())}
    return told, used.ru_utime + used.ru_stime, peak or used.ru_maxrss / 1e3


def main(millions: int, how: str) -> None:
    """Measure one size and print the figures."""
    place = Path(tempfile.gettempdir()) / "openlifecycle-bench"
    place.mkdir(exist_ok=True)
    files = write_input(place, millions * MILLION)
    size = sum(file.stat().st_size for file in files.values()) / 1e6
    with tempfile.TemporaryDirectory(dir=place) as folder:
        said, cpu, peak = watched(millions, how, Path(folder))
    print(f"{millions} million stints, key columns, {size:.0f} MB of Parquet, {how}")
    if how == "parts":
        print(f"  lifecycle  {said['lifecycle']:8.1f} s    (DuckDB limited to {MEMORY})")
        print(f"  written    {said['written']:8.0f} MB   of lifecycle tables")
    else:
        wanted = LIMIT_SECONDS * millions / 10
        print(f"  lifecycle  {said['lifecycle']:8.1f} s    (wanted: under {wanted:g} on 2 cores)")
    print(f"  CPU        {cpu:8.1f} s    of both cores together")
    print(f"  memory     {peak:8.0f} MB   of the whole process")
    if how == "ease" and (said["lifecycle"] > LIMIT_SECONDS * millions / 10 or peak > LIMIT_MB):
        raise SystemExit("over the limit")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        given = write_input(Path(sys.argv[4]).parent, int(sys.argv[3]) * MILLION)
        (build_in_parts if sys.argv[2] == "parts" else build_at_ease)(given, Path(sys.argv[4]))
    else:
        asked = int(sys.argv[1]) if sys.argv[1:] else 10
        main(asked, "parts" if asked >= 40 or "parts" in sys.argv else "ease")
