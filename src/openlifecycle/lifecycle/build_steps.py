"""How a caller may keep the steps of a build, so that later tables do not compute them again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import ibis.expr.types as ir

#: Steps whose names begin so are whole event tables with a few values changed. An engine should
#: name them (a view), not compute them: that would copy the table.
VIEW: Final = "view_"

#: Takes the name of a step and its expression, returns the expression that later steps read.
#: The default changes nothing, and every table is one lazy expression over the events; an engine
#: that keeps the step (a temporary table, a cache) saves doing it again for every later table.
Keep = Callable[[str, ir.Table], ir.Table]


def unkept(name: str, table: ir.Table) -> ir.Table:
    """Return the expression as it is: nothing is computed before somebody asks."""
    return table
