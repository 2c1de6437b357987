"""Impossible dates, as a rule set takes them: as printed, or as missing.

Reading flags them (year 0212, before 1900, after the release); the event tables keep what was
printed.
"""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.model.events import EVENTS

TIMES: Final = ("moment", "day")


def possible(event: str, table: ir.Table) -> ir.Table:
    """Return an event table with every flagged date missing; ``date_flags`` still says why."""
    if "date_flags" not in table.columns:
        return table
    # each flag is field:reason, and one field's name may end another's
    flags = ibis.literal(",") + table.date_flags
    times = [f for f in EVENTS[event].fields if f.kind in TIMES and f.name in table.columns]
    return table.mutate(
        **{
            field.name: ibis.ifelse(
                flags.contains(f",{field.name}:"),
                ibis.null(table[field.name].type()),
                table[field.name],
            )
            for field in times
        }
    )
