"""Printed dates and times -> naive timestamps with the same digits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import polars as pl

#: In the order tried. Texts of these releases are American: month before day.
_MOMENTS: Final = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y-%m-%dT%H:%M:%S+00:00",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
)
_DAYS: Final = ("%Y-%m-%d", "%m/%d/%Y")
#: A bare number in a date column is Excel's count of days where it falls in these years; any
#: other (``1985``) could be a year, and is not guessed at.
_SERIAL_FROM, _SERIAL_TO = 18_264.0, 73_050.0  # 1950-01-01, 2100-01-01
_MICROSECONDS_A_DAY: Final = 86_400_000_000
#: Days between Excel's day 0 and 1970-01-01.
_EXCEL_TO_UNIX: Final = 25_569


def likely_form(text: str) -> str:
    """Return the form that a text most likely has, by its punctuation."""
    if "/" in text:
        colons = text.count(":")
        return ("%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S")[min(colons, 2)]
    if "T" in text:
        return "%Y-%m-%dT%H:%M:%SZ"
    return "%Y-%m-%d %H:%M:%S" if ":" in text else "%Y-%m-%d"


def as_moment(name: str, form: str) -> pl.Expr:
    """Return the expression that reads a text column in one form; null where it does not fit."""
    import polars as pl

    if form in _DAYS:
        return pl.col(name).str.to_date(form, strict=False).cast(pl.Datetime("us"))
    return pl.col(name).str.to_datetime(form, strict=False, time_unit="us")


def parsed(texts: pl.Series, *, serials: bool) -> tuple[pl.Series, pl.Series]:
    """Return the moments of printed texts, and which texts are none.

    Args:
        texts: stripped; null for a blank.
        serials: whether a bare number counts days as Excel does.
    """
    import polars as pl

    wanted = texts.is_not_null()
    out = pl.Series(texts.name, [None], dtype=pl.Datetime("us")).new_from_index(0, len(texts))
    for form in (*_MOMENTS, *_DAYS):
        open_ = wanted & out.is_null()
        if not open_.any():
            return out, open_
        found = texts.set(~open_, None).to_frame("t").select(as_moment("t", form)).to_series()
        out = pl.select(pl.coalesce(out, found)).to_series()
    if serials:
        out = pl.select(pl.coalesce(out, _from_serials(texts))).to_series()
    return out, wanted & out.is_null()


def _from_serials(texts: pl.Series) -> pl.Series:
    import polars as pl

    numbers = texts.cast(pl.Float64, strict=False)
    numbers = numbers.set(~numbers.is_between(_SERIAL_FROM, _SERIAL_TO).fill_null(False), None)
    seconds = ((numbers - _EXCEL_TO_UNIX) * 86_400).round()
    return (seconds * 1_000_000).cast(pl.Int64).cast(pl.Datetime("us"))
