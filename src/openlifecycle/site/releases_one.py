"""One release: what became of every cell, what checks find, and what came before and after."""

from __future__ import annotations

from typing import Any, Final

from markupsafe import Markup

from openlifecycle.serving.limits import RELEASES
from openlifecycle.site.releases_words import anchor, names, published
from openlifecycle.site.views import Html, View, Visit

#: What becomes of a cell, in the order of the sum.
_STATES: Final = ("captured", "structural", "ignored", "refused")
_SEVERITIES: Final = ("error", "warning", "note")


def page(visit: Visit) -> Html:
    """Return the page of a release of either kind."""
    receipt = visit.session.receipt(visit.path["id"])
    every = visit.session.catalogue()
    row = next(one for one in every if one["release_id"] == receipt.release_id)
    if row.get("kind") == "records":
        return _records(row, receipt.as_dict(), every)
    return _published(visit, row, receipt.as_dict(), published(every))


def _published(
    visit: Visit, row: dict[str, Any], told: dict[str, Any], rows: list[dict[str, Any]]
) -> Html:
    found = visit.session.findings(row["release_id"]).rows.to_dicts()
    place = [one["release_id"] for one in rows].index(row["release_id"])
    sheets = told["sheets"]
    return Html(
        "releases_one.html",
        {
            "row": row,
            "name": names(row),
            "before": rows[place - 1] if place else None,
            "after": rows[place + 1] if place + 1 < len(rows) else None,
            "followed_by": [one for one in rows if one["follows"] == row["release_id"]],
            "cells": _account(sheets, "cells"),
            "numeric": _account(sheets, "numeric"),
            "reasons": _reasons(sheets),
            "refused": [t | {"sheet": s["sheet"]} for s in sheets for t in _refused(s)],
            "tables": [_table(s, t) for s in sheets for t in s["tables"]],
            "findings": [_finding(one) for one in found],
            "counts": {s: sum(one["severity"] == s for one in found) for s in _SEVERITIES},
            "dates": [_date(one) for one in row["dates"]],
            "corrections": _corrections(row["sha256"]),
        },
    )


def counts_of(account: dict[str, Any]) -> dict[str, int]:
    """Return how many cells there are in each state, and in all."""
    ignored = sum(account["ignored"].values())
    return {"all": account["all"]} | {
        state: ignored if state == "ignored" else account[state] for state in _STATES
    }


def _account(sheets: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Return a row for each sheet and one for all of them."""
    counted = [(sheet, counts_of(sheet[kind])) for sheet in sheets]
    total = {name: sum(counts[name] for _, counts in counted) for name in ("all", *_STATES)}
    rows = [
        {"sheet": _sheet(sheet), **_shown(counts), "_class": "hidden" if sheet["hidden"] else ""}
        for sheet, counts in counted
    ]
    return [*rows, {"sheet": "All sheets", **_shown(total), "_class": "total"}]


def _shown(counts: dict[str, int]) -> dict[str, str]:
    return {name: f"{count:,}" for name, count in counts.items()}


def _sheet(sheet: dict[str, Any]) -> Markup | str:
    if not sheet["hidden"]:
        return str(sheet["sheet"])
    return Markup('{} <span class="badge badge-hidden">hidden sheet</span>').format(sheet["sheet"])


def _reasons(sheets: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return why cells were ignored, by sheet."""
    return [
        {"sheet": sheet["sheet"], "why": why, "cells": f"{count:,}"}
        for sheet in sheets
        for why, count in sheet["cells"]["ignored"].items()
    ]


def _refused(sheet: dict[str, Any]) -> list[dict[str, Any]]:
    return [table for table in sheet["tables"] if table["status"] != "captured"]


def _table(sheet: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    return {
        "sheet": sheet["sheet"],
        "table": table["table"],
        "title": table["title"],
        "layout": table["layout"] or "none",
        "captured": f"{table['captured']:,}" if table["status"] == "captured" else "refused",
        "_class": "" if table["status"] == "captured" else "hidden",
    }


def _finding(one: dict[str, Any]) -> dict[str, Any]:
    from openlifecycle.site.render import link

    place = f"'{one['sheet']}'!{one['cell']}" if one["sheet"] else "workbook"
    check = Markup('<a href="{}#{}">{}</a>').format(
        link("methods_checks"), one["check"], one["check"]
    )
    return {
        "severity": Markup('<span class="badge badge-{0}">{0}</span>').format(one["severity"]),
        "what": one["what"],
        "place": place,
        "printed": one["printed"] or "",
        "computed": one["computed"] or "",
        "check": check,
    }


def _date(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "date": Markup("<time>{}</time>").format(one["date"]) if one["date"] else "none",
        "text": one["text"],
        "kind": one["kind"].replace("_", " "),
        "place": f"'{one['sheet']}'!{one['cell']}" if one["sheet"] else "file",
        "used_for": ", ".join(name.strip() for name in one["used_for"]) or "not used",
        "why": one["why"],
    }


def _corrections(sha256: str) -> list[dict[str, Any]]:
    """Return the known publisher's errors of a release."""
    from openlifecycle.tidying.corrections_file import load

    return [
        {"id": one.id, "title": one.title, "what": one.what}
        for one in load()
        if any(sha256.startswith(place.release) for place in one.where)
    ]


def _records(row: dict[str, Any], told: dict[str, Any], every: list[dict[str, Any]]) -> Html:
    """Return the page of a release of records: columns and rounded counts, never a row."""
    sheets = [
        {
            "name": " ".join(part for part in (member["member"], sheet["sheet"]) if part),
            "landed": f"{sheet['landed_rows']:,}",
            "blank": f"{sheet['blank_rows']:,}",
            "rows": f"{sheet['rows']:,}",
            "absent": sheet.get("absent", []),
            "columns": [_column(column) for column in sheet["columns"]],
        }
        for member in told["members"]
        for sheet in member["sheets"]
    ]
    beside = [
        one
        for one in every
        if one.get("kind") == "records" and one["collection_id"] == row["collection_id"]
    ]
    return Html(
        "releases_records.html",
        {
            "row": row,
            "name": names(row),
            "synthetic": any("SYNTHETIC" in name for name in row["names"]),
            "sheets": sheets,
            "totals": told["totals"],
            "findings": [
                {"what": one["what"], "where": one["where"], "rule": one["rule"]}
                for one in told["findings"]
            ],
            "disclosure": told["disclosure"],
            "beside": [
                {"series": one["series"], "name": anchor(one["release_id"], names(one))}
                for one in beside
            ],
            "followed_by": [one for one in every if one.get("follows") == row["release_id"]],
        },
    )


def _column(column: dict[str, Any]) -> dict[str, Any]:
    def told(name: str) -> str:
        return f"{column[name]:,}" if name in column else ""

    return {
        "column": column["column"],
        "heading": column["heading"],
        "became": column.get("field") or column["became"],
        "nulls": told("nulls"),
        "redacted": told("redacted"),
        "unparsable": told("unparsable"),
        "why": column.get("why", ""),
        "_class": "" if column["became"] == "field" else "hidden",
    }


VIEWS: Final = (View("releases_one", "/releases/{id}", "Release", page, pool=RELEASES),)
