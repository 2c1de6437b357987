"""What leaves the house: tables, files, charts, exit codes."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from openlifecycle.api import Answer, Session
from openlifecycle.engine.source import Files, ReleaseFacts
from openlifecycle.errors import NotCleared, UsageError
from openlifecycle.publishing.numbers import cell_words, period_word, shown, shown_margin
from tests.answers.world import month, release, row, snapshot, source

JANUARY = release("aaaa", date(2024, 1, 18), date(2024, 1, 14))
FEBRUARY = release("bbbb", date(2024, 2, 1), date(2024, 1, 28))


class World(Files):
    """A small world that finds releases by name."""

    def release(self, ref: str) -> ReleaseFacts:
        return next(f for f in self.facts if ref in f.release_id)


def session(folder: Path, rows: list[dict[str, Any]]) -> Session:
    made = source(folder, [JANUARY, FEBRUARY], rows)
    return Session(World(made.files, made.facts))


def counts(values: list[float]) -> list[dict[str, Any]]:
    return [
        row(
            JANUARY, table="vulnerable_placements", measure="segregation_placements_vulnerable",
            unit="events", period_kind="interval", period_start=date(2023, 10, 1),
            period_end=date(2023, 12, 31), fiscal_year=2024, value=v,
            placement_reason=f"reason {i}",
        )
        for i, v in enumerate(values)
    ]  # fmt: skip


def test_a_chart_of_an_exposed_group_is_refused_below_five_and_drawn_from_five_on(
    tmp_path: Path,
) -> None:
    small = session(tmp_path, counts([4, 9])).ask("vulnerable_placements", by="placement_reason")
    with pytest.raises(NotCleared) as error:
        small.image("svg")
    assert error.value.exit_code == 4
    assert "4" in small.text()  # the table prints what was published
    even = session(tmp_path, counts([5, 9])).ask("vulnerable_placements", by="placement_reason")
    assert b"<svg" in even.image("svg")


def test_an_average_of_an_exposed_group_is_judged_by_the_counts_behind_it(tmp_path: Path) -> None:
    days = [r | {"measure": "segregation_consecutive_days", "unit": "days", "value": 30.0}
            for r in counts([4, 9])]  # fmt: skip
    asked = session(tmp_path, counts([4, 9]) + days)
    with pytest.raises(NotCleared):
        asked.ask("vulnerable_consecutive_days", by="placement_reason").chart()


@pytest.fixture
def series(tmp_path: Path) -> Answer:
    rows = [
        month(JANUARY, date(2019, 9, 1), date(2019, 9, 30), 40_000),
        month(JANUARY, date(2019, 10, 1), date(2019, 10, 31), 24_728, correction_id="E9"),
        month(JANUARY, date(2024, 1, 1), date(2024, 1, 14), 9_000),
    ]
    return session(tmp_path, rows).ask("book_ins")


def test_a_chart_rules_the_break_hollows_the_partial_month_and_marks_the_error(
    series: Answer,
) -> None:
    spec = series.chart().to_dict()
    words = json.dumps(spec)
    assert series.measure.question in words
    assert "2019-10-01: book-ins of FY2019" in words
    assert "datum.provisional" in words
    assert "datum.touched" in words
    marks = [layer["mark"]["type"] for layer in spec["layer"]]
    assert marks.count("rule") == 1
    data = spec["datasets"][spec["layer"][0]["data"]["name"]]
    assert [d["provisional"] for d in data] == [False, False, True]
    assert [d["touched"] for d in data] == [False, True, False]
    assert len({d["run"] for d in data}) == 3  # neither the break nor the gap is bridged


def test_png_and_svg_are_what_they_say(series: Answer) -> None:
    assert series.image("png").startswith(b"\x89PNG")
    svg = series.image("svg").decode()
    assert svg.startswith("<svg")
    assert "40,000" in svg


def test_json_says_what_the_table_says(series: Answer) -> None:
    body = json.loads(series.file("json"))
    assert [r["value"] for r in body["rows"]] == [40_000, 24_728, 9_000]
    assert body["rows"][2]["period_end"] == "2024-01-14"
    assert body["breaks"][0]["effective"] == "2019-10-01"
    assert body["corrections"] == ["E9"]
    assert "SELECT" in body["sql"]
    assert "sha256" in body["citation"]


def test_csv_and_parquet_carry_the_same_rows(series: Answer) -> None:
    csv = pl.read_csv(series.file("csv"), try_parse_dates=True)
    parquet = pl.read_parquet(io.BytesIO(series.file("parquet")))
    assert csv["value"].to_list() == parquet["value"].to_list() == [40_000, 24_728, 9_000]
    assert csv["period_start"].to_list() == parquet["period_start"].to_list()
    assert (
        "caveats" in pl.read_parquet_metadata(io.BytesIO(series.file("parquet")))["openlifecycle"]
    )


def test_the_table_shows_notes_thousands_and_cells(series: Answer) -> None:
    words = series.text()
    assert "24,728" in words
    assert "provisional" in words
    assert "2024-01-01 to 2024-01-14" in words or "2024-01" in words
    assert "'Detention FY24'!A1" in words


def test_words_have_no_chart(tmp_path: Path) -> None:
    inspected = row(
        JANUARY, table="facilities", measure="inspection_rating", unit="text",
        period_kind="instant", period_start=date(2024, 1, 14), period_end=date(2024, 1, 14),
        value_text="Superior", inspection="Last", facility_label="STEWART",
    )  # fmt: skip
    answer = session(tmp_path, [inspected]).ask("facility_inspections")
    assert answer.value == "Superior"
    with pytest.raises(UsageError):
        answer.chart()


def test_changes_tell_restatements_from_months_that_filled_up(tmp_path: Path) -> None:
    rows = [
        month(JANUARY, date(2023, 10, 1), date(2023, 10, 31), 100, cell="C20"),
        month(FEBRUARY, date(2023, 10, 1), date(2023, 10, 31), 110, cell="C21"),
        month(JANUARY, date(2023, 11, 1), date(2023, 11, 30), 100),
        month(FEBRUARY, date(2023, 11, 1), date(2023, 11, 30), 100.00001),
        month(JANUARY, date(2024, 1, 1), date(2024, 1, 14), 40),
        month(FEBRUARY, date(2024, 1, 1), date(2024, 1, 28), 80),
        month(JANUARY, date(2023, 12, 1), date(2023, 12, 31), 5, arresting_agency="CBP"),
        month(FEBRUARY, date(2023, 12, 1), date(2023, 12, 31), 6, arresting_agency="ICE"),
        snapshot(JANUARY, date(2024, 1, 14), 37_000),
        snapshot(FEBRUARY, date(2024, 1, 28), 38_000),
    ]
    rows += [
        month(of, date(2023, 10, 1), date(2023, 10, 31), value, measure=name,
              table="releases_by_reason_month", arresting_agency=None, release_reason="Total")
        for of, value, name in (
            (JANUARY, 10_028, "final_releases"), (FEBRUARY, 20_375, "final_book_outs"))
    ]  # fmt: skip
    found = session(tmp_path, rows).changes("aaaa", "bbbb")
    kinds = dict(found.rows.group_by("kind").len().rows())
    assert kinds == {
        "restated": 1, "same": 1, "filled up": 1, "moved on": 1, "concept changed": 1,
        "vanished": 1, "appeared": 1,
    }  # fmt: skip
    restated = found.of_kind("restated").row(0, named=True)
    assert (restated["difference"], restated["share"]) == (10, pytest.approx(0.1))
    assert (restated["before_cell"], restated["after_cell"]) == ("C20", "C21")


def test_observations_come_in_one_edition(tmp_path: Path) -> None:
    day = date(2024, 1, 14)
    rows = [
        snapshot(JANUARY, day, 9, edition="published"),
        snapshot(JANUARY, day, 90, edition="corrected"),
        snapshot(JANUARY, day, 1, status="not_yet", criminality="Other Immigration Violator"),
    ]
    asked = session(tmp_path, rows)
    assert asked.observations("aaaa")["value"].to_list() == [9, 1]
    assert asked.observations("aaaa", edition="corrected")["value"].to_list() == [90, 1]


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (37684.0, "persons", "37,684"),
        (50165.4384, "persons", "50,165.4"),
        (34.3403, "days", "34.3"),
        (0.68345, "fraction", "68.3 %"),
        (4123.5, "US dollars", "4,123.50"),
        (None, "days", ""),
        (10.833, "deaths per 100,000 book-ins", "10.8"),
        (0.00939, "deaths per 100,000 person-days", "0.00939"),
        (0.0999999, "deaths per 100,000 person-days", "0.100"),
        (1234.5678, "book-outs per 1,000 held", "1,235"),
        (0.0, "book-outs per 1,000 held", "0"),
        (161.21, "US dollars per day", "161.21"),
    ],
)
def test_numbers_as_people_read_them(value: float | None, unit: str, words: str) -> None:
    assert shown(value, unit) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (7.0, "persons", "7"),
        (8.5, "persons", "8.5"),
        (0.016, "days", "0.1"),
        (0.0416, "fraction", "4.2 %"),
        (0.05, "fraction", "5.0 %"),
        (0.3 / 3, "fraction", "10.0 %"),
        (None, "fraction", ""),
    ],
)
def test_margins_are_rounded_up(value: float | None, unit: str, words: str) -> None:
    assert shown_margin(value, unit) == words


def test_periods_cannot_be_misread() -> None:
    assert period_word("instant", date(2024, 10, 3), date(2024, 10, 3), 2025) == "2024-10-03"
    first = date(2023, 10, 1)
    assert period_word("interval", first, date(2023, 10, 31), 2024) == "2023-10"
    assert period_word("fiscal_year_to_date", first, date(2024, 1, 2), 2024) == (
        "FY2024 to 2024-01-02"
    )
    assert period_word("interval", first, date(2024, 9, 30), 2024) == "FY2024"


def test_cells_that_touch_are_named_as_a_range() -> None:
    assert cell_words("N14,O14,P14,Q14") == "N14:Q14"
    assert cell_words("F20,F22,F23") == "F20, F22, F23"
    assert cell_words("Z9,AA9") == "Z9:AA9"
    assert cell_words("8:220") == "8:220"
