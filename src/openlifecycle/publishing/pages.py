"""What was cleared, or a part of its rows, as JSON, CSV, Parquet or an Arrow stream.

A part is rows ``offset`` to ``offset + limit`` in the order of the answer, which is the same
whenever the same is asked of the same store. JSON and the metadata of Parquet and Arrow carry all
that must be said of the rows; CSV carries the rows.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.engine.answer import Answer
from openlifecycle.engine.changes import SAME, Changes
from openlifecycle.publishing.accounts import Facilities, Findings, Receipt
from openlifecycle.publishing.citation import citation, version
from openlifecycle.publishing.fixed_text import fixed_file

if TYPE_CHECKING:
    from openlifecycle.disclosure.cohorts import CohortAnswer
    from openlifecycle.disclosure.fixed_release import FixedRelease

FORMS: Final = ("json", "csv", "parquet", "arrow")


@dataclass(frozen=True)
class Part:
    """Which rows: so many from an offset on; all of them without a limit."""

    offset: int = 0
    limit: int | None = None

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of the part."""
        return rows.slice(self.offset, self.limit)


@dataclass(frozen=True)
class Page:
    """The bytes of a part, and how many rows there are in it and in the whole.

    Where the form does not say it, ``media`` is the kind of bytes, and ``name`` that of a file.
    ``status`` is another than 200 for a page that says why something is not shown.
    """

    body: bytes
    rows: int
    total: int
    media: str = ""
    name: str = ""
    status: int = 200


WHOLE: Final = Part()

#: Rows that are written as JSON in one go.
_PIECE: Final = 500


def answer_page(cleared: Cleared[Answer], form: str, part: Part = WHOLE) -> Page:
    """Return an answer: rows, caveats, breaks, releases, verdict, citation and query."""
    whole = opened(cleared)
    shown = replace(whole, rows=part.of(whole.rows))
    said = shown.as_dict() | {
        "verdict": cleared.verdict.as_dict(),
        "citation": citation(cleared),
        "openlifecycle": version(),
    }
    return _page(shown.rows, said, form, whole.rows.height)


def cohort_page(cleared: Cleared[CohortAnswer], form: str, part: Part = WHOLE) -> Page:
    """Return a cohort: rows, notes, caveats and how it is protected."""
    whole = opened(cleared)
    shown = replace(whole, rows=part.of(whole.rows))
    said = shown.as_dict() | {"verdict": cleared.verdict.as_dict(), "openlifecycle": version()}
    return _page(shown.rows, said, form, whole.rows.height)


def table_page(cleared: Cleared[FixedRelease], form: str, part: Part = WHOLE) -> Page:
    """Return a fixed table, with what was audited."""
    rows = opened(cleared).rows
    shown = part.of(rows)
    said = json.loads(fixed_file(cleared, "json")) | {"rows": shown.to_dicts()}
    return _page(shown, said | {"openlifecycle": version()}, form, rows.height)


def changes_page(cleared: Cleared[Changes], form: str, part: Part = WHOLE) -> Page:
    """Return what one release restated of another, all but the unchanged numbers."""
    whole = opened(cleared)
    changed = whole.rows.filter(pl.col("kind") != SAME)
    shown = part.of(changed)
    said = whole.as_dict() | {"rows": _listed(shown), "openlifecycle": version()}
    return _page(shown, said, form, changed.height)


def findings_page(found: Findings, form: str, part: Part = WHOLE) -> Page:
    """Return what checks found in a release."""
    return _of_release(found.release_id, found.rows, form, part)


def facilities_page(found: Facilities, form: str, part: Part = WHOLE) -> Page:
    """Return the facilities that a release lists."""
    return _of_release(found.release_id, found.rows, form, part)


def receipt_page(found: Receipt) -> Page:
    """Return the account of a release, as JSON."""
    return document_page(found.as_dict() | {"openlifecycle": version()})


def document_page(said: Mapping[str, Any]) -> Page:
    """Return a declaration, which nobody is counted in, as JSON."""
    return Page((json.dumps(said, ensure_ascii=False) + "\n").encode(), 1, 1)


def listing_page(
    listed: Sequence[dict[str, Any]],
    form: str,
    part: Part = WHOLE,
    beside: Mapping[str, Any] | None = None,
) -> Page:
    """Return declarations or releases, which nobody is counted in, as a list.

    Args:
        listed: a row each.
        form: how.
        part: which of the rows.
        beside: what JSON and metadata say beside the rows.
    """
    said: dict[str, Any] = {"rows": _some(listed, part), **(beside or {})}
    said["openlifecycle"] = version()
    if form == "json":
        return _page(pl.DataFrame(), said, form, len(listed))
    rows = pl.DataFrame(listed, infer_schema_length=None)
    # a cell of CSV holds no list
    nested = [name for name, kind in rows.schema.items() if kind.is_nested()]
    joined = [pl.col(name).list.join("; ").alias(name) for name in nested]
    return _page(part.of(rows.with_columns(joined)), said, form, len(listed))


def _some(listed: Sequence[dict[str, Any]], part: Part) -> list[dict[str, Any]]:
    last = None if part.limit is None else part.offset + part.limit
    return list(listed[part.offset : last])


def _of_release(release_id: str, rows: pl.DataFrame, form: str, part: Part) -> Page:
    shown = part.of(rows)
    said = {"release_id": release_id, "rows": _listed(shown), "openlifecycle": version()}
    return _page(shown, said, form, rows.height)


def _listed(rows: pl.DataFrame) -> list[dict[str, Any]]:
    return rows.with_columns(pl.col(pl.Date).dt.to_string("iso")).to_dicts()


def _page(rows: pl.DataFrame, said: dict[str, Any], form: str, total: int) -> Page:
    """Return rows and what is said of them in one form.

    Raises:
        ValueError: there is no such form.
    """
    held = io.BytesIO()
    if form == "json":
        _write_json(said, held)
    elif form == "csv":
        rows.write_csv(held)
    elif form == "parquet":
        rows.write_parquet(held, metadata={"openlifecycle": _beside(said)})
    elif form == "arrow":
        _write_arrow(rows, said, held)
    else:
        raise ValueError(f"no form {form!r}")
    return Page(held.getvalue(), rows.height, total)


def _write_json(said: Mapping[str, Any], held: io.BytesIO) -> None:
    """Write what is said as ``json.dumps`` does, the rows in pieces.

    A long list is otherwise written in one go that lets no other thread run: a server would answer
    nobody meanwhile.
    """
    held.write(b"{")
    for number, (name, value) in enumerate(said.items()):
        held.write(f"{', ' if number else ''}{json.dumps(name, ensure_ascii=False)}: ".encode())
        if name != "rows":
            held.write(json.dumps(value, ensure_ascii=False).encode())
            continue
        held.write(b"[")
        for begin in range(0, len(value), _PIECE):
            piece = json.dumps(value[begin : begin + _PIECE], ensure_ascii=False)
            held.write((", " if begin else "").encode() + piece[1:-1].encode())
        held.write(b"]")
    held.write(b"}\n")


def _write_arrow(rows: pl.DataFrame, said: dict[str, Any], held: io.BytesIO) -> None:
    import pyarrow as pa

    # large strings are an Arrow type of their own, and some readers know only the plain one
    table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    table = table.replace_schema_metadata({"openlifecycle": _beside(said)})
    with pa.ipc.new_stream(held, table.schema) as stream:
        stream.write_table(table)


def _beside(said: dict[str, Any]) -> str:
    return json.dumps({k: v for k, v in said.items() if k != "rows"}, ensure_ascii=False)
