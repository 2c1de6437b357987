"""From exact cells to what may leave: thresholds at their edges, noise, margins, rows, coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from openlifecycle.disclosure.lattice import numerator_signature, signature
from openlifecycle.disclosure.minimum_cell import (
    BELOW,
    FEWER,
    MINIMUM_CELL,
    people_behind,
    shows_count,
    shows_share,
    shows_statistic,
)
from openlifecycle.disclosure.perturbation import noise
from openlifecycle.disclosure.policy import AGREEMENT, policy
from openlifecycle.disclosure.records import cleared
from openlifecycle.engine.record_answer import Exact
from tests.gate.frames import MANY, SECRET, exact, many, mean, opened


def _said(rule: pl.Expr, **columns: Sequence[int]) -> list[bool]:
    return pl.DataFrame(columns).select(rule.alias("shown"))["shown"].to_list()


def _drawn(found: Exact, kind: str, counts: int, part: str = "", times: int = 1) -> np.ndarray:
    """Return the noise of the cells of a frame, drawn here once more."""
    table = numerator_signature(found.plan) if part else signature(found.plan)
    keys = found.frame[f"{part}cell_key"].to_numpy().astype(np.int64)
    full = np.full(keys.size, counts, dtype=np.int64)
    return noise(keys, full, SECRET, policy(), f"{kind}/".encode() + table, times=times)


def test_a_count_is_shown_of_five_people_and_from_twelve_on() -> None:
    assert MINIMUM_CELL == 5
    assert FEWER == "<12"
    rule = shows_count(pl.col("n"), pl.col("p"), policy())
    assert _said(rule, n=[0, 4, 5, 6, 9, 9, 9], p=[19, 19, 19, 19, 11, 12, 13]) == [
        False, False, True, True, False, True, True,
    ]  # fmt: skip
    higher = policy().tightened({"shown_from": 14})
    rule = shows_count(pl.col("n"), pl.col("p"), higher)
    assert _said(rule, n=[9, 9, 9], p=[13, 14, 15]) == [False, True, True]


def test_a_statistic_needs_twelve_and_twenty_under_an_agreement() -> None:
    rule = shows_statistic(pl.col("n"), pl.col("p"), policy())
    assert _said(rule, n=[20, 20, 20, 4], p=[11, 12, 13, 20]) == [False, True, True, False]
    # counts of 18 and 19 are shown under an agreement, statistics about them are not
    rule = shows_statistic(pl.col("n"), pl.col("p"), policy(AGREEMENT))
    assert _said(rule, n=[20, 20, 20, 10], p=[19, 20, 21, 30]) == [False, True, True, False]


@pytest.mark.parametrize(
    ("inside", "outside", "shown"),
    [
        (11, 40, False), (12, 40, True), (13, 40, True),
        (40, 11, False), (40, 12, True), (40, 13, True),
        # more than nine tenths on one side, but enough on the other
        (12, 1000, True), (1000, 12, True), (-2, 40, False),
    ],
)  # fmt: skip
def test_a_share_needs_enough_on_either_side(inside: int, outside: int, shown: bool) -> None:
    rule = shows_share(pl.col("i"), pl.col("o"), policy())
    assert _said(rule, i=[inside], o=[outside]) == [shown]


@pytest.mark.parametrize(
    ("inside", "outside", "shown"),
    [
        (17, 40, False), (18, 40, True),
        # more than nine tenths on one side, and fewer than twenty on the other
        (18, 162, True), (18, 163, False), (163, 18, False), (19, 1000, False), (20, 1000, True),
    ],
)  # fmt: skip
def test_a_share_under_an_agreement_says_nothing_of_nearly_all(
    inside: int, outside: int, shown: bool
) -> None:
    rule = shows_share(pl.col("i"), pl.col("o"), policy(AGREEMENT))
    assert _said(rule, i=[inside], o=[outside]) == [shown]


def test_records_without_a_key_add_one_person_to_what_is_sure() -> None:
    people = people_behind(pl.col("k"), pl.col("n"))
    found = pl.DataFrame({"k": [4, 4, 0], "n": [0, 9, 9]}).select(people.alias("p"))
    assert found["p"].to_list() == [4, 5, 1]


@pytest.mark.parametrize("n", [4, 5, 6])
def test_counts_at_the_minimum_cell(n: int) -> None:
    found = many("people_arrested", n=n)
    rows = opened(found).rows
    drawn = n + _drawn(found, "people", n)
    wanted = [float(v) if n >= 5 and v >= 12 else None for v in drawn]
    assert rows["value"].to_list() == wanted
    assert (rows["note"] == BELOW).to_list() == [v is None for v in wanted]
    assert rows["margin"].null_count() == wanted.count(None)
    if n >= 5:
        assert 0 < wanted.count(None) < MANY


def test_records_of_few_people_are_not_shown_however_many_they_are() -> None:
    assert opened(many("arrests", 200, n=60, people=4)).rows["value"].null_count() == 200
    # sixty records that name nobody: all may be of one person
    assert opened(many("arrests", 200, n=60, people=1)).rows["value"].null_count() == 200
    assert opened(many("arrests", 200, n=60, people=5)).rows["value"].null_count() == 0
    # sixty records of twelve people: the number of people is perturbed as well, and is below
    # twelve as often as the noise is negative (ptable: 0.447)
    found = opened(many("arrests", MANY, n=60, people=12, units=12)).rows["value"].null_count()
    assert found == pytest.approx(MANY * 0.447, rel=0.1)


def test_nobody_is_told_like_few() -> None:
    found = exact("arrests", [{"aor": "A", "n": 50}, {"aor": "B", "n": 0}, {"aor": "C", "n": 3}],
                  by="aor")  # fmt: skip
    rows = cleared(found, named={"aor": ("A", "B", "C", "D")}).rows
    assert rows["aor"].to_list() == ["A", "B", "C", "D"]
    told = rows.drop("aor").rows()
    # B has nobody, C three people, D is in no record: nothing tells them apart
    assert told[1] == told[2]
    columns = set(rows.columns) - {"aor", "not_stated", "no_key"}
    assert rows.select(columns).rows()[1] == rows.select(columns).rows()[3]


def test_arrests_have_the_noise_of_their_people_and_table() -> None:
    found = many("arrests", n=300)
    shown = opened(found).rows["value"].to_numpy() - 300
    assert (shown == _drawn(found, "records", 300)).all()
    assert np.abs(shown).max() <= 14
    # people who are arrested twice in a year: noise for two
    twice = exact(
        "arrests",
        [{"aor": f"v{i}", "n": 300, "largest": 1 + i % 4} for i in range(MANY)],
        by="aor", period="fiscal_year",
    )  # fmt: skip
    off = opened(twice).rows.sort(pl.col("aor").str.slice(1).cast(pl.Int64))["value"] - 300
    largest = np.minimum(np.arange(MANY) % 4 + 1, 2)
    assert off.to_numpy()[largest == 1].var() == pytest.approx(14, rel=0.1)
    assert off.to_numpy()[largest == 2].var() == pytest.approx(56, rel=0.1)
    # no parity is left of what two would add: 2 e is even
    assert set((off.to_numpy()[largest == 2] % 2).tolist()) == {0.0, 1.0}
    # the margin does not say how many records anybody has
    assert opened(twice).rows["margin"].unique().to_list() == [15.0]
    assert opened(many("arrests", 10, n=300, largest=4)).rows["margin"].unique().to_list() == [7.0]


def test_the_same_people_get_the_same_number_by_any_route() -> None:
    by_split = exact("arrests", [{"aor": "A", "gender": "F", "key": 99}], by=["aor", "gender"])
    by_filter = exact(
        "arrests", [{"aor": "A", "gender": "F", "key": 99}], by="gender", where={"aor": "A"}
    )
    assert cleared(by_split).rows["value"].to_list() == cleared(by_filter).rows["value"].to_list()
    # the numerator of a share is the count by its condition
    share = exact(
        "arrests_without_conviction_share",
        [{"aor": f"v{i}", "key": 10_007 * i, "n": 900, "inside": 400} for i in range(50)], by="aor",
    )  # fmt: skip
    counts = exact(
        "arrests",
        [{"aor": f"v{i}", "conviction": "Without conviction", "n": 400, "key": 10_007 * i + 7}
         for i in range(50)], by=["aor", "conviction"],
    )  # fmt: skip
    rows = opened(share).rows
    numerator = (rows["value"] * rows["over"]).round()
    assert numerator.to_list() == opened(counts).rows["value"].to_list()


def test_stocks_and_heads_are_counts_of_people() -> None:
    for measure in ("held_over_90_days", "record_population"):
        found = many(measure, n=40)
        shown = opened(found).rows
        assert (shown["value"].to_numpy() - 40 == _drawn(found, "people", 40)).all(), measure
        assert shown["over"].null_count() == MANY
        assert shown["margin"].unique().to_list() == [7.0]


def test_averages_are_whole_heads_with_noise_and_person_days_those_times_the_days() -> None:
    cell = {"n": 80, "value": 42.6129}
    adp = opened(many("record_adp", 1_000, **cell))
    values = adp.rows["value"].to_numpy()
    drawn = _drawn(many("record_adp", 1_000, **cell), "average", 43)
    assert (values == 43 + drawn).all()
    days = opened(many("record_person_days", 1_000, n=80, value=42.6129 * 31))
    assert (days.rows["value"].to_numpy() == values * 31).all()
    assert adp.rows["margin"].unique().to_list() == [7.5]
    assert days.rows["margin"].unique().to_list() == [7.5 * 31]
    peak = opened(many("record_population_peak", 1_000, n=80, value=60.0)).rows["value"]
    assert abs(np.corrcoef(peak.to_numpy(), values)[0, 1]) < 0.15


def test_person_days_count_the_days_that_the_records_cover() -> None:
    # the records can speak from the eleventh on: 21 days of January
    found = exact("record_person_days", [{"n": 100, "value": 21 * 60.0}], begins=date(2025, 1, 11))
    value = cleared(found).rows["value"].item()
    assert value % 21 == 0
    assert abs(value / 21 - 60) <= 14
    # an average below the minimum cell is not shown, even of many people
    low = exact("record_adp", [{"n": 100, "value": 0.4}], on="2025-01-31")
    assert cleared(low).rows["value"].to_list() == [None]


def test_shares_are_perturbed_counts_over_perturbed_counts() -> None:
    found = many("arrests_detained_share", n=500, inside=200)
    rows = opened(found).rows
    over = 500 + _drawn(found, "records", 500)
    inside = 200 + _drawn(found, "records", 200, "in_")
    assert rows["over"].to_list() == over.tolist()
    assert rows["value"].to_list() == pytest.approx((inside / over).round(4).tolist())
    off = (rows["value"] - 0.4).abs()
    assert (off <= rows["margin"]).mean() >= 0.95
    # of five hundred, within two percentage points, and the margin says so
    assert rows["margin"].max() < 0.02


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ({"n": 60, "inside": 30}, True),
        ({"n": 60, "inside": 30, "people": 4}, False),
        ({"n": 60, "inside": 30, "people_in": 4}, False),
        ({"n": 60, "inside": 30, "people_in": 5}, True),
        ({"n": 60, "inside": 30, "people_out": 4}, False),
        ({"n": 60, "inside": 30, "people_out": 5}, True),
        ({"n": 500, "inside": 500}, False),
        ({"n": 500, "inside": 0}, False),
    ],
)
def test_a_share_with_few_on_a_side_is_not_shown(cell: Mapping[str, Any], shown: bool) -> None:
    rows = opened(many("arrests_detained_share", 50, **cell)).rows
    assert rows["value"].is_not_null().all() == shown
    assert rows["value"].is_not_null().any() == shown
    assert rows["over"].is_not_null().any() == (cell.get("people") != 4)


def test_means_move_by_steps_of_one_person_and_the_margin_holds() -> None:
    rows = opened(many("record_alos", **mean())).rows
    # three standard deviations over 400 people: 0.375, said as 0.5
    assert rows["margin"].unique().to_list() == [4.0]
    off = rows["value"].to_numpy() - 40
    assert abs(off.mean()) < 0.2
    assert off.std() == pytest.approx(0.5 * np.sqrt(14 + 1 / 12), rel=0.05)
    assert (np.abs(off) <= 4.0).mean() >= 0.95
    # printed to the tenth, the power of ten of the step; no grid of whole steps is left
    assert rows["value"].to_list() == rows["value"].round(1).to_list()
    assert len({round(10 * v) % 5 for v in rows["value"].to_list()}) == 5
    assert rows["over"].null_count() == 0


@pytest.mark.parametrize(("part", "shown"), [(7_999.0, True), (8_000.0, True), (8_001.0, False)])
def test_a_mean_that_is_mostly_one_persons_is_not_shown(part: float, shown: bool) -> None:
    rows = opened(many("record_alos", 20, **mean(largest_part=part))).rows
    assert rows["value"].is_not_null().all() == shown
    assert rows["value"].is_not_null().any() == shown
    # nor one of which it is not known
    assert opened(many("record_alos", 9, **mean(largest_part=None))).rows["value"].null_count() == 9


@pytest.mark.parametrize("n", [11, 12, 13])
def test_a_median_needs_twelve_perturbed_people(n: int) -> None:
    found = many("record_median_stay", n=n, value=3.0, low_quartile=1.0, high_quartile=9.0)
    rows = opened(found).rows
    people = n + _drawn(found, "people", n)
    records = n + _drawn(found, "records", n)
    fewest = np.minimum(people, records)
    assert rows["value"].is_not_null().to_list() == (fewest >= 12).tolist()
    assert rows["over"].to_list() == [
        int(r) if f >= 12 else None for r, f in zip(records, fewest, strict=True)
    ]


def test_medians_move_by_steps_of_one_person() -> None:
    cell = {"n": 800, "value": 12.0, "low_quartile": 4.0, "high_quartile": 40.0}
    rows = opened(many("record_median_stay", **cell)).rows
    # 36 days over 800 people: 0.045, said as 0.05
    assert rows["margin"].round(9).unique().to_list() == [0.4]
    off = rows["value"].to_numpy() - 12
    assert (np.abs(off) <= 0.4).mean() >= 0.95
    assert off.std() == pytest.approx(0.05 * np.sqrt(14 + 1 / 12), rel=0.05)


def test_a_median_of_people_who_are_all_alike_is_not_told_exactly() -> None:
    cell = {"n": 800, "value": 12.0, "low_quartile": 12.0, "high_quartile": 12.0}
    off = opened(many("record_median_stay", **cell)).rows["value"].to_numpy() - 12
    assert off.std() > 0.02
    nothing = {"n": 800, "value": 0.0, "low_quartile": 0.0, "high_quartile": 0.0}
    assert set(opened(many("record_median_stay", 5, **nothing)).rows["value"]) == {0.0}


def test_a_curve_that_has_no_upper_quartile_or_no_median() -> None:
    wide = {"n": 800, "value": 20.0, "low_quartile": 4.0, "high_quartile": None}
    rows = opened(many("stay_survival_median", 100, **wide)).rows
    # twice the lower half, 32 days, over 800 people: 0.04, said as 0.05
    assert rows["margin"].round(9).unique().to_list() == [0.4]
    none = {"n": 800, "value": None, "low_quartile": 4.0, "high_quartile": None}
    rows = opened(many("stay_survival_median", 3, **none)).rows
    assert rows["value"].to_list() == [None, None, None]
    # shown to be none: fewer than half have ended
    assert rows["note"].to_list() == ["", "", ""]
