"""Reads a number that the publisher wrote inside a sentence."""

from __future__ import annotations

from openlifecycle.reading.anchors import Anchor
from openlifecycle.reading.cells import ColumnRead, RowRead, TableRead


def read_sentence(anchor: Anchor) -> TableRead:
    """Return the one number of a sentence that the table's title pattern matched.

    The pattern's group ``value`` is the number; its other groups say of which period.
    """
    out = TableRead(anchor.spec, title=anchor.text, row=anchor.row, column=anchor.column)
    out.groups = dict(anchor.groups)
    out.layout = f"{anchor.spec.name}@sentence"
    out.rows.append(RowRead(anchor.row, {}))
    out.columns.append(ColumnRead(anchor.column, {}))
    return out
