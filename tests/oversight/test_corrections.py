"""Corrections stand beside what was printed, act only under their guard, and are strict."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from openlifecycle.model.observation import SCHEMA
from openlifecycle.tidying import corrections
from openlifecycle.tidying.corrections_file import CorrectionsFileError, load, parse
from tests.oversight.frames import frame, row

SHA = "6c63df07b7b58387fcfa139738a07769a29c423c92d3a4d89ced272b3395c20c"

ENTRY = """
- id: T1
  title: two labels exchanged
  kind: label_swap
  what: printed the wrong way round
  why: the next release
  status: recorded
  reported_to: null
  where:
    - release: 6c63df07b7b5
      file: some.xlsx
      sheet: Sheet
      tables: [book_ins_by_facility_type]
      cells: ["E30:E31"]
      action: {swap_labels: {dimension: facility_type, a: Adult, b: Family}}
      guard: {E30: 1830, E31: 181039}
"""


def printed(adult: float = 1830.0) -> pl.DataFrame:
    """Return the two rows of E1 and a third that no correction names."""
    table = "book_ins_by_facility_type"
    return frame(
        row(table, "book_ins", adult, "E30", facility_type="Adult"),
        row(table, "book_ins", 181039.0, "E31", facility_type="Family"),
        row(table, "book_ins", 182869.0, "E29", facility_type="Total"),
    )


def applied(
    text: str, observations: pl.DataFrame, sha: str = SHA
) -> tuple[pl.DataFrame, list[Any]]:
    """Return the observations after the corrections of a text."""
    return corrections.apply_these(parse(text, "test.yml"), observations, "r", sha)


def view(observations: pl.DataFrame, edition: str) -> dict[str, float]:
    """Return label -> value of one view."""
    other = {"published": "corrected", "corrected": "published"}[edition]
    rows = observations.filter(pl.col("edition") != other)
    return dict(zip(rows["facility_type"], rows["value"], strict=True))


def with_action(action: str, guard: str = "{E30: 1830}", cells: str = "[E30]") -> str:
    """Return the entry with another action, guard and cells."""
    head = ENTRY[: ENTRY.index("      cells:")]
    return f"{head}      cells: {cells}\n      action: {action}\n      guard: {guard}\n"


def test_both_views_stand_side_by_side() -> None:
    rows, findings = applied(ENTRY, printed())
    assert findings == []
    assert view(rows, "published") == {"Adult": 1830, "Family": 181039, "Total": 182869}
    assert view(rows, "corrected") == {"Adult": 181039, "Family": 1830, "Total": 182869}
    assert rows.filter(pl.col("cell") == "E29")["edition"].to_list() == ["both"]
    assert rows.filter(pl.col("cell") == "E30")["correction_id"].to_list() == ["T1", "T1"]
    assert dict(rows.schema) == SCHEMA


def test_a_release_that_no_correction_names_comes_back_as_it_was() -> None:
    observations = printed()
    rows, findings = applied(ENTRY, observations, "f" * 64)
    assert rows is observations
    assert findings == []


def test_a_guard_that_fails_says_so_and_does_not_act() -> None:
    rows, findings = applied(ENTRY, printed(adult=181039.0))
    assert rows["edition"].to_list() == ["both"] * 3
    (finding,) = findings
    assert (finding["check"], finding["severity"], finding["cell"]) == (
        "correction_guard",
        "error",
        "E30",
    )
    assert finding["printed"] == 181039.0
    assert finding["computed"] == 1830.0


def test_a_correction_that_matches_nothing_says_so() -> None:
    nothing = printed().filter(pl.col("cell") == "E29")
    rows, findings = applied(ENTRY, nothing)
    assert [f["check"] for f in findings] == ["correction_matches_nothing"]
    assert rows.height == 1


def test_withheld_leaves_the_corrected_view_only() -> None:
    rows, _ = applied(with_action("withhold"), printed())
    assert view(rows, "published")["Adult"] == 1830
    assert "Adult" not in view(rows, "corrected")


def test_a_note_marks_and_changes_nothing() -> None:
    rows, _ = applied(with_action("note"), printed())
    marked = rows.filter(pl.col("correction_id") == "T1")
    assert marked["edition"].to_list() == ["both"]
    assert marked["cell"].to_list() == ["E30"]


def test_values_periods_dimensions_and_measures_are_set_in_the_twin() -> None:
    value, _ = applied(with_action("{set_value: {E30: 5}}"), printed())
    assert view(value, "corrected")["Adult"] == 5
    period, _ = applied(with_action("{set_period: {as_of: 2020-06-20}}"), printed())
    twin = period.filter(pl.col("edition") == "corrected")
    assert twin["as_of"].to_list() == [dt.date(2020, 6, 20)]
    measure, _ = applied(with_action("{replace_measure: {book_ins: other}}"), printed())
    assert measure.filter(pl.col("edition") == "corrected")["measure"].to_list() == ["other"]
    moved, _ = applied(
        with_action("{replace_dimension: {from: facility_type, to: facility_gender}}"), printed()
    )
    twin = moved.filter(pl.col("edition") == "corrected")
    assert twin.select("facility_type", "facility_gender").rows() == [(None, "Adult")]


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (ENTRY.replace("kind: label_swap", "kind: typo"), "T1: kind 'typo' is unknown"),
        (ENTRY.replace("  why:", "  reason:"), "T1: unknown ['reason']"),
        (ENTRY.replace("sheet: Sheet", "sheets: Sheet"), "T1: unknown ['sheets']"),
        (ENTRY.replace("swap_labels", "exchange"), "T1: action 'exchange' is unknown"),
        (
            ENTRY.replace("dimension: facility_type", "dimension: type"),
            "dimension 'type' is unknown",
        ),
        (ENTRY.replace(", b: Family", ""), "swap_labels needs"),
        (ENTRY.replace("6c63df07b7b5", "6c63df07"), "not 12 hex digits"),
        (ENTRY.replace("E30:E31", "E30-E31"), "not a cell or a range"),
        (ENTRY.replace("  reported_to: null\n", ""), "reported_to is missing"),
        (ENTRY[: ENTRY.index("      guard")], "swap_labels needs a guard"),
        (ENTRY + ENTRY, "T1: the id occurs twice"),
        (ENTRY[: ENTRY.index("  where")], "names no place"),
        (with_action("{set_value: {E99: 5}}"), "a value for each of its cells"),
        (with_action("{set_period: {as_of: soon}}"), "as_of must be a date"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_its_place(broken: str, says: str) -> None:
    with pytest.raises(CorrectionsFileError) as refused:
        parse(broken, "test.yml")
    assert says in str(refused.value)
    assert "test.yml" in str(refused.value)


def test_the_thirty_three_errors_of_the_facts_are_recorded() -> None:
    recorded = [correction.id for correction in load()]
    assert recorded[:33] == [f"E{number}" for number in range(1, 34)]
    assert all(correction.reported_to is None for correction in load())
