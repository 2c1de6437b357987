"""From the counts of a cohort to the share of people in each state at each horizon.

The share in a state is what came into it less what went out of it, each an Aalen-Johansen
estimate of a first event (survival.py): the share on bond at 90 days is those who left on bond
within 90 days, less those of them who had departed or were booked in again by then. For a state
that people can leave this is Pepe's estimator of prevalence (J Am Stat Assoc 1991; with Longton
and Thornquist, Stat Med 1991). It needs no assumption that the past of a person does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import polars as pl

from openlifecycle.lifecycle.cohort_bands import (
    ALL,
    people_behind_states,
    shares_when_watching_ends,
    watched_share,
    weighted_events,
)
from openlifecycle.lifecycle.cohort_counts import (
    BOOK,
    BOOKED,
    CENSORED,
    DEPART,
    ELSE,
    EXIT,
    MOVE,
    MOVED,
    RETURN,
    WATCH,
)
from openlifecycle.lifecycle.outcomes import (
    DEPARTED,
    HELD_AFTER_TRANSFER,
    HELD_FIRST,
    NOT_DETAINED,
    REACHED,
    RETURNED,
    SUMS,
    UNKNOWN,
    exit_states,
    states,
)
from openlifecycle.lifecycle.survival import effective, incidence, last_by, variance_at, wilson

ANY: Final = "any"
AFTER: Final = "after_move"

#: A piece is an event of a clock; a state is a sum of pieces with signs.
Piece = tuple[str, str]


@cache
def formulas() -> dict[tuple[str, str], dict[Piece, int]]:
    """Return each state, sum of states and first event as pieces with signs."""
    said: dict[str, dict[Piece, int]] = {
        NOT_DETAINED: {(ALL, ALL): 1, **dict.fromkeys(_book_events(), -1)},
        HELD_FIRST: {(BOOK, BOOKED): 1, (EXIT, ANY): -1, (MOVE, MOVED): -1, (EXIT, AFTER): 1},
        HELD_AFTER_TRANSFER: {(MOVE, MOVED): 1, (EXIT, AFTER): -1},
        DEPARTED: {(BOOK, DEPARTED): 1, (DEPART, ANY): 1, (RETURN, DEPARTED): -1},
        RETURNED: {(BOOK, RETURNED): 1, (RETURN, ANY): 1},
    }
    for name in exit_states():
        said[name] = {(EXIT, name): 1, (DEPART, name): -1, (RETURN, name): -1}
    said[UNKNOWN][BOOK, UNKNOWN] = 1
    found = {("state", name): said[name] for name in states()}
    for total in SUMS:
        parts: dict[Piece, int] = {}
        for state in states().values():
            if total in state.sums:
                for piece, sign in said[state.name].items():
                    parts[piece] = parts.get(piece, 0) + sign
        found["sum", total] = {piece: sign for piece, sign in parts.items() if sign}
    reached = ((BOOK, BOOKED), (MOVE, MOVED), (EXIT, ANY))
    found.update({("reached", n): {p: 1} for n, p in zip(REACHED, reached, strict=True)})
    found.update({("left_as", name): {(EXIT, name): 1} for name in exit_states()})
    return found


def _book_events() -> tuple[Piece, ...]:
    return tuple((BOOK, cause) for cause in (BOOKED, UNKNOWN, DEPARTED, RETURNED))


def state_shares(
    counts: pl.DataFrame, cell: Sequence[str], horizons: Sequence[int]
) -> pl.DataFrame:
    """Return one row per cell, horizon and state (or sum, or reached event).

    Args:
        counts: the rows of ``cohort_counts.counts``.
        cell: the columns that tell cells apart.
        horizons: days after entry.

    Returns:
        ``cell``, ``horizon_days``, ``kind`` (``state``, ``sum`` of states, ``reached`` by then
        whatever came after, ``left_as``: left detention by then in this way, whatever came after),
        ``state``, ``n_people``, ``n_followed`` (watched for
        all those days), ``n_seen`` (people last seen in the state by then), ``naive_share``,
        ``share``, ``low``, ``high``; the last three null where nobody was watched so long.
    """
    names = list(cell)
    # one order of adding, whatever order the engine gave: the same counts, the same last digit
    counts = counts.sort(pl.all())
    cells = counts.select(names).unique().sort(names).with_row_index("cell")
    counts = counts.join(cells, on=names, nulls_equal=True).drop(names)
    rows = _state_shares(merge_hours(counts, horizons), ["cell"], horizons)
    rows = rows.join(cells, on="cell").sort("cell", "horizon_days", "order")
    return rows.select(*names, pl.exclude("cell", "order", *names))


def merge_hours(counts: pl.DataFrame, horizons: Sequence[int]) -> pl.DataFrame:
    """Return the counts with hours taken together between which nobody's watching ends.

    Nothing is lost: while the watched stay the same people, both estimates and both variances at
    the end of a stretch are the same for the stretch as for its hours (they telescope).
    """
    timed = counts.filter(pl.col("clock") != WATCH)
    stops = timed.filter(pl.col("cause") == CENSORED).select("cell", "hour").unique()
    ends = [
        counts.select("cell").unique().with_columns(pl.lit(24 * days, pl.Int64).alias("hour"))
        for days in horizons
    ]
    stops = pl.concat([stops, *ends]).unique().with_columns(pl.col("hour").alias("stop"))
    timed = timed.sort("hour").join_asof(
        stops.sort("hour"), on="hour", by="cell", strategy="forward", check_sortedness=False
    )
    keyed = ["cell", "clock", "cause", AFTER]
    timed = timed.group_by([*keyed, pl.col("stop").alias("hour")]).agg(pl.col("n").sum())
    return pl.concat(
        [
            part.select(*keyed, "hour", "n")
            for part in (timed, counts.filter(pl.col("clock") == WATCH))
        ]
    )


def _state_shares(counts: pl.DataFrame, cell: list[str], horizons: Sequence[int]) -> pl.DataFrame:
    signs, order = _tables()
    watch = watched_share(counts.filter(pl.col("clock") == WATCH), cell)
    pieces = weighted_events(_pieces(counts, cell), watch, cell)
    then = shares_when_watching_ends(pieces, watch, signs, cell, max(horizons))
    people = _people(counts, cell, horizons)
    found = []
    for days in horizons:
        here = people.filter(pl.col("horizon_days") == days)
        at = _at(pieces, cell, days, here)
        shares = (
            at.join(signs, on=["clock", "cause"])
            .group_by([*cell, "kind", "state"])
            .agg(
                (pl.col("sign") * pl.col("share")).sum().alias("share"),
                (pl.col("sign") * pl.col("events")).sum().alias("n_seen"),
                pl.col("n_eff").first().alias("n_eff_first"),
            )
        )
        behind = people_behind_states(at, then, signs, cell, days)
        keyed = [*cell, "kind", "state"]
        rows = here.join(order, how="cross").join(shares, on=keyed, how="left")
        found.append(rows.join(behind, on=keyed, how="left"))
    return _finish(pl.concat(found), cell)


def _tables() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the formulas as a table of signs, and the states in order."""
    parts = [
        (kind, name, clock, cause, sign)
        for (kind, name), pieces in formulas().items()
        for (clock, cause), sign in pieces.items()
    ]
    names = [(kind, name, i) for i, (kind, name) in enumerate(formulas())]
    signs = ["kind", "state", "clock", "cause", "sign"]
    return (
        pl.DataFrame(parts, schema=signs, orient="row"),
        pl.DataFrame(names, schema=["kind", "state", "order"], orient="row"),
    )


