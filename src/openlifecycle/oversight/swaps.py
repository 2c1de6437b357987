"""Labels that were exchanged: no total breaks, but people, flow and stay no longer fit.

Little's law: people held on average = people coming in a day x days they stay. It holds only
roughly (people held at both ends, transfers, removals that no release counts), so it cannot say
that a number is wrong, but it can say that two labels fit far better the other way round.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import polars as pl

from openlifecycle.model.dimensions import TOTAL
from openlifecycle.model.observation import FISCAL_YEAR_TO_DATE
from openlifecycle.oversight.finding import ERROR, Issue, number
from openlifecycle.oversight.history import History
from openlifecycle.oversight.registry import check
from openlifecycle.oversight.release import SPLITS, Release

#: Exchanged labels must fit this many times better than the printed ones, over both labels.
_BETTER: Final = 16.0


@dataclass(frozen=True)
class Flow:
    """A flow table, and the tables of population and stay by the same labels."""

    flow: str
    adp: str
    alos: str
    over: str


_TYPE = ("adp_by_facility_type_month", "alos_by_facility_type_month", "facility_type")
_AGENCY = ("adp_by_agency_month", "alos_by_agency_month", "arresting_agency")
_FLOWS: Final = (
    Flow("book_ins_by_facility_type", *_TYPE),
    Flow("releases_by_facility_type", *_TYPE),
    Flow("book_ins_by_agency_month", *_AGENCY),
)


def _by_label(release: Release, table: str, over: str) -> dict[str, tuple[float, str, str]]:
    """Return the year-to-date numbers of a table by label: value, cell, sheet."""
    frame = release.numbers(table)
    if frame is None:
        return {}
    mask = (pl.col("period_kind") == FISCAL_YEAR_TO_DATE) & pl.col(over).is_not_null()
    for split in SPLITS:
        if split != over:
            mask = mask & (pl.col(split).fill_null(TOTAL) == TOTAL)
    rows = frame.filter(mask & (pl.col(over) != TOTAL)).select(over, "value", "cell", "sheet")
    return {label: (value, cell, sheet) for label, value, cell, sheet in rows.iter_rows()}


@check(
    "exchanged_labels", "swaps",
    "By Little's law (flow x stay = population x days) no two labels of a table fit sixteen "
    "times better when exchanged.",
    "methods R23, R25; workbook_layouts 9 (E1 to E3's kind)", ERROR,
)  # fmt: skip
def exchanged_labels(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each pair of labels that fits far better exchanged."""
    for flow in _FLOWS:
        flows = _by_label(release, flow.flow, flow.over)
        populations = _by_label(release, flow.adp, flow.over)
        stays = _by_label(release, flow.alos, flow.over)
        labels = [
            label
            for label in flows
            if min(flows[label][0], populations.get(label, (0.0,))[0], stays.get(label, (0.0,))[0])
            > 0
        ]
        days = _days(release, flow.flow)
        for a, b in combinations(labels, 2):
            printed = _misfit(flows, populations, stays, days, a, a) + _misfit(
                flows, populations, stays, days, b, b
            )
            exchanged = _misfit(flows, populations, stays, days, a, b) + _misfit(
                flows, populations, stays, days, b, a
            )
            if printed - exchanged > math.log(_BETTER):
                value, cell, sheet = flows[a]
                yield Issue(
                    what=f"{flow.flow} prints {number(value)} for {a} and "
                    f"{number(flows[b][0])} for {b}; with {number(populations[a][0])} and "
                    f"{number(populations[b][0])} held on average, the two labels are most "
                    "likely exchanged",
                    table=flow.flow, sheet=sheet, cell=cell,
                    printed=value, computed=populations[a][0] * days / stays[a][0],
                )  # fmt: skip


def _days(release: Release, table: str) -> int:
    """Return the days of the fiscal year that the table speaks of; a month at least."""
    frame = release.table(table)
    if frame is None:
        return 366
    spans = frame.filter(pl.col("period_kind") == FISCAL_YEAR_TO_DATE).select(
        days=(pl.col("period_end") - pl.col("period_start")).dt.total_days() + 1
    )
    longest = spans["days"].max()
    return max(30, longest) if isinstance(longest, int) else 366


def _misfit(
    flows: dict[str, tuple[float, str, str]],
    populations: dict[str, tuple[float, str, str]],
    stays: dict[str, tuple[float, str, str]],
    days: int,
    label: str,
    flow_of: str,
) -> float:
    """Return how far Little's law is off for a label, in logarithms, with the flow of a label."""
    return abs(math.log(flows[flow_of][0] * stays[label][0] / (populations[label][0] * days)))
