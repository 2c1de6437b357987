"""What a facility's code and name say: its state, its circuit, and whether it is a hold room."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from openlifecycle.lifecycle.columns import present
from openlifecycle.model.places import circuits, states
from openlifecycle.model.thresholds import threshold

HOLD: Final = "HOLD"
#: What a stint prints of where it was spent.
SPOT: Final = ("facility_label", "facility_code", "aor")


def facility_spots(stints: ir.Table) -> ir.Table:
    """Return every facility as stints print it, code with name and area, once each, numbered.

    Columns: ``spot`` (the number), ``facility`` (one number for each code, in the order of codes;
    missing where the code is), those of ``SPOT`` that the stints have, ``state``, ``circuit``,
    ``is_hold``. A number stands for all these texts where rows are put in order and summed up.
    The state is the end of a DETLOC code, where that is the code of a state or territory.
    """
    names = present(stints, SPOT)
    found = stints.select(*names).distinct()
    end = found.facility_code.right(2)
    return found.mutate(
        spot=ibis.row_number().over(order_by=[found[name] for name in names]),
        facility=ibis.ifelse(
            found.facility_code.notnull(),
            ibis.dense_rank().over(order_by=found.facility_code),
            ibis.null("int64"),
        ),
        state=ibis.ifelse(end.isin(list(states())), end, ibis.null("string")),
        circuit=ibis.cases(
            *((end.isin(list(members)), number) for number, members in circuits().items()),
            else_=ibis.null("string"),
        ),
        is_hold=is_hold_room(found),
    )


def is_hold_room(stints: ir.Table) -> ir.BooleanValue:
    """Say whether a stint is in a hold room: HOLD in the code, or a word of the name (R32)."""
    by_code = stints.facility_code.upper().contains(HOLD).fill_null(False)
    if "facility_label" not in stints.columns:
        return by_code
    words = ibis.literal(" ") + stints.facility_label.upper() + " "
    return by_code | words.contains(f" {HOLD} ").fill_null(False)


def hold_limit(began: ir.TimestampValue) -> ir.IntegerValue:
    """Return the hold-room limit in hours that was in force when a stint began."""
    changes = threshold("hold_room_hours").changes
    return ibis.cases(
        *((began >= ibis.timestamp(f"{c.start} 00:00:00"), c.value) for c in reversed(changes)),
        else_=ibis.null("int64"),
    )
