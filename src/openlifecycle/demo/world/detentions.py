"""The detention table: a row a stint, as a release has it, and which true stint each row is of."""

from __future__ import annotations

import numpy as np
import polars as pl

from openlifecycle.demo.world.clock import DAY, minutes
from openlifecycle.demo.world.draws import data, happens, stream
from openlifecycle.demo.world.layout import Layout
from openlifecycle.demo.world.mess import KINDS, messed
from openlifecycle.demo.world.people import People
from openlifecycle.demo.world.places import Places
from openlifecycle.demo.world.rates import Rates
from openlifecycle.demo.world.shape import canonical, filed, fiscal_year, moment
from openlifecycle.demo.world.stints import Stints
from openlifecycle.model.events import PROVENANCE

_C = pl.col


def true_rows(true: Stints, cases: pl.DataFrame, start: int, through: int) -> pl.DataFrame:
    """Return the stints that a release without any mess would have, on the wall clock.

    A stay is in the release if it had not ended before the period began; a stint if it began
    before the period ended. What lies after its end is not known yet: null.
    """
    rows = pl.DataFrame(
        {
            "stint": np.arange(len(true.stay)),
            "stay": true.stay,
            "person": cases["person"].to_numpy()[true.stay],
            "nth": true.nth,
            "is_last": true.is_last,
            "facility": true.facility,
            "book_in": true.wall_in,
            "book_out": true.wall_out,
        }
    ).with_columns(
        _C("book_in").first().over("stay").alias("stay_in"),
        _C("book_out").last().over("stay").alias("stay_out"),
    )
    return rows.filter(_C("stay_out") >= start, _C("book_in") <= through).with_columns(
        *(
            pl.when(_C(name) <= through).then(_C(name)).alias(name)
            for name in ("book_out", "stay_out")
        ),
        pl.lit(0).alias("variant"),
        pl.lit(0).alias("bond"),
        pl.lit(False).alias("cancelled"),
    )


