"""Names of the declarations as titles for people: ``book_ins`` is "Book-ins"."""

from __future__ import annotations

import re
from typing import Final

_ACRONYMS: Final = {
    name.lower(): name
    for name in ("ADP", "ALOS", "AOR", "ATD", "CBP", "ICE", "ICLOS", "TPS", "ZIP", "FAMU", "ECMS")
}
_SPELLED: Final = {
    "book_ins": "book-ins", "book_outs": "book-outs", "person_days": "person-days",
    "person_months": "person-months", "hold_room": "hold-room",
}  # fmt: skip

#: What is not called as it is named.
_TITLES: Final = {
    "facility_label": "Facility", "item": "What is printed", "facility_type_detailed":
    "Facility type in detail", "duration_band": "Time held",
}  # fmt: skip

#: Families of measures, as the list of Explore names them, in its order.
FAMILIES: Final = {
    "population": "People held",
    "movements": "Book-ins, book-outs and removals",
    "stays": "Average population and length of stay",
    "facilities": "Facilities",
    "atd": "Alternatives to Detention and court",
    "bond_parole": "Bond and parole",
    "segregation": "Segregation",
    "special": "Special populations",
    "deaths": "Deaths",
    "releases": "What was published when",
    "records_population": "People held",
    "records_arrests": "Arrests",
    "records_detention": "Detention, exits and transfers",
    "records_departures": "Removals and departures",
    "records_detainers": "Detainers and encounters",
    "records_bonds": "Bonds",
}

_OPTIONS: Final = re.compile(r"--([a-z-]+)")


def titled(name: str) -> str:
    """Return the name of a measure or dimension as a title."""
    if name in _TITLES:
        return _TITLES[name]
    for code, spelled in _SPELLED.items():
        name = name.replace(code, spelled)
    words = [_ACRONYMS.get(word, word) for word in name.removeprefix("record_").split("_")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def on_the_page(text: str) -> str:
    """Return what an error advises, in the words of the form instead of the command line."""
    if text.startswith("olc dimensions"):
        return "choose among the splits and values that the form lists"
    return _OPTIONS.sub(lambda found: f"“{_FIELDS.get(found[1], found[1])}”", text)


#: What the form calls the options of the command.
_FIELDS: Final = {
    "by": "Split by", "where": "Filter", "from": "From", "to": "To", "on": "On one day",
    "as-known-on": "As known on", "as": "Edition", "period": "Period", "rules": "Rule set",
    "totals": "Totals", "sensitivity": "Under every rule set", "collection": "Collection",
}  # fmt: skip
