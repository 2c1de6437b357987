"""The whole corpus from cold: wall clock and peak memory of ``olc take FOLDER`` into a new store.

Memory is the sum over the process and its children, looked at twenty times a second.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from typing import Final

import psutil
from corpus_place import workbooks

LIMIT_SECONDS: Final = 20.0
LIMIT_MB: Final = 500.0
LIMIT_CHECK_SECONDS: Final = 30.0


def memory_mb(process: psutil.Process) -> float:
    """Return the resident memory of a process and its children, in MB."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:  # it ended between the listing and the look
            continue
    return total / 1e6


def main() -> None:
    """Take the corpus once and print what it cost."""
    files = workbooks()
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "openlifecycle", "take", "--store", f"{folder}/store"]
        before, start = os.times(), time.perf_counter()
        running = subprocess.Popen(
            [*words, str(files[0].parent)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        watched, peak = psutil.Process(running.pid), 0.0
        while running.poll() is None:
            try:
                peak = max(peak, memory_mb(watched))
            except psutil.NoSuchProcess:
                break
            time.sleep(0.05)
        wall, after = time.perf_counter() - start, os.times()
        check = [sys.executable, "-m", "openlifecycle", "check", "--all", "--store"]
        start = time.perf_counter()
        subprocess.run([*check, f"{folder}/store"], stdout=subprocess.DEVNULL, check=False)
        checked = time.perf_counter() - start
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    print(f"{len(files)} workbooks, {megabytes:.1f} MB, exit code {running.wait()}")
    print(f"  wall clock {wall:8.1f} s    (wanted: under {LIMIT_SECONDS:g} on 2 cores)")
    print(f"  CPU        {cpu:8.1f} s")
    print(f"  memory     {peak:8.0f} MB   (wanted: under {LIMIT_MB:g})")
    print(
        f"  checked    {checked:8.1f} s    (olc check --all; wanted: under {LIMIT_CHECK_SECONDS:g})"
    )
    if checked > LIMIT_CHECK_SECONDS:
        raise SystemExit("over the limit")
    if running.returncode or wall > LIMIT_SECONDS or peak > LIMIT_MB:
        raise SystemExit("over the limit")


if __name__ == "__main__":
    main()
