"""The whole lifecycle of one world on one engine, each table as one hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from openlifecycle.demo.world import make_world
from openlifecycle.engine.backend import fetch, keep_step, read_parquet
from openlifecycle.lifecycle.build import Events, build
from openlifecycle.lifecycle.cohorts import cohort, length_of_stay
from openlifecycle.lifecycle.headcounts import headcount
from openlifecycle.lifecycle.rules import ruleset
from tests.engines.row_hash import table_hash

#: What a collection of all five tables becomes.
LIFECYCLE: Final = (
    "stint",
    "stay",
    "arrest",
    "removal",
    "detainer",
    "encounter",
    "link__arrest_stay",
    "link__stay_removal",
    "link__detainer_stay",
)
HEADCOUNTS: Final = ("headcount", "headcount by facility")
COHORTS: Final = ("cohort of arrests", "cohort of book-ins by gender", "length of stay")
ALL: Final = (*LIFECYCLE, *HEADCOUNTS, *COHORTS)


@dataclass(frozen=True)
class Told:
    """How many rows a table has, and the hash of them."""

    rows: int
    hash: str


@dataclass(frozen=True)
class Collection:
    """A world written to Parquet."""

    files: Mapping[str, Path]
    through: datetime


def write_world(folder: Path, persons: int, seed: int) -> Collection:
    """Write the event tables of a world, one Parquet file each."""
    world = make_world(persons, seed=seed)
    files = {name: folder / f"{name}.parquet" for name in world.tables}
    for name, frame in world.tables.items():
        frame.write_parquet(files[name])
    return Collection(files, world.through)


def whole_lifecycle(backend: Any, world: Collection, rules: str, mark: str) -> dict[str, Told]:
    """Return every table of ALL as this engine has it."""

    def keep(name: str, step: Any) -> Any:
        return keep_step(backend, step, f"{mark}_{name}")

    tables = {n: read_parquet(backend, f, f"{mark}_event_{n}") for n, f in world.files.items()}
    life = build(Events("world", world.through, tables), ruleset(rules), keep=keep)
    held = {name: keep(f"made_{name}", table) for name, table in life.tables.items()}
    found = {name: fetch(backend, table) for name, table in held.items()}
    found |= dict(_headcounts(backend, held, rules, world.through))
    found |= dict(_cohorts(backend, held, world.through))
    return {name: Told(len(table), table_hash(table)) for name, table in found.items()}


def _headcounts(backend: Any, held: Mapping[str, Any], rules: str, through: datetime) -> Any:
    how = ruleset(rules).headcount
    for name, by in zip(HEADCOUNTS, ([], ["facility_code"]), strict=True):
        counted = headcount(held["stint"], rules=how, through=through, by=by)
        yield name, fetch(backend, counted)


def _cohorts(backend: Any, held: Mapping[str, Any], through: datetime) -> Any:
    asked: dict[str, Any] = {
        "start": date(2025, 1, 1),
        "end": date(2025, 12, 31),
        "through": through,
        "fetch": lambda expression: fetch(backend, expression),
    }
    yield COHORTS[0], cohort(held, entry="arrest", **asked).to_arrow()
    yield COHORTS[1], cohort(held, entry="book_in", by=["gender"], **asked).to_arrow()
    yield COHORTS[2], length_of_stay(held, **asked).to_arrow()
