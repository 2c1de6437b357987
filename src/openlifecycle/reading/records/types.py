"""Text as released -> the types of the event table, a whole batch in one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openlifecycle.reading.records.batches import column_name
from openlifecycle.reading.records.headings import Match, Planned
from openlifecycle.reading.records.marks import without_marks
from openlifecycle.reading.records.moments import as_moment, likely_form, parsed

if TYPE_CHECKING:
    import polars as pl


@dataclass
class Typed:
    """One field of a batch.

    Attributes:
        values: in the field's type.
        bad: which cells had a value that is none of the field's; None where there are none.
        left: those values as text, null elsewhere; for the personal-data scan alone.
        redacted: cells with a redaction mark.
        with_time: cells of a day field that print a time of day.
        without_time: cells of a moment field at midnight exactly.
    """

    values: pl.Series
    bad: pl.Series | None = None
    left: pl.Series | None = None
    redacted: int = 0
    with_time: int = 0
    without_time: int = 0


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


def typed(
    frame: pl.DataFrame, columns: Sequence[Planned], match: Match, serials: bool
) -> dict[str, Typed]:
    """Return every field that a batch fills.

    Args:
        frame: the rows, marks removed.
        columns: the columns that fill a field.
        match: the layout.
        serials: whether a bare number in a date column counts days as Excel does.
    """
    kinds = {field.name: field.kind for field in match.spec.event.columns}
    out: dict[str, Typed] = {}
    dated = [c for c in columns if kinds[c.field] in {"moment", "day"}]
    moments = _moments(frame, [column_name(c.position) for c in dated], serials=serials)
    for column in columns:
        name, kind = column_name(column.position), kinds[column.field]
        if kind in {"moment", "day"}:
            out[column.field] = moments[name]
        elif kind in {"integer", "number"}:
            out[column.field] = _numbers(frame[name], whole=kind == "integer")
        else:
            out[column.field] = Typed(as_text(frame[name]))
    _count_times(out, [column.field for column in dated], kinds)
    return out


def as_text(values: pl.Series) -> pl.Series:
    """Return values as text; a whole number without the ``.0`` of its storage."""
    import polars as pl

    if values.dtype == pl.String:
        return values
    if values.dtype.is_float() and bool((values.drop_nulls() % 1 == 0).all()):
        return values.cast(pl.Int64, strict=False).cast(pl.String)
    return values.cast(pl.String)


def _moments(frame: pl.DataFrame, names: Sequence[str], *, serials: bool) -> dict[str, Typed]:
    """Return date columns as moments: all in their likely form at once, the odd ones singly."""
    import polars as pl

    texts = [name for name in names if frame.schema[name] == pl.String]
    at_once = frame.select(
        as_moment(name, likely_form(_first_of(frame[name]))).alias(name) for name in texts
    )
    out: dict[str, Typed] = {}
    for name in names:
        values = frame[name]
        if name not in texts:
            out[name] = _from_types(values)
        elif at_once[name].null_count() == values.null_count():
            out[name] = Typed(at_once[name])
        else:
            texts_left, redacted = without_marks(values)
            found, bad = parsed(texts_left, serials=serials)
            out[name] = _with_bad(found, bad, texts_left, redacted)
    return out


def _with_bad(values: pl.Series, bad: pl.Series, texts: pl.Series, redacted: int) -> Typed:
    import polars as pl

    if not bad.any():
        return Typed(values, redacted=redacted)
    return Typed(values, bad, texts.cast(pl.String).set(~bad, None), redacted)


def _first_of(texts: pl.Series) -> str:
    known = texts.drop_nulls().head(1)
    return str(known[0]) if len(known) else ""


def _from_types(values: pl.Series) -> Typed:
    import polars as pl

    if isinstance(values.dtype, pl.Datetime):
        # The digits of the wall clock are kept: processed files label them UTC.
        naive = values.dt.replace_time_zone(None) if values.dtype.time_zone else values
        return Typed(naive.cast(pl.Datetime("us")))
    if values.dtype in (pl.Date, pl.Null):
        return Typed(values.cast(pl.Datetime("us")))
    nothing = pl.Series(values.name, [None] * len(values), dtype=pl.Datetime("us"))
    return _with_bad(nothing, values.is_not_null(), values, 0)


def _count_times(out: dict[str, Typed], names: Sequence[str], kinds: dict[str, str]) -> None:
    """Count times of day where a day is wanted, and midnights where a moment is; make days."""
    import polars as pl

    if not names:
        return
    frame = pl.DataFrame({name: out[name].values for name in names})
    counted = frame.select(pl.all().dt.time().eq(pl.time(0, 0, 0)).sum()).row(0)
    for name, midnights in zip(names, counted, strict=True):
        of_field = out[name]
        filled = len(of_field.values) - of_field.values.null_count()
        if kinds[name] == "day":
            of_field.with_time = filled - int(midnights or 0)
            of_field.values = of_field.values.cast(pl.Date)
        else:
            of_field.without_time = int(midnights or 0)


def _numbers(values: pl.Series, *, whole: bool) -> Typed:
    """Return numbers; a dollar sign and the commas of thousands are no part of one."""
    import polars as pl

    redacted = 0
    numbers = values.cast(pl.Float64, strict=False)
    if values.dtype == pl.String and numbers.null_count() > values.null_count():
        values, redacted = without_marks(values)
        numbers = values.str.replace_all(r"[$,\s]", "").cast(pl.Float64, strict=False)
    fits = pl.col("n").is_finite()
    fits = fits & (pl.col("n").round() == pl.col("n")) if whole else fits
    numbers = numbers.to_frame("n").select(pl.when(fits).then(pl.col("n"))).to_series()
    out = numbers.cast(pl.Int64) if whole else numbers
    if numbers.null_count() == values.null_count():
        return Typed(out, redacted=redacted)
    return _with_bad(out, values.is_not_null() & numbers.is_null(), values, redacted)
