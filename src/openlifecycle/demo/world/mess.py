"""The mess of real releases, put on true stint rows: what was entered twice, late, wrong, or not.

Every function takes and returns rows in order of stay and stint. A column named after the rate
says of each row whether that happened to it, so that a test can count it and a score explain it.
Times are minutes on the wall clock, null where the record has none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl

from openlifecycle.demo.world.clock import DAY
from openlifecycle.demo.world.rates import Rates

#: What can happen to a stint row, by the name of its rate.
KINDS: Final = (
    "duplicate_exact",
    "duplicate_dropped",
    "duplicate_bond",
    "duplicate_same_day",
    "duplicate_midnight",
    "duplicate_status",
    "open_before_next",
    "missing_book_in",
    "missing_stay_book_in",
    "missing_facility",
    "missing_person",
    "negative_stint",
    "negative_stay",
    "exact_midnight",
    "overlap",
    "zero_length",
    "stay_start_mismatch",
    "stay_split",
    "year_0212",
)
_C = pl.col


def messed(rows: pl.DataFrame, rates: Rates, rng: np.random.Generator) -> pl.DataFrame:
    """Return the rows as a release would have them."""
    rows = rows.with_columns(pl.lit(False).alias(kind) for kind in KINDS)
    for wrong in _WRONG:
        rows = wrong(rows, rates, rng)
    copies = [rows]
    for kind, change in _COPIES.items():
        some = rows.filter(_drawn(rows, getattr(rates, kind), rng))
        copies.append(change(some, rng).with_columns(pl.lit(True).alias(kind)))
    return pl.concat(copies)


def _drawn(rows: pl.DataFrame, rate: float, rng: np.random.Generator) -> pl.Series:
    return pl.Series(rng.random(rows.height) < rate)


def _drawn_stay(rows: pl.DataFrame, rate: float, rng: np.random.Generator) -> pl.Series:
    """Return for each row whether its stay was drawn."""
    stays = rows["stay"].to_numpy()
    if not len(stays):
        return pl.Series([], dtype=pl.Boolean)
    return pl.Series((rng.random(int(stays.max()) + 1) < rate)[stays])


def _change(
    rows: pl.DataFrame, kind: str, where: pl.Series | pl.Expr, **values: pl.Expr | pl.Series
) -> pl.DataFrame:
    """Return the rows with some values replaced in the rows where a thing happened."""
    flagged = rows.with_columns(
        pl.lit(where).alias("_here")
        if isinstance(where, pl.Series)
        else where.fill_null(False).alias("_here")
    )
    return flagged.with_columns(
        *(
            pl.when("_here").then(value).otherwise(_C(name)).alias(name)
            for name, value in values.items()
        ),
        (_C(kind) | _C("_here")).alias(kind),
    ).drop("_here")


def _uniform(rows: pl.DataFrame, rng: np.random.Generator, low: float, high: float) -> pl.Series:
    return pl.Series((low + rng.random(rows.height) * (high - low)).astype(np.int64))


def _midnight(rows: pl.DataFrame, rates: Rates, rng: np.random.Generator) -> pl.DataFrame:
    """Times at exactly 00:00: of a whole stay's start, of a stint's start, of a stint's end."""
    stay = _drawn_stay(rows, rates.exact_midnight, rng)
    rows = _change(rows, "exact_midnight", stay, stay_in=_C("stay_in") // DAY * DAY)
    first = stay & (rows["nth"] == 0)
    rows = _change(rows, "exact_midnight", first, book_in=_C("book_in") // DAY * DAY)
    start = _drawn(rows, rates.exact_midnight, rng) & (rows["nth"] > 0)
    rows = _change(rows, "exact_midnight", start, book_in=_C("book_in") // DAY * DAY)
    end = _drawn(rows, rates.exact_midnight, rng) & ~rows["is_last"]
    return _change(rows, "exact_midnight", end, book_out=(_C("book_out") // DAY + 1) * DAY)


def _stay_starts(rows: pl.DataFrame, rates: Rates, rng: np.random.Generator) -> pl.DataFrame:
    """Stays whose stated start is off, or changes from one stint to the next."""
    off = _drawn_stay(rows, rates.stay_start_mismatch, rng)
    stays = rows["stay"].to_numpy()
    move = pl.Series(rng.integers(-3000, -10, int(stays.max(initial=0)) + 1)[stays])
    moved = _C("stay_in") + move
    rows = _change(rows, "stay_start_mismatch", off, stay_in=moved)
    split = _drawn_stay(rows, rates.stay_split, rng) & (rows["nth"] >= 1)
    anew = _C("book_in").filter(_C("nth") >= 1).first().over("stay")
    return _change(rows, "stay_split", split, stay_in=anew)


def _stay_ends(rows: pl.DataFrame, rates: Rates, rng: np.random.Generator) -> pl.DataFrame:
    """Stays whose stated end lies before their start."""
    stay = _drawn_stay(rows, rates.negative_stay, rng) & rows["stay_out"].is_not_null()
    early = _C("stay_in") - (_C("stay_in") % 2877) - 60
    rows = _change(rows, "negative_stay", stay, stay_out=early)
    return _change(rows, "negative_stay", stay & rows["is_last"], book_out=_C("stay_out"))


def _stint_ends(rows: pl.DataFrame, rates: Rates, rng: np.random.Generator) -> pl.DataFrame:
    """Stints that end before they start, at once, after the next began, or not at all."""
    closed = rows["book_out"].is_not_null()
    before = _C("book_in") - _uniform(rows, rng, 5, 3000)
    here = _drawn(rows, rates.negative_stint, rng) & closed & ~rows["is_last"]
    rows = _change(rows, "negative_stint", here, book_out=before)
    here = _drawn(rows, rates.zero_length, rng) & closed & ~rows["is_last"]
    rows = _change(rows, "zero_length", here, book_out=_C("book_in"))
    after = _C("book_in").shift(-1) + _uniform(rows, rng, 30, 2000)
    here = _drawn(rows, rates.overlap, rng) & closed & ~rows["is_last"]
    # The next row of the frame is the next stint of the stay, unless a stint was omitted.
    here &= (rows["stay"].shift(-1) == rows["stay"]).fill_null(False)
    rows = _change(rows, "overlap", here, book_out=after)
    here = _drawn(rows, rates.open_before_next, rng) & closed & ~rows["is_last"]
    return _change(rows, "open_before_next", here, book_out=pl.lit(None, pl.Int64))


def _gone(rows: pl.DataFrame, rates: Rates, rng: np.random.Generator) -> pl.DataFrame:
    """Values that are not there."""
    for kind, column in (
        ("missing_book_in", "book_in"),
        ("missing_stay_book_in", "stay_in"),
        ("missing_facility", "facility"),
        ("missing_person", "person"),
    ):
        here = _drawn(rows, getattr(rates, kind), rng)
        rows = _change(rows, kind, here, **{column: pl.lit(None, pl.Int64)})
    return rows


def _old(rows: pl.DataFrame, rates: Rates, rng: np.random.Generator) -> pl.DataFrame:
    """Days in the year 0212; which field has one is for the fields to say."""
    return rows.with_columns(_drawn(rows, rates.year_0212, rng).alias("year_0212"))


_WRONG: Final = (_midnight, _stay_starts, _stay_ends, _stint_ends, _gone, _old)


def _same(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    return rows


def _other_dropped(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    return rows.with_columns(_C("variant") + 1)


def _other_bond(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    return rows.with_columns(_C("bond") + 1)


def _other_status(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    return rows.with_columns(pl.lit(True).alias("cancelled"))


def _other_time(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Another time of the same day; some without the book-out, as before a correction."""
    time = _C("book_in") // DAY * DAY + _uniform(rows, rng, 0, DAY)
    open_ = pl.Series(rng.random(rows.height) < 0.05)
    return rows.with_columns(
        time, pl.when(open_).then(None).otherwise(_C("book_out")).alias("book_out")
    )


def _over_midnight(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The same book-in some minutes away, at the other side of the nearest midnight."""
    into = _C("book_in") % DAY
    other = pl.when(into < DAY // 2).then(-into - 10).otherwise(DAY - into + 10)
    return rows.with_columns(_C("book_in") + other)


_COPIES: Final[dict[str, Callable[[pl.DataFrame, np.random.Generator], pl.DataFrame]]] = {
    "duplicate_exact": _same,
    "duplicate_dropped": _other_dropped,
    "duplicate_bond": _other_bond,
    "duplicate_same_day": _other_time,
    "duplicate_midnight": _over_midnight,
    "duplicate_status": _other_status,
}
