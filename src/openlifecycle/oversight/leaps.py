"""Numbers of people at a moment that leap between two releases a fortnight apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from openlifecycle.model.dimensions import TOTAL
from openlifecycle.oversight.arithmetic.parts import used_splits
from openlifecycle.oversight.exchanges import keyed
from openlifecycle.oversight.finding import WARNING, Issue, number
from openlifecycle.oversight.history import History, by_year
from openlifecycle.oversight.registry import check
from openlifecycle.oversight.release import Release

_TABLES: Final = (
    "detained_by_disposition", "detained_by_criminality", "fear_detained", "atd_status",
    "atd_technology", "atd_by_aor_technology",
)  # fmt: skip
_TIMES: Final = 3.0
#: A change of fewer people says little.
_LEAST: Final = 1000.0


@check(
    "level_leapt", "continuity",
    "A number of people held or monitored does not grow or shrink threefold, and by a thousand, "
    "between two releases of a fiscal year.",
    "found on the workbooks (37797e0f)", WARNING,
)  # fmt: skip
def level_leapt(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each count of people that leapt since the release before."""
    for name in _TABLES:
        for year, rows in by_year(release, name).items():
            before = history.tables.get((name, year))
            if before is None:
                continue
            # Offices move participants between technologies in bulk; their totals do not leap.
            office = pl.col("aor").is_null() | (pl.col("technology") == TOTAL)
            people = (pl.col("unit") == "persons") & office
            splits = [d for d in used_splits(rows) if d in used_splits(before.rows)]
            now = keyed(rows.filter(people), splits, name)
            then = keyed(before.rows.filter(people), splits, name)
            same = ["measure", "span", "start", *splits]
            both = now.join(then.select(*same, old="value"), on=same, nulls_equal=True)
            low, high = pl.min_horizontal("value", "old"), pl.max_horizontal("value", "old")
            leapt = both.filter((high > _TIMES * low) & (high - low >= _LEAST))
            for row in leapt.to_dicts():
                label = " ".join(str(row[d]) for d in splits if row[d] is not None)
                yield Issue(
                    what=f"{name} {label} was {number(row['old'])} in {before.release_id} and is "
                    f"{number(row['value'])} now",
                    table=name, sheet=row["sheet"], cell=row["cell"],
                    printed=row["value"], computed=row["old"],
                )  # fmt: skip
