"""Small cells do not leave, nor can one be had by subtraction inside a horizon."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from openlifecycle.demo.world import Rates, make_world
from openlifecycle.disclosure.cohort_cells import cleared_lengths, cleared_shares
from openlifecycle.disclosure.cohorts import CohortQuestion, answered
from openlifecycle.engine.record_source import EventFolder
from openlifecycle.errors import UsageError
from openlifecycle.lifecycle.cohorts import cohort, length_of_stay
from openlifecycle.publishing.cohort_text import cohort_text
from tests.cohorts.tables import FIRST, LAST, THROUGH, day, stay, tables

END = {"removed": ("Removed", 20), "bond": ("Bonded Out - IJ", 9), "parole": ("Paroled", 3)}


def rows() -> pl.DataFrame:
    found, number = [], 0
    for reason, times in END.values():
        for _ in range(times):
            number += 1
            found.append(stay(number, f"p{number}", day(1, 1), day(1, 9), reason))
    return cohort(
        tables(found), entry="book_in", start=FIRST, end=LAST, through=THROUGH, period="all"
    )


def test_a_small_state_is_hidden_and_the_smallest_other_with_it() -> None:
    shown = cleared_shares(rows(), ["period"]).filter(pl.col("horizon_days") == 30)
    states = shown.filter(pl.col("kind") == "state")
    by_name = {r["state"]: r for r in states.iter_rows(named=True)}
    assert by_name["released_parole"]["n_seen"] is None
    assert by_name["released_parole"]["share"] is None
    assert by_name["released_bond"]["note"] == "below minimum cell"
    assert by_name["removed"]["n_seen"] == 20
    assert by_name["died"]["n_seen"] == 0
    ways = shown.filter(pl.col("kind") == "left_as", pl.col("n_seen").is_null())
    assert set(ways["state"]) == {"released_parole", "released_bond"}


def test_hidden_cells_cannot_be_had_by_subtraction_inside_a_horizon() -> None:
    shown = cleared_shares(rows(), ["period"])
    for (_, kind), one in shown.group_by("horizon_days", "kind"):
        if kind in ("state", "left_as"):
            assert one["n_seen"].null_count() != 1


def test_a_cohort_of_four_is_not_shown_at_all() -> None:
    four = tables([stay(i, f"p{i}", day(1, 1)) for i in range(4)])
    asked = {"start": FIRST, "end": LAST, "through": THROUGH, "period": "all"}
    shown = cleared_shares(cohort(four, entry="book_in", **asked), ["period"])
    for name in ("n_people", "n_followed", "n_seen", "share", "low", "high", "naive_share"):
        assert shown[name].null_count() == len(shown)
    lengths = cleared_lengths(length_of_stay(four, **asked), ["period"])
    numbers = lengths.drop("period", "note")
    assert all(numbers[c].null_count() == 1 for c in numbers.columns)


def test_six_stays_of_two_people_are_two_people() -> None:
    six = tables([stay(i, f"p{i % 2}", day(1, 1 + i), day(1, 2 + i), "Removed") for i in range(6)])
    lengths = length_of_stay(six, start=FIRST, end=LAST, through=THROUGH, period="all")
    assert lengths["n_stays"].to_list() == [6]
    assert cleared_lengths(lengths, ["period"])["median_days"].to_list() == [None]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> EventFolder:
    folder: Path = tmp_path_factory.mktemp("world")
    world = make_world(1500, 3, Rates())
    for name, table in world.tables.items():
        table.write_parquet(folder / f"{name}.parquet")
    return EventFolder(folder, world.through)


def test_a_world_is_answered_with_notes_and_without_small_cells(source: EventFolder) -> None:
    asked = CohortQuestion("arrest", date(2025, 1, 1), date(2025, 6, 30), period="all")
    answer = answered(source, asked)
    assert answer.rows["n_seen"].drop_nulls().is_between(1, 4).sum() == 0
    assert "minimum cell" in answer.disclosure
    text = cohort_text(answer)
    assert "held_after_transfer" in text
    assert "caveat: Shares are Aalen-Johansen" in text
    keys = pl.read_parquet(source.root / "arrest.parquet")["person_key"].drop_nulls()
    told = text + str(answer.as_dict())
    assert not any(key in told for key in keys.unique().to_list())
    lengths = answered(
        source, CohortQuestion("book_in", date(2025, 1, 1), period="all", lengths=True)
    )
    assert "median, days (Kaplan-Meier)" in cohort_text(lengths)


def test_a_length_of_stay_does_not_begin_with_an_arrest() -> None:
    with pytest.raises(UsageError):
        CohortQuestion("arrest", date(2025, 1, 1), lengths=True)


def test_nobody_after_the_records_is_an_answer(source: EventFolder) -> None:
    answer = answered(source, CohortQuestion("book_in", date(2030, 1, 1)))
    assert answer.rows.is_empty()
    assert "nobody entered in that time" in cohort_text(answer)


@pytest.mark.parametrize(
    "words",
    [["arrest", "--from", "2025-13"], ["arrest", "--from", "2025-01", "--horizons", "0"]],
)
def test_the_command_refuses_what_it_cannot_read(words: list[str]) -> None:
    from openlifecycle.cli.cohort import command

    with pytest.raises(UsageError):
        command.main(words, standalone_mode=False)
