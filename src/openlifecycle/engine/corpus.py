"""One in-memory DuckDB per state of the store, filled from the Parquet rows table by table.

Opening 81 small files costs more than any question, so the rows are read once, on the first
question that needs them, and kept, compressed, until the files change.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import ibis

from openlifecycle.engine.backend import unfused
from openlifecycle.engine.choose import SAME_WITHIN
from openlifecycle.engine.held import MOST_ROWS, READ, HeldRows
from openlifecycle.engine.source import ObservationSource, ReleaseFacts, release_facts
from openlifecycle.engine.step_texts import StepTexts
from openlifecycle.engine.steps import Picked, Step
from openlifecycle.errors import StoreDamaged
from openlifecycle.measures.declaration import Measure
from openlifecycle.measures.registry import measures
from openlifecycle.model.dimensions import TOTAL
from openlifecycle.model.observation import OBSERVED

#: The only published series of this release of the house.
SERIES: Final = "us_ice.detention_statistics"

#: Half of all rows are facility rows, and most questions are not about facilities: the rows are
#: read in two lots, each on the first question that needs it.
LARGE_FAMILY: Final = "facilities"

#: Columns of core__observation that every question needs, besides its dimensions.
_COLUMNS: Final = (
    "release_id", "table", "measure", "unit", "period_kind", "period_start", "period_end",
    "fiscal_year", "as_of", "value", "value_text", "edition", "correction_id", "flags",
    "sheet", "cell", "layout", "rule_version",
)  # fmt: skip


#: Columns made when the rows are read: the row of the cell, and of the release.
_MADE: Final = ("row_no", "rank", "published_on", "known_on")

#: Columns in which an empty text says nothing.
_BLANK_IS_NULL: Final = ("correction_id", "flags")


def columns_of(measure: Measure) -> list[str]:
    """Return the columns that questions to a measure need."""
    return [*_COLUMNS, *_MADE, *(d for d in measure.dimensions if d != "item")]


@dataclass(frozen=True)
class _Lot:
    """Rows that are read together: as a table of DuckDB, with what was compiled over it, and held.

    ``held`` has the same rows as columns, or is None where they are too many for that.
    """

    table: Any
    texts: StepTexts
    held: HeldRows | None


class Corpus:
    """The rows that can answer questions, and the releases they come from."""

    def __init__(self, source: ObservationSource, series: str = SERIES) -> None:
        self._source = source
        self._series = series
        self._lock = threading.RLock()
        self._state: tuple[str, ...] = ()
        self._files: list[Path] = []
        self._folders: tuple[Path, ...] = ()
        self._seen: tuple[int, ...] = ()
        self._lots: dict[bool, _Lot] = {}
        self._values: dict[tuple[str, str], tuple[str, ...]] = {}
        self._queries: dict[Hashable, str] = {}
        self.releases: dict[str, ReleaseFacts] = {}
        self._open()

    def _open(self) -> None:
        self._duck = duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"})
        self._duck.execute("ATTACH ':memory:' AS held (COMPRESS)")
        self._duck.execute("USE held")
        self._backend: Any = ibis.duckdb.from_connection(self._duck)

    @property
    def files(self) -> list[Path]:
        """Return the Parquet files that the present state is made of."""
        return self._files

    def refresh(self) -> None:
        """Forget what was read when the store has gained or lost files since."""
        with self._lock:
            times = self._times()
            if times and times == self._seen:
                return
            state = tuple(str(f) for f in self._source.observation_files(self._series))
            folders = tuple(dict.fromkeys(Path(name).parent for name in state))
            # the times were taken before the files were listed; of new folders there were none
            self._seen = times if folders == self._folders else ()
            self._folders = folders
            if state == self._state and self.releases:
                return
            self._duck.close()
            self._open()
            self._lots.clear()
            self._values.clear()
            self._queries.clear()
            self._state, self._files = state, [Path(name) for name in state]
            facts = [f for f in release_facts(self._source.releases()) if f.series == self._series]
            self.releases = {f.release_id: f for f in facts}
            self._duck.execute(
                "CREATE TABLE release (release_id VARCHAR, rank INTEGER, published_on DATE,"
                " known_on DATE)"
            )
            if facts:
                self._duck.executemany(
                    "INSERT INTO release VALUES (?, ?, ?, ?)",
                    [
                        (f.release_id, rank, f.published_on, f.known_on)
                        for rank, f in enumerate(facts)
                    ],
                )

    def _times(self) -> tuple[int, ...]:
        """Return when the folders of the files last changed: cheaper to ask than a catalogue."""
        return tuple(f.stat().st_mtime_ns for f in self._folders if f.exists())

    def rows(self, measure: Measure) -> Any:
        """Return the Ibis table of every observed, visible row that can answer the measure."""
        with self._lock:
            return self._lot(measure).table.select(columns_of(measure))

    def held(self, measure: Measure) -> HeldRows | None:
        """Return these rows and others as columns; None where they are too many for that."""
        with self._lock:
            return self._lot(measure).held

    def _lot(self, measure: Measure) -> _Lot:
        """Return the lot that a measure's rows are in, read on the first question to it."""
        large = measure.family == LARGE_FAMILY
        if large not in self._lots:
            name = "facility_rows" if large else "other_rows"
            printed = [m for m in measures().values() if not m.records]
            together = [m for m in printed if (m.family == LARGE_FAMILY) == large]
            self._load(name, together)
            table = self._backend.table(name)
            self._lots[large] = _Lot(table, StepTexts(table, self.compile), self._columns(name))
        return self._lots[large]

    def _columns(self, name: str) -> HeldRows | None:
        counted = self.fetch(f"SELECT count(*) FROM {name}")  # noqa: S608 - our own name
        if counted.column(0)[0].as_py() > MOST_ROWS:
            return None
        return HeldRows(self.fetch(READ.format(name=name, digits=SAME_WITHIN)))

    def _load(self, name: str, together: Sequence[Measure]) -> None:
        if not self._state:
            raise StoreDamaged(
                "the store holds no observations", next_step="olc take PATH takes releases in"
            )
        dims = dict.fromkeys(d for m in together for d in m.dimensions if d != "item")
        tables = list(dict.fromkeys(t for m in together for t in m.tables))
        listed = ", ".join(
            f'NULLIF(o."{c}", \'\') AS "{c}"' if c in _BLANK_IS_NULL else f'o."{c}"'
            for c in (*_COLUMNS, *dims)
        )
        self._duck.execute(
            f"""
            CREATE TABLE {name} AS
            SELECT {listed},
                   TRY_CAST(regexp_extract(o.cell, '[0-9]+$') AS INTEGER) AS row_no,
                   r.rank, r.published_on, r.known_on
            FROM read_parquet($files, union_by_name := false) AS o
            JOIN release AS r USING (release_id)
            WHERE o."table" IN (SELECT unnest($tables)) AND o.status = $status
              AND o.hidden IS NOT TRUE
            ORDER BY o."table", o.measure, o.sheet, row_no, o.cell
            """,  # noqa: S608 - names come from the declarations, values are parameters
            {"files": list(self._state), "tables": tables, "status": OBSERVED},
        )

    def values(self, measure: Measure, dimension: str) -> tuple[str, ...]:
        """Return the values of a dimension present for a measure, Total last."""
        if dimension == "item":
            return tuple(dict.fromkeys(m for s in measure.sources for m in s.measures))
        with self._lock:
            key = (measure.name, dimension)
            if key not in self._values:
                names = sorted({m for s in measure.sources for m in s.measures})
                held = self._lot(measure).held
                present = (
                    held.values(names, dimension)
                    if held
                    else self._present(measure, names, dimension)
                )
                self._values[key] = tuple(sorted(present, key=lambda v: (v == TOTAL, v)))
            return self._values[key]

    def _present(self, measure: Measure, names: Sequence[str], dimension: str) -> set[str]:
        rows = self.rows(measure)
        mine = rows.filter(rows["measure"].isin(names), rows[dimension].notnull())
        found = self.fetch(self.compile(mine.select(dimension).distinct()))
        return {str(v) for v in found.column(0).to_pylist()}

    def compiled(
        self, asked: Hashable, measure: Measure, steps: Callable[[], Sequence[Step]]
    ) -> str:
        """Return the query of what is asked of a measure's rows, put together once per state."""
        with self._lock:
            if asked not in self._queries:
                lot = self._lot(measure)
                # Ibis pays for every column at every step: only those of the measure go on
                first = Picked(tuple(columns_of(measure)))
                self._queries[asked] = lot.texts.query([first, *steps()])
            return self._queries[asked]

    def compile(self, expression: Any) -> str:
        """Return the DuckDB query of an Ibis expression over this corpus."""
        return unfused(self._backend, expression)

    def fetch(self, sql: str) -> Any:
        """Return the answer of a query as an Arrow table."""
        with self._lock:
            return self._duck.sql(str(sql)).to_arrow_table()
