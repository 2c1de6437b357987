"""What numbers can be at all, and what one table allows another to print."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from openlifecycle.model.dimensions import TOTAL
from openlifecycle.model.observation import FISCAL_YEAR_TO_DATE, INTERVAL, OBSERVED
from openlifecycle.oversight.arithmetic.parts import used_splits
from openlifecycle.oversight.facility_rows import facility_rows
from openlifecycle.oversight.finding import ERROR, WARNING, Issue, number
from openlifecycle.oversight.history import History
from openlifecycle.oversight.registry import check
from openlifecycle.oversight.release import SPLITS, Release

_COUNTED = ("persons", "events", "beds")
#: Averages of persons have decimals; so do these tables' counts of none.
_AVERAGES = ("adp", "facility_adp", "facility_adp_mandatory")
#: Q1: the facility list omits hold rooms, hospitals and closed facilities.
_LIST_LOW, _LIST_HIGH = 0.90, 1.01


def _each(rows: pl.DataFrame, what: str, severity: str | None = None) -> Iterator[Issue]:
    """Yield one issue a row; ``what`` may use the row's columns."""
    for row in rows.to_dicts():
        yield Issue(
            what=what.format(**row, printed=number(row["value"])),
            table=row["table"], sheet=row["sheet"], cell=row["cell"],
            printed=row["value"], computed=row.get("computed"), severity=severity,
        )  # fmt: skip


