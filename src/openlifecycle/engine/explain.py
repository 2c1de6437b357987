"""From a cell back to what was read from it, and by which rule."""

from __future__ import annotations

import re
from typing import Any, Final

import polars as pl

from openlifecycle.engine.answer import release_dict
from openlifecycle.engine.observations import release_rows
from openlifecycle.engine.source import ObservationSource, release_facts
from openlifecycle.errors import UsageError
from openlifecycle.measures.registry import measures, nearest
from openlifecycle.model.dimensions import DIMENSIONS

_PLACE: Final = re.compile(
    r"(?:'(?P<quoted>.+)'|(?P<plain>[^!]+))!\$?(?P<col>[A-Za-z]+)\$?(?P<row>\d+)"
)


def parse_place(place: str) -> tuple[str, str]:
    """Return sheet and cell of ``'Sheet name'!A1``, as spreadsheets write it."""
    match = _PLACE.fullmatch(place)
    if match is None:
        raise UsageError(
            f"{place!r} is not a cell of the form 'Sheet name'!A1",
            nearest="\"'Detention FY24'!B20\"",
        )
    return match["quoted"] or match["plain"], match["col"].upper() + match["row"]


def explain_cell(source: ObservationSource, release_id: str, place: str) -> list[dict[str, Any]]:
    """Return every observation read from a cell, with its release, layout, rule and correction.

    Raises:
        UsageError: the sheet is unknown, or the cell carries no value that was captured.
    """
    sheet, cell = parse_place(place)
    rows = release_rows(source, release_id, edition=None)
    sheets = {" ".join(s.split()).casefold(): s for s in rows["sheet"].unique()}
    printed = sheets.get(" ".join(sheet.split()).casefold())
    if printed is None:
        raise UsageError(
            f"no sheet {sheet!r} carries values in {release_id}",
            nearest=nearest(sheet, sheets.values()) or ", ".join(sorted(sheets.values())),
        )
    found = rows.filter(pl.col("sheet") == printed, pl.col("cell") == cell)
    if found.is_empty():
        raise UsageError(
            f"no value was captured from '{printed}'!{cell} of {release_id}",
            next_step="olc receipt says whether the cell is structural, ignored or refused",
        )
    facts = {f.release_id: f for f in release_facts(source.releases())}
    return [_told(row, facts[release_id]) for row in found.iter_rows(named=True)]


def _told(row: dict[str, Any], release: Any) -> dict[str, Any]:
    asked_by = [
        m.name
        for m in measures().values()
        if any(s.table == row["table"] and row["measure"] in s.measures for s in m.sources)
    ]
    return {
        "release": release_dict(release),
        "sheet": row["sheet"],
        "cells": [row["cell"]],
        "hidden": row["hidden"],
        "table": row["table"],
        "measure": row["measure"],
        "answers": asked_by if row["status"] == "observed" and not row["hidden"] else [],
        "dimensions": {d: row[d] for d in DIMENSIONS if row[d] is not None},
        "period_kind": row["period_kind"],
        "period": [str(row["period_start"]), str(row["period_end"])],
        "as_of": str(row["as_of"]) if row["as_of"] else None,
        "status": row["status"],
        "value": row["value"] if row["value"] is not None else row["value_text"],
        "unit": row["unit"],
        "edition": row["edition"],
        "correction": row["correction_id"],
        "flags": row["flags"],
        "layout": row["layout"],
        "rule_version": row["rule_version"],
    }
