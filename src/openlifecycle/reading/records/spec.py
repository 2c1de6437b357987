"""What is known of a record series: its layouts, as data of its folder under ``sources/``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

import yaml

from openlifecycle.model.events import EVENTS, EventTable

_SOURCES: Final = "openlifecycle.sources"
_NOT_ALNUM = re.compile(r"[^a-z0-9]+")
DROP: Final = "drop "


def plain(heading: str) -> str:
    """Return a heading as headings are compared: small letters and digits alone."""
    return _NOT_ALNUM.sub("", heading.lower())


@dataclass(frozen=True)
class Column:
    """One column of a layout.

    Attributes:
        heading: as the publisher prints it.
        field: the field of the event table that it fills, "" where it is dropped.
        drop: why it is dropped, "" where it is kept.
    """

    heading: str
    field: str
    drop: str


@dataclass(frozen=True)
class Layout:
    """One header in which the table was released.

    Attributes:
        name: name of the layout family.
        preamble: lines above the header in the original file.
        columns: in the order of the publisher.
        repeats: heading printed more than once -> what each time stands for.
        names: every known way to write a heading, plain -> heading.
    """

    name: str
    preamble: int
    columns: tuple[Column, ...]
    repeats: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]

    def column(self, heading: str) -> Column:
        """Return the column of a canonical heading."""
        return next(column for column in self.columns if column.heading == heading)


@dataclass(frozen=True)
class RecordSpec:
    """All that is known of one record series.

    Attributes:
        event: the event table that it fills.
        required: fields without which no row can be used.
        clocks: field that is a moment -> whose wall clock its digits are.
        layouts: in the order of release.
        computed: plain names of columns that earlier processing worked out.
        instead: plain name of an added column -> heading whose place it takes.
    """

    event: EventTable
    required: tuple[str, ...]
    clocks: Mapping[str, str]
    layouts: tuple[Layout, ...]
    computed: frozenset[str]
    instead: Mapping[str, str]

    @property
    def series(self) -> str:
        """Return the name of the series."""
        return self.event.series


@dataclass(frozen=True)
class Shared:
    """What the record tables of one publisher share.

    Attributes:
        provenance: plain names of columns that say where earlier processing found a row.
        drop_reasons: reason -> the reason in words.
        codes: field -> the values known for it.
        derived: tables that others derive: what, signs, take.
    """

    provenance: frozenset[str]
    drop_reasons: Mapping[str, str]
    codes: Mapping[str, frozenset[str]]
    derived: tuple[Mapping[str, Any], ...]


def _read(package: str, file: str) -> Any:
    text = resources.files(package).joinpath(file).read_text("utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def _column(heading: str, target: str) -> Column:
    if target.startswith(DROP):
        return Column(heading, "", target.removeprefix(DROP))
    return Column(heading, target, "")


def _layout(entry: Mapping[str, Any], spellings: Mapping[str, str]) -> Layout:
    columns = tuple(_column(heading, target) for heading, target in entry["columns"].items())
    names = {plain(column.heading): column.heading for column in columns}
    names |= {plain(wrong): right for wrong, right in spellings.items() if plain(right) in names}
    names |= {plain(name): heading for name, heading in entry.get("renamed", {}).items()}
    return Layout(
        name=entry["layout"],
        preamble=entry["preamble"],
        columns=columns,
        repeats={plain(head): tuple(each) for head, each in entry.get("repeats", {}).items()},
        names=MappingProxyType(names),
    )


def _spec(event: EventTable) -> RecordSpec:
    data = _read(f"{_SOURCES}.{event.series}", "layouts.yml")
    spec = RecordSpec(
        event=event,
        required=tuple(data["required"]),
        clocks=MappingProxyType(data["clocks"]),
        layouts=tuple(_layout(entry, data["spellings"]) for entry in data["layouts"]),
        computed=frozenset(plain(name) for name in data["computed"]),
        instead={plain(name): head for name, head in data.get("instead", {}).items()},
    )
    _refuse_contradictions(spec)
    return spec


def _refuse_contradictions(spec: RecordSpec) -> None:
    """Raise where the layouts name a field that the event table does not have."""
    fields = {field.name: field.kind for field in spec.event.columns}
    reasons = shared(spec.series.split(".", maxsplit=1)[0]).drop_reasons
    for layout in spec.layouts:
        targets = [column.field for column in layout.columns if column.field]
        wrong = [name for name in targets if name not in fields]
        wrong += [name for name in targets if targets.count(name) > 1]
        wrong += [column.drop for column in layout.columns if column.drop not in {"", *reasons}]
        wrong += [n for n in targets if fields.get(n) == "moment" and n not in spec.clocks]
        if wrong:
            raise ValueError(f"{spec.series} layout {layout.name}: {sorted(set(wrong))}")


@lru_cache(maxsize=4)
def shared(publisher: str) -> Shared:
    """Return what the record tables of a publisher share."""
    data = _read(f"{_SOURCES}.{publisher}", "records.yml")
    return Shared(
        provenance=frozenset(plain(name) for name in data["provenance"]),
        drop_reasons=MappingProxyType(data["drop_reasons"]),
        codes=MappingProxyType(
            {
                field: frozenset(entry["values"])
                for entry in data["codes"]
                for field in entry["fields"]
            }
        ),
        derived=tuple(data["derived"]),
    )


@lru_cache(maxsize=1)
def record_specs() -> tuple[RecordSpec, ...]:
    """Return every record series that has a folder.

    Raises:
        ValueError: a layout contradicts the event table.
    """
    return tuple(_spec(event) for event in EVENTS.values())
