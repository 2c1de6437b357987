"""The figures of a world as they truly are, to hold the answers of rule sets against."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

import polars as pl

from openlifecycle.demo.world.build import World

_C = pl.col
#: Hours in a hold room that policy allowed, and from which day it allowed more (R32).
_HOLD_HOURS: Final = (12, 72)
_HOLD_CHANGED: Final = datetime(2025, 6, 24)  # noqa: DTZ001 - a wall clock, as in the tables


def true_figures(world: World) -> dict[str, float]:
    """Return each figure that a score compares, from what happened."""
    stay, arrest = world.truth["stay"], world.truth["arrest"]
    ended = stay.filter(_C("book_out_at").is_not_null())
    days = (_C("book_out_at") - _C("book_in_at")).dt.total_seconds() / 86_400
    lengths = ended.select(days.alias("days"))["days"]
    held = true_headcount(world, ())
    before_last = held.filter(_C("date") < world.through.date())["n"]
    in_release = arrest.filter(_C("stay").is_in(stay["stay"].implode()))
    return {
        "stays": stay.height,
        "people_with_a_stay": stay["person_key"].n_unique(),
        "stays_open": int(stay["is_open"].sum()),
        "mean_days_completed": _mean(lengths),
        "median_days_completed": _number(lengths.median()),
        "transfers_per_stay": _mean(stay["n_transfers"]),
        "share_of_stays_never_moved": _mean((stay["n_transfers"] == 0).cast(pl.Float64)),
        "share_over_hold_limit": _over_hold_limit(world.truth["presence"]),
        "arrests": arrest.height,
        "share_of_arrests_with_stay": in_release.height / max(arrest.height, 1),
        "mean_midnight_population": _number(before_last.sum()) / max(days_compared(world), 1),
        "midnight_population_at_end": _last(held, world.through.date()),
    }


def true_headcount(world: World, by: tuple[str, ...]) -> pl.DataFrame:
    """Return how many people were in a facility at the midnight that ended each day, by cell.

    Counted day by day from the list of who was there: slow and plain, unlike what is scored.
    """
    inside = world.truth["presence"].select(
        "person_key",
        *by,
        _C("book_in_at").dt.date().clip(lower_bound=world.start).alias("first"),
        _C("book_out_at").dt.date().fill_null(world.through.date() + timedelta(1)).alias("left"),
    )
    spread = inside.filter(_C("left") > _C("first")).with_columns(
        pl.date_ranges("first", "left", closed="left").alias("date")
    )
    return (
        spread.explode("date")
        .filter(_C("date") <= world.through.date())
        .group_by("date", *by)
        .agg(_C("person_key").n_unique().cast(pl.Int64).alias("n"))
    )


def _over_hold_limit(presence: pl.DataFrame) -> float:
    hours = (_C("book_out_at") - _C("book_in_at")).dt.total_seconds() / 3600
    limit = pl.when(_C("book_in_at") < _HOLD_CHANGED).then(_HOLD_HOURS[0]).otherwise(_HOLD_HOURS[1])
    over = _C("is_hold_room") & (hours > limit).fill_null(False)
    per_stay = presence.group_by("stay").agg(over.any().alias("over"))
    return _mean(per_stay["over"].cast(pl.Float64))


def _last(held: pl.DataFrame, day: date) -> float:
    return float(held.filter(_C("date") == day)["n"].sum())


def days_compared(world: World) -> int:
    """Return the days whose midnight every rule set answers: all but the last.

    Who counts at the midnight that starts a day cannot answer the one that ends the release.
    """
    return (world.through.date() - world.start).days


def _mean(values: pl.Series) -> float:
    return _number(values.mean())


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")
