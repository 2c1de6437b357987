"""The case behind each apprehension: what every table of a release says of it, alike.

One row an apprehension, in the order of the course. Case fields are of the moment of extraction:
a departure or an order that is still to come is not in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from openlifecycle.demo.world.clock import DAY
from openlifecycle.demo.world.course import BORDER, CUSTODIAL, Course
from openlifecycle.demo.world.draws import (
    Flags,
    Ints,
    data,
    happens,
    lognormal,
    pick,
    pick_words,
    stream,
)
from openlifecycle.demo.world.people import People, criminality
from openlifecycle.demo.world.places import Places
from openlifecycle.demo.world.rates import Rates

Words = npt.NDArray[Any]


def days(values: Ints, known: Flags | None = None) -> pl.Series:
    """Return minutes as days; null where not known."""
    found = pl.Series(values // DAY, dtype=pl.Int64)
    if known is not None:
        found = found.to_frame("d").select(pl.when(pl.Series(known)).then(pl.col("d"))).to_series()
    return found.cast(pl.Int32).cast(pl.Date)


def words(values: Sequence[str] | Words, places: Ints, known: Flags | None = None) -> pl.Series:
    """Return the words at some places of a list; null where not known."""
    index = pl.Series(places)
    if known is not None:
        index = index.to_frame("i").select(pl.when(pl.Series(known)).then(pl.col("i"))).to_series()
    return pl.Series(list(values), dtype=pl.String).gather(index)


def cases(
    what: Course, who: People, where: Places, rates: Rates, seed: int, start: int, through: int
) -> pl.DataFrame:
    """Return the case of each apprehension of the course."""
    rng = stream(seed, "cases")
    values = data("values")
    n = len(what.person)
    gone_by = (what.at - start) / (through - start)
    crime = criminality(who.record[what.person], gone_by)
    border = what.route == BORDER
    program = np.where(
        border,
        pick_words(rng, values["programs_border"], n),
        pick_words(rng, values["programs"], n),
    )
    method = np.where(
        what.route == CUSTODIAL,
        pick_words(rng, values["methods_custodial"], n),
        pick_words(rng, values["methods_at_large"], n),
    )
    country = who.country[what.person]
    columns: dict[str, Any] = {
        "person": what.person,
        "area": who.area[what.person],
        "route": what.route,
        "citizenship_country": pl.Series(country, dtype=pl.String),
        "birth_country": pl.Series(country, dtype=pl.String),
        "gender": pl.Series(who.gender[what.person], dtype=pl.String),
        "birth_year": who.born[what.person],
        "criminality": words(values["criminality"], crime),
        "case_threat_level": words(["1", "2", "3"], pick(rng, [4, 3, 4], n), crime == 0),
        "final_program": pl.Series(program, dtype=pl.String),
        "final_program_group": words(["ICE", "CBP"], border.astype(np.int64)),
        "arresting_agency": words(["ICE", "CBP"], border.astype(np.int64)),
        "arrest_method": pl.Series(method, dtype=pl.String),
        "arrest_type": words(["Targeted", "Collateral"], pick(rng, [7, 3], n)),
    }
    columns |= _orders(rng, what, country, rates, through)
    columns |= _entry(rng, what, who)
    columns |= _conviction(rng, what, crime)
    columns |= _bond(rng, what, columns["outcome"], through)
    return pl.DataFrame(columns)


def _orders(
    rng: np.random.Generator, what: Course, country: Words, rates: Rates, through: int
) -> dict[str, Any]:
    """Return how the case stands at extraction: order, departure, status, category."""
    values = data("values")
    n = len(what.person)
    outcomes = list(values["outcomes"].values())
    departs = np.array([bool(one[5]) for one in outcomes])[what.outcome] & what.booked
    ordered = np.array([bool(one[6]) for one in outcomes])[what.outcome]
    ordered |= ~departs & happens(rng, 0.12, n)
    # The flight leaves on the day of the book-out or soon after; some days late are recorded.
    late = np.where(happens(rng, 0.72, n), 0, rng.exponential(1.6, n)).astype(np.int64)
    late = np.where(happens(rng, 0.01, n), 8 + rng.integers(0, 12, n), late)
    left = what.stay_out + late * DAY
    has_left = departs & (left <= through)
    old = happens(rng, 0.35, n)
    stay = np.maximum(what.stay_out - what.stay_in, 1)
    within = what.stay_in + (rng.random(n) * 0.8 * stay).astype(np.int64)
    before = what.stay_in - lognormal(rng, 900.0, 1.0, n).astype(np.int64) * DAY
    order = np.where(old, before, within)
    is_final = ordered & (order <= through)
    third = happens(rng, rates.third_country, n)
    other = pick(rng, np.ones(len(values["third_countries"])), n)
    abroad = np.array(values["third_countries"], dtype=object)
    elsewhere = np.where(abroad[other] == country, abroad[other - 1], abroad[other])
    to = np.where(third, elsewhere, country)
    status = np.array([str(one[4]) for one in outcomes], dtype=object)[what.outcome]
    other_status = happens(rng, 0.4, n) & (status == "8-Excluded/Deported/Removed")
    status = np.where(other_status, values["removed_status_other"], status)
    over = has_left | (~departs & (what.stay_out <= through) & what.booked)
    final = pick_words(rng, values["categories_final"], n)
    open_ = pick_words(rng, values["categories_open"], n)
    return {
        "outcome": words(list(values["outcomes"]), what.outcome),
        "departs": departs,
        "case_status": pl.Series(np.where(over, status, "ACTIVE"), dtype=pl.String),
        "case_category": pl.Series(np.where(is_final, final, open_), dtype=pl.String),
        "final_order": words(["NO", "YES"], is_final.astype(np.int64)),
        "final_order_on": days(order, is_final),
        "departed_on": days(left, has_left),
        "departure_country": words(to, np.arange(n), has_left),
        "true_departed_on": days(left, departs),
    }


def _entry(rng: np.random.Generator, what: Course, who: People) -> dict[str, Any]:
    values = data("values")
    n = len(what.person)
    one = pick(rng, [charge[3] for charge in values["charges"]], n)
    since = (rng.gamma(1.3, 6.0, n) * 365 * DAY).astype(np.int64)
    entered = np.where(what.route == BORDER, what.at - 2 * DAY, what.at - since)
    earliest = (who.born[what.person] - 1970) * 365 * DAY
    known = happens(rng, 0.76, n)
    charged = happens(rng, 0.82, n)
    return {
        "entry_status": words(
            list(values["entry_statuses"]),
            pick(rng, list(values["entry_statuses"].values()), n),
            happens(rng, 0.95, n),
        ),
        "entry_on": days(np.maximum(entered, earliest), known),
        "final_charge": words([c[0] for c in values["charges"]], one, charged),
        "final_charge_code": words([c[1] for c in values["charges"]], one, charged),
        "final_charge_section": words([c[2] for c in values["charges"]], one, charged),
    }


def _conviction(rng: np.random.Generator, what: Course, crime: Ints) -> dict[str, Any]:
    values = data("values")
    n = len(what.person)
    one = pick(rng, [c[3] for c in values["crimes"]], n)
    known = (crime == 0) & happens(rng, 0.92, n)
    charged = what.at - lognormal(rng, 1200.0, 0.9, n).astype(np.int64) * DAY
    convicted = np.minimum(charged + rng.integers(10, 400, n) * DAY, what.at)
    felon = pick_words(rng, values["felonies"], n)
    amounts = {}
    for field, share, most in (
        ("msc_sentence_days", 0.5, 364),
        ("msc_sentence_months", 0.3, 36),
        ("msc_sentence_years", 0.15, 9),
    ):
        amounts[field] = _number(rng.integers(0, most, n), known & happens(rng, share, n))
    return {
        "msc_charge": words([c[0] for c in values["crimes"]], one, known),
        "msc_charge_code": words([c[1] for c in values["crimes"]], one, known),
        "msc_crime_class": words([c[2] for c in values["crimes"]], one, known),
        "msc_category": words([c[0] for c in values["crimes"]], one, known),
        "msc_charge_on": days(charged, known),
        "msc_conviction_on": days(convicted, known),
        "msc_charge_status": words(["Convicted"], np.zeros(n, dtype=np.int64), known),
        "msc_charge_status_code": words(["C"], np.zeros(n, dtype=np.int64), known),
        **amounts,
        "aggravated_felon": words(felon, np.arange(n), (crime == 0) | happens(rng, 0.5, n)),
        "detainee_classification": pl.Series(
            pick_words(rng, values["classifications"], n), dtype=pl.String
        ),
        "ina_236c": words(["NO", "YES"], (known & happens(rng, 0.2, n)).astype(np.int64)),
    }


def _number(drawn: Ints, known: Flags) -> pl.Series:
    frame = pl.DataFrame({"n": drawn.astype(np.float64), "known": known})
    return frame.select(pl.when("known").then("n")).to_series()


def _bond(
    rng: np.random.Generator, what: Course, outcome: pl.Series, through: int
) -> dict[str, Any]:
    """Return the bond as first released; its place in the list of amounts, so that it can move."""
    n = len(what.person)
    bonded = outcome.str.starts_with("Bonded").to_numpy()
    has = what.booked & (bonded | happens(rng, 0.08, n))
    stay = what.stay_out - what.stay_in
    set_at = what.stay_in + (rng.random(n) * 0.7 * stay).astype(np.int64)
    return {
        "bond": pick(rng, [8, 5, 4, 6, 4, 4, 2, 1], n),
        "bond_set": has & (set_at <= through),
        "bond_set_at": set_at,
        "bond_posted": has & bonded,
    }
