"""The time of ``olc --help``, against the bare interpreter in the same run."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

LIMIT_SECONDS: Final = 0.3
RUNS: Final = 20


def seconds(words: list[str]) -> float:
    """Return the median wall clock of a command."""
    took = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        took.append(time.perf_counter() - start)
    return statistics.median(took)


def main() -> None:
    """Measure and print both, and the ratio."""
    ours = seconds([str(Path(sys.executable).with_name("olc")), "--help"])
    bare = seconds([sys.executable, "-c", "pass"])
    print(f"{RUNS} runs each")
    print(f"  olc --help          {1000 * ours:8.0f} ms   (wanted: under {1000 * LIMIT_SECONDS:g})")
    print(f"  python -c pass      {1000 * bare:8.0f} ms")
    print(f"  ratio               {ours / bare:8.1f}")
    if ours > LIMIT_SECONDS:
        raise SystemExit("over the limit")


if __name__ == "__main__":
    main()
