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

import polars as pl

from openlifecycle.lifecycle.cohort_bands import (
    people_behind_states,
    shares_when_watching_ends,
    slot_of,
    squares,
    watched_share,
    weighted_events,
)
from openlifecycle.lifecycle.cohort_codes import (
    AFTER,
    ALL,
    ANY,
    BOOK,
    BOOKED,
    CAUSES,
    CENSORED,
    DEPART,
    ELSE,
    EXIT,
    MOVE,
    MOVED,
    RETURN,
    UNKNOWN_TIMES,
    UNKNOWN_TRACE,
    WATCH,
    cause_code,
    clock_code,
    piece_code,
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
from openlifecycle.lifecycle.survival import (
    curve_of,
    effective,
    incidence_of,
    last_by,
    variance_at,
    wilson,
)

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
    counts: pl.DataFrame, cells: pl.DataFrame, names: Sequence[str], horizons: Sequence[int]
) -> pl.DataFrame:
    """Return one row per cell, horizon and state (or sum, or reached event).

    Args:
        counts: the rows of ``cohort_counts.told``.
        cells: the number of each cell, ``cell``, and the columns that tell cells apart.
        names: the columns that tell cells apart.
        horizons: days after entry.

    Returns:
        ``names``, ``horizon_days``, ``kind`` (``state``, ``sum`` of states, ``reached`` by then
        whatever came after, ``left_as``: left detention by then in this way, whatever came after),
        ``state``, ``n_people``, ``n_followed`` (watched for all those days), ``n_seen`` (people
        last seen in the state by then), ``key_people``, ``key_followed`` and ``key_seen`` (sums of
        the secret numbers of those people), ``n_eff`` (people whose plain share would be as
        uncertain), ``naive_share``, ``share``, ``low``, ``high``; the last three null where nobody
        was watched so long.
    """
    names = list(names)
    signs, order = _tables()
    rows = _state_shares(merge_hours(counts, horizons), horizons, signs, order)
    # numbers of cells follow the order of their names
    rows = rows.sort("cell", "horizon_days", "order")
    rows = rows.join(cells, on="cell", how="left", maintain_order="left")
    return rows.select(*names, pl.exclude("cell", "order", *names))


def merge_hours(counts: pl.DataFrame, horizons: Sequence[int]) -> pl.DataFrame:
    """Return the counts with hours taken together between which nobody's watching ends.

    Nothing is lost: while the watched stay the same people, both estimates and both variances at
    the end of a stretch are the same for the stretch as for its hours (they telescope).
    """
    # cell and hour in one number: nothing is later than the hour after the last horizon
    room = max(horizons) * 24 + 2
    is_watch = pl.col("clock") == clock_code(WATCH)
    is_event = pl.col("cause") != cause_code(CENSORED)
    at = (pl.col("cell") * room + pl.col("hour")).alias("at")
    # an end of watching is where a stretch ends: only events move
    still = counts.filter(~is_event)
    stops = still.filter(~is_watch).select(at)
    each = still.select(pl.col("cell").unique())
    ends = [each.select((pl.col("cell") * room + 24 * days).alias("at")) for days in horizons]
    stops = pl.concat([stops, *ends]).unique().sort("at")
    events = counts.filter(is_event).with_columns(at).sort("at")
    events = events.join_asof(
        stops.with_columns((pl.col("at") % room).alias("stop")), on="at", strategy="forward"
    )
    events = events.group_by("cell", "clock", "cause", AFTER, pl.col("stop").alias("hour")).agg(
        pl.col("n", "key").sum()
    )
    return pl.concat([events, still.select(events.columns)])


def _state_shares(
    counts: pl.DataFrame, horizons: Sequence[int], signs: pl.DataFrame, order: pl.DataFrame
) -> pl.DataFrame:
    watch = watched_share(counts.filter(pl.col("clock") == clock_code(WATCH)))
    pieces = weighted_events(_pieces(counts), watch)
    then = shares_when_watching_ends(pieces, watch, signs, max(horizons))
    people = _people(counts, horizons)
    at = pl.concat(
        _at(pieces, days, people.filter(pl.col("horizon_days") == days)) for days in horizons
    )
    sign, n = pl.col("sign"), pl.col("n_people")
    parts = at.join(signs, on="piece").with_columns(
        slot_of("cell", "order", "horizon_days").alias("slot")
    )
    shares = parts.group_by("slot").agg(
        (sign * pl.col("share")).sum().alias("share"),
        (sign * pl.col("events")).sum().alias("n_seen"),
        (sign * pl.col("key")).sum().alias("key_seen"),
        pl.col("n_eff").first().alias("n_eff_first"),
        (squares().sum() / n.first()).alias("square"),
        pl.col("cell", "order", "horizon_days").first(),
        n.first(),
    )
    shares = shares.join(people_behind_states(shares, then, horizons), on="slot", how="left")
    keyed = ["cell", "horizon_days", "order"]
    rows = people.join(order, how="cross")
    return _finish(rows.join(shares.drop("slot", "n_people"), on=keyed, how="left"))


