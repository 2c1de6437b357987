"""Is this file a record table, or a workbook of aggregates?

The question costs about 30 ms for a workbook of aggregates, a third of reading it. So it is asked
first only of files larger than any of those, and of small ones when their own reader has refused
them.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from openlifecycle.errors import (
    DamagedInput,
    NotAWorkbook,
    OpenLifecycleError,
    RefusedInput,
    UnknownSeries,
    UnsafeInput,
)
from openlifecycle.intake.offers import Offer, Skipped, Table, Turned
from openlifecycle.intake.record_derive import raise_refusal
from openlifecycle.intake.record_files import Bench, RecordFile, RecordReader, suffix_of
from openlifecycle.intake.workers import ReaderFault
from openlifecycle.reading.records.frame import Recognised
from openlifecycle.settings import MIB, RECORD_LIMITS, WORKBOOK_LIMITS

#: An item after it was looked at.
Look = Offer | RecordFile | Skipped | Turned

#: The largest published workbook of aggregates has 1.6 MB.
_LARGER_THAN_AGGREGATES: Final = 2 * MIB


def is_asked_first(item: Offer | Table) -> bool:
    """Return whether to ask before the reader of workbooks has tried."""
    return isinstance(item, Table) or len(item.data) > _LARGER_THAN_AGGREGATES


def told_apart(item: Offer | Table, reader: RecordReader, bench: Bench) -> Look:
    """Return a record file for a record table, the offer for any other workbook.

    Args:
        item: what came.
        reader: recognises record tables.
        bench: where a workbook that has no place on disk gets one.
    """
    if isinstance(item, Table):
        return _table(item, reader)
    place = item.path
    if place is None:
        place, _, _ = bench.keep(
            io.BytesIO(item.data), item.origin.name, most=RECORD_LIMITS.file_bytes
        )
    try:
        recognised = _recognised(place, reader)
    except (NotAWorkbook, DamagedInput, UnsafeInput, ReaderFault):
        recognised = None  # the reader of workbooks says better what is wrong with one
    except RefusedInput as error:
        return Turned(item.label, error)
    if recognised is not None:
        return RecordFile(item.label, item.origin, place, recognised, is_ours=item.path is None)
    if item.path is None:
        place.unlink()
    return item


def _recognised(path: Path, reader: RecordReader) -> Recognised | None:
    """Return what a file holds; a fault of the reader is a refusal of this file alone."""
    try:
        return reader.recognise(path)
    except OpenLifecycleError:
        raise
    except Exception as fault:
        raise_refusal(fault, "this table")


def _table(item: Table, reader: RecordReader) -> Look:
    try:
        if item.path.stat().st_size > RECORD_LIMITS.file_bytes:
            raise UnsafeInput(f"the file is larger than {RECORD_LIMITS.file_bytes:,} bytes")
        recognised = _recognised(item.path, reader)
    except RefusedInput as error:
        return Turned(item.label, error)
    except OSError as why:
        return Turned(item.label, DamagedInput(f"the file cannot be read: {why.strerror or why}"))
    if recognised is not None:
        return RecordFile(item.label, item.origin, item.path, recognised, is_ours=item.is_ours)
    if suffix_of(item.origin.name) in (".xlsx", ".xlsm"):
        limit = WORKBOOK_LIMITS.file_bytes
        what = f"the file is larger than a workbook may be ({limit:,} bytes)"
        return Turned(item.label, UnsafeInput(what))
    if not item.is_named:
        return Skipped(item.label, "no record table that is known")
    return Turned(
        item.label,
        UnknownSeries(
            "the file is neither an Excel workbook (.xlsx) nor a record table that is known",
            nearest="record tables: arrests, detainers, detentions, encounters, removals of ICE",
        ),
    )
