"""Text, Parquet and Feather: processed releases and the text layout of detentions."""

from __future__ import annotations

import datetime as dt
import gzip
import zoneinfo
from pathlib import Path

import polars as pl
import pytest

from openlifecycle.errors import DamagedInput, RefusedInput
from openlifecycle.reading.records.recognise import recognise
from tests.records_reading.books import columns_of, read, write_text

UWCHR = (
    *("Stay Book In Date Time", "Detention Book In Date And Time", "Detention Book Out Date Time"),
    *("Stay Book Out Date Time", "Birth Country PER", "Birth Country ERO", "Race", "Birth Date"),
    *("Entry Date", "Most Serious Conviction (MSC) Criminal Charge Category", "MSC Charge"),
    *("Detention Facility Code", "Detention Facility", "Docket Control Office"),
    *("Alien File Number", "Anonymized Identifier"),
)
STINT = (
    *("03/28/2022 09:38", "03/29/2022 00:00", "", "", "MEXICO", "MEXICO", "White", "b(6), b(7)c"),
    *("8/22/0219", "Larceny", "NA", "SYNHOTX", 'JAIL "A", B', "DALLAS, TX", "", "syn-1"),
)
STINT = tuple('"JAIL ""A"", B"' if cell.startswith("JAIL") else cell for cell in STINT)


@pytest.mark.parametrize("packed", [False, True])
def test_the_text_layout_of_detentions(tmp_path: Path, packed: bool) -> None:
    path = write_text(tmp_path / "ice", [UWCHR, STINT], delimiter="|", preamble=6)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    frame, events = read(path)
    assert (frame.series, frame.layout, frame.form) == (
        *("us_ice.detentions", "uwchr-2022"),
        "original",
    )
    row = {k: v for k, v in events.row(0, named=True).items() if v is not None}
    assert row == {
        "release_id": "us_ice.arrests@test",
        "row_id": 0,
        "member": "ice",
        "sheet": "",
        "row": 8,
        "person_key": "syn-1",
        "dropped_variant": 0,
        "date_flags": "entry_on:year_below_1000",
        "stay_book_in_at": dt.datetime(2022, 3, 28, 9, 38),
        "book_in_at": dt.datetime(2022, 3, 29),
        "birth_country": "MEXICO",
        "birth_country_ero": "MEXICO",
        "entry_on": dt.date(219, 8, 22),
        "msc_category": "Larceny",
        "facility_code": "SYNHOTX",
        "facility_label": 'JAIL "A", B',
        "docket_control_office": "DALLAS, TX",
    }


def processed(**more: object) -> pl.DataFrame:
    """Return two synthetic arrests under clean names."""
    return pl.DataFrame(
        {
            "apprehension_date": [dt.date(2024, 3, 10), dt.date(2024, 3, 11)],
            "apprehension_date_time": pl.Series(
                [dt.datetime(2024, 3, 10, 2, 30), dt.datetime(2024, 3, 11)],
                dtype=pl.Datetime("ms", "UTC"),
            ),
            "apprehension_state_original": ["TEXAS", None],
            "apprehension_aor": ["Dallas Area of Responsibility", None],
            "duplicate_likely": [False, None],
            "apprehension_state_filled_in": ["TEXAS", "OHIO"],
            "apprehension_site_landmark": ["a place", "a name"],
            "birth_year": [1985.0, None],
            "unique_identifier": ["syn-1", "syn-2"],
            "file_original": ["FY2024.xlsx", "FY2024.xlsx"],
            "row_original": [8, 9],
        }
        | more
    )


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_processed_tables_keep_the_digits_of_utc(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"arrests.{kind}"
    if kind == "parquet":
        processed().write_parquet(path)
    else:
        processed().write_ipc(path, compression="lz4")
    found = recognise(path)
    assert found is not None
    assert (found.layout, found.form, found.sheets) == ("2026-03", "processed", ("",))
    frame, events = read(path)
    # a wall clock that no place had that night: the digits are kept, no zone is applied
    assert events["arrested_at"].to_list() == [
        dt.datetime(2024, 3, 10, 2, 30),
        dt.datetime(2024, 3, 11),
    ]
    assert events["arrest_state"].to_list() == ["TEXAS", None]
    assert events["row"].to_list() == [1, 2]
    became = {name: (c["became"], c.get("why", "")) for name, c in columns_of(frame).items()}
    assert became["apprehension_date"][0] == "ignored"
    assert "in full" in became["apprehension_date"][1]
    assert became["duplicate_likely"][0] == "ignored"
    assert became["file_original"][0] == "ignored"
    assert became["apprehension_site_landmark"] == (
        "dropped",
        "free text: free text can name people and places; it is not a place of arrest either",
    )


def test_another_zone_keeps_its_wall_clock(tmp_path: Path) -> None:
    zone = zoneinfo.ZoneInfo("America/Chicago")
    moments = pl.Series([dt.datetime(2024, 7, 1, 12, tzinfo=zone), None])
    moments = moments.dt.convert_time_zone("America/Chicago")
    processed(apprehension_date_time=moments).write_parquet(tmp_path / "a.parquet")
    _, events = read(tmp_path / "a.parquet")
    assert events["arrested_at"].to_list() == [dt.datetime(2024, 7, 1, 12), None]


def test_a_number_where_a_date_belongs_is_counted(tmp_path: Path) -> None:
    processed(apprehension_date_time=[7, None]).write_parquet(tmp_path / "a.parquet")
    frame, events = read(tmp_path / "a.parquet")
    assert events["arrested_at"].to_list() == [None, None]
    assert frame.receipt["totals"]["unparsable_cells"] == 1


def test_a_ragged_text_is_refused_without_its_words(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a", [UWCHR, STINT, STINT[:-1]], delimiter="|", preamble=6)
    with pytest.raises(DamagedInput) as refused:
        read(path)
    assert "SYNHOTX" not in str(refused.value)
    assert "16 columns" in str(refused.value)


def test_old_feather_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"FEA1" + bytes(20))
    with pytest.raises(RefusedInput, match="version 1"):
        recognise(tmp_path / "a")


@pytest.mark.parametrize("magic", [b"PAR1", b"ARROW1"])
def test_damaged_column_files_are_refused(tmp_path: Path, magic: bytes) -> None:
    (tmp_path / "a").write_bytes(magic + bytes(100))
    with pytest.raises(DamagedInput):
        recognise(tmp_path / "a")
