"""What one release changed of another: the same number for the same period, printed twice.

A number is restated when table, measure, dimensions and period are the same and the value is not.
A month that has filled up since, a snapshot of a later day or a longer year to date is not a
restatement: the period moved on. Neither is a change of concept (final releases -> book-outs).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from openlifecycle.engine.notes import provisional
from openlifecycle.engine.observations import release_rows
from openlifecycle.engine.source import ObservationSource
from openlifecycle.model.dimensions import DIMENSIONS
from openlifecycle.model.observation import FISCAL_YEAR_TO_DATE, INSTANT, INTERVAL, OBSERVED

#: Printed with five or with fifteen decimals, a number is the same.
SAME_WITHIN: Final = 5e-5

#: Pairs of measures that follow each other in one table and count different things.
CONCEPTS: Final = {
    "final_releases": "final_book_outs",
    "removals_with_family_detention": "removals_with_famu_identifier",
    "bond_final_releases": "bond_final_book_outs",
    "bond_posted_releases": "bond_posted_book_outs",
}

#: Shares and averages over the population that changed: they change concept with it.
_FOLLOW: Final = {
    "bond": ("bond_posted_share", "bond_average_amount", "bond_alos"),
}

#: What a facility carries beside its name: a change of these is not another facility.
_ATTRIBUTES: Final = frozenset(
    {"facility_address", "facility_zip", "facility_type_detailed", "facility_gender", "aor"}
)
#: Tables whose rows are named by facility, so that the attributes above do not name them.
_FACILITY_TABLES: Final = ("facilities", "facility_extract")

RESTATED: Final = "restated"
FILLED: Final = "filled up"
MOVED: Final = "moved on"
CONCEPT: Final = "concept changed"
APPEARED: Final = "appeared"
VANISHED: Final = "vanished"
SAME: Final = "same"

KINDS: Final = {
    RESTATED: "another value for the same table, measure, dimensions and period",
    FILLED: "a month that was not over in the first release",
    MOVED: "a later day or a longer year to date of the same number",
    CONCEPT: "the same place in the table now counts something else",
    APPEARED: "a number that the first release does not have",
    VANISHED: "a number that the second release does not have",
    SAME: "the same value",
}


@dataclass(frozen=True)
class Changes:
    """Every number of two releases, paired.

    ``rows`` has kind, table, measure, period, the dimensions, before, after, difference, share,
    and the sheet and cell in both releases.
    """

    before: str
    after: str
    rows: pl.DataFrame

    def of_kind(self, kind: str) -> pl.DataFrame:
        """Return the rows of one kind; restated ones with the largest share first."""
        return self.rows.filter(pl.col("kind") == kind).sort(
            pl.col("share").abs(), descending=True, nulls_last=True
        )

    def by_table(self) -> pl.DataFrame:
        """Return how many numbers of each table changed, and the median size of restatements."""
        restated = pl.col("kind") == RESTATED
        return (
            self.rows.group_by("table")
            .agg(
                *[(pl.col("kind") == k).sum().alias(k) for k in KINDS],
                pl.col("share").abs().filter(restated).median().alias("median_share"),
                pl.col("share").abs().filter(restated).max().alias("largest_share"),
            )
            .sort(RESTATED, "table", descending=[True, False])
        )

    def as_dict(self) -> dict[str, Any]:
        """Return everything but the unchanged numbers, for JSON."""
        changed = self.rows.filter(pl.col("kind") != SAME)
        counts = {k: self.rows.filter(pl.col("kind") == k).height for k in KINDS}
        return {
            "before": self.before,
            "after": self.after,
            "counts": counts,
            "tables": self.by_table().to_dicts(),
            "rows": changed.with_columns(pl.col(pl.Date).dt.to_string("iso")).to_dicts(),
        }


def changes(source: ObservationSource, before: str, after: str) -> Changes:
    """Return what release ``after`` changed of release ``before``, as published."""
    first, second = (_prepared(release_rows(source, r)) for r in (before, after))
    exact = [*_WHAT, "start", "end", "nth"]
    looser = [*_WHAT, "loose", "nth"]
    paired = _pair(first, second, exact)
    kinds = pl.when(_equal()).then(pl.lit(SAME)).when(pl.col("partial")).then(pl.lit(FILLED))
    found = [paired.with_columns(kind=kinds.otherwise(pl.lit(RESTATED)))]
    first, second = _rest(first, paired, "key"), _rest(second, paired, "key_right")
    moved = _pair(first, second, looser)
    is_interval = pl.col("period_kind") == INTERVAL
    found.append(
        moved.with_columns(kind=pl.when(is_interval).then(pl.lit(FILLED)).otherwise(pl.lit(MOVED)))
    )
    first, second = _rest(first, moved, "key"), _rest(second, moved, "key_right")
    renamed = first.with_columns(pl.col("measure").replace(CONCEPTS)).filter(
        pl.col("printed_measure").is_in(list(CONCEPTS))
    )
    concept = _pair(renamed, second, looser)
    found.append(concept.with_columns(kind=pl.lit(CONCEPT)))
    found[0] = _following(found[0], concept)
    first, second = _rest(first, concept, "key"), _rest(second, concept, "key_right")
    found.append(_alone(first, VANISHED))
    found.append(_alone(second, APPEARED))
    return Changes(before, after, _finished(pl.concat(found, how="diagonal_relaxed")))


_KEY_DIMS: Final = tuple(DIMENSIONS)
_WHAT: Final = ("table", "measure", "period_kind", *_KEY_DIMS)


def _prepared(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the visible observed numbers with their keys, exact and loose in time."""
    shown = rows.filter(
        pl.col("status") == OBSERVED, pl.col("hidden").not_(), pl.col("value").is_not_null()
    )
    in_list = pl.col("table").is_in(_FACILITY_TABLES)
    loose = (
        pl.when(pl.col("period_kind") == INSTANT)
        .then(pl.lit(""))
        .when(pl.col("period_kind") == FISCAL_YEAR_TO_DATE)
        .then(pl.col("fiscal_year").cast(pl.String))
        .otherwise(pl.col("period_start").cast(pl.String))
    )
    return shown.with_columns(
        *[
            (pl.when(in_list).then(pl.lit("")).otherwise(pl.col(d).fill_null("")) if d in
             _ATTRIBUTES else pl.col(d).fill_null("")).alias(d)
            for d in _KEY_DIMS
        ],
        printed_measure=pl.col("measure"),
        start=pl.col("period_start"),
        end=pl.col("period_end"),
        loose=loose,
        partial=provisional(),
    ).with_columns(
        # a facility printed twice in one list: first with first, second with second
        nth=pl.int_range(pl.len()).over([*_WHAT, "start", "end"])
    ).with_row_index("key")  # fmt: skip


