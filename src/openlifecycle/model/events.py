"""The canonical event tables: one row per released record, typed, under one name per field.

DESIGN.md, "Two kinds of canonical table". A field that the project never uses is not here, and so
cannot be kept: the reader drops it at the door. Times are the digits that the publisher printed,
facility-local wall clock without a zone; ``*_at`` is a moment to the second or minute, ``*_on`` a
day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Kinds of a field, and the Arrow type that each is kept as.
KINDS: Final[dict[str, str]] = {
    "text": "string",
    "moment": "timestamp[us]",
    "day": "date32",
    "integer": "int64",
    "number": "double",
    "flag": "bool",
}


@dataclass(frozen=True)
class Field:
    """One field of an event table."""

    name: str
    kind: str
    text: str


@dataclass(frozen=True)
class EventTable:
    """One canonical event table: ``core__<name>``.

    Attributes:
        name: the noun of GLOSSARY.md.
        series: the published series whose rows it holds.
        happened: the field that says when the event happened.
        fields: what the publisher released, besides the fields of ``PROVENANCE``.
    """

    name: str
    series: str
    happened: str
    fields: tuple[Field, ...]

    @property
    def table(self) -> str:
        """Return the name of the derived table."""
        return f"core__{self.name}"

    @property
    def columns(self) -> tuple[Field, ...]:
        """Return every column in the order of the file: provenance, then the record."""
        return (*PROVENANCE, *self.fields)


#: First columns of every event table: which record of which file, and what reading noticed.
PROVENANCE: Final = (
    Field("release_id", "text", "the release of this table"),
    Field("row_id", "integer", "number of the record in the release: member, sheet, row order"),
    Field("member", "text", "file of the release"),
    Field("sheet", "text", "sheet of the file; empty where files have none"),
    Field("row", "integer", "row of the sheet as Excel counts it; of a flat file, its line"),
    Field("person_key", "text", "the publisher's pseudonym inside this release; never leaves"),
    Field(
        "dropped_variant",
        "integer",
        "0, or a number that tells apart records which differ only in fields dropped at the door",
    ),
    Field("date_flags", "text", "impossible dates, as field:reason joined by commas; or null"),
)

_CASE: Final = (
    Field("case_status", "text", "status of the case at extraction"),
    Field("case_category", "text", "category of the case at extraction; changes between releases"),
    Field("final_order", "text", "YES or NO: whether a final order was on record"),
    Field("final_order_on", "day", "day of the final order"),
    Field("departed_on", "day", "day of departure from the country"),
    Field("departure_country", "text", "country departed to"),
)
_WHO: Final = (
    Field("birth_year", "integer", "year of birth; a quasi-identifier, never a split by itself"),
    Field("citizenship_country", "text", "country of citizenship"),
    Field("gender", "text", "Male, Female or Unknown"),
)
_CONVICTION: Final = (
    Field("msc_charge", "text", "most serious conviction (MSC): charge"),
    Field("msc_charge_code", "text", "MSC: NCIC code of the charge"),
    Field("msc_charge_on", "day", "MSC: day of the charge"),
    Field("msc_conviction_on", "day", "MSC: day of conviction"),
    Field("msc_charge_status", "text", "MSC: status of the charge"),
    Field("msc_charge_status_code", "text", "MSC: code of that status"),
)
_SENTENCE: Final = (
    Field("msc_sentence_days", "number", "MSC: sentence, days"),
    Field("msc_sentence_months", "number", "MSC: sentence, months"),
    Field("msc_sentence_years", "number", "MSC: sentence, years"),
)

ARREST: Final = EventTable(
    "arrest",
    "us_ice.arrests",
    "arrested_at",
    (
        Field("arrested_at", "moment", "time of the arrest"),
        Field("arrest_type", "text", "Targeted or Collateral, where released"),
        Field("arrest_state", "text", "state of the arrest, as released"),
        Field("arrest_county", "text", "county of the arrest, nearly always blank"),
        Field("aor", "text", "area of responsibility (AOR) of the arresting duty site"),
        Field("final_program", "text", "programme that made the arrest"),
        Field("final_program_group", "text", "group of that programme"),
        Field("arresting_agency", "text", "agency that made the arrest"),
        Field("arrest_method", "text", "how the arrest was made; ERO Reprocessed Arrest is none"),
        Field("criminality", "text", "criminality at the arrest (R28)"),
        Field("case_criminality", "text", "criminality of the case at extraction"),
        Field("case_threat_level", "text", "threat level 1-3; none means no conviction (R30)"),
        Field("duty_site", "text", "duty site of the arresting officers, an office"),
        Field("arrest_created_by", "text", "office that created the record"),
        *_CASE,
        *_WHO,
    ),
)

DETENTION_STINT: Final = EventTable(
    "detention_stint",
    "us_ice.detentions",
    "book_in_at",
    (
        Field("stay_book_in_at", "moment", "book-in that began the stay"),
        Field("stay_book_out_at", "moment", "book-out that ended the stay; null while held"),
        Field("stay_book_out_on", "day", "day of that book-out"),
        Field("book_in_at", "moment", "book-in at this facility"),
        Field("book_out_at", "moment", "book-out of this facility; null while held there"),
        Field("facility_label", "text", "name of the facility, as released"),
        Field("facility_code", "text", "DETLOC code of the facility; hold rooms contain HOLD"),
        Field("release_reason", "text", "why the stint ended; Transferred within a stay"),
        Field("stay_release_reason", "text", "why the stay ended"),
        Field("aor", "text", "area of responsibility of the book-in"),
        Field("book_in_site", "text", "site of the book-in"),
        Field("docket_control_office", "text", "docket control office"),
        Field("final_program", "text", "programme of the apprehension"),
        Field("criminality", "text", "criminality at book-in (R28)"),
        Field("case_threat_level", "text", "threat level 1-3; none means no conviction (R30)"),
        Field("apprehension_threat_level", "text", "threat level at the apprehension"),
        Field("aggravated_felon", "text", "aggravated felony finding"),
        Field("offense_ina_236c", "text", "offence under INA 236(c), YES or NO"),
        Field("case_ina_236c", "text", "case under INA 236(c), YES or NO"),
        Field("detainee_classification", "text", "custody classification"),
        Field("entry_status", "text", "status at entry"),
        Field("entry_on", "day", "day of entry"),
        Field("final_charge", "text", "final charge of removability"),
        Field("final_charge_code", "text", "code of that charge"),
        Field("final_charge_section", "text", "section of that charge"),
        Field("initial_bond_set_amount", "number", "first bond set, US dollars"),
        Field("initial_bond_set_on", "day", "day it was set"),
        Field("bond_posted_amount", "number", "bond posted, US dollars"),
        Field("bond_posted_on", "day", "day it was posted"),
        Field("birth_country", "text", "country of birth"),
        Field("birth_country_ero", "text", "country of birth in ERO's own field"),
        Field("msc_category", "text", "MSC: category of the charge"),
        Field("msc_crime_class", "text", "MSC: class of the crime"),
        *_CONVICTION,
        *_SENTENCE,
        *_CASE,
        *_WHO,
    ),
)

DETAINER: Final = EventTable(
    "detainer",
    "us_ice.detainers",
    "prepared_at",
    (
        Field("prepared_at", "moment", "time the detainer was prepared"),
        Field("detainer_type", "text", "type of the detainer"),
        Field("lift_reason", "text", "why the detainer was lifted; often blank (R40)"),
        Field("lift_reason_code", "text", "code of that reason"),
        Field("facility_label", "text", "facility the detainer was sent to"),
        Field("facility_code", "text", "its code"),
        Field("facility_city", "text", "its city"),
        Field("facility_state", "text", "its state"),
        Field("aor", "text", "area of responsibility of the facility"),
        Field("duty_site", "text", "duty site that prepared it, an office"),
        Field("criminality", "text", "criminality when prepared (R28)"),
        Field("detainer_threat_level", "text", "threat level when prepared"),
        Field("final_program", "text", "programme of the case"),
        Field("arrest_method", "text", "how the later arrest was made"),
        Field("arrested_at", "moment", "time of the later arrest"),
        Field("arrest_case_category", "text", "case category at the arrest"),
        Field("arrest_program", "text", "programme at the arrest"),
        Field("processing_disposition", "text", "processing disposition"),
        Field("port_of_departure", "text", "port of departure"),
        Field("aggravated_felon", "text", "aggravated felony finding"),
        Field("entry_status", "text", "status at entry"),
        Field("entry_on", "day", "day of entry"),
        Field("birth_country", "text", "country of birth"),
        Field("resume_custody", "text", "whether ICE resumed custody, YES or NO"),
        Field("notify_release", "text", "whether notice of release was asked, YES or NO"),
        Field("prior_felony", "text", "box of the form: prior felony"),
        Field("multiple_prior_misdemeanors", "text", "box of the form"),
        Field("violent_misdemeanor", "text", "box of the form"),
        Field("illegal_entry", "text", "box of the form"),
        Field("illegal_reentry", "text", "box of the form"),
        Field("immigration_fraud", "text", "box of the form"),
        Field("significant_risk", "text", "box of the form"),
        Field("aggravated_felony", "text", "box of the form"),
        Field("deportation_ordered", "text", "box of the form"),
        Field("show_cause_served", "text", "order to show cause served, YES or NO"),
        Field("show_cause_served_on", "day", "day it was served"),
        Field("warrant_served_on", "day", "day an arrest warrant was served"),
        *_CONVICTION,
        *_SENTENCE,
        *_CASE,
        *_WHO,
    ),
)

ENCOUNTER: Final = EventTable(
    "encounter",
    "us_ice.encounters",
    "encountered_at",
    (
        Field("encountered_at", "moment", "time of the encounter"),
        Field("aor", "text", "area of responsibility"),
        Field("responsible_site", "text", "responsible office"),
        Field("lead_event_type", "text", "type of the lead"),
        Field("lead_source", "text", "source of the lead"),
        Field("event_type", "text", "type of the encounter"),
        Field("final_program", "text", "programme"),
        Field("final_program_group", "text", "group of that programme"),
        Field("criminality", "text", "criminality at the encounter (R28)"),
        Field("processing_disposition", "text", "processing disposition"),
        *_CASE,
        *_WHO,
    ),
)

REMOVAL: Final = EventTable(
    "removal",
    "us_ice.removals",
    "departed_on",
    (
        Field("port_of_departure", "text", "port of departure"),
        Field("aor", "text", "area of responsibility of the case or docket"),
        Field("arrest_state", "text", "state of the apprehension"),
        Field("arrest_county", "text", "county of the apprehension, nearly always blank"),
        Field("criminality", "text", "criminality of the case (R28)"),
        Field("case_threat_level", "text", "threat level 1-3; none means no conviction (R30)"),
        Field("aggravated_felon", "text", "aggravated felony finding"),
        Field("processing_disposition", "text", "processing disposition"),
        Field("processing_disposition_code", "text", "its code"),
        Field("final_program", "text", "programme of the case"),
        Field("final_program_code", "text", "its code"),
        Field("arresting_agency", "text", "agency of the apprehension"),
        Field("arrest_case_category", "text", "case category at the arrest"),
        Field("latest_arrest_program", "text", "programme of the latest arrest"),
        Field("latest_arrest_program_code", "text", "its code"),
        Field("latest_arresting_agency", "text", "agency of the latest arrest"),
        Field("latest_arrested_at", "moment", "time of the latest arrest"),
        Field("final_charge_code", "text", "code of the final charge"),
        Field("final_charge_section", "text", "section of the final charge"),
        Field("prior_deport", "text", "whether departed under an order before, YES or NO"),
        Field("latest_departed_on", "day", "latest departure of the person on record"),
        Field("entry_status", "text", "status at entry"),
        Field("entry_on", "day", "day of entry"),
        Field("birth_country", "text", "country of birth"),
        *_CONVICTION,
        *_CASE,
        *_WHO,
    ),
)

#: Every event table by its noun, in the order of the lifecycle.
EVENTS: Final[dict[str, EventTable]] = {
    table.name: table for table in (ENCOUNTER, ARREST, DETAINER, DETENTION_STINT, REMOVAL)
}
