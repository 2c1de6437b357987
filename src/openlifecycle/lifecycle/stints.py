"""Stints: text keys, lowest bonds, and which records are copies of which (R10-R13).

Only stints that share person, facility and book-in day with another can be copies of each other
or share a bond, and these are few. So that the wide table is never sorted, they are found by one
narrow group-by, judged alone, and the verdicts joined back by record number.
"""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.columns import BONDS, PRINTED_PERSON, ordered, present, said, same
from openlifecycle.lifecycle.event_rules import StintRules
from openlifecycle.lifecycle.texts import pasted, text_of_time

#: What two stints must share to be judged together; ``day`` is the day of the book-in.
ALIKE: Final = ("person_key", "facility_code", "day")
#: The parts of a stint key.
STINT_KEY: Final = ("person_key", "book_in_at", "facility_code")
#: The same as numbers.
_ALIKE_NUMBERS: Final = ("person", "facility", "day")
_VERDICTS: Final = ("is_copy", "is_earlier", "is_dearer")


def alike(stints: ir.Table, rules: StintRules) -> ir.Table:
    """Return the ``row_id`` of every stint that shares person, facility and day with another.

    ``stints`` are the numbered ones.
    """
    if rules.exact == "pasted":
        return stints.select("row_id")  # texts can be equal though their parts are not
    narrow = stints.mutate(day=stints.book_in_at.date())
    if rules.undecided_person == "null":
        narrow = narrow.filter(narrow.person.notnull())
    groups = narrow.group_by(_ALIKE_NUMBERS).aggregate(n_alike=narrow.count())
    groups = groups.filter(groups.n_alike > 1)
    chosen = narrow.semi_join(groups, same(narrow, groups, _ALIKE_NUMBERS)).select("row_id")
    if rules.same_stint != "none":
        part_missing = stints.book_in_at.isnull() | stints.facility.isnull()
        keyless = stints.filter(stints.person.notnull() & part_missing)
        chosen = chosen.union(keyless.select("row_id"), distinct=True)
    return chosen


def verdicts(stints: ir.Table, chosen: ir.Table, rules: StintRules) -> ir.Table:
    """Return one row for each stint that has others like it, given their record numbers.

    Columns: ``row_id``, ``is_copy`` (the same record as one before it), ``is_earlier`` (the same
    facility and day as a later one), ``is_dearer`` (the same stint as a record with a lower or
    later bond), and the lowest bonds as ``least_<bond>``.
    """
    judged = stints.semi_join(chosen, "row_id")
    judged = judged.mutate(day=judged.book_in_at.date(), same=_same_record(judged, stints, rules))
    # From here on a record is one number: nothing wide is carried from window to window.
    needed = ("row_id", *ALIKE, "stay_book_in_at", "book_in_at", "book_out_at", "same")
    order = [name.partition(" ")[0] for name in rules.order]
    judged = judged.select(*dict.fromkeys((*needed, *present(judged, (*BONDS, *order)))))
    window = ibis.window(
        group_by=[judged[name] for name in ALIKE], order_by=ordered(judged, rules.order)
    )
    judged = judged.mutate(seq=ibis.row_number().over(window))
    judged = judged.select(*needed, "seq", *present(judged, BONDS))
    judged = judged.mutate(
        **_least_bonds(judged), is_copy=_is_copy(judged, rules), is_dearer=_is_dearer(judged, rules)
    )
    judged = judged.mutate(is_earlier=_is_earlier(judged, rules))
    return judged.select("row_id", *_VERDICTS, *(f"least_{b}" for b in present(stints, BONDS)))


def mark_stints(
    stints: ir.Table, placed: ir.Table, judged: ir.Table, rules: StintRules
) -> ir.Table:
    """Return every stint with its keys, lowest bonds, flags, stay, and what its facility is.

    Args:
        stints: the table as read.
        placed: the same with the stay of each stint and what its facility is.
        judged: the verdicts on some of the stints.
        rules: the section on stints.
    """
    marked = placed.left_join(judged.rename(judged_row="row_id"), [("row_id", "judged_row")])
    copy, earlier, dearer = (marked[name].fill_null(False) for name in _VERDICTS)
    nobody = marked.person_key.isnull()
    undecided = nobody if rules.undecided_person == "null" else ibis.literal(False)
    out = copy | earlier | dearer
    bonds = _bond_columns(stints, marked, rules)
    return marked.select(
        *stints.columns,
        stay_key=stay_key(marked, rules),
        stint_key=_key(marked, rules, *STINT_KEY),
        is_duplicate_exact=copy,
        is_duplicate_same_day=earlier,
        is_duplicate=ibis.ifelse(undecided, ibis.null("boolean"), out),
        is_left_out=out | _gone(nobody, rules),
        **bonds,
        **{name: marked[name] for name in ("stay_id", "place", "state", "circuit", "is_hold_room")},
    )


def left_out(stints: ir.Table, judged: ir.Table, rules: StintRules) -> ir.Table:
    """Return the numbered stints with ``is_left_out``, given the verdicts on some of them."""
    verdict = judged.select(judged_row="row_id", out=ibis.or_(*(judged[n] for n in _VERDICTS)))
    marked = stints.left_join(verdict, [("row_id", "judged_row")])
    gone = marked.out.fill_null(False) | _gone(marked.person.isnull(), rules)
    return marked.select(*stints.columns, is_left_out=gone)


def _gone(nobody: ir.BooleanValue, rules: StintRules) -> ir.BooleanValue:
    """Say whether a stint is left out for want of a person."""
    return nobody if rules.missing_person == "left_out" else ibis.literal(False)