@check(
    "fraction_range", "plausibility",
    "A share is a fraction between 0 and 1.",
    "workbook_layouts 3.4, 7.1", ERROR,
)  # fmt: skip
def fraction_range(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each fraction outside 0 to 1."""
    value = pl.col("value")
    odd = release.printed.filter(
        ~pl.col("hidden") & (pl.col("unit") == "fraction") & ((value < 0) | (value > 1))
    )
    return _each(odd, "{measure} prints {printed}, which is no share")


@check(
    "count_whole", "plausibility",
    "A count of people, events or beds is a whole number, and nothing is negative.",
    "plain sense", ERROR,
)  # fmt: skip
def count_whole(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each count with decimals, and each negative number."""
    value, measure = pl.col("value"), pl.col("measure")
    counted = pl.col("unit").is_in(_COUNTED) & ~measure.is_in(_AVERAGES)
    odd = release.printed.filter(
        ~pl.col("hidden") & ((counted & (value != value.round())) | (value < 0))
    )
    return _each(odd, "{measure} prints {printed}: not a count")


@check(
    "after_as_of", "plausibility",
    "A month that begins after the release was published has no number yet.",
    "workbook_layouts 2.3", ERROR,
)  # fmt: skip
def after_as_of(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each observed number of a month that had not begun."""
    last = release.published_on or release.as_of
    odd = release.printed.filter(
        ~pl.col("hidden")
        & (pl.col("status") == OBSERVED)
        & (pl.col("period_kind") == INTERVAL)
        & (pl.col("period_start") > last)
        & (pl.col("value") != 0)
    )
    return _each(odd, "{measure} prints {printed} for {period_start:%B %Y}, which had not begun")


@check(
    "average_within_months", "plausibility",
    "The average daily population of the year lies between its lowest and its highest month.",
    "arithmetic of averages", ERROR,
)  # fmt: skip
def average_within_months(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each yearly average outside the range of its months."""
    for table in ("adp_by_agency_month", "adp_by_facility_type_month"):
        frame = release.numbers(table)
        if frame is None:
            continue
        value, kind = pl.col("value"), pl.col("period_kind")
        months = value.filter((kind == INTERVAL) & (value > 0))
        year = kind == FISCAL_YEAR_TO_DATE
        keys = ["table", "sheet", "measure", "fiscal_year", *used_splits(frame)]
        odd = (
            frame.group_by(keys, maintain_order=True)
            .agg(
                value=value.filter(year).first(), cell=pl.col("cell").filter(year).first(),
                low=months.min(), high=months.max(),
            )
            .filter(
                (pl.col("value") < pl.col("low") - 0.51)
                | (pl.col("value") > pl.col("high") + 0.51)
            )
        )  # fmt: skip
        for row in odd.to_dicts():
            labels = " ".join(str(row[d]) for d in used_splits(frame) if row[d] != TOTAL)
            yield Issue(
                what=f"average daily population {labels} of the year is {number(row['value'])}, "
                f"outside its months ({number(row['low'])} to {number(row['high'])})",
                table=table, sheet=row["sheet"], cell=row["cell"],
                printed=row["value"],
                computed=row["low"] if row["value"] < row["low"] else row["high"],
            )  # fmt: skip


def _national_adp(release: Release) -> tuple[float, str] | None:
    """Return the national average daily population of the year and its cell."""
    frame = release.numbers("adp_by_agency_month")
    if frame is None:
        return None
    mask = pl.col("period_kind") == FISCAL_YEAR_TO_DATE
    for split in SPLITS:
        mask = mask & (pl.col(split).fill_null(TOTAL) == TOTAL)
    rows = frame.filter(mask & (pl.col("value") > 0))
    return None if rows.height == 0 else (rows["value"][0], rows["cell"][0])


@check(
    "facility_list_against_nation", "plausibility",
    "The populations of the facility list sum to 90-101% of the national average daily "
    "population (Q1).",
    "methods Q1", ERROR,
)  # fmt: skip
def facility_list_against_nation(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue if the list sums to another country's worth of people."""
    nation, rows = _national_adp(release), facility_rows(release)
    if nation is None or rows is None or rows.height == 0:
        return
    listed, share = float(rows["people"].sum()), 0.0
    share = listed / nation[0]
    if not _LIST_LOW <= share <= _LIST_HIGH:
        yield Issue(
            what=f"the {rows.height} facilities sum to an average daily population of "
            f"{number(listed)}, {share:.0%} of the national {number(nation[0])}",
            table="facilities", sheet=rows["sheet"][0], cell=str(rows["cell"][0]),
            printed=listed, computed=nation[0],
        )  # fmt: skip


@check(
    "facility_twice", "plausibility",
    "No facility stands twice in the list under one name and city.",
    "workbook_layouts 9 (E5, E11's kind)", WARNING,
)  # fmt: skip
def facility_twice(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each facility listed more than once."""
    rows = facility_rows(release)
    if rows is None:
        return
    same = ["sheet", "label", "city", "state"]
    twice = rows.filter(pl.col("label").is_not_null()).group_by(same, maintain_order=True).agg(
        n=pl.len(), cell=pl.col("cell").last(), address=pl.col("address").n_unique()
    ).filter(pl.col("n") > 1)  # fmt: skip
    for row in twice.to_dicts():
        yield Issue(
            what=f"{row['label']} in {row['city']}, {row['state']} is listed {row['n']} times",
            table="facilities", sheet=row["sheet"], cell=row["cell"],
            printed=row["n"], computed=1,
        )  # fmt: skip


@check(
    "time_in_custody_total", "plausibility",
    "The last count of people by time in custody is within 30% of the people held.",
    "methods R42", WARNING,
)  # fmt: skip
def time_in_custody_total(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue if the custody table counts far more or fewer people than are held."""
    custody = release.numbers("iclos_detainees")
    held = release.numbers("detained_by_disposition")
    if custody is None or held is None:
        return
    totals = custody.filter(
        (pl.col("population_group") == TOTAL)
        & (pl.col("duration_band") == TOTAL)
        & (pl.col("value") > 0)
    )
    mask = pl.lit(True)
    for split in SPLITS:
        mask = mask & (pl.col(split).fill_null(TOTAL) == TOTAL)
    now = held.filter(mask)
    if totals.height == 0 or now.height == 0:
        return
    last = totals.sort("period_end").to_dicts()[-1]
    ratio = last["value"] / now["value"][0]
    if not 0.7 <= ratio <= 1.3:
        yield Issue(
            what=f"{number(last['value'])} people by time in custody on {last['period_end']}, but "
            f"{number(now['value'][0])} held",
            table="iclos_detainees", sheet=last["sheet"], cell=last["cell"],
            printed=last["value"], computed=now["value"][0],
        )  # fmt: skip
