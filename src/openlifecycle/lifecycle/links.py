"""Links inside one collection, on the publisher's key: arrest to stay, stay to departure."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.build_steps import Keep
from openlifecycle.lifecycle.columns import DAY, HOUR, seconds
from openlifecycle.lifecycle.event_rules import LinkRules

#: How often arrests and stays that lost their nearest partner look again. Each round settles the
#: nearest of what is left of every person, so a person would need more arrests than this inside
#: one window to be left with a pair that could still be made.
ROUNDS: Final = 4


def arrest_stay(
    arrests: ir.Table, stays: ir.Table, rules: LinkRules, rule: str, keep: Keep
) -> ir.Table:
    """Return one row for each arrest that is not left out, with its stay or none.

    Columns: ``row_id`` of the arrest, ``stay_id``, ``gap_hours`` from arrest to book-in,
    ``rule``, and ``attempt`` (1 where the stay was matched to its nearest arrest).
    """
    kept = arrests.filter(~arrests.is_left_out)
    pairs = keep("pairs", _pairs(kept, stays, rules))
    rounds = ROUNDS if rules.second_choice == "nearest_free" else 1
    matched = _settle(pairs, 1)
    for attempt in range(2, rounds + 1):
        free = pairs.anti_join(matched, "row_id").anti_join(matched, "stay_id")
        matched = keep(f"matched_{attempt}", matched.union(_settle(free, attempt)))
    found = kept.select(arrest_row="row_id").left_join(matched, [("arrest_row", "row_id")])
    return found.select(
        row_id="arrest_row",
        stay_id="stay_id",
        gap_hours=found.gap_seconds.cast("float64") / HOUR,
        rule=ibis.ifelse(found.stay_id.notnull(), rule, ibis.null("string")),
        attempt="attempt",
    )


def _pairs(arrests: ir.Table, stays: ir.Table, rules: LinkRules) -> ir.Table:
    """Return every arrest and stay of one person inside the window."""
    least, most = (hours * HOUR for hours in rules.arrest_hours)
    left = arrests.filter(arrests.person_key.notnull()).select(
        "row_id", "person_key", "arrested_at", "episode"
    )
    right = stays.select("stay_id", who="person_key", began="book_in_at")
    joined = left.inner_join(right, [("person_key", "who")])
    joined = joined.mutate(gap_seconds=seconds(joined.began, joined.arrested_at))
    joined = joined.filter(joined.gap_seconds.between(least, most))
    return joined.select(
        "row_id",
        "stay_id",
        "gap_seconds",
        "episode",
        "began",
        distance=joined.gap_seconds.abs(),
    )


def _settle(pairs: ir.Table, attempt: int) -> ir.Table:
    """Return the pairs of one round: nearest arrest per stay, then nearest stay per arrest."""
    # Equally near: the earlier arrest of a stay, the earlier stay of an arrest.
    per_stay = ibis.window(
        group_by=pairs.stay_id, order_by=[pairs.distance, pairs.episode, pairs.row_id]
    )
    chosen = pairs.mutate(choice=ibis.row_number().over(per_stay))
    chosen = chosen.filter(chosen.choice == 0)
    per_arrest = ibis.window(
        group_by=chosen.row_id, order_by=[chosen.distance, chosen.began, chosen.stay_id]
    )
    chosen = chosen.mutate(choice=ibis.row_number().over(per_arrest))
    chosen = chosen.filter(chosen.choice == 0)
    return chosen.select(
        "row_id", "stay_id", "gap_seconds", attempt=ibis.literal(attempt, "int8").cast("int64")
    )


def stay_removal(stays: ir.Table, removals: ir.Table | None, rules: LinkRules) -> ir.Table:
    """Return one row for each stay with a departure near its book-out (R18).

    Columns: ``stay_id``, ``row_id`` of the removal (null where the date is the stay's own
    ``departed_on``), ``departed_on``, ``gap_days`` from book-out to departure, ``source``.
    """
    ended = stays.filter(stays.book_out_at.notnull())
    own = ended.filter(ended.departed_on.notnull()).select(
        "stay_id",
        "book_out_at",
        "departed_on",
        row_id=ibis.null("int64"),
        source=ibis.literal("stay"),
    )
    found = own
    if removals is not None:
        dated = removals.filter(removals.person_key.notnull() & removals.departed_on.notnull())
        dated = dated.select("row_id", "departed_on", who="person_key")
        narrow = ended.select("stay_id", "book_out_at", "person_key")
        joined = narrow.inner_join(dated, [("person_key", "who")])
        found = own.union(
            joined.select(
                "stay_id", "book_out_at", "departed_on", "row_id", source=ibis.literal("removal")
            )
        )
    gap = seconds(found.departed_on.cast("timestamp"), found.book_out_at)
    least, most = (days * DAY for days in rules.removal_days)
    found = found.mutate(gap=gap).filter(gap.between(least, most))
    # Equally near: the stay's own date, then the earlier departure, then the earlier record.
    nearest = ibis.window(
        group_by=found.stay_id,
        order_by=[
            found.gap.abs(),
            ibis.desc(found.source),
            found.departed_on,
            ibis.asc(found.row_id, nulls_first=True),
        ],
    )
    found = found.mutate(choice=ibis.row_number().over(nearest))
    found = found.filter(found.choice == 0)
    return found.select(
        "stay_id", "row_id", "departed_on", "source", gap_days=found.gap.cast("float64") / DAY
    )


def detainer_stay(detainers: ir.Table, stays: ir.Table, rules: LinkRules) -> ir.Table:
    """Return one row for each detainer that a stay of the person follows in time: the first one.

    Columns: ``row_id`` of the detainer, ``stay_id``, ``gap_hours`` from detainer to book-in.
    """
    least, most = (days * DAY for days in rules.detainer_days)
    left = detainers.filter(~detainers.is_left_out & detainers.person_key.notnull())
    left = left.select("row_id", "person_key", "prepared_at")
    right = stays.select("stay_id", who="person_key", began="book_in_at")
    joined = left.inner_join(right, [("person_key", "who")])
    joined = joined.mutate(gap=seconds(joined.began, joined.prepared_at))
    joined = joined.filter(joined.gap.between(least, most))
    first = ibis.window(group_by=joined.row_id, order_by=[joined.gap, joined.stay_id])
    joined = joined.mutate(choice=ibis.row_number().over(first))
    joined = joined.filter(joined.choice == 0)
    return joined.select("row_id", "stay_id", gap_hours=joined.gap.cast("float64") / HOUR)
