"""The same number printed in two tables of one release must be the same number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import polars as pl

from openlifecycle.model.dimensions import TOTAL
from openlifecycle.model.observation import FISCAL_YEAR_TO_DATE, INTERVAL
from openlifecycle.oversight.finding import ERROR, WARNING, Issue, number
from openlifecycle.oversight.history import History
from openlifecycle.oversight.registry import add, check
from openlifecycle.oversight.release import SPLITS, Release


@dataclass(frozen=True)
class Side:
    """One side of an identity: a table, its measures, and the values its dimensions must have.

    A dimension not named must be the printed total or not split the table.
    """

    table: str
    measures: tuple[str, ...]
    fixed: tuple[tuple[str, str], ...] = ()
    sum_of: str = ""


def side(
    release: Release, chosen: Side, by: tuple[str, ...], kinds: tuple[str, ...]
) -> pl.DataFrame | None:
    """Return the numbers of one side, one row a key (``by`` and the period)."""
    frame = release.numbers(chosen.table)
    if frame is None:
        return None
    fixed = dict(chosen.fixed)
    mask = pl.col("measure").is_in(chosen.measures) & pl.col("period_kind").is_in(kinds)
    for split in SPLITS:
        if split in by:
            continue
        if split == chosen.sum_of:
            mask = mask & pl.col(split).is_not_null() & (pl.col(split) != TOTAL)
        elif split in fixed:
            mask = mask & (pl.col(split) == fixed[split])
        else:
            mask = mask & (pl.col(split).fill_null(TOTAL) == TOTAL)
    keys = [*by, "fiscal_year"]
    period = ["period_start", "period_end"] if kinds == (INTERVAL,) else []
    return (
        frame.filter(mask)
        .group_by([*keys, *period], maintain_order=True)
        .agg(
            value=pl.col("value").sum() if chosen.sum_of else pl.col("value").first(),
            sheet=pl.col("sheet").first(),
            cell=pl.col("cell").first(),
        )
    )


def identical(
    left: Side,
    right: Side,
    by: tuple[str, ...],
    kinds: tuple[str, ...],
    slack: float,
    share: float,
    release: Release,
    history: History,
) -> Iterator[Issue]:
    """Yield an issue where two tables print different values of the same number."""
    a, b = side(release, left, by, kinds), side(release, right, by, kinds)
    if a is None or b is None:
        return
    keys = [*by, "fiscal_year"]
    if kinds == (INTERVAL,):
        keys += ["period_start", "period_end"]
        # A month under way is of the day of each table's own pull.
        a = a.filter(pl.col("period_end") == pl.col("period_end").dt.month_end())
    apart = (pl.col("value") - pl.col("value_right")).abs()
    both = a.join(b, on=keys).filter(
        (apart > slack) & (apart > share * pl.col("value_right").abs()) & (pl.col("value") != 0)
    )
    for row in both.to_dicts():
        label = " ".join(str(row[d]) for d in by if row[d] != TOTAL)
        month = f" of {row['period_start']:%B %Y}" if "period_start" in row else ""
        yield Issue(
            what=f"{left.table} prints {number(row['value'])} for {label or 'the total'}{month}, "
            f"but {right.table} {'sums to' if right.sum_of else 'prints'} "
            f"{number(row['value_right'])} at {row['cell_right']}",
            table=left.table,
            sheet=row["sheet"],
            cell=row["cell"],
            printed=row["value"],
            computed=row["value_right"],
        )


_YTD = (FISCAL_YEAR_TO_DATE,)
_NOW = ("instant",)
_MONTH = (INTERVAL,)
_FINAL = ("final_releases", "final_book_outs")
_ATD = ("atd_participants",)
_FACILITY_ADP = ("adp",)

_ADULT: Final = (("facility_type", "Adult"),)

#: id -> (text, left, right, by, period kinds, absolute slack, relative slack, severity)
_IDENTITIES: Final = {
    "detained_total": (
        "People held in all: the disposition table and the criminality table print one number.",
        Side("detained_by_disposition", ("detained",)),
        Side("detained_by_criminality", ("detained",)),
        (), _NOW, 0.5, 0.0, ERROR,
    ),
    "book_ins_total": (
        "Book-ins of the year: the table by type and the table by agency print one number.",
        Side("book_ins_by_facility_type", ("book_ins",)),
        Side("book_ins_by_agency_month", ("book_ins",)),
        (), _YTD, 0.5, 0.0, ERROR,
    ),
    "releases_total": (
        "Releases of the year: the table by type and the table by reason print one number.",
        Side("releases_by_facility_type", _FINAL),
        Side("releases_by_reason_month", _FINAL),
        (), _YTD, 0.5, 0.0, ERROR,
    ),
    "releases_total_year": (
        "Releases of the year: the table by type and the annual table by reason print one number.",
        Side("releases_by_facility_type", _FINAL),
        Side("releases_by_reason", _FINAL),
        (), _YTD, 0.5, 0.0, ERROR,
    ),
    "bond_releases_total": (
        "Releases of a month: the bond sheet and the table by reason print one number (2%).",
        Side("bond", ("bond_final_releases", "bond_final_book_outs")),
        Side("releases_by_reason_month", _FINAL),
        (), _MONTH, 5, 0.02, WARNING,
    ),
    "adp_total": (
        "Average daily population: the table by agency and the table by type print one number.",
        Side("adp_by_facility_type_month", _FACILITY_ADP),
        Side("adp_by_agency_month", _FACILITY_ADP),
        (), _MONTH, 0.06, 0.0, ERROR,
    ),
    "adp_total_year": (
        "Average daily population of the year: by agency and by type print one number.",
        Side("adp_by_facility_type_month", _FACILITY_ADP),
        Side("adp_by_agency_month", _FACILITY_ADP),
        (), _YTD, 0.06, 0.0, ERROR,
    ),
    "alos_total": (
        "Length of stay: the table by agency and the table by type print one number a month.",
        Side("alos_by_facility_type_month", ("alos",)),
        Side("alos_by_agency_month", ("alos",)),
        (), _MONTH, 0.06, 0.0, ERROR,
    ),
    "alos_total_year": (
        "Length of stay of the year: by agency and by type print one number.",
        Side("alos_by_facility_type_month", ("alos",)),
        Side("alos_by_agency_month", ("alos",)),
        (), _YTD, 0.06, 0.0, ERROR,
    ),
    "alos_adult": (
        "Length of stay in adult facilities: the table by type and the adult table agree.",
        Side("alos_by_facility_type_month", ("alos",), _ADULT),
        Side("alos_adult_by_agency_month", ("alos",), _ADULT),
        (), _MONTH, 0.06, 0.0, ERROR,
    ),
    "atd_status_total": (
        "ATD participants: the status table and the offices print one total.",
        Side("atd_status", _ATD),
        Side("atd_by_aor_technology", _ATD),
        (), _NOW, 0.5, 0.0, ERROR,
    ),
    "atd_technology_total": (
        "ATD participants: the technology table and the offices print one total.",
        Side("atd_technology", _ATD),
        Side("atd_by_aor_technology", _ATD),
        (), _NOW, 0.5, 0.0, ERROR,
    ),
    "atd_technology_offices": (
        "ATD participants of a technology: the technology table equals the sum over offices.",
        Side("atd_technology", _ATD),
        Side("atd_by_aor_technology", _ATD, sum_of="aor"),
        ("technology",), _NOW, 0.5, 0.0, ERROR,
    ),
}  # fmt: skip

for _id, (_text, _left, _right, _by, _kinds, _slack, _share, _severity) in _IDENTITIES.items():
    add(
        _id, "identities", _text, "workbook_layouts 8", _severity,
        partial(identical, _left, _right, _by, _kinds, _slack, _share),
    )  # fmt: skip


@check(
    "bond_set_within_bonded_out", "identities",
    "Bonds set by ICE or by a judge are not more than all people bonded out.",
    "workbook_layouts 3.9", ERROR,
)  # fmt: skip
def bond_set_within_bonded_out(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue where a part of Bonded Out is larger than Bonded Out."""
    for table in ("releases_by_reason", "releases_by_reason_month"):
        frame = release.numbers(table)
        if frame is None:
            continue
        reason = pl.col("release_reason")
        keys = ["sheet", "fiscal_year", "period_kind", "period_start", "criminality"]
        odd = (
            frame.group_by(keys, maintain_order=True)
            .agg(
                whole=pl.col("value").filter(reason == "Bonded Out").first(),
                part=pl.col("value").filter(reason.str.starts_with("Bond Set")).sum(),
                cell=pl.col("cell").filter(reason == "Bonded Out").first(),
            )
            .filter(pl.col("part") > pl.col("whole"))
        )
        for row in odd.to_dicts():
            yield Issue(
                what=f"Bonded Out prints {number(row['whole'])}, less than the "
                f"{number(row['part'])} whose bond ICE or a judge set",
                table=table, sheet=row["sheet"], cell=row["cell"],
                printed=row["whole"], computed=row["part"],
            )  # fmt: skip
