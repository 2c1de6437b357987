"""The truth hangs together, and a release without mess says exactly the truth."""

from __future__ import annotations

import polars as pl
import pytest

from openlifecycle.demo.world import World, make_world
from openlifecycle.demo.world.rates import clean

C = pl.col


def test_nobody_is_in_two_places_at_once(messy: World) -> None:
    order = messy.truth["presence"].sort("person_key", "utc_in_at", "nth")
    after = order.with_columns(
        C("utc_in_at").shift(-1).over("person_key").alias("next_in"),
    )
    assert after.filter(C("utc_out_at") > C("next_in")).is_empty()
    assert after.filter(C("utc_out_at").is_null() & C("next_in").is_not_null()).is_empty()
    assert order.filter(C("utc_out_at") < C("utc_in_at")).is_empty()


def test_without_mess_the_detention_table_is_the_truth(tidy: World) -> None:
    said = tidy.tables["detention_stint"].select(
        "person_key", "facility_code", "book_in_at", "book_out_at"
    )
    true = tidy.truth["presence"].select(said.columns)
    assert said.sort(said.columns).equals(true.sort(said.columns))


def test_without_mess_stays_have_the_start_and_end_of_their_stints(tidy: World) -> None:
    table = tidy.tables["detention_stint"]
    stays = table.group_by("person_key", "stay_book_in_at").agg(
        C("book_in_at").min().alias("first"),
        C("stay_book_out_at").n_unique().alias("ends"),
        C("book_out_at").is_null().any().alias("open"),
        C("stay_book_out_at").is_null().any().alias("said_open"),
    )
    assert stays.height == tidy.truth["stay"].height
    # A transfer to the west within hours can show an earlier clock; from Guam, by 15 hours.
    early = stays.filter(C("first") != C("stay_book_in_at"))
    assert early.height < stays.height / 200
    assert (early["stay_book_in_at"] - early["first"]).dt.total_minutes().is_between(1, 960).all()
    assert stays["ends"].to_list() == [1] * stays.height
    # Held at the end means that the last stint and the stay are both open, or, on a journey
    # between two facilities at that moment, the stay alone.
    assert stays.filter(C("open") & ~C("said_open")).is_empty()
    assert stays.filter(C("said_open")).height > 50


def test_without_mess_every_arrest_is_there_once(tidy: World) -> None:
    said = tidy.tables["arrest"].select("person_key", "arrested_at").sort(pl.all())
    assert said.equals(tidy.truth["arrest"].select(said.columns).sort(pl.all()))


def test_every_row_is_of_a_true_thing(messy: World) -> None:
    told = messy.truth["row__detention_stint"]
    assert told["row_id"].to_list() == messy.tables["detention_stint"]["row_id"].to_list()
    assert told.join(messy.truth["presence"], on="stint", how="anti").is_empty()
    arrests = messy.truth["row__arrest"]
    assert arrests.join(messy.truth["arrest"], on="arrest", how="anti").is_empty()


def test_people_are_booked_out_into_the_next_facility_or_away(messy: World) -> None:
    truth = messy.truth["presence"].sort("stay", "nth")
    inside = truth.filter(C("stay") == C("stay").shift(1))
    assert inside.height == truth.height - messy.truth["stay"].height


def test_the_clock_can_run_backwards_on_a_november_night() -> None:
    world = make_world(3_000, 4, clean().but({"clock_change": 0.5, "border": 0.0}))
    odd = world.truth["presence"].filter(C("book_out_at") < C("book_in_at"))
    assert odd.height > 3
    assert odd.filter(C("utc_out_at") < C("utc_in_at")).is_empty()
    assert set(odd["book_in_at"].dt.month()) == {11}


def test_the_system_looks_like_one(messy: World) -> None:
    stays = messy.truth["stay"].filter(~C("is_open"))
    days = (stays["book_out_at"] - stays["book_in_at"]).dt.total_hours() / 24
    assert 10 < float(days.median() or 0) < 40  # type: ignore[arg-type]
    assert float(days.max() or 0) > 500  # type: ignore[arg-type]
    sizes = messy.truth["presence"]["facility_code"].value_counts()["count"].sort()
    assert sizes.tail(len(sizes) // 10).sum() > 0.35 * sizes.sum()
    held = messy.truth["stay"]["is_open"].mean()
    assert 0.01 < float(held or 0) < 0.2  # type: ignore[arg-type]
    removed = messy.tables["detention_stint"].filter(C("departure_country").is_not_null())
    third = (removed["departure_country"] != removed["citizenship_country"]).mean()
    assert float(third or 0) == pytest.approx(messy.rates.third_country, abs=0.01)  # type: ignore[arg-type]


def test_the_state_in_a_code_is_the_state_of_the_facility_and_of_its_area(messy: World) -> None:
    place = messy.truth["place"].filter(~C("facility_code").str.ends_with("HOLD"))
    assert (place["facility_code"].str.tail(2) == place["state"]).all()
    rows = messy.tables["detention_stint"].join(messy.truth["place"], on="facility_code")
    assert (rows["aor"] == rows["aor_right"]).all()
    texas = messy.truth["place"].filter(C("state") == "TX")["aor"].unique().to_list()
    assert "Miami Area of Responsibility" not in texas
    assert "Houston Area of Responsibility" in texas
