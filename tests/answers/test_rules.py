"""The rules of an answer, each on a world small enough to work by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from openlifecycle.engine.answer import Answer
from openlifecycle.engine.ask import ask
from openlifecycle.engine.corpus import Corpus
from openlifecycle.engine.source import ReleaseFacts
from openlifecycle.measures.question import Question
from tests.answers.world import corpus, month, release, row, snapshot, source, to_date

JANUARY = release("aaaa", date(2024, 1, 18), date(2024, 1, 14))
FEBRUARY = release("bbbb", date(2024, 2, 1), date(2024, 1, 28))
BOTH = [JANUARY, FEBRUARY]


def answer(
    folder: Path, rows: list[dict[str, Any]], measure: str, *, of: list[ReleaseFacts] = BOTH,
    **words: Any,
) -> Answer:  # fmt: skip
    return ask(corpus(folder, of, rows), Question.of(measure, **words))


def test_a_whole_month_wins_over_its_first_days_and_is_not_a_restatement(tmp_path: Path) -> None:
    rows = [
        month(JANUARY, date(2024, 1, 1), date(2024, 1, 14), 40),
        month(FEBRUARY, date(2024, 1, 1), date(2024, 1, 31), 90, as_of=date(2024, 2, 4)),
    ]
    early = answer(tmp_path, rows, "book_ins", as_known_on="2024-01-20")
    assert early.rows["value"].to_list() == [40]
    assert early.rows["note"].to_list() == ["provisional"]
    late = answer(tmp_path, rows, "book_ins")
    assert late.rows["value"].to_list() == [90]
    assert late.rows["note"].to_list() == [""]
    assert late.rows["restated"].to_list() == [0]


def test_a_stale_sheet_in_a_newer_workbook_does_not_override(tmp_path: Path) -> None:
    october = (date(2023, 10, 1), date(2023, 10, 31))
    rows = [
        month(JANUARY, *october, 28_344),
        month(FEBRUARY, *october, 10_616, as_of=date(2023, 10, 12)),
    ]
    found = answer(tmp_path, rows, "book_ins")
    assert found.rows["value"].to_list() == [28_344]
    assert found.rows["release_id"].to_list() == [JANUARY.release_id]


def test_a_restated_month_says_so(tmp_path: Path) -> None:
    october = (date(2023, 10, 1), date(2023, 10, 31))
    rows = [month(JANUARY, *october, 100), month(FEBRUARY, *october, 103)]
    found = answer(tmp_path, rows, "book_ins")
    assert found.rows.select("value", "restated", "note").row(0) == (103, 1, "restated")


def test_a_day_without_a_snapshot_takes_the_one_before_and_says_which(tmp_path: Path) -> None:
    rows = [snapshot(JANUARY, date(2024, 1, 14), 37_000)]
    found = answer(tmp_path, rows, "detained_population", on="2024-02-28")
    assert found.value == 37_000
    assert "the latest before it is 2024-01-14" in found.notes[0]


def test_a_snapshot_46_days_old_is_too_old_to_answer(tmp_path: Path) -> None:
    rows = [snapshot(JANUARY, date(2024, 1, 14), 37_000)]
    assert len(answer(tmp_path, rows, "detained_population", on="2024-02-28")) == 1  # 45 days
    assert len(answer(tmp_path, rows, "detained_population", on="2024-02-29")) == 0  # 46 days


def test_both_editions_say_which_correction_touches_a_row(tmp_path: Path) -> None:
    day = date(2024, 1, 14)
    rows = [
        snapshot(JANUARY, day, 9, edition="published", correction_id="E99"),
        snapshot(JANUARY, day, 90, edition="corrected", correction_id="E99"),
    ]
    printed = answer(tmp_path, rows, "detained_population")
    fixed = answer(tmp_path, rows, "detained_population", edition="corrected")
    assert (printed.value, printed.rows["note"][0]) == (9, "disputed")
    assert (fixed.value, fixed.rows["note"][0]) == (90, "corrected")
    assert printed.corrections == fixed.corrections == ("E99",)
    assert any("E99" in n for n in printed.notes)
    assert any("E99" in n for n in fixed.notes)


def test_an_empty_correction_id_is_no_correction(tmp_path: Path) -> None:
    rows = [snapshot(JANUARY, date(2024, 1, 14), 9, correction_id="")]
    assert answer(tmp_path, rows, "detained_population").corrections == ()


def test_interval_mean_worked_by_hand(tmp_path: Path) -> None:
    # 14 January is day 106 of FY2024, 28 January day 120:
    # (38,000 x 120 - 37,000 x 106) / 14 = (4,560,000 - 3,922,000) / 14 = 45,571.43
    rows = [
        to_date(JANUARY, 2024, date(2024, 1, 14), 37_000),
        to_date(FEBRUARY, 2024, date(2024, 1, 28), 38_000),
    ]
    found = answer(tmp_path, rows, "interval_adp").rows
    assert found["value"].round(2).to_list() == [37_000, 45_571.43]
    assert found["period_start"].to_list() == [date(2023, 10, 1), date(2024, 1, 15)]
    assert found["before_release_id"].to_list() == [None, JANUARY.release_id]


def test_interval_mean_starts_again_each_fiscal_year(tmp_path: Path) -> None:
    rows = [
        to_date(JANUARY, 2023, date(2023, 9, 30), 30_000),
        to_date(FEBRUARY, 2024, date(2023, 10, 31), 36_000),
    ]
    found = answer(tmp_path, rows, "interval_adp").rows
    assert found["value"].to_list() == [30_000, 36_000]


def test_person_days_that_fall_are_called_impossible(tmp_path: Path) -> None:
    # day 106 x 100 = 10,600; day 120 x 80 = 9,600: a thousand person-days vanished
    rows = [
        to_date(JANUARY, 2024, date(2024, 1, 14), 100),
        to_date(FEBRUARY, 2024, date(2024, 1, 28), 80),
    ]
    found = answer(tmp_path, rows, "interval_adp").rows
    assert found["note"].to_list() == ["", "impossible"]


def test_a_share_needs_all_its_parts_from_one_release(tmp_path: Path) -> None:
    day = date(2024, 1, 14)
    rows = [
        snapshot(JANUARY, day, 100),
        snapshot(JANUARY, day, 20, criminality="Pending Criminal Charges"),
        snapshot(JANUARY, day, 35, criminality="Other Immigration Violator"),
    ]
    assert answer(tmp_path, rows, "share_without_conviction").value == pytest.approx(0.55)
    assert len(answer(tmp_path, rows[:2], "share_without_conviction")) == 0


def test_a_definition_change_inside_the_answer_breaks_the_series(tmp_path: Path) -> None:
    def removed(of: ReleaseFacts, year: int, end: date, value: float) -> dict[str, Any]:
        words: dict[str, Any] = {
            "table": "removals", "measure": "removals", "unit": "events", "criminality": None,
            "arresting_agency": None,
        }  # fmt: skip
        return to_date(of, year, end, value, **words)

    rows = [
        removed(JANUARY, 2022, date(2022, 9, 30), 1),
        removed(JANUARY, 2023, date(2023, 9, 30), 2),
        removed(JANUARY, 2024, date(2024, 9, 30), 3),
        removed(JANUARY, 2025, date(2025, 1, 1), 4),
        removed(JANUARY, 2025, date(2025, 2, 1), 5),
    ]
    found = answer(tmp_path, rows, "removals")
    # 2023-05-12 lies inside FY2023; FY2024 is the first year wholly after it
    assert found.rows["note"].to_list() == ["", "break inside", "break", "break", ""]
    assert [b.effective for b in found.breaks] == [date(2023, 5, 12), date(2024, 10, 1)]
    one = answer(tmp_path, rows, "removals", on="2025-02-01")
    assert one.breaks == ()
    assert any("not comparable with periods before 2024-10-01" in n for n in one.notes)


FACILITY: dict[str, Any] = {
    "table": "facilities", "measure": "facility_adp", "period_kind": "fiscal_year_to_date",
    "period_start": date(2023, 10, 1), "period_end": date(2024, 1, 14), "fiscal_year": 2024,
    "facility_city": "LUMPKIN", "facility_state": "GA", "aor": "ATL",
}  # fmt: skip


def _facility(of: ReleaseFacts, line: int, name: str, values: list[float], **more: Any) -> Any:
    kinds = [("Male", "Criminal"), ("Male", "Non-Criminal"), ("Female", "Criminal"),
             ("Female", "Non-Criminal")]  # fmt: skip
    return [
        row(of, **FACILITY, facility_label=name, sex=sex, criminality=kind, value=value,
            cell=f"{column}{line}", **more)
        for column, (sex, kind), value in zip("NOPQ", kinds, values, strict=True)
    ]  # fmt: skip


def test_facility_average_is_the_sum_of_its_four_columns_and_keeps_their_cells(
    tmp_path: Path,
) -> None:
    rows = _facility(JANUARY, 8, "STEWART", [1.5, 2.0, 0.25, 0.25])
    found = answer(tmp_path, rows, "facility_adp")
    assert found.rows.select("facility_label", "value", "cell").row(0) == (
        "STEWART", 4.0, "N8,O8,P8,Q8",
    )  # fmt: skip
    assert found.explain(0)["cells"] == ["N8", "O8", "P8", "Q8"]


def test_a_facility_printed_twice_stays_two_rows_and_is_not_followed(tmp_path: Path) -> None:
    rows = _facility(JANUARY, 8, "NASSAU", [1, 0, 0, 0]) + _facility(
        JANUARY, 9, "NASSAU", [2, 0, 0, 0]
    )
    assert answer(tmp_path, rows, "facility_adp").rows["value"].to_list() == [1, 2]
    assert answer(tmp_path, rows, "facility_adp", by="aor").rows["value"].to_list() == [3]
    assert len(answer(tmp_path, rows, "facility_interval_adp")) == 0


def test_a_facility_that_the_latest_list_drops_is_gone(tmp_path: Path) -> None:
    rows = (
        _facility(JANUARY, 8, "STEWART", [1, 0, 0, 0])
        + _facility(JANUARY, 9, "IRWIN", [2, 0, 0, 0])
        + _facility(FEBRUARY, 8, "STEWART", [3, 0, 0, 0])
    )
    found = answer(tmp_path, rows, "facility_adp").rows
    assert found["facility_label"].to_list() == ["STEWART"]
    gone = answer(tmp_path, rows, "facility_adp", where={"facility_label": "irwin"})
    assert len(gone) == 0


def test_totals_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    day = date(2024, 1, 14)
    rows = [
        snapshot(JANUARY, day, 3),
        snapshot(JANUARY, day, 1, arresting_agency="ICE"),
        snapshot(JANUARY, day, 2, arresting_agency="CBP"),
    ]
    split = answer(tmp_path, rows, "detained_population", by="arresting_agency").rows
    assert split["value"].sum() == 3
    whole = answer(tmp_path, rows, "detained_population", by="arresting_agency", totals=True)
    assert sorted(whole.rows["arresting_agency"]) == ["CBP", "ICE", "Total"]


def test_a_month_is_found_by_any_of_its_days(tmp_path: Path) -> None:
    rows = [month(JANUARY, date(2024, 1, 1), date(2024, 1, 14), 40)]
    assert answer(tmp_path, rows, "book_ins", on="2024-01-31").value == 40
    assert len(answer(tmp_path, rows, "book_ins", on="2024-02-01")) == 0


def test_rows_are_a_polars_frame_with_the_cell_of_each_value(tmp_path: Path) -> None:
    rows = [snapshot(JANUARY, date(2024, 1, 14), 7, cell="F20")]
    frame = answer(tmp_path, rows, "detained_population").to_polars()
    assert isinstance(frame, pl.DataFrame)
    assert frame.select("release_id", "sheet", "cell").row(0) == (
        JANUARY.release_id, "Detention FY24", "F20",
    )  # fmt: skip


def test_a_release_taken_meanwhile_answers_the_next_question(tmp_path: Path) -> None:
    day = date(2024, 1, 14)
    first = source(tmp_path, [JANUARY], [snapshot(JANUARY, day, 1)])
    held = Growing(first.files, first.facts)
    session = Corpus(held)
    question = Question.of("detained_population")
    for _ in range(3):
        assert ask(session, question).value == 1
    rows = [snapshot(JANUARY, day, 1), snapshot(FEBRUARY, day, 2)]
    grown = source(tmp_path, BOTH, rows)
    held.now, held.known = grown.files, grown.facts
    assert ask(session, question).value == 2


class Growing:
    """A store that can grow while a session is open."""

    def __init__(self, files: tuple[Path, ...], facts: tuple[ReleaseFacts, ...]) -> None:
        self.now, self.known = files, facts

    def observation_files(self, series: str) -> list[Path]:
        return list(self.now)

    def releases(self) -> tuple[ReleaseFacts, ...]:
        return self.known
