"""Questions about cohorts, asked of a made-up world through the gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from openlifecycle.demo.world import Rates, make_world
from openlifecycle.disclosure.cohorts import CohortAnswer, CohortQuestion, answered
from openlifecycle.disclosure.gate import clear_cohorts, opened
from openlifecycle.disclosure.policy import policy
from openlifecycle.engine.record_source import EventFolder, RecordReleaseFacts
from openlifecycle.errors import NotCleared, UsageError
from openlifecycle.lifecycle.cohort_entry import SPLITS
from openlifecycle.publishing.cohort_text import cohort_text

STATES = CohortQuestion("arrest", period="fiscal_year")
COUNTS = ("n_people", "n_followed", "n_seen")
FROM = policy().cohorts.shown_from


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> EventFolder:
    folder: Path = tmp_path_factory.mktemp("world")
    world = make_world(3000, 3, Rates())
    for name, table in world.tables.items():
        table.write_parquet(folder / f"{name}.parquet")
    return EventFolder(folder, world.through)


@pytest.fixture(scope="module")
def states(source: EventFolder) -> CohortAnswer:
    return answered(source, STATES)


def test_a_world_is_answered_with_policy_margin_and_no_small_number(
    source: EventFolder, states: CohortAnswer
) -> None:
    for name in COUNTS:
        shown = states.rows[name].drop_nulls()
        assert len(shown)
        assert shown.min() >= FROM
    assert states.policy == "public-foia"
    assert f"off by {states.margin} people" in states.disclosure
    cleared = clear_cohorts(source, STATES)
    text = cohort_text(cleared)
    assert "held_after_transfer" in text
    assert "caveat: Shares are Aalen-Johansen" in text
    assert "public-foia" in text
    keys = pl.read_parquet(source.root / "arrest.parquet")["person_key"].drop_nulls()
    told = text + str(opened(cleared).as_dict())
    assert not any(key in told for key in keys.unique().to_list())
    assert not any(name.startswith("key_") for name in states.rows.columns)


def test_periods_are_whole_whatever_days_are_asked_for(
    source: EventFolder, states: CohortAnswer
) -> None:
    part = answered(
        source,
        CohortQuestion("arrest", date(2025, 2, 11), date(2025, 3, 2), period="fiscal_year"),
    )
    assert part.rows.equals(states.rows.filter(pl.col("period") == "FY2025"))
    month = answered(source, CohortQuestion("arrest", date(2025, 2, 11), date(2025, 3, 2)))
    longer = answered(source, CohortQuestion("arrest", date(2025, 1, 1), date(2025, 4, 30)))
    assert month.rows["period"].unique().sort().to_list() == ["2025-02", "2025-03"]
    both = longer.rows.filter(pl.col("period").is_in(["2025-02", "2025-03"]))
    assert month.rows.equals(both)


def test_one_horizon_is_told_as_among_all(source: EventFolder, states: CohortAnswer) -> None:
    one = answered(source, CohortQuestion("arrest", period="fiscal_year", horizons=(90,)))
    assert one.rows.equals(states.rows.filter(pl.col("horizon_days") == 90))


def test_lengths_of_stay_are_told_by_one_split_or_for_everybody(source: EventFolder) -> None:
    split = CohortQuestion("book_in", period="fiscal_year", lengths=True, by=("gender",))
    assert answered(source, split).rows["n_stays"].drop_nulls().min() >= FROM
    whole = CohortQuestion("book_in", period="all", lengths=True)
    assert "median, days (Kaplan-Meier)" in cohort_text(clear_cohorts(source, whole))


@pytest.mark.parametrize(
    "asked",
    [
        CohortQuestion("arrest", by=("aor", "gender")),
        CohortQuestion("book_in", by=("aor", "gender"), lengths=True),
        CohortQuestion("book_in", by=("aor",), period="all", lengths=True),
        CohortQuestion("arrest", by=("gender",), period="all"),
        CohortQuestion("arrest", horizons=(30, 31)),
        CohortQuestion("arrest", horizons=()),
        CohortQuestion("arrest", date(2025, 1, 2), period="all"),
        CohortQuestion("arrest", end=date(2025, 1, 2), period="all"),
    ],
)
def test_what_would_single_people_out_is_refused(
    source: EventFolder, asked: CohortQuestion
) -> None:
    with pytest.raises(NotCleared) as refused:
        answered(source, asked)
    assert refused.value.next_step


def test_a_split_by_state_is_of_the_place_and_not_of_the_person(source: EventFolder) -> None:
    told = answered(source, CohortQuestion("arrest", by=("us_state",), period="fiscal_year")).rows
    assert "removed" in told["state"].unique().to_list()
    assert "TEXAS" in told["us_state"].unique().to_list()
    # a split must not have the name of what is told of it
    for splits in SPLITS.values():
        assert not set(splits) & (set(told.columns) - {"us_state"})


def test_a_stricter_policy_is_said_and_holds(source: EventFolder) -> None:
    strict = policy("agreement")
    told = answered(source, STATES, strict)
    assert told.policy == "agreement"
    assert told.rows["n_seen"].drop_nulls().min() >= strict.cohorts.shown_from


def test_reasons_that_are_not_known_are_named_where_enough_people_have_them(
    source: EventFolder, tmp_path: Path
) -> None:
    for file in source.root.glob("*.parquet"):
        rows = pl.read_parquet(file)
        if file.stem == "detention_stint":
            # 80 people of one word and 4 of another: only the first can be told
            word = pl.when(pl.int_range(pl.len()) < 80).then(pl.lit("Flown away"))
            word = word.when(pl.int_range(pl.len()) < 84).then(pl.lit("Walked"))
            rows = rows.unique("person_key", keep="first", maintain_order=True)
            rows = rows.filter(pl.col("book_out_at").is_not_null())
            named = ["stay_release_reason", "release_reason"]
            rows = rows.with_columns(word.otherwise(pl.col(n)).alias(n) for n in named)
        rows.write_parquet(tmp_path / file.name)
    asked = CohortQuestion("book_in", period="all")
    told = answered(EventFolder(tmp_path, source.through), asked)
    (note,) = [note for note in told.notes if "not known here" in note]
    assert note.endswith("counted as other_reason: 'Flown away'.")


class _MadeUp(EventFolder):
    """The same records under the names that `olc demo world` gives."""

    def record_releases(self) -> list[RecordReleaseFacts]:
        """Return the releases, named."""
        found = super().record_releases()
        return [replace(one, names=(f"SYNTHETIC-{one.names[0]}",)) for one in found]


def test_a_made_up_world_says_so_before_anything_else(
    source: EventFolder, states: CohortAnswer
) -> None:
    told = answered(_MadeUp(source.root, source.through), STATES)
    assert told.notes[0].startswith("SYNTHETIC: ")
    assert told.rows.equals(states.rows)
    assert not any("SYNTHETIC" in note for note in states.notes)


def test_a_length_of_stay_does_not_begin_with_an_arrest() -> None:
    with pytest.raises(UsageError):
        CohortQuestion("arrest", date(2025, 1, 1), lengths=True)


def test_nobody_after_the_records_is_an_answer(source: EventFolder) -> None:
    asked = CohortQuestion("book_in", date(2030, 1, 1))
    assert answered(source, asked).rows.is_empty()
    assert "no cohort of that time" in cohort_text(clear_cohorts(source, asked))
    lengths = CohortQuestion("book_in", date(2030, 1, 1), lengths=True)
    assert answered(source, lengths).rows.is_empty()


def test_another_rule_set_is_answered_with_a_larger_margin(
    source: EventFolder, states: CohortAnswer
) -> None:
    other = answered(source, CohortQuestion("arrest", period="fiscal_year", rules="ddp-2026-03"))
    assert other.margin > states.margin
    at = ["period", "horizon_days", "kind", "state"]
    both = other.rows.join(states.rows, on=at).drop_nulls(["n_seen", "n_seen_right"])
    # most cells hold the same people under both rule sets: they get no second look
    assert (both["n_seen"] == both["n_seen_right"]).mean() > 0.2


def test_stays_of_the_same_people_are_told_alike_under_another_rule_set(
    source: EventFolder,
) -> None:
    asked = CohortQuestion("book_in", period="fiscal_year", lengths=True)
    house = answered(source, asked)
    other = answered(source, replace(asked, rules="exact-rows"))
    assert other.margin > house.margin
    both = other.rows.join(house.rows, on="period").drop_nulls(["n_stays", "n_stays_right"])
    assert both.height >= 2
    # this world has no duplicate stints, so both rule sets count the same stays: no second look
    assert both["n_stays"].equals(both["n_stays_right"], check_names=False)


def test_days_the_wrong_way_round_are_refused(source: EventFolder) -> None:
    asked = CohortQuestion("arrest", date(2025, 3, 1), date(2025, 2, 1))
    with pytest.raises(UsageError, match="2025-03-01 is after 2025-02-01"):
        answered(source, asked)


@pytest.mark.parametrize(
    "words",
    [["arrest", "--from", "2025-13"], ["arrest", "--from", "2025-01", "--horizons", "0"]],
)
def test_the_command_refuses_what_it_cannot_read(words: list[str]) -> None:
    from openlifecycle.cli.cohort import command

    with pytest.raises(UsageError):
        command.main(words, standalone_mode=False)
