"""Time from one workbook to landed observations, against openpyxl only reading its cells.

Both in one process and one run, so that the ratio holds on any machine. CPU time, because a busy
machine must not change the verdict; child processes are counted.

    make bench        or        .venv/bin/python benchmarks/bench_workbook.py [FILES]
"""

from __future__ import annotations

import gc
import io
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Final

import openpyxl
from corpus_place import workbooks

from openlifecycle.cli.main import cli
from openlifecycle.tidying.tidy import read_release

LIMIT_MS: Final = 60.0
ROUNDS: Final = 3
#: A few workbooks declare ranges out to column XFC, over which openpyxl takes minutes and GBs.
LARGEST: Final = 400_000


def cpu_ms(work: Callable[[], object]) -> float:
    """Return the CPU milliseconds that a piece of work takes, children included."""
    before = spent()
    work()
    return 1000 * (spent() - before)


def spent() -> float:
    """Return the CPU seconds of this process, its threads and its children so far."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def take(path: Path, number: int, *, store: Path) -> None:
    """Take one workbook into a store of the round: door, reading, tidying, landing."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = cli.main(["take", "--store", f"{store}{number}", str(path)], standalone_mode=False)
    if code != 0:
        raise SystemExit(f"olc take {path.name} ended {code}: {said.getvalue()}")


def read_release_only(path: Path, _number: int) -> None:
    """Read and tidy one workbook, without the door and without landing."""
    read_release(path.read_bytes(), names=[path.name], release_id="bench")


def read_with_openpyxl(path: Path, _number: int = 0, *, quickest: bool) -> int:
    """Read every cell of every sheet, and nothing more.

    Args:
        path: the workbook.
        quickest: openpyxl's streaming mode, which forgets merged cells and comments.
    """
    book = openpyxl.load_workbook(path, read_only=quickest, data_only=True)
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
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    files = [path for path in workbooks() if path.stat().st_size < LARGEST]
    sample = files[:: max(1, len(files) // wanted)]
    with tempfile.TemporaryDirectory() as folder:
        take(
            sample[0], 0, store=Path(folder) / "warm"
        )  # imports are paid once, and not by a workbook
        read_with_openpyxl(sample[0], quickest=True)
        store = Path(folder) / "store"
        works: dict[str, Callable[[Path, int], object]] = {
            "workbook to landed observations": partial(take, store=store),
            "  of that, reading and tidying": read_release_only,
            "openpyxl, the cells only": partial(read_with_openpyxl, quickest=False),
            "openpyxl streaming, the cells only": partial(read_with_openpyxl, quickest=True),
        }
        took: dict[str, list[float]] = {}
        for name, work in works.items():
            # One kind of work after another: what openpyxl leaves behind in memory would
            # otherwise be walked through at the cost of the next reading.
            gc.collect()
            # The best of three rounds, as timeit has it: a shared machine only ever adds.
            rounds = [[cpu_ms(partial(work, path, n)) for path in sample] for n in range(ROUNDS)]
            took[name] = [min(times) for times in zip(*rounds, strict=True)]
    medians = {name: statistics.median(times) for name, times in took.items()}
    mine = next(iter(medians.values()))
    sizes = statistics.median(path.stat().st_size for path in sample)
    print(f"{len(sample)} workbooks, median {sizes / 1000:.0f} kB")
    for name, median in medians.items():
        print(f"  {name:<36}{median:8.1f} ms CPU   {median / mine:5.1f} times ours")
    print(f"  wanted: at most {LIMIT_MS:g} ms")
    if mine > LIMIT_MS:
        raise SystemExit("over the limit")


if __name__ == "__main__":
    main()
