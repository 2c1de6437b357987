"""How a rule set counts heads: who is counted, at which midnight, and what a gap in a record means.

The ``headcount`` section of every rule set (rulesets/<name>.yml) is read into ``HeadcountRules``.
The two published conventions differ in more than a day's name (R20, R21):

=================  =====================  ==========================
rule               ddp-2026-03            uwchr-2024
=================  =====================  ==========================
midnight           end                    start
stroke             leaving                arriving
unit               people                 stints
missing_person     one_each               one_each (dropped before)
missing_book_in    dropped                unplaced
open_end           through                latest_book_out
include_duplicates true                   false
end_before_start   one_day                dropped
=================  =====================  ==========================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from openlifecycle.errors import UsageError

#: What each rule may say.
CHOICES: Final[dict[str, tuple[str | bool, ...]]] = {
    "midnight": ("end", "start"),
    "stroke": ("leaving", "arriving"),
    "unit": ("people", "stints"),
    "missing_person": ("one_each", "dropped", "counted_once"),
    "missing_book_in": ("dropped", "unplaced"),
    "open_end": ("through", "latest_book_out"),
    "include_duplicates": (True, False),
    "end_before_start": ("one_day", "dropped"),
}


@dataclass(frozen=True)
class HeadcountRules:
    """The headcount section of a rule set.

    Attributes:
        midnight: a day's count is taken at the midnight that ends it (R20) or starts it (R21).
        stroke: whom a book-in or book-out at exactly 00:00 leaves in the count of that midnight:
            ``leaving`` counts who leaves on the stroke and not who arrives on it, as when days are
            compared; ``arriving`` the other way round, as when moments are compared.
        unit: distinct people or stints.
        missing_person: a record without a person key is a person of its own, is left out, or all
            such records together are one person.
        missing_book_in: a stint without a book-in is left out, or held from the first day of the
            table in no known place (what UWCHR's code does, R15 of record_rules).
        open_end: a stint without a book-out lasts through the last day that the release speaks of,
            or until the latest book-out of the table.
        include_duplicates: whether records that the rule set leaves out as duplicates count.
        end_before_start: a stint that ends before it starts is one day and no midnight, or nothing.
    """

    midnight: str = "end"
    stroke: str = "leaving"
    unit: str = "people"
    missing_person: str = "one_each"
    missing_book_in: str = "dropped"
    open_end: str = "through"
    include_duplicates: bool = False
    end_before_start: str = "one_day"

    def __post_init__(self) -> None:
        """Refuse a value that no rule knows."""
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if value not in choices or isinstance(value, bool) != isinstance(choices[0], bool):
                raise UsageError(
                    f"headcount rule {name} cannot be {value!r}",
                    nearest=", ".join(str(choice) for choice in choices),
                    next_step="choose one of those",
                )

    @classmethod
    def from_mapping(cls, section: Mapping[str, str | bool]) -> HeadcountRules:
        """Read the ``headcount`` section of a rule set; every rule must be named."""
        known = {field.name for field in fields(cls)}
        odd = sorted(known.symmetric_difference(section))
        if odd:
            raise UsageError(
                f"headcount section: missing or unknown rules: {', '.join(odd)}",
                nearest=", ".join(sorted(known)),
                next_step="name every rule once",
            )
        return cls(**section)  # type: ignore[arg-type]
