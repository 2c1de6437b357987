"""Headcounts by day: who was held at midnight, and who was held at any time of the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import ibis.expr.types as ir

from openlifecycle.lifecycle.headcount_rules import HeadcountRules


def headcount(
    stints: ir.Table,
    *,
    rules: HeadcountRules,
    through: datetime,
    start: date | None = None,
    end: date | None = None,
    by: Sequence[str] = (),
    counts: Sequence[str] = ("midnight", "any_time"),
    zeros: bool = False,
) -> ir.Table:
    """Return ``date``, the columns of ``by``, and ``n_midnight`` and ``n_any_time`` as asked."""
    raise NotImplementedError
