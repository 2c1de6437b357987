"""Texts that other tools make of times and rows, reproduced where their keys rest on them."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir


def text_of_time(moment: ir.TimestampValue, style: str) -> ir.StringValue:
    """Return a time as ``2025-01-02 08:00:00`` (``iso``), or as R does (``r``).

    R, from 4.3 on, leaves the time out at exactly midnight.
    """
    text = moment.cast("string")  # every engine writes it so, and far faster than by a format
    if style == "iso":
        return text
    return ibis.ifelse(moment == moment.truncate("D"), text.left(10), text)


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
