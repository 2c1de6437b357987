"""Exposed groups: printed as published, and nothing drawn, ranked or made of them below five."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import openlifecycle as ol
from openlifecycle.api import Answer, Session
from openlifecycle.disclosure import gate
from openlifecycle.disclosure.exposed_cells import exposed_cells, exposed_tables
from openlifecycle.engine.source import Files
from openlifecycle.errors import NotCleared
from tests.answers.test_formats import World
from tests.answers.world import release, row, snapshot, source, to_date

JANUARY = release("aaaa", date(2024, 1, 18), date(2024, 1, 14))
FEBRUARY = release("bbbb", date(2024, 2, 1), date(2024, 1, 28))
DAY = date(2024, 1, 14)


def session(folder: Path, rows: list[dict[str, Any]]) -> Session:
    made = source(folder, [JANUARY, FEBRUARY], rows)
    return Session(World(made.files, made.facts))


def by_type(family: float, adult: float = 900) -> list[dict[str, Any]]:
    """People held in adult and in family facilities."""
    words = {"table": "detained_by_disposition", "criminality": None, "arresting_agency": None,
             "disposition": "Total"}  # fmt: skip
    return [
        snapshot(JANUARY, DAY, family, facility_type="Family", cell="B1", **words),
        snapshot(JANUARY, DAY, adult, facility_type="Adult", cell="C1", **words),
    ]


FACILITY: dict[str, Any] = {
    "table": "facilities", "measure": "facility_adp", "period_kind": "fiscal_year_to_date",
    "period_start": date(2023, 10, 1), "fiscal_year": 2024, "facility_city": "DILLEY",
    "facility_state": "TX", "aor": "SNA",
}  # fmt: skip


def facility(values: list[float], of: Any = JANUARY, **words: Any) -> list[dict[str, Any]]:
    """A facility of the list: men and women, criminal and not."""
    kinds = [(s, c) for s in ("Male", "Female") for c in ("Criminal", "Non-Criminal")]
    line = words.pop("line", 8)
    return [
        row(of, **(FACILITY | {"facility_type_detailed": "FAMILY", "facility_label": "DILLEY"} |
            words), sex=sex, criminality=kind, value=value, cell=f"{column}{line}",
            period_end=of.as_of)
        for column, (sex, kind), value in zip("NOPQ", kinds, values, strict=True)
    ]  # fmt: skip


@pytest.mark.parametrize(("family", "drawn"), [(4, False), (5, True), (6, True), (0, False)])
def test_family_rows_of_any_measure_are_drawn_from_five_on(
    family: float, drawn: bool, tmp_path: Path
) -> None:
    asked = session(tmp_path, by_type(family))
    split = asked.ask("detained_population", by="facility_type")
    assert split.verdict.exposed is True
    assert f" {family} " in split.text()  # the table prints what was published
    if drawn:
        assert b"<svg" in split.image("svg")
    else:
        with pytest.raises(NotCleared, match="1 of 1 cells below 5") as refused:
            split.image("svg")
        assert refused.value.exit_code == 4
        assert "--where" in refused.value.next_step
    adults = asked.ask("detained_population", by="facility_type", where={"facility_type": "adult"})
    assert (adults.verdict.exposed, adults.verdict.not_drawn) == (False, "")


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ([300, 0, 4, 200], None),
        ([300, 0, 5, 200], 505),
        ([300, 0, 6, 200], 506),
        ([0, 0, 0, 0], None),
        ([0, 0, 0, 5], 5),
        ([300, 0, 0.2, 200], None),
    ],
)
def test_no_sum_is_made_of_a_small_printed_number(
    parts: list[float], shown: float | None, tmp_path: Path
) -> None:
    found = session(tmp_path, facility(parts)).ask("facility_adp")
    assert found.rows["value"].to_list() == [shown]
    assert (found.rows["note"][0] == "not made") is (shown is None)
    if shown is None:
        assert "1 figures about an exposed group are not made" in " ".join(found.notes)
        assert "not made: it would be our figure" in found.text()
        assert found.verdict.not_drawn


def test_a_sum_over_all_facilities_is_not_about_the_group_though_one_of_them_is(
    tmp_path: Path,
) -> None:
    words = {"facility_label": "STEWART", "facility_type_detailed": "IGSA", "line": 9}
    either = {"facility_gender": "Female/Male"}
    rows = facility([300, 0, 4, 200], **either) + facility([1, 1, 1, 1], **words, **either)
    asked = session(tmp_path, rows)
    together = asked.ask("facility_adp", by="aor")
    assert (together.value, together.verdict.exposed) == (508, False)
    mixed = asked.ask("facility_adp", by="facility_gender")
    assert (mixed.value, mixed.verdict.exposed) == (508, False)
    named = asked.ask("facility_adp")
    assert dict(named.rows.select("facility_label", "value").iter_rows()) == {
        "DILLEY": None, "STEWART": 4,
    }  # fmt: skip
    only = asked.ask("facility_adp", by="aor", where={"facility_type_detailed": "FAMILY"})
    assert only.rows["value"].to_list() == [None]


@pytest.mark.parametrize(("before", "shown"), [(4, False), (5, True), (6, True)])
def test_no_interval_mean_is_made_of_a_small_average(
    before: float, shown: bool, tmp_path: Path
) -> None:
    # 28 January is day 120 of FY2024, 14 January day 106: (90 x 120 - before x 106) / 14
    rows = [
        to_date(of, 2024, of.as_of, value, table="adp_by_facility_type_month", criminality=None,
                facility_type="Family", cell="N103")
        for of, value in ((JANUARY, before), (FEBRUARY, 90))
    ]  # fmt: skip
    found = session(tmp_path, rows).ask("interval_adp", by="facility_type").rows
    made = pytest.approx((90 * 120 - before * 106) / 14) if shown else None
    assert found["value"].to_list() == [before if shown else None, made]


def test_an_average_without_counts_beside_it_is_not_drawn(tmp_path: Path) -> None:
    rows = [
        row(JANUARY, table="atd_status", measure="atd_length_in_program", unit="days",
            period_kind="instant", period_start=DAY, period_end=DAY, fiscal_year=2024,
            atd_status="FAMU", aor="Total", value=34.0)
    ]  # fmt: skip
    found = session(tmp_path, rows).ask("atd_length_in_program", by="atd_status")
    assert found.value == 34.0
    with pytest.raises(NotCleared, match="the counts behind its values are not at hand"):
        found.chart()


@pytest.mark.parametrize(("count", "drawn"), [(4, False), (5, True), (6, True)])
def test_an_average_is_judged_by_the_counts_behind_it(
    count: float, drawn: bool, tmp_path: Path
) -> None:
    words = {"table": "vulnerable_placements", "period_kind": "interval", "fiscal_year": 2024,
             "period_start": date(2023, 10, 1), "period_end": date(2023, 12, 31)}  # fmt: skip
    rows = [
        row(JANUARY, **words, placement_reason=reason, measure=measure, unit=unit, value=value,
            cell=f"{column}{line}")
        for line, (reason, events) in enumerate((("Mental Illness", 40.0), ("Other", count)))
        for column, measure, unit, value in (
            ("B", "segregation_placements_vulnerable", "events", events),
            ("C", "segregation_consecutive_days", "days", 30.0),
        )
    ]  # fmt: skip
    asked = session(tmp_path, rows)
    found = asked.ask("vulnerable_consecutive_days", by="placement_reason")
    assert found.rows["value"].to_list() == [30.0, 30.0]
    assert (found.verdict.not_drawn == "") is drawn
    if not drawn:
        assert "would draw 1 of 2 cells below 5" in found.verdict.not_drawn


def test_a_restated_small_cell_is_listed_as_printed_and_has_no_size(tmp_path: Path) -> None:
    def printed(of: Any, values: dict[str, float]) -> list[dict[str, Any]]:
        words = {"table": "transgender", "measure": "transgender_detained", "unit": "persons",
                 "period_kind": "interval", "criminality": None, "arresting_agency": None,
                 "period_start": date(2023, 10, 1), "period_end": date(2023, 12, 31)}  # fmt: skip
        return [
            row(of, **words, aor=aor, value=value, cell=f"B{i}", sheet=f"Trans {of.release_id}")
            for i, (aor, value) in enumerate(values.items())
        ]

    rows = printed(JANUARY, {"ATL": 4, "BOS": 20, "CHI": 9})
    rows += printed(FEBRUARY, {"ATL": 8, "BOS": 25, "CHI": 3})
    asked = session(tmp_path, rows)
    found = asked.changes("aaaa", "bbbb")
    told = found.of_kind("restated").select("aor", "before", "after", "difference", "share")
    assert told.rows() == [
        ("BOS", 20, 25, 5, 0.25), ("ATL", 4, 8, None, None), ("CHI", 9, 3, None, None),
    ]  # fmt: skip
    assert found.by_table()["largest_share"].to_list() == [0.25]
    assert "+25.0 %" in found.text()
    assert "100.0" not in found.text()
    assert b",4.0,8.0,," in found.file("csv")
    assert b'"after": 8.0' in found.file("json")
    with pytest.raises(ValueError, match="no file format"):
        found.file("png")


@pytest.mark.parametrize(("number", "kept"), [(4, False), (5, True), (6, True)])
def test_a_finding_does_not_say_small_numbers_of_an_exposed_group(number: int, kept: bool) -> None:
    finding = {"check": "x", "table": "transgender", "what": f"{number} is not 18",
               "printed": 18.0, "computed": number}  # fmt: skip
    (shown,) = gate.clear_findings([finding]).content
    assert (shown == finding) is kept
    if not kept:
        assert (shown["printed"], shown["computed"]) == (None, None)
        assert str(number) not in shown["what"].replace("below 5", "")
    other = finding | {"table": "removals"}
    assert gate.clear_findings([other]).content == [other]
    words = finding | {"printed": "2022-09-26", "computed": None}
    assert gate.clear_findings([words]).content == [words]


def test_a_store_without_workbooks_has_no_exposed_cells() -> None:
    assert exposed_cells(Files((), ())).is_empty()


def test_the_tables_of_exposed_groups_are_those_declared() -> None:
    assert exposed_tables() >= {"transgender", "vulnerable_placements", "atd_famu_releases"}
    assert not exposed_tables() & {"removals", "facilities", "atd_status"}


@pytest.fixture(scope="module")
def corpus(corpus_store: Path) -> Session:
    return ol.open(corpus_store)


@pytest.mark.corpus
def test_every_small_family_cell_of_the_corpus_is_found(corpus: Session) -> None:
    """Family rows by name, counted here from the workbooks' rows and not by the gate."""
    found: Answer = corpus.ask("adp", by="facility_type")
    small = found.rows.filter(pl.col("facility_type") == "Family", pl.col("value") < 5).height
    assert small > 10
    assert f"would draw {small} of" in found.verdict.not_drawn
    made = corpus.ask("interval_adp", by="facility_type").rows
    family = made.filter(facility_type="Family")
    assert family.filter(pl.col("value") < 5).is_empty()
    assert family["value"].null_count() >= 10
    assert made.filter(facility_type="Adult")["value"].null_count() == 0


@pytest.mark.corpus
def test_most_answers_pay_nothing_and_are_not_touched(corpus: Session) -> None:
    for name, words in (
        ("book_ins", {}),
        ("detained_population", {"by": "arresting_agency"}),
        ("facility_adp", {"by": "aor", "start": "2020-01-01"}),
    ):
        found = corpus.ask(name, **words)  # type: ignore[arg-type]
        assert (found.verdict.exposed, found.verdict.not_drawn) == (False, ""), name
        assert found.rows["value"].null_count() == 0, name
