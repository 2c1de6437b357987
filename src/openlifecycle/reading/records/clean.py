"""One batch of rows as released -> typed fields of the event table, and what was noticed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openlifecycle.errors import RefusedInput
from openlifecycle.reading.labels import a1
from openlifecycle.reading.records.batches import Batch, column_name
from openlifecycle.reading.records.counts import BatchCounts, ColumnCounts
from openlifecycle.reading.records.headings import Match, Planned
from openlifecycle.reading.records.marks import marked, without_marks
from openlifecycle.reading.records.personal import BY_FORM, refuse_values
from openlifecycle.reading.records.spec import shared
from openlifecycle.reading.records.types import Typed, as_text, polars_types, typed

if TYPE_CHECKING:
    import polars as pl

#: Fields of an event whose days tell how far a release reaches.
EVENT_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "encounter": ("encountered_at",),
    "arrest": ("arrested_at",),
    "detainer": ("prepared_at", "arrested_at"),
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
    if names:
        frame = frame.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in names))
    _refuse_beyond(frame, names, match, where)
    height = batch.frame.height + batch.gap
    counts = BatchCounts(height, height - frame.height, batch.error_cells)
    columns = [
        column
        for column in match.columns
        if column.outcome != "ignored" and column_name(column.position) in names
    ]
    frame = _without_marks(frame, match, columns, counts, where)
    kept = typed(frame, [column for column in columns if column.field], match, batch.serials)
    dropped = {
        column.canonical: as_text(frame[column_name(column.position)])
        for column in columns
        if not column.field
    }
    for column in columns:
        noticed = counts.columns[column.position]
        noticed.filled = frame.height - (
            kept[column.field].values.null_count()
            if column.field
            else dropped[column.canonical].null_count()
        )
    _count(counts, kept, match, frame[ROW], where)
    return Cleaned(_assembled(frame[ROW], kept, dropped, match), counts)


def _refuse_beyond(frame: pl.DataFrame, names: Sequence[str], match: Match, where: str) -> None:
    """Raise where a value stands right of the last heading."""
    for position in range(len(match.columns), len(names)):
        values = frame[column_name(position)]
        if values.null_count() < len(values):
            row = int(frame[ROW].filter(values.is_not_null())[0])
            raise RefusedInput(
                "values stand under no heading",
                where=f"{where}, cell {a1(row - 1, position)}",
                next_step="a column without a heading cannot be named, so the file is not taken",
            )


def _without_marks(
    frame: pl.DataFrame, match: Match, columns: Sequence[Planned], counts: BatchCounts, where: str
) -> pl.DataFrame:
    """Return the rows with redactions and blanks as null; refuse what identifies people."""
    import polars as pl

    coded = [name for name in frame.columns if frame.schema[name] in (pl.Categorical, pl.Enum)]
    if coded:
        frame = frame.with_columns(pl.col(coded).cast(pl.String))
    kinds = {field.name: field.kind for field in match.spec.event.columns}
    places = {column_name(column.position): column for column in columns}
    texts = {name: places[name] for name in places if frame.schema[name] == pl.String}
    # Dates and numbers show their marks by not reading as what they should be (types.py).
    asked = [name for name, column in texts.items() if kinds.get(column.field, "text") == "text"]
    patterns = {name: BY_FORM for name in asked if texts[name].field != "person_key"}
    seen = marked(frame, asked, patterns)
    changed = []
    for name, column in places.items():
        counts.columns[column.position] = noticed = ColumnCounts()
        has_marks, telling = seen.get(name, (False, False))
        values = frame[name]
        if has_marks:
            values, noticed.redacted = without_marks(values)
            changed.append(values.alias(name))
        refuse_values(column, values, frame[ROW], where, telling=telling)
    return frame.with_columns(changed) if changed else frame


def _count(
    counts: BatchCounts, kept: Mapping[str, Typed], match: Match, rows: pl.Series, where: str
) -> None:
    """Count what did not parse, the times of day, the closed values and the days of events."""
    import polars as pl

    codes = shared(match.spec.series.split(".", maxsplit=1)[0]).codes
    event = match.spec.event
    for column in match.columns:
        of_field = kept.get(column.field)
        if of_field is None:
            continue
        noticed = counts.columns[column.position]
        noticed.with_time, noticed.without_time = of_field.with_time, of_field.without_time
        noticed.redacted += of_field.redacted
        if of_field.bad is not None and of_field.left is not None:
            telling = bool(of_field.left.str.contains(BY_FORM).any())
            refuse_values(column, of_field.left, rows, where, telling=telling)
            noticed.unparsable = int(of_field.bad.sum() or 0)
            noticed.places = [int(row) for row in rows.filter(of_field.bad).head(3)]
        if column.field in codes:
            tally = of_field.values.drop_nulls().value_counts()
            noticed.values.update(dict(tally.iter_rows()))
        if column.field in EVENT_FIELDS[event.name]:
            days = dict(of_field.values.cast(pl.Date).drop_nulls().value_counts().iter_rows())
            counts.days.update(days)
            if column.field == event.happened:
                counts.happened.update(days)


def _assembled(
    rows: pl.Series, kept: Mapping[str, Typed], dropped: Mapping[str, pl.Series], match: Match
) -> pl.DataFrame:
    """Return the batch under the names of the event table, with the two prints."""
    import polars as pl

    types = polars_types()
    fields = [f for f in match.spec.event.columns if f.name == "person_key"]
    fields += list(match.spec.event.fields)
    frame = pl.DataFrame({name: of_field.values for name, of_field in kept.items()}).select(
        f.name if f.name in kept else pl.lit(None, dtype=types[f.kind]).alias(f.name)
        for f in fields
    )
    unlike = [f.name for f in fields if f.name not in BONDS]
    # Every dropped column of the layout has its place, so that files which lack one compare.
    order = [column.heading for column in match.layout.columns if column.drop]
    beside = rows.to_frame().with_columns(
        dropped.get(heading, pl.lit(None, dtype=pl.String)).alias(heading) for heading in order
    )
    return frame.with_columns(
        rows.alias(ROW),
        frame.select(unlike).hash_rows(seed=0).alias(KEPT_PRINT),
        (beside.select(order).hash_rows(seed=1) if order else pl.lit(0, dtype=pl.UInt64)).alias(
            DROPPED_PRINT
        ),
    )
