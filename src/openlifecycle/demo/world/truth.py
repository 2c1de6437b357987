"""The truth of a world: who was where when, which no real release says.

``presence``: a row a true stint within the period, with true moments in UTC and what the clock on
the wall showed; ``stay`` and ``arrest``: what rule sets try to recover, and which arrest led to
which stay; ``person``; ``place``. Beside them ``row__<table>`` says of each row of a released
table which true thing it is of and what went wrong with it.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from openlifecycle.demo.world.course import Course
from openlifecycle.demo.world.people import People
from openlifecycle.demo.world.places import Places
from openlifecycle.demo.world.shape import moment
from openlifecycle.demo.world.stints import Stints

_C = pl.col


def truths(
    what: Course,
    true: Stints,
    held: pl.DataFrame,
    arrested: pl.DataFrame,
    cases: pl.DataFrame,
    who: People,
    where: Places,
) -> dict[str, pl.DataFrame]:
    """Return the truth, limited to what had happened when the releases were made."""
    keys = pl.Series("person_key", who.key, dtype=pl.String)
    code = where.table["facility_code"]
    hold = where.table["kind"] == "HOLD"
    stints = pl.DataFrame(
        {"stint": np.arange(len(true.stay)), "utc_in": true.start, "utc_out": true.end}
    )
    presence = (
        held.join(stints, on="stint", how="left", maintain_order="left")
        .select(
            "stint",
            "stay",
            "nth",
            "is_last",
            keys.gather(held["person"]),
            code.gather(held["facility"]),
            hold.gather(held["facility"]).alias("is_hold_room"),
            moment("book_in").alias("book_in_at"),
            moment("book_out").alias("book_out_at"),
            moment("utc_in").alias("utc_in_at"),
            pl.when(_C("book_out").is_not_null()).then("utc_out").alias("utc_out"),
        )
        .with_columns(moment("utc_out").alias("utc_out_at"))
        .drop("utc_out")
    )
    departed = (
        cases.select("departed_on", "outcome", "route", "criminality")
        .with_row_index("stay")
        .with_columns(_C("stay").cast(pl.Int64))
    )
    stay = (
        presence.group_by("stay", maintain_order=True)
        .agg(
            _C("person_key").first(),
            _C("book_in_at").first(),
            pl.when(_C("is_last").last()).then(_C("book_out_at").last()).alias("book_out_at"),
            pl.len().cast(pl.Int64).alias("n_stints"),
            (_C("facility_code") != _C("facility_code").shift(1))
            .sum()
            .cast(pl.Int64)
            .alias("n_transfers"),
            _C("facility_code").first().alias("first_facility_code"),
            _C("facility_code").last().alias("last_facility_code"),
        )
        .join(departed, on="stay", how="left", maintain_order="left")
        .with_columns(
            _C("book_out_at").is_null().alias("is_open"),
            _C("stay").is_in(arrested["arrest"].implode()).alias("has_arrest"),
        )
    )
    began = stay.select(_C("stay"), _C("stay").alias("arrest"))
    arrest = (
        arrested.with_columns(keys.gather(arrested["person"]))
        .select("arrest", "person_key", moment("at").alias("arrested_at"), "state")
        .join(began, on="arrest", how="left", maintain_order="left")
    )
    person = pl.DataFrame({"person_key": keys, "birth_year": who.born})
    return {
        "presence": presence,
        "stay": stay,
        "arrest": arrest,
        "person": person,
        "place": where.table.drop("area", "weight"),
    }
