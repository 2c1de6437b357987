"""Rates of what happens to people and of the tables around arrests and stays."""

from __future__ import annotations

import polars as pl
import pytest

from openlifecycle.demo.world import World
from openlifecycle.demo.world.printed import printed

C = pl.col


def _share(flags: pl.Series) -> float:
    return flags.sum() / max(flags.len(), 1)


def _near(expected: float, of: int) -> object:
    """Return the rate within four standard deviations of a draw."""
    return pytest.approx(expected, abs=4 * (expected * (1 - expected) / of) ** 0.5)


def test_departures_are_missing_from_stint_rows_at_their_rate(messy: World) -> None:
    true = messy.truth["stay"].filter(C("departed_on").is_not_null()).select("stay")
    rows = messy.tables["detention_stint"].with_columns(messy.truth["row__detention_stint"]["stay"])
    of_stay = (
        rows.join(true, on="stay")
        .group_by("stay")
        .agg(
            C("departed_on").is_null().all().alias("gone"),
            C("departure_country").is_null().all().alias("nowhere"),
        )
    )
    assert _share(of_stay["gone"]) == _near(messy.rates.departed_missing, of_stay.height)
    assert of_stay["gone"].equals(of_stay["nowhere"].alias("gone"))


def test_departures_are_missing_from_removals_at_their_rate(messy: World) -> None:
    true = messy.truth["stay"].filter(C("departed_on") >= messy.start)
    told = messy.truth["row__removal"].filter("led")
    gone = ~true["stay"].is_in(told["case"].implode())
    assert _share(gone) == _near(messy.rates.removal_missing, true.height)


@pytest.mark.parametrize("table", ["removal", "detainer"])
def test_rows_are_repeated_at_their_rate(messy: World, table: str) -> None:
    again = messy.truth[f"row__{table}"][f"{table}_repeated"]
    rate = getattr(messy.rates, f"{table}_repeated")
    assert _share(again) == _near(rate, again.len())
    rows = messy.tables[table].filter(C("person_key").is_not_null())
    when = "departed_on" if table == "removal" else "prepared_at"
    assert rows.select(pl.struct("person_key", when).is_duplicated().sum()).item() > 50


def test_stints_are_left_out_at_their_rate(messy: World) -> None:
    later = messy.truth["presence"].filter(C("nth") > 0)
    told = messy.truth["row__detention_stint"]["stint"]
    assert _share(~later["stint"].is_in(told.implode())) == _near(messy.rates.omitted, later.height)


def test_arrests_lead_to_stays_and_stays_come_from_arrests_at_their_rates(messy: World) -> None:
    arrest = messy.truth["arrest"]
    # A few arrested in the last hours are booked in after the release ends.
    assert _share(arrest["stay"].is_null()) == pytest.approx(messy.rates.never_booked, abs=0.01)
    border = messy.truth["stay"]["route"] == 0
    expected = messy.rates.border / (
        messy.rates.border + (1 - messy.rates.border) * (1 - messy.rates.never_booked)
    )
    assert _share(border) == pytest.approx(expected, abs=0.02)


def test_some_people_come_back(messy: World) -> None:
    stays = messy.truth["stay"].group_by("person_key").len()
    assert 0.02 < _share(stays["len"] > 1) < messy.rates.returned + 0.02


def test_gaps_are_printed_as_marks_at_their_rate(messy: World) -> None:
    member = messy.tables["detainer"]["member"][0]
    rows = messy.tables["detainer"].filter(C("member") == member)
    shown = printed(messy, "detainer", member)["Anonymized Identifier"]
    gaps = shown.filter(rows["person_key"].is_null())
    marks = gaps.drop_nulls()
    assert marks.str.contains(r"\(6\)").all()
    assert marks.n_unique() == 4
    assert marks.len() / gaps.len() == _near(messy.rates.redacted, gaps.len())


def test_bonds_are_set_before_they_are_posted_and_posted_by_those_bonded_out(
    messy: World,
) -> None:
    plain = ~messy.truth["row__detention_stint"]["duplicate_bond"]
    rows = messy.tables["detention_stint"].filter(plain)
    posted = rows.filter(C("bond_posted_on").is_not_null())
    assert posted["stay_release_reason"].str.starts_with("Bonded Out").all()
    assert (posted["initial_bond_set_on"] <= posted["bond_posted_on"]).mean() > 0.98  # type: ignore[operator]
    assert posted["initial_bond_set_amount"].equals(
        posted["bond_posted_amount"].alias("initial_bond_set_amount")
    )


def test_a_detainer_comes_before_the_arrest_that_follows_it(messy: World) -> None:
    rows = messy.tables["detainer"].filter(C("arrested_at").is_not_null())
    assert rows.height > 1000
    assert (rows["prepared_at"] < rows["arrested_at"]).all()


def test_third_country_departures_go_elsewhere_than_home(messy: World) -> None:
    rows = messy.tables["removal"]
    third = rows["departure_country"] != rows["citizenship_country"]
    assert _share(third) == pytest.approx(messy.rates.third_country, abs=0.006)
