"""Arrests: which records are one episode (R2-R5), and the state that the duty site tells (R7)."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.columns import HOUR, field, ordered, said, seconds
from openlifecycle.lifecycle.event_rules import ArrestRules
from openlifecycle.model.places import states

#: The arrest method of a record that repeats an earlier arrest.
REPROCESSED: Final = "ERO Reprocessed Arrest"


def repeats(arrests: ir.Table, rules: ArrestRules) -> ir.Table:
    """Return one row for each arrest of a person who has several.

    Columns: ``row_id``, ``episode`` (from 1, in the order of the rules), ``in_episode`` (number of
    the record in its episode, from 0), ``of_several`` (whether another record is alike).
    """
    people = arrests.group_by("person_key").aggregate(n_records=arrests.count())
    people = people.filter((people.n_records > 1) & people.person_key.notnull())
    several = arrests.semi_join(people, "person_key")
    several = several.mutate(is_reprocessed=several.arrest_method == REPROCESSED)
    order = ordered(several, rules.order, missing_first=False)
    by_person = ibis.window(group_by=several.person_key, order_by=order)
    several = several.mutate(number=ibis.row_number().over(by_person))
    if rules.episode in ("chain", "neighbours"):
        return _by_gap(several, rules)
    return _by_fields(several, arrests, rules)


def _by_gap(several: ir.Table, rules: ArrestRules) -> ir.Table:
    """Cut each person's records where the gap to the record before is too long or unknown."""
    in_order = ibis.window(group_by=several.person_key, order_by=several.number)
    gap = seconds(several.arrested_at, several.arrested_at.lag().over(in_order))
    near = (gap <= rules.gap_hours * HOUR).fill_null(False)
    several = several.select("row_id", "person_key", "number", near=near)
    in_order = ibis.window(group_by=several.person_key, order_by=several.number)
    if rules.episode == "neighbours":
        next_near = several.near.lead().over(in_order).fill_null(False)
        return several.select(
            "row_id",
            episode=several.number + 1,
            in_episode=ibis.literal(0, "int64"),
            of_several=several.near | next_near,
        )
    so_far = ibis.window(
        group_by=several.person_key, order_by=several.number, preceding=None, following=0
    )
    cut = several.mutate(episode=(~several.near).cast("int64").sum().over(so_far))
    return _numbered(cut, "episode")


def _by_fields(several: ir.Table, arrests: ir.Table, rules: ArrestRules) -> ir.Table:
    """Put records together whose fields agree."""
    if rules.episode == "exact":
        group = [several[name] for name in said(arrests)]
    else:
        group = [field(several, name) for name in rules.same]
    first = several.number.min().over(ibis.window(group_by=group))
    firsts = several.mutate(first=first)
    in_order = ibis.window(group_by=firsts.person_key, order_by=firsts.first)
    return _numbered(
        firsts.mutate(episode=ibis.dense_rank().over(in_order) + 1),
        "first",
    )


def _numbered(cut: ir.Table, episode: str) -> ir.Table:
    """Return the records with their number in the episode that a column names."""
    group = [cut.person_key, cut[episode]]
    in_order = ibis.window(group_by=group, order_by=cut.number)
    return cut.select(
        "row_id",
        "episode",
        in_episode=ibis.row_number().over(in_order),
        of_several=cut.count().over(ibis.window(group_by=group)) > 1,
    )


def mark_arrests(arrests: ir.Table, repeated: ir.Table, rules: ArrestRules) -> ir.Table:
    """Return every arrest with its episode, flags and state, given the repeats among them."""
    marked = arrests.left_join(repeated.rename(repeated_row="row_id"), [("row_id", "repeated_row")])
    state = marked.arrest_state if "arrest_state" in arrests.columns else ibis.null("string")
    if rules.state == "duty_site" and "duty_site" in arrests.columns:
        marked = marked.left_join(_duty_sites(arrests), [("duty_site", "site")])
        state = ibis.coalesce(state, marked.site_state)
    number = marked.in_episode.fill_null(0)
    alike = marked.of_several.fill_null(False)
    likely = alike if rules.duplicate == "every" else alike & (number > 0)
    nobody = marked.person_key.isnull()
    gone = nobody if rules.missing_person == "left_out" else ibis.literal(False)
    dropped = (number > 0) if rules.keep == "first" else ibis.literal(False)
    return marked.select(
        *arrests.columns,
        episode=marked.episode.fill_null(1),
        is_first_of_episode=number == 0,
        is_duplicate=ibis.ifelse(nobody, ibis.null("boolean"), likely),
        is_left_out=dropped | gone,
        arrest_state_filled=state,
        is_reprocessed=(marked.arrest_method == REPROCESSED).fill_null(False),
    )


def _duty_sites(arrests: ir.Table) -> ir.Table:
    """Return the state that each duty site names, once each, in capitals."""
    sites = arrests.select("duty_site").filter(arrests.duty_site.notnull()).distinct()
    text = sites.duty_site.upper()
    codes = "|".join(states())
    names = "|".join(state.name.upper() for state in states().values())
    code = text.re_extract(rf"\b({codes})\b", 1)
    by_code = ibis.cases(
        *((code == state.code, state.name.upper()) for state in states().values()),
        else_=ibis.null("string"),
    )
    by_name = text.re_extract(rf"\b({names})\b", 1).nullif("")
    return sites.select(site="duty_site", site_state=ibis.coalesce(by_code, by_name))
