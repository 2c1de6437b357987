"""Labels out of the order that their table always has: two of them may be exchanged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from openlifecycle.model.dimensions import TOTAL
from openlifecycle.model.observation import INTERVAL
from openlifecycle.oversight.finding import WARNING, Issue
from openlifecycle.oversight.history import History
from openlifecycle.oversight.registry import check
from openlifecycle.oversight.release import Release

#: Tables whose blocks or rows the publisher always sorts by this label.
_SORTED: Final = (
    ("atd_by_aor_technology", "aor"),
    ("tps_arrests", "country"),
    ("tps_book_ins", "country"),
    ("tps_removals", "country"),
)
#: Three-letter codes sort otherwise than the names the ATD sheet prints.
_OFFICES: Final = (
    "ATL", "BAL", "BOS", "BUF", "CHI", "DAL", "DEN", "DET", "ELP", "HLG", "HOU", "LOS", "MIA",
    "NOL", "NYC", "NEW", "PHI", "PHO", "SLC", "SNA", "SND", "SFR", "SEA", "SPM", "WAS",
)  # fmt: skip


@check(
    "months_in_order", "order",
    "The months of a table run from left to right.",
    "workbook_layouts 3", WARNING,
)  # fmt: skip
def months_in_order(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each table row whose months do not run forward."""
    months = release.printed.filter(
        ~pl.col("hidden") & (pl.col("period_kind") == INTERVAL) & (pl.col("column") > 2)
    )
    back = (
        months.sort("sheet", "table", "row", "column")
        .with_columns(
            before=pl.col("period_start").shift(1).over("sheet", "table", "row", "fiscal_year")
        )
        .filter(pl.col("period_start") < pl.col("before"))
        .unique(["sheet", "table"], keep="first", maintain_order=True)
    )
    for row in back.to_dicts():
        yield Issue(
            what=f"{row['period_start']:%B %Y} stands right of {row['before']:%B %Y}: two months "
            "may be exchanged",
            table=row["table"], sheet=row["sheet"], cell=row["cell"],
            printed=str(row["period_start"]), computed=str(row["before"]),
        )  # fmt: skip


@check(
    "labels_in_order", "order",
    "Offices and countries stand in alphabetical order, as in every release.",
    "workbook_layouts 5, 7.2", WARNING,
)  # fmt: skip
def labels_in_order(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for the first label of a table that stands out of order."""
    for name, label in _SORTED:
        frame = release.table(name)
        if frame is None:
            continue
        rows = (
            frame.filter(pl.col(label).is_not_null() & (pl.col(label) != TOTAL))
            .group_by("sheet", label, maintain_order=True)
            .agg(row=pl.col("row").min(), cell=pl.col("cell").first())
            .sort("sheet", "row")
        )
        for sheet in rows.partition_by("sheet", maintain_order=True):
            yield from _out_of_order(name, label, sheet)


def _out_of_order(name: str, label: str, rows: pl.DataFrame) -> Iterator[Issue]:
    place = {office: number for number, office in enumerate(_OFFICES)}
    before: dict[str, object] | None = None
    for row in rows.to_dicts():
        if before is not None:
            now, then = str(row[label]), str(before[label])
            after = place.get(now, 99) < place.get(then, 99) if label == "aor" else now < then
            if after:
                yield Issue(
                    what=f"{now} stands below {then}: two labels may be exchanged",
                    table=name, sheet=str(row["sheet"]), cell=str(row["cell"]),
                    printed=now, computed=then,
                )  # fmt: skip
        before = row


@check(
    "technologies_in_order", "order",
    "The technologies of every office stand in one order.",
    "workbook_layouts 5", WARNING,
)  # fmt: skip
def technologies_in_order(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each office whose technologies stand in another order than most."""
    frame = release.table("atd_by_aor_technology")
    if frame is None:
        return
    technology = pl.col("technology")
    rows = frame.filter(
        technology.is_not_null() & (technology != TOTAL) & (pl.col("aor") != TOTAL)
    ).unique(["sheet", "aor", "technology"], maintain_order=True)
    pairs = (
        rows.select("sheet", "aor", "technology", "row", "cell")
        .join(rows.select("sheet", "aor", "technology", "row"), on=["sheet", "aor"])
        .filter(technology < pl.col("technology_right"))
        .with_columns(first=pl.col("row") < pl.col("row_right"))
        .with_columns(usual=pl.col("first").mean().over("sheet", "technology", "technology_right"))
    )
    share = pl.when("first").then("usual").otherwise(1 - pl.col("usual"))
    odd = pairs.filter(share < 0.2).unique(["sheet", "aor"], maintain_order=True)
    for row in odd.to_dicts():
        yield Issue(
            what=f"{row['aor']} lists {row['technology']} and {row['technology_right']} in another "
            "order than the other offices: the labels may be exchanged",
            table="atd_by_aor_technology", sheet=row["sheet"], cell=row["cell"],
            printed=row["technology"],
        )  # fmt: skip
