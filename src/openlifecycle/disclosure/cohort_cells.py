"""Shares of a cohort as they may leave: every number made anew from perturbed counts.

A count has the noise of its people. A share seen plainly is one perturbed count over another. An
Aalen-Johansen share is no count: one person weighs up to one in those watched for all the days, so
it is rounded to whole people of that number, and the noise of people is added to those. Bands are
computed from what is left, never from the exact share, and hold the noise as well as chance. A sum
of states is added up from its states where all of them are shown; else it is a cell of its own, so
that it says nothing exact of the states that are not shown. Of a first event one number is told,
the estimate: where people were last seen would be one more look at each course (cohort_looks.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from openlifecycle.disclosure.cohort_noise import Draw
from openlifecycle.lifecycle.outcomes import SUMS, states
from openlifecycle.lifecycle.survival import wilson

#: What stands in the note of a number that is not shown.
BELOW: Final = "below minimum cell"
#: What a reader must know of a row that too few were watched long enough for.
BEYOND: Final = "too few watched so long"
#: Rows of first events.
_FIRST: Final = pl.col("kind").is_in(["reached", "left_as"])
#: Columns with the sums of record keys.
KEYS: Final = ("key_people", "key_followed", "key_seen")
#: How sure an estimate is says something of each person: it is told in steps of this share.
STEP: Final = 0.05
#: Where the noise of a share is made to say something: nothing is surer than this.
LEAST_SPREAD: Final = 1e-9


def cleared_shares(
    rows: pl.DataFrame, cell: Sequence[str], draw: Draw, through: datetime
) -> pl.DataFrame:
    """Return the rows of ``cohorts.cohort`` as they may be shown, with ``margin`` and ``note``.

    Cohorts of too few are left out whole; in the others every state has its row, whether or not
    anybody is in it, so that a row's presence says nothing.

    Args:
        rows: with the keys of the house's rules where they are of others.
        cell: columns that tell cohorts apart.
        draw: the noise.
        through: the last moment of the records.
    """
    at = [*cell, "horizon_days"]
    rows = _with_noise(rows.with_columns(_is_whole(through)), at, draw)
    people, followed = pl.col("people"), pl.col("followed")
    rows = rows.filter(draw.shown(pl.col("n_people"), people))
    rows = rows.with_columns(
        (
            _FIRST & ~pl.col("is_whole")
            | _inside(draw, pl.col("n_people"), people, "n_seen", "seen")
        ).alias("open"),
        draw.shown(pl.col("n_followed"), followed).alias("watched"),
    )
    estimated = _inside(draw, followed, followed, "exact", "estimate")
    rows = rows.with_columns((pl.col("open") & pl.col("watched") & estimated).alias("estimated"))
    rows = _with_sums(rows, at)
    rows = rows.with_columns((pl.col("estimate") / followed).clip(0, 1).alias("share"))
    low, high = wilson(pl.col("share"), _as_good_as(draw))
    rows = rows.with_columns(low.alias("low"), high.alias("high"))
    others = draw.shown(pl.col("n_people") - pl.col("n_followed"), people - followed)
    told = pl.col("watched") & (pl.col("is_whole") | others)
    hidden = pl.when(~pl.col("open")).then(pl.lit(BELOW)).when(~pl.col("watched"))
    naive = pl.col("open") & (pl.col("is_whole") | ~_FIRST)
    note = hidden.then(pl.lit(BEYOND)).when(~pl.col("estimated")).then(pl.lit(BELOW))
    return rows.select(
        *at, "kind", "state",
        people.alias("n_people"),
        pl.when(told).then(followed).alias("n_followed"),
        pl.when(naive).then(pl.col("seen")).alias("n_seen"),
        pl.when(naive).then((pl.col("seen") / people).clip(0, 1).round(6)).alias("naive_share"),
        *(pl.when("estimated").then(pl.col(c).round(6)).alias(c) for c in ("share", "low", "high")),
        pl.when("estimated").then((draw.margin / followed).round(4)).alias("margin"),
        note.otherwise(pl.lit("")).alias("note"),
    )  # fmt: skip


def _is_whole(through: datetime) -> pl.Expr:
    """Return whether all days of a period lie so far back that everybody was watched.

    Asked of the calendar, not of the people: so it says nothing of them.
    """
    period = pl.col("period")
    month = period.str.to_date("%Y-%m", strict=False).dt.offset_by("1mo")
    year = period.str.strip_prefix("FY").cast(pl.Int32, strict=False)
    fiscal = pl.when(period.str.starts_with("FY")).then(pl.date(year, 10, 1))
    over = pl.coalesce(month, fiscal.otherwise(None)).cast(pl.Datetime("us"))
    end = over + pl.duration(days=pl.col("horizon_days"))
    return (end <= pl.lit(through + timedelta(seconds=1))).fill_null(False).alias("is_whole")


def _with_noise(rows: pl.DataFrame, at: list[str], draw: Draw) -> pl.DataFrame:
    """Add ``people``, ``followed``, ``seen``, ``exact`` and ``estimate``.

    ``exact`` is the estimated share as a number of people watched for all the days, rounded to
    whole ones; ``estimate`` is that with noise. Where everybody was watched both are plain counts.
    """
    rows = rows.with_columns(people=rows["n_people"] + draw.on(
        rows, rows["n_people"], ["key_people"], "people"
    ))  # fmt: skip
    found = []
    for (days, kind), part in rows.group_by("horizon_days", "kind", maintain_order=True):
        more = draw.on(part, part["n_followed"], ["key_followed"], f"followed {days}")
        seen = draw.on(part, part["n_seen"], ["key_seen"], f"{kind} {days}")
        whole, n = pl.col("is_whole"), pl.col("n_followed")
        one = part.with_columns(
            pl.when(whole).then(pl.col("people")).otherwise(n + more).alias("followed"),
            (pl.col("n_seen") + seen).alias("seen"),
        )
        count = (pl.col("share").fill_null(0.0) * pl.col("followed")).round().cast(pl.Int64)
        one = one.with_columns(
            pl.when(whole).then(pl.col("n_seen")).otherwise(count).alias("exact")
        )
        # when people entered and left is in it too, so it has noise of its own: one more look
        own = draw.on(one, one["exact"], ["key_seen", "key_followed"], f"estimate {kind} {days}")
        noisy = pl.when(whole).then(pl.col("seen")).otherwise(pl.col("exact") + own)
        found.append(one.with_columns(noisy.alias("estimate")))
    return pl.concat(found).sort(*at, maintain_order=True) if found else _nobody(rows)


def _nobody(rows: pl.DataFrame) -> pl.DataFrame:
    names = ("followed", "seen", "exact", "estimate")
    return rows.with_columns(pl.lit(0, pl.Int64).alias(name) for name in names)


def _inside(
    draw: Draw, people: pl.Expr, perturbed: pl.Expr, inside: str, perturbed_inside: str
) -> pl.Expr:
    """Return whether enough people are inside and enough outside, true and perturbed."""
    one, noisy = pl.col(inside), pl.col(perturbed_inside)
    return draw.shown(one, noisy) & draw.shown(people - one, perturbed - noisy)


def _with_sums(rows: pl.DataFrame, at: list[str]) -> pl.DataFrame:
    """Add sums up from their states where all of those are shown."""
    parts = pl.DataFrame(
        [(total, s.name) for total in SUMS for s in states().values() if total in s.sums],
        schema=["sum", "state"],
        orient="row",
    )
    added = (
        rows.filter(pl.col("kind") == "state")
        .join(parts, on="state")
        .group_by([*at, "sum"])
        .agg(
            pl.when(pl.col("open").all()).then(pl.col("seen").sum()).alias("all_seen"),
            pl.when(pl.col("estimated").all()).then(pl.col("estimate").sum()).alias("all_of_it"),
        )
        .select(*at, pl.lit("sum").alias("kind"), pl.col("sum").alias("state"),
                "all_seen", "all_of_it")
    )  # fmt: skip
    keyed = [*at, "kind", "state"]
    rows = rows.join(added, on=keyed, how="left", nulls_equal=True, maintain_order="left")
    return rows.with_columns(
        pl.coalesce("all_seen", "seen").alias("seen"),
        pl.coalesce("all_of_it", "estimate").alias("estimate"),
    )


def _as_good_as(draw: Draw) -> pl.Expr:
    """Return the people whose plain share would be as uncertain as this one with its noise."""
    share, followed = pl.col("share"), pl.col("followed")
    good = (pl.col("n_eff") / pl.col("n_people") / STEP).round().clip(lower_bound=1.0) * STEP
    good = pl.when("is_whole").then(1.0).otherwise(good)
    return with_noise(share, good * pl.col("people"), followed, draw)


def with_noise(share: pl.Expr, people: pl.Expr, steps: pl.Expr, draw: Draw) -> pl.Expr:
    """Return the people whose plain share is as uncertain as a share with noise of the draw.

    Args:
        share: the share.
        people: whose plain share would be as uncertain without noise.
        steps: the number that the noise of people is divided by.
        draw: the noise.
    """
    spread = (share * (1 - share)).clip(lower_bound=LEAST_SPREAD)
    return spread / (spread / people + draw.variance / steps**2)
