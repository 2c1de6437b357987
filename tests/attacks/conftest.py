"""One synthetic world in a folder that answers like a store, and everything askable of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from openlifecycle.api import Session
from openlifecycle.demo.world import World, make_world
from openlifecycle.disclosure.policy import Policy, policy
from openlifecycle.engine.records import RecordCorpus
from tests.attacks.cube import Cube
from tests.attacks.facts import facts
from tests.records_answers.small import Records

PERSONS = 1500

#: The measure whose every table is attacked, and the one that makes each person count once.
MEASURE = "arrests"


@dataclass(frozen=True)
class Target:
    """A world, the session that answers about it, and the engine behind the session."""

    world: World
    session: Session
    corpus: RecordCorpus
    secret: bytes


def answering(
    folder: Path, world: World, tables: Mapping[str, pl.DataFrame] | None = None
) -> Target:
    """Return what answers about a world, or about its tables with something changed."""
    for name, frame in (tables or world.tables).items():
        frame.write_parquet(folder / f"{name}.parquet")
    source = Records(folder, world.through)
    return Target(world, Session(source), RecordCorpus(source), source.places.cell_secret())


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Target:
    """The target of all attacks."""
    return answering(tmp_path_factory.mktemp("attacked"), make_world(PERSONS, seed=7))


@pytest.fixture(scope="session")
def rule() -> Policy:
    """The policy in force."""
    return policy()


@pytest.fixture(scope="session")
def cube(real: Target, rule: Policy) -> Cube:
    """Everything askable about arrests, exact."""
    return Cube(facts(real.corpus, MEASURE), dict(rule.dimensions))


@pytest.fixture(scope="session")
def others(real: Target, rule: Policy) -> list[Cube]:
    """The same under two other rule sets."""
    limits = dict(rule.dimensions)
    return [Cube(facts(real.corpus, MEASURE, r), limits) for r in ("exact-rows", "uwchr-2024")]
