"""Printed shares against the two numbers that they are shares of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import polars as pl

from openlifecycle.model.dimensions import TOTAL
from openlifecycle.oversight.finding import ERROR, WARNING, Issue, number
from openlifecycle.oversight.history import History
from openlifecycle.oversight.registry import check
from openlifecycle.oversight.release import Release

#: Old workbooks print shares rounded to two decimals (0.58), court shares to three.
_ROUNDED = 0.0051
_BOND_ROUNDED = 0.0006
#: A share this far under the usual one was hardly entered yet.
_COLLAPSED = 0.1


def _share_issue(row: dict[str, object], table: str, what: str) -> Issue:
    share, computed = cast(float, row["share"]), cast(float, row["computed"])
    return Issue(
        what=f"{what} prints a share of {number(share)}, but {number(cast(float, row['part']))} of "
        f"{number(cast(float, row['whole']))} is {number(computed)}",
        table=table,
        sheet=str(row["sheet"]),
        cell=str(row["cell"]),
        printed=share,
        computed=computed,
    )


def _off(frame: pl.DataFrame, slack: float) -> pl.DataFrame:
    """Return the rows whose printed share is not part / whole."""
    return (
        frame.filter(pl.col("whole") > 0)
        .with_columns(computed=pl.col("part") / pl.col("whole"))
        .filter((pl.col("share") - pl.col("computed")).abs() > slack)
    )


@check(
    "criminality_share", "shares",
    "The printed share of ICE or CBP arrests is their count over the total of the row.",
    "workbook_layouts 3.4", ERROR,
)  # fmt: skip
def criminality_share(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for a share that is not the agency's count over the row's total."""
    frame = release.numbers("detained_by_criminality")
    if frame is None:
        return
    keys = ["sheet", "fiscal_year", "criminality"]
    shares = frame.filter(pl.col("measure") == "detained_share")
    counts = frame.filter(pl.col("measure") == "detained")
    agency = pl.col("arresting_agency")
    joined = shares.select(*keys, "arresting_agency", "cell", share="value").join(
        counts.select(*keys, "arresting_agency", part="value"), on=[*keys, "arresting_agency"]
    ).join(counts.filter(agency == TOTAL).select(*keys, whole="value"), on=keys)  # fmt: skip
    for row in _off(joined, _ROUNDED).to_dicts():
        yield _share_issue(
            row, "detained_by_criminality", f"{row['criminality']} by {row['arresting_agency']}"
        )


