"""Which record table a file is, from its header alone."""

from __future__ import annotations

from pathlib import Path

from openlifecycle.errors import PersonalData, RefusedInput, UnknownSeries
from openlifecycle.reading import words
from openlifecycle.reading.records.files import RecordFile, open_file
from openlifecycle.reading.records.frame import Recognised
from openlifecycle.reading.records.headings import Match, best_match
from openlifecycle.reading.records.spec import plain, shared

__all__ = ["Recognised", "matched", "recognise"]


def recognise(path: Path) -> Recognised | None:
    """Return which record table a file holds, None where it is no record table at all.

    Only headers are read: the first rows of each sheet, the first lines of a text, the schema of
    a Parquet or Feather file.

    Raises:
        UnknownSeries: a record table with columns that no layout knows, or without one that it
            cannot do without; each is named.
        PersonalData: the columns that no layout knows identify people.
        RefusedInput: two tables in one file, or a file that is damaged or unsafe.
    """
    file = open_file(path)
    found = matched(file, path.name) if file else None
    if file is None or found is None:
        return None
    first = found[0]
    return Recognised(
        series=first.spec.series,
        table=first.spec.event.name,
        layout=first.layout.name,
        form=first.form,
        sheets=tuple(sheet.name for sheet in file.sheets),
        also=first.also,
    )


def matched(file: RecordFile, name: str) -> list[Match] | None:
    """Return the layout of each table of a file, None where none is a record table.

    Args:
        file: the file, as opened.
        name: how messages call it.

    Raises:
        UnknownSeries, RefusedInput: as :func:`recognise`.
    """
    found: list[Match] = []
    for sheet in file.sheets:
        match = best_match(sheet.header)
        if match is None:
            return None
        _refuse(match, f"{name}, sheet {sheet.name!r}" if sheet.name else name)
        found.append(match)
    kinds = {(m.spec.series, m.layout.name, m.form) for m in found}
    if len(kinds) > 1:
        raise RefusedInput(
            "the file holds more than one record table",
            where=f"{name}: " + "; ".join(" ".join(kind) for kind in sorted(kinds)),
            next_step="take one table a file",
        )
    return found


def _refuse(match: Match, where: str) -> None:
    """Raise where a header is a record table's, but not one that is known."""
    known_as = f"layout {match.layout.name} of {match.spec.series} ({match.form})"
    if match.unknown:
        names = {plain(column.heading) for column in match.columns}
        for derived in shared(match.spec.series.split(".", maxsplit=1)[0]).derived:
            if {plain(sign) for sign in derived["signs"]} <= names:
                raise UnknownSeries(
                    f"the file is {derived['what']}",
                    where=where,
                    next_step=f"take {derived['take']}",
                )
        personal = [c for c in match.unknown if words.header_kind(c.heading)]
        if personal:
            asked = ", ".join(f"{c.heading!r} ({words.header_kind(c.heading)})" for c in personal)
            raise PersonalData(
                f"the table has columns that identify people, which {known_as} does not: {asked}",
                where=where,
                next_step="keep this file away from shared folders, and ask its publisher whether "
                "it was meant to be released; nothing of it is in the store",
            )
        named = ", ".join(repr(column.heading) or "(no heading)" for column in match.unknown)
        near = match.nearest()
        raise UnknownSeries(
            f"columns that no layout knows: {named}",
            where=where,
            nearest=known_as + (f"; {near}" if near else ""),
            next_step="if the publisher added a column, its layout must be declared in "
            f"sources/{match.spec.series.replace('.', '/')}/layouts.yml; nothing was taken",
        )
    if match.missing_fields:
        wanted = [c.heading for c in match.layout.columns if c.field in match.missing_fields]
        raise UnknownSeries(
            "columns are missing without which no row can be used: " + ", ".join(wanted),
            where=where,
            nearest=known_as,
            next_step="take the file with all its columns",
        )
