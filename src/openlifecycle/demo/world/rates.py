"""How much of each mess the world has: one number for each, with a plausible default.

A rate is a share of rows (or of stays, where its words say so), drawn independently. The defaults
are of the order that DDP and UWCHR report for real releases; where nobody has reported a number
they are chosen so that a world of 10,000 people has some of everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from openlifecycle.errors import UsageError


def _rate(default: float, words: str) -> Any:
    return field(default=default, metadata={"words": words})


@dataclass(frozen=True)
class Rates:
    """The rates of a world; each attribute is a share between 0 and 1 unless its words differ."""

    # What happens to people.
    border: float = _rate(0.25, "apprehensions at the border, which no arrest table has")
    never_booked: float = _rate(0.12, "interior arrests that no stay follows")
    returned: float = _rate(0.10, "stays after which the person is arrested again")
    transfers: float = _rate(1.0, "scale of the number of transfers; 0 means none (not a share)")
    long_stays: float = _rate(0.03, "stays with a length from the heavy tail")
    hold_room: float = _rate(0.55, "interior stays that begin in a hold room")
    clock_change: float = _rate(0.002, "apprehensions in a night on which clocks change")
    third_country: float = _rate(0.03, "departures to a country that is not of citizenship")
    # Stint rows that are there twice.
    duplicate_exact: float = _rate(0.004, "stint rows repeated in another place, all equal")
    duplicate_dropped: float = _rate(0.004, "repeated, other in a field dropped at the door")
    duplicate_bond: float = _rate(0.006, "repeated with another bond")
    duplicate_same_day: float = _rate(0.006, "repeated with another time of the same day")
    duplicate_midnight: float = _rate(0.001, "repeated with times at both sides of a midnight")
    duplicate_status: float = _rate(0.002, "repeated with another case status")
    # Stint rows that are wrong or incomplete.
    open_before_next: float = _rate(0.0003, "no book-out although the next stint has begun")
    missing_book_in: float = _rate(0.001, "no book-in time")
    missing_stay_book_in: float = _rate(0.001, "no stay book-in time")
    missing_facility: float = _rate(0.001, "no facility code")
    missing_person: float = _rate(0.002, "no person key")
    negative_stint: float = _rate(0.002, "book-out before book-in")
    negative_stay: float = _rate(0.001, "stays whose end lies before their start")
    exact_midnight: float = _rate(0.005, "times at exactly 00:00")
    overlap: float = _rate(0.004, "book-out hours after the next book-in")
    zero_length: float = _rate(0.002, "book-out at the minute of the book-in")
    stay_start_mismatch: float = _rate(0.005, "stays whose stated start is not the first book-in")
    stay_split: float = _rate(0.004, "stays with another stated start from some stint on")
    omitted: float = _rate(0.005, "stints that are not in the release, as hospitals are not")
    year_0212: float = _rate(0.001, "days in the year 0212 and the like")
    # Other tables.
    arrest_repeated: float = _rate(0.04, "arrests repeated within hours, often as reprocessed")
    arrest_exact: float = _rate(0.001, "arrest rows repeated, all equal")
    arrest_chain: float = _rate(0.003, "arrests repeated at gaps of under a day, over days")
    arrest_reprocessed: float = _rate(0.03, "stays with a reprocessed arrest long after")
    arrest_missing_time: float = _rate(0.001, "arrest rows without a time")
    arrest_missing_person: float = _rate(0.008, "arrest rows without a person key")
    arrest_missing_state: float = _rate(0.21, "arrest rows without a state")
    arrest_missing_method: float = _rate(0.01, "arrest rows without a method")
    detainer_missing_person: float = _rate(0.13, "detainer rows without a person key")
    detainer_repeated: float = _rate(0.02, "detainers repeated with the same time and person")
    encounter_missing_person: float = _rate(0.12, "encounter rows without a person key")
    removal_missing_person: float = _rate(0.002, "removal rows without a person key")
    removal_repeated: float = _rate(0.01, "removal rows repeated on the same or the next day")
    removal_missing: float = _rate(0.03, "departures that the removal table does not have")
    departed_missing: float = _rate(0.03, "departures that the stint rows do not have")
    # How the originals print what is not there.
    redacted: float = _rate(0.3, "missing keys, codes and names printed as a redaction mark")

    def __post_init__(self) -> None:
        """Refuse a rate that is no share."""
        for one in fields(self):
            value = getattr(self, one.name)
            most = 5.0 if one.name == "transfers" else 1.0
            if not 0 <= value <= most:
                raise UsageError(
                    f"rate {one.name} is {value}, not between 0 and {most:g}",
                    next_step="olc demo world --help says what each rate is",
                )

    def but(self, changed: Mapping[str, float]) -> Rates:
        """Return these rates with some changed; an unknown name is refused with the nearest."""
        known = [one.name for one in fields(self)]
        for name in changed:
            if name not in known:
                raise UsageError(
                    f"there is no rate {name!r}", nearest=_nearest(name, known) or ", ".join(known)
                )
        return replace(self, **{name: float(value) for name, value in changed.items()})


#: Names of the rates, with their words: the help of the command is made from them.
WORDS: Final[dict[str, str]] = {one.name: one.metadata["words"] for one in fields(Rates)}
#: Rates that say what happens to people; the rest is mess on the record of it.
OF_PEOPLE: Final = (
    "border",
    "never_booked",
    "returned",
    "transfers",
    "long_stays",
    "hold_room",
    "clock_change",
    "third_country",
)


def clean() -> Rates:
    """Return rates without any mess: every table says exactly what happened."""
    return Rates().but({name: 0.0 for name in WORDS if name not in OF_PEOPLE})


def rates_from(path: Path | None, pairs: Mapping[str, float]) -> Rates:
    """Return the rates of a YAML file of ``name: value``, changed by pairs."""
    import yaml

    told = yaml.safe_load(path.read_text(encoding="utf-8")) if path else {}
    if not isinstance(told, dict):
        raise UsageError("a rates file holds lines of name: value", where=str(path))
    return Rates().but(told).but(pairs)


def _nearest(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    return ", ".join(get_close_matches(name, known, n=2))
