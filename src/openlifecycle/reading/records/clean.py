"""One batch of rows as released -> typed fields of the event table, and what was noticed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from openlifecycle.model.events import Field
from openlifecycle.reading.records.batches import Batch, column_name
from openlifecycle.reading.records.counts import BatchCounts, ColumnCounts
from openlifecycle.reading.records.headings import Match
from openlifecycle.reading.records.marks import without_marks
from openlifecycle.reading.records.moments import parsed
from openlifecycle.reading.records.personal import refuse_values
from openlifecycle.reading.records.spec import shared

if TYPE_CHECKING:
    import polars as pl

#: Fields of an event whose days tell how far a release reaches.
EVENT_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "encounter": ("encountered_at",),
    "arrest": ("arrested_at",),
    "detainer": ("prepared_at",),
    "detention_stint": ("book_in_at", "book_out_at", "stay_book_out_at"),
    "removal": ("departed_on",),
}
#: Columns of a cleaned batch beside the fields: its rows' numbers and the two prints by which
#: rows are told apart.
ROW: Final = "row"
KEPT_PRINT: Final = "kept_print"
DROPPED_PRINT: Final = "dropped_print"
#: Bond fields do not tell records apart: one stint is released once for each bond (R11).
BONDS: Final = (
    "initial_bond_set_amount",
    "initial_bond_set_on",
    "bond_posted_amount",
    "bond_posted_on",
)


@dataclass(frozen=True)
class Cleaned:
    """A batch in the types of the event table.

    Attributes:
        frame: ``row``, the person key, every field of the table, the two prints.
        counts: what was noticed.
    """

    frame: pl.DataFrame
    counts: BatchCounts


def clean(batch: Batch, match: Match, where: str) -> Cleaned:
    """Return a batch in the types of its event table.

    Args:
        batch: the rows as released.
        match: what becomes of each column.
        where: the file and sheet, for messages.

    Raises:
        RefusedInput: values stand beyond the last heading.
        PersonalData: a column that identifies people is not wholly redacted.
    """
    import polars as pl

    frame = batch.frame.with_columns(
        pl.int_range(batch.first_row, batch.first_row + pl.len(), dtype=pl.Int64).alias(ROW)
    )
    names = [name for name in frame.columns if name != ROW]
    frame = frame.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in names))
    counts = BatchCounts(batch.frame.height, batch.frame.height - frame.height, batch.error_cells)
    _refuse_beyond(frame, names, match, where)
    kinds = {field.name: field for field in match.spec.event.columns}
    codes = shared(match.spec.series.split(".", maxsplit=1)[0]).codes
    kept: dict[str, pl.Series] = {}
    dropped: dict[str, pl.Series] = {}
    for column in match.columns:
        if column.outcome == "ignored" or column_name(column.position) not in frame.columns:
            continue
        counts.columns[column.position] = noticed = ColumnCounts()
        values = _stripped(frame[column_name(column.position)], noticed)
        refuse_values(column, values, frame[ROW], where)
        if column.outcome == "dropped":
            noticed.filled = len(values) - values.null_count()
            dropped[column.canonical] = _as_text(values)
            continue
        typed = _typed(values, kinds[column.field], noticed, frame[ROW], serials=batch.serials)
        kept[column.field] = typed
        noticed.filled = len(typed) - typed.null_count()
        if column.field in codes:
            noticed.values.update(_tally(typed))
    return Cleaned(_assembled(frame[ROW], kept, dropped, match), _with_days(counts, kept, match))


def _refuse_beyond(frame: pl.DataFrame, names: list[str], match: Match, where: str) -> None:
    """Raise where a value stands right of the last heading."""
    from openlifecycle.errors import RefusedInput
    from openlifecycle.reading.labels import a1

    for position in range(len(match.columns), len(names)):
        values = frame[column_name(position)]
        if values.null_count() < len(values):
            row = int(frame[ROW].filter(values.is_not_null())[0])
            raise RefusedInput(
                "values stand under no heading",
                where=f"{where}, cell {a1(row - 1, position)}",
                next_step="a column without a heading cannot be named, so the file is not taken",
            )


def _stripped(values: pl.Series, noticed: ColumnCounts) -> pl.Series:
    """Return values with redactions and blanks as null; text stays text, types stay types."""
    import polars as pl

    if values.dtype in (pl.Categorical, pl.Enum):
        values = values.cast(pl.String)
    if values.dtype != pl.String:
        return values
    values, noticed.redacted, _ = without_marks(values)
    return values


def _typed(
    values: pl.Series, field: Field, noticed: ColumnCounts, rows: pl.Series, *, serials: bool
) -> pl.Series:
    """Return values in the type of a field; what does not parse is null and counted."""
    import polars as pl

    if field.kind == "text":
        return _as_text(values)
    if field.kind in {"moment", "day"}:
        moments, bad = _moments(values, serials=serials)
        of_day = moments.dt.truncate("1d") != moments
        if field.kind == "day":
            noticed.with_time = int(of_day.sum() or 0)
            moments = moments.cast(pl.Date)
        else:
            noticed.without_time = int((~of_day).sum() or 0)
        out = moments
    else:
        out, bad = _numbers(values, whole=field.kind == "integer")
    noticed.unparsable = int(bad.sum() or 0)
    if noticed.unparsable:
        noticed.places = [int(row) for row in rows.filter(bad).head(3)]
    return out


def _moments(values: pl.Series, *, serials: bool) -> tuple[pl.Series, pl.Series]:
    import polars as pl

    if values.dtype == pl.String:
        return parsed(values, serials=serials)
    bad = pl.repeat(False, len(values), dtype=pl.Boolean, eager=True)
    if isinstance(values.dtype, pl.Datetime):
        # The digits of the wall clock are kept: processed files label them UTC.
        naive = values.dt.replace_time_zone(None) if values.dtype.time_zone else values
        return naive.cast(pl.Datetime("us")), bad
    if values.dtype in (pl.Date, pl.Null):
        return values.cast(pl.Datetime("us")), bad
    return pl.Series(values.name, [None] * len(values), dtype=pl.Datetime("us")), (
        values.is_not_null()
    )


def _numbers(values: pl.Series, *, whole: bool) -> tuple[pl.Series, pl.Series]:
    import polars as pl

    numbers = values
    if values.dtype == pl.String:
        numbers = values.str.replace_all(r"[$,\s]", "").cast(pl.Float64, strict=False)
    numbers = numbers.cast(pl.Float64, strict=False)
    numbers = numbers.set(~numbers.is_finite().fill_null(True), None)
    if whole:
        numbers = numbers.set((numbers.round() != numbers).fill_null(False), None)
        return numbers.cast(pl.Int64), values.is_not_null() & numbers.is_null()
    return numbers, values.is_not_null() & numbers.is_null()


def _as_text(values: pl.Series) -> pl.Series:
    """Return values as text; a whole number without the ``.0`` of its storage."""
    import polars as pl

    if values.dtype == pl.String:
        return values
    if values.dtype.is_float() and bool((values.drop_nulls() % 1 == 0).all()):
        return values.cast(pl.Int64, strict=False).cast(pl.String)
    return values.cast(pl.String)


def _tally(values: pl.Series) -> dict[str, int]:
    counted = values.drop_nulls().value_counts()
    return dict(zip(counted[:, 0].to_list(), counted[:, 1].to_list(), strict=True))


def _assembled(
    rows: pl.Series, kept: Mapping[str, pl.Series], dropped: Mapping[str, pl.Series], match: Match
) -> pl.DataFrame:
    """Return the batch under the names of the event table, with the two prints."""
    import polars as pl

    types = polars_types()
    fields = [f for f in match.spec.event.columns if f.name == "person_key"]
    fields += list(match.spec.event.fields)
    frame = pl.DataFrame(
        [
            kept[f.name].alias(f.name)
            if f.name in kept
            else pl.repeat(None, len(rows), dtype=types[f.kind], eager=True).alias(f.name)
            for f in fields
        ]
    )
    unlike = [f.name for f in fields if f.name not in BONDS]
    # Every dropped column of the layout has its place, so that files which lack one compare.
    order = [column.heading for column in match.layout.columns if column.drop]
    beside = pl.DataFrame(
        [
            dropped.get(heading, pl.repeat(None, len(rows), dtype=pl.String, eager=True)).alias(
                f"d{i}"
            )
            for i, heading in enumerate(order)
        ]
    )
    prints = (
        beside.hash_rows(seed=1) if order else pl.repeat(0, len(rows), dtype=pl.UInt64, eager=True)
    )
    return frame.with_columns(
        rows.alias(ROW),
        frame.select(unlike).hash_rows(seed=0).alias(KEPT_PRINT),
        prints.alias(DROPPED_PRINT),
    )


def _with_days(counts: BatchCounts, kept: Mapping[str, pl.Series], match: Match) -> BatchCounts:
    """Count the days on which events of this batch happened."""
    import polars as pl

    event = match.spec.event
    for name in EVENT_FIELDS[event.name]:
        if name in kept:
            tally: Any = _tally(kept[name].cast(pl.Date))
            counts.days.update(tally)
            if name == event.happened:
                counts.happened.update(tally)
    return counts


def polars_types() -> dict[str, Any]:
    """Return the type that each kind of field has in a frame."""
    import polars as pl

    return {
        "text": pl.String,
        "moment": pl.Datetime("us"),
        "day": pl.Date,
        "integer": pl.Int64,
        "number": pl.Float64,
        "flag": pl.Boolean,
    }
