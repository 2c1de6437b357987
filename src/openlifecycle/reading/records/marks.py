"""Values that are no values: redaction marks in all their spellings, blanks spelt out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import polars as pl

#: ``b(6), b(7)c``, ``(b)(6)``, ``(B)(7)(C)``, ``b6; b7c``, ``[REDACTED]``, ``████``, ``XXXX``.
#: A text that begins with a mark of an exemption is redacted, whatever follows (the marks are
#: often joined to one another); a bare ``b6`` counts only where nothing else stands beside it.
_REDACTED: Final = (
    r"(?i)^\W*(?:\(b\)\s*\(?\s*[1-9]|b\s*\(\s*[1-9]\s*\))"
    r"|^\W*(?:b\s*[1-9]\s*\(?[a-f]?\)?\W*(?:and)?\W*)+$"
    r"|^\W*redacted\W*$"
    r"|^[\s*█■]+$|^x{3,}$"
)
#: Words that processing writes for a blank.
_BLANKS: Final = ("", "NA", "N/A", "NULL")


def is_redacted(texts: pl.Series) -> pl.Series:
    """Return which texts are redaction marks."""
    return texts.str.contains(_REDACTED)


def is_blank(texts: pl.Series) -> pl.Series:
    """Return which texts, stripped, are blanks or words for one."""
    return texts.is_in(_BLANKS)


def without_marks(texts: pl.Series) -> tuple[pl.Series, int, int]:
    """Return texts stripped of outer spaces, redactions and blanks as null, and how many of each.

    Works on the distinct values: a column repeats its texts, and so a million rows cost little
    more than their distinct values.
    """
    import polars as pl

    distinct = texts.unique().drop_nulls()
    stripped = distinct.str.strip_chars()
    redacted, blank = is_redacted(stripped), is_blank(stripped)
    changed = redacted | blank | (stripped != distinct)
    if not changed.any():
        return texts, 0, 0
    old = distinct.filter(changed)
    new = stripped.set(redacted | blank, None).filter(changed)
    n_redacted = int(texts.is_in(distinct.filter(redacted).implode()).sum() or 0)
    n_blank = int(texts.is_in(distinct.filter(blank).implode()).sum() or 0)
    return texts.replace(old, new.cast(pl.String)), n_redacted, n_blank
