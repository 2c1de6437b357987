"""The door's question to a record table: does a column identify people, and is it redacted?

The release's pseudonym and the year of birth do not; a name, an A-number, a date of birth or an
address does. The publisher prints such columns wholly redacted; one that is not is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from openlifecycle.errors import PersonalData
from openlifecycle.reading import words
from openlifecycle.reading.labels import a1
from openlifecycle.reading.records.headings import Planned
from openlifecycle.reading.records.spec import plain

if TYPE_CHECKING:
    import polars as pl

#: Texts that identify a person by their form alone: an A-number, a social security number.
BY_FORM: Final = (
    r"(?:^|[^A-Za-z0-9])A[-# ]{0,2}(?:\d{8,9}|\d{2,3}[- ]\d{3}[- ]\d{3})(?:\D|$)"
    r"|(?:^|[^\d-])\d{3}-\d{2}-\d{4}(?:[^\d-]|$)"
)
_KEYS: Final = frozenset(("anonymizedidentifier", "anonymizedidentifer", "uniqueidentifier"))


def personal_data_kind(header: Sequence[str]) -> dict[str, str]:
    """Return the headings of a record table that ask for what identifies a person.

    Args:
        header: the headings, as printed.

    Returns:
        heading -> what it asks for ("a date of birth"); whether its values are redacted is seen
        only when the rows are read.
    """
    found = {heading: words.header_kind(heading) for heading in header}
    return {h: kind for h, kind in found.items() if kind and plain(h) not in _KEYS}


def refuse_values(
    column: Planned, values: pl.Series, rows: pl.Series, where: str, *, telling: bool
) -> None:
    """Raise where a column holds what identifies people.

    Args:
        column: the column, as planned.
        values: its values, redactions and blanks as null.
        rows: the number of each row.
        where: the file and sheet.
        telling: whether some value has the form of a number that identifies a person.

    Raises:
        PersonalData: with the place and the kind, never the value.
    """
    kind = words.header_kind(column.heading)
    found = values.is_not_null() if kind else None
    if not kind and telling and column.field != "person_key":
        found = values.str.contains(BY_FORM)
        kind = "an A-number or a social security number"
    if found is None or not found.any():
        return
    count = int(found.sum() or 0)
    first = int(rows.filter(found.fill_null(False))[0])
    raise PersonalData(
        f"the record table carries {kind} that is not redacted; nothing of it was kept",
        where=f"{where}, column {column.heading!r}, {count:,} or more cells, the first "
        f"{a1(max(first - 1, 0), column.position)}",
        next_step="keep this file away from shared folders, and ask its publisher whether it was "
        "meant to be released",
    )
