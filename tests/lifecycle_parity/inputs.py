"""The parity input as the published code has it after reading, under canonical names.

Columns that the project drops at its door (religion, race, ...) stay in under the names that the
published code gives them: the copies it finds rest on them.
"""

from __future__ import annotations

import gzip
import io
import re
from pathlib import Path

import polars as pl

#: Header of the release -> canonical name; every other header is only cleaned.
STINTS = {
    "Stay Book In Date Time": "stay_book_in_at",
    "Book In Date Time": "book_in_at",
    "Detention Facility": "facility_label",
    "Book Out Date Time": "book_out_at",
    "Stay Book Out Date Time": "stay_book_out_at",
    "Detention Release Reason": "release_reason",
    "Stay Book Out Date": "stay_book_out_on",
    "Aggravated Felon Yes No": "aggravated_felon",
    "Bond Posted Date": "bond_posted_on",
    "Final Order Yes No": "final_order",
    "Final Order Date": "final_order_on",
    "Departed Date": "departed_on",
    "Initial Bond Set Date": "initial_bond_set_on",
    "Detention Facility Code": "facility_code",
    "Book In Criminality": "criminality",
    "Entry Date": "entry_on",
    "Apprehension Final Program": "final_program",
    "Book In AOR": "aor",
    "Anonymized Identifier": "person_key",
    "file_original": "member",
    "sheet_original": "sheet",
    "row_original": "row",
}
ARRESTS = {
    "Apprehension Date": "arrested_at",
    "State": "arrest_state",
    "County": "arrest_county",
    "TOA Current Duty AOR": "aor",
    "Apprehension Final Program": "final_program",
    "Apprehension Method": "arrest_method",
    "Apprehension Criminality": "criminality",
    "Final Order Yes No": "final_order",
    "Final Order Date": "final_order_on",
    "Departed Date": "departed_on",
    "TOA Current Duty Site": "duty_site",
    "Anonymized Identifier": "person_key",
    "file_original": "member",
    "sheet_original": "sheet",
    "row_original": "row",
}
UWCHR = {
    "Stay Book In Date Time": "stay_book_in_at",
    "Detention Book In Date And Time": "book_in_at",
    "Detention Book Out Date Time": "book_out_at",
    "Stay Book Out Date Time": "stay_book_out_at",
    "Detention Facility Code": "facility_code",
    "Detention Facility": "facility_label",
    "Area of Responsibility": "aor",
    "Detention Release Reason": "release_reason",
    "Anonymized Identifier": "person_key",
}
REDACTED = ("b(6), b(7)c", "b(6), b(7)C")
_NUMBERS = ("amount", "sentence_days", "sentence_months", "sentence_years")


def clean(header: str) -> str:
    """Return a header as the published code cleans it."""
    return re.sub(r"[^a-z0-9]+", "_", header.lower()).strip("_")


def read_ddp(path: Path, names: dict[str, str]) -> pl.DataFrame:
    """Return a parity table of the 2026 layout, typed, redactions missing, empty columns out."""
    table = pl.read_csv(path, infer_schema_length=0)
    table = table.rename({c: names.get(c, clean(c)) for c in table.columns})
    printed = table["person_key"].alias("person_key_printed")
    table = table.with_columns(
        pl.when(pl.col(c).is_in(REDACTED)).then(None).otherwise(pl.col(c)).alias(c)
        for c in table.columns
    ).with_columns(printed)
    table = table.select(c for c in table.columns if table[c].null_count() < table.height)
    return (
        table.with_columns(_typed(c) for c in table.columns)
        .with_row_index("row_id")
        .cast({"row_id": pl.Int64})
    )


def _typed(name: str) -> pl.Expr:
    column = pl.col(name)
    if name.endswith("_at"):
        return column.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us")
    if name.endswith("_on"):
        return column.str.to_date("%Y-%m-%d")
    if name in ("row", "birth_year"):
        return column.cast(pl.Int64)
    if name.endswith(_NUMBERS):
        return column.cast(pl.Float64)
    return column


def expected(path: Path, separator: str = ",", missing: str = "") -> pl.DataFrame:
    """Return a table of expected answers as text, missing as null."""
    return pl.read_csv(path, separator=separator, infer_schema_length=0, null_values=[missing])


def read_uwchr(path: Path) -> pl.DataFrame:
    """Return the parity table of the 2022 layout, typed as the published code types it."""
    with gzip.open(path, "rt") as file:
        text = file.read().split("\n", 6)[6]
    table = pl.read_csv(io.StringIO(text), separator="|", infer_schema_length=0)
    table = table.rename({c: UWCHR.get(c, c.replace(" ", "_").lower()) for c in table.columns})
    moments = [c for c in table.columns if c.endswith("_at")]
    numbers = ["birth_year", *(f"msc_sentence_{unit}" for unit in ("days", "months", "years"))]
    table = table.with_columns(
        *(pl.col(c).str.to_datetime("%m/%d/%Y %H:%M", time_unit="us") for c in moments),
        *(pl.col(c).cast(pl.Float64).cast(pl.Int64) for c in numbers),
        pl.col("entry_date").str.to_date("%m/%d/%Y"),
    )
    return table.with_row_index("row_id").cast({"row_id": pl.Int64})