@check(
    "court_share", "shares",
    "The printed share of hearings attended is their count over all hearings.",
    "workbook_layouts 5", ERROR,
)  # fmt: skip
def court_share(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for a court share that is not count over total."""
    frame = release.numbers("atd_court_appearance")
    if frame is None:
        return
    keys = ["sheet", "fiscal_year", "hearing_type"]
    counts = frame.filter(pl.col("measure") == "court_hearings")
    joined = (
        frame.filter(pl.col("measure") == "court_hearings_share")
        .select(*keys, "appearance", "cell", share="value")
        .join(counts.select(*keys, "appearance", part="value"), on=[*keys, "appearance"])
        .join(
            counts.filter(pl.col("appearance") == TOTAL).select(*keys, whole="value"), on=keys
        )
    )  # fmt: skip
    for row in _off(joined, _ROUNDED).to_dicts():
        yield _share_issue(
            row, "atd_court_appearance", f"{row['hearing_type']} {row['appearance']}"
        )


def _bond(release: Release) -> pl.DataFrame | None:
    """Return one row a month of the bond sheet: total, posted and share with their cells."""
    frame = release.numbers("bond")
    if frame is None:
        return None
    measure, value = pl.col("measure"), pl.col("value")
    posted = measure.str.starts_with("bond_posted_") & (measure != "bond_posted_share")
    total = measure.str.starts_with("bond_final_")
    share = measure == "bond_posted_share"
    return frame.group_by("sheet", "period_start", maintain_order=True).agg(
        whole=value.filter(total).first(),
        part=value.filter(posted).first(),
        share=value.filter(share).first(),
        cell=pl.col("cell").filter(share).first(),
        posted_cell=pl.col("cell").filter(posted).first(),
    )


@check(
    "bond_share", "shares",
    "The printed share of releases with bond posted is posted over total.",
    "workbook_layouts 7.1", ERROR,
)  # fmt: skip
def bond_share(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for a month whose bond share is not posted over total."""
    months = _bond(release)
    if months is None:
        return
    for row in _off(months, _BOND_ROUNDED).to_dicts():
        yield _share_issue(row, "bond", f"Bond posted in {row['period_start']:%B %Y}")


@check(
    "bond_share_repeated", "shares",
    "No two months print the same share of releases with bond to the last digit.",
    "workbook_layouts 8 (E24's kind)", WARNING,
)  # fmt: skip
def bond_share_repeated(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue where two months print one share: a quotient hardly comes twice."""
    months = _bond(release)
    if months is None:
        return
    twice = months.filter((pl.col("share") > 0) & pl.col("share").is_duplicated())
    twice = twice.filter(pl.col("part") / pl.col("whole") != pl.col("share"))
    for row in twice.to_dicts():
        yield Issue(
            what=f"the bond share of {row['period_start']:%B %Y}, {row['share']}, is printed for "
            "another month too, to the last digit",
            table="bond", sheet=row["sheet"], cell=row["cell"], printed=row["share"],
        )  # fmt: skip


@check(
    "bond_share_collapsed",
    "shares",
    "The share of releases with bond does not fall under a tenth of the other months' median.",
    "workbook_layouts 9 (E28's kind)",
    WARNING,
)
def bond_share_collapsed(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for a month of a thousand releases and hardly any bond."""
    months = _bond(release)
    if months is None:
        return
    real = months.filter((pl.col("whole") >= 1000) & (pl.col("part") > 0))
    shares = real.with_columns(ratio=pl.col("part") / pl.col("whole"))
    usual = shares.select(pl.col("ratio").median()).item()
    for row in shares.filter(pl.col("ratio") < _COLLAPSED * pl.lit(usual)).to_dicts():
        yield Issue(
            what=f"{number(row['part'])} releases with bond of {number(row['whole'])} in "
            f"{row['period_start']:%B %Y}, where {usual:.1%} is usual: hardly entered yet",
            table="bond",
            sheet=row["sheet"],
            cell=row["posted_cell"],
            printed=row["part"],
            computed=row["whole"] * usual,
        )


@check(
    "bond_posted_within_total", "shares",
    "Releases with bond posted are not more than all releases of the month.",
    "workbook_layouts 8", ERROR,
)  # fmt: skip
def bond_posted_within_total(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for a month with more bonded releases than releases."""
    months = _bond(release)
    if months is None:
        return
    for row in months.filter(pl.col("part") > pl.col("whole")).to_dicts():
        yield Issue(
            what=f"{number(row['part'])} releases with bond posted in "
            f"{row['period_start']:%B %Y}, of {number(row['whole'])} releases",
            table="bond", sheet=row["sheet"], cell=row["posted_cell"],
            printed=row["part"], computed=row["whole"],
        )  # fmt: skip


@check(
    "unique_detainees_within_placements", "shares",
    "Unique people placed in segregation are not more than the placements of the quarter.",
    "workbook_layouts 7.3", ERROR,
)  # fmt: skip
def unique_detainees_within_placements(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for a quarter whose note counts more people than placements."""
    placed, unique = (
        release.numbers(table) for table in ("vulnerable_placements", "vulnerable_unique_detainees")
    )
    if placed is None or unique is None:
        return
    totals = placed.filter(
        (pl.col("measure") == "segregation_placements_vulnerable")
        & (pl.col("placement_reason").fill_null(TOTAL) == TOTAL)
    )
    quarters = (
        unique.filter(pl.col("measure") == "segregation_unique_detainees")
        .select("sheet", "cell", "period_start", part="value")
        .join(totals.select("period_start", whole="value"), on="period_start")
    )
    for row in quarters.filter(pl.col("part") > pl.col("whole")).to_dicts():
        yield Issue(
            what=f"{number(row['part'])} unique people in {number(row['whole'])} placements of the "
            f"quarter from {row['period_start']:%B %Y}",
            table="vulnerable_placements", sheet=row["sheet"], cell=row["cell"],
            printed=row["part"], computed=row["whole"],
        )  # fmt: skip
