"""Encounters, detainers and removals: what is around arrests and stays."""

from __future__ import annotations

import numpy as np
import polars as pl

from openlifecycle.demo.world.clock import DAY
from openlifecycle.demo.world.course import CUSTODIAL, Course
from openlifecycle.demo.world.draws import data, happens, lognormal, pick, pick_words, stream
from openlifecycle.demo.world.layout import Layout
from openlifecycle.demo.world.people import People
from openlifecycle.demo.world.places import Places
from openlifecycle.demo.world.rates import Rates
from openlifecycle.demo.world.shape import canonical, filed, fiscal_year, moment

_C = pl.col
Told = tuple[pl.DataFrame, pl.DataFrame]


def _wide(
    rows: pl.DataFrame, cases: pl.DataFrame, who: People, missing: np.ndarray
) -> pl.DataFrame:
    """Return rows with the fields of their case; a row without an arrest has the person's only."""
    of_case = cases.drop("person").select(pl.all().gather(rows["case"]))
    wide = pl.concat(
        [rows, of_case.drop(*(c for c in rows.columns if c in of_case.columns))], how="horizontal"
    )
    known = pl.when(~pl.Series(missing)).then("person")
    keys = pl.Series(who.key, dtype=pl.String)
    area = pl.Series(list(data("places")["areas"]), dtype=pl.String).gather(wide["area"])
    return wide.with_columns(
        keys.gather(wide.select(known.alias("p"))["p"]).alias("person_key"),
        (area + " Area of Responsibility").alias("aor"),
        (area.str.to_uppercase() + " SYNTHETIC OFFICE").alias("responsible_site"),
        (area.str.to_uppercase() + " SYNTHETIC OFFICE").alias("duty_site"),
        pl.lit(0).alias("dropped_variant"),
        pl.lit(None, pl.String).alias("date_flags"),
    )


#: Fields of a case that a person has whose encounter led to no arrest: none.
_OF_ARREST = (
    "case_status",
    "case_category",
    "final_order",
    "final_order_on",
    "departed_on",
    "departure_country",
)


def _without_case(wide: pl.DataFrame) -> pl.DataFrame:
    return wide.with_columns(pl.when("led").then(_C(name)).alias(name) for name in _OF_ARREST)


def encounter_rows(
    true: pl.DataFrame,
    cases: pl.DataFrame,
    who: People,
    rates: Rates,
    seed: int,
    layout: Layout,
    sheet_rows: int,
    window: tuple[int, int],
) -> Told:
    """Return the encounter table: before each arrest, and many that no arrest follows."""
    rng = stream(seed, "encounters")
    values = data("values")
    ahead = np.where(
        happens(rng, 0.8, true.height),
        rng.integers(0, 600, true.height),
        rng.integers(600, 9 * DAY, true.height),
    )
    led = true.select(
        _C("arrest").alias("case"),
        "person",
        (_C("at") - pl.Series(ahead)),
        pl.lit(True).alias("led"),
    )
    n = int(1.2 * true.height)
    alone = _strangers(rng, cases, n, window)
    rows = pl.concat([led, alone]).filter(_C("at") >= window[0])
    rows = filed(rows, layout, "encounter", fiscal_year("at"), rng, sheet_rows)
    missing = happens(rng, rates.encounter_missing_person, rows.height)
    wide = _without_case(_wide(rows, cases, who, missing))
    n = rows.height
    words = {
        "event_type": pick_words(rng, values["event_types"], n),
        "lead_source": pick_words(rng, values["lead_sources"], n),
        "lead_event_type": pick_words(rng, values["lead_types"], n),
        "_to": pick_words(rng, values["dispositions"], n),
        "_none": pick_words(rng, values["dispositions_none"], n),
    }
    wide = wide.with_columns(
        *(pl.Series(name, found, dtype=pl.String) for name, found in words.items()),
        moment("at").alias("encountered_at"),
    ).with_columns(pl.when("led").then("_to").otherwise("_none").alias("processing_disposition"))
    told = rows.select("row_id", "case", "person", "led")
    return canonical(wide, layout, "encounter", seed), told


def _strangers(
    rng: np.random.Generator, cases: pl.DataFrame, n: int, window: tuple[int, int]
) -> pl.DataFrame:
    """Return rows of people at moments that lead to no arrest."""
    case = rng.integers(0, max(cases.height, 1), n if cases.height else 0)
    return pl.DataFrame(
        {
            "case": case,
            "person": cases["person"].to_numpy()[case],
            "at": window[0] + rng.integers(0, window[1] - window[0], len(case)),
            "led": np.zeros(len(case), dtype=np.bool_),
        }
    )


