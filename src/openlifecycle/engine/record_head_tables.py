"""The tables that heads are added up from: made at the build, chosen by what a question names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from openlifecycle.engine.backend import write_parquet
from openlifecycle.lifecycle.head_steps import added, has_steps, spans_of, steps, twice
from openlifecycle.lifecycle.rules import ruleset

#: The dimensions of each table of steps, the smallest table first; each is added up from the last.
STEPS: Final[dict[str, tuple[str, ...]]] = {
    "head_steps_place": ("facility_code", "facility_kind", "state"),
    "head_steps_people": (
        "facility_kind", "state", "aor", "criminality", "conviction", "gender", "age_group",
    ),
    "head_steps": (
        "facility_code", "facility_kind", "state", "aor", "criminality", "conviction", "gender",
        "age_group",
    ),
}  # fmt: skip
_WHOLE: Final = "head_steps"

#: The table of the stints of people who are held twice at one midnight.
TWICE: Final = "head_twice"


def write_head_tables(
    backend: Any, heads: Any, folder: Path, *, rules: str, through: datetime, read: Any
) -> None:
    """Write the steps and the stints of people held twice, where the rule set allows for steps.

    Args:
        backend: the engine that builds.
        heads: the table that heads are counted from.
        folder: where the fact tables lie.
        rules: name of the rule set.
        through: the last moment that the collection speaks of.
        read: opens a written file as a table.
    """
    convention = ruleset(rules).headcount
    if not has_steps(convention):
        return
    by = STEPS[_WHOLE]
    spans = spans_of(heads, rules=convention, through=through, by=by)
    whole = write_parquet(backend, steps(spans, by), folder / f"{_WHOLE}.parquet")
    finest = read(whole)
    for name, coarser in STEPS.items():
        if name != _WHOLE:
            made = added(finest, [*coarser, "is_keyless"])
            write_parquet(backend, made, folder / f"{name}.parquet")
    order = ("person_key", "first", "until")
    write_parquet(backend, twice(spans), folder / f"{TWICE}.parquet", order)


def steps_for(named: Sequence[str]) -> str:
    """Return the smallest table of steps that has all the dimensions named; empty without one."""
    return next((name for name, has in STEPS.items() if set(named) <= set(has)), "")
