"""The facility list against the list of the release before, and against every earlier list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from openlifecycle.oversight.facility_rows import rows_of
from openlifecycle.oversight.finding import ERROR, WARNING, Issue, number
from openlifecycle.oversight.history import History, by_year
from openlifecycle.oversight.registry import check
from openlifecycle.oversight.release import Release

_LEAP: Final = 1.5
#: Mandays may fall by 1% (late corrections); a facility of one person says nothing.
_FALL, _LEAST_ADP = 0.01, 1.0
#: A fall at this share of the facilities is no longer a matter of single facilities.
_MANY: Final = 0.2
#: Fewer facilities than this that print a minimum say nothing of the column.
_FEW: Final = 10
#: A place counts as known after this many releases.
_KNOWN: Final = 3


@check(
    "facility_list_leapt", "continuity",
    "The facility list does not become half as long again, or a third shorter, in one release.",
    "workbook_layouts 9 (E4, E11's kind)", ERROR,
)  # fmt: skip
def facility_list_leapt(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue if the list is far longer or shorter than the one before."""
    for year, rows in by_year(release, "facilities").items():
        before = history.last("facilities", year)
        if before is None:
            continue
        now, then = rows["row"].n_unique(), before.rows["row"].n_unique()
        if max(now, then) > _LEAP * min(now, then):
            yield Issue(
                what=f"the facility list has {now} rows, {then} in {before.release_id}",
                table="facilities", sheet=rows["sheet"][0], cell=rows["cell"][0],
                printed=now, computed=then,
            )  # fmt: skip


@check(
    "facility_mandays_fell", "continuity",
    "Mandays of the year (average daily population x days) never fall at a facility (Q2, 1% "
    "tolerance); at a fifth of the list it is an error.",
    "methods Q2", WARNING,
)  # fmt: skip
def facility_mandays_fell(release: Release, history: History) -> Iterator[Issue]:
    """Yield one issue that counts the facilities whose mandays fell and names the largest."""
    for year, rows in by_year(release, "facilities").items():
        before = history.tables.get(("facilities", year))
        if before is None or year != release.fiscal_year:
            continue
        now, then = _mandays(rows), _mandays(before.rows)
        both = now.join(then, on=["label", "state"], suffix="_then")
        large = both.filter(pl.col("people_then") >= _LEAST_ADP)
        fell = large.filter(
            pl.col("mandays_then") - pl.col("mandays")
            > pl.max_horizontal(_FALL * pl.col("mandays_then"), pl.lit(2.0))
        )
        if fell.height == 0:
            continue
        by_loss = fell.sort(pl.col("mandays_then") - pl.col("mandays"), descending=True)
        names = ", ".join(by_loss["label"].head(3).to_list())
        row = by_loss.to_dicts()[0]
        yield Issue(
            what=f"mandays of the year fell at {fell.height} of {large.height} facilities since "
            f"{before.release_id} ({names}; at the first from {number(row['mandays_then'])} to "
            f"{number(row['mandays'])})",
            table="facilities", sheet=row["sheet"], cell=row["people_cell"] or row["cell"],
            printed=row["mandays"], computed=row["mandays_then"],
            severity=ERROR if fell.height > _MANY * large.height else WARNING,
        )  # fmt: skip


