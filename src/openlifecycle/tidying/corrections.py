"""Known publisher errors, applied beside what was printed and never over it.

``apply`` marks the rows that a correction touches. The printed row stays as edition
``published``; the row as corrected is a twin of edition ``corrected`` (none where the printed
value is withheld from the corrected view). A correction that only remarks leaves edition
``both`` and sets ``correction_id``. Source of the rules: docs/decisions/0005 and
workbook_layouts section 9 (E1-E33).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from openlifecycle.model.observation import BOTH, CORRECTED, PUBLISHED
from openlifecycle.tidying.corrections_file import Correction, Place, load

Row = dict[str, Any]
Finding = dict[str, Any]


def apply(
    observations: pl.DataFrame, release_id: str, sha256: str
) -> tuple[pl.DataFrame, list[Finding]]:
    """Return the observations with corrections marked, and findings where one could not be.

    A correction is not applied where its guard fails (the printed value is not the one that was
    judged wrong) or where no row answers to it; both are findings of severity error, because a
    correction that silently stops applying is worse than none.
    """
    return apply_these(load(), observations, release_id, sha256)


def apply_these(
    corrections: Iterable[Correction], observations: pl.DataFrame, release_id: str, sha256: str
) -> tuple[pl.DataFrame, list[Finding]]:
    """Do what ``apply`` does, with these corrections instead of the series' own."""
    matching = [
        (correction, place)
        for correction in corrections
        for place in correction.where
        if sha256.startswith(place.release)
    ]
    if not matching:
        return observations, []
    findings: list[Finding] = []
    rows = observations
    notes: dict[int, list[str]] = {}
    acting: list[tuple[Place, list[int]]] = []
    guarded = _guarded(rows, [place for _, place in matching])
    for (correction, place), hit in zip(matching, _hits(rows, matching), strict=True):
        problem = _problem(guarded, hit, correction, place, release_id)
        if problem is not None:
            findings.append(problem)
            continue
        for row in hit:
            if correction.id not in notes.setdefault(row, []):
                notes[row].append(correction.id)
        if place.action != "note":
            acting.append((place, hit))
    return _editions(rows, notes, acting), findings


def _hits(rows: pl.DataFrame, matching: Sequence[tuple[Correction, Place]]) -> list[list[int]]:
    """Return the rows of each place, all in one query."""
    found = rows.select(
        pl.int_range(pl.len()).filter(_mask(place)).implode().alias(str(i))
        for i, (_, place) in enumerate(matching)
    )
    return [list(hit) for hit in found.row(0)]


def _guarded(rows: pl.DataFrame, places: Sequence[Place]) -> dict[tuple[str, str], Row]:
    """Return the rows that guards look at, by sheet and cell."""
    cells = sorted({cell for place in places for cell in place.guard})
    if not cells:
        return {}
    found = rows.filter(pl.col("cell").is_in(cells)).to_dicts()
    return {(row["sheet"].strip(), row["cell"]): row for row in reversed(found)}


def _mask(place: Place) -> pl.Expr:
    """Return the expression that is true on the rows of the place."""
    mask = pl.col("sheet").str.strip_chars() == place.sheet.strip()
    if place.tables != ("all",):
        mask = mask & pl.col("table").is_in(list(place.tables))
    cells = place.cells_named()
    if cells is not None:
        mask = mask & pl.col("cell").is_in(cells)
    return mask


def _problem(
    guarded: Mapping[tuple[str, str], Row],
    hit: list[int],
    correction: Correction,
    place: Place,
    release_id: str,
) -> Finding | None:
    """Return a finding if the place matches nothing, or prints something else than expected."""
    base = {
        "severity": "error",
        "release_id": release_id,
        "sheet": place.sheet,
        "table": " ".join(place.tables),
    }
    if not hit:
        return base | {
            "check": "correction_matches_nothing",
            "cell": "",
            "what": f"correction {correction.id} names this release, but no row was read at "
            f"{place.sheet}!{','.join(place.cells)}: it was not applied",
            "printed": None,
            "computed": None,
        }
    for cell, expected in place.guard.items():
        found = guarded.get((place.sheet.strip(), cell))
        printed = None if found is None else _printed(found, expected)
        if not _same(printed, expected):
            return base | {
                "check": "correction_guard",
                "cell": cell,
                "what": f"correction {correction.id} expects {expected!r} at {place.sheet}!{cell} "
                f"but {printed!r} stands there: it was not applied",
                "printed": printed,
                "computed": str(expected) if isinstance(expected, dict) else expected,
            }
    return None


