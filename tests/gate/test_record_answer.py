"""Rows, rule sets, coverage and words of an answer that leaves: none of them tells of few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openlifecycle.disclosure.policy import policy
from openlifecycle.disclosure.records import cleared
from openlifecycle.engine.record_answer import Exact, Missing
from openlifecycle.errors import NotCleared
from tests.gate.frames import exact, mean, opened


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
    rows = opened(_sensitive(cells)).rows
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
    cell = mean(anchor_key=5_001, key=5_001)
    one = cleared(exact("record_alos", [cell])).rows["value"].item()
    other = cleared(exact("record_alos", [mean(anchor_key=5_001, key=6_001)])).rows["value"].item()
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
    # wholly after the records: that is known of the release, and there is no row
    assert cleared(later).rows.is_empty()
    before = exact("arrests", [], by="aor", start="2024-08-01", end="2024-10-31",
                   where={"aor": "A"})  # fmt: skip
    assert cleared(before).rows["period_end"].to_list() == [date(2024, 10, 31)]
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
    ("rows", "missing", "step"),
    [
        # ten records are worth a step of a thousandth of ten thousand records, and so on
        (10_000, 124, 0.001), (9_999, 126, 0.002), (1_000, 4, 0.01), (1_000, 14, 0.01),
        (20, 10, 0.5), (20, 3, 0.5), (19, 10, None),
    ],
)  # fmt: skip
def test_coverage_is_told_in_steps_of_ten_records(
    rows: int, missing: int, step: float | None
) -> None:
    cell = {"all_rows": rows, "missing_rows": missing, "keyless_rows": missing}
    told: dict[str, list[float | None]] = {"rows": [], "keys": [], "table": []}
    for number in range(120):
        secret = f"a secret of thirty-two bytes {number:3}".encode()
        answer = cleared(
            exact("arrests", [cell], missing=(Missing("state", missing, rows),), secret=secret)
        )
        told["rows"] += answer.rows["not_stated"].to_list()
        told["keys"] += answer.rows["no_key"].to_list()
        assert answer.records is not None
        (said,) = answer.records.coverage
        assert said["field"] == "state"
        told["table"].append(said["missing_share"])
        # and of how many, with two digits, in tens at the finest
        assert said["rows"] == {10_000: 10_000, 9_999: 10_000, 1_000: 1_000, 20: 20, 19: None}[rows]
    for values in told.values():
        if step is None:
            assert set(values) == {None}
            continue
        found = [v for v in values if v is not None]
        # the step below or above, each as often as the share lies near it
        below = int(missing / rows / step + 1e-9) * step
        assert {round(v, 4) for v in found} <= {round(below, 4), round(below + step, 4)}
        assert sum(found) / 120 == pytest.approx(missing / rows, abs=0.2 * step)
    if len(set(told["rows"])) > 1:
        assert told["rows"] != told["keys"], "two shares have dithers of their own"


def test_nothing_is_said_of_coverage_beside_what_is_not_shown() -> None:
    cells = [{"aor": "A", "n": 90}, {"aor": "B", "n": 2}]
    rows = cleared(exact("arrests", cells, by="aor"), named={"aor": ("A", "B", "C")}).rows
    assert rows["no_key"].is_not_null().to_list() == [True, False, False]
    assert rows["not_stated"].is_not_null().to_list() == [True, False, False]


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
    assert any("counted from January 2025 on" in n for n in population.notes)
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
    rows = opened(exact(measure, made, by="aor")).rows
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
    row = opened(exact("arrests_detained_share", [cell], by="aor")).rows.row(0, named=True)
    if row["value"] is not None:
        assert 0 <= row["value"] <= 1
        assert inside >= 5
        assert people - inside >= 5
        assert 0 < row["margin"] <= 1