def _mandays(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the facilities with population and mandays of the year, names in capitals."""
    days = rows.select(
        ((pl.col("as_of") - pl.date(pl.col("fiscal_year") - 1, 10, 1)).dt.total_days() + 1).max()
    ).item()
    return rows_of(rows).with_columns(
        label=pl.col("label").str.to_uppercase(), mandays=pl.col("people") * days
    )


@check(
    "facility_elsewhere", "continuity",
    "A facility stands in a city or at a ZIP where an earlier release has it.",
    "workbook_layouts 4", WARNING,
)  # fmt: skip
def facility_elsewhere(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each facility at a place where no earlier release has it."""
    frame = release.table("facilities")
    if frame is None or not history.places:
        return
    for row in rows_of(frame).to_dicts():
        known = history.places.get(str(row["label"]).upper())
        city = str(row["city"]).upper()
        if known is None or known.most_common(1)[0][1] < _KNOWN or city in known:
            continue
        if row["zip"] is not None and row["zip"] not in known:
            usual = ", ".join(place for place, _ in known.most_common(2))
            yield Issue(
                what=f"{row['label']} stands in {city} {row['zip']}; earlier releases have it in "
                f"{usual}",
                table="facilities", sheet=row["sheet"], cell=row["cell"],
                printed=city, computed=usual,
            )  # fmt: skip


@check(
    "facility_type_changed", "continuity",
    "The detailed type changes at less than a fifth of the facilities between two releases.",
    "workbook_layouts 9 (E10's kind)", ERROR,
)  # fmt: skip
def facility_type_changed(release: Release, history: History) -> Iterator[Issue]:
    """Yield one issue if the column of types is another one than before."""
    for year, rows in by_year(release, "facilities").items():
        before = history.last("facilities", year)
        if before is None:
            continue
        both = _types(rows).join(_types(before.rows), on=["label", "zip"], suffix="_then")
        changed = both.filter(pl.col("type") != pl.col("type_then"))
        if both.height >= 20 and changed.height > _MANY * both.height:
            row = changed.to_dicts()[0]
            yield Issue(
                what=f"the detailed type changed at {changed.height} of {both.height} facilities "
                f"since {before.release_id}, e.g. {row['label']} from {row['type_then']} to "
                f"{row['type']}",
                table="facilities", sheet=rows["sheet"][0], cell=f"G{row['row']}",
                printed=row["type"], computed=row["type_then"],
            )  # fmt: skip


@check(
    "facility_office_changed",
    "continuity",
    "A facility stays with its area of responsibility from one release to the next.",
    "workbook_layouts 4",
    WARNING,
)
def facility_office_changed(release: Release, history: History) -> Iterator[Issue]:
    """Yield one issue that counts the facilities of another office and names one."""
    for year, rows in by_year(release, "facilities").items():
        before = history.tables.get(("facilities", year))
        if before is None:
            continue
        both = _types(rows).join(_types(before.rows), on=["label", "zip"], suffix="_then")
        changed = both.filter(pl.col("aor") != pl.col("aor_then"))
        if changed.height:
            row = changed.to_dicts()[0]
            yield Issue(
                what=f"{changed.height} of {both.height} facilities belong to another office than "
                f"in {before.release_id}, e.g. {row['label']} to {row['aor']}, formerly "
                f"{row['aor_then']}",
                table="facilities",
                sheet=rows["sheet"][0],
                cell=f"F{row['row']}",
                printed=row["aor"],
                computed=row["aor_then"],
            )


@check(
    "guaranteed_minimum_changed",
    "continuity",
    "The guaranteed minimum changes at less than a fifth of the facilities between two releases.",
    "workbook_layouts 4 (contract terms, renewed singly)",
    WARNING,
)
def guaranteed_minimum_changed(release: Release, history: History) -> Iterator[Issue]:
    """Yield one issue if the column of guaranteed minimums slipped or was exchanged."""
    for year, rows in by_year(release, "facilities").items():
        before = history.last("facilities", year)
        if before is None:
            continue
        both = _minimums(rows).join(_minimums(before.rows), on=["label", "zip"], suffix="_then")
        changed = both.filter(pl.col("value") != pl.col("value_then"))
        if both.height >= _FEW and changed.height > _MANY * both.height:
            row = changed.to_dicts()[0]
            yield Issue(
                what=f"the guaranteed minimum changed at {changed.height} of {both.height} "
                f"facilities since {before.release_id}, e.g. {row['label']} from "
                f"{number(row['value_then'])} to {number(row['value'])}",
                table="facilities",
                sheet=rows["sheet"][0],
                cell=row["cell"],
                printed=row["value"],
                computed=row["value_then"],
            )


def _minimums(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the guaranteed minimum of each facility that prints one."""
    return (
        rows.filter((pl.col("measure") == "guaranteed_minimum") & pl.col("value").is_not_null())
        .select(
            "cell", "value", label=pl.col("facility_label").str.to_uppercase(), zip="facility_zip"
        )
        .unique(["label", "zip"], maintain_order=True)
    )


def _types(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the detailed type and the office of each facility."""
    return rows.select(
        "row",
        label=pl.col("facility_label").str.to_uppercase(),
        zip=pl.col("facility_zip"),
        type=pl.col("facility_type_detailed"),
        aor=pl.col("aor"),
    ).unique(["label", "zip"], maintain_order=True)
