"""Values that are no values: redaction marks in all their spellings, blanks spelt out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
#: How every redaction mark begins; cheap to ask before the pattern above.
_LIKELY: Final = r"^[^0-9A-Za-z]|^[bBrRxX]"
#: Words that processing writes for a blank.
_BLANKS: Final = ("", "NA", "N/A", "NULL")


def is_redacted(texts: pl.Series) -> pl.Series:
    """Return which texts are redaction marks."""
    return texts.str.contains(_REDACTED)


def is_blank(texts: pl.Series) -> pl.Series:
    """Return which texts, stripped, are blanks or words for one."""
    return texts.is_in(_BLANKS)


def marked(
    frame: pl.DataFrame, names: Sequence[str], telling: Mapping[str, str]
) -> dict[str, tuple[bool, bool]]:
    """Return for each text column whether it holds marks, and whether a text tells of a person.

    One query for all columns, over their distinct values: most columns of most batches hold
    neither, and are then never looked at again.

    Args:
        frame: the rows.
        names: the text columns.
        telling: column -> pattern of texts that identify a person by their form.
    """
    import polars as pl

    if not names:
        return {}
    wanted = []
    for name in names:
        # In a kept order: the query may work out one expression twice, and its two results
        # must stand in the same order where one filters the other.
        distinct = pl.col(name).unique(maintain_order=True).drop_nulls()
        stripped = distinct.str.strip_chars()
        likely = stripped.filter(stripped.str.contains(_LIKELY))
        wanted += [
            stripped.is_in(_BLANKS).any().alias(f"{name} blank"),
            (stripped != distinct).any().alias(f"{name} spaces"),
            likely.str.contains(_REDACTED).any().alias(f"{name} redacted"),
            distinct.str.contains(telling.get(name, "^$")).any().alias(f"{name} tells"),
        ]
    row = frame.select(wanted).row(0)
    return {name: (any(row[4 * i : 4 * i + 3]), row[4 * i + 3]) for i, name in enumerate(names)}


def without_marks(texts: pl.Series) -> tuple[pl.Series, int]:
    """Return texts stripped of outer spaces, redactions and blanks as null, and the redactions.

    Works on the distinct values: a column repeats its texts, and so a million rows cost little
    more than their distinct values.
    """
    import polars as pl

    distinct = texts.unique().drop_nulls()
    stripped = distinct.str.strip_chars()
    redacted, blank = is_redacted(stripped), is_blank(stripped)
    changed = redacted | blank | (stripped != distinct)
    if not changed.any():
        return texts, 0
    n_redacted = int(texts.is_in(distinct.filter(redacted).implode()).sum() or 0)
    new = stripped.set(redacted | blank, None).filter(changed)
    return texts.replace(distinct.filter(changed), new.cast(pl.String)), n_redacted
