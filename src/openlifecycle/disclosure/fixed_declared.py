"""The fixed tables that are declared: known beforehand, so that what they tell can be audited."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from openlifecycle.errors import UnknownMeasure
from openlifecycle.measures.declaration import Measure
from openlifecycle.measures.registry import measure, nearest


@dataclass(frozen=True)
class FixedTable:
    """One declared table: a measure by area, category and month of a fiscal year, with all sums.

    Attributes:
        name: what it is asked for by.
        title: what it says, for a heading.
        measure: name of the measure, which counts records.
        area: the dimension of its rows.
        category: the dimension of its columns.
    """

    name: str
    title: str
    measure: str
    area: str
    category: str

    @property
    def declared(self) -> Measure:
        """Return the declaration of the measure."""
        return measure(self.measure)


@cache
def fixed_tables() -> dict[str, FixedTable]:
    """Return every declared fixed table by name, in the order of the file.

    Raises:
        ValueError: a table that cannot be: a measure that is no count of records, a dimension that
            the measure lacks, or a second table of the same records.
    """
    file = resources.files("openlifecycle.disclosure") / "fixed_tables.yml"
    found: dict[str, FixedTable] = {}
    events: dict[str, str] = {}
    for entry in yaml.safe_load(file.read_text("utf-8")):
        one = FixedTable(**entry)
        spec = one.declared.records
        if spec is None or spec.value != "rows" or spec.where:
            raise ValueError(f"fixed table {one.name}: {one.measure} does not count all records")
        lacking = {one.area, one.category} - set(spec.dimensions)
        if lacking:
            raise ValueError(f"fixed table {one.name}: {one.measure} has no {sorted(lacking)}")
        if (clash := events.setdefault(spec.table, one.name)) != one.name:
            raise ValueError(f"fixed tables {clash} and {one.name} are of the same records")
        found[one.name] = one
    return found


def fixed_table(name: str) -> FixedTable:
    """Return a declared fixed table, or raise UnknownMeasure with the nearest."""
    every = fixed_tables()
    if name not in every:
        raise UnknownMeasure(
            f"there is no fixed table {name!r}",
            nearest=nearest(name, every) or ", ".join(every),
            next_step="olc table lists them",
        )
    return every[name]