def detainer_rows(
    true: pl.DataFrame,
    what: Course,
    cases: pl.DataFrame,
    who: People,
    where: Places,
    rates: Rates,
    seed: int,
    layout: Layout,
    sheet_rows: int,
    window: tuple[int, int],
) -> Told:
    """Return the detainer table: before many arrests in jails, and many that none follows."""
    rng = stream(seed, "detainers")
    values = data("values")
    jailed = pl.Series(what.route == CUSTODIAL).gather(true["arrest"])
    some = true.filter(jailed & pl.Series(happens(rng, 0.6, true.height)))
    ahead = (lognormal(rng, 9.0, 1.3, some.height) * DAY).astype(np.int64)
    led = some.select(
        _C("arrest").alias("case"),
        "person",
        _C("at") - pl.Series(ahead),
        pl.lit(True).alias("led"),
        _C("at").alias("arrested"),
    )
    alone = _strangers(rng, cases, int(0.5 * true.height), window)
    alone = alone.with_columns(pl.lit(None, pl.Int64).alias("arrested"))
    rows = pl.concat([led, alone]).filter(_C("at") >= window[0])
    rows = rows.with_columns(pl.lit(False).alias("detainer_repeated"))
    again = rows.filter(pl.Series(happens(rng, rates.detainer_repeated, rows.height)))
    rows = pl.concat([rows, again.with_columns(pl.lit(True).alias("detainer_repeated"))])
    rows = filed(rows, layout, "detainer", fiscal_year("at"), rng, sheet_rows)
    missing = happens(rng, rates.detainer_missing_person, rows.height)
    n = rows.height
    wide = _without_case(_wide(rows, cases, who, missing))
    jail = where.in_area(rng, wide["area"].to_numpy())
    at = where.table.select(
        "facility_code",
        "facility_label",
        _C("city").alias("facility_city"),
        _C("state").alias("facility_state"),
    )
    at = at.select(pl.all().gather(pl.Series(jail)))
    lift = pick(rng, [one[2] for one in values["lift_reasons"]], n)
    lifted = happens(rng, 0.4, n)
    box = pl.Series(np.where(happens(rng, 0.15, n), "YES", "NO"), dtype=pl.String)
    reasons = pl.Series([one[0] for one in values["lift_reasons"]]).gather(pl.Series(lift))
    codes = pl.Series([one[1] for one in values["lift_reasons"]]).gather(pl.Series(lift))
    kinds = pl.Series(pick_words(rng, values["detainer_types"], n), dtype=pl.String)
    wide = pl.concat([wide, at], how="horizontal").with_columns(
        moment("at").alias("prepared_at"),
        moment("arrested").alias("arrested_at"),
        kinds.alias("detainer_type"),
        pl.when(pl.Series(lifted)).then(reasons).alias("lift_reason"),
        pl.when(pl.Series(lifted)).then(codes).alias("lift_reason_code"),
        _C("case_threat_level").alias("detainer_threat_level"),
        pl.when("led").then("arrest_method").alias("arrest_method"),
        pl.when("led").then("case_category").alias("arrest_case_category"),
        pl.when("led").then("final_program").alias("arrest_program"),
        pl.lit("Detainer Only").alias("processing_disposition"),
        pl.when("led").then(pl.lit("YES")).otherwise(pl.lit("NO")).alias("resume_custody"),
        box.alias("notify_release"),
        box.alias("prior_felony"),
        _C("final_order").alias("deportation_ordered"),
        pl.lit("NO").alias("illegal_reentry"),
    )
    told = rows.select("row_id", "case", "person", "led", "detainer_repeated")
    return canonical(wide, layout, "detainer", seed), told


def removal_rows(
    what: Course,
    cases: pl.DataFrame,
    who: People,
    rates: Rates,
    seed: int,
    layout: Layout,
    sheet_rows: int,
    window: tuple[int, int],
) -> Told:
    """Return the removal table: departures from stays, and some that no stay precedes."""
    rng = stream(seed, "removals")
    values = data("values")
    day = _C("left")
    left = (
        cases.with_row_index("case")
        .select(
            _C("case").cast(pl.Int64),
            "person",
            (_C("departed_on").cast(pl.Int32).cast(pl.Int64) * DAY).alias("left"),
            pl.lit(True).alias("led"),
        )
        .filter(day.is_not_null(), day >= window[0], day <= window[1])
    )
    left = left.filter(~pl.Series(happens(rng, rates.removal_missing, left.height)))
    alone = _strangers(rng, cases, int(0.05 * left.height), window).rename({"at": "left"})
    rows = pl.concat([left, alone.select(left.columns)])
    rows = rows.with_columns(pl.lit(False).alias("removal_repeated"))
    again = rows.filter(pl.Series(happens(rng, rates.removal_repeated, rows.height)))
    later = pl.Series(rng.integers(0, 2, again.height) * DAY)
    again = again.with_columns(day + later, pl.lit(True).alias("removal_repeated"))
    rows = pl.concat([rows, again]).filter(day <= window[1])
    rows = filed(rows, layout, "removal", fiscal_year("left"), rng, sheet_rows)
    missing = happens(rng, rates.removal_missing_person, rows.height)
    n = rows.height
    to = pick(rng, list(values["dispositions"].values()), n)
    at = pl.Series(what.at).gather(rows["case"])
    wide = (
        _wide(rows, cases, who, missing)
        .with_columns(
            (day // DAY).cast(pl.Int32).cast(pl.Date).alias("departed_on"),
            _C("departure_country").fill_null(_C("citizenship_country")),
            pl.Series(list(values["dispositions"]))
            .gather(pl.Series(to))
            .alias("processing_disposition"),
            pl.Series(values["disposition_codes"])
            .gather(pl.Series(to))
            .alias("processing_disposition_code"),
            pl.Series(pick_words(rng, dict.fromkeys(values["ports"], 1), n), dtype=pl.String).alias(
                "port_of_departure"
            ),
            _C("final_program").alias("latest_arrest_program"),
            _C("arresting_agency").alias("latest_arresting_agency"),
            _C("case_category").alias("arrest_case_category"),
            (at // DAY * DAY * 60_000_000).cast(pl.Datetime("us")).alias("latest_arrested_at"),
            pl.Series(np.where(happens(rng, 0.3, n), "YES", "NO"), dtype=pl.String).alias(
                "prior_deport"
            ),
        )
        .with_columns(_C("departed_on").alias("latest_departed_on"))
    )
    told = rows.select("row_id", "case", "person", "led", "removal_repeated")
    return canonical(wide, layout, "removal", seed), told