def _pair(first: pl.DataFrame, second: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    mine = ("key", "value", "sheet", "cell", "start", "end", "printed_measure")
    kept = list(dict.fromkeys([*on, *mine]))
    right = second.select(kept).rename({c: f"{c}_right" for c in kept if c not in on})
    # Two snapshots in one sheet (ICLOS) share a loose key: pair each once, the latest first.
    left = first.sort("end", descending=True).unique(on, keep="first", maintain_order=True)
    right_end = "end" if "end" in on else "end_right"
    once = right.sort(right_end, descending=True).unique(on, keep="first", maintain_order=True)
    return left.join(once, on=on, how="inner", nulls_equal=True)


def _following(paired: pl.DataFrame, concept: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs, with shares over a changed concept told apart from restatements."""
    changed = concept.select("table", "start").unique()
    for table, measures in _FOLLOW.items():
        months = changed.filter(pl.col("table") == table)["start"].to_list()
        moved = (
            (pl.col("kind") == RESTATED)
            & (pl.col("table") == table)
            & pl.col("measure").is_in(measures)
            & pl.col("start").is_in(months)
        )
        paired = paired.with_columns(
            kind=pl.when(moved).then(pl.lit(CONCEPT)).otherwise(pl.col("kind"))
        )
    return paired


def _equal() -> pl.Expr:
    return (pl.col("value") - pl.col("value_right")).abs() < SAME_WITHIN


def _rest(rows: pl.DataFrame, paired: pl.DataFrame, key: str) -> pl.DataFrame:
    return rows.filter(~pl.col("key").is_in(paired[key].to_list()))


def _alone(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    if kind == VANISHED:
        return rows.with_columns(kind=pl.lit(kind))
    renamed = {c: f"{c}_right" for c in ("value", "sheet", "cell")}
    return rows.rename(renamed).with_columns(kind=pl.lit(kind))


def _finished(rows: pl.DataFrame) -> pl.DataFrame:
    dims = [d for d in _KEY_DIMS if (rows[d] != "").any()]
    difference = pl.col("value_right") - pl.col("value")
    share = pl.when(pl.col("value") != 0).then(difference / pl.col("value"))
    return rows.select(
        "kind", "table", pl.col("printed_measure").alias("measure"), "unit", "period_kind",
        pl.col("start").alias("period_start"), pl.col("end").alias("period_end"),
        *[pl.col(d).replace("", None) for d in dims],
        pl.col("value").alias("before"), pl.col("value_right").alias("after"),
        difference.alias("difference"), share.alias("share"),
        pl.col("sheet").alias("before_sheet"), pl.col("cell").alias("before_cell"),
        pl.col("sheet_right").alias("after_sheet"), pl.col("cell_right").alias("after_cell"),
    ).sort("table", "measure", "period_start", "period_end", *dims)  # fmt: skip
