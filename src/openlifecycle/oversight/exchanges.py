"""Labels that fit the release before far better when exchanged.

Two labels exchanged break no total. But a release two weeks later prints nearly the same numbers
under the same labels; if each of two labels prints about what the other printed before, they were
exchanged in one of the two releases.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import polars as pl

from openlifecycle.model.observation import FISCAL_YEAR_TO_DATE, INSTANT
from openlifecycle.oversight.arithmetic.parts import used_splits
from openlifecycle.oversight.finding import ERROR, Issue, number
from openlifecycle.oversight.history import Earlier, History, by_year
from openlifecycle.oversight.registry import check
from openlifecycle.oversight.release import Release

#: Exchanged, the numbers must be nearer to those before by this factor in all ...
_NEARER: Final = 0.34
#: ... and by this much for an average number (in logarithms; 0.2 is about 22%).
_GAIN: Final = 0.2
#: Few small numbers may come to look exchanged by chance.
_LEAST_GAIN: Final = 0.7
#: Counts smaller than this are hardly compared.
_FEW: Final = 20.0
#: Tables of which every instant has its own date, so that dates are part of what is compared.
_DATED: Final = ("iclos", "iclos_detainees")
#: In these tables one label is one facility.
_BY_FACILITY: Final = ("stateless", "segregation_by_facility")


@check(
    "exchanged_since", "swaps",
    "No two labels of a table print what the other printed in the release before.",
    "workbook_layouts 9 (E1 to E3's kind)", ERROR,
)  # fmt: skip
def exchanged_since(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each pair of labels that fits the earlier release better exchanged."""
    for name in release.tables:
        for year, rows in by_year(release, name).items():
            before = history.tables.get((name, year))
            if before is None:
                continue
            splits = [d for d in used_splits(rows) if d in used_splits(before.rows)]
            place = ["facility_label", "facility_zip"] if name == "facilities" else []
            place = ["facility_label"] if name in _BY_FACILITY else place
            keys = [*splits, *place]
            over = [d for d in splits if d != "inspection" and (name != "facilities" or d != "aor")]
            over += place if name in _BY_FACILITY else []
            now, then = keyed(rows, keys, name), keyed(before.rows, keys, name)
            for label in over:
                yield from _exchanged(name, label, keys, now, then, before)


def keyed(rows: pl.DataFrame, keys: list[str], name: str) -> pl.DataFrame:
    """Return the numbers with what identifies them from release to release."""
    kind = pl.col("period_kind")
    moving = (kind == INSTANT) & pl.lit(name not in _DATED)
    days = (pl.col("period_end") - pl.col("period_start")).dt.total_days()
    year = (kind == FISCAL_YEAR_TO_DATE) | (days > 31)
    kept = rows.filter((pl.col("value") != 0) | (kind != "interval"))
    return kept.select(
        "measure",
        *keys,
        "value",
        "sheet",
        "cell",
        span=pl.when(year).then(pl.lit("year")).otherwise(kind),
        start=pl.when(moving).then(None).otherwise("period_start"),
        size=(pl.col("value").abs() + _noise()).log(),
    )  # fmt: skip


def _noise() -> pl.Expr:
    """Return what is added before logarithms: counts of a few people change by chance."""
    unit = pl.col("unit")
    counted = unit.is_in(["persons", "events"]) & ~pl.col("measure").str.contains("adp")
    return (
        pl.when(counted)
        .then(pl.lit(_FEW))
        .when(unit == "fraction")
        .then(pl.lit(0.01))
        .otherwise(pl.lit(1.0))
    )


def _exchanged(
    name: str, label: str, keys: list[str], now: pl.DataFrame, then: pl.DataFrame, before: Earlier
) -> Iterator[Issue]:
    """Yield an issue for each pair of values of one dimension that fits better exchanged."""
    same = ["measure", "span", "start", *(k for k in keys if k != label)]
    both = now.join(then.select(*same, label, size_then="size"), on=same, nulls_equal=True)
    matrix = (
        both.filter(pl.col(label).is_not_null() & pl.col(f"{label}_right").is_not_null())
        .with_columns(miss=(pl.col("size") - pl.col("size_then")).abs())
        .group_by(label, f"{label}_right")
        .agg(miss=pl.col("miss").sum(), n=pl.len())
    )
    found = {(a, b): (miss, n) for a, b, miss, n in matrix.iter_rows()}
    for (a, b), (cross, n) in found.items():
        if a >= b or (b, a) not in found or (a, a) not in found or (b, b) not in found:
            continue
        printed = found[a, a][0] + found[b, b][0]
        crossed = cross + found[b, a][0]
        numbers = n + found[b, a][1]
        gain = printed - crossed
        if gain > max(_LEAST_GAIN, _GAIN * numbers) and crossed < _NEARER * printed:
            first = now.filter(pl.col(label) == a).sort("size", descending=True).to_dicts()[0]
            yield Issue(
                what=f"{name} prints for {a} what {before.release_id} printed for {b}, and the "
                f"other way round ({numbers} numbers, e.g. {number(first['value'])}): the labels "
                "are exchanged in one of the two, off by a factor of "
                f"{math.exp(printed / numbers):.1f}",
                table=name, sheet=first["sheet"], cell=first["cell"],
                printed=a, computed=b,
            )  # fmt: skip
