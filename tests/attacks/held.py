"""People who are held, midnight by midnight: each further day is a further look at one person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from openlifecycle.engine.records import RecordCorpus
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_plan import record_plan
from tests.attacks.cube import Cube, labels
from tests.attacks.facts import Facts, coded, units
from tests.attacks.insider import Cases

#: Counted by day, by place alone.
MEASURE = "record_population"


def midnights(corpus: RecordCorpus, dims: Sequence[str]) -> Facts:
    """Return a record for each stay and midnight, as a measure of people held counts them."""
    plan = record_plan(Question.of(MEASURE, period="day"))
    held = corpus.held(plan)
    rows = corpus.tables(held, "olc-1").fact("stay")
    columns = ["person", "record_key", "book_in_at", "book_out_at", *dims]
    frame = pl.DataFrame(pl.from_arrow(rows.select(*columns).to_pyarrow()))
    out = pl.col("book_out_at").fill_null(held.through).cast(pl.Date)
    frame = frame.filter(
        pl.col("book_in_at").is_not_null(), pl.col("book_in_at").cast(pl.Date) < out
    )
    days = pl.date_ranges(pl.col("book_in_at").cast(pl.Date), out, closed="left").alias("day")
    frame = frame.with_columns(days).explode("day").unique(["person", "day"], maintain_order=True)
    made = {d: coded(frame[d]) for d in dims}
    return Facts(
        measure=MEASURE, rules="olc-1", unit=units(frame),
        key=frame["record_key"].to_numpy().astype(np.int64),
        periods={"day": frame["day"].to_physical().to_numpy().astype(np.int64)},
        codes={d: c for d, (c, _) in made.items()}, values={d: v for d, (_, v) in made.items()},
        within={d: () for d in dims},
    )  # fmt: skip


def stays(cube: Cube, dim: str, days: int, count: int, seed: int) -> Cases:
    """Return people, each with another place for the first so many days of being held."""
    facts, draws = cube.facts, np.random.default_rng(seed)
    order = np.lexsort((facts.periods["day"], facts.unit))
    people, first, held = np.unique(facts.unit[order], return_index=True, return_counts=True)
    long = np.flatnonzero(held >= days)
    chosen = draws.choice(long, min(count, len(long)), replace=False)
    records = np.stack([order[first[c] : first[c] + days] for c in chosen])
    other = facts.codes[dim][draws.integers(0, len(facts.unit), len(chosen))]
    number = next(i for i, t in enumerate(cube.tables) if t.dims == (dim,))
    one = cube.tables[number]
    case = np.repeat(np.arange(len(chosen)), days)
    flat = records.ravel()
    label = labels(facts, facts.periods["day"][flat], {dim: other[case]})
    at = np.minimum(np.searchsorted(one.label, label), len(one) - 1)
    cell = np.where(one.label[at] == label, at, -1)
    own = one.cell_of[flat]
    moved = np.flatnonzero(own != cell)
    return Cases(
        record=records[:, 0],
        case=np.concatenate([case[moved], case[moved]]),
        table=np.full(2 * len(moved), number),
        cell=np.concatenate([own[moved], cell[moved]]),
        holds=np.concatenate([np.ones(len(moved), bool), np.zeros(len(moved), bool)]),
    )
