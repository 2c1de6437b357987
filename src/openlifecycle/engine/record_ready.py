"""Cells counted once for all time and kept beside the fact tables, for every question they answer.

A question for other periods or other values of the same split asks for some of the same cells. What
is kept are sums over people, as they stand before the gate: they lie in the store and never leave.
Deleting them loses nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from contextlib import suppress
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

import polars as pl

from openlifecycle.measures.record_plan import RecordPlan

#: What is kept of one store under one rule set at most; what would go beyond is counted anew.
MOST_BYTES: Final = 512_000_000

#: The kind of value whose cells say what those of another do.
_ALIKE: Final = {"people": "rows"}


def is_whole(plan: RecordPlan) -> bool:
    """Return whether a question asks for all periods and all values of its split."""
    return plan.span == (None, None) and not plan.filters


def shape(plan: RecordPlan) -> str:
    """Return what the cells of a question are counted by, whatever its periods and values."""
    spec = plan.spec
    told = (
        _ALIKE.get(spec.value, spec.value), spec.table, spec.at, spec.where, spec.of, spec.since,
        spec.until, spec.over_days, spec.follow_up_days, spec.ended,
        spec.counts if spec.value == "share" else (),
        # all that is said of the days of a period is counted at once, but for its last day
        (spec.heads, spec.statistic == "last") if spec.value == "headcount" else (),
        plan.granularity, sorted(plan.split),
    )  # fmt: skip
    return repr(told)


def values_shape(table: str, dimension: str) -> str:
    """Return what the values of a dimension are kept under."""
    return repr(("values", table, dimension))


def chosen(cells: pl.DataFrame, plan: RecordPlan) -> pl.DataFrame:
    """Return the cells with the values that a question asks for."""
    for dim, values in plan.question.where:
        cells = cells.filter(pl.col(dim).is_in(list(values)))
    return cells


class Ready:
    """The cells that are kept beside the fact tables of one collection under one rule set."""

    def __init__(self, folder: Path, engine: str, most_bytes: int = MOST_BYTES) -> None:
        """Take the folder of the built tables; where it cannot be written, nothing is kept.

        Args:
            folder: the folder of the built tables.
            engine: the name of the one that counts: none answers for another.
            most_bytes: how much is kept at most.
        """
        self._folder = folder / f"ready-{engine}-{_code()}"
        self._left = most_bytes
        with suppress(OSError):
            if not self._folder.exists():
                self._folder.mkdir()
            for other in folder.glob(f"ready-{engine}-*"):
                if other != self._folder:  # counted by other code
                    shutil.rmtree(other, ignore_errors=True)
            self._left -= sum(f.stat().st_size for f in self._folder.iterdir())

    def found(self, said: str) -> pl.DataFrame | None:
        """Return the cells kept under a shape, None where there are none."""
        try:
            return pl.read_parquet(self._file(said))
        except (OSError, pl.exceptions.PolarsError):
            return None

    def has(self, said: str) -> bool:
        """Return whether cells are kept under a shape."""
        return self._file(said).exists()

    def keep(self, said: str, cells: pl.DataFrame) -> None:
        """Keep cells under a shape, whole or not at all."""
        if self._left <= 0:
            return
        file = self._file(said)
        work = file.with_name(f"{file.stem}.{os.getpid()}.{threading.get_ident()}")
        with suppress(OSError):
            cells.write_parquet(work, compression="zstd")
            self._left -= work.stat().st_size
            work.replace(file)

    def _file(self, said: str) -> Path:
        return self._folder / f"{hashlib.sha256(said.encode()).hexdigest()[:24]}.parquet"


#: The code that decides what is counted from fact tables; what builds them has its own mark.
_COUNTERS: Final = "record"


@cache
def _code() -> str:
    """Return a hash of the code that counts cells from fact tables."""
    engine = resources.files("openlifecycle") / "engine"
    made = hashlib.sha256()
    for file in sorted(engine.iterdir(), key=lambda f: f.name):
        if file.name.startswith(_COUNTERS) and file.name.endswith(".py"):
            made.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return made.hexdigest()[:16]
