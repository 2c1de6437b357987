"""Columns that hold another column's content, and cells that hold an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from openlifecycle.model.observation import ERROR_CELL
from openlifecycle.oversight.finding import ERROR, WARNING, Issue
from openlifecycle.oversight.history import History
from openlifecycle.oversight.registry import check
from openlifecycle.oversight.release import Release

_GENDERS: Final = ("Female/Male", "Male", "Female")
#: What the words of an inspection column look like; a column of another look was shifted.
_DATE_LIKE: Final = r"^\d{1,4}[-/]\d{1,2}[-/]\d{1,4}"
_STANDARD_LIKE: Final = r"(?i)\b(nds|pbnds|fpbds|frs|jfrmu)\b"
_RATING_LIKE: Final = r"(?i)standards?$|acceptable|deficient|superior|^(good|pass|fail|pending)"
_TYPE_LIKE: Final = r"(?i)^(regular|orsa|odo|bop)\b|^pre-?occ"
_WRONG: Final = {
    "inspection_type": (_DATE_LIKE, _STANDARD_LIKE, _RATING_LIKE),
    "inspection_standard": (
        _DATE_LIKE,
        _TYPE_LIKE,
        r"(?i)^(does not )?meets?\b|^acceptable|^deficient",
    ),
    "inspection_rating": (_DATE_LIKE, _STANDARD_LIKE, _TYPE_LIKE),
}
#: A column is shifted where this share of its words look like another column's.
_SHIFTED: Final = 0.2


@check(
    "gender_column", "structure",
    "The column Male/Female says Female/Male, Male or Female.",
    "workbook_layouts 4, 9 (E10's kind)", ERROR,
)  # fmt: skip
def gender_column(release: Release, history: History) -> Iterator[Issue]:
    """Yield one issue if the column holds other words at a tenth of the facilities."""
    frame = release.table("facilities")
    if frame is None:
        return
    rows = frame.filter(pl.col("facility_gender").is_not_null()).unique("row", maintain_order=True)
    odd = rows.filter(~pl.col("facility_gender").is_in(_GENDERS))
    if odd.height > 0.1 * max(rows.height, 1):
        row = odd.to_dicts()[0]
        yield Issue(
            what=f"Male/Female holds other words at {odd.height} of {rows.height} facilities, e.g. "
            f"{row['facility_gender']} at {row['facility_label']}: the columns are shifted",
            table="facilities", sheet=row["sheet"], cell=f"H{row['row']}",
            printed=row["facility_gender"], computed=" or ".join(_GENDERS),
        )  # fmt: skip


@check(
    "inspection_column", "structure",
    "An inspection column holds what its header says: types, standards or ratings.",
    "workbook_layouts 4, 9 (E10, E30's kind)", ERROR,
)  # fmt: skip
def inspection_column(release: Release, history: History) -> Iterator[Issue]:
    """Yield one issue for each inspection column whose words belong to another column."""
    frame = release.table("facilities")
    if frame is None:
        return
    text = pl.col("value_text").str.strip_chars()
    words = frame.filter(pl.col("measure").is_in(list(_WRONG)) & text.is_not_null())
    for column in words.partition_by("sheet", "measure", "inspection", maintain_order=True):
        measure = column["measure"][0]
        wrong = pl.any_horizontal(*(text.str.contains(look) for look in _WRONG[measure]))
        odd = column.filter(wrong)
        if odd.height > _SHIFTED * column.height and odd.height >= 5:
            row = odd.to_dicts()[0]
            yield Issue(
                what=f"{row['inspection']} {measure.replace('_', ' ')} holds another column's "
                f"words at {odd.height} of {column.height} facilities, e.g. {row['value_text']!r}",
                table="facilities", sheet=row["sheet"], cell=row["cell"],
                printed=row["value_text"],
            )  # fmt: skip


@check(
    "error_cells", "structure",
    "No cell holds a spreadsheet error (#N/A).",
    "workbook_layouts 9 (E31's kind)", WARNING,
)  # fmt: skip
def error_cells(release: Release, history: History) -> Iterator[Issue]:
    """Yield one issue for each row with error cells."""
    broken = release.printed.filter(pl.col("status") == ERROR_CELL)
    if broken.height == 0:
        return
    rows = broken.group_by("table", "sheet", "row", maintain_order=True).agg(
        n=pl.len(), cell=pl.col("cell").first(), text=pl.col("value_text").first()
    )
    for row in rows.to_dicts():
        yield Issue(
            what=f"{row['n']} cells of row {row['row']} print {row['text'] or 'an error'}",
            table=row["table"], sheet=row["sheet"], cell=row["cell"], printed=row["text"],
        )  # fmt: skip
