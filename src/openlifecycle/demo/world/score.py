"""How far each rule set is from the truth of a world, measure by measure.

A published figure rests on rules for duplicates, missing keys, matches and midnights. Nobody can
say from real records which rules come closest, because the truth is not released. Here it is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from openlifecycle.demo.world.build import World
from openlifecycle.demo.world.true_figures import (
    days_compared,
    true_figures,
    true_headcount,
)
from openlifecycle.lifecycle.build import Events, Lifecycle, build
from openlifecycle.lifecycle.rules import RULE_SETS, ruleset

_C = pl.col
#: Tables of a lifecycle that a score reads.
_USED: Final = frozenset({"stint", "stay", "arrest", "link__arrest_stay"})
SCHEMA: Final = {
    "rule_set": pl.String(),
    "measure": pl.String(),
    "truth": pl.Float64(),
    "answer": pl.Float64(),
    "error": pl.Float64(),
    "relative_error": pl.Float64(),
}


def score(world: World, rules: Sequence[str] = RULE_SETS) -> pl.DataFrame:
    """Return, for each rule set and measure, the truth, the answer and the error.

    Measures ending in ``_error`` or ``_right`` compare case by case: a rule set can have the right
    number of stays for two wrong reasons. Their truth is 0 and 1.

    Args:
        world: what to answer about.
        rules: names of rule sets.
    """
    from openlifecycle.engine.backend import keep_step, open_backend, read_parquet

    truth = true_figures(world)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="synthetic-world-") as folder:
        backend = open_backend("duckdb")
        tables = {}
        for name, frame in world.tables.items():
            path = Path(folder) / f"SYNTHETIC {name}.parquet"
            frame.write_parquet(path)
            tables[name] = read_parquet(backend, [path], f"world_{name}")
        events = Events("us_ice.records@synthetic", world.through, tables)
        for number, name in enumerate(rules):

            def kept(step: str, table: Any, of: str = f"r{number}") -> Any:
                return keep_step(backend, table, f"{of}_{step}")

            cycle = build(events, ruleset(name), keep=kept)
            wanted = {
                one: kept(f"made_{one}", cycle.tables[one]) for one in _USED & set(cycle.tables)
            }
            answers = _answers(world, backend, replace(cycle, tables=wanted))
            rows += [
                _row(name, measure, _true(truth, measure), answer)
                for measure, answer in answers.items()
            ]
        backend.disconnect()
    return pl.DataFrame(rows, schema=SCHEMA)


def _true(truth: dict[str, float], measure: str) -> float:
    if measure.endswith("_error"):
        return 0.0
    return 1.0 if measure.endswith("_right") else truth[measure]


def _row(name: str, measure: str, truth: float, answer: float) -> dict[str, Any]:
    error = answer - truth
    return {
        "rule_set": name,
        "measure": measure,
        "truth": truth,
        "answer": answer,
        "error": error,
        "relative_error": error / truth if truth else None,
    }


def _answers(world: World, backend: Any, cycle: Lifecycle) -> dict[str, float]:
    """Return the figures of one rule set, and how many of its cases are right."""

    def fetched(name: str, *columns: str) -> pl.DataFrame:
        expression = cycle.tables[name].select(*columns)
        frame = pl.from_arrow(backend.to_pyarrow(expression))
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table, not a column
        return frame

    stay = fetched(
        "stay", "stay_id", "person_key", "book_in_at", "book_out_at", "n_transfers",
        "is_over_hold_limit", "is_open",
    )  # fmt: skip
    found = _of_stays(stay) | _stays_right(world, stay)
    if "arrest" in world.tables:
        arrest = fetched("arrest", "row_id", "is_left_out")
        link = fetched("link__arrest_stay", "row_id", "stay_id")
        found |= _of_arrests(world, arrest, link)
    return found | _of_headcounts(world, backend, cycle)


def _of_stays(stay: pl.DataFrame) -> dict[str, float]:
    days = (_C("book_out_at") - _C("book_in_at")).dt.total_seconds() / 86_400
    lengths = stay.select(days.alias("days"))["days"].drop_nulls()
    return {
        "stays": stay.height,
        "people_with_a_stay": stay["person_key"].drop_nulls().n_unique(),
        "stays_open": float(stay["is_open"].sum()),
        "mean_days_completed": float(lengths.mean() or 0),  # type: ignore[arg-type]
        "median_days_completed": float(lengths.median() or 0),  # type: ignore[arg-type]
        "transfers_per_stay": float(stay["n_transfers"].mean() or 0),  # type: ignore[arg-type]
        "share_of_stays_never_moved": float((stay["n_transfers"] == 0).mean() or 0),  # type: ignore[arg-type]
        "share_over_hold_limit": float(
            stay["is_over_hold_limit"].fill_null(False).mean() or 0  # type: ignore[arg-type]
        ),
    }


def _stays_right(world: World, stay: pl.DataFrame) -> dict[str, float]:
    """Return the share of true stays that have one stay, of the right person, start and end."""
    told = world.truth["row__detention_stint"].select(_C("row_id").alias("stay_id"), "stay")
    true = world.truth["stay"].select("stay", "person_key", "book_in_at", "book_out_at")
    joined = stay.join(told, on="stay_id").join(true, on="stay", suffix="_true")
    alone = pl.len().over("stay") == 1
    same = [
        _C(name).eq_missing(_C(f"{name}_true"))
        for name in ("person_key", "book_in_at", "book_out_at")
    ]
    right = joined.filter(alone).filter(*same)
    return {"stays_right": right.height / max(true.height, 1)}


def _of_arrests(world: World, arrest: pl.DataFrame, link: pl.DataFrame) -> dict[str, float]:
    kept = arrest.filter(~_C("is_left_out"))
    linked = link.filter(_C("stay_id").is_not_null())
    told = world.truth["row__arrest"].select("row_id", _C("arrest"))
    stints = world.truth["row__detention_stint"].select(_C("row_id").alias("stay_id"), "stay")
    pairs = linked.join(told, on="row_id").join(stints, on="stay_id")
    right = pairs.filter(_C("arrest") == _C("stay")).select("arrest").n_unique()
    true = world.truth["arrest"].filter(_C("stay").is_in(world.truth["stay"]["stay"].implode()))
    return {
        "arrests": kept.height,
        "share_of_arrests_with_stay": linked.height / max(kept.height, 1),
        "links_right": (pairs.height and right / pairs.height) or 0.0,
        "true_links_found_right": right / max(true.height, 1),
    }


def _of_headcounts(world: World, backend: Any, cycle: Lifecycle) -> dict[str, float]:
    """Return the midnight population, and the error of facility-days beside the truth."""
    from openlifecycle.engine.record_daily import heads_by_day

    rules = cycle.rules.headcount
    last_day = world.through.date()

    def counted(by: tuple[str, ...]) -> pl.DataFrame:
        frame = heads_by_day(
            backend, cycle.tables["stint"], rows=world.tables["detention_stint"].height,
            rules=rules, through=world.through, by=by, counts=("midnight",),
        )  # fmt: skip
        # A count at the midnight that starts a day is that of the day before's end (R20, R21).
        back = timedelta(days=rules.midnight == "start")
        return frame.with_columns(_C("date") - back).filter(
            _C("date") >= world.start, _C("date") <= last_day
        )

    held = counted(())
    cells = counted(("facility_code",))
    true = true_headcount(world, ("facility_code",))
    both = true.join(cells, on=["date", "facility_code"], how="full", coalesce=True).filter(
        _C("date") < last_day
    )
    off = (_C("n").fill_null(0) - _C("n_midnight").fill_null(0)).abs().sum()
    most = both["n"].sum()
    found = {
        "mean_midnight_population": held.filter(_C("date") < last_day)["n_midnight"].sum()
        / max(days_compared(world), 1),
        "facility_days_error": both.select(off).item() / max(most, 1),
    }
    if rules.midnight == "start":
        return found
    last = held.filter(_C("date") == last_day)["n_midnight"].sum()
    return found | {"midnight_population_at_end": last}