def lowest_bonds(stints: ir.Table, judged: ir.Table, rules: StintRules) -> ir.Table:
    """Return ``row_id`` and the lowest bonds of every stint that has one."""
    own = stints.select("row_id", *STINT_KEY, *present(stints, BONDS))
    marked = own.left_join(judged.rename(judged_row="row_id"), [("row_id", "judged_row")])
    found = marked.select("row_id", **_bond_columns(own, marked, rules))
    names = present(found, BONDS.values())
    return found.filter(ibis.or_(*(found[name].notnull() for name in names))) if names else found


def _least_bonds(judged: ir.Table) -> dict[str, ir.Value]:
    """Return the lowest bonds over the stint key; a stint that lacks a part of it has its own."""
    whole = _whole_key(judged)
    window = ibis.window(group_by=[judged[name] for name in STINT_KEY])
    return {
        f"least_{bond}": ibis.ifelse(whole, judged[bond].min().over(window), judged[bond])
        for bond in present(judged, BONDS)
    }


def _same_record(judged: ir.Table, stints: ir.Table, rules: StintRules) -> ir.IntegerValue:
    """Return one number for all stints that are the same record: that of the first in the file."""
    if rules.exact == "none":
        return judged.row_id
    columns = said(stints)
    if rules.exact == "pasted":
        group: list[ir.Value] = [pasted(judged, columns)]
    else:
        skip = set(BONDS) if rules.exact == "provenance_bond" else set()
        group = [judged[name] for name in columns if name not in skip]
    return judged.row_id.min().over(ibis.window(group_by=group))


def _is_copy(judged: ir.Table, rules: StintRules) -> ir.BooleanValue:
    """Say whether an equal record comes before this one in order."""
    if rules.exact == "none":
        return ibis.literal(False)
    order = judged.row_id if rules.exact == "pasted" else judged.seq
    return ibis.row_number().over(ibis.window(group_by=judged.same, order_by=[order])) > 0


def _is_earlier(judged: ir.Table, rules: StintRules) -> ir.BooleanValue:
    """Say whether another stint of the same facility, day and stay comes after this one."""
    if rules.same_day == "none":
        return ibis.literal(False)
    # Copies are out of this contest; a group of their own keeps them apart.
    window = ibis.window(
        group_by=[judged.is_copy, *(judged[name] for name in ALIKE), judged.stay_book_in_at],
        order_by=[judged.seq],
    )
    follows = judged.seq.lead().over(window).notnull()
    if rules.same_day == "overlap":
        next_in = judged.book_in_at.lead().over(window)
        apart = (judged.book_out_at <= next_in) & (judged.book_in_at < next_in)
        follows = follows & ~apart.fill_null(False)
    return follows & ~judged.is_copy


def _is_dearer(judged: ir.Table, rules: StintRules) -> ir.BooleanValue:
    """Say whether a record of the same stint has a lower first bond, or the same and is later."""
    bond = "initial_bond_set_amount"
    if rules.same_stint == "none" or bond not in judged.columns:
        return ibis.literal(False)
    # Stints that lack a part of the key are one group. ``seq`` orders stints inside a facility
    # and day; across these, person, book-in and facility come first, as they do in the rules.
    whole = _whole_key(judged)
    down = [ibis.desc(judged[name], nulls_first=False) for name in STINT_KEY]
    window = ibis.window(
        group_by=[ibis.ifelse(whole, judged[name], ibis.null()) for name in STINT_KEY],
        order_by=[ibis.asc(judged[bond], nulls_first=False), *down, ibis.desc(judged.seq)],
    )
    return ibis.row_number().over(window) > 0


def _bond_columns(
    stints: ir.Table, marked: ir.Table, rules: StintRules
) -> dict[str, ir.Value | ir.Deferred]:
    """Return the four columns of lowest bonds."""
    bonds = present(stints, BONDS)
    if rules.bond == "none":
        return {BONDS[bond]: marked[bond].nullif(marked[bond]) for bond in bonds}
    least = {b: ibis.coalesce(marked[f"least_{b}"], marked[b]) for b in bonds}
    if rules.bond == "stint_shared":
        nobody, whole = marked.person_key.isnull(), _whole_key(marked)
        keyless = stints.filter(stints.person_key.notnull() & ~_whole_key(stints))
        for bond in bonds:
            shared = keyless[bond].min().as_scalar()
            own = ibis.ifelse(whole, least[bond], shared)
            least[bond] = ibis.ifelse(nobody, ibis.null(own.type()), own)
    return {BONDS[bond]: least[bond] for bond in bonds}


def stay_key(table: ir.Table, rules: StintRules) -> ir.StringValue:
    """Return the text that names a stay in other tools; missing where a part of it is."""
    person = PRINTED_PERSON if PRINTED_PERSON in table.columns else "person_key"
    return _key(table, rules, person, "stay_book_in_at")


def _key(table: ir.Table, rules: StintRules, *parts: str) -> ir.StringValue:
    """Return parts pasted together with underscores, or nothing where the rules have no texts."""
    if rules.key_time == "none":
        return ibis.null("string")
    person, moment, *more = parts
    text = table[person] + "_" + text_of_time(table[moment], rules.key_time)
    for name in more:
        text = text + "_" + table[name]
    return text


def _whole_key(table: ir.Table) -> ir.BooleanValue:
    """Say whether a stint has every part of its key."""
    return ibis.and_(*(table[name].notnull() for name in STINT_KEY))
