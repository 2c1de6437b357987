"""Detainers, removals and encounters: which records are copies of which (R35, R40)."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.columns import field, said
from openlifecycle.lifecycle.event_rules import OtherRules


def mark_others(records: ir.Table, fields: Sequence[str], rules: OtherRules) -> ir.Table:
    """Return every record with ``is_duplicate`` and ``is_left_out``.

    A record is a copy of those that agree with it in the fields named, or in every field where
    none is named. One that lacks a field named is nobody's copy: that is not known.
    """
    names = [name.rpartition(":")[2] for name in fields] or said(records)
    if any(name not in records.columns for name in names):
        return records.mutate(is_duplicate=ibis.null("boolean"), is_left_out=ibis.literal(False))
    known = ibis.and_(*(records[name].notnull() for name in names)) if fields else True
    group = [field(records, name) for name in (fields or names)]
    alike = records.count().over(ibis.window(group_by=group)) > 1
    number = ibis.row_number().over(ibis.window(group_by=group, order_by=records.row_id))
    undecided = records.person_key.isnull()
    copied = alike & known
    left_out = copied & (number > 0) if rules.keep == "first" else ibis.literal(False)
    return records.mutate(
        is_duplicate=ibis.ifelse(undecided, ibis.null("boolean"), copied),
        is_left_out=left_out & ~undecided,
    )
