"""The tables beside the pictures of a cohort: every number that is drawn, and what is not shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl
from markupsafe import Markup

from openlifecycle.lifecycle.outcomes import REACHED, SUMS, states
from openlifecycle.publishing.cohort_words import cell_words, days_words
from openlifecycle.publishing.faces import Cohort
from openlifecycle.publishing.flow import of_cell

Cell = tuple[str, ...]

#: The columns that compare cohorts: kind and name.
COMPARED: Final[tuple[tuple[str, str], ...]] = (
    ("sum", "held"), ("sum", "released"), ("sum", "left_country"),
    ("state", "returned"), ("state", "not_detained"),
)  # fmt: skip
_WORDS: Final = {s.name: s.text for s in states().values()}
_TEXTS: Final = {
    "state": _WORDS, "sum": dict(SUMS), "reached": dict(REACHED), "left_as": _WORDS,
}  # fmt: skip


@dataclass
class Told:
    """A table as the template takes it.

    Attributes:
        columns: as ``data_table`` wants them.
        rows: the same.
        unshown: names of the rows of which nothing may be shown at any horizon.
    """

    columns: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    unshown: list[str] = field(default_factory=list)


def share_table(cohort: Cohort, cell: Cell, kinds: Sequence[str], head: str) -> Told:
    """Return the shares of one cohort: states or events down, horizons across."""
    rows = of_cell(cohort.cleared, cell)
    days = rows["horizon_days"].unique().sort().to_list()
    columns: list[dict[str, Any]] = [{"key": "state", "label": head}]
    columns += [{"key": str(d), "label": f"after {days_words(d)}", "numeric": True} for d in days]
    told = Told(columns, [_watched(rows, days)])
    for kind in kinds:
        for name, text in _TEXTS[kind].items():
            mine = rows.filter(pl.col("kind") == kind, pl.col("state") == name)
            if mine.is_empty():
                continue
            found = {r["horizon_days"]: r for r in mine.iter_rows(named=True)}
            if all(found[d]["share"] is None and found[d]["n_seen"] is None for d in days):
                told.unshown.append(name.replace("_", " "))
                continue
            row: dict[str, Any] = {"state": _named(name, text)}
            row |= {str(d): _share(found[d]) for d in days}
            if kind == "sum":
                row["_class"] = "total"
            told.rows.append(row)
    return told


def _watched(rows: pl.DataFrame, days: list[int]) -> dict[str, Any]:
    """Return the row that says how many of the cohort were watched for all the days."""
    by_days = {r["horizon_days"]: r for r in rows.unique("horizon_days").iter_rows(named=True)}
    row: dict[str, Any] = {"state": _named("watched all the days", "of the people of the cohort")}
    for d in days:
        followed = by_days[d]["n_followed"]
        row[str(d)] = "not told" if followed is None else f"{followed:,}"
    return row


def _named(name: str, text: str) -> Markup:
    return Markup("<strong>{}</strong> <span class='detail'>{}</span>").format(
        name.replace("_", " "), text
    )


def _share(row: dict[str, Any]) -> Markup | str:
    if row["share"] is None:
        return Markup('<span class="unshown">{}</span>').format(_short(row["note"]))
    return Markup('{} <span class="band">{} to {}</span>').format(
        _percent(row["share"]), _percent(row["low"], ""), _percent(row["high"])
    )


def _short(note: str) -> str:
    """Return why a number is missing, in the words that the pages explain."""
    return "not known yet" if "watched" in note else "not shown"


def _percent(share: float, sign: str = " %") -> str:
    return f"{100 * share:.1f}{sign}"


def compared(cohort: Cohort, cells: Sequence[Cell], after: int, address: Any) -> Told:
    """Return a row for each cohort: where its people are after so many days.

    Args:
        cohort: the answer.
        cells: the cohorts.
        after: days.
        address: gives the page of a cohort.
    """
    columns: list[dict[str, Any]] = [
        {"key": "cohort", "label": "Cohort"},
        {"key": "people", "label": "People", "numeric": True},
        {"key": "followed", "label": "Watched so long", "numeric": True},
    ]
    columns += [{"key": name, "label": _TEXTS[kind][name], "numeric": True}
                for kind, name in COMPARED]  # fmt: skip
    names = ["period", *cohort.question.by]
    at = cohort.rows.filter(pl.col("horizon_days") == after)
    found: dict[Cell, dict[tuple[str, str], dict[str, Any]]] = {}
    for row in at.iter_rows(named=True):
        cell = tuple(row[name] for name in names)
        found.setdefault(cell, {})[row["kind"], row["state"]] = row
    told = Told([c for c in columns if c["key"] != "not_detained" or _arrests(cohort)], [])
    for cell in cells:
        mine = found[cell]
        first = next(iter(mine.values()))
        row = {
            "cohort": Markup('<a href="{}">{}</a>').format(address(cell), cell_words(cell)),
            "people": f"{first['n_people']:,}",
            "followed": "not told" if first["n_followed"] is None else f"{first['n_followed']:,}",
        }
        row |= {name: _share(mine[kind, name]) for kind, name in COMPARED if (kind, name) in mine}
        told.rows.append(row)
    return told


def _arrests(cohort: Cohort) -> bool:
    return cohort.question.entry == "arrest"


def stats(cohort: Cohort, cell: Cell, after: int) -> list[dict[str, str]]:
    """Return the few figures at the head of the page, of one horizon."""
    rows = of_cell(cohort.cleared, cell).filter(pl.col("horizon_days") == after)
    found = {(r["kind"], r["state"]): r for r in rows.iter_rows(named=True)}
    told = []
    for key in COMPARED:
        if key not in found or (key[1] == "not_detained" and not _arrests(cohort)):
            continue
        row = found[key]
        shown = row["share"] is not None
        told.append(
            {
                "label": _TEXTS[key[0]][key[1]],
                "value": _percent(row["share"]) if shown else _short(row["note"]),
                "detail": f"95 %: {_percent(row['low'], '')} to {_percent(row['high'])}"
                if shown
                else row["note"],
            }
        )
    return told
