"""Hand-made observations: a few rows with only what a check looks at."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from openlifecycle.model.observation import SCHEMA
from openlifecycle.oversight.release import Release

AS_OF = dt.date(2024, 1, 20)
_DEFAULTS: dict[str, Any] = {
    "release_id": "us_ice.detention_statistics@000000000000",
    "series": "us_ice.detention_statistics",
    "unit": "persons",
    "period_kind": "instant",
    "period_start": AS_OF,
    "period_end": AS_OF,
    "fiscal_year": 2024,
    "as_of": AS_OF,
    "status": "observed",
    "edition": "both",
    "sheet": "Sheet",
    "hidden": False,
}
YEAR = {
    "period_kind": "fiscal_year_to_date",
    "period_start": dt.date(2023, 10, 1),
    "period_end": AS_OF,
}


def month(number: int, year: int = 2023) -> dict[str, Any]:
    """Return the period columns of a whole month."""
    start = dt.date(year, number, 1)
    after = dt.date(year + number // 12, number % 12 + 1, 1)
    return {
        "period_kind": "interval",
        "period_start": start,
        "period_end": after - dt.timedelta(days=1),
        "fiscal_year": year + (number >= 10),
    }


def row(table: str, measure: str, value: float | None, cell: str, **columns: Any) -> dict[str, Any]:
    """Return one observation; columns not given have the defaults above or are null."""
    return {
        **_DEFAULTS,
        "table": table,
        "measure": measure,
        "value": value,
        "cell": cell,
        **columns,
    }


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return observations in the schema of the model."""
    full = [{name: r.get(name) for name in SCHEMA} for r in rows]
    return pl.DataFrame(full, schema=SCHEMA)


def release(*rows: dict[str, Any], name: str = "now", **columns: Any) -> Release:
    """Return a release of these rows."""
    made: dict[str, Any] = {
        "release_id": name,
        "observations": frame(*rows),
        "fiscal_year": 2024,
        "as_of": AS_OF,
        "published_on": AS_OF + dt.timedelta(days=5),
    }
    return Release(**{**made, **columns})


def facility(number: int, **columns: Any) -> list[dict[str, Any]]:
    """Return one facility: 20.5 people by level, sex and threat, 10 mandatory, 30 days."""
    place = {
        "facility_label": columns.pop("label", f"JAIL {number}"),
        "facility_city": columns.pop("city", f"TOWN {number}"),
        "facility_state": "TX",
        "facility_zip": columns.pop("zip", f"{10000 + number}"),
        "facility_type_detailed": columns.pop("type", "IGSA"),
        "facility_gender": columns.pop("gender", "Male"),
    }
    people = columns.pop("people", 20.5)
    values: dict[str, tuple[str, float | None, dict[str, str]]] = {
        "I": ("facility_alos", columns.pop("alos", 30.0), {}),
        "J": ("facility_adp", columns.pop("levels", people), {"classification_level": "A"}),
        "N": ("facility_adp", people, {"sex": "Male", "criminality": "Criminal"}),
        "R": ("facility_adp", columns.pop("threats", people), {"threat_level": "None"}),
        "V": ("facility_adp_mandatory", columns.pop("mandatory", 10.0), {}),
    }
    return [
        row(
            "facilities",
            measure,
            value,
            f"{letter}{number}",
            **{**YEAR, **place, **split, **columns},
        )
        for letter, (measure, value, split) in values.items()
        if value is not None
    ]
