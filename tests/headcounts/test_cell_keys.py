"""The key of a headcount cell is the sum over those who are present, midnight by midnight."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from openlifecycle.demo.world import Rates, make_world
from openlifecycle.engine.backend import fetch
from openlifecycle.engine.record_source import EventFolder
from openlifecycle.engine.records import RecordCorpus, ask
from openlifecycle.measures.question import Question

START, END = date(2025, 3, 1), date(2025, 3, 31)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> RecordCorpus:
    folder: Path = tmp_path_factory.mktemp("heads")
    world = make_world(400, 5, Rates())
    for name, table in world.tables.items():
        table.write_parquet(folder / f"{name}.parquet")
    return RecordCorpus(EventFolder(folder, world.through))


def question(measure: str) -> Question:
    return Question(measure, by=("aor",), start=START, end=END, period="month")


def present(heads: pl.DataFrame, day: date) -> dict[str, dict[int, int]]:
    """Return, by area, the units at the midnight that ends a day, each with its secret number."""
    found: dict[str, dict[int, int]] = {}
    for row in heads.iter_rows(named=True):
        begins, ends = row["book_in_at"], row["book_out_at"]
        if row["is_left_out"] or begins is None or begins.date() > day:
            continue
        if ends is None or ends.date() > day:
            found.setdefault(row["aor"], {})[row["unit"]] = row["record_key"]
    return found


@pytest.mark.parametrize("measure", ["record_population", "record_adp", "record_person_days"])
def test_keys_and_units_are_those_of_a_slow_count(corpus: RecordCorpus, measure: str) -> None:
    exact = ask(corpus, question(measure))
    tables = corpus.tables(exact.held, exact.plan.rules[0])
    heads = pl.DataFrame(pl.from_arrow(fetch(tables.backend, tables.fact("heads"))))
    last = measure == "record_population"
    days = [END] if last else [START + timedelta(days=n) for n in range(31)]
    keys: dict[str, int] = {}
    most: dict[str, int] = {}
    for day in days:
        for area, units in present(heads, day).items():
            keys[area] = keys.get(area, 0) + sum(units.values())
            most[area] = max(most.get(area, 0), len(units))
    rows = exact.frame.filter(pl.col("units") > 0)
    assert len(rows) > 3
    assert dict(rows.select("aor", "cell_key").iter_rows()) == keys
    assert dict(rows.select("aor", "units").iter_rows()) == most
    assert rows["largest"].unique().to_list() == [1]
    assert (rows["people"] <= rows["units"]).all()
