"""Published figures, typed from the workbooks and from the cited pages by other people.

Each row is figure, question and value as the source prints it; none comes from this program.
"""

from __future__ import annotations

from typing import Any

import pytest

from openlifecycle.api import Session

pytestmark = pytest.mark.corpus

SNAPSHOTS = [
    ("T1", "2019-10-04", 50_922, 68.3),
    ("T4", "2020-10-02", 19_068, 46.4),
    ("T7", "2021-09-11", 21_566, 78.9),
    ("T10", "2022-09-25", 25_134, 74.4),
    ("T16", "2024-10-03", 37_684, 73.2),
    ("T19", "2024-12-29", 39_152, None),
    ("T20", "2025-01-12", 39_703, None),
    ("X1", "2021-04-10", 15_136, None),
    ("X2", "2022-03-27", 20_733, None),
    ("X3", "2022-06-19", 23_390, None),
    ("X4", "2023-03-26", 26_898, None),
    ("X5", "2024-04-07", 34_580, None),
]


@pytest.mark.parametrize(("figure", "day", "held", "share"), SNAPSHOTS)
def test_people_held_on_a_day_are_as_published(
    corpus_session: Session, figure: str, day: str, held: int, share: float | None
) -> None:
    assert corpus_session.ask("detained_population", on=day).value == held, figure
    if share is not None:
        found = corpus_session.ask("share_without_conviction", on=day).value
        assert isinstance(found, float)
        # The source rounds to one decimal; T16 is 27,565 / 37,684 = 73.148 and printed as 73.2.
        assert abs(100 * found - share) < 0.06, figure


@pytest.mark.parametrize(
    ("figure", "day", "where", "value"),
    [
        ("T20", "2025-01-12", {"arresting_agency": "ICE"}, 14_557),
        ("X1", "2021-04-10", {"criminality": "Other Immigration Violator"}, 9_545),
        ("X2", "2022-03-27", {"criminality": "Other Immigration Violator"}, 15_033),
        ("X4", "2023-03-26", {"criminality": "Other Immigration Violator"}, 16_285),
        ("X5", "2024-04-07", {"arresting_agency": "ICE"}, 11_803),
    ],
)
def test_a_part_of_the_people_held_is_as_published(
    corpus_session: Session, figure: str, day: str, where: dict[str, str], value: int
) -> None:
    assert corpus_session.ask("detained_population", on=day, where=where).value == value, figure


YEARS = [
    ("T2/T3", "2019-09-30", 50_165.4, 34.3, 510_854, 267_258),
    ("T5/T6", "2020-09-30", 33_724.0, 63.5, 182_869, 185_884),
    ("T8/T9", "2021-09-11", 19_254.3, 45.7, 189_847, 55_590),
    ("T11/T12", "2022-09-25", 22_577.8, 25.8, 306_979, 69_019),
    ("T17/T18", "2024-09-30", 37_721.8, 46.9, 277_913, 271_484),
]


@pytest.mark.parametrize(("figure", "day", "adp", "alos", "book_ins", "removals"), YEARS)
def test_year_to_date_figures_are_as_published(
    corpus_session: Session,
    figure: str,
    day: str,
    adp: float,
    alos: float,
    book_ins: int,
    removals: int,
) -> None:
    def to_date(measure: str) -> float:
        found = corpus_session.ask(measure, on=day, period="release").value
        assert isinstance(found, float)
        return found

    assert round(to_date("adp"), 1) == adp, figure
    assert round(to_date("alos"), 1) == alos, figure
    assert to_date("book_ins") == book_ins, figure
    assert to_date("removals") == removals, figure


def test_october_2023_is_two_numbers_of_two_concepts(corpus_session: Session) -> None:
    # E13: 10,028 final releases on 2024-01-18, 20,375 final book-outs on 2024-02-01
    october: dict[str, Any] = {"on": "2023-10-15"}
    releases = corpus_session.ask("final_releases", **october)
    book_outs = corpus_session.ask("final_book_outs", as_known_on="2024-02-10", **october)
    assert (releases.value, book_outs.value) == (10_028, 20_375)
    assert any("final_book_outs" in note for note in releases.notes)
    assert any("final_releases" in note for note in book_outs.notes)


def test_releases_after_january_2024_are_answered_by_a_pointer_not_by_book_outs(
    corpus_session: Session,
) -> None:
    answer = corpus_session.ask("final_releases", start="2024-03-01")
    assert len(answer) == 0
    assert any("see final_book_outs" in note for note in answer.notes)


def test_what_was_known_earlier_can_be_asked(corpus_session: Session) -> None:
    # E16: October 2021 book-ins were 30,324 on 2022-01-10 and 28,682 from 2022-01-20 on
    asked: dict[str, Any] = {"on": "2021-10-15"}
    early = corpus_session.ask("book_ins", as_known_on="2022-01-12", **asked)
    assert early.value == 30_324
    assert corpus_session.ask("book_ins", as_known_on="2022-01-25", **asked).value == 28_682


def test_facility_lists_are_as_long_as_counted_by_hand(corpus_session: Session) -> None:
    # workbook_layouts, section 4: 213 rows in FY2019, 201 in June 2025, 219 in November 2025
    counts = corpus_session.ask("facility_count").rows
    by_day = dict(counts.select("period_end", "value").rows())
    found = {day.isoformat(): value for day, value in by_day.items()}
    assert found["2019-09-30"] == 213
    assert [v for d, v in found.items() if d > "2025-06"] == [201, 186, 219]


def test_the_official_2021_file_does_not_override_september(corpus_session: Session) -> None:
    # E8: the file of November 2021 repeats 10,616; the release of 1 October prints 28,344
    assert corpus_session.ask("book_ins", on="2021-09-15").value == 28_344
