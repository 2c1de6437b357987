"""What rule set olc-1 does with hand-made records, and what it does not do to people."""

from __future__ import annotations

import tempfile
from datetime import date, datetime
from pathlib import Path

import ibis
import polars as pl
import pytest

from openlifecycle.engine.backend import hold
from openlifecycle.lifecycle.build import Events, build
from openlifecycle.lifecycle.rules import ruleset

THROUGH = datetime(2026, 3, 10, 23, 59, 59)  # noqa: DTZ001  (wall clock)
STINT = {
    "row_id": pl.Int64, "person_key": pl.String, "stay_book_in_at": pl.Datetime("us"),
    "stay_book_out_at": pl.Datetime("us"), "book_in_at": pl.Datetime("us"),
    "book_out_at": pl.Datetime("us"), "facility_code": pl.String, "facility_label": pl.String,
    "aor": pl.String, "release_reason": pl.String, "initial_bond_set_amount": pl.Float64,
    "departed_on": pl.Date,
}  # fmt: skip
ARREST = {
    "row_id": pl.Int64, "person_key": pl.String, "arrested_at": pl.Datetime("us"),
    "arrest_method": pl.String, "arrest_state": pl.String, "duty_site": pl.String,
    "member": pl.String, "sheet": pl.String, "row": pl.Int64,
}  # fmt: skip


def at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(f"2025-{text}") if text else None


def stint(
    person: str | None, stay: str | None, start: str | None, end: str | None, code: str | None,
    **more: object,
) -> dict[str, object]:  # fmt: skip
    return {
        "person_key": person, "stay_book_in_at": at(stay), "book_in_at": at(start),
        "book_out_at": at(end), "facility_code": code, **more,
    }  # fmt: skip


def made(
    stints: list[dict[str, object]], arrests: list[dict[str, object]] | None = None,
    rules: str = "olc-1",
) -> dict[str, list[dict[str, object]]]:  # fmt: skip
    tables = {"detention_stint": frame(stints, STINT), "arrest": frame(arrests or [], ARREST)}
    backend = ibis.duckdb.connect()
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        given = {}
        for name, table in tables.items():
            table.write_parquet(Path(folder) / name)
            given[name] = backend.read_parquet(Path(folder) / name, table_name=f"given_{name}")
        lifecycle = build(
            Events("hand", THROUGH, given),
            ruleset(rules),
            keep=lambda step, made: hold(backend, made, step),
        )
        for name, table in lifecycle.tables.items():
            key = [c for c in ("row_id", "stay_id") if c in table.columns]
            found[name] = table.to_polars().sort(key).to_dicts()
    return found