def _printed(row: Row, expected: object) -> Any:
    """Return what the row prints, in the form that the guard speaks of."""
    if isinstance(expected, dict):
        return {name: row[name] for name in expected}
    return row["value_text"] if isinstance(expected, str) else row["value"]


def _same(printed: object, expected: object) -> bool:
    """Return whether the guard still holds; numbers to nine digits, as YAML writes them."""
    if isinstance(expected, float) and isinstance(printed, float):
        return math.isclose(printed, expected, rel_tol=1e-9, abs_tol=1e-9)
    return printed == expected


def _editions(
    rows: pl.DataFrame,
    notes: dict[int, list[str]],
    acting: list[tuple[Place, list[int]]],
) -> pl.DataFrame:
    """Return all rows with edition and correction id set, corrected twins at the end."""
    acted = {row for _, hit in acting for row in hit}
    withheld = {row for place, hit in acting if place.action == "withhold" for row in hit}
    printed = _label(rows, notes, acted)
    wanted = sorted(acted - withheld)
    twins: dict[int, Row] = dict(
        zip(wanted, printed[wanted].to_dicts() if wanted else [], strict=True)
    )
    for place, hit in acting:
        if place.action != "withhold":
            for row in hit:
                if row in twins:
                    _ACTIONS[place.action](twins[row], place)
    if not twins:
        return printed
    table = pl.DataFrame(list(twins.values()), schema=printed.schema)
    return printed.vstack(table.with_columns(edition=pl.lit(CORRECTED))).rechunk()


def _label(rows: pl.DataFrame, notes: dict[int, list[str]], acted: set[int]) -> pl.DataFrame:
    """Return the printed rows with their correction ids and edition."""
    if not notes:
        return rows
    ids, editions = rows["correction_id"].to_list(), rows["edition"].to_list()
    for row, own in notes.items():
        ids[row] = " ".join(own)
        editions[row] = PUBLISHED if row in acted else BOTH
    return rows.with_columns(
        pl.Series("correction_id", ids, dtype=pl.String),
        pl.Series("edition", editions, dtype=pl.String),
    )


def _swap_labels(twin: Row, place: Place) -> None:
    """Give the row the other of two labels that the publisher had exchanged."""
    dimension, a, b = (place.arguments[key] for key in ("dimension", "a", "b"))
    twin[dimension] = {a: b, b: a}.get(twin[dimension], twin[dimension])


def _set_value(twin: Row, place: Place) -> None:
    """Replace the number by the one that the publisher's own parts add up to."""
    twin["value"] = float(place.arguments[twin["cell"]])


def _set_period(twin: Row, place: Place) -> None:
    """Move the row to the dates that the sheet itself gives."""
    twin.update(place.arguments)


def _replace_dimension(twin: Row, place: Place) -> None:
    """Move what stands in one dimension to the one where it belongs; the first becomes unknown."""
    origin, target = place.arguments["from"], place.arguments["to"]
    twin[target], twin[origin] = twin[origin], None


def _replace_measure(twin: Row, place: Place) -> None:
    """Give the row the measure that its content is, not the one of the header above it."""
    twin["measure"] = place.arguments.get(twin["measure"], twin["measure"])


#: What each action does to a corrected twin; ``withhold`` makes no twin, ``note`` no edition.
_ACTIONS: dict[str, Callable[[Row, Place], None]] = {
    "swap_labels": _swap_labels,
    "set_value": _set_value,
    "set_period": _set_period,
    "replace_dimension": _replace_dimension,
    "replace_measure": _replace_measure,
}
