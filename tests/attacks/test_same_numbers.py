"""The attackers' fast copy of the gate shows what a session shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from openlifecycle.disclosure.policy import Policy
from openlifecycle.engine.record_periods import last_day
from openlifecycle.engine.records import ask
from openlifecycle.errors import NotCleared
from openlifecycle.measures.question import Question
from tests.attacks.conftest import MEASURE, Target
from tests.attacks.cube import Cube, Table
from tests.attacks.shown import shown

QUESTIONS = [
    ("month", ()), ("month", ("gender",)), ("month", ("aor", "criminality")),
    ("month", ("conviction", "criminality")), ("fiscal_year", ("citizenship_country", "gender")),
    ("fiscal_year", ("arrest_method", "arrest_setting")), ("quarter", ("state",)),
    ("quarter", ()), ("day", ("aor",)), ("day", ()), ("fiscal_year", ("case_status",)),
]  # fmt: skip


def _fast(cube: Cube, table: Table, values: Mapping[str, Any]) -> dict[tuple[Any, ...], Any]:
    return {
        (last_day(int(table.period[i]), table.kind),
         *(cube.facts.values[d][table.codes[d][i]] for d in table.dims)): values["value"][i]
        for i in np.flatnonzero(values["seen"])
    }  # fmt: skip


def _slow(rows: Iterable[Mapping[str, Any]], dims: Sequence[str]) -> dict[tuple[Any, ...], Any]:
    """Return the numbers shown; a value that is not stated has a word where people read it."""
    return {
        (r["period_end"], *(None if r[d] == "(not stated)" else r[d] for d in dims)): r["value"]
        for r in rows
    }


@pytest.mark.parametrize(("kind", "dims"), QUESTIONS)
def test_fast_and_real_numbers_are_the_same(
    real: Target, cube: Cube, rule: Policy, kind: str, dims: tuple[str, ...]
) -> None:
    table = next(t for t in cube.tables if (t.kind, t.dims) == (kind, tuple(sorted(dims))))
    made = shown(table, "gate", rule, real.secret)
    fast = _fast(cube, table, {"value": made.value, "seen": made.seen})
    answer = real.session.ask(MEASURE, by=list(dims), period=kind)
    rows = answer.rows.filter(answer.rows["value"].is_not_null())
    assert _slow(rows.iter_rows(named=True), table.dims) == fast
    assert fast or len(dims) == 2 or kind == "day", "nothing was compared"


@pytest.mark.parametrize("rules", ["exact-rows", "uwchr-2024"])
def test_so_they_are_under_other_rules(
    real: Target, cube: Cube, others: list[Cube], rule: Policy, rules: str
) -> None:
    other = next(c for c in others if c.facts.rules == rules)
    for number in (i for i, t in enumerate(other.tables) if t.dims == ("gender",)):
        table = other.tables[number]
        made = shown(table, "gate", rule, real.secret, cube.tables[number])
        fast = _fast(other, table, {"value": made.value, "seen": made.seen})
        answer = real.session.ask(MEASURE, by="gender", period=table.kind, rules=rules)
        rows = answer.rows.filter(answer.rows["value"].is_not_null())
        assert {
            (r["period_end"], r["gender"]): r["value"] for r in rows.iter_rows(named=True)
        } == fast


def test_the_cube_holds_all_that_may_be_asked(real: Target, cube: Cube, rule: Policy) -> None:
    """One dimension more than the cube has is refused, so an attacker can ask no more."""
    for kind, most in rule.dimensions.items():
        dims = ["gender", "aor", "state", "program"][: most + 1]
        with pytest.raises(NotCleared):
            real.session.ask(MEASURE, by=dims, period=kind)
        with pytest.raises(NotCleared):
            real.session.ask(MEASURE, by=dims[:-1], where={dims[-1]: ["Male"]}, period=kind)
    assert len(cube.tables) == sum({0: 1, 1: 14, 2: 92}[most] for most in rule.dimensions.values())


def test_the_attackers_know_the_exact_numbers(real: Target, cube: Cube) -> None:
    """With the gate off, the engine's exact frame shows what the cube holds."""
    for table in cube.tables:
        if table.dims not in ((), ("gender",), ("criminality", "gender")):
            continue
        frame = ask(real.corpus, Question.of(MEASURE, by=list(table.dims), period=table.kind)).frame
        kept = ["period_end", *table.dims, "rows", "units", "people", "largest", "cell_key"]
        exact = {tuple(r) for r in frame.select(kept).rows()}
        words = [[cube.facts.values[d][c] for c in table.codes[d].tolist()] for d in table.dims]
        ends = [last_day(int(p), table.kind) for p in table.period]
        columns = (table.rows, table.n, table.people, table.largest, table.key)
        assert exact == set(zip(ends, *words, *(c.tolist() for c in columns), strict=True))