def _pieces(counts: pl.DataFrame, cell: list[str]) -> pl.DataFrame:
    """Return the incidence of every piece: ``clock``, ``cause``, ``hour``, ``share``, ..."""
    cause = pl.col("cause")
    unknown = pl.when(cause.str.starts_with("unknown_")).then(pl.lit(UNKNOWN)).otherwise(cause)
    counts = counts.filter(pl.col("clock") != WATCH).with_columns(unknown.alias("cause"))
    event = ~cause.is_in([CENSORED, ELSE])
    merged = pl.when(event).then(pl.lit(ANY)).otherwise(cause).alias("cause")
    moved = event & (pl.col(AFTER) == 1)
    after = pl.when(moved).then(pl.lit(AFTER)).when(event).then(pl.lit(ELSE)).otherwise(cause)
    exits = counts.filter(pl.col("clock") == EXIT)
    merging = counts.filter(pl.col("clock").is_in([EXIT, DEPART, RETURN]))
    keyed = [*cell, "clock"]
    each = incidence(counts, keyed).filter(pl.col("cause") != ELSE)
    any_of = incidence(merging.with_columns(merged), keyed).filter(pl.col("cause") == ANY)
    moved_first = incidence(exits.with_columns(after.alias("cause")), keyed)
    return pl.concat([each, any_of, moved_first.filter(pl.col("cause") == AFTER)])


