"""Cohorts leave with noise that is keyed to their people, and small groups do not leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from openlifecycle.disclosure import cohort_noise
from openlifecycle.disclosure.cohort_cells import BELOW, BEYOND, cleared_shares
from openlifecycle.disclosure.cohort_noise import Draw, anchored
from openlifecycle.disclosure.perturbation import noise
from openlifecycle.disclosure.policy import policy
from openlifecycle.lifecycle.cohorts import cohort
from openlifecycle.lifecycle.survival import wilson
from tests.cohorts.tables import FIRST, LAST, THROUGH, day, stay, tables
from tests.cohorts.twin import Stay

SECRET = bytes(range(32))
LOOSE = replace(policy(), shown_from=5)


def draw(shown_from: int = 5, secret: bytes = SECRET, table: str = "book_in/month") -> Draw:
    return Draw(replace(policy(), shown_from=shown_from), secret, table)


def left(reasons: dict[str, int], **more: Any) -> list[Stay]:
    """Return stays from 1 to 9 January, ended for each reason so many times."""
    said = [reason for reason, times in reasons.items() for _ in range(times)]
    return [stay(nr, f"p{nr}", day(1, 1), day(1, 9), said[nr], **more) for nr in range(len(said))]


def keyed(rows: Any) -> Any:
    """Give the person of entry n the secret number 1000 + n."""
    return rows.mutate(record_key=rows.entry_id + 1000)


def exact(stays: list[Stay], **more: Any) -> pl.DataFrame:
    asked: dict[str, Any] = {"start": FIRST, "end": LAST, "through": THROUGH, "period": "month"}
    return cohort(tables(stays), entry="book_in", keyed=keyed, **(asked | more))


def fixed(monkeypatch: pytest.MonkeyPatch, of: Callable[[Any, Any], Any]) -> None:
    """Put a noise that a person can compute into the place of the real one."""

    def plain(keys: Any, counts: Any, _secret: bytes, _policy: Any, _purpose: bytes) -> Any:
        return np.asarray(of(keys, counts), dtype=np.int64)

    monkeypatch.setattr(cohort_noise, "noise", plain)


def row(rows: pl.DataFrame, state: str, days: int = 30, kind: str = "state") -> dict[str, Any]:
    found = rows.filter(
        pl.col("state") == state, pl.col("horizon_days") == days, pl.col("kind") == kind
    )
    return found.row(0, named=True)


def test_keys_are_sums_over_the_people_of_each_state() -> None:
    rows = exact(left({"Removed": 30, "Bonded Out - IJ": 20}))
    removed, bond = row(rows, "removed"), row(rows, "released_bond")
    # people 0..29 and 30..49, each with the number 1000 + n
    assert removed["key_seen"] == 30 * 1000 + 29 * 30 // 2
    assert bond["key_seen"] == 20 * 1000 + sum(range(30, 50))
    assert removed["key_people"] == 50 * 1000 + 49 * 50 // 2 == removed["key_followed"]
    assert row(rows, "held", 7, "sum")["key_seen"] == removed["key_people"]
    assert row(rows, "held", 30, "sum")["key_seen"] == 0


def test_noise_computed_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = exact(left({"Removed": 30, "Bonded Out - IJ": 20}))
    fixed(monkeypatch, lambda keys, _: keys % 7 - 3)
    shown = cleared_shares(rows, ["period"], draw(), THROUGH)
    removed, bond = row(shown, "removed"), row(shown, "released_bond")
    # keys 30435 = 7 * 4347 + 6 and 20790 = 7 * 2970; all of them 51225 = 7 * 7317 + 6
    assert removed["n_seen"] == 30 + 3
    assert bond["n_seen"] == 20 - 3
    assert removed["n_people"] == 50 + 3 == removed["n_followed"]
    assert removed["share"] == removed["naive_share"] == round(33 / 53, 6)
    assert bond["share"] == round(17 / 53, 6)
    # the margin is the noise of 95 in 100, seven people, over those watched
    assert removed["margin"] == round(draw().margin / 53, 4)


def test_noise_is_that_of_the_house_for_the_same_people() -> None:
    rows = exact(left({"Removed": 30, "Bonded Out - IJ": 20}))
    shown = cleared_shares(rows, ["period"], draw(), THROUGH)
    key, count = np.array([30 * 1000 + 435]), np.array([30])
    more = noise(key, count, SECRET, LOOSE, b"cohort/book_in/month/state 30")
    assert row(shown, "removed")["n_seen"] == 30 + int(more[0])


def test_the_same_people_get_the_same_and_others_do_not() -> None:
    people = left({"Removed": 300, "Bonded Out - IJ": 200})
    once = cleared_shares(exact(people), ["period"], draw(), THROUGH)
    turned = cleared_shares(exact(people[::-1]), ["period"], draw(), THROUGH)
    assert once.equals(turned)
    # asked for one horizon alone, or for a part of the time
    alone = exact(people).filter(pl.col("horizon_days") == 30)
    assert cleared_shares(alone, ["period"], draw(), THROUGH).equals(
        once.filter(pl.col("horizon_days") == 30)
    )
    fewer = [exact(people[n:]) for n in range(8)]
    told = [row(cleared_shares(r, ["period"], draw(), THROUGH), "removed") for r in fewer]
    assert len({one["n_seen"] + n for n, one in enumerate(told)}) > 1
    other = cleared_shares(exact(people), ["period"], draw(secret=bytes(32)), THROUGH)
    assert not once.equals(other)


@pytest.mark.parametrize(("inside", "may"), [(4, False), (5, True), (6, True)])
def test_fewer_than_five_inside_or_outside_are_not_shown(
    inside: int, may: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed(monkeypatch, lambda keys, _: keys * 0)
    rows = exact(left({"Removed": 20, "Bonded Out - IJ": inside}))
    shown = cleared_shares(rows, ["period"], draw(), THROUGH)
    for state in ("released_bond", "removed"):  # inside of one is outside of the other
        one = row(shown, state)
        assert (one["n_seen"] is not None) == may
        assert (one["share"] is not None) == may
        assert one["note"] == ("" if may else BELOW)


@pytest.mark.parametrize(("people", "may"), [(4, False), (5, True), (6, True)])
def test_a_cohort_of_four_has_no_rows_at_all(
    people: int, may: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed(monkeypatch, lambda keys, _: keys * 0)
    rows = exact(left({"Removed": people}))
    assert cleared_shares(rows, ["period"], draw(), THROUGH).is_empty() != may


@pytest.mark.parametrize(("perturbed", "may"), [(12, False), (13, True), (14, True)])
def test_a_count_is_shown_from_thirteen_with_its_noise(
    perturbed: int, may: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed(monkeypatch, lambda _, counts: np.where(counts == 20, perturbed - 20, 0))
    rows = exact(left({"Removed": 100, "Bonded Out - IJ": 20}))
    shown = cleared_shares(rows, ["period"], draw(shown_from=13), THROUGH)
    assert row(shown, "released_bond")["n_seen"] == (perturbed if may else None)


def test_nobody_is_told_as_a_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    fixed(monkeypatch, lambda keys, _: keys * 0)
    shown = [
        cleared_shares(exact(left({"Removed": 50 - few, "Died": few})), ["period"], draw(), THROUGH)
        for few in (0, 1, 4)
    ]
    few = [row(rows, "died") for rows in shown]
    assert few[0] == few[1] == few[2]


def test_a_sum_is_added_up_where_all_its_states_are_shown() -> None:
    half = left({"Removed": 200})
    moved = [
        stay(300 + nr, f"m{nr}", day(1, 1), day(1, 9), "Removed", moves=1, first_end=day(1, 2))
        for nr in range(100)
    ]
    shown = cleared_shares(exact([*half, *moved]), ["period"], draw(), THROUGH)
    first, after = row(shown, "held_first_facility", 7), row(shown, "held_after_transfer", 7)
    assert first["n_seen"] is not None
    total = row(shown, "held", 7, "sum")
    if total["n_seen"] is not None:  # all are held, so that nobody is outside: not shown
        assert total["n_seen"] == first["n_seen"] + after["n_seen"]
    left_country = row(shown, "left_country", 30, "sum")
    assert left_country["n_seen"] is None
    some = left({"Removed": 200, "Voluntary departure": 60, "Bonded Out - IJ": 60, "Died": 20})
    kept = [stay(900 + nr, f"k{nr}", day(1, 1)) for nr in range(50)]
    both = [stay(990 + nr, f"l{nr}", day(1, 1), moves=1, first_end=day(1, 3)) for nr in range(50)]
    shown = cleared_shares(exact([*some, *kept, *both]), ["period"], draw(), THROUGH)
    parts = [row(shown, s)["n_seen"] for s in ("held_first_facility", "held_after_transfer")]
    assert row(shown, "held", 30, "sum")["n_seen"] == sum(parts)
    assert row(shown, "held", 30, "sum")["share"] == round(
        sum(parts) / row(shown, "removed")["n_people"], 6
    )
    # expelled is not shown, so the sum it is part of is a cell of its own
    country = row(shown, "left_country", 30, "sum")["n_seen"]
    assert country is not None
    assert abs(country - 260) <= policy().perturbation.most


def test_an_estimate_is_a_whole_number_of_those_watched_and_its_band_is_made_of_it() -> None:
    # half of them entered too late to be watched for 90 days
    early, late = day(8, 1), day(10, 20)
    stays = [
        stay(nr, f"p{nr}", early if nr % 2 else late, late.replace(month=11) if nr % 3 else None,
             "Removed")
        for nr in range(600)
    ]  # fmt: skip
    rows = exact(stays, period="all")
    one = row(rows, "removed", 90)
    assert 0 < one["n_followed"] < one["n_people"]
    shown = row(cleared_shares(rows, ["period"], draw(), THROUGH), "removed", 90)
    whole = shown["share"] * shown["n_followed"]
    assert whole == pytest.approx(round(whole), abs=1e-3)
    good = max(round(one["n_eff"] / one["n_people"] / 0.05), 1) * 0.05 * shown["n_people"]
    share = round(whole) / shown["n_followed"]
    spread = share * (1 - share)
    good = spread / (spread / good + policy().perturbation.variance / shown["n_followed"] ** 2)
    low, high = wilson(pl.lit(share), pl.lit(good))
    band = pl.select(low=low, high=high).row(0)
    assert (shown["low"], shown["high"]) == pytest.approx(band, abs=1e-5)


def test_of_a_first_event_one_number_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    fixed(monkeypatch, lambda keys, _: keys * 0)
    early, late = day(8, 1), day(10, 20)
    stays = [
        stay(nr, f"p{nr}", early if nr % 2 else late,
             (day(9, 1) if nr % 2 else day(11, 20)) if nr % 3 else None, "Removed")
        for nr in range(600)
    ]  # fmt: skip
    some = cleared_shares(exact(stays, period="all"), ["period"], draw(), THROUGH)
    every = cleared_shares(exact(stays, period="month"), ["period"], draw(), THROUGH)
    every = every.filter(pl.col("period") == "2025-08")
    for kind, name in (("reached", "left_detention"), ("left_as", "removed")):
        one, whole = row(some, name, 90, kind), row(every, name, 90, kind)
        assert (one["n_seen"], one["naive_share"]) == (None, None)
        assert one["share"] is not None
        # where everybody was watched the estimate is the count
        assert whole["n_seen"] == round(whole["share"] * whole["n_followed"])
    assert row(some, "removed", 90)["n_seen"] is not None


def test_too_few_watched_is_said_whether_or_not_somebody_was() -> None:
    stays = [stay(nr, f"p{nr}", day(12, 1), day(12, 20), "Removed") for nr in range(100)]
    stays += [stay(100 + nr, f"r{nr}", day(12, 1), day(12, 9), "Paroled") for nr in range(100)]
    shown = cleared_shares(exact(stays), ["period"], draw(), THROUGH)
    notes = shown.filter(pl.col("horizon_days") == 90, pl.col("n_seen").is_not_null())["note"]
    assert notes.unique().to_list() == [BEYOND]
    assert shown.filter(pl.col("horizon_days") == 90)["share"].null_count() > 0


def test_another_rule_set_adds_noise_only_where_the_people_differ() -> None:
    people = left({"Removed": 300, "Bonded Out - IJ": 200})
    house, on = exact(people), ["period", "horizon_days", "kind", "state"]
    keys = ["key_people", "key_followed", "key_seen"]
    other = replace(draw(), other_rules=True)
    shown = cleared_shares(house, ["period"], draw(), THROUGH)
    same = cleared_shares(anchored(house, house, on, keys), ["period"], other, THROUGH)
    counts = ["n_people", "n_followed", "n_seen", "naive_share", "share"]
    assert same.select(*on, *counts).equals(shown.select(*on, *counts))
    away = set()
    for n in range(1, 9):
        fewer = anchored(exact(people[n:]), house, on, keys)
        one = row(cleared_shares(fewer, ["period"], other, THROUGH), "removed")
        away.add(one["n_seen"] - (row(shown, "removed")["n_seen"] - n))
    # on top of the noise of the house: not nothing, and not one number
    assert len(away) > 2
    assert other.margin > draw().margin


def test_the_margin_holds_for_95_of_100() -> None:
    chosen = draw()
    keys = np.arange(20_000, dtype=np.int64) * 7919
    drawn = noise(keys, np.full(20_000, 400), SECRET, policy(), b"margin")
    inside = (np.abs(drawn) <= chosen.margin).mean()
    assert inside >= 0.95
    assert (np.abs(drawn) <= chosen.margin - 1).mean() < 0.955


def test_the_calendar_says_whether_all_were_watched() -> None:
    stays = left({"Removed": 60, "Bonded Out - IJ": 60})
    rows = exact(stays, through=datetime(2025, 2, 15, 23, 59, 59))
    assert rows.filter(pl.col("horizon_days") == 30)["n_followed"].unique().to_list() == [120]
    shown = cleared_shares(rows, ["period"], draw(), datetime(2025, 2, 15, 23, 59, 59))
    # all entered on 1 January, but somebody might have entered on the 31st: it is not told
    assert row(shown, "removed", 30)["n_followed"] is None
    assert row(shown, "removed", 7)["n_followed"] == row(shown, "removed", 7)["n_people"]
    assert date(2025, 1, 1) == FIRST
