"""Builds the tables of one collection under one rule set into a folder, whole or not at all."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openlifecycle.engine.backend import (
    DUCKDB,
    MEMORY_ENV,
    SPARK,
    engine_name,
    keep_step,
    open_backend,
    read_parquet,
    write_parquet,
)
from openlifecycle.engine.record_facts import HEADS, MAKERS, NEEDS, fact, heads, times_of
from openlifecycle.engine.record_head_tables import write_head_tables
from openlifecycle.engine.record_lacks import write_lacks
from openlifecycle.engine.record_native import NATIVE, write_native
from openlifecycle.engine.record_source import RecordSource
from openlifecycle.engine.record_units import Units, write_units
from openlifecycle.errors import UsageError
from openlifecycle.measures.record_declaration import FACTS

if TYPE_CHECKING:
    from openlifecycle.engine.record_store import Held

#: Stints above which the lifecycle is built in parts, person by person, to stay within memory.
MANY_STINTS: Final = 5_000_000
#: The same on arrays, which hold some 800 bytes of each.
MANY_ON_ARRAYS: Final = 12_000_000
#: Into how many parts at the least, and of how many stints each at the most.
BUCKETS: Final = 16
PART: Final = 1_000_000
BUILD_MEMORY: Final = "2GB"
#: What the sorting of people may hold: five million take no longer than with twice as much.
UNITS_MEMORY: Final = "1GB"

#: The folders of the units, of the lifecycle tables and of the fact tables.
UNITS: Final = "unit"
LIFECYCLE: Final = "lifecycle"
FACT: Final = "fact"

#: The file that is written last: a folder without it was not finished.
DONE: Final = "built"


def build_into(place: Path, source: RecordSource, held: Held, rules: str, *, secret: bytes) -> None:
    """Build into a folder beside the place and move it there whole; the first one there wins.

    Args:
        place: where the tables are wanted.
        source: where the event tables lie.
        held: the collection.
        rules: name of the rule set.
        secret: the secret of the store, from which the record keys are drawn.
    """
    work = place.with_name(f"{place.name}.{os.getpid()}.{threading.get_ident()}")
    shutil.rmtree(work, ignore_errors=True)
    for kind in (UNITS, LIFECYCLE, FACT):
        (work / kind).mkdir(parents=True)
    try:
        files = {t: source.event_file(r.release_id) for t, r in held.releases.items()}
        _write_units(held, files, work, secret)
        stints = held.releases.get("detention_stint")
        many = MANY_ON_ARRAYS if _on_arrays(rules) else MANY_STINTS
        if stints is not None and stints.rows > many:
            buckets = max(BUCKETS, -(-stints.rows // PART))
            _write_partitioned(held, files, rules, work, buckets)
        else:
            _write_lifecycle(held, files, rules, work / LIFECYCLE)
        _write_facts(held, rules, work)
        (work / DONE).write_text(held.collection_id + "\n", encoding="utf-8")
        try:
            work.rename(place)
        except OSError:  # another process was faster, or an unfinished folder stands there
            if not (place / DONE).exists():
                shutil.rmtree(place)
                work.rename(place)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_units(held: Held, files: Mapping[str, Path], work: Path, secret: bytes) -> None:
    # always DuckDB, within bounds: the numbers of people do not hang on the engine that asks
    memory = os.environ.get(MEMORY_ENV, "") or UNITS_MEMORY
    backend = open_backend(DUCKDB, memory_limit=memory, temp=work / "spill")
    write_units(backend, files, work / UNITS, secret=secret, collection=held.collection_id)
    backend.disconnect()


def _on_arrays(rules: str) -> bool:
    """Return whether arrays build: not on Spark, and not within bounds that DuckDB keeps."""
    from openlifecycle.lifecycle.arrays.build import allows
    from openlifecycle.lifecycle.rules import ruleset

    bounded = bool(os.environ.get(MEMORY_ENV, ""))
    return engine_name() == DUCKDB and not bounded and allows(ruleset(rules))


def _write_lifecycle(held: Held, files: Mapping[str, Path], rules: str, out: Path) -> None:
    from openlifecycle.lifecycle.arrays.files import build_files, write
    from openlifecycle.lifecycle.build import Events, build
    from openlifecycle.lifecycle.rules import ruleset

    backend = builder(out.parent)
    tables = {table: read_parquet(backend, file, f"event_{table}") for table, file in files.items()}
    events = Events(held.collection_id, held.through, tables)
    made = {}
    if _on_arrays(rules):
        given = {table: [file] for table, file in files.items()}
        for name, table in build_files(given, ruleset(rules), held.through, like=files).items():
            write(table, out / f"{name}.parquet")
            made[name] = read_parquet(backend, out / f"{name}.parquet", f"made_{name}")
    found = build(
        events, ruleset(rules), keep=lambda n, t: keep_step(backend, t, f"k_{n}"), made=made
    )
    for name, table in found.tables.items():
        if name not in made:
            write_parquet(backend, table, out / f"{name}.parquet")
    _close(backend)


def _write_partitioned(
    held: Held, files: Mapping[str, Path], rules: str, work: Path, buckets: int
) -> None:
    from openlifecycle.lifecycle.partition import build_partitioned
    from openlifecycle.lifecycle.rules import ruleset

    parts = work / "parts"
    parts.mkdir()
    made = build_partitioned(
        files, ruleset(rules), parts, buckets, BUILD_MEMORY,
        through=held.through, collection=held.collection_id,
    )  # fmt: skip
    for name, path in made.items():
        Path(path).rename(work / LIFECYCLE / f"{name}.parquet")
    shutil.rmtree(parts, ignore_errors=True)


def _write_facts(held: Held, rules: str, work: Path) -> None:
    backend = builder(work)
    tables = {
        file.stem: read_parquet(backend, file, file.stem)
        for file in sorted((work / LIFECYCLE).glob("*.parquet"))
    }
    units = Units(backend, work / UNITS)
    for name in MAKERS:
        if FACTS[name] in held.releases:
            if NEEDS[name][0] not in tables:
                raise UsageError(f"the rule set made no table {NEEDS[name][0]}")
            write_parquet(backend, fact(name, tables, units), work / FACT / f"{name}.parquet")
    if "stint" in tables:
        file = write_parquet(backend, heads(tables, units), work / FACT / f"{HEADS}.parquet")
        write_head_tables(
            backend, read_parquet(backend, file, HEADS), work / FACT,
            rules=rules, through=held.through,
            read=lambda written: read_parquet(backend, written, written.stem),
        )  # fmt: skip
    if backend.name == DUCKDB:
        write_native(work / FACT)
        times = {name: times_of(name) for name in MAKERS} | {HEADS: ("",)}
        write_lacks(work / FACT / NATIVE, times, held.through)
    _close(backend)
    shutil.rmtree(work / "spill", ignore_errors=True)


def reader(folder: Path) -> Any:
    """Return an engine to ask with; what spills lies in the store, for it is rows about people."""
    if not os.access(folder, os.W_OK):
        return open_backend()
    return open_backend(temp=_spill(folder, folder / "spill"))


def builder(work: Path) -> Any:
    """Return an engine to build with; it spills into the folder that is being built."""
    return open_backend(temp=_spill(work, work / "spill"))


def _spill(folder: Path, own: Path) -> Path:
    """Return where an engine spills: DuckDB into a folder of its own.

    A process has one Spark, which outlives what is built and read, so it has a folder beside them.
    """
    return folder.parent / "spark" if engine_name() == SPARK else own


def _close(backend: Any) -> None:
    """Let go of a database that was opened to build; a Spark session is shared and stays."""
    if backend.name == DUCKDB:
        backend.disconnect()
