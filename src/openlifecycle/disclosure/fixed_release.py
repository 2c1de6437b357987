"""A fixed table as it may leave: exact, with small cells suppressed, and audited twice.

The first audit takes the table by itself. The second lays beside it what anyone can ask of the same
records by perturbed answers: a suppressed cell that a perturbed count tells to within a few is
known to within a few. Only what holds in both leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from openlifecycle.disclosure.audit import Audit, attack, hidden
from openlifecycle.disclosure.fixed_cells import FINENESS, FixedCells, Level, exact_cells
from openlifecycle.disclosure.fixed_declared import FixedTable
from openlifecycle.disclosure.lattice import within
from openlifecycle.disclosure.policy import Policy
from openlifecycle.disclosure.records import cleared
from openlifecycle.disclosure.suppress_rules import needs
from openlifecycle.disclosure.suppression import protect
from openlifecycle.disclosure.tables import Ints, Place, System, linked
from openlifecycle.engine.record_source import RecordSource
from openlifecycle.engine.records import RecordCorpus
from openlifecycle.errors import NotCleared

#: The share of its cells that may be small. A table with more gaps tells little, and to search for
#: the best way to leave out half of it takes a minute.
MOST_SMALL: Final = 1 / 3

#: How a cell is marked that is not shown. One mark for all: two would tell which ones are small.
NOT_SHOWN: Final = "not shown"


@dataclass(frozen=True)
class FixedAudit:
    """What both audits showed, without the numbers that must not be shown."""

    protected: int
    suppressed: int
    cells: int
    proved: bool
    words: str
    would_pass: Sequence[str] = ("another fiscal year", "perturbed answers: olc ask")


@dataclass(frozen=True)
class FixedRelease:
    """A fixed table that is ready for the gate (``gate.clear_table``).

    Attributes:
        declared: its declaration.
        fiscal_year: the year.
        finest: its shortest periods: months, where the audit lets them out.
        rows: one for each cell: period, area, category, value (null: not shown), note.
        audit: what an attacker could infer.
        policy: name of the policy.
        collection_id: the collection that it was counted from.
        releases: the releases behind it.
        through: the last day that the collection speaks of.
        is_synthetic: whether the records are of a made-up world.
    """

    declared: FixedTable
    fiscal_year: int
    finest: str
    rows: pl.DataFrame = field(repr=False)
    audit: FixedAudit
    policy: str
    collection_id: str
    releases: tuple[str, ...]
    through: str
    is_synthetic: bool

    @property
    def name(self) -> str:
        """Return what the table is called."""
        return self.declared.name


def fixed_release(
    source: RecordSource,
    corpus: RecordCorpus,
    declared: FixedTable,
    fiscal_year: int,
    policy: Policy,
) -> FixedRelease:
    """Return a fixed table of a fiscal year, as fine in time as can be proved safe.

    There is one version of it: two, with other cells left out, would tell each other's.

    Raises:
        NotCleared: no suppression protects its small cells, however coarse in time.
        UnknownRelease: no collection covers the year.
    """
    for finest in FINENESS[:-1]:
        try:
            made = _protected(source, corpus, declared, fiscal_year, policy, finest)
        except NotCleared:
            continue
        if made.audit.proved:
            return made
    return _protected(source, corpus, declared, fiscal_year, policy, FINENESS[-1])


def _protected(
    source: RecordSource,
    corpus: RecordCorpus,
    declared: FixedTable,
    fiscal_year: int,
    policy: Policy,
    finest: str,
) -> FixedRelease:
    counted = exact_cells(source, corpus, declared, fiscal_year, finest)
    cells = counted.table.cells.values()
    small = sum(cell.units < policy.minimum_cell for cell in cells)
    if small > MOST_SMALL * len(cells):
        raise NotCleared(
            f"too many cells of {declared.name} are of few people or nobody: it would be all gaps",
            where=f"fiscal year {fiscal_year}, by {finest.replace('_', ' ')} at the finest",
            next_step=f"ask for perturbed answers: olc ask {declared.measure} --by {declared.area}",
        )
    made = protect(counted.table, policy)
    system = linked((counted.table,))
    shut = np.array([made.cells[place] is None for place in _places(system, counted)])
    beside = attack(
        system, *_known(system, counted, shut, policy), needs((counted.table,), system, policy)
    )
    return FixedRelease(
        declared=declared,
        fiscal_year=fiscal_year,
        finest=finest,
        rows=_rows(counted, made.cells),
        audit=_audit(made.audit, beside, made.suppressed, len(made.cells)),
        policy=policy.name,
        collection_id=counted.held.collection_id,
        releases=tuple(sorted(r.release_id for r in counted.held.releases.values())),
        through=counted.held.through.date().isoformat(),
        is_synthetic=any(
            "synthetic" in str(name).casefold()
            for release in counted.held.releases.values()
            for name in release.names
        ),
    )


def _places(system: System, counted: FixedCells) -> list[Place]:
    """Return the place of each cell of the system, in its order."""
    at = {counted.table.key(place): place for place in counted.table.places}
    return [at[key] for key in system.keys]


def _known(
    system: System, counted: FixedCells, shut: np.ndarray, policy: Policy
) -> tuple[Ints, Ints]:
    """Return by how much each cell may be lower and higher, perturbed answers beside the table."""
    down, up = hidden(system, shut)
    for level in counted.levels:
        for place, (low, high) in _asked(level, policy).items():
            at = system.index[counted.table.key(place)]
            value = int(system.values[at])
            down[at] = min(int(down[at]), max(0, value - low))
            up[at] = min(int(up[at]), max(0, high - value))
    return down, up


def _asked(level: Level, policy: Policy) -> dict[Place, tuple[int, int]]:
    """Return the interval that a perturbed answer leaves for each cell; none outside the lattice.

    A shown count lies within the bound of the noise, and one that is not shown below the smallest
    shown count and that bound.
    """
    plan = level.exact.plan
    try:
        within(plan, policy)
    except NotCleared:
        return {}
    told = cleared(level.exact, policy).rows
    keys = ["period_start", *plan.split]
    shown = {
        tuple(row[k] for k in keys): row["value"] for row in told.iter_rows(named=True)
    }  # fmt: skip
    most = policy.perturbation.most * policy.records_per_person[plan.granularity]
    found = {}
    rows = level.exact.frame.select(keys).iter_rows()
    for place, row in zip(level.cells, rows, strict=True):
        value = shown.get(row)
        found[place] = (
            (0, policy.shown_from - 1 + most)
            if value is None
            else (max(0, int(value) - most), int(value) + most)
        )
    return found


def _audit(alone: Audit, beside: Audit, suppressed: int, cells: int) -> FixedAudit:
    proved = alone.proved and beside.proved
    narrow = len({i.key for i in (*alone.narrow, *beside.narrow)})
    words = (
        f"{suppressed} of {cells} cells are not shown; an attacker with this table, all its sums "
        "and every perturbed answer from the same records can narrow none of the small ones down "
        "further than the policy allows"
        if proved
        else f"{narrow} small cells could be inferred too narrowly"
    )
    return FixedAudit(len(alone.intervals), suppressed, cells, proved, words)


def _rows(counted: FixedCells, shown: Mapping[Place, int | None]) -> pl.DataFrame:
    declared = counted.declared
    return pl.DataFrame(
        [
            (*place, shown[place], "" if shown[place] is not None else NOT_SHOWN)
            for place in counted.table.places
        ],
        schema={
            "period": pl.String, declared.area: pl.String, declared.category: pl.String,
            "value": pl.Int64, "note": pl.String,
        },
        orient="row",
    )  # fmt: skip
