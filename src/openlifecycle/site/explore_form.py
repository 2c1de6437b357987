"""The form of Explore: what can be asked of a measure, with what is asked now filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from weakref import WeakKeyDictionary

from openlifecycle.api import Session
from openlifecycle.errors import UnknownRelease
from openlifecycle.lifecycle.rules import RULE_SETS, ruleset
from openlifecycle.measures.declaration import GRANULARITIES, Measure
from openlifecycle.measures.registry import measures
from openlifecycle.model.dimensions import DIMENSIONS
from openlifecycle.publishing.declared import dimension_texts
from openlifecycle.site.explore_words import FAMILIES, titled

#: So many values stand in the form at once; of more, only those chosen until one asks for all.
FEW: Final = 40

#: Fields that hold a day.
DAYS: Final = ("from", "to", "on", "as-known-on")

Fields = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Choice:
    """One thing that can be chosen."""

    value: str
    label: str
    chosen: bool
    text: str = ""


@dataclass(frozen=True)
class Filter:
    """What one dimension can be narrowed down to.

    Attributes:
        name: of the dimension.
        title: for people.
        choices: its values; only those chosen where there are many.
        more: whether there are others than these.
    """

    name: str
    title: str
    choices: tuple[Choice, ...]
    more: bool

    @property
    def chosen(self) -> tuple[str, ...]:
        """Return the values chosen."""
        return tuple(one.label for one in self.choices if one.chosen)


def form(session: Session, fields: Fields, opened: str = "") -> dict[str, Any]:
    """Return what the form shows; ``opened`` is the dimension whose values are all wanted."""
    name = fields["measure"][0]
    asked = measures().get(name)
    has_records = bool(found(session).collections)
    shown: dict[str, Any] = {
        "fields": {key: values[0] for key, values in fields.items() if values},
        "groups": _groups(name, has_records),
        "measure": asked,
        "splits": [],
        "filters": [],
        "periods": [],
        "rule_sets": [],
        "collections": [],
        "days": [name for name in DAYS if _is_day(fields.get(name, ("",))[0])],
    }
    if asked is None:
        return shown
    by = [dim.strip() for one in fields.get("by", ()) for dim in one.split(",")]
    texts = dimension_texts(asked)
    shown["splits"] = [Choice(dim, titled(dim), dim in by, texts[dim]) for dim in asked.dimensions]
    shown["filters"] = _filters(session, asked, fields.get("where", ()), opened)
    period = fields.get("period", ("",))[0]
    shown["periods"] = [
        Choice(one, titled(one), one == period, GRANULARITIES[one]) for one in asked.periods
    ]
    if asked.records:
        rules = fields.get("rules", ("",))[0]
        shown["rule_sets"] = [
            Choice(one, one, one == rules, ruleset(one).title) for one in RULE_SETS
        ]
        chosen = fields.get("collection", ("",))[0]
        shown["collections"] = [
            Choice(str(one["collection_id"]), str(one["collection_id"]),
                   one["collection_id"] == chosen, f"through {str(one['through'] or '')[:10]}")
            for one in found(session).collections
        ]  # fmt: skip
    return shown


def _is_day(text: str) -> bool:
    """Return whether a field for days can show it; anything else must stay to be mended."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _groups(name: str, has_records: bool) -> list[tuple[str, list[Choice]]]:
    """Return every measure by family; those over records where the store holds any."""
    by_family: dict[str, list[Measure]] = {family: [] for family in FAMILIES}
    for one in measures().values():
        if has_records or not one.records or one.name == name:
            by_family.setdefault(one.family, []).append(one)
    return [
        (
            f"{FAMILIES.get(family, titled(family))} "
            f"({'from records' if listed[0].records else 'as published'})",
            [Choice(one.name, titled(one.name), one.name == name) for one in listed],
        )
        for family, listed in by_family.items()
        if listed
    ]


def _filters(session: Session, asked: Measure, where: Sequence[str], opened: str) -> list[Filter]:
    said: dict[str, list[str]] = {}
    for pair in where:
        dim, _, value = pair.partition("=")
        said.setdefault(dim.strip(), []).append(value.strip())
    return [_filter(session, asked, dim, said.get(dim, []), opened) for dim in asked.dimensions]


def _filter(session: Session, asked: Measure, dim: str, said: list[str], opened: str) -> Filter:
    # the names of some hundred facilities are looked up for those who want them
    wide = dim in DIMENSIONS and DIMENSIONS[dim].open and not asked.records
    known = () if wide and opened != dim else values(session, asked.name, dim)
    if len(known) > FEW and opened != dim:
        known, wide = (), True
    chosen = {value.casefold() for value in said}
    listed = [Choice(one, one, one.casefold() in chosen) for one in known]
    seen = {one.casefold() for one in known}
    # what is said stays in the form, so that it can be mended
    strange = [Choice(one, one, True) for one in said if one.casefold() not in seen]
    return Filter(dim, titled(dim), (*strange, *listed), wide and opened != dim)


@dataclass
class _Found:
    """What was looked up in one state of a store."""

    state: str
    collections: list[dict[str, Any]]
    values: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)


_kept: WeakKeyDictionary[Session, _Found] = WeakKeyDictionary()


def found(session: Session) -> _Found:
    """Return what was looked up so far in the state that the store is in."""
    state = session.state()
    if session not in _kept or _kept[session].state != state:
        _kept[session] = _Found(state, session.collections())
    return _kept[session]


def values(session: Session, name: str, dim: str) -> tuple[str, ...]:
    """Return the values of a dimension that may be named, looked up once for each state."""
    kept = found(session).values
    if (name, dim) not in kept:
        try:
            kept[name, dim] = session.values(name, dim)
        except UnknownRelease:  # no records are held: the answer says so
            kept[name, dim] = ()
    return kept[name, dim]
