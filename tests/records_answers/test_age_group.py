"""Who must be under 18 by the year of birth: every day before the year of 18 (R33)."""

from __future__ import annotations

from datetime import datetime

import ibis
import pytest

from openlifecycle.engine import record_facts


@pytest.mark.parametrize(
    ("born", "booked_in", "group"),
    [
        (2007, datetime(2024, 12, 31, 23, 59), "Under 18"),  # noqa: DTZ001  (17 at most)
        (2007, datetime(2025, 1, 1), "18 in that year or older"),  # noqa: DTZ001  (17 or 18)
        (2006, datetime(2024, 6, 1), "18 in that year or older"),  # noqa: DTZ001
        (2023, datetime(2024, 6, 1), "Under 18"),  # noqa: DTZ001
        (None, datetime(2024, 6, 1), None),  # noqa: DTZ001
        (2007, None, None),
    ],
)
def test_who_turns_18_in_the_year_is_not_called_a_minor(
    born: int | None, booked_in: datetime | None, group: str | None
) -> None:
    rows = ibis.memtable(
        [{"birth_year": born, "book_in_at": booked_in, "facility_code": "STCDFTX"}],
        schema={"birth_year": "int64", "book_in_at": "timestamp", "facility_code": "string"},
    )
    made = record_facts._placed_stints(rows)  # noqa: SLF001
    assert ibis.duckdb.connect().to_pyarrow(made.age_group).to_pylist() == [group]
