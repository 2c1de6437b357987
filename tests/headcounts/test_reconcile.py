"""Records against published workbooks: band, definitions, nearest date, nothing uncleared."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import resources
from typing import Any

import polars as pl
import pytest

from openlifecycle.oversight.reconcile_records import (
    BOOK_INS,
    MIDNIGHT,
    Counted,
    Reconciliation,
    reconcile,
)

SNAPSHOT = date(2025, 1, 12)


@pytest.fixture(scope="module")
def published() -> pl.DataFrame:
    """The observations that travel with the package: 39,703 held on 2025-01-12 (cell F20)."""
    file = resources.files("openlifecycle.demo.starter") / "observations.parquet"
    return pl.read_parquet(file.read_bytes())


def compared(
    published: pl.DataFrame, through: date = date(2025, 1, 20), **told: Any
) -> Reconciliation:
    counted = Counted(**({"held": {}, "on_list": {}, "began": {}} | told))
    return reconcile(published, counted, first=date(2025, 1, 1), through=through)


def test_the_field_s_own_figures_agree_within_the_band(published: pl.DataFrame) -> None:
    # 2025-01-12: ICE 39,703, DDP at midnight 39,564 (R42): -0.35 %.
    found = compared(published, held={SNAPSHOT: 39_564.0}, on_list={SNAPSHOT: 38_500.0})
    row = found.rows.filter(pl.col("period_end") == SNAPSHOT).row(0, named=True)
    assert (row["what"], row["published"], row["records"]) == (MIDNIGHT, 39_703, 39_564)
    assert (row["difference"], row["within"], row["on_list_records"]) == (-139, True, 38_500)
    assert row["share"] == pytest.approx(-0.0035, abs=5e-5)
    assert row["on_list_share"] == pytest.approx((38_500 - 39_703) / 39_703)
    assert row["cell"] == "F20"
    assert "hold rooms" in " ".join(found.definitions)
    assert "the noise of the gate" in " ".join(found.definitions)


def test_more_than_the_band_apart_is_outside(published: pl.DataFrame) -> None:
    # 1.4 % of 39,703 is 555.8
    for held, within in ((39_703 - 555, True), (39_703 - 557, False), (39_703 + 557, False)):
        found = compared(published, held={SNAPSHOT: float(held)}, through=date(2025, 1, 13))
        assert (found.verdict == "within") is within, held
        assert "of the midnight population lie within 1.4% of the published ones" in found.says


def test_the_nearest_date_is_compared_but_not_judged(published: pl.DataFrame) -> None:
    last = date(2025, 1, 10)
    found = compared(published, through=last, held={last: 39_703.0})
    row = found.rows.row(0, named=True)
    assert row["days_apart"] > 0
    assert (row["records"], row["within"]) == (39_703, None)
    assert found.verdict == "nothing to compare"


def test_initial_book_ins_of_full_months_are_compared(published: pl.DataFrame) -> None:
    began = {date(2025, 1, 1): 22_000.0}
    rows = compared(published, through=date(2025, 2, 3), began=began).rows
    months = rows.filter(pl.col("what") == BOOK_INS)
    assert months["period_start"].to_list() == [date(2025, 1, 1)], "February is not whole"
    row = months.row(0, named=True)
    assert (row["records"], row["on_list_records"], row["within"]) == (22_000, None, True)


def test_what_is_not_shown_is_not_compared(published: pl.DataFrame) -> None:
    for held in ({SNAPSHOT: None}, {}, {SNAPSHOT + timedelta(days=1): 5.0}):
        row = (
            compared(published, held=held)
            .rows.filter(pl.col("what") == MIDNIGHT)
            .row(0, named=True)
        )
        assert row["records"] is row["difference"] is row["share"] is row["within"] is None
