"""The insider against cohorts: he knows every course but one person's, and not the key.

Two guesses of the course are compared: the true one, and that of somebody else. Where they differ,
a number that is told is one higher or lower under the wrong guess, with noise that is then another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from openlifecycle.disclosure import cohort_cells, cohorts
from openlifecycle.disclosure.cohort_noise import Draw
from openlifecycle.disclosure.cohorts import CohortQuestion
from openlifecycle.disclosure.perturbation import ptable
from openlifecycle.disclosure.policy import Policy
from openlifecycle.engine.backend import fetch
from openlifecycle.engine.record_source import RecordSource
from openlifecycle.engine.record_store import RecordTables, choose_collection, held_collections
from openlifecycle.lifecycle.cohort_codes import causes
from openlifecycle.lifecycle.cohort_course import courses
from openlifecycle.lifecycle.cohort_entry import PERIODS, SPLITS, Entry, Frame
from openlifecycle.lifecycle.cohorts import HORIZONS, period_text
from openlifecycle.lifecycle.outcomes import states
from openlifecycle.lifecycle.rules import DEFAULT_RULES

DAY = 86_400
#: A course: seconds to each event, or None; then the state in which the stay ended.
EVENTS = ("booked", "moved", "gone", "departed", "returned")
#: Table (kind of period, splits), the cell in it, days, kind of row, name, and which number.
Number = tuple[str, tuple[str, ...], tuple[str, ...], int, str, str, str]


@dataclass(frozen=True)
class Told:
    """One number: the true count, its noise, and whether it is shown."""

    true: int
    noise: int
    shown: bool


def askable(entry: Entry, policy: Policy) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every table of cohorts that can be asked for: kind of period and splits."""
    for period in PERIODS:
        for size in range(policy.cohorts.splits(period) + 1):
            for by in combinations(sorted(SPLITS[entry]), size):
                yield period, by


class Insider:
    """Everything askable about the cohorts of one kind of entry, and the truth behind it."""

    def __init__(
        self, source: RecordSource, entry: Entry, policy: Policy, splits: Sequence[str] = ()
    ) -> None:
        """Open the records; nothing is asked yet.

        Args:
            source: the records.
            entry: how people enter.
            policy: in force.
            splits: ask by these only; by all that there are without it.
        """
        self.policy, self.entry = policy, entry
        event = {"arrest": "arrest", "book_in": "detention_stint"}[entry]
        self.held = choose_collection(held_collections(source), event=event, named=None)
        self.opened = RecordTables(source, self.held, DEFAULT_RULES)
        wanted = set(splits or SPLITS[entry])
        self.tables = [one for one in askable(entry, policy) if wanted.issuperset(one[1])]
        self._days = cohorts._shown_periods(self.held, CohortQuestion(entry))

    def frame(self, period: str, by: Sequence[str]) -> Frame:
        return Frame(self.entry, *self._days, self.held.through, tuple(by), period)  # type: ignore[arg-type]

    @cached_property
    def people(self) -> pl.DataFrame:
        """Each person's first entry of a month, the course after it, and every split."""
        asked = CohortQuestion(self.entry)
        common = cohorts._common(self.opened, asked, self._days)
        frame = self.frame("month", sorted(SPLITS[self.entry]))
        found = courses(self.opened.lifecycle(), frame, keyed=common["keyed"])
        rows = pl.DataFrame(pl.from_arrow(fetch(self.opened.backend, found)))
        number = pl.col("period")
        left = {n: "unknown" if s.startswith("unknown") else s for s, n in causes().items()}
        fiscal = number // 100 + (number % 100 >= 10).cast(pl.Int64)
        return rows.with_columns(
            period_text("month").alias("month"),
            pl.format("FY{}", fiscal).alias("fiscal_year"),
            pl.lit("all").alias("all"),
            pl.col("gone_as").replace_strict(left, return_dtype=pl.String).alias("left_as"),
        )

    def told(self, secret: bytes) -> Mapping[Number, Told]:
        """Return every number that is told of every table, with a secret."""
        found: dict[Number, Told] = {}
        for (period, by), rows in self._exact.items():
            draw = Draw(self.policy.of_cohorts(), secret, "/".join((self.entry, period, *by)))
            cell = ["period", *by]
            at = [*cell, "horizon_days"]
            through = self.held.through
            noisy = cohort_cells._with_noise(
                rows.with_columns(cohort_cells._is_whole(through)), at, draw
            )
            shown = cohort_cells.cleared_shares(rows, cell, draw, through)
            on = [*at, "kind", "state"]
            shown = shown.select(
                *on,
                pl.col("n_seen").is_not_null().alias("a"),
                pl.col("share").is_not_null().alias("b"),
            )
            both = noisy.join(shown, on=on, how="left", nulls_equal=True)
            for one in both.iter_rows(named=True):
                name = (period, by, tuple(one[c] for c in cell), one["horizon_days"],
                        one["kind"], one["state"])  # fmt: skip
                whole, first = one["is_whole"], one["kind"] in ("reached", "left_as")
                if whole or not first:
                    off = one["seen"] - one["n_seen"]
                    found[*name, "seen"] = Told(one["n_seen"], off, bool(one["a"]))
                if not whole:
                    off = one["estimate"] - one["exact"]
                    found[*name, "estimate"] = Told(one["exact"], off, bool(one["b"]))
        return found

    @cached_property
    def _exact(self) -> dict[tuple[str, tuple[str, ...]], pl.DataFrame]:
        made = {}
        for period, by in self.tables:
            asked = CohortQuestion(self.entry, by=by, period=period)  # type: ignore[arg-type]
            days = cohorts._shown_periods(self.held, asked)
            common = cohorts._common(self.opened, asked, days)
            made[period, by] = cohorts.cohort(self.opened.lifecycle(), entry=self.entry, **common)
        return made

    def numbers(self, person: Mapping[str, Any], course: Mapping[str, Any]) -> frozenset[Number]:
        """Return every number that holds a person with a course: the own one, or a guess."""
        found = set()
        for days in HORIZONS:
            cells = cells_of(course, min(days * DAY, person["watched"]), person["known"])
            for period, by in self.tables:
                cell = (person[period], *(person[name] for name in by))
                for kind, name in cells:
                    for number in ("seen", "estimate"):
                        found.add((period, by, cell, days, kind, name, number))
        return frozenset(found)

    def ratio(
        self, told: Mapping[Number, Told], true: frozenset[Number], wrong: frozenset[Number]
    ) -> tuple[float, int, int]:
        """Return the log likelihood of the truth less that of the guess.

        Also how many numbers speak of it, and how many of these are shown.
        """
        least = self.policy.of_cohorts().shown_from
        total, looks, shown = 0.0, 0, 0
        for name in true ^ wrong:
            if name not in told:  # nobody is in the cell, or the number is not told
                continue
            one = told[name]
            looks += 1
            shown += one.shown
            if not one.shown and one.true >= least:
                continue  # hidden for the sake of others: those outside, the others of the cohort
            other = one.true + (-1 if name in true else 1)
            total += self._log(one, one.true, one.noise)
            total -= self._log(one, other, one.noise + one.true - other)
        return total, looks, shown

    def _log(self, one: Told, true: int, noise: int) -> float:
        rule = self.policy.of_cohorts()
        most = rule.perturbation.most
        row = ptable(rule.perturbation.variance, most).row(true)
        if one.shown:
            chance = row[noise + most] if abs(noise) <= most else 0.0
            chance = chance if true >= rule.minimum_cell else 0.0
        else:
            enough = true + np.arange(-most, most + 1) >= rule.shown_from
            chance = 1 - row[enough].sum() if true >= rule.minimum_cell else 1.0
        return float(np.log(max(chance, 1e-300)))


