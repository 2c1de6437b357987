"""Small tables of public counts that no series of the house carries, each with its sources."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Final

import yaml

#: A count stands on at least so many sources, or it is left out.
SOURCES: Final = 2


@dataclass(frozen=True)
class Reference:
    """A table of counts by fiscal year.

    Attributes:
        name: name of its file in model/.
        text: what is counted.
        published_on: the day on which the latest of its sources was public.
        sha256: hash of the file, by which an answer names it.
        sources: the sources, by the short name that the counts use.
        counts: by fiscal year, the count and the short names of its sources.
        left_out: what is not in it, and why.
    """

    name: str
    text: str
    published_on: date
    sha256: str
    sources: dict[str, str]
    counts: dict[int, tuple[int, tuple[str, ...]]]
    left_out: str


@cache
def reference(name: str) -> Reference:
    """Return a reference table, or raise ValueError where a count lacks its sources."""
    body = (resources.files("openlifecycle.model") / f"{name}.yml").read_bytes()
    told = yaml.safe_load(body)
    sources = {short: " ".join(text.split()) for short, text in told["sources"].items()}
    counts = {
        int(year): (int(one[name]), tuple(one["sources"])) for year, one in told["years"].items()
    }
    for year, (_, named) in counts.items():
        if len(set(named)) < SOURCES or set(named) - set(sources):
            raise ValueError(f"{name} of {year}: a count names {SOURCES} sources of the file")
    return Reference(
        name=name,
        text=told["text"],
        published_on=told["published_on"],
        sha256=hashlib.sha256(body).hexdigest(),
        sources=sources,
        counts=counts,
        left_out=" ".join(told["left_out"].split()),
    )