def _people(counts: pl.DataFrame, cell: list[str], horizons: Sequence[int]) -> pl.DataFrame:
    """Return ``n_people`` of each cell, and ``n_followed`` for each horizon."""
    watch = counts.filter(pl.col("clock") == WATCH)
    found = [
        watch.group_by(cell).agg(
            pl.lit(days, pl.Int64).alias("horizon_days"),
            pl.col("n").sum().alias("n_people"),
            pl.col("n").filter(pl.col("hour") >= days).sum().alias("n_followed"),
        )
        for days in horizons
    ]
    return pl.concat(found)


def _at(pieces: pl.DataFrame, cell: list[str], days: int, people: pl.DataFrame) -> pl.DataFrame:
    """Return every piece as it stands after so many days, and the whole as a piece."""
    rows = variance_at(last_by(pieces, [*cell, "clock", "cause"], days * 24))
    rows = rows.with_columns(effective(pl.col("share"), pl.col("var")).alias("n_eff"))
    n = pl.col("n_people")
    whole = people.select(
        *cell,
        pl.lit(ALL).alias("clock"),
        pl.lit(ALL).alias("cause"),
        n.cast(pl.Int64).alias("events"),
        pl.lit(1.0).alias("share"),
        pl.lit(None, pl.Float64).alias("n_eff"),
        n.cast(pl.Float64).alias("w1"),
        n.cast(pl.Float64).alias("w2"),
    )
    rows = pl.concat([rows.select(whole.columns), whole])
    return rows.join(people.select([*cell, "n_people"]), on=cell)


def _finish(rows: pl.DataFrame, cell: list[str]) -> pl.DataFrame:
    """Bound the shares, add bands and the naive share; null beyond what was watched."""
    followed = pl.col("n_followed") > 0
    state = pl.col("kind") == "state"
    rows = rows.with_columns(
        pl.col("share").fill_null(0.0).clip(0.0, 1.0),
        pl.col("n_seen").fill_null(0),
    )
    # the difference of two estimates can fall below nothing where few are watched to the end;
    # set to nothing, the states are brought back to a sum of one
    whole = pl.col("share").filter(state).sum().over([*cell, "horizon_days"])
    rows = rows.with_columns(
        pl.when(state).then(pl.col("share") / whole).otherwise(pl.col("share")).alias("share"),
        pl.when(pl.col("kind").is_in(["reached", "left_as"]))
        .then(pl.col("n_eff_first"))
        .otherwise(pl.col("n_eff"))
        .fill_null(pl.col("n_followed").cast(pl.Float64))
        .clip(upper_bound=pl.col("n_people").cast(pl.Float64))
        .alias("people"),
    )
    low, high = wilson(pl.col("share"), pl.col("people"))
    rows = rows.with_columns(low.alias("low"), high.alias("high"))
    return rows.select(
        *cell, "horizon_days", "kind", "state", "order", "n_people", "n_followed", "n_seen",
        (pl.col("n_seen") / pl.col("n_people")).alias("naive_share"),
        # twelve digits: what differs beyond them is the order of adding
        *(pl.when(followed).then(pl.col(c).round(12)).otherwise(None).alias(c)
          for c in ("share", "low", "high")),
    )  # fmt: skip
