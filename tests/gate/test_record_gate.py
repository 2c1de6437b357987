"""From exact cells to what may leave: thresholds at their edges, noise, margins, rows, coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from openlifecycle.disclosure.policy import policy
from openlifecycle.disclosure.records import cleared
from openlifecycle.engine.answer import Answer
from openlifecycle.engine.record_answer import Exact, Missing
from openlifecycle.errors import NotCleared
from tests.gate.frames import SECRET, exact

MANY = 4_000


def _said(rule: pl.Expr, **columns: Sequence[int]) -> list[bool]:
    return pl.DataFrame(columns).select(rule.alias("shown"))["shown"].to_list()


def _many(measure: str, count: int = MANY, by: str = "aor", **cell: Any) -> Exact:
    """Return one cell of January for each of many values of a split, alike but for the people."""
    cells = [{by: f"v{i:04}", **cell} for i in range(count)]
    return exact(measure, cells, by=by)


def _open(found: Exact, **words: Any) -> Answer:
    """Return the answer with a row for each cell, however many there are."""
    rules = replace(policy(), grid_rows=10**6)
    named = {d: found.frame[d].unique().to_list() for d in found.plan.split}
    return cleared(found, rules, named, **words)


def _drawn(found: Exact, kind: str, counts: int, part: str = "", times: int = 1) -> np.ndarray:
    """Return the noise of the cells of a frame, drawn here once more."""
    table = numerator_signature(found.plan) if part else signature(found.plan)
    keys = found.frame[f"{part}cell_key"].to_numpy().astype(np.int64)
    full = np.full(keys.size, counts, dtype=np.int64)
    return noise(keys, full, SECRET, policy(), f"{kind}/".encode() + table, times=times)


def test_a_count_is_shown_from_the_minimum_cell_on_true_and_perturbed() -> None:
    assert MINIMUM_CELL == 5
    assert FEWER == "<5"
    rule = shows_count(pl.col("n"), pl.col("p"), policy())
    assert _said(rule, n=[0, 4, 5, 6, 9, 9, 9], p=[9, 9, 9, 9, 4, 5, 6]) == [
        False, False, True, True, False, True, True,
    ]  # fmt: skip
    higher = policy().tightened({"shown_from": 7})
    rule = shows_count(pl.col("n"), pl.col("p"), higher)
    assert _said(rule, n=[9, 9, 9], p=[6, 7, 8]) == [False, True, True]


def test_a_statistic_needs_ten() -> None:
    rule = shows_statistic(pl.col("n"), pl.col("p"), policy())
    assert _said(rule, n=[20, 20, 20, 4], p=[9, 10, 11, 20]) == [False, True, True, False]


@pytest.mark.parametrize(
    ("inside", "outside", "shown"),
    [
        (4, 40, False), (5, 40, True), (40, 4, False), (40, 5, True),
        # more than nine tenths on one side, and fewer than ten on the other
        (9, 81, True), (9, 82, False), (82, 9, False), (10, 91, True), (10, 1000, True),
        (-2, 40, False),
    ],
)  # fmt: skip
def test_a_share_needs_enough_on_either_side(inside: int, outside: int, shown: bool) -> None:
    rule = shows_share(pl.col("i"), pl.col("o"), policy())
    assert _said(rule, i=[inside], o=[outside]) == [shown]


def test_records_without_a_key_add_one_person_to_what_is_sure() -> None:
    people = people_behind(pl.col("k"), pl.col("n"))
    found = pl.DataFrame({"k": [4, 4, 0], "n": [0, 9, 9]}).select(people.alias("p"))
    assert found["p"].to_list() == [4, 5, 1]


@pytest.mark.parametrize("n", [4, 5, 6])
def test_counts_at_the_minimum_cell(n: int) -> None:
    found = _many("people_arrested", n=n)
    rows = _open(found).rows
    drawn = n + _drawn(found, "people", n)
    wanted = [float(v) if n >= 5 and v >= 5 else None for v in drawn]
    assert rows["value"].to_list() == wanted
    assert (rows["note"] == BELOW).to_list() == [v is None for v in wanted]
    assert rows["margin"].null_count() == wanted.count(None)
    if n >= 5:
        assert 0 < wanted.count(None) < MANY


def test_records_of_few_people_are_not_shown_however_many_they_are() -> None:
    assert _open(_many("arrests", 200, n=60, people=4)).rows["value"].null_count() == 200
    # sixty records that name nobody: all may be of one person
    assert _open(_many("arrests", 200, n=60, people=1)).rows["value"].null_count() == 200
    assert _open(_many("arrests", 200, n=60, people=5)).rows["value"].null_count() == 0
    # sixty records of six people: the number of people is perturbed as well
    six = _open(_many("arrests", MANY, n=60, people=6, units=6)).rows["value"].null_count()
    assert six == pytest.approx(MANY * 0.41, rel=0.15)


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
    found = _many("arrests", n=300)
    shown = _open(found).rows["value"].to_numpy() - 300
    assert (shown == _drawn(found, "records", 300)).all()
    assert np.abs(shown).max() <= 14
    # people who are arrested twice in a year: noise for two
    twice = exact(
        "arrests",
        [{"aor": f"v{i}", "n": 300, "largest": 1 + i % 4} for i in range(MANY)],
        by="aor", period="fiscal_year",
    )  # fmt: skip
    off = _open(twice).rows.sort(pl.col("aor").str.slice(1).cast(pl.Int64))["value"] - 300
    largest = np.minimum(np.arange(MANY) % 4 + 1, 2)
    assert off.to_numpy()[largest == 1].var() == pytest.approx(14, rel=0.1)
    assert off.to_numpy()[largest == 2].var() == pytest.approx(56, rel=0.1)
    # no parity is left of what two would add: 2 e is even
    assert set((off.to_numpy()[largest == 2] % 2).tolist()) == {0.0, 1.0}
    # the margin does not say how many records anybody has
    assert _open(twice).rows["margin"].unique().to_list() == [15.0]
    assert _open(_many("arrests", 10, n=300, largest=4)).rows["margin"].unique().to_list() == [7.0]


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
    rows = _open(share).rows
    numerator = (rows["value"] * rows["over"]).round()
    assert numerator.to_list() == _open(counts).rows["value"].to_list()


def test_stocks_and_heads_are_counts_of_people() -> None:
    for measure in ("held_over_90_days", "record_population"):
        found = _many(measure, n=40)
        shown = _open(found).rows
        assert (shown["value"].to_numpy() - 40 == _drawn(found, "people", 40)).all(), measure
        assert shown["over"].null_count() == MANY
        assert shown["margin"].unique().to_list() == [7.0]


def test_averages_are_whole_heads_with_noise_and_person_days_those_times_the_days() -> None:
    cell = {"n": 80, "value": 42.6129}
    adp = _open(_many("record_adp", 1_000, **cell))
    values = adp.rows["value"].to_numpy()
    drawn = _drawn(_many("record_adp", 1_000, **cell), "average", 43)
    assert (values == 43 + drawn).all()
    days = _open(_many("record_person_days", 1_000, n=80, value=42.6129 * 31))
    assert (days.rows["value"].to_numpy() == values * 31).all()
    assert adp.rows["margin"].unique().to_list() == [7.5]
    assert days.rows["margin"].unique().to_list() == [7.5 * 31]
    peak = _open(_many("record_population_peak", 1_000, n=80, value=60.0)).rows["value"]
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
    found = _many("arrests_detained_share", n=500, inside=200)
    rows = _open(found).rows
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
    rows = _open(_many("arrests_detained_share", 50, **cell)).rows
    assert rows["value"].is_not_null().all() == shown
    assert rows["value"].is_not_null().any() == shown
    assert rows["over"].is_not_null().any() == (cell.get("people") != 4)


def _mean(**cell: Any) -> dict[str, Any]:
    return {
        "n": 400,
        "value": 40.0,
        "total": 16_000.0,
        "largest_part": 900.0,
        "spread": 50.0,
    } | cell


def test_means_move_by_steps_of_one_person_and_the_margin_holds() -> None:
    rows = _open(_many("record_alos", **_mean())).rows
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
    rows = _open(_many("record_alos", 20, **_mean(largest_part=part))).rows
    assert rows["value"].is_not_null().all() == shown
    assert rows["value"].is_not_null().any() == shown
    # nor one of which it is not known
    assert (
        _open(_many("record_alos", 9, **_mean(largest_part=None))).rows["value"].null_count() == 9
    )


@pytest.mark.parametrize("n", [9, 10, 11])
def test_a_median_needs_ten_perturbed_people(n: int) -> None:
    found = _many("record_median_stay", n=n, value=3.0, low_quartile=1.0, high_quartile=9.0)
    rows = _open(found).rows
    people = n + _drawn(found, "people", n)
    records = n + _drawn(found, "records", n)
    fewest = np.minimum(people, records)
    assert rows["value"].is_not_null().to_list() == (fewest >= 10).tolist()
    assert rows["over"].to_list() == [
        int(r) if f >= 5 else None for r, f in zip(records, fewest, strict=True)
    ]


def test_medians_move_by_steps_of_one_person() -> None:
    cell = {"n": 800, "value": 12.0, "low_quartile": 4.0, "high_quartile": 40.0}
    rows = _open(_many("record_median_stay", **cell)).rows
    # 36 days over 800 people: 0.045, said as 0.05
    assert rows["margin"].round(9).unique().to_list() == [0.4]
    off = rows["value"].to_numpy() - 12
    assert (np.abs(off) <= 0.4).mean() >= 0.95
    assert off.std() == pytest.approx(0.05 * np.sqrt(14 + 1 / 12), rel=0.05)


def test_a_median_of_people_who_are_all_alike_is_not_told_exactly() -> None:
    cell = {"n": 800, "value": 12.0, "low_quartile": 12.0, "high_quartile": 12.0}
    off = _open(_many("record_median_stay", **cell)).rows["value"].to_numpy() - 12
    assert off.std() > 0.02
    nothing = {"n": 800, "value": 0.0, "low_quartile": 0.0, "high_quartile": 0.0}
    assert set(_open(_many("record_median_stay", 5, **nothing)).rows["value"]) == {0.0}


def test_a_curve_that_has_no_upper_quartile_or_no_median() -> None:
    wide = {"n": 800, "value": 20.0, "low_quartile": 4.0, "high_quartile": None}
    rows = _open(_many("stay_survival_median", 100, **wide)).rows
    # twice the lower half, 32 days, over 800 people: 0.04, said as 0.05
    assert rows["margin"].round(9).unique().to_list() == [0.4]
    none = {"n": 800, "value": None, "low_quartile": 4.0, "high_quartile": None}
    rows = _open(_many("stay_survival_median", 3, **none)).rows
    assert rows["value"].to_list() == [None, None, None]
    # shown to be none: fewer than half have ended
    assert rows["note"].to_list() == ["", "", ""]


def _sensitive(cells: Sequence[Mapping[str, Any]], **words: Any) -> Exact:
    return exact("arrests", cells, by="aor", sensitivity=True, **words)


def test_hidden_under_one_rule_set_is_hidden_under_all() -> None:
    plan = exact("arrests", [], by="aor", sensitivity=True).plan
    cells = [
        {"aor": aor, "n": n, "rule_set": name, "anchor_key": 4_000, "key": 4_000}
        for name in plan.rules
        for aor, n in (("A", 60), ("B", 60 if name != plan.rules[1] else 4), ("C", 60))
        # C is not there at all under the last of the rule sets
        if (aor, name) != ("C", plan.rules[-1])
    ]
    rows = cleared(_sensitive(cells), named={"aor": ("A", "B", "C")}).rows
    shown = rows.group_by("aor").agg(pl.col("value").is_not_null().sum().alias("n"), pl.len())
    assert {aor: (n, rows_) for aor, n, rows_ in shown.rows()} == {
        "A": (len(plan.rules), len(plan.rules)),
        "B": (0, len(plan.rules)),
        "C": (0, len(plan.rules)),
    }


def test_rule_sets_share_the_noise_of_their_anchor() -> None:
    plan = exact("arrests", [], by="aor", sensitivity=True).plan
    cells = [
        {"aor": f"v{i}", "n": 90, "rule_set": name, "anchor_key": 31 * i,
         "key": 31 * i if name == plan.rules[0] or i % 2 else 31 * i + 1_000_000}
        for name in plan.rules for i in range(800)
    ]  # fmt: skip
    rows = _open(_sensitive(cells)).rows
    wide = rows.pivot(on="rule_set", index="aor", values="value")
    odd = wide.filter(pl.col("aor").str.slice(1).cast(pl.Int64) % 2 == 1)
    even = wide.filter(pl.col("aor").str.slice(1).cast(pl.Int64) % 2 == 0)
    first, other = plan.rules[0], plan.rules[1]
    assert (odd[first] == odd[other]).all()
    assert (even[first] - even[other]).var() == pytest.approx(14, rel=0.3)
    # a cell of another rule set may have two noises: none says which
    margins = rows.group_by("rule_set").agg(pl.col("margin").unique()).rows()
    assert {name: m for name, m in margins} == {
        n: [7.0] if n == "olc-1" else [10.0] for n in plan.rules
    }


def test_continuous_noise_of_another_rule_set_keeps_that_of_its_anchor() -> None:
    cell = _mean(anchor_key=5_001, key=5_001)
    one = cleared(exact("record_alos", [cell])).rows["value"].item()
    other = cleared(exact("record_alos", [_mean(anchor_key=5_001, key=6_001)])).rows["value"].item()
    assert one == cleared(exact("record_alos", [cell])).rows["value"].item()
    assert one != other


def test_rows_of_a_grid_say_nothing_and_long_answers_leave_out_what_is_not_shown() -> None:
    cells = [{"aor": "A", "month": 1, "n": 90}, {"aor": "B", "month": 3, "n": 90},
             {"aor": "RARE", "month": 2, "n": 2}]  # fmt: skip
    found = exact("arrests", cells, by="aor")
    rows = cleared(found).rows
    # February has a row for each value that is shown somewhere, and none for the rare one
    assert rows.select("period_end", "aor").rows() == [
        (date(2025, m, d), aor) for m, d in ((1, 31), (2, 28), (3, 31)) for aor in ("A", "B")
    ]
    assert rows["value"].is_not_null().to_list() == [True, False, False, False, False, True]
    assert rows["fiscal_year"].unique().to_list() == [2025]
    assert rows["period_kind"].unique().to_list() == ["interval"]
    short = cleared(found, replace(policy(), grid_rows=5)).rows
    assert short["aor"].to_list() == ["A", "B"]
    exactly = cleared(found, replace(policy(), grid_rows=6)).rows
    assert exactly.height == 6


def test_rows_for_a_time_that_is_asked_for_and_a_filter() -> None:
    few = exact(
        "arrests", [{"aor": "A", "n": 2, "month": 2}], by="aor", start="2025-01-15",
        end="2025-09-30", where={"aor": "A"},
    )  # fmt: skip
    rows = cleared(few).rows
    # six months to the end of the records
    assert rows["period_end"].to_list() == [
        date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31), date(2025, 4, 30),
        date(2025, 5, 31), date(2025, 6, 30),
    ]  # fmt: skip
    assert rows["value"].null_count() == 6
    later = exact("arrests", [], by="aor", start="2026-01-01", end="2026-01-31", where={"aor": "A"})
    assert cleared(later).rows["period_end"].to_list() == [date(2025, 6, 30)]
    moment = exact("record_population", [{"n": 90, "month": 3}])
    assert cleared(moment).rows["period_start"].to_list() == [date(2025, 3, 31)]
    held = exact("record_population", [], start="2025-05-01", end="2025-06-30")
    assert cleared(held).rows.select("period_start", "period_kind").rows() == [
        (date(2025, 5, 31), "instant"), (date(2025, 6, 30), "instant"),
    ]  # fmt: skip


def test_a_value_that_is_not_stated_has_rows_where_it_is_shown() -> None:
    cells = [{"aor": None, "n": 90}, {"aor": "A", "n": 90}, {"aor": None, "n": 90, "month": 2}]
    rows = cleared(exact("arrests", cells, by="aor")).rows
    assert rows["aor"].to_list() == ["A", None, "A", None]
    assert rows["value"].is_not_null().to_list() == [True, True, False, True]


def test_nothing_to_tell_is_said_the_same_whether_few_or_nobody() -> None:
    few = cleared(exact("arrests", [{"aor": "A", "n": 2}], by="aor"))
    none = cleared(exact("arrests", [], by="aor"))
    assert few.rows.is_empty()
    assert few.notes == none.notes
    assert "too few people, or nobody" in few.notes[0]


@pytest.mark.parametrize(
    ("rows", "missing", "told"),
    [
        # ten records are worth a step of a thousandth of ten thousand records, and so on
        (10_000, 124, 0.012), (10_000, 126, 0.013), (9_999, 126, 0.012), (1_000, 4, 0.0),
        (1_000, 6, 0.01), (1_000, 14, 0.01), (20, 10, 0.5), (20, 3, 0.0), (19, 10, None),
    ],
)  # fmt: skip
def test_coverage_is_told_in_steps_of_ten_records(
    rows: int, missing: int, told: float | None
) -> None:
    cell = {"all_rows": rows, "missing_rows": missing, "keyless_rows": missing}
    answer = cleared(exact("arrests", [cell], missing=(Missing("state", missing, rows),)))
    assert answer.rows["not_stated"].to_list() == [told]
    assert answer.rows["no_key"].to_list() == [told]
    assert answer.records is not None
    (said,) = answer.records.coverage
    assert said["field"] == "state"
    assert said["missing_share"] == told
    # and of how many, with two digits, in tens at the finest
    assert said["rows"] == {10_000: 10_000, 9_999: 10_000, 1_000: 1_000, 20: 20, 19: None}[rows]


def test_numbers_of_records_are_said_roughly() -> None:
    def said(rows: int) -> Any:
        answer = cleared(exact("arrests", [{}], missing=(Missing("state", 0, rows),)))
        assert answer.records is not None
        return answer.records.coverage[0]["rows"]

    assert (said(123), said(1_263), said(987_654)) == (120, 1_300, 990_000)


def test_an_answer_names_policy_method_and_margin() -> None:
    answer = cleared(exact("arrests", [{}]))
    assert answer.disclosure.startswith("policy public-foia: cell-key perturbation")
    assert "95 times of 100 within 7, never off by more than 14" in answer.disclosure
    assert "fewer than 5 people" in answer.disclosure
    years = cleared(exact("arrests", [{}], period="fiscal_year")).disclosure
    assert "95 times of 100 within 15, never off by more than 28" in years
    stricter = cleared(exact("arrests", [{}]), policy("agreement"))
    assert stricter.disclosure.startswith("policy agreement")
    assert "fewer than 11 people" in stricter.disclosure


def test_a_question_outside_the_lattice_is_refused_before_anything_is_made() -> None:
    with pytest.raises(NotCleared):
        cleared(exact("arrests", [{}], by=["aor", "gender", "state"]))


def test_without_a_secret_nothing_leaves() -> None:
    with pytest.raises(ValueError, match="secret"):
        cleared(exact("arrests", [{}], secret=b""))


def test_partial_periods_breaks_warnings_and_notes_stay() -> None:
    cells = [{"month": m, "n": 90, "inside": 40, "is_cut": m == 6} for m in range(1, 7)]
    answer = cleared(exact("hold_room_over_limit_share", cells))
    assert [b.effective for b in answer.breaks] == [date(2025, 6, 24)]
    assert answer.rows["note"].to_list() == ["", "", "", "", "", "partial; break inside"]
    assert any("definition changed on 2025-06-24" in n for n in answer.notes)
    assert any("records end on 2025-06-30" in n for n in answer.notes)
    before = cleared(exact("hold_room_over_limit_share", cells[:5]))
    assert before.breaks == ()
    removals = cleared(exact("record_removals", [{}], synthetic=True))
    assert removals.rows["warning"].str.starts_with("WARNING").all()
    assert removals.notes[0].startswith("SYNTHETIC")
    population = cleared(exact("record_population", [{}], begins=date(2025, 1, 5)))
    assert any("counted from 2025-01-05 on" in n for n in population.notes)
    later = exact("record_population", [{}], begins=date(2025, 1, 5), start="2025-01-31")
    assert not any("counted from" in n for n in cleared(later).notes)
    linked = cleared(exact("arrests_detained_share", [{"n": 90, "inside": 40}]))
    assert any("10 days of follow-up" in n for n in linked.notes)


@settings(max_examples=60, deadline=None)
@given(
    measure=st.sampled_from(["arrests", "people_arrested", "held_over_90_days", "record_adp"]),
    cells=st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 2**47), st.integers(1, 5)),
        min_size=1, max_size=30,
    ),
)  # fmt: skip
def test_whatever_the_cells_what_is_shown_is_close_and_of_enough_people(
    measure: str, cells: list[tuple[int, int, int]]
) -> None:
    made = [
        {"aor": f"v{i}", "n": n, "key": key, "anchor_key": key, "largest": largest}
        for i, (n, key, largest) in enumerate(cells)
    ]
    rows = _open(exact(measure, made, by="aor")).rows
    told = dict(rows.select("aor", "value").rows())
    assert len(told) == len(cells)
    for i, (n, _, _) in enumerate(cells):
        value = told[f"v{i}"]
        assert value is None or (n >= 5 and value >= 5 and abs(value - n) <= 14)
        # a large count is always shown
        assert value is not None or n < 5 + 14


@settings(max_examples=60, deadline=None)
@given(
    people=st.integers(5, 5_000), share=st.floats(0, 1), key=st.integers(0, 2**47),
)  # fmt: skip
def test_shares_stay_between_nothing_and_all(people: int, share: float, key: int) -> None:
    inside = round(people * share)
    cell = {"n": people, "inside": inside, "key": key, "aor": "A"}
    row = _open(exact("arrests_detained_share", [cell], by="aor")).rows.row(0, named=True)
    if row["value"] is not None:
        assert 0 <= row["value"] <= 1
        assert inside >= 5
        assert people - inside >= 5
        assert 0 < row["margin"] <= 1
