"""Event files in, lifecycle tables out: the part of a build that is done on arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from openlifecycle.lifecycle.arrays.build import allows, build_arrays
from openlifecycle.lifecycle.rules import RuleSet

#: The event tables that are read here.
_READ: Final = ("detention_stint", "arrest")


def build_files(
    files: Mapping[str, Sequence[Path]],
    rules: RuleSet,
    through: datetime,
    like: Mapping[str, Path],
) -> dict[str, pl.LazyFrame]:
    """Return what can be made on arrays of the event files of a collection; nothing is written.

    Args:
        files: event table by noun, each in one Parquet file, in several or, without records, none.
        rules: the rule set; of one that arrays do not allow, nothing is made.
        through: the last moment that the collection speaks of.
        like: for each table a file that has its columns.
    """
    if not allows(rules):
        return {}
    return build_arrays({n: _read(files[n], like[n]) for n in _READ if n in files}, rules, through)


def _read(files: Sequence[Path], like: Path) -> pl.LazyFrame:
    if not files:
        return pl.read_parquet(like, n_rows=0).lazy()
    return pl.scan_parquet(list(files), hive_partitioning=False)


def write(table: pl.LazyFrame, file: Path) -> None:
    """Write a table into a Parquet file, its rows passing by."""
    # nobody looks for some rows of a lifecycle table: its statistics would cost a quarter more
    table.sink_parquet(file, compression="zstd", compression_level=1, statistics=False)
