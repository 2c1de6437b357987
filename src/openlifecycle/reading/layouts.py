"""Layouts as data: what is known of each table of a series, loaded from its folder.

A table is found by its title, its columns and rows by their labels. The order of the closed
labels is part of a layout: an order not seen before is a layout not seen before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from openlifecycle.reading.labels import without_fiscal_year
from openlifecycle.reading.lookups import RULES, Context, Lookup, build_lookup, open_label

#: What may follow a title: the fiscal year, an as-of text, nothing.
_TAIL = r"[ :*.]*(?:(?:eo?y?)?fy ?\d{2,4}\b.*|as of .*|year end.*)?"


@dataclass(frozen=True)
class Layout:
    """One distinct structure of a table: the order of its labels, and when it was seen."""

    name: str
    header: tuple[str, ...]
    rows: tuple[str, ...]
    first: str
    last: str


@dataclass(frozen=True)
class TableSpec:
    """One table of a sheet family: how it is found, read and named."""

    name: str
    family: str
    shape: str
    titles: re.Pattern[str] | None
    known_titles: tuple[str, ...]
    stubs: tuple[tuple[str, ...], ...]
    column: str
    row: tuple[str, ...]
    context: Context
    as_of: str
    layouts: tuple[Layout, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """All that is known of a published series' workbooks."""

    name: str
    rule_version: str
    families: Mapping[str, Mapping[str, Any]]
    tables: tuple[TableSpec, ...]
    lookups: Mapping[str, Lookup]
    dates: Sequence[Mapping[str, Any]]

    def matcher(self, name: str) -> Callable[[str], Context | None]:
        """Return the function that says what a label of that kind means, None when unknown."""
        if name in RULES:
            return RULES[name]
        if name.startswith("open:"):
            return open_label(name.removeprefix("open:"))
        lookups = [self.lookups[part] for part in name.split("|")]

        def match(label: str) -> Context | None:
            for lookup in lookups:
                context = lookup.get(label)
                context = lookup.get(without_fiscal_year(label)) if context is None else context
                if context is not None:
                    return context
            return None

        return match

    def of_family(self, family: str) -> tuple[TableSpec, ...]:
        """Return the tables of one sheet family."""
        return tuple(t for t in self.tables if t.family == family)


def _titles(spec: Mapping[str, Any]) -> re.Pattern[str] | None:
    patterns = [re.escape(t) + _TAIL for t in spec.get("titles", ())]
    patterns += [str(p) for p in spec.get("title_patterns", ())]
    return re.compile("|".join(f"(?:{p})" for p in patterns), re.DOTALL) if patterns else None


def _expand(labels: Sequence[Any], macros: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    out: list[str] = []
    for label in labels:
        if isinstance(label, str) and label.startswith("$"):
            out += macros[label[1:]]
        elif isinstance(label, dict):
            inner = _expand(label["inner"], macros)
            for outer in label["outer"]:
                out += [outer, *(f"{outer}/{name}" for name in inner)]
        else:
            out.append(str(label))
    return tuple(out)


def _table(
    name: str,
    spec: Mapping[str, Any],
    structures: Sequence[Mapping[str, Any]],
    macros: Mapping[str, Sequence[str]],
) -> TableSpec:
    layouts = tuple(
        Layout(
            str(entry["layout"]),
            _expand(entry.get("header", ()), macros),
            _expand(entry.get("rows", ()), macros),
            str(entry.get("first", "")),
            str(entry.get("last", "")),
        )
        for entry in structures
    )
    known = {"family", "shape", "titles", "title_patterns", "stubs", "column", "row", "context"}
    return TableSpec(
        name=name,
        family=spec["family"],
        shape=spec["shape"],
        titles=_titles(spec),
        stubs=tuple(tuple(str(label) for label in labels) for labels in spec.get("stubs", ())),
        column=spec.get("column", ""),
        row=tuple(spec.get("row", ())),
        context=dict(spec.get("context", {})),
        as_of=spec["as_of"],
        layouts=layouts,
        known_titles=tuple(str(title) for title in spec.get("titles", ())),
        options={k: v for k, v in spec.items() if k not in known | {"as_of"}},
    )


@lru_cache(maxsize=8)
def load_series(package: str) -> Series:
    """Return the series whose folder is the given package, e.g. ``...us_ice.detention_statistics``.

    Raises:
        ValueError: two sets of a lookup overlap.
        KeyError: a table lacks a required field.
    """
    folder = resources.files(package)

    def read(file: str) -> Any:
        return yaml.load(folder.joinpath(file).read_text("utf-8"), Loader=yaml.CSafeLoader)

    spec = read("tables.yml")
    lookups = read("lookups.yml")
    structures = read("layouts.yml")
    macros = structures["macros"]
    return Series(
        name=spec["series"],
        families=spec["families"],
        rule_version=str(spec["rule_version"]),
        tables=tuple(
            _table(name, table, structures["tables"].get(name, ()), macros)
            for name, table in spec["tables"].items()
        ),
        lookups={name: build_lookup(name, entry) for name, entry in lookups.items()},
        dates=tuple(spec["dates"]),
    )
