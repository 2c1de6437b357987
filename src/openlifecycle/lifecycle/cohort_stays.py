"""The stays that a cohort looks at, moments in seconds, and which stay an arrest led to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis

from openlifecycle.lifecycle.cohort_codes import coded_states
from openlifecycle.lifecycle.cohort_entry import RECORDS, Frame, seconds
from openlifecycle.lifecycle.outcomes import exit_state, exit_states

if TYPE_CHECKING:
    import ibis.expr.types as ir


def stays_of(tables: Mapping[str, ir.Table], frame: Frame) -> ir.Table:
    """Return what a course needs of each stay that had begun by the end of the records.

    ``ends_as`` is the number (cohort_codes.py) of the state that the stay's
    reason leads to, or its last stint's where it gives none: it says nothing of whether the
    stay has ended.
    """
    stay = tables["stay"]
    rows = stay.select(
        stay_id=stay.stay_id.cast("int64"),
        stay_person=stay.person_key,
        in_s=seconds(stay.book_in_at),
        out_s=seconds(stay.book_out_at),
        last_in_s=seconds(stay.last_book_in_at),
        last_out_s=seconds(stay.last_book_out_at),
        first_out_s=seconds(stay.first_book_out_at),
        moves=stay.n_transfers.cast("int64"),
        reason=ibis.coalesce(stay.stay_release_reason, stay.last_release_reason).fill_null(""),
        departed_on=stay.departed_on,
    )
    rows = rows.filter(rows.in_s < frame.watched_until)
    # thirty texts, told once each instead of once a stay
    texts = rows.select(text=rows.reason).distinct()
    texts = texts.mutate(state=exit_state(texts.text))
    texts = texts.select("text", ends_as=coded_states(texts.state, exit_states()))
    rows = rows.join(texts, rows.reason == texts.text).drop("reason", "text")
    if "link__stay_removal" not in tables:
        return rows.mutate(linked_on=ibis.null("date"))
    link = tables["link__stay_removal"]
    link = link.group_by(link_stay=link.stay_id.cast("int64")).agg(linked_on=link.departed_on.min())
    return rows.left_join(link, rows.stay_id == link.link_stay).drop("link_stay")


def with_stay_of_arrest(
    people: ir.Table, tables: Mapping[str, ir.Table], stays: ir.Table
) -> ir.Table:
    """Return the people with ``own``, the stay that belongs to their arrest, or null.

    The link's stay; without one, a stay that the person was in at the moment of the arrest: then
    the arrest was made, or made again on paper, of somebody already held.
    """
    link = tables["link__arrest_stay"]
    row = "arrest_row_id" if "arrest_row_id" in link.columns else "row_id"
    linked = link.filter(link.stay_id.notnull()).select(
        link_row=link[row].cast("int64"), linked=link.stay_id.cast("int64")
    )
    people = people.left_join(linked, people.entry_id == linked.link_row).drop("link_row")
    alone = people.filter(people.linked.isnull()).select("entry_id", "person_key", "entry_s")
    known = stays.select("stay_person", "stay_id", "in_s", "out_s", "last_out_s")
    pairs = alone.inner_join(known, alone.person_key == known.stay_person)
    around = pairs.filter(
        pairs.in_s <= pairs.entry_s, pairs.out_s.isnull() | (pairs.out_s > pairs.entry_s)
    )
    # closed by its last stint although the stay has no book-out: it was not around the arrest
    around = around.filter(
        around.out_s.notnull() | around.last_out_s.isnull() | (around.last_out_s > around.entry_s)
    )
    # moment and stay in one number: the greatest is the latest stay, ties by stay; a moment before
    # 1970 is a slip of the pen, and no earlier than another one
    code = ibis.greatest(around.in_s, ibis.literal(0, "int64")) * RECORDS + around.stay_id
    around = around.group_by(around_entry=around.entry_id).agg(latest=code.max())
    around = around.select("around_entry", around=around.latest % RECORDS)
    people = people.left_join(around, people.entry_id == around.around_entry)
    return people.mutate(own=ibis.coalesce(people.linked, people.around)).drop(
        "linked", "around", "around_entry"
    )


def next_stays(course: ir.Table, stays: ir.Table) -> ir.Table:
    """Return, for each person who left (or was never held), the moment of the next custody.

    Next is another stay of the same person, begun no earlier than the person's own, and not over
    before the person left: one that begins while the first lasts is a return at its end.
    """
    free = course.filter(course.free_s.notnull()).select(
        "entry_id", "person_key", "own", "free_s", "from_s"
    )
    known = stays.select("stay_person", "stay_id", "in_s", "out_s")
    pairs = free.inner_join(known, free.person_key == known.stay_person)
    later = pairs.filter(
        pairs.own.isnull() | (pairs.stay_id != pairs.own),
        pairs.in_s >= pairs.from_s,
        pairs.out_s.isnull() | (pairs.out_s > pairs.free_s),
    )
    return later.group_by(again_entry=later.entry_id).agg(
        again_s=ibis.greatest(later.in_s, later.free_s).min()
    )
