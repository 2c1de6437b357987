"""Texts that other tools make of times and rows, reproduced where their keys rest on them."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir


def text_of_time(moment: ir.TimestampValue, style: str) -> ir.StringValue:
    """Return a time as ISO 8601 text (``iso``), or as R does (``r``).

    R, from 4.3 on, leaves the time out at exactly midnight.
    """
    if style == "iso":
        return moment.strftime("%Y-%m-%dT%H:%M:%S")
    midnight = moment == moment.truncate("D")
    day = moment.strftime("%Y-%m-%d")
    return ibis.ifelse(midnight, day, moment.strftime("%Y-%m-%d %H:%M:%S"))


def pasted(table: ir.Table, names: list[str]) -> ir.StringValue:
    """Return columns as one text without a separator, missing as ``NA``, as R pastes them."""
    text: ir.StringValue = ibis.literal("")
    for name in names:
        text = text + _printed(table[name]).fill_null("NA")
    return text


def _printed(column: ir.Value) -> ir.StringValue:
    """Return a value as R prints it."""
    kind = column.type()
    if kind.is_timestamp():
        return text_of_time(column, "r")
    if kind.is_floating():
        whole = column == column.floor()
        return ibis.ifelse(whole, column.cast("int64").cast("string"), column.cast("string"))
    return column.cast("string")
