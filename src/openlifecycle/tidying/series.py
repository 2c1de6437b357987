"""The series that OpenLifecycle knows: every folder under sources/ that declares tables."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from openlifecycle.reading.layouts import Series, load_series

_ROOT = "openlifecycle.sources"


@lru_cache(maxsize=1)
def known_series() -> tuple[Series, ...]:
    """Return every series that has a ``tables.yml``, found by walking; there is no registry."""
    found = []
    for publisher in sorted(resources.files(_ROOT).iterdir(), key=lambda p: p.name):
        if not publisher.is_dir() or publisher.name.startswith("_"):
            continue
        for folder in sorted(publisher.iterdir(), key=lambda p: p.name):
            if folder.is_dir() and folder.joinpath("tables.yml").is_file():
                found.append(load_series(f"{_ROOT}.{publisher.name}.{folder.name}"))
    return tuple(found)
