"""Ratios, person-days, deaths and days of publication, against figures from outside the code."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from openlifecycle.api import Session, open_store
from openlifecycle.engine.quotients import divided
from openlifecycle.errors import UsageError
from openlifecycle.measures.loading import BadDeclaration
from openlifecycle.measures.ratios import ratio_measure
from openlifecycle.measures.registry import measure, measures
from openlifecycle.model import references


@pytest.fixture(scope="module")
def asked(full_store: Path) -> Session:
    """A session on the published figures."""
    return open_store(full_store)


def by_year(answer: Any) -> dict[int, float]:
    return dict(zip(answer.rows["fiscal_year"], answer.rows["value"], strict=True))


def test_the_list_and_the_nation_differ_where_the_field_found_it(asked: Session) -> None:
    """Q1: 43,476 against 22,461 in September 2022, 47,238 against 44,882 in July 2025."""
    rows = asked.ask("facility_adp_of_national", period="release").rows
    found = dict(zip(rows["period_end"], rows["value"], strict=True))
    assert found[date(2020, 2, 24)] == pytest.approx(43_476 / 22_461, abs=5e-4)
    assert found[date(2025, 6, 23)] == pytest.approx(47_238 / 44_882, abs=5e-4)
    others = rows.filter(~pl.col("period_end").is_in([date(2020, 2, 24), date(2025, 6, 23)]))
    assert others["value"].is_between(0.9, 1.01).all()


def test_person_days_are_the_printed_average_times_the_days(asked: Session) -> None:
    """FY2024: an average of 37,721.8 (T17) over the 366 days of a leap year."""
    years = by_year(asked.ask("person_days", period="fiscal_year"))
    assert years[2024] == pytest.approx(37_721.8 * 366, rel=1e-6)
    month = asked.ask("person_days", on="2024-02-10").rows
    adp = asked.ask("adp", on="2024-02-10").rows
    assert month["value"][0] == pytest.approx(adp["value"][0] * 29)


def test_deaths_per_admission_are_near_those_of_the_published_study(asked: Session) -> None:
    """Buchanan et al. 2024 print 10.833, 0.939 and 1.457; their admissions differ a little."""
    years = by_year(asked.ask("deaths_per_100000_book_ins"))
    for year, published in {2020: 10.833, 2022: 0.939, 2023: 1.457}.items():
        assert years[year] == pytest.approx(published, rel=0.07), year
    assert years[2020] == pytest.approx(21 / 182_869 * 100_000, rel=1e-6)  # T6


def test_deaths_per_person_day_are_counted_by_hand(asked: Session) -> None:
    """21 deaths in FY2020, an average of 33,724.0 (T5) over 366 days."""
    years = by_year(asked.ask("deaths_per_100000_person_days"))
    assert years[2020] == pytest.approx(21 / (33_724.0 * 366) * 100_000, rel=1e-4)
    assert sorted(years) == [2019, 2020, 2021, 2022, 2023]


def test_an_answer_from_a_table_of_deaths_names_its_sources(asked: Session) -> None:
    answer = asked.ask("deaths_in_custody", on="2020-03-01")
    assert answer.value == 21
    assert answer.rows["sheet"].to_list() == ["buchanan and nbc"]
    assert "model/deaths.yml" in answer.citation()
    assert answer.releases[0].names == ("model/deaths.yml",)
    assert asked.ask("deaths_in_custody", as_known_on="2024-01-01").rows.is_empty()
    assert asked.ask("deaths_in_custody", start="2021-10-01").rows.height == 2


def test_a_count_stands_on_two_sources() -> None:
    table = references.reference("deaths")
    assert all(len(named) >= 2 for _, named in table.counts.values())
    # the three sums that the study prints: 38 for FY2018-2020 with 9 of BJS, 12 for FY2021-2023
    assert 9 + sum(table.counts[y][0] for y in (2019, 2020)) == 38
    assert sum(table.counts[y][0] for y in (2021, 2022, 2023)) == 12


def test_a_count_on_one_source_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "text": "x", "published_on": date(2024, 1, 1), "sources": {"a": "A", "b": "B"},
        "years": {2020: {"deaths": 1, "sources": ["a"]}}, "left_out": "",
    }  # fmt: skip
    monkeypatch.setattr(references.yaml, "safe_load", lambda _: told)
    with pytest.raises(ValueError, match="2 sources"):
        references.reference.__wrapped__("deaths")


def test_thirty_eight_days_without_a_release_in_2023(asked: Session) -> None:
    """A reader of 6 November 2023 counted 38 days since the last publication."""
    rows = asked.ask("days_between_releases", as_known_on="2023-11-06").rows
    last = rows.tail(1).row(0, named=True)
    assert (last["period_start"], last["period_end"]) == (date(2023, 9, 29), date(2023, 11, 6))
    assert last["value"] == 38
    assert rows["value"].sum() == (date(2023, 11, 6) - rows["period_start"].min()).days


def test_half_months_without_a_release_are_counted_by_hand(asked: Session) -> None:
    public = {r.published_on for r in asked.releases() if r.published_on}
    halves = [
        (date(y, m, 1), date(y, m, 15)) if first else (date(y, m, 16), date(y, m, d))
        for y, m, d in [(2023, 10, 31), (2023, 11, 30), (2023, 12, 31)]
        + [(2024, m, d) for m, d in enumerate([31, 29, 31, 30, 31, 30, 31, 31, 30], start=1)]
        for first in (True, False)
    ]
    missed = sum(not any(a <= day <= b for day in public) for a, b in halves)
    assert by_year(asked.ask("half_months_without_release"))[2024] == missed == 9


def test_days_since_inspection_are_counted_from_the_printed_day(asked: Session) -> None:
    """The slow way: each printed day is read, and taken from the day of its list."""
    rows = asked.ask("days_since_inspection").rows
    printed = asked.ask(
        "facility_inspections", by="facility_label,item",
        where={"inspection": "Last", "item": "inspection_date"},
    ).rows  # fmt: skip
    slow = {}
    for row in printed.iter_rows(named=True):
        words = row["value_text"]
        if words[:2] == "20" and words[4:5] == "-":
            age = (row["period_end"] - date.fromisoformat(words)).days
            slow[row["release_id"], row["cell"]] = float(age)
    assert printed.height - rows.height == 6  # FY2026, New Facility and the like
    made = rows.filter(~pl.col("note").str.contains("not made"))  # family centres, by the gate
    found = {(r["release_id"], r["cell"]): r["value"] for r in made.iter_rows(named=True)}
    assert len(found) > 1000
    assert found == {place: age for place, age in slow.items() if place in found}


def test_a_rate_by_reason_is_over_all_who_were_held(asked: Session) -> None:
    reason = "Order of Recognizance"
    made = asked.ask("book_outs_per_1000_held", where={"release_reason": reason}, on="2025-01-15")
    count = asked.ask("final_book_outs", where={"release_reason": reason}, on="2025-01-15")
    held = asked.ask("adp", on="2025-01-15")
    assert made.value == pytest.approx(count.value / held.value * 1000)  # type: ignore[operator]
    row = made.rows.row(0, named=True)
    assert row["over"] == held.value
    assert row["over_cell"] == held.rows["cell"][0]
    assert "restated" in made.rows.columns


def test_a_ratio_of_unlike_lists_is_not_added_up(asked: Session) -> None:
    """Facilities without a guaranteed minimum stand in one of the two lists only."""
    with pytest.raises(UsageError, match="cannot be added up"):
        asked.ask("facility_adp_over_minimum", by="aor")
    offices = asked.ask("facility_mandatory_share", by="aor", on="2024-09-30").rows
    assert offices["value"].is_between(0, 1).all()
    rows = asked.ask("facility_mandatory_share", period="release").rows
    assert rows["value"].is_between(0, 1.005).mean() > 0.99
    assert rows.height > 1000


def _row(value: float | None, end: str = "2024-01-31", **more: Any) -> dict[str, Any]:
    return {
        "fiscal_year": 2024, "period_end": date.fromisoformat(end), "value": value,
        "release_id": "r", "sheet": "s", "cell": "A1", "edition": "both", "correction_id": None,
        "restated": 0, "split": "x", **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("top", "below", "left"),
    [
        ([_row(6.0)], [_row(3.0)], [2000.0]),
        ([_row(6.0)], [_row(0.0)], []),
        ([_row(None)], [_row(3.0)], []),
        ([_row(6.0)], [_row(None)], []),
        ([_row(6.0), _row(7.0)], [_row(3.0)], []),
        ([_row(6.0)], [_row(3.0), _row(4.0)], []),
        ([_row(6.0, split="y")], [_row(3.0)], []),
        ([_row(6.0, "2024-02-20")], [_row(3.0)], [2000.0]),
        ([_row(6.0, "2024-02-21")], [_row(3.0)], []),
    ],
)
def test_a_value_is_divided_by_its_one_partner(
    top: list[dict[str, Any]], below: list[dict[str, Any]], left: list[float]
) -> None:
    types = {"value": pl.Float64, "correction_id": pl.String}
    frames = [pl.DataFrame(rows, schema_overrides=types) for rows in (top, below)]
    on = ["split", "fiscal_year"]
    assert divided(*frames, own=on, on=on, per=1000)["value"].to_list() == left


def test_a_correction_of_either_number_stays_with_the_ratio() -> None:
    types = {"correction_id": pl.String}
    top = pl.DataFrame([_row(6.0)], schema_overrides=types)
    below = pl.DataFrame([_row(3.0, correction_id="E7", edition="published", restated=2)])
    row = divided(top, below, own=["split"], on=["split"], per=1).row(0, named=True)
    assert (row["correction_id"], row["edition"], row["restated"]) == ("E7", "published", 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"of": "no_such"},
        {"over": "no_such"},
        {"of": "transgender_detained"},
        {"over": "vulnerable_placements"},
        {"over": "facility_adp"},
        {"match": "luck"},
        {"periods": ["day"]},
        {"caveats": ["no_such"]},
        {"tier": 9},
        {"colour": "red"},
    ],
)
def test_a_ratio_that_cannot_be_is_not_loaded(changes: dict[str, Any]) -> None:
    entry = {"name": "x", "question": "How?", "unit": "fraction", "of": "book_ins", "over": "adp",
             "periods": ["month"]}  # fmt: skip
    assert ratio_measure(entry, {}, measures(), family="f").derivation == "ratio"
    with pytest.raises(BadDeclaration):
        ratio_measure({**entry, **changes}, {}, measures(), family="f")


def test_a_ratio_says_what_both_of_its_parts_say() -> None:
    made = measure("deaths_per_100000_book_ins")
    texts = {c.name for c in made.caveats}
    assert {"deaths_reported", "initial_book_ins", "deaths_few"} <= texts
    assert [c.effective for c in made.changes] == [date(2019, 10, 1)]
    assert made.versions[0][0] is None
    assert made.versions[1][0] == date(2019, 10, 1)


def test_what_reads_no_table_has_no_split(asked: Session) -> None:
    with pytest.raises(UsageError):
        asked.ask("days_between_releases", by="aor")
    with pytest.raises(UsageError):
        asked.ask("deaths_in_custody", period="month")
