"""The insider against lengths of stay: he knows all stays but how long one of them lasted.

Each figure is moved by a step times a number from a known distribution. From the figure that is
told and the two that he computes, one under each guess, he reads how far it would have been moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from openlifecycle.disclosure import cohort_lengths, cohorts
from openlifecycle.disclosure.cohort_noise import Draw
from openlifecycle.disclosure.cohorts import CohortQuestion
from openlifecycle.disclosure.perturbation import ptable
from openlifecycle.engine.backend import fetch
from openlifecycle.lifecycle.cohorts import HORIZONS, period_text
from openlifecycle.lifecycle.length_of_stay import (
    QUANTILES,
    begun_stays,
    length_table,
    people_of,
)
from tests.attacks.cohort_insider import Insider

DAY = 86_400
QUANTILE_NAMES = [f"{name}{label}_days" for name in QUANTILES for label in ("", "_low", "_high")]


@dataclass(frozen=True)
class Asked:
    """One table: its stays, who they are of, what is told of it, and by what steps."""

    cell: list[str]
    stays: pl.DataFrame
    people: pl.DataFrame
    told: pl.DataFrame
    of_one: int


def counted(stays: pl.DataFrame, cell: list[str]) -> pl.DataFrame:
    """Return stays by length as the engine counts them (``stay_counts``)."""
    hours = stays.with_columns(((pl.col("lasted") + 3599) // 3600).alias("hour"))
    return hours.group_by([*cell, "cause", "hour"]).agg(
        pl.len().cast(pl.Int64).alias("n"), pl.col("lasted").sum().alias("seconds")
    )


class LengthInsider:
    """Everything askable about lengths of stay, with one secret."""

    def __init__(self, about: Insider, secret: bytes) -> None:
        """Ask everything once.

        Args:
            about: the insider of the cohorts by book-in.
            secret: of the store.
        """
        self._about, self.rule = about, about.policy.of_cohorts()
        self.asked = [self._ask(period, by, secret) for period, by in about.tables]

    def _ask(self, period: str, by: tuple[str, ...], secret: bytes) -> Asked:
        about, cell = self._about, ["period", *by]
        days = cohorts._shown_periods(about.held, CohortQuestion("book_in", period=period))  # type: ignore[arg-type]
        common = cohorts._common(about.opened, CohortQuestion("book_in"), days)
        begun = begun_stays(about.opened.lifecycle(), about.frame(period, by), common["keyed"])

        def rows(expression: Any) -> pl.DataFrame:
            found = pl.DataFrame(pl.from_arrow(fetch(about.opened.backend, expression)))
            return found.with_columns(period_text(period))  # type: ignore[arg-type]

        stays, people = rows(begun), rows(people_of(begun, cell))
        draw = Draw(self.rule, secret, "/".join(("book_in", period, *by)))
        of_one = self.rule.records_per_person["month" if period == "month" else "fiscal_year"]
        told = cohort_lengths.cleared_lengths(
            counted(stays, cell), people, cell, HORIZONS, draw, of_one
        )
        return Asked(cell, stays, cohort_lengths._with_noise(people, draw), told, of_one)

    def ratio(self, entry: int, guess: int) -> tuple[float, int]:
        """Return the log likelihood of the truth less that of a guess, and how many figures.

        Args:
            entry: the stay.
            guess: how many seconds it lasted, if it did not last as long as it did.
        """
        total, figures = 0.0, 0
        for one in self.asked:
            mine = one.stays.filter(pl.col("entry_id") == entry)
            here = {name: mine[name][0] for name in one.cell}
            at = [pl.col(name) == value for name, value in here.items()]
            told = one.told.filter(*at)
            if told.is_empty():
                continue
            stays, people = one.stays.filter(*at), one.people.filter(*at)
            lasted = pl.when(pl.col("entry_id") == entry).then(guess).otherwise(pl.col("lasted"))
            both = [
                length_table(counted(rows, one.cell), people, one.cell, HORIZONS).row(0, named=True)
                for rows in (stays, stays.with_columns(lasted.alias("lasted")))
            ]
            true, wrong = (self._moves(told.row(0, named=True), v, one.of_one) for v in both)
            for name, z in true.items():
                other = wrong.get(name, np.inf)  # under the guess it would not be told
                total += self._log(z) - self._log(other)
                figures += abs(z - other) > 1e-9
        return total, figures

    def _moves(
        self, told: Mapping[str, Any], exact: Mapping[str, Any], of_one: int
    ) -> dict[str, float]:
        """Return of each figure that is told by how many people it was moved, if this is true."""
        found = {}
        spread = exact["spread_completed_days"]
        low, middle, high = (exact[f"{name}_days"] for name in QUANTILES)
        inner = high - low if high is not None else 2 * ((middle or low) - low)
        for name, size, people in (
            ("mean_completed_days", spread * of_one, exact["units_told_ended"]),
            ("median_completed_days", spread, exact["units_told_ended"]),
            *((name, 2 * inner, exact["units_told"]) for name in QUANTILE_NAMES),
        ):
            if told[name] is not None and exact[name] is not None:
                size = max(size, 1 / 24)
                digit = 10 ** np.floor(np.log10(size))
                step = round(size / digit) * digit / people
                found[name] = (told[name] - exact[name]) / step
        for days in HORIZONS:
            name = f"held_{days}d"
            if told[name] is not None and exact[name] is not None:
                part = round(exact[f"watched_{days}d"] / 0.05) * 0.05
                whole = round(part * exact["units_told"])
                found[name] = told[name] * whole - round(exact[name] * whole)
        return found

    def _log(self, moved: float) -> float:
        noise = self.rule.perturbation
        row = ptable(noise.variance, noise.most).row(noise.most)
        chance = row[round(moved) + noise.most] if abs(moved) < noise.most else 0.0
        return float(np.log(max(chance, 1e-12)))
