"""The dimensions that split published numbers, each told once.

A dimension is null where a table is not split by it; the value ``Total`` is the printed total
over that dimension. Values are the field's own words in one spelling (GLOSSARY.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TOTAL: Final = "Total"


@dataclass(frozen=True)
class Dimension:
    """One dimension: its name, what it says, and whether its vocabulary is open by nature."""

    name: str
    text: str
    open: bool = False
    values: tuple[str, ...] = ()


_CRIMINALITY = ("Convicted Criminal", "Pending Criminal Charges", "Other Immigration Violator")

_ALL = (
    Dimension("arresting_agency", "agency that arrested the person", values=("ICE", "CBP")),
    Dimension(
        "criminality",
        "criminality; FY2019 ADP prints Non-Criminal, facilities print Criminal / Non-Criminal",
        values=(*_CRIMINALITY, "Criminal", "Non-Criminal"),
    ),
    Dimension("facility_type", "Adult, or Family (printed FRC or FSC)", values=("Adult", "Family")),
    Dimension(
        "disposition",
        "processing disposition of people held",
        values=(
            "Expedited Removal (I-860)",
            "Notice to Appear (I-862)",
            "Reinstatement of Deport Order (I-871)",
            "Other",
        ),
    ),
    Dimension("release_reason", "reason of final release or final book-out"),
    Dimension("aor", "area of responsibility of an ERO field office, three-letter code"),
    Dimension("technology", "ATD monitoring technology"),
    Dimension(
        "atd_status",
        "ATD family-unit status",
        values=("FAMU", "ECMS-FAMU", "Single Adult", "ECMS-Single Adult"),
    ),
    Dimension(
        "hearing_type",
        "court hearings counted: all, or final",
        values=("Total Hearings", "Final Hearings"),
    ),
    Dimension("appearance", "court appearance", values=("Attended", "Failed to Attend")),
    Dimension("population_group", "population of the ICLOS and fear tables"),
    Dimension(
        "duration_band",
        "time in custody",
        values=("0-180 Days", "181-365 Days", "366-730 Days", "More than 730 Days"),
    ),
    Dimension(
        "parole_status",
        "parole outcome",
        values=("Parole Requested", "Parole Granted", "Parole Denied"),
    ),
    Dimension(
        "special_population",
        "Armed Forces Noncitizen, United States Citizen or Parent of US Citizen",
        values=("Armed Forces Noncitizen", "United States Citizen", "Parent of US Citizen"),
    ),
    Dimension("country", "country of citizenship", open=True),
    Dimension(
        "placement_reason",
        "reason of placement in segregation (vulnerable and special populations)",
    ),
    Dimension("final_order_status", "With, Without or Unknown final order"),
    Dimension("classification_level", "detainee classification level", values=("A", "B", "C", "D")),
    Dimension("threat_level", "ICE threat level", values=("1", "2", "3", "None")),
    Dimension("sex", "sex as printed", values=("Male", "Female")),
    Dimension(
        "inspection",
        "which inspection: Last, Second to Last, ODO Last, Nakamoto Last, "
        "Nakamoto Second to Last or Pending",
    ),
    Dimension("facility_label", "facility name as printed, footnote marks removed", open=True),
    Dimension("facility_code", "DETLOC code, where printed", open=True),
    Dimension("facility_address", "street address of the facility", open=True),
    Dimension("facility_city", "city of the facility", open=True),
    Dimension("facility_state", "state or territory of the facility, two letters"),
    Dimension("facility_zip", "ZIP of the facility, five digits, lost zeros restored", open=True),
    Dimension(
        "facility_type_detailed", "contract type of the facility (DIGSA, CDF, SPC, IGSA, ...)"
    ),
    Dimension("facility_gender", "who the facility holds: Female/Male, Male or Female"),
)
DIMENSIONS: Final[dict[str, Dimension]] = {d.name: d for d in _ALL}
