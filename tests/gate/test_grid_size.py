"""No answer has more rows than was said before it was counted."""

from __future__ import annotations

from typing import Any

import pytest

from openlifecycle.api import Session
from openlifecycle.errors import NotCleared
from openlifecycle.lifecycle.rules import RULE_SETS
from openlifecycle.measures.question import Question
from tests.records_answers.small import at, session


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Sixty arrests, one person each, from January to June 2025; nearly all of men."""
    rows: list[dict[str, Any]] = [
        {
            "person_key": f"p{n}",
            "arrested_at": at(f"2025-0{1 + n % 6}-10 12:00"),
            "gender": "Male" if n < 58 else "Female",
        }
        for n in range(60)
    ]
    return session(tmp_path_factory.mktemp("grid"), arrest=rows)


# six months of records, January to June, and one value that may be named
@pytest.mark.parametrize(
    ("words", "most"),
    [
        ({"period": "month"}, 6),
        ({"period": "month", "by": "gender"}, 6),
        ({"period": "month", "start": "2025-03-01", "end": "2025-04-02"}, 2),
        ({"period": "month", "on": "2025-03-01", "where": {"gender": ["Male", "Female"]}}, 2),
        ({"period": "month", "sensitivity": True}, 6 * len(RULE_SETS)),
        ({"period": "month", "start": "1990-01-01", "end": "2090-01-01"}, 6),
        ({"period": "month", "start": "2091-01-01"}, 1),
        # nobody of this dimension may be named
        ({"period": "month", "by": "aor"}, 6),
    ],
)
def test_the_rows_are_periods_times_values_times_rule_sets(
    words: dict[str, Any], most: int, small: Session
) -> None:
    asked = Question.of("arrests", **words)
    assert small.rows_at_most(asked) == most
    if "where" not in words:  # a value that may not be named is refused when it is asked for
        assert len(small.answer(asked)) <= most


def test_what_lies_outside_of_the_lattice_is_refused_before_anything_is_counted(
    small: Session,
) -> None:
    with pytest.raises(NotCleared):
        small.rows_at_most(Question.of("arrests", by="gender,aor,citizenship_country"))
