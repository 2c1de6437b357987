"""Records against published workbooks: band, definitions, nearest date, nothing too small."""

from __future__ import annotations

from datetime import date, datetime
from importlib import resources

import ibis
import ibis.expr.types as ir
import polars as pl
import pytest

from openlifecycle.demo.world import make_world
from openlifecycle.lifecycle.build import Events, build
from openlifecycle.lifecycle.headcount_rules import HeadcountRules
from openlifecycle.lifecycle.rules import ruleset
from openlifecycle.oversight.reconcile_records import BOOK_INS, MIDNIGHT, reconcile

FIRST, THROUGH = date(2025, 1, 1), datetime(2025, 1, 20, 23, 59, 59)
RULES = HeadcountRules()


@pytest.fixture(scope="module")
def published() -> pl.DataFrame:
    """The observations that travel with the package: 39,703 held on 2025-01-12 (cell F20)."""
    file = resources.files("openlifecycle.demo.starter") / "observations.parquet"
    return pl.read_parquet(file.read_bytes())


def _stints(places: dict[str, int], begins: datetime, ends: datetime | None = None) -> ir.Table:
    """So many people at each place (code, also its name), one stint each."""
    codes = [code for code, n in places.items() for _ in range(n)]
    rows = pl.DataFrame({"facility_code": codes, "facility_label": codes}).with_row_index("row_id")
    return ibis.memtable(
        rows.with_columns(
            pl.col("row_id").cast(pl.Int64),
            stay_id=pl.col("row_id").cast(pl.Int64),
            person_key=pl.format("SYNTHETIC{}", "row_id"),
            book_in_at=pl.lit(begins, pl.Datetime("us")),
            book_out_at=pl.lit(ends, pl.Datetime("us")),
            is_left_out=False,
        )
    )


def test_the_field_s_own_figures_agree_within_the_band(published: pl.DataFrame) -> None:
    # 2025-01-12: ICE 39,703, DDP at midnight 39,564 (R42): -0.35 %.
    stints = _stints(
        {"AAAATX": 38_000, "BBHOLDTX": 1_064, "CC HOSPITAL": 500}, datetime(2025, 1, 3, 9)
    )
    found = reconcile(stints, published, rules=RULES, first=FIRST, through=THROUGH)
    row = found.rows.filter(pl.col("period_end") == date(2025, 1, 12)).row(0, named=True)
    assert (row["what"], row["published"], row["records"]) == (MIDNIGHT, 39_703, 39_564)
    assert (row["difference"], row["within"], row["on_list_records"]) == (-139, True, 38_000)
    assert row["share"] == pytest.approx(-0.0035, abs=5e-5)
    assert row["cell"] == "F20"
    assert "hold rooms" in " ".join(found.definitions)


def test_more_than_the_band_apart_is_outside(published: pl.DataFrame) -> None:
    for held, within in ((39_703 - 555, True), (39_703 - 557, False), (39_703 + 557, False)):
        stints = _stints({"AAAATX": held}, datetime(2025, 1, 3, 9))
        found = reconcile(
            stints, published, rules=RULES, first=date(2025, 1, 11), through=datetime(2025, 1, 13)
        )
        assert (found.verdict == "within") is within, held
        assert "of the midnight population lie within 1.4% of the published ones" in found.says


def test_the_midnight_that_ends_the_day_is_asked_for_under_every_rule_set(
    published: pl.DataFrame,
) -> None:
    stints = _stints({"AAAATX": 39_703}, datetime(2025, 1, 12, 9), datetime(2025, 1, 13, 9))
    window = {"first": date(2025, 1, 11), "through": datetime(2025, 1, 13, 23, 59)}
    for name in ("olc-1", "ddp-2026-03", "uwchr-2024"):
        rules = ruleset(name).headcount
        found = reconcile(stints, published, rules=rules, **window)  # type: ignore[arg-type]
        assert found.rows["records"].to_list() == [39_703], name


def test_the_nearest_date_is_compared_but_not_judged(published: pl.DataFrame) -> None:
    stints = _stints({"AAAATX": 39_703}, datetime(2025, 1, 3, 9))
    found = reconcile(
        stints, published, rules=RULES, first=FIRST, through=datetime(2025, 1, 10, 23, 59)
    )
    row = found.rows.row(0, named=True)
    assert (row["days_apart"], row["within"]) != (0, True)
    assert found.verdict == "nothing to compare"
    assert row["records"] in (0, 39_703)


def test_initial_book_ins_of_full_months_are_compared(published: pl.DataFrame) -> None:
    stints = _stints({"AAAATX": 21_990, "BBHOLDTX": 10}, datetime(2025, 1, 3, 9))
    later = stints["row_id"] + 1_000_000
    moved = stints.mutate(
        row_id=later, book_in_at=ibis.timestamp("2025-01-09").cast("timestamp(6)")
    )
    both = stints.mutate(stay_id=later).union(moved.mutate(stay_id=moved["row_id"]))
    found = reconcile(
        both, published, rules=RULES, first=FIRST, through=datetime(2025, 2, 3, 23, 59)
    )
    rows = found.rows.filter(pl.col("what") == BOOK_INS)
    assert rows["period_start"].to_list() == [date(2025, 1, 1)], "February is not whole"
    row = rows.row(0, named=True)
    # 22,000 stays with a transfer each: 22,000 initial book-ins, 21,990 of them on the list.
    assert (row["records"], row["on_list_records"], row["within"]) == (22_000, 21_990, True)


def test_nothing_below_the_minimum_cell_comes_out(published: pl.DataFrame) -> None:
    window = {"first": date(2025, 1, 11), "through": datetime(2025, 1, 13, 23, 59)}
    for places, shown in (
        ({"AAAATX": 4}, (None, None)),
        ({"AAAATX": 5}, (5, 5)),
        ({"AAAATX": 9, "BBHOLDTX": 1}, (10, None)),
    ):
        stints = _stints(places, datetime(2025, 1, 12, 9))
        rows = reconcile(stints, published, rules=RULES, **window).rows  # type: ignore[arg-type]
        row = rows.row(0, named=True)
        assert (row["records"], row["on_list_records"]) == shown
        if shown[0] is None:
            assert row["difference"] is row["share"] is row["within"] is None


def test_a_synthetic_world_is_told_apart_from_the_country(published: pl.DataFrame) -> None:
    world = make_world(2_000, seed=7)
    table = ibis.memtable(world.tables["detention_stint"])
    events = Events("us_ice.records@synthetic", world.through, {"detention_stint": table})
    lifecycle = build(events, ruleset("olc-1"))
    found = reconcile(
        lifecycle.tables["stint"],
        published,
        rules=ruleset("olc-1").headcount,
        first=world.start,
        through=world.through,
    )
    assert found.verdict == "outside", "a small world does not hold as many people as ICE"
    assert set(found.rows["what"]) == {MIDNIGHT, BOOK_INS}
    nights = found.rows.filter(
        (pl.col("what") == MIDNIGHT) & pl.col("on_list_records").is_not_null()
    )
    assert nights.height > 0
    assert (nights["on_list_records"] <= nights["records"]).all()
