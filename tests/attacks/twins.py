"""Two worlds that differ in one value of one person, and what is shown of each over many secrets.

This attacker looks at the gate from outside: whatever the kind of value, he knows both worlds
whole and the law of the noise (here: by drawing it again and again), and tells from one shown
number which of the two worlds it is of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from openlifecycle.demo.world import World
from openlifecycle.disclosure.gate import clear_records
from openlifecycle.engine.record_answer import Exact
from openlifecycle.engine.records import ask
from openlifecycle.measures.question import Question
from tests.attacks.conftest import Target


def changed(
    world: World, person: str, column: str, value: str | None
) -> Mapping[str, pl.DataFrame]:
    """Return the tables of a world with one field of one person changed in all of them."""
    return {
        name: frame.with_columns(
            pl.when(pl.col("person_key") == person).then(pl.lit(value)).otherwise(pl.col(column))
            .alias(column)
        ) if column in frame.columns else frame
        for name, frame in world.tables.items()
    }  # fmt: skip


#: The numbers of a row that may tell something.
TOLD = ("value", "margin", "over")


@dataclass(frozen=True)
class Told:
    """What one cell tells of the world it is in.

    Attributes:
        cell: period and values.
        apart: probability that the better of two guesses is right, from this cell alone.
        people: how many are behind it.
    """

    cell: tuple[Any, ...]
    apart: float
    people: int


def told(one: Target, other: Target, question: Question, secrets: int) -> list[Told]:
    """Return what each cell that differs between the worlds tells, most first."""
    exact = [ask(s.corpus, question) for s in (one, other)]
    moved = _moved(exact, [*exact[0].plan.split])
    seen = [[Counter[Any]() for _ in moved] for _ in exact]
    for number in range(secrets):
        for which, made in enumerate(exact):
            secret = bytes([which]) + number.to_bytes(31, "big")
            rows = clear_records(replace(made, secret=secret)).content.rows
            shown = {
                _cell(r, made.plan.split): tuple(r[name] for name in TOLD)
                for r in rows.iter_rows(named=True)
            }
            for place, (cell, _) in enumerate(moved):
                seen[which][place][shown.get(cell)] += 1
    found = [
        Told(cell, _apart(seen[0][i], seen[1][i], secrets), people)
        for i, (cell, people) in enumerate(moved)
    ]
    return sorted(found, key=lambda t: -t.apart)


def _cell(row: Mapping[str, Any], split: Sequence[str]) -> tuple[Any, ...]:
    return (row["period_end"], *(row[d] for d in split))


def _moved(exact: Sequence[Exact], split: Sequence[str]) -> list[tuple[tuple[Any, ...], int]]:
    """Return the cells that are others in the two worlds, with the people behind each."""
    cells = [
        {
            _cell(r, split): (r["value"], r["units"], r["rows"])
            for r in e.frame.iter_rows(named=True)
        }
        for e in exact
    ]
    both = [c for c in cells[0] if c in cells[1] and cells[0][c] != cells[1][c]]
    return [(c, int(cells[0][c][1] or 0)) for c in both]


def _apart(one: Counter[Any], other: Counter[Any], draws: int) -> float:
    """Return (1 + total variation) / 2 between two samples, told apart by classes of values.

    The first half of each sample says which values speak for which world; the second half is
    guessed. So a sample too small to learn from makes the attacker worse, never better.
    """
    rng = np.random.default_rng(0)
    lists = [list(c.elements()) for c in (one, other)]
    lists = [[made[i] for i in rng.permutation(len(made))] for made in lists]
    half = draws // 2
    learned = [Counter(x[:half]) for x in lists]
    right = 0.0
    for which, sample in enumerate(lists):
        for value in sample[half:]:
            mine, not_mine = learned[which][value], learned[1 - which][value]
            right += 1.0 if mine > not_mine else 0.5 if mine == not_mine else 0.0
    return right / (2 * (draws - half))
