"""Reading corrections.yml strictly: an unknown key, action or dimension raises with its place."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from openlifecycle.model.dimensions import DIMENSIONS

KINDS: Final = (
    "label_swap", "stale", "wrong_value", "wrong_year", "misaligned", "concept", "dates",
    "rollover", "header", "duplicate", "hidden", "cosmetic",
)  # fmt: skip
STATUSES: Final = ("recorded", "reported", "fixed_by_publisher")
#: Arguments of each action; ``None`` where they are free (cells, or columns of the schema).
ACTIONS: Final[dict[str, frozenset[str] | None]] = {
    "note": frozenset(),
    "withhold": frozenset(),
    "swap_labels": frozenset({"dimension", "a", "b"}),
    "set_value": None,
    "set_period": frozenset({"period_start", "period_end", "as_of", "fiscal_year"}),
    "replace_dimension": frozenset({"from", "to"}),
    "replace_measure": None,
}
_TEXTS: Final = ("id", "title", "kind", "what", "why", "status")
_KEYS: Final = frozenset({*_TEXTS, "reported_to", "where", "scope"})
_PLACE_KEYS: Final = frozenset({"release", "file", "sheet", "tables", "cells", "action", "guard"})
_RANGE: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]*)(?::([A-Z]{1,3})([1-9][0-9]*))?")
_FOLDER: Final = "openlifecycle.sources.us_ice.detention_statistics"


class CorrectionsFileError(ValueError):
    """corrections.yml says something that cannot be meant; names the file and the correction."""


@dataclass(frozen=True)
class Place:
    """Where one release carries the error, and what the corrected view does about it there."""

    release: str
    file: str
    sheet: str
    tables: tuple[str, ...]
    cells: tuple[str, ...]
    action: str
    arguments: dict[str, Any]
    guard: dict[str, Any]

    def cells_named(self) -> list[str] | None:
        """Return every cell of the place, or None where it is all cells of its tables."""
        if self.cells == ("all",):
            return None
        return [cell for part in self.cells for cell in _expand(part)]


@dataclass(frozen=True)
class Correction:
    """One known publisher error: what is printed, what is true, and how we know."""

    id: str
    title: str
    kind: str
    what: str
    why: str
    status: str
    reported_to: str | None
    scope: str
    where: tuple[Place, ...] = field(default=())


@cache
def load() -> tuple[Correction, ...]:
    """Return the corrections of the detention statistics, checked."""
    file = files(_FOLDER) / "corrections.yml"
    return parse(file.read_text(encoding="utf-8"), str(file))


def parse(text: str, name: str) -> tuple[Correction, ...]:
    """Return the corrections in the text; raise CorrectionsFileError with file and id."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries = yaml.load(text, Loader=loader)  # noqa: S506 - both loaders are safe loaders
    if not isinstance(entries, list):
        raise CorrectionsFileError(f"{name}: must be a list of corrections")
    corrections = tuple(_correction(entry, name) for entry in entries)
    seen: set[str] = set()
    for correction in corrections:
        if correction.id in seen:
            raise CorrectionsFileError(f"{name}: {correction.id}: the id occurs twice")
        seen.add(correction.id)
    return corrections


def _correction(entry: dict[str, Any], name: str) -> Correction:
    where = f"{name}: {entry.get('id', '(no id)')}"
    _only(entry, _KEYS, where)
    for key in _TEXTS:
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise CorrectionsFileError(f"{where}: {key} must be a text")
    if "reported_to" not in entry:
        raise CorrectionsFileError(f"{where}: reported_to is missing (null: not reported)")
    _one_of(entry["kind"], KINDS, f"{where}: kind")
    _one_of(entry["status"], STATUSES, f"{where}: status")
    places = tuple(_place(place, where) for place in entry.get("where", ()))
    if not places and not entry.get("scope"):
        raise CorrectionsFileError(f"{where}: names no place; say in scope where it is")
    return Correction(
        **{key: entry[key] for key in _TEXTS},
        reported_to=entry["reported_to"],
        scope=entry.get("scope", ""),
        where=places,
    )


def _place(entry: dict[str, Any], where: str) -> Place:
    _only(entry, _PLACE_KEYS, where)
    for key in ("release", "file", "sheet", "tables", "cells", "action"):
        if not entry.get(key):
            raise CorrectionsFileError(f"{where}: a place has no {key}")
    if not re.fullmatch("[0-9a-f]{12}", entry["release"]):
        raise CorrectionsFileError(f"{where}: {entry['release']!r} is not 12 hex digits")
    action, arguments = _action(entry["action"], where)
    cells = tuple(entry["cells"]) if isinstance(entry["cells"], list) else (entry["cells"],)
    for part in () if cells == ("all",) else cells:
        if not _RANGE.fullmatch(part):
            raise CorrectionsFileError(f"{where}: {part!r} is not a cell or a range")
    guard = {k: float(v) if isinstance(v, int) else v for k, v in entry.get("guard", {}).items()}
    if action != "note" and not guard:
        raise CorrectionsFileError(f"{where}: {action} needs a guard")
    place = Place(
        release=entry["release"],
        file=entry["file"],
        sheet=entry["sheet"],
        tables=tuple(entry["tables"]),
        cells=cells,
        action=action,
        arguments=arguments,
        guard=guard,
    )
    if action == "set_value" and set(arguments) != set(place.cells_named() or ()):
        raise CorrectionsFileError(f"{where}: set_value must give a value for each of its cells")
    return place


def _action(entry: str | dict[str, dict[str, Any]], where: str) -> tuple[str, dict[str, Any]]:
    """Return action and arguments; actions without arguments are written as a bare word."""
    action, arguments = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
    _one_of(action, tuple(ACTIONS), f"{where}: action")
    allowed = ACTIONS[action]
    if allowed is not None:
        _only(arguments, allowed, f"{where}: {action}")
    if action in ("swap_labels", "replace_dimension") and frozenset(arguments) != allowed:
        raise CorrectionsFileError(f"{where}: {action} needs {sorted(allowed or ())}")
    names = {"swap_labels": ("dimension",), "replace_dimension": ("from", "to")}.get(action, ())
    for key in names:
        _one_of(arguments[key], tuple(DIMENSIONS), f"{where}: dimension")
    for key, value in arguments.items() if action == "set_period" else ():
        if key != "fiscal_year" and not isinstance(value, dt.date):
            raise CorrectionsFileError(f"{where}: {key} must be a date")
    return action, arguments


def _only(entry: dict[str, Any], allowed: frozenset[str], where: str) -> None:
    unknown = sorted(set(entry) - allowed)
    if unknown:
        raise CorrectionsFileError(f"{where}: unknown {unknown}; known: {sorted(allowed)}")


def _one_of(value: str, allowed: tuple[str, ...], where: str) -> None:
    if value not in allowed:
        raise CorrectionsFileError(f"{where} {value!r} is unknown; known: {', '.join(allowed)}")


def _expand(part: str) -> list[str]:
    """Return the cells of an A1 cell or range."""
    match = _RANGE.fullmatch(part)
    if match is None:
        raise CorrectionsFileError(f"{part!r} is not a cell or a range")
    left, top, right, bottom = match.groups()
    columns = range(_number(left), _number(right or left) + 1)
    return [f"{_letters(c)}{r}" for r in range(int(top), int(bottom or top) + 1) for c in columns]


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
