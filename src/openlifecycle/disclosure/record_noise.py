"""From exact cells of records to perturbed ones: value, margin, denominator, and whether shown.

The noise of a count is keyed to the people in it and to the table it stands in (``lattice``). What
is more than one count is made anew from perturbed counts: shares are one over the other. Averages
of heads are whole heads with noise, person-days those times the days, so that no remainder tells
the exact number. Means, medians and curves move by steps, and within one; a step is how far one
person moves them, from perturbed people, rounded up to 1, 2 or 5 times a power of ten, so that it
may be said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np
import polars as pl

from openlifecycle.disclosure.lattice import measured, numerator_signature, signature
from openlifecycle.disclosure.minimum_cell import shows_count, shows_share, shows_statistic
from openlifecycle.disclosure.perturbation import (
    Fractions,
    Numbers,
    anchored,
    margin,
    uniforms,
)
from openlifecycle.disclosure.policy import Policy
from openlifecycle.engine.record_answer import Exact
from openlifecycle.lifecycle.rules import DEFAULT_RULES

#: A mean moves by noise as if everyone lay so many standard deviations off: at least eight of
#: nine people lie nearer (Chebyshev 1867).
DEVIATIONS: Final = 3.0

#: Steps that are easy to say, within a power of ten.
_ROUND: Final = (1.0, 2.0, 5.0, 10.0)

#: Digits of a share: a hundredth of a percent.
_SHARE_DIGITS: Final = 4


@dataclass(frozen=True)
class Cells:
    """The cells of an exact answer with what draws their noise."""

    exact: Exact
    rules: Policy

    @cached_property
    def _counts(self) -> pl.DataFrame:
        return self.exact.frame.select(pl.col(pl.Int64).fill_null(0))

    def whole(self, name: str) -> Numbers:
        """Return a column of counts or keys; nothing counts as 0."""
        return self._counts[name].to_numpy()

    def number(self, name: str) -> Fractions:
        """Return a column of numbers; a missing one is not a number."""
        return self.exact.frame[name].to_numpy()

    def purpose(self, kind: str, part: str = "") -> bytes:
        """Return what a noise is for: what is counted, of which table."""
        plan = self.exact.plan
        table = numerator_signature(plan) if part else signature(plan)
        return f"{kind}/".encode() + table

    def noise(self, counts: Numbers, purpose: bytes, part: str = "", times: int = 1) -> Numbers:
        """Return the noise of each cell."""
        keys, anchors = self.whole(f"{part}cell_key"), self.whole(f"{part}anchor_key")
        return anchored(keys, anchors, counts, self.exact.secret, self.rules, purpose, times=times)

    def people(self, part: str = "") -> Numbers:
        """Return the people in each cell, perturbed."""
        units = self.whole(f"{part}units")
        return units + self.noise(units, self.purpose("people", part), part)

    def records(self, part: str = "") -> Numbers:
        """Return the records in each cell, perturbed by as many as one person adds."""
        rows = self.whole(f"{part}rows")
        most = np.clip(self.whole(f"{part}largest"), 1, self.several)
        drawn = np.zeros_like(rows)
        for times in range(1, self.several + 1):
            at = most == times
            if at.any():
                made = self.noise(rows, self.purpose("records", part), part, times)
                drawn = np.where(at, made, drawn)
        return rows + drawn

    @property
    def several(self) -> int:
        """Return for how many records of one person noise is made."""
        return self.rules.records_per_person[self.exact.plan.granularity]

    def between(self, purpose: bytes) -> Fractions:
        """Return for each cell a number from -1/2 to 1/2 that fills whole steps."""
        keys, anchors = self.whole("cell_key"), self.whole("anchor_key")
        made = uniforms(anchors, self.exact.secret, b"between/" + purpose)
        other = keys != anchors
        if other.any():
            more = uniforms(keys, self.exact.secret, b"between/more/" + purpose)
            made = np.where(other, (made + more) % 1.0, made)
        return made - 0.5

    def margin(self, times: int = 1) -> Fractions:
        """Return within what noise stays 95 times of 100; wider for rule sets with two noises."""
        own = (self.exact.frame["rule_set"] == DEFAULT_RULES).to_numpy()
        once, twice = (margin(self.rules, times=times, twice=more) for more in (False, True))
        return np.where(own, float(once), float(twice))


def perturbed(exact: Exact, rules: Policy) -> pl.DataFrame:
    """Return the frame with perturbed ``value``, ``margin`` and ``over``, and ``is_shown``.

    What is not shown still has its value here: a caller takes it out (``records.cleared``).
    """
    cells = Cells(exact, rules)
    made = _MADE[measured(exact.plan.spec)](cells)
    if "over" not in made:
        made["over"] = pl.lit(None, pl.Int64)
    return exact.frame.with_columns(**made)


Made = dict[str, pl.Series | pl.Expr]


def _told(value: Numbers | Fractions, off: Fractions) -> Made:
    return {
        "value": pl.Series(value.astype(np.float64), nan_to_null=True),
        "margin": pl.Series(off, nan_to_null=True),
    }


def _rows(cells: Cells) -> Made:
    rows, people = cells.records(), cells.people()
    fewest = pl.lit(pl.Series(np.minimum(rows, people)))
    shown = shows_count(pl.col("people"), fewest, cells.rules)
    return {**_told(rows, cells.margin(cells.several)), "is_shown": shown}


def _people(cells: Cells) -> Made:
    people = cells.people()
    shown = shows_count(pl.col("people"), pl.lit(pl.Series(people)), cells.rules)
    return {**_told(people, cells.margin()), "is_shown": shown}


def _heads(cells: Cells, kind: str, days: Fractions | None = None) -> Made:
    """Return heads at midnight: whole ones with noise, times the days for person-days."""
    over = np.ones(len(cells.exact.frame)) if days is None else days
    heads = np.rint(cells.number("value") / over).astype(np.int64)
    heads = heads + cells.noise(heads, cells.purpose(kind))
    shown = shows_count(pl.col("people"), pl.lit(pl.Series(heads)), cells.rules)
    # rounding to whole heads is off by half of one at most
    rounding = 0.0 if kind in _WHOLE_HEADS else 0.5
    return {**_told(heads * over, (cells.margin() + rounding) * over), "is_shown": shown}


#: Headcounts that are whole numbers to begin with.
_WHOLE_HEADS: Final = frozenset({"people", "peak"})


def _days(cells: Cells) -> Fractions:
    """Return how many days of each period the records cover."""
    exact = cells.exact
    first = exact.begins or exact.frame["period_start"].min()
    covered = exact.frame.select(
        pl.min_horizontal("period_end", pl.lit(exact.held.through.date()))
        - pl.max_horizontal("period_start", pl.lit(first))
    ).to_series()
    found: Fractions = (covered.dt.total_days() + 1).clip(1).cast(pl.Float64).to_numpy()
    return found


def _share(cells: Cells) -> Made:
    whole, inside = cells.records(), cells.records("in_")
    people, people_in = cells.people(), cells.people("in_")
    rest, rules = whole - inside, cells.rules
    fewest = pl.lit(pl.Series(np.minimum(whole, people)))
    fewest_in = pl.lit(pl.Series(np.minimum(inside, people_in)))
    others = pl.lit(pl.Series(rest))
    over_shown = shows_count(pl.col("people"), fewest, rules)
    shown = (
        over_shown
        & shows_count(pl.col("people_in"), fewest_in, rules)
        & shows_count(pl.col("people_out"), others, rules)
        & shows_share(pl.lit(pl.Series(inside)), others, rules)
    )
    over = np.maximum(whole, 1)
    share = np.clip(inside / over, 0.0, 1.0).round(_SHARE_DIGITS)
    return {
        **_told(share, _share_margin(share, over, cells.margin(cells.several))),
        "is_shown": shown,
        "over": pl.when(over_shown).then(pl.lit(pl.Series(whole))),
    }


def _share_margin(share: Fractions, over: Numbers, off: Fractions) -> Fractions:
    """Return how far a share is off: its counts are off independently of each other.

    Counts are off by whole numbers, shares are not: hence the half. The true denominator may be
    the smaller one by as much as it is off; a share is off by 1 at most.
    """
    least = np.maximum(over - off, 1.0)
    found: Fractions = np.minimum(1.0, (off + 0.5) * np.sqrt(1.0 + share**2) / least)
    return np.ceil(found * 10**_SHARE_DIGITS) / 10**_SHARE_DIGITS


def _mean(cells: Cells) -> Made:
    off = np.maximum(DEVIATIONS * cells.number("spread"), np.abs(cells.number("value")))
    rule = cells.rules.dominance
    own = rule.contributors * pl.col("largest_part") <= rule.share * pl.col("total").abs()
    return _moved(cells, "mean", off, own.fill_null(False))


def _middle(cells: Cells, kind: str) -> Made:
    value, low, high = (cells.number(n) for n in ("value", "low_quartile", "high_quartile"))
    # a curve may not have come down to its upper quartile; then the lower half says how wide it is
    wide = np.where(np.isnan(high), 2 * (value - low), high - low)
    return _moved(cells, kind, np.fmax(np.abs(wide), np.abs(value)), pl.lit(True))


def _moved(cells: Cells, kind: str, wide: Fractions, allowed: pl.Expr) -> Made:
    """Return a statistic with noise of as many steps as people may move it."""
    people, records = cells.people(), cells.records()
    step = _rounded_up(wide / np.maximum(people, 1))
    purpose = cells.purpose(kind)
    large = np.full(len(people), cells.rules.perturbation.most, dtype=np.int64)
    noise = cells.noise(large, purpose) + cells.between(purpose)
    value = _rounded(cells.number("value") + step * noise, step)
    seen, true = pl.lit(pl.Series(np.minimum(people, records))), pl.col("people")
    return {
        # half a step for what lies between two, and half of one at most for the rounding
        **_told(value, step * (cells.margin() + 1.0)),
        "is_shown": shows_statistic(true, seen, cells.rules) & allowed,
        "over": pl.when(shows_count(true, seen, cells.rules)).then(pl.lit(pl.Series(records))),
    }


def _power(number: Fractions) -> Fractions:
    """Return the power of ten below each number; 1 for 0 and for what is no number."""
    safe = np.where(number > 0, number, 1.0)
    found: Fractions = 10.0 ** np.floor(np.log10(safe))
    return found


def _rounded_up(number: Fractions) -> Fractions:
    """Return each number rounded up to 1, 2 or 5 times a power of ten; 0 and NaN as they are."""
    power = _power(number)
    digit = number / power
    # a number that is one of them but for the last bits of its division stays what it is
    chosen = [digit <= one + 1e-9 for one in _ROUND]
    return np.where(number > 0, np.select(chosen, list(_ROUND), np.nan) * power, number)


def _rounded(number: Fractions, step: Fractions) -> Fractions:
    """Return each number rounded to the power of ten of its step."""
    power = _power(step)
    return np.where(step > 0, np.rint(number / power) * power, number).round(9)


_MADE: Final[Mapping[str, Callable[[Cells], Made]]] = MappingProxyType(
    {
        "rows": _rows,
        "people": _people,
        "stock": _people,
        "last": lambda cells: _heads(cells, "people"),
        "peak": lambda cells: _heads(cells, "peak"),
        "average": lambda cells: _heads(cells, "average"),
        "sum": lambda cells: _heads(cells, "average", _days(cells)),
        "share": _share,
        "mean": _mean,
        "median": lambda cells: _middle(cells, "median"),
        "survival": lambda cells: _middle(cells, "survival"),
    }
)
