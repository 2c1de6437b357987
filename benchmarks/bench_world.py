"""How long a synthetic world takes to make and to write, for a given number of stints.

    python benchmarks/bench_world.py [persons]

Issue 3 asks for a million stints within 60 s, as Parquet.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from openlifecycle.demo.world import make_world, write_world

#: Persons of whom come about a million stints.
MILLION = 500_000
ASKED_SECONDS = 60.0


def main() -> None:
    """Make and write one world and print what it took."""
    persons = int(sys.argv[1]) if len(sys.argv) > 1 else MILLION
    began, cpu = time.perf_counter(), time.process_time()
    world = make_world(persons, 1)
    made, made_cpu = time.perf_counter() - began, time.process_time() - cpu
    with tempfile.TemporaryDirectory() as folder:
        files = write_world(world, Path(folder) / "world", "processed")
        size = sum(path.stat().st_size for path in files)
    took, took_cpu = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    rows = {table: frame.height for table, frame in world.tables.items()}
    print(f"{persons:,} persons: " + ", ".join(f"{n:,} {table}" for table, n in rows.items()))
    print(f"make          {made:6.1f} s   {made_cpu:6.1f} s CPU")
    print(f"make + write  {took:6.1f} s   {took_cpu:6.1f} s CPU   {size / 1e6:,.0f} MB of releases")
    print(f"peak memory   {peak:6.1f} GB")
    million = took_cpu * 1e6 / rows["detention_stint"]
    print(f"per million stints {million:.1f} s CPU; asked for {ASKED_SECONDS:.0f} s")


if __name__ == "__main__":
    main()