def cells_of(course: Mapping[str, Any], moment: int, known: bool) -> set[tuple[str, str]]:
    """Return the cells of a course at a moment, in seconds after entry, by the definitions."""
    if not known:
        return {("state", "unknown")}
    at = {name: course[name] is not None and course[name] <= moment for name in EVENTS}
    if at["booked"]:
        state = "held_after_transfer" if at["moved"] else "held_first_facility"
    else:
        state = "not_detained"
    if at["gone"]:
        state = course["left_as"]
    if at["departed"]:
        state = "departed"
    if at["returned"]:
        state = "returned"
    found = {("state", state), *(("sum", total) for total in states()[state].sums)}
    for event, name in (
        ("booked", "detained"),
        ("moved", "transferred"),
        ("gone", "left_detention"),
    ):
        if at[event]:
            found.add(("reached", name))
    if at["gone"]:
        found.add(("left_as", course["left_as"]))
    return found


@dataclass(frozen=True)
class Case:
    """A person, and the course of somebody else."""

    person: dict[str, Any]
    guess: dict[str, Any]


def cases(insider: Insider, count: int) -> list[Case]:
    """Return people who entered once, each with the course of another; the rest is known."""
    rows = insider.people.filter(pl.col("known")).sort("record_key", "period").to_dicts()
    times = Counter(row["record_key"] for row in rows)
    alone = [row for row in rows if times[row["record_key"]] == 1]
    draws = np.random.default_rng(5)
    found = []
    for number in draws.choice(len(alone), count, replace=False):
        person = alone[number]
        while True:
            other = alone[draws.integers(len(alone))]
            guess = {e: other[e] if (other[e] or 0) < person["watched"] else None for e in EVENTS}
            guess["left_as"] = other["left_as"]
            if insider.numbers(person, guess) != insider.numbers(person, person):
                found.append(Case(person, guess))
                break
    return found


@dataclass(frozen=True)
class Game:
    """One case under one secret: whether he names the course, and the numbers that speak of it."""

    right: bool
    numbers: int
    shown: int


def named(insider: Insider, asked: Sequence[Case], secret: bytes) -> list[Game]:
    """Return the games of all cases under one secret."""
    told, games = insider.told(secret), []
    for case in asked:
        true = insider.numbers(case.person, case.person)
        found = insider.ratio(told, true, insider.numbers(case.person, case.guess))
        games.append(Game(found[0] > 0, *found[1:]))
    return games


def as_other_counts(insider: Insider) -> Insider:
    """Return the same insider, were the noise of cohorts that of all other counts."""
    rule = insider.policy
    noise = rule.perturbation
    cohorts = replace(
        rule.cohorts, variance=noise.variance, most=noise.most, shown_from=rule.shown_from
    )
    weak = copy(insider)
    weak.policy = replace(rule, cohorts=cohorts)
    return weak
