"""Every printed total against its parts (workbook_layouts section 8)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from openlifecycle.oversight.arithmetic.parts import Parts, months_against_year, parts_against_total
from openlifecycle.oversight.finding import ERROR, NOTE, Issue
from openlifecycle.oversight.history import History
from openlifecycle.oversight.registry import add
from openlifecycle.oversight.release import Release

_FINAL = ("final_releases", "final_book_outs")
_BOND_SETTERS = ("Bond Set by ICE", "Bond Set by IJ")
_SPECIAL = ("tps_arrests", "tps_book_ins", "tps_removals")
#: One release of FY2021 prints averages to one decimal; the others print five or more.
_ADP_SLACK = 0.06

#: id -> (what must add up, in words; the comparison)
_TOTALS: Final[dict[str, tuple[str, Parts]]] = {
    "disposition_rows": (
        "People held by processing disposition add up to the total row.",
        Parts("detained_by_disposition", "disposition", ("detained",)),
    ),
    "disposition_types": (
        "People held by facility type add up to the total column.",
        Parts("detained_by_disposition", "facility_type", ("detained",)),
    ),
    "fear_detained_types": (
        "People held with a fear decision add up over facility types.",
        Parts("fear_detained", "facility_type", ("detained_with_fear_decision",)),
    ),
    "criminality_rows": (
        "People held by criminality add up to the total row.",
        Parts("detained_by_criminality", "criminality", ("detained",)),
    ),
    "criminality_agencies": (
        "People arrested by ICE and by CBP add up to the total column.",
        Parts("detained_by_criminality", "arresting_agency", ("detained",)),
    ),
    "book_ins_agencies": (
        "Book-ins by ICE and CBP add up to all book-ins of the month.",
        Parts("book_ins_by_agency_month", "arresting_agency", ("book_ins",)),
    ),
    "book_ins_types": (
        "Book-ins by facility type add up to the total row.",
        Parts("book_ins_by_facility_type", "facility_type", ("book_ins",)),
    ),
    "book_ins_criminality": (
        "Book-ins by criminality add up to the total column.",
        Parts("book_ins_by_facility_type", "criminality", ("book_ins",)),
    ),
    "releases_types": (
        "Final releases or book-outs by facility type add up to the total row.",
        Parts("releases_by_facility_type", "facility_type", _FINAL),
    ),
    "release_reasons_year": (
        "Release reasons add up to the total; bonds set by ICE or a judge are parts of Bonded Out.",
        Parts("releases_by_reason", "release_reason", _FINAL, _BOND_SETTERS),
    ),
    "release_reasons_year_criminality": (
        "Releases by criminality add up to the total of the reason (annual table).",
        Parts("releases_by_reason", "criminality", _FINAL),
    ),
    "release_reasons": (
        "Release reasons add up to the total of the month; bonds set by ICE or a judge are parts "
        "of Bonded Out.",
        Parts("releases_by_reason_month", "release_reason", _FINAL, _BOND_SETTERS),
    ),
    "release_reasons_criminality": (
        "Releases by criminality add up to the total of the reason.",
        Parts("releases_by_reason_month", "criminality", _FINAL),
    ),
    "adp_criminality": (
        "Average daily population by criminality adds up to the arresting agency's.",
        Parts("adp_by_agency_month", "criminality", ("adp",), slack=_ADP_SLACK),
    ),
    "adp_agencies": (
        "Average daily population of ICE and CBP arrests adds up to the average of all.",
        Parts("adp_by_agency_month", "arresting_agency", ("adp",), slack=_ADP_SLACK),
    ),
    "adp_types": (
        "Average daily population by facility type adds up to the total. It need not where family "
        "centres were open for part of a month: each type is averaged over its own open days.",
        Parts("adp_by_facility_type_month", "facility_type", ("adp",), slack=_ADP_SLACK),
    ),
    "stateless_facilities": (
        "Stateless people held by facility add up to the total.",
        Parts("stateless", "facility_label", ("detained_stateless",)),
    ),
    "atd_status_rows": (
        "ATD participants by family-unit status add up to the total.",
        Parts("atd_status", "atd_status", ("atd_participants",)),
    ),
    "atd_technology_rows": (
        "ATD participants by technology add up to the total.",
        Parts("atd_technology", "technology", ("atd_participants",)),
    ),
    "atd_technology_cost": (
        "ATD daily cost by technology adds up to the total.",
        Parts("atd_technology", "technology", ("atd_daily_cost",), slack=0.05),
    ),
    "atd_offices": (
        "ATD participants by area of responsibility add up to the total.",
        Parts("atd_by_aor_technology", "aor", ("atd_participants",)),
    ),
    "atd_office_technologies": (
        "ATD participants by technology add up to their area of responsibility.",
        Parts("atd_by_aor_technology", "technology", ("atd_participants",)),
    ),
    "court_appearance": (
        "Court hearings attended and not attended add up to all hearings.",
        Parts("atd_court_appearance", "appearance", ("court_hearings",)),
    ),
    "time_in_custody_bands": (
        "People held by time in custody add up to their population's total.",
        Parts("iclos_detainees", "duration_band", ("detained_by_time_in_custody",)),
    ),
    "time_in_custody_groups": (
        "Populations by time in custody add up to the grand total.",
        Parts("iclos_detainees", "population_group", ("detained_by_time_in_custody",)),
    ),
    "segregation_facilities": (
        "Segregation placements by facility add up to the grand total of the month.",
        Parts("segregation_by_facility", "facility_label", ("segregation_placements",)),
    ),
    "vulnerable_reasons": (
        "Segregation placements by reason add up to the grand total of the quarter.",
        Parts("vulnerable_placements", "placement_reason", ("segregation_placements_vulnerable",)),
    ),
    "transgender_offices": (
        "Transgender people held by area of responsibility add up to the total.",
        Parts("transgender", "aor", ("transgender_detained", "transgender_book_ins")),
    ),
}

_YEARS: Final[dict[str, tuple[str, str, tuple[str, ...]]]] = {
    "book_ins_months": (
        "Book-ins of the months add up to the year to date.",
        "book_ins_by_agency_month",
        ("book_ins",),
    ),
    "release_reasons_months": (
        "Releases of the months add up to the year to date.",
        "releases_by_reason_month",
        _FINAL,
    ),
    "parole_requested_months": (
        "Parole requests of the months add up to the year.",
        "parole_requested",
        ("parole_requests",),
    ),
    "parole_status_months": (
        "Parole decisions of the months add up to the year.",
        "parole_status",
        ("parole_decisions",),
    ),
}


def _run_parts(parts: Parts, release: Release, history: History) -> Iterator[Issue]:
    return parts_against_total(release, parts)


def _run_year(
    table: str, measures: tuple[str, ...], release: Release, history: History
) -> Iterator[Issue]:
    return months_against_year(release, table, measures)


for _id, (_text, _parts) in _TOTALS.items():
    _severity = NOTE if _id == "adp_types" else ERROR
    add(_id, "arithmetic", _text, "workbook_layouts 8", _severity, partial(_run_parts, _parts))
for _id, (_text, _table, _measures) in _YEARS.items():
    add(
        _id, "arithmetic", _text, "workbook_layouts 8", ERROR, partial(_run_year, _table, _measures)
    )
