"""Rule set uwchr-2024 against what UWCHR's own code answered, each cell, its hashes included."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import ibis
import polars as pl
import pytest

from openlifecycle.lifecycle.build import Events, Lifecycle, build
from openlifecycle.lifecycle.rules import ruleset
from openlifecycle.lifecycle.texts import pasted
from tests.lifecycle_parity.compare import differences
from tests.lifecycle_parity.inputs import expected, read_uwchr
from tests.lifecycle_parity.published import UWCHR

THROUGH = datetime(2026, 3, 10, 23, 59, 59)  # noqa: DTZ001  (wall clock)
Say = Callable[[str, object], None]
DAY = 86400


def r_digest(text: str) -> str:
    """Return the md5 that R's digest() makes of a text: of the serialized text, without header."""
    body = text.encode("ascii")
    vector, chars = b"\0\0\0\x10\0\0\0\x01", b"\0\x04\0\x09"
    whole = vector + chars + struct.pack(">i", len(body)) + body
    return hashlib.md5(whole, usedforsecurity=False).hexdigest()


def in_days(seconds: pl.Series) -> pl.Series:
    """Return days as R divides them."""
    return pl.Series([None if one is None else one / DAY for one in seconds], dtype=pl.Float64)


@pytest.fixture(scope="module")
def lifecycle(parity_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Lifecycle:
    file = tmp_path_factory.mktemp("parity") / "stints.parquet"
    read_uwchr(parity_dir / "input" / "uwchr.csv.gz").write_parquet(file)
    stints = ibis.duckdb.connect().read_parquet(file, table_name="stints")
    events = Events("parity", THROUGH, {"detention_stint": stints})
    return build(events, ruleset("uwchr-2024"))


@pytest.fixture(scope="module")
def kept(lifecycle: Lifecycle) -> pl.DataFrame:
    """Every record that is kept, under the published names, with its hashes."""
    stints = lifecycle.tables["stint"]
    columns = stints.columns[1 : stints.columns.index("person_key") + 1]
    found = stints.mutate(
        record_text=pasted(stints, list(columns)),
        stay_text=pasted(stints, ["person_key", "stay_book_in_at"]),
    )
    names = {ours: theirs for theirs, ours in UWCHR.items()}
    table = found.filter(~found.is_left_out).to_polars().sort("row_id")
    return table.with_columns(
        filename=pl.lit("uwchr.csv"),
        rowseq=pl.col("row_id") + 1,
        file_rowseq=pl.col("row_id") + 1,
        recid=pl.col("record_text").map_elements(r_digest, return_dtype=pl.String),
        stayid=pl.col("stay_text").map_elements(r_digest, return_dtype=pl.String),
    ).rename({name: names[name] for name in columns if name in names})


def same(ours: pl.DataFrame, theirs: pl.DataFrame, say: Say) -> None:
    found = differences(ours, theirs, ["rowseq"])
    assert not found, f"{len(found)} cells differ:\n" + "\n".join(found[:20])
    say("compared", f"{theirs.height} rows, {theirs.height * theirs.width} cells")


def test_the_same_records_are_kept_with_the_same_hashes(
    kept: pl.DataFrame, parity_dir: Path, record_property: Say
) -> None:
    theirs = expected(parity_dir / "expected" / "uw_concat.csv.gz", "|", "NA")
    assert theirs.shape == (5034, 38)
    same(kept.select(theirs.columns), theirs, record_property)


def test_every_placement_and_stay_is_as_published(
    lifecycle: Lifecycle, kept: pl.DataFrame, parity_dir: Path, record_property: Say
) -> None:
    theirs = expected(parity_dir / "expected" / "uw_unique.csv.gz", "|", "NA")
    # Their code stops on a stay that has no computable length; that record was taken out for it.
    nowhere = pl.col("detention_book_in_date_and_time").is_null()
    assert kept.filter(nowhere).height == 1
    placements = with_analysis(kept.filter(~nowhere), lifecycle.tables["stay"].to_polars())
    # Their second step reads the file of the first again and takes these codes for numbers.
    placements = placements.with_columns(pl.col("msc_charge_code").str.strip_chars_start("0"))
    assert theirs.shape == (5033, 57)
    same(placements.select(theirs.columns), theirs, record_property)


def with_analysis(placements: pl.DataFrame, stays: pl.DataFrame) -> pl.DataFrame:
    """Add the published analysis columns: those of a stay from ours, the rest by arithmetic."""
    began, ended = "detention_book_in_date_and_time", "detention_book_out_date_time"
    stay_began, stay_ended = "stay_book_in_date_time", "stay_book_out_date_time"
    last_day = pl.lit(THROUGH.replace(hour=0, minute=0, second=0))
    person, stay = "anonymized_identifier", "stay_id"

    def days(end: pl.Expr, start: str) -> pl.Expr:
        # Polars multiplies by 1 / 86400, which is another number in the last digit.
        seconds = (end - pl.col(start)).dt.total_seconds()
        return seconds.map_batches(in_days, return_dtype=pl.Float64)

    of_stay = stays.select(
        stay,
        first_facil="first_facility_code",
        last_facil="last_facility_code",
        longest_placement_facil="longest_facility_code",
    )
    placements = placements.join(of_stay, stay, how="left").with_columns(
        stay_length=days(pl.col(stay_ended), stay_began),
        placement_length=days(pl.col(ended), began),
        stay_length_min=days(pl.col(stay_ended).fill_null(last_day), stay_began),
        placement_length_min=days(pl.col(ended).fill_null(last_day), began),
        total_stays=pl.col(stay_began).n_unique().over(person),
        total_placements=pl.len().over(person),
        current_stay=pl.col(stay_ended).is_null(),
        current_placement=pl.col(ended).is_null(),
        stay_count=pl.col(stay_began).fill_null(THROUGH).rank("dense").over(person),
        placement_count=pl.col("place") + 1,
        stay_placements=pl.len().over(stay),
    )
    placements = placements.with_columns(
        last_placement=pl.col("placement_count") == pl.col("stay_placements"),
        longest_placement=pl.col("placement_length_min")
        == pl.col("placement_length_min").max().over(stay),
    )
    aors = (
        placements.select("detention_facility_code", "area_of_responsibility")
        .unique()
        .sort(pl.all(), nulls_last=True)
        .unique("detention_facility_code", keep="first", maintain_order=True)
    )
    for which, facility in (
        ("first", "first_facil"),
        ("last", "last_facil"),
        ("longest", "longest_placement_facil"),
    ):
        named = aors.rename(
            {"detention_facility_code": facility, "area_of_responsibility": f"{which}_aor"}
        )
        placements = placements.join(named, facility, how="left", nulls_equal=True)
    return placements
