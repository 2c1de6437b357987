"""The daily price of a technology: it names the technology better than its label does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from openlifecycle.model.dimensions import TOTAL
from openlifecycle.oversight.finding import ERROR, Issue, number
from openlifecycle.oversight.history import History
from openlifecycle.oversight.registry import check
from openlifecycle.oversight.release import Release

#: US dollars a day and participant, the same in every release from August 2022 to November 2025.
#: A release before says more than this list: a new contract is found once and then known.
PRICES: Final = {
    "GPS": 2.74,
    "Ankle Monitor": 2.74,
    "SmartLINK": 0.96,
    "VoiceID": 0.18,
    "VeriWatch": 4.5,
    "Wristworn": 4.5,
    "Dual Tech": 3.7,
    "No Tech": 0.0,
}
_SLACK: Final = 0.02


@check(
    "technology_price", "identities",
    "Daily cost over participants of a technology is its price in the release before, or else its "
    "price since August 2022.",
    "workbook_layouts 5; found on the workbooks (c914ea84)", ERROR,
)  # fmt: skip
def technology_price(release: Release, history: History) -> Iterator[Issue]:
    """Yield an issue for each technology whose people do not cost what they always cost."""
    rows = release.numbers("atd_technology")
    if rows is None:
        return
    before = history.last("atd_technology", release.fiscal_year)
    last = {} if before is None else _prices(before.rows)
    for technology, (price, sheet, cell) in _named(rows).items():
        known = [paid[technology] for paid in (last, PRICES) if technology in paid]
        if not known or min(abs(price - paid) for paid in known) <= _SLACK:
            continue
        usual = known[0]
        other = [name for name, paid in PRICES.items() if paid and abs(price - paid) <= _SLACK]
        yield Issue(
            what=f"{technology} costs {number(price)} dollars a day and participant, not "
            f"{number(usual)}" + (f"; that is the price of {other[0]}" if other else ""),
            table="atd_technology", sheet=sheet, cell=cell, printed=price, computed=usual,
        )  # fmt: skip


def _named(rows: pl.DataFrame) -> dict[str, tuple[float, str, str]]:
    """Return the price, sheet and cost cell of each technology with at least ten people."""
    keys = ["sheet", "fiscal_year", "technology"]
    people = rows.filter((pl.col("measure") == "atd_participants") & (pl.col("value") >= 10))
    cost = rows.filter(pl.col("measure") == "atd_daily_cost")
    both = people.join(cost, on=keys, suffix="_cost").filter(pl.col("technology") != TOTAL)
    newest = both.filter(pl.col("fiscal_year") == pl.col("fiscal_year").max())
    return {
        row["technology"]: (row["value_cost"] / row["value"], row["sheet"], row["cell_cost"])
        for row in newest.to_dicts()
    }


def _prices(rows: pl.DataFrame) -> dict[str, float]:
    """Return the price of each technology in an earlier release."""
    return {technology: price for technology, (price, _, _) in _named(rows).items()}
