"""The arrest table: a row an arrest inside the country, with its repetitions."""

from __future__ import annotations

import numpy as np
import polars as pl

from openlifecycle.demo.world.clock import DAY, wall, zone_of_state
from openlifecycle.demo.world.course import BORDER, Course
from openlifecycle.demo.world.draws import data, happens, pick, stream
from openlifecycle.demo.world.layout import Layout
from openlifecycle.demo.world.people import People
from openlifecycle.demo.world.places import Places
from openlifecycle.demo.world.rates import Rates
from openlifecycle.demo.world.shape import canonical, filed, fiscal_year, moment

_C = pl.col
KINDS = ("arrest_exact", "arrest_repeated", "arrest_chain", "arrest_reprocessed")
GONE = (
    "arrest_missing_time",
    "arrest_missing_person",
    "arrest_missing_state",
    "arrest_missing_method",
)


def state_of(rng: np.random.Generator, area: np.ndarray) -> np.ndarray:
    """Return a state for each area of responsibility, drawn among its states."""
    areas = [one[2] for one in data("places")["areas"].values()]
    found = np.empty(len(area), dtype=object)
    for number, states in enumerate(areas):
        here = np.flatnonzero(area == number)
        names = np.array(list(states), dtype=object)
        found[here] = names[pick(rng, list(states.values()), len(here))]
    return found


def true_arrests(
    what: Course, cases: pl.DataFrame, seed: int, start: int, through: int
) -> pl.DataFrame:
    """Return the arrests that a table without any mess would have, on the wall clock."""
    rng = stream(seed, "arrest places")
    state = state_of(rng, cases["area"].to_numpy())
    zones = zone_of_state()
    zone = np.array([zones[one] for one in state], dtype=np.int64)
    rows = pl.DataFrame(
        {
            "arrest": np.arange(len(what.at)),
            "person": what.person,
            "at": wall(what.at, zone),
            "state": pl.Series(state, dtype=pl.String),
            "booked": what.booked,
            "stay_minutes": what.stay_out - what.stay_in,
        }
    )
    return rows.filter(pl.Series(what.route != BORDER), _C("at") >= start, _C("at") <= through)


def arrest_rows(
    true: pl.DataFrame,
    cases: pl.DataFrame,
    who: People,
    where: Places,
    rates: Rates,
    seed: int,
    layout: Layout,
    sheet_rows: int,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the table as released, and for each of its rows the arrest it is of."""
    rng = stream(seed, "arrests")
    rows = true.with_columns(
        *(pl.lit(False).alias(kind) for kind in (*KINDS, *GONE)),
        pl.lit(False).alias("reprocessed"),
        pl.lit(False).alias("cancelled"),
    )
    end = int(rows["at"].to_numpy().max(initial=0))
    rows = pl.concat([rows, *_repeated(rows, rates, rng)]).filter(_C("at") <= end)
    rows = rows.with_columns(
        pl.Series(kind, happens(rng, getattr(rates, kind), rows.height)) for kind in GONE
    )
    exact = rows.filter(pl.Series(happens(rng, rates.arrest_exact, rows.height)))
    rows = pl.concat([rows, exact.with_columns(pl.lit(True).alias("arrest_exact"))])
    rows = rows.with_columns(
        pl.when(~_C("arrest_missing_time")).then("at").alias("at"),
        pl.when(~_C("arrest_missing_person")).then("person").alias("known_person"),
    )
    rows = filed(rows, layout, "arrest", fiscal_year("at"), rng, sheet_rows, "arrest_exact")
    wide = _filled(rows, cases, who)
    told = rows.select("row_id", "arrest", "person", "reprocessed", *KINDS, *GONE)
    return canonical(wide, layout, "arrest", seed), told


def _repeated(rows: pl.DataFrame, rates: Rates, rng: np.random.Generator) -> list[pl.DataFrame]:
    """Return further rows of the same arrests."""

    def some(rate: float, among: pl.Series | None = None) -> pl.DataFrame:
        drawn = pl.Series(happens(rng, rate, rows.height))
        return rows.filter(drawn if among is None else drawn & among)

    def later(frame: pl.DataFrame, low: float, high: float) -> pl.Expr:
        return _C("at") + pl.Series(rng.integers(int(low), int(high), frame.height))

    again = some(rates.arrest_repeated)
    yes = pl.lit(True)
    turn = pl.Series(happens(rng, 0.5, again.height))
    found = [
        again.with_columns(
            later(again, 0, 20 * 60),
            yes.alias("arrest_repeated"),
            turn.alias("reprocessed"),
            (~turn).alias("cancelled"),
        )
    ]
    chain = some(rates.arrest_chain)
    for _ in range(3):
        chain = chain.with_columns(later(chain, 15 * 60, 24 * 60 + 1), yes.alias("arrest_chain"))
        found.append(chain)
    # Long after the arrest, in the middle of a stay of some weeks.
    long = some(rates.arrest_reprocessed, rows["booked"] & (rows["stay_minutes"] > 20 * DAY))
    found.append(
        long.with_columns(
            later(long, 12 * DAY, 20 * DAY),
            yes.alias("arrest_reprocessed"),
            yes.alias("reprocessed"),
        )
    )
    return found


def _filled(rows: pl.DataFrame, cases: pl.DataFrame, who: People) -> pl.DataFrame:
    values, places = data("values"), data("places")
    of_case = cases.drop("person", "area").select(pl.all().gather(rows["arrest"]))
    area = cases["area"].gather(rows["arrest"])
    names = pl.Series(list(places["areas"]), dtype=pl.String).gather(area).alias("area_name")
    wide = pl.concat([rows, of_case, names.to_frame()], how="horizontal")
    full = _C("state").replace_strict(places["state_names"], return_dtype=pl.String)
    upper = _C("area_name").str.to_uppercase()
    kind = _C("row_id") % 4
    return wide.with_columns(
        pl.Series(who.key, dtype=pl.String).gather(rows["known_person"]).alias("person_key"),
        moment("at").alias("arrested_at"),
        pl.when(~_C("arrest_missing_state")).then(full).alias("arrest_state"),
        (_C("area_name") + " Area of Responsibility").alias("aor"),
        pl.when("arrest_missing_method")
        .then(None)
        .when("reprocessed")
        .then(pl.lit(values["reprocessed"]))
        .otherwise("arrest_method")
        .alias("arrest_method"),
        pl.when("cancelled")
        .then(pl.lit(values["status_cancelled"]))
        .otherwise("case_status")
        .alias("case_status"),
        _C("criminality").alias("case_criminality"),
        # Duty sites name their state in four ways, or not at all.
        pl.when(kind == 0)
        .then(pl.concat_str(upper, pl.lit(" "), "state"))
        .when(kind == 1)
        .then(pl.concat_str(upper, pl.lit(", "), full, pl.lit(" ERO")))
        .when(kind == 2)
        .then(pl.concat_str(upper, pl.lit(", "), "state"))
        .alias("duty_site"),
        pl.concat_str(upper, pl.lit(" SYNTHETIC OFFICE")).alias("arrest_created_by"),
        pl.lit(0).alias("dropped_variant"),
        pl.lit(None, pl.String).alias("date_flags"),
    )
