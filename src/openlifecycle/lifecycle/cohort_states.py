"""From the counts of a cohort to the share of people in each state at each horizon.

The share in a state is what came into it less what went out of it, each an Aalen-Johansen
estimate of a first event (survival.py): the share on bond at 90 days is those who left on bond
within 90 days, less those of them who had departed or were booked in again by then. For a state
that people can leave this is Pepe's estimator of prevalence (J Am Stat Assoc 1991; with Longton
and Thornquist, Stat Med 1991). It needs no assumption that the past of a person does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openlifecycle.lifecycle.cohort_bands import (
    known_when_watching_ended,
    share_when_watching_ends,
    watched_share,
    weighted_events,
)
from openlifecycle.lifecycle.cohort_codes import (
    AFTER,
    ALL,
    ANY,
    BOOK,
    BOOKED,
    DEPART,
    EXIT,
    MOVE,
    MOVED,
    RETURN,
    WATCH,
    clock_code,
    piece_code,
)
from openlifecycle.lifecycle.cohort_counts import Counts
from openlifecycle.lifecycle.cohort_curves import PIECES, Curves, curves
from openlifecycle.lifecycle.outcomes import (
    DEPARTED,
    HELD_AFTER_TRANSFER,
    HELD_FIRST,
    NOT_DETAINED,
    REACHED,
    RETURNED,
    SUMS,
    UNKNOWN,
    exit_states,
    states,
)
from openlifecycle.lifecycle.running import Floats, Ints, added
from openlifecycle.lifecycle.survival import effective_of, variance, wilson

#: A piece is an event of a clock; a state is a sum of pieces with signs.
Piece = tuple[str, str]

#: Numbers of a row, in order, before the shares.
_NUMBERS: Final = (
    "n_people", "n_followed", "n_seen", "key_people", "key_followed", "key_seen", "n_eff", "share",
)  # fmt: skip


@cache
def formulas() -> dict[tuple[str, str], dict[Piece, int]]:
    """Return each state, sum of states and first event as pieces with signs."""
    said: dict[str, dict[Piece, int]] = {
        NOT_DETAINED: {(ALL, ALL): 1, **dict.fromkeys(_book_events(), -1)},
        HELD_FIRST: {(BOOK, BOOKED): 1, (EXIT, ANY): -1, (MOVE, MOVED): -1, (EXIT, AFTER): 1},
        HELD_AFTER_TRANSFER: {(MOVE, MOVED): 1, (EXIT, AFTER): -1},
        DEPARTED: {(BOOK, DEPARTED): 1, (DEPART, ANY): 1, (RETURN, DEPARTED): -1},
        RETURNED: {(BOOK, RETURNED): 1, (RETURN, ANY): 1},
    }
    for name in exit_states():
        said[name] = {(EXIT, name): 1, (DEPART, name): -1, (RETURN, name): -1}
    said[UNKNOWN][BOOK, UNKNOWN] = 1
    found = {("state", name): said[name] for name in states()}
    for total in SUMS:
        parts: dict[Piece, int] = {}
        for state in states().values():
            if total in state.sums:
                for piece, sign in said[state.name].items():
                    parts[piece] = parts.get(piece, 0) + sign
        found["sum", total] = {piece: sign for piece, sign in parts.items() if sign}
    reached = ((BOOK, BOOKED), (MOVE, MOVED), (EXIT, ANY))
    found.update({("reached", n): {p: 1} for n, p in zip(REACHED, reached, strict=True)})
    found.update({("left_as", name): {(EXIT, name): 1} for name in exit_states()})
    return found


def _book_events() -> tuple[Piece, ...]:
    return tuple((BOOK, cause) for cause in (BOOKED, UNKNOWN, DEPARTED, RETURNED))


def state_shares(counts: Counts, cells: pl.DataFrame, horizons: Sequence[int]) -> pl.DataFrame:
    """Return one row per cell, horizon and state (or sum, or reached event).

    Args:
        counts: what ``cohort_counts.told`` returned.
        cells: the columns that tell cells apart, in the order of the numbers of cells.
        horizons: days after entry, sorted.

    Returns:
        Columns of ``cells``, ``horizon_days``, ``kind`` (``state``, ``sum`` of states, ``reached``
        by then whatever came after, ``left_as``: left detention by then in this way, whatever came
        after), ``state``, ``n_people``, ``n_followed`` (watched for all those days), ``n_seen``
        (people last seen in the state by then), ``key_people``, ``key_followed`` and ``key_seen``
        (sums of the secret numbers of those people), ``n_eff`` (people whose plain share would be
        as uncertain), ``naive_share``, ``share``, ``low``, ``high``; the last three null where
        nobody was watched so long.
    """
    watched = counts.of(counts.clock == clock_code(WATCH))
    people = _people(watched, cells.height, horizons)
    watch = watched_share(watched)
    found = curves(counts, cells.height, horizons)
    w1, w2 = weighted_events(found, watch)
    columns = _columns()
    at = _At(found, columns, len(horizons), cells.height)
    place = [at.places(24 * days) for days in horizons]
    events, key = (_put_together(at.of(one, place), n) for one, n in (
        (found.events, people["n_people"]), (found.key, people["key_people"])
    ))  # fmt: skip
    share = at.of(found.share, place)
    n = people["n_people"].astype(np.float64)
    square = _squares(at.of(w1, place), at.of(w2, place), n) / n
    alone = effective_of(share, variance(share, at.of(found.sums, place)))
    share = _put_together(share, 1.0)
    early = watch.of(watch.day < max(horizons))
    then = share_when_watching_ends(found, columns[found.piece], len(_used()), early)
    known = known_when_watching_ended(share, _put_together(then, 1.0), early, horizons)
    n_eff = effective_of(share, (square - share**2 - known) / n)
    kind = _order()["kind"].to_numpy()
    for i in np.flatnonzero((kind == "reached") | (kind == "left_as")):
        n_eff[i] = alone[_signed()[i][0][0]]
    n_eff = np.where(np.isnan(n_eff), people["n_followed"], n_eff)
    # the difference of two estimates can fall below nothing where few are watched to the end;
    # set to nothing, the states are brought back to a sum of one
    share = share.clip(0.0, 1.0)
    share[kind == "state"] /= added(share[kind == "state"])
    made = {"n_seen": events, "key_seen": key, "share": share, "n_eff": np.minimum(n_eff, n)}
    return _banded(_rows(people | made, cells, horizons))


@cache
def _order() -> pl.DataFrame:
    return pl.DataFrame(list(formulas()), schema=["kind", "state"], orient="row")


@cache
def _used() -> tuple[int, ...]:
    """Return the number of every piece that a state is made of, sorted; not the whole."""
    whole = piece_code(ALL, ALL)
    told = {piece_code(*piece) for pieces in formulas().values() for piece in pieces}
    return tuple(sorted(told - {whole}))


@cache
def _columns() -> Ints:
    """Return where each piece stands among those used, -1 where it does not."""
    found = np.full(PIECES, -1)
    found[list(_used())] = np.arange(len(_used()))
    return found


@cache
def _signed() -> tuple[tuple[tuple[int, int], ...], ...]:
    """Return where the pieces of each formula stand, with their signs; the whole is -1, last."""
    columns = _columns()
    found = []
    for pieces in formulas().values():
        told = sorted((piece_code(*piece), sign) for piece, sign in pieces.items())
        found.append(tuple((int(columns[code]), sign) for code, sign in told))
    return tuple(found)


class _At:
    """What stands in the rows of the curves at horizons: piece, horizon and cell in an array."""

    def __init__(self, found: Curves, columns: Ints, horizons: int, cells: int) -> None:
        self._curves = found
        self._column = columns[found.piece]
        self._shape = (len(_used()), horizons, cells)

    def places(self, hour: int) -> tuple[NDArray[np.bool_], Ints]:
        """Return the runs that have a step by then, and their last row by then."""
        runs = self._curves.runs
        by_then = runs.summed((self._curves.hour <= hour).astype(np.int64))
        some = (by_then > 0) & (self._column >= 0)
        return some, (runs.starts + by_then - 1)[some]

    def of(self, values: NDArray[Any], places: Sequence[tuple[NDArray[np.bool_], Ints]]) -> Any:
        """Return numbers of rows, nothing where no step has been made."""
        found = np.zeros((*self._shape, *values.shape[1:]), values.dtype)
        for i, (some, rows) in enumerate(places):
            found[self._column[some], i, self._curves.cell[some]] = values[rows]
        return found


def _put_together(pieces: NDArray[Any], whole: Any) -> Any:
    """Return each state as the sum of its pieces with their signs."""
    found = np.zeros((len(_signed()), *pieces.shape[1:]), pieces.dtype)
    for state, told in zip(found, _signed(), strict=True):
        state[...] = added(
            (pieces[column] if column >= 0 else whole) * sign for column, sign in told
        )
    return found


def _squares(w1: Floats, w2: Floats, n: Floats) -> Floats:
    """Return the sum of squares over people: entering adds, leaving takes off and adds."""
    found = np.zeros((len(_signed()), *w1.shape[1:]))
    left = w2 - 2 * w1
    for state, told in zip(found, _signed(), strict=True):
        state[...] = added(
            n if column < 0 else (w2 if sign > 0 else left)[column] for column, sign in told
        )
    return found


def _people(watched: Counts, cells: int, horizons: Sequence[int]) -> dict[str, Ints]:
    """Return ``n_people`` of each cell and ``n_followed`` for each horizon, each with its key."""
    found: dict[str, Ints] = {}
    for name, of in (("n", watched.n), ("key", watched.key)):
        followed = np.zeros((len(horizons), cells), np.int64)
        people = np.zeros(cells, np.int64)
        np.add.at(people, watched.cell, of)
        for i, days in enumerate(horizons):
            long = watched.hour >= days
            np.add.at(followed[i], watched.cell[long], of[long])
        found |= {f"{name}_people": people, f"{name}_followed": followed}
    return found


def _rows(
    made: Mapping[str, NDArray[Any]], cells: pl.DataFrame, horizons: Sequence[int]
) -> pl.DataFrame:
    """Return one row per cell, horizon and state, of arrays by state, horizon and cell."""
    shape = (_order().height, len(horizons), cells.height)
    of_state, of_days, of_cell = (
        np.broadcast_to(
            np.arange(shape[i]).reshape([-1 if i == j else 1 for j in range(3)]), shape
        ).T.ravel()
        for i in range(3)
    )
    told = _order()[of_state]
    days = pl.Series("horizon_days", np.array(horizons, np.int64)[of_days])
    arrays = [pl.Series(name, np.broadcast_to(made[name], shape).T.ravel()) for name in _NUMBERS]
    return cells[of_cell].with_columns(days, told["kind"], told["state"], *arrays)


def _banded(rows: pl.DataFrame) -> pl.DataFrame:
    """Add bands and the naive share; null beyond what was watched."""
    followed = pl.col("n_followed") > 0
    low, high = wilson(pl.col("share"), pl.col("n_eff"))
    rows = rows.with_columns(low.alias("low"), high.alias("high"))
    naive = (pl.col("n_seen") / pl.col("n_people")).alias("naive_share")
    # twelve digits: what differs beyond them is the order of adding
    told = ("share", "low", "high")
    return rows.select(
        pl.exclude(told), naive, *(pl.when(followed).then(pl.col(c).round(12)) for c in told)
    )
