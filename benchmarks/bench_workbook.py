"""Time from one workbook to landed observations, against openpyxl only reading its cells.

Both in one process and one run, so that the ratio holds on any machine. CPU time, because a busy
machine must not change the verdict; child processes are counted.

    make bench        or        .venv/bin/python benchmarks/bench_workbook.py [FILES]
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Final

import openpyxl
from corpus_place import workbooks

from openlifecycle.cli.main import cli

LIMIT_MS: Final = 60.0
#: A few workbooks declare ranges out to column XFC, over which openpyxl takes minutes and GBs.
LARGEST: Final = 400_000


def cpu_ms(work: Callable[[], object]) -> float:
    """Return the CPU milliseconds that a piece of work takes, children included."""
    before = os.times()
    work()
    after = os.times()
    return 1000 * sum(after[i] - before[i] for i in range(4))


def take(path: Path, store: Path) -> None:
    """Take one workbook into a store: door, reading, tidying, landing."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = cli.main(["take", "--store", str(store), str(path)], standalone_mode=False)
    if code != 0:
        raise SystemExit(f"olc take {path.name} ended {code}: {said.getvalue()}")


def read_with_openpyxl(path: Path) -> int:
    """Read every cell of every sheet, and nothing more."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    cells = sum(
        value is not None
        for sheet in book.worksheets
        for row in sheet.iter_rows(values_only=True)
        for value in row
    )
    book.close()
    return cells


def main() -> None:
    """Measure a sample of workbooks and print the medians and the ratio."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    files = [path for path in workbooks() if path.stat().st_size < LARGEST]
    sample = files[:: max(1, len(files) // wanted)]
    with tempfile.TemporaryDirectory() as folder:
        take(sample[0], Path(folder) / "warm")  # imports are paid once, and not by a workbook
        read_with_openpyxl(sample[0])
        store = Path(folder) / "store"
        ours, theirs = [], []
        for path in sample:
            ours.append(cpu_ms(partial(take, path, store)))
            theirs.append(cpu_ms(partial(read_with_openpyxl, path)))
    mine, other = statistics.median(ours), statistics.median(theirs)
    sizes = statistics.median(path.stat().st_size for path in sample)
    print(f"{len(sample)} workbooks, median {sizes / 1000:.0f} kB")
    print(f"  workbook to landed observations  {mine:8.1f} ms CPU   (wanted: at most {LIMIT_MS:g})")
    print(f"  openpyxl, reading the cells only {other:8.1f} ms CPU")
    print(f"  ratio                            {other / mine:8.1f} times quicker")
    if mine > LIMIT_MS:
        raise SystemExit("over the limit")


if __name__ == "__main__":
    main()
