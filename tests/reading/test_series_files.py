"""The files of a series: lookups are disjoint, layouts and lookups are all in use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from openlifecycle.reading.layouts import load_series
from openlifecycle.reading.lookups import build_lookup
from openlifecycle.tidying.tidy import read_release

SERIES = "openlifecycle.sources.us_ice.detention_statistics"


def test_a_label_in_two_sets_of_a_lookup_is_refused() -> None:
    with pytest.raises(ValueError, match="stands in two sets"):
        build_lookup("x", {"dimension": "aor", "valid": ["ATL"], "fixes": {"atl ": "BOS"}})


def test_every_lookup_that_a_table_names_exists() -> None:
    series = load_series(SERIES)
    for table in series.tables:
        for name in filter(None, (table.column, *table.row)):
            assert series.matcher(name) is not None


@pytest.fixture(scope="session")
def layouts_seen(corpus_workbooks: list[Path]) -> tuple[int, set[str]]:
    seen: set[str] = set()
    for path in corpus_workbooks:
        tidied = read_release(path.read_bytes(), names=[path.name])
        seen |= {t["layout"] for s in tidied.receipt["sheets"] for t in s["tables"]}
    return len(corpus_workbooks), seen


def test_every_layout_is_that_of_some_published_workbook(
    layouts_seen: tuple[int, set[str]], record_property: Callable[[str, object], None]
) -> None:
    """A layout that no release has is a guess, and a guess could read a shifted table."""
    count, seen = layouts_seen
    known = {
        f"{table.name}@{layout.name}"
        for table in load_series(SERIES).tables
        for layout in table.layouts
    }
    record_property("layouts", f"{count} workbooks read; {len(known)} layouts known")
    assert known <= seen
