"""Fixed tables: exact where shown, small cells never, one version, one collection, proved or held.

What is counted is compared with a count of the lifecycle table in Polars, and what an attacker can
infer with linear programs written for the tests (twin_attacker).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace

import polars as pl
import pytest

from openlifecycle.api import Session
from openlifecycle.demo.world import Rates, make_world, write_world
from openlifecycle.disclosure import fixed_declared
from openlifecycle.disclosure import fixed_release as room
from openlifecycle.disclosure.fixed_cells import (
    NOT_STATED,
    days_of,
    exact_cells,
    first_collection,
    node_of,
)
from openlifecycle.disclosure.fixed_declared import FixedTable, fixed_table, fixed_tables
from openlifecycle.disclosure.fixed_release import NOT_SHOWN, FixedRelease, fixed_release
from openlifecycle.disclosure.gate import clear_table, opened
from openlifecycle.disclosure.hierarchy import TOTAL
from openlifecycle.disclosure.policy import policy
from openlifecycle.engine.record_store import RecordTables, held_collections
from openlifecycle.engine.records import RecordCorpus
from openlifecycle.errors import NotCleared, UnknownMeasure, UnknownRelease
from openlifecycle.vault.store import Store
from tests.privacy.conftest import olc

YEAR = 2025
NAME = "arrests_by_area_and_conviction"

#: As the publisher spells it, with and without its number.
CONVICTED = ["1 Convicted Criminal", "Convicted Criminal"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("fixed")
    write_world(make_world(6000, 11, Rates()), folder / "out", form="processed")
    done = olc("take", folder / "out" / "releases", store=folder / "store")
    assert done.returncode == 0, done.stderr
    return Store.open(folder / "store")


@pytest.fixture(scope="module")
def released(store: Store) -> FixedRelease:
    return fixed_release(store, RecordCorpus(store), fixed_table(NAME), YEAR, policy())


@pytest.fixture(scope="module")
def counted(store: Store) -> pl.DataFrame:
    """Arrests and people of each month, area and conviction, counted without the engine."""
    held = held_collections(store)[-1]
    folder = RecordTables(store, held, "olc-1")._folder  # noqa: SLF001
    rows = pl.read_parquet(folder / "lifecycle" / "arrest.parquet").filter(~pl.col("is_left_out"))
    start, end = days_of(YEAR)
    at = pl.col("arrested_at").cast(pl.Datetime)
    guilty = pl.when(pl.col("criminality").is_in(CONVICTED)).then(pl.lit("With conviction"))
    guilty = guilty.when(pl.col("criminality").is_not_null()).then(pl.lit("Without conviction"))
    return rows.filter(at.dt.date().is_between(start, end)).select(
        "person_key", "row_id", month=at.dt.strftime("%Y-%m"), aor="aor", conviction=guilty
    )


def test_what_is_shown_is_what_a_plain_count_gives(
    released: FixedRelease, counted: pl.DataFrame
) -> None:
    shown = released.rows.filter(pl.col("value").is_not_null())
    assert shown.height > 100
    for row in shown.sample(60, seed=1).iter_rows(named=True):
        part = _part(counted, row)
        assert part.height == row["value"], row
        people = part["person_key"].n_unique() if part.height else 0
        assert people >= policy().minimum_cell, row


def _part(counted: pl.DataFrame, row: dict[str, object]) -> pl.DataFrame:
    part = counted
    for name in ("aor", "conviction"):
        if row[name] != TOTAL:
            wanted = None if row[name] == NOT_STATED else row[name]
            part = part.filter(pl.col(name).eq_missing(pl.lit(wanted, pl.String)))
    period = str(row["period"])
    if period.startswith("FY") and "Q" in period:
        quarter = (pl.col("month").str.slice(5, 2).cast(pl.Int64) + 2) % 12 // 3 + 1
        return part.filter(quarter == int(period[-1]))
    return part if period.startswith("FY") else part.filter(pl.col("month") == period)


def test_a_session_hands_out_what_the_gate_cleared(store: Store, released: FixedRelease) -> None:
    table = Session(store).table(NAME, YEAR)
    assert table.rows.equals(released.rows)
    assert table.verdict.method == "suppression"
    assert table.verdict.policy == released.policy
    with pytest.raises(UnknownMeasure, match="arrests_by_aera"):
        Session(store).table("arrests_by_aera", YEAR)


def test_every_small_cell_is_left_out_and_all_look_the_same(
    store: Store, released: FixedRelease
) -> None:
    corpus = RecordCorpus(store)
    exact = exact_cells(store, corpus, released.declared, YEAR, released.finest)
    values = {tuple(r[:3]): r[3] for r in released.rows.iter_rows()}
    small = [p for p, cell in exact.table.cells.items() if cell.units < policy().minimum_cell]
    assert small, "the world must have small cells for this test to say anything"
    assert all(values[place] is None for place in small)
    assert set(released.rows["note"].unique()) == {"", NOT_SHOWN}
    assert released.rows["value"].null_count() > len(small), "complementary cells are left out too"


def test_another_attacker_finds_no_protected_cell(store: Store, released: FixedRelease) -> None:
    scipy = pytest.importorskip("scipy.optimize")
    exact = exact_cells(store, RecordCorpus(store), released.declared, YEAR, released.finest)
    shown = {tuple(r[:3]): r[3] for r in released.rows.iter_rows()}
    shut = [place for place, value in shown.items() if value is None]
    at = {place: i for i, place in enumerate(shut)}
    left, right = [], []
    for whole, parts in exact.table.sums():
        row = [0.0] * len(shut)
        rest = 0
        for place, sign in ((whole, 1), *((p, -1) for p in parts)):
            if place in at:
                row[at[place]] += sign
            else:
                rest -= sign * shown[place]
        if any(row):
            left.append(row)
            right.append(rest)
    rule = policy()
    small = [p for p in shut if exact.table.cells[p].units < rule.minimum_cell]
    for place in small[:: max(1, len(small) // 8)]:
        value = exact.table.cells[place].value
        aim = [0.0] * len(shut)
        aim[at[place]] = 1.0
        low = scipy.linprog(aim, A_eq=left, b_eq=right).fun
        high = scipy.linprog([-x for x in aim], A_eq=left, b_eq=right)
        assert low <= max(0, value - rule.interval.below) + 1e-6, place
        assert high.status == 3 or -high.fun >= value + rule.interval.above - 1e-6, place


def test_the_gate_lets_out_what_is_proved_and_nothing_else(released: FixedRelease) -> None:
    assert opened(clear_table(released)) is not None
    narrow = FixedRelease(
        **{
            **{f: getattr(released, f) for f in released.__dataclass_fields__},
            "audit": room._audit(_Failing(), _Failing(), 1, 2),  # noqa: SLF001
        }
    )
    with pytest.raises(NotCleared, match="1 small cells could be inferred"):
        clear_table(narrow)


class _Failing:
    """An audit that found one cell too narrow."""

    proved = False
    intervals = ()

    class _One:
        key = ("arrests", ())

    narrow = (_One(),)


def test_a_table_that_months_would_tell_is_released_by_quarter(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = room._protected  # noqa: SLF001

    def unproved(*given: object) -> FixedRelease:
        if given[-1] == "month":
            raise NotCleared("not by month")
        return whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(room, "_protected", unproved)
    made = fixed_release(store, RecordCorpus(store), fixed_table(NAME), YEAR, policy())
    assert made.finest == "quarter"

    def proved_by_year(*given: object) -> FixedRelease:
        audit = replace(made.audit, proved=given[-1] == "fiscal_year")
        return replace(made, audit=audit, finest=str(given[-1]))

    monkeypatch.setattr(room, "_protected", proved_by_year)
    coarse = fixed_release(store, RecordCorpus(store), fixed_table(NAME), YEAR, policy())
    assert (coarse.finest, coarse.audit.proved) == ("fiscal_year", True)
    assert made.rows["period"].unique().sort().to_list() == [
        "FY2025", "FY2025 Q1", "FY2025 Q2", "FY2025 Q3", "FY2025 Q4",
    ]  # fmt: skip

    def never(*_given: object) -> FixedRelease:
        raise NotCleared("never")

    monkeypatch.setattr(room, "_protected", never)
    with pytest.raises(NotCleared, match="never"):
        fixed_release(store, RecordCorpus(store), fixed_table(NAME), YEAR, policy())


def test_a_table_of_gaps_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_SMALL", 0)
    with pytest.raises(NotCleared, match="it would be all gaps") as refused:
        fixed_release(store, RecordCorpus(store), fixed_table(NAME), YEAR, policy())
    # every fineness was tried, the coarsest last
    assert "by fiscal year at the finest" in str(refused.value)
    assert refused.value.next_step == "ask for perturbed answers: olc ask arrests --by aor"


def test_a_year_is_made_from_the_first_collection_that_covers_it(store: Store) -> None:
    table = fixed_table(NAME)
    assert first_collection(store, table, YEAR) == held_collections(store)[-1]
    with pytest.raises(UnknownRelease, match="fiscal year 2031"):
        first_collection(store, table, 2031)


def test_of_two_collections_the_earlier_is_taken() -> None:
    class Two:
        def record_releases(self) -> list[object]:
            return [_release("a"), _release("b")]

        def collections(self) -> list[object]:
            return [
                _collection("late", "b", datetime(2026, 3, 10)),  # noqa: DTZ001
                _collection("early", "a", datetime(2025, 10, 1)),  # noqa: DTZ001
            ]

    found = first_collection(Two(), fixed_table(NAME), YEAR)  # type: ignore[arg-type]
    assert found.collection_id == "early"


def _release(name: str) -> object:
    class Release:
        release_id, names, rows = name, (name,), 1
        first = datetime(2023, 9, 1)  # noqa: DTZ001

    return Release()


def _collection(name: str, release: str, through: datetime) -> object:
    class Collection:
        collection_id, layout = name, "2026-03"
        releases = {"arrest": (release,)}

    Collection.through = through  # type: ignore[attr-defined]
    return Collection()


def test_declarations_are_of_different_records() -> None:
    tables = [t.declared.records.table for t in fixed_tables().values() if t.declared.records]
    assert len(tables) == len(set(tables)) == len(fixed_tables())
    with pytest.raises(UnknownMeasure, match="arrests_by_aera"):
        fixed_table("arrests_by_aera")


def test_periods_have_the_names_that_people_use() -> None:
    start, end = days_of(2025)
    assert (start.isoformat(), end.isoformat()) == ("2024-10-01", "2025-09-30")
    assert node_of("month", start, 2025) == "2024-10"
    assert node_of("quarter", start, 2025) == "FY2025 Q1"
    assert node_of("quarter", end.replace(month=7, day=1), 2025) == "FY2025 Q4"
    assert node_of("fiscal_year", start, 2025) == "FY2025"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"measure": "arrests_custodial_share"}, "does not count all records"),
        ({"area": "planet"}, r"has no \['planet'\]"),
        ({}, "are of the same records"),
    ],
)
def test_a_table_that_cannot_be_is_refused(
    change: dict[str, str], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = {
        "name": "one", "title": "One", "measure": "arrests", "area": "aor",
        "category": "conviction",
    }  # fmt: skip
    # of that module alone: what else is read then is not this table
    entries = [first, {**first, "name": "two", **change}]
    monkeypatch.setattr(fixed_declared, "yaml", SimpleNamespace(safe_load=lambda _: entries))
    fixed_tables.cache_clear()
    try:
        with pytest.raises(ValueError, match=fault):
            fixed_tables()
    finally:
        monkeypatch.undo()
        fixed_tables.cache_clear()


def test_the_table_keeps_its_words() -> None:
    assert isinstance(fixed_table(NAME), FixedTable)
    assert fixed_table(NAME).declared.name == "arrests"