def frame(rows: list[dict[str, object]], schema: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([{"row_id": n} | row for n, row in enumerate(rows)], schema=schema)


def test_a_second_visit_on_one_day_is_kept_unless_the_visits_overlap() -> None:
    visits = [
        stint("a", "02-01 08:00", "02-01 08:00", "02-01 12:00", "FACAATX"),
        stint("a", "02-01 08:00", "02-01 15:00", "02-03 08:00", "FACAATX"),
        stint("b", "02-01 08:00", "02-01 08:00", "02-01 16:00", "FACAATX"),
        stint("b", "02-01 08:00", "02-01 15:00", "02-03 08:00", "FACAATX"),
    ]
    assert [row["is_left_out"] for row in made(visits)["stint"]] == [False, False, True, False]
    theirs = made(visits, rules="ddp-2026-03")["stint"]
    assert [row["is_left_out"] for row in theirs] == [True, False, True, False]


def test_people_are_not_joined_by_a_missing_stay_book_in() -> None:
    nameless = [
        stint("a", None, "04-01 08:00", "04-02 08:00", "FACAATX"),
        stint("b", None, "04-05 08:00", "04-06 08:00", "FACBBLA"),
        stint("c", "04-07 08:00", "04-07 08:00", "04-07 12:00", "FACBBLA"),
        stint("c", None, "04-07 08:00", "04-08 12:00", "FACAATX"),
    ]
    stays = made(nameless)["stay"]
    assert [(stay["person_key"], stay["n_stints"]) for stay in stays] == [
        ("a", 1),
        ("b", 1),
        ("c", 2),
    ]
    theirs = made(nameless, rules="ddp-2026-03")["stay"]
    assert sorted((stay["person_key"], stay["n_stints"]) for stay in theirs) == [("c", 1), ("c", 3)]


def test_a_bond_stays_with_its_person() -> None:
    bonds = [
        stint("a", "04-01 08:00", "04-01 08:00", None, None, initial_bond_set_amount=9000.0),
        stint("b", "05-01 08:00", "05-01 08:00", None, None, initial_bond_set_amount=1000.0),
        stint("c", "05-01 08:00", "05-01 08:00", None, "FACAATX", initial_bond_set_amount=5000.0),
        stint("c", "05-01 08:00", "05-01 08:00", None, "FACAATX", initial_bond_set_amount=2500.0),
    ]
    found = made(bonds)["stint"]
    assert [row["initial_bond_lowest"] for row in found] == [9000.0, 1000.0, 2500.0, 2500.0]
    theirs = made(bonds, rules="ddp-2026-03")["stint"]
    assert [row["initial_bond_lowest"] for row in theirs] == [1000.0, 1000.0, 2500.0, 2500.0]


def test_a_stint_without_a_person_is_kept_and_in_no_stay() -> None:
    found = made([stint(None, "04-01 08:00", "04-01 08:00", "04-02 08:00", "FACAATX")] * 2)
    assert found["stay"] == []
    assert [row["is_left_out"] for row in found["stint"]] == [False, False]
    assert [row["is_duplicate"] for row in found["stint"]] == [None, None]
    assert [row["stay_id"] for row in found["stint"]] == [None, None]


def test_transfers_and_hold_rooms_are_counted_by_what_changed() -> None:
    aor = ["Dallas", "Dallas", "New Orleans", "San Diego"]
    codes = ["DALHOLD", "FACAATX", "FACBBLA", "FACCCCA"]
    times = ["06-20 08:00", "06-22 08:00", "06-24 08:00", "06-28 08:00", "07-01 08:00"]
    found = made(
        [
            stint("a", times[0], times[n], times[n + 1], codes[n], aor=aor[n])
            for n in range(4)
        ]
    )  # fmt: skip
    (stay,) = found["stay"]
    assert stay["facility_codes"] == "DALHOLD; FACAATX; FACBBLA; FACCCCA"
    # LD is no state, so leaving the hold room is a transfer but no known change of state.
    counts = [stay[f"n_transfers{of}"] for of in ("", "_aor", "_state", "_circuit")]
    assert counts == [3, 2, 2, 1]  # TX and LA are both of the fifth circuit, CA of the ninth
    assert (stay["hold_hours"], stay["hold_limit_hours"], stay["is_over_hold_limit"]) == (
        48,
        12,
        True,
    )
    assert stay["longest_facility_code"] == "FACBBLA"
    assert (stay["last_state"], stay["first_state"]) == ("CA", None)


@pytest.mark.parametrize(
    ("start", "end", "over"),
    [
        ("06-23 23:00", "06-24 11:00", False),  # 12 hours exactly, under the limit of 12
        ("06-23 23:00", "06-24 11:01", True),
        ("06-24 00:00", "06-27 00:00", False),  # 72 hours exactly, under the limit of 72
        ("06-24 00:00", "06-27 00:01", True),
    ],
)
def test_a_hold_room_stint_is_held_against_the_limit_of_its_day(
    start: str, end: str, over: bool
) -> None:
    (stay,) = made([stint("a", start, start, end, "DALHOLD")])["stay"]
    assert stay["is_over_hold_limit"] is over


def test_an_open_stint_is_the_last_of_its_stay() -> None:
    (stay,) = made(
        [
            stint("a", "02-01 08:00", "02-01 08:00", None, "FACAATX"),
            stint("a", "02-01 08:00", "02-01 08:00", "02-02 08:00", "FACBBLA"),
        ]
    )["stay"]
    assert (stay["last_facility_code"], stay["stay_id"]) == ("FACAATX", 0)
    assert (stay["longest_facility_code"], stay["is_open"]) == ("FACAATX", True)


def test_an_arrest_that_loses_its_stay_takes_the_next_that_is_free() -> None:
    stays = [
        stint("a", "11-10 12:00", "11-10 12:00", "11-11 12:00", "FACAATX"),
        stint("a", "11-12 12:00", "11-12 12:00", "11-15 12:00", "FACAATX"),
    ]
    arrests = [
        {"person_key": "a", "arrested_at": at("11-07 11:00")},
        {"person_key": "a", "arrested_at": at("11-11 00:00")},
    ]
    # Both stays are nearest to the second arrest, which takes the first of them.
    ours = [
        (r["row_id"], r["stay_id"], r["attempt"]) for r in made(stays, arrests)["link__arrest_stay"]
    ]
    assert ours == [(0, 1, 2), (1, 0, 1)]
    theirs = made(stays, arrests, rules="ddp-2026-03")["link__arrest_stay"]
    assert [(r["row_id"], r["stay_id"]) for r in theirs] == [(0, None), (1, 0)]


def test_a_state_is_read_from_the_duty_site_only_where_it_is_missing() -> None:
    arrests = [
        {"person_key": "a", "arrested_at": at("01-01 00:00"), "duty_site": "ATLANTA GA"},
        {"person_key": "b", "arrested_at": at("01-01 00:00"), "duty_site": "MIAMI, FLORIDA ERO"},
        {"person_key": "c", "arrested_at": at("01-01 00:00"), "duty_site": "NOWHERE"},
        {"person_key": "d", "arrested_at": at("01-01 00:00"), "duty_site": "ATLANTA GA",
         "arrest_state": "TEXAS"},
    ]  # fmt: skip
    found = [row["arrest_state_filled"] for row in made([], arrests)["arrest"]]
    assert found == ["GEORGIA", "FLORIDA", None, "TEXAS"]


def test_a_departure_is_the_stay_s_own_date_when_it_is_near() -> None:
    near = stint("a", "02-01 08:00", "02-01 08:00", "02-03 08:00", "FACAATX")
    near |= {"stay_book_out_at": at("02-03 08:00"), "departed_on": date(2025, 2, 13)}
    far = near | {"person_key": "b", "departed_on": date(2025, 2, 14)}
    (link,) = made([near, far])["link__stay_removal"]
    assert (link["stay_id"], link["source"], link["row_id"]) == (0, "stay", None)
    assert link["gap_days"] == pytest.approx(9 + 16 / 24)