def _tables() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the formulas as a table of signs, and the states in order."""
    parts = [
        (i, piece_code(clock, cause), sign)
        for i, pieces in enumerate(formulas().values())
        for (clock, cause), sign in pieces.items()
    ]
    names = [(kind, name, i) for i, (kind, name) in enumerate(formulas())]
    return (
        pl.DataFrame(parts, schema=["order", "piece", "sign"], orient="row"),
        pl.DataFrame(names, schema=["kind", "state", "order"], orient="row"),
    )


def _pieces(counts: pl.DataFrame) -> pl.DataFrame:
    """Return the incidence of every piece: ``cell``, ``piece``, ``hour``, ``share``, ..."""
    cause, clock = pl.col("cause"), pl.col("clock")
    unknown = [cause_code(UNKNOWN_TIMES), cause_code(UNKNOWN_TRACE)]
    counts = counts.filter(clock != clock_code(WATCH)).with_columns(
        pl.when(cause.is_in(unknown)).then(cause_code(UNKNOWN)).otherwise(cause).alias("cause"),
        # a cell's clock in one number
        (pl.col("cell") * CAUSES + clock).alias("line"),
    )
    happened = cause != cause_code(CENSORED)
    # line and hour in one number
    room = pl.col("hour").max() + 1
    moments = counts.select(
        (pl.col("line") * room + pl.col("hour")).alias("at"), (pl.col("n") * happened).alias("d"),
        pl.col("n"), room.alias("room"),
    )  # fmt: skip
    curve = (
        moments.group_by("at")
        .agg(pl.col("d", "n").sum(), pl.col("room").first())
        .sort("at")
        .select(
            (pl.col("at") // pl.col("room")).alias("line"),
            (pl.col("at") % pl.col("room")).alias("hour"),
            pl.col("d").cast(pl.Float64).alias("n_events"),
            pl.col("n").cast(pl.Float64).alias("gone"),
        )
    )
    curve = curve_of(curve, ["line"]).filter(pl.col("n_events") > 0)
    each = counts.filter(happened, cause != cause_code(ELSE))
    merging = each.filter(clock.is_in([clock_code(c) for c in (EXIT, DEPART, RETURN)]))
    after = each.filter(clock == clock_code(EXIT), pl.col(AFTER) == 1)
    named = [
        each,
        merging.with_columns(pl.lit(cause_code(ANY), pl.Int64).alias("cause")),
        after.with_columns(pl.lit(cause_code(AFTER), pl.Int64).alias("cause")),
    ]
    columns = ["line", "cause", "hour", "n", "key"]
    events = pl.concat([one.select(columns) for one in named])
    events = events.with_columns((pl.col("line") * CAUSES + cause).alias("code")).drop("cause")
    found = incidence_of(events, curve, ["line"], also=["key"], keyed=["code"])
    code = pl.col("code")
    return found.with_columns(
        (code // CAUSES**2).alias("cell"), (code % CAUSES**2).alias("piece")
    ).drop("code")


def _people(counts: pl.DataFrame, horizons: Sequence[int]) -> pl.DataFrame:
    """Return ``n_people`` of each cell and ``n_followed`` for each horizon, each with its key."""
    watch = counts.filter(pl.col("clock") == clock_code(WATCH))
    found = [
        watch.group_by("cell").agg(
            pl.lit(days, pl.Int64).alias("horizon_days"),
            pl.col("n").sum().alias("n_people"),
            pl.col("n").filter(pl.col("hour") >= days).sum().alias("n_followed"),
            pl.col("key").sum().alias("key_people"),
            pl.col("key").filter(pl.col("hour") >= days).sum().alias("key_followed"),
        )
        for days in horizons
    ]
    return pl.concat(found)


def _at(pieces: pl.DataFrame, days: int, people: pl.DataFrame) -> pl.DataFrame:
    """Return every piece as it stands after so many days, and the whole as a piece."""
    rows = variance_at(last_by(pieces, ["cell", "piece"], days * 24))
    rows = rows.with_columns(effective(pl.col("share"), pl.col("var")).alias("n_eff"))
    n = pl.col("n_people")
    whole = people.select(
        "cell",
        pl.lit(piece_code(ALL, ALL), pl.Int64).alias("piece"),
        n.cast(pl.Int64).alias("events"),
        pl.col("key_people").alias("key"),
        pl.lit(1.0).alias("share"),
        pl.lit(None, pl.Float64).alias("n_eff"),
        n.cast(pl.Float64).alias("w1"),
        n.cast(pl.Float64).alias("w2"),
    )
    rows = pl.concat([rows.select(whole.columns), whole])
    return rows.join(people.select("cell", "n_people", "horizon_days"), on="cell")


def _finish(rows: pl.DataFrame) -> pl.DataFrame:
    """Bound the shares, add bands and the naive share; null beyond what was watched."""
    followed = pl.col("n_followed") > 0
    state = pl.col("kind") == "state"
    rows = rows.with_columns(
        pl.col("share").fill_null(0.0).clip(0.0, 1.0),
        pl.col("n_seen", "key_seen").fill_null(0),
    )
    # the difference of two estimates can fall below nothing where few are watched to the end;
    # set to nothing, the states are brought back to a sum of one
    whole = pl.col("share").filter(state).sum().over("cell", "horizon_days")
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
        "cell", "horizon_days", "kind", "state", "order", "n_people", "n_followed", "n_seen",
        "key_people", "key_followed", "key_seen", pl.col("people").alias("n_eff"),
        (pl.col("n_seen") / pl.col("n_people")).alias("naive_share"),
        # twelve digits: what differs beyond them is the order of adding
        *(pl.when(followed).then(pl.col(c).round(12)).otherwise(None).alias(c)
          for c in ("share", "low", "high")),
    )  # fmt: skip
