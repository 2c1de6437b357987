"""What one release restated of another: counts by table, then the cells, a page at a time."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from openlifecycle.engine.changes import KINDS, RESTATED, SAME
from openlifecycle.errors import UnknownRelease, UsageError
from openlifecycle.measures.registry import nearest
from openlifecycle.model.dimensions import DIMENSIONS
from openlifecycle.publishing.faces import Changes
from openlifecycle.publishing.numbers import period_word, shown
from openlifecycle.serving.limits import RELEASES
from openlifecycle.site.releases_words import catalogue, names
from openlifecycle.site.views import Html, View, Visit

#: So many cells stand on a page.
PAGE: Final = 50


def page(visit: Visit) -> Html:
    """Return what was restated between two releases; the last two of a year where none is named."""
    rows = catalogue(visit)
    if len(rows) < 2:  # noqa: PLR2004 - a pair
        return Html("releases_changes.html", {"found": None, "rows": rows})
    before, after = _pair(visit, rows)
    kind = visit.one("kind", RESTATED)
    if kind not in KINDS or kind == SAME:
        kinds = [one for one in KINDS if one != SAME]
        raise UsageError(
            f"there is no kind of change {kind!r}", nearest=nearest(kind, kinds) or ", ".join(kinds)
        )
    found = visit.session.changes(before, after)
    listed = found.of_kind(kind)
    table = visit.one("table")
    if table:
        _known_table(found, table)
        listed = listed.filter(pl.col("table") == table)
    offset = _offset(visit.one("offset", "0"), listed.height)
    known = {row["release_id"]: row for row in rows}
    return Html(
        "releases_changes.html",
        {
            "found": found,
            "rows": rows,
            "before": known[found.before],
            "after": known[found.after],
            "before_name": names(known[found.before]),
            "after_name": names(known[found.after]),
            "kind": kind,
            "kinds": {one: text for one, text in KINDS.items() if one != SAME},
            "counts": [
                {"kind": one, "text": text, "count": f"{found.of_kind(one).height:,}"}
                for one, text in KINDS.items()
            ],
            "tables": [_table(found, one) for one in found.by_table().to_dicts()],
            "table": table,
            "cells": [_cell(one) for one in listed.slice(offset, PAGE).to_dicts()],
            "total": listed.height,
            "offset": offset,
            "page": PAGE,
        },
    )


def _pair(visit: Visit, rows: list[dict[str, Any]]) -> tuple[str, str]:
    """Return the two releases: what is left open is the one before or after the other.

    Where neither is named, they are the last two of one fiscal year: releases of two years print
    few numbers for the same period.
    """
    ids = [row["release_id"] for row in rows]

    def of(name: str) -> int | None:
        said = visit.one(name)
        if not said:
            return None
        found = visit.session.source.release(said).release_id
        if found not in ids:
            raise UnknownRelease(f"{name}: the store holds no published release {said}")
        return ids.index(found)

    before, after = of("before"), of("after")
    if before is None and after is None:
        years = [row["fiscal_year"] for row in rows]
        same = [place for place in range(1, len(ids)) if years[place] == years[place - 1]]
        last = same[-1] if same else len(ids) - 1
        return ids[last - 1], ids[last]
    if before is None and after is not None:
        return ids[max(after - 1, 0)], ids[after]
    if after is None and before is not None:
        return ids[before], ids[min(before + 1, len(ids) - 1)]
    return ids[before or 0], ids[after or 0]


def _known_table(found: Changes, table: str) -> None:
    known = found.by_table()["table"].to_list()
    if table not in known:
        raise UsageError(f"neither release prints a table {table!r}", nearest=nearest(table, known))


def _offset(said: str, rows: int) -> int:
    if not (said.isascii() and said.isdecimal()) or int(said[:9]) >= max(rows, 1):
        raise UsageError(f"offset {said!r} is no row of the {rows:,} there are", nearest="0")
    return int(said)


def _table(found: Changes, one: dict[str, Any]) -> dict[str, Any]:
    from markupsafe import Markup

    from openlifecycle.site.render import link

    name = one["table"]
    if one[RESTATED]:
        address = link("releases_changes", before=found.before, after=found.after, table=name)
        name = Markup('<a href="{}#cells">{}</a>').format(address, name)
    return {
        "table": name,
        "restated": f"{one[RESTATED]:,}",
        "of": f"{one[RESTATED] + one[SAME]:,}",
        "median": _share(one["median_share"], sign=""),
        "largest": _share(one["largest_share"], sign=""),
        **{kind: f"{one[kind]:,}" for kind in KINDS if kind not in (RESTATED, SAME)},
    }


def _cell(row: dict[str, Any]) -> dict[str, Any]:
    dims = [str(row[d]) for d in DIMENSIONS if row.get(d) and row[d] != "Total"]
    unit = row["unit"]
    return {
        "what": " / ".join([row["measure"], *dims]),
        "table": row["table"],
        "period": period_word(row["period_kind"], row["period_start"], row["period_end"], None),
        "before": shown(row["before"], unit) or "none",
        "after": shown(row["after"], unit) or "none",
        "difference": _signed(row["difference"], unit),
        "share": _share(row["share"]),
        "before_cell": _place(row["before_sheet"], row["before_cell"]),
        "after_cell": _place(row["after_sheet"], row["after_cell"]),
    }


def _signed(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    return ("+" if value > 0 else "") + shown(value, unit)


def _share(value: float | None, sign: str = "+") -> str:
    return "" if value is None else f"{100 * value:{sign}.1f} %"


def _place(sheet: str | None, cell: str | None) -> str:
    return f"'{sheet}'!{cell}" if cell else ""


VIEWS: Final = (
    View(
        "releases_changes",
        "/releases/changes",
        "Restatements",
        page,
        ("before", "after", "kind", "table", "offset"),
        RELEASES,
    ),
)
