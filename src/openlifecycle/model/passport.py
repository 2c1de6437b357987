"""The passport of a published series: ``source.yml``, readable by a lawyer, checked by a machine.

A new series is one folder, ``sources/<publisher>/<series>/``; there is no registry to edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

PASSPORT: Final = "source.yml"
_WHO: Final = ("name", "acronym", "country", "official")
_WHERE: Final = ("page", "how")


@dataclass(frozen=True)
class Field:
    """One field of a passport: its name, what it must say, and how long prose must be at least."""

    name: str
    says: str
    kind: type = str
    least: int = 1
    parts: tuple[str, ...] = ()


#: Prose has a minimum length, because vague metadata is how a series loses its meaning.
FIELDS: Final = (
    Field("series", "publisher.series, as the folders are named"),
    Field("title", "the publisher's own title", least=10),
    Field("publisher", "name, acronym, country, official: yes/no", dict, parts=_WHO),
    Field("summary", "what it is, in words a stranger understands", least=200),
    Field("legal_basis", "the law that makes the publisher publish, and since when", least=60),
    Field("cadence", "how often, and where that was not kept", least=60),
    Field("unit_of_observation", "what one row or cell speaks of", least=60),
    Field("known_gaps", "what is missing, and since when it is known", list, 3),
    Field("licence", "under what terms it may be used, and why", least=30),
    Field("agreement", "id of the data-use agreement, or none"),
    Field("personal_data", "whether people's records are in it, and how we know", least=40),
    Field("fetch", "where to get it: page, how, since", dict, parts=_WHERE),
    Field("files", "what the files are: media type, size, typical number of sheets", least=40),
)


def series_folders(sources: Path) -> list[Path]:
    """Return every series folder under ``sources/``: ``<publisher>/<series>/``."""
    return sorted(
        folder
        for folder in sources.glob("*/*")
        if folder.is_dir() and not folder.name.startswith(("_", "."))
    )


def read_passport(folder: Path) -> dict[str, Any]:
    """Return the fields of a series' passport, as written."""
    loaded = yaml.safe_load((folder / PASSPORT).read_text(encoding="utf-8"))
    if not isinstance(loaded, dict):
        raise ValueError(f"{folder.name}/{PASSPORT} is not a list of fields")
    return loaded


def passport_problems(folder: Path) -> list[str]:
    """Return what a series' passport lacks, one sentence a problem; empty where it is complete."""
    if not (folder / PASSPORT).is_file():
        return ["missing"]
    fields = read_passport(folder)
    found = [f"unknown field {name!r}" for name in fields if name not in {f.name for f in FIELDS}]
    for field in FIELDS:
        found += _field_problems(field, fields)
    expected = f"{folder.parent.name}.{folder.name}"
    if fields.get("series") != expected:
        found.append(f"series is {fields.get('series')!r}, the folders say {expected!r}")
    return found


def _field_problems(field: Field, fields: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with one field."""
    if field.name not in fields:
        return [f"{field.name} is missing: {field.says}"]
    value = fields[field.name]
    if not isinstance(value, field.kind):
        return [f"{field.name} is not a {field.kind.__name__}: {field.says}"]
    if isinstance(value, str | list) and len(value) < field.least:
        unit = "characters" if isinstance(value, str) else "entries"
        return [
            f"{field.name} has {len(value)} {unit}, at least {field.least} wanted: {field.says}"
        ]
    if isinstance(value, list) and not all(isinstance(entry, str) for entry in value):
        # An unquoted colon makes a mapping of a sentence.
        return [f"{field.name} has an entry that is not text: quote what has a colon in it"]
    if isinstance(value, dict):
        return [f"{field.name}.{part} is missing" for part in field.parts if part not in value]
    return []
