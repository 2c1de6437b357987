"""Facility ADP agrees with an independent facility-day series.

The series is the Deportation Data Project's count of people present in each detention facility on
each day, made from records released under FOIA: another office's extract of the same custody. The
definitions differ, which is why the tolerance is 5 % and not less: the workbook averages midnights
of a man-day count and prints facility ADP in four sex-by-criminality parts (their sum is taken
here), while ``n_detained`` counts everyone held at any time of a day. No documented publisher error
touches the forty rows below, so none is excluded.

The mapping from printed name to facility code was made by hand from the workbooks that print both
(the hidden raw extract of May 2024 and the stateless tables) and from the place names.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

TOLERANCE = 0.05
SERIES = "facility_daily_population.parquet"

#: Workbook, first and last day that its facility ADP speaks of.
PERIODS = {
    "FY23_2023-09-18_985f3aa8.xlsx": (dt.date(2022, 10, 1), dt.date(2023, 9, 18)),
    "FY24_2024-10-07_a177b8bd.xlsx": (dt.date(2023, 10, 1), dt.date(2024, 9, 30)),
    "FY25_2025-08-18_086d19ed.xlsx": (dt.date(2024, 10, 1), dt.date(2025, 8, 18)),
    "FY26_2025-11-28_cd254e2e.xlsx": (dt.date(2025, 10, 1), dt.date(2025, 11, 28)),
}
CODES = {
    "ADAMS COUNTY CORRECTIONAL CENTER": "ADAMSMS",
    "ADAMS COUNTY DET CENTER": "ADAMSMS",
    "ADELANTO ICE PROCESSING CENTER": "ADLNTCA",
    "CENTRAL LOUISIANA ICE PROCESSING CENTER (CLIPC)": "JENADLA",
    "DENVER CONTRACT DETENTION FACILITY": "DENICDF",
    "ELOY FEDERAL CONTRACT FACILITY": "EAZ",
    "ERO EL PASO CAMP EAST MONTANA": "EROFCB",
    "KARNES COUNTY IMMIGRATION PROCESSING CENTER": "KRNRCTX",
    "MONTGOMERY ICE PROCESSING CENTER": "MTGPCTX",
    "MOSHANNON VALLEY CORRECTIONAL": "MSVPCPA",
    "MOSHANNON VALLEY PROCESSING CENTER": "MSVPCPA",
    "NORTH LAKE CORRECTIONAL FACILITY": "NRLKCMI",
    "NORTHWEST ICE PROCESSSING CENTER": "CSCNWWA",
    "OTAY MESA DETENTION CENTER": "CCASDCA",
    "OTAY MESA DETENTION CENTER (SAN DIEGO CDF)": "CCASDCA",
    "SOUTH TEXAS FAMILY RESIDENTIAL CENTER": "STFRCTX",
    "SOUTH TEXAS ICE PROCESSING CENTER": "STCDFTX",
    "STEWART DETENTION CENTER": "STWRTGA",
    "WINN CORRECTIONAL CENTER": "LAWINCI",
}


def largest(observations: pl.DataFrame) -> dict[str, float]:
    """ADP of the ten largest facilities: the sum of the four sex-by-criminality parts."""
    parts = observations.filter(
        (pl.col("table") == "facilities")
        & (pl.col("measure") == "facility_adp")
        & (pl.col("edition") != "corrected")
        & pl.col("sex").is_not_null()
        & ~pl.col("hidden")
    )
    totals = (
        parts.group_by("facility_label", "facility_city", "facility_state")
        .agg(pl.col("value").sum())
        .sort("value", descending=True)
        .head(10)
    )
    return dict(zip(totals["facility_label"], totals["value"], strict=True))


@pytest.mark.parametrize("name", PERIODS)
def test_facility_adp_is_within_5_percent_of_the_facility_day_series(
    name: str, corpus_dir: Path, read_workbook: Any
) -> None:
    """The ten largest facilities of each year, FY2023 to FY2026."""
    first, last = PERIODS[name]
    days = (last - first).days + 1
    series = (
        pl.read_parquet(corpus_dir / "reference_series" / SERIES)
        .filter(pl.col("date").is_between(first, last))
        .group_by("detention_facility_code")
        .agg((pl.col("n_detained").sum() / days).alias("mean"))
    )
    means = dict(zip(series["detention_facility_code"], series["mean"], strict=True))
    printed = largest(read_workbook(name).observations)
    assert len(printed) == 10
    apart = {
        label: (round(adp, 1), round(means[CODES[label]], 1))
        for label, adp in printed.items()
        if abs(adp / means[CODES[label]] - 1) > TOLERANCE
    }
    assert not apart