def detention_rows(
    true: pl.DataFrame,
    cases: pl.DataFrame,
    who: People,
    where: Places,
    rates: Rates,
    seed: int,
    layout: Layout,
    sheet_rows: int,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the table as released, and for each of its rows the stint and stay it is of."""
    rng = stream(seed, "detentions")
    kept = true.filter(~pl.Series(happens(rng, rates.omitted, true.height)) | (_C("nth") == 0))
    rows = messed(kept, rates, rng)
    year = fiscal_year("book_in").fill_null(fiscal_year("stay_in"))
    rows = filed(rows, layout, "detention_stint", year, rng, sheet_rows, "duplicate_exact")
    wide = _bonds(_filled(rows, cases, who, where), minutes(layout.through))
    gone = pl.Series(happens(rng, rates.departed_missing, cases.height)).gather(rows["stay"])
    wide = wide.with_columns(
        pl.when(~gone).then(_C(name)).alias(name) for name in ("departed_on", "departure_country")
    )
    wide = _old_days(wide, rng, layout)
    person = cases["person"].gather(rows["stay"])
    told = rows.select("row_id", "stint", "stay", person, "variant", *KINDS)
    return _numbered(canonical(wide, layout, "detention_stint", seed), told), told


def _filled(rows: pl.DataFrame, cases: pl.DataFrame, who: People, where: Places) -> pl.DataFrame:
    """Return the rows with the fields of their case, person and facility."""
    values = data("values")
    of_stay = (
        cases.drop("person", "area")
        .rename({"bond": "bond_place"})
        .select(pl.all().gather(rows["stay"]))
    )
    at = where.table.select("facility_code", "facility_label", "aor").select(
        pl.all().gather(rows["facility"])
    )
    wide = pl.concat([rows, of_stay, at], how="horizontal")
    ended = _C("stay_out").is_not_null()
    left = _C("book_out").is_not_null()
    return wide.with_columns(
        pl.Series(who.key, dtype=pl.String).gather(rows["person"]).alias("person_key"),
        moment("book_in").alias("book_in_at"),
        moment("book_out").alias("book_out_at"),
        moment("stay_in").alias("stay_book_in_at"),
        moment("stay_out").alias("stay_book_out_at"),
        moment("stay_out").alias("_out").dt.date().alias("stay_book_out_on"),
        pl.when(left & _C("is_last") & ended)
        .then("outcome")
        .when(left)
        .then(pl.lit(values["transferred"]))
        .alias("release_reason"),
        pl.when(ended).then("outcome").alias("stay_release_reason"),
        pl.when("cancelled")
        .then(pl.lit(values["status_cancelled"]))
        .otherwise("case_status")
        .alias("case_status"),
        _C("facility_label").alias("book_in_site"),
        _C("aor").alias("docket_control_office"),
        _C("birth_country").alias("birth_country_ero"),
        _C("case_threat_level").alias("apprehension_threat_level"),
        _C("ina_236c").alias("offense_ina_236c"),
        _C("ina_236c").alias("case_ina_236c"),
        _C("variant").alias("dropped_variant"),
    )


def _bonds(rows: pl.DataFrame, through: int) -> pl.DataFrame:
    """Return the rows with their bond; a repeated row may have the next amount, a week before."""
    amounts = pl.Series(data("values")["bond_amounts"], dtype=pl.Float64)
    place = (_C("bond_place") + _C("bond")) % len(amounts)
    amount = place.replace_strict(dict(enumerate(amounts)), return_dtype=pl.Float64)
    has = _C("bond_set") | (_C("bond") > 0)
    # Another bond is set in the days before: it cannot lie beyond the release.
    on = (_C("bond_set_at").clip(upper_bound=through) // DAY - 7 * _C("bond")).cast(pl.Int32)
    on = on.cast(pl.Date)
    posted = _C("bond_posted") & _C("stay_book_out_on").is_not_null()
    return rows.with_columns(
        pl.when(has).then(amount).alias("initial_bond_set_amount"),
        pl.when(has).then(on).alias("initial_bond_set_on"),
        pl.when(posted).then(amount).alias("bond_posted_amount"),
        pl.when(posted).then("stay_book_out_on").alias("bond_posted_on"),
    )


def _old_days(rows: pl.DataFrame, rng: np.random.Generator, layout: Layout) -> pl.DataFrame:
    """Return the rows with some days typed as of the year 0212, and flagged."""
    fields = [f for f in ("final_order_on", "entry_on") if f in layout.fields("detention_stint")]
    rows = rows.with_columns(pl.lit(None, pl.String).alias("date_flags"))
    turn = pl.Series(rng.integers(0, max(len(fields), 1), rows.height))
    for number, field in enumerate(fields):
        here = _C("year_0212") & (turn == number) & _C(field).is_not_null()
        rows = rows.with_columns(
            pl.when(here)
            .then(pl.lit(f"{field}:year_below_1000"))
            .otherwise("date_flags")
            .alias("date_flags"),
            pl.when(here).then(_C(field).dt.replace(year=212)).otherwise(field).alias(field),
        )
    return rows


def _numbered(table: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Return the table with ``dropped_variant`` as a reader numbers it: in order of appearance."""
    varied = told.filter(_C("variant") > 0)["stint"].unique()
    some = table.filter(told["stint"].is_in(varied.implode()))
    if not some.height:
        return table.with_columns(pl.lit(0, pl.Int64).alias("dropped_variant"))
    outside = {field.name for field in PROVENANCE} - {"person_key", "date_flags"}
    kept = [name for name in table.columns if name not in outside and "bond" not in name]
    # Only variants 0 and 1 occur: a row is another one if it differs from the first of its group.
    numbered = some.with_columns(told["variant"].gather(some["row_id"]).alias("_variant")).select(
        "row_id",
        (_C("_variant") != _C("_variant").first().over(kept)).cast(pl.Int64).alias("_number"),
    )
    return (
        table.join(numbered, on="row_id", how="left", maintain_order="left")
        .with_columns(_C("_number").fill_null(0).alias("dropped_variant"))
        .drop("_number")
    )
