"""What was cleared as a file: an answer as JSON, CSV or Parquet; observations; changes."""

from __future__ import annotations

import io
import json

import polars as pl

from openlifecycle.disclosure.gate import Cleared, opened
from openlifecycle.engine.answer import Answer
from openlifecycle.engine.changes import Changes
from openlifecycle.publishing.citation import citation, version


def answer_json(cleared: Cleared[Answer]) -> bytes:
    """Return the whole answer: rows, caveats, breaks, releases, verdict, citation, query."""
    body = opened(cleared).as_dict() | _said(cleared) | {"openlifecycle": version()}
    return (json.dumps(body, indent=1, ensure_ascii=False) + "\n").encode()


def answer_csv(cleared: Cleared[Answer]) -> bytes:
    """Return the rows of an answer, and nothing that would keep a spreadsheet from opening it."""
    return _frame_bytes(opened(cleared).rows, "csv")


def answer_parquet(cleared: Cleared[Answer]) -> bytes:
    """Return the rows as Parquet; the question and all that must be said of it in its metadata."""
    answer = opened(cleared)
    body = answer.as_dict()
    del body["rows"]
    kept = {"openlifecycle": json.dumps(body | _said(cleared))}
    held = io.BytesIO()
    answer.rows.write_parquet(held, metadata=kept)
    return held.getvalue()


def observations_file(cleared: Cleared[pl.DataFrame], form: str) -> bytes:
    """Return captured cells as csv, json or parquet, every printed digit kept."""
    return _frame_bytes(opened(cleared), form)


def changes_json(cleared: Cleared[Changes]) -> bytes:
    """Return what one release restated of another, all but the unchanged numbers."""
    return (json.dumps(opened(cleared).as_dict(), indent=1, ensure_ascii=False) + "\n").encode()


def changes_csv(cleared: Cleared[Changes]) -> bytes:
    """Return every pair of numbers of two releases."""
    return _frame_bytes(opened(cleared).rows, "csv")


def _said(cleared: Cleared[Answer]) -> dict[str, object]:
    return {"verdict": cleared.verdict.as_dict(), "citation": citation(cleared)}


def _frame_bytes(frame: pl.DataFrame, form: str) -> bytes:
    """Return a frame as csv, json or parquet: dates in ISO form, every printed digit kept."""
    held = io.BytesIO()
    if form == "csv":
        frame.write_csv(held)
    elif form == "parquet":
        frame.write_parquet(held)
    elif form == "json":
        rows = frame.with_columns(pl.col(pl.Date).dt.to_string("iso")).to_dicts()
        held.write((json.dumps(rows, indent=0, ensure_ascii=False) + "\n").encode())
    else:
        raise ValueError(f"no file format {form!r}")
    return held.getvalue()
