"""An answer, or rows of observations, as a file: JSON, CSV, Parquet."""

from __future__ import annotations

import io
import json

import polars as pl

from openlifecycle.engine.answer import Answer
from openlifecycle.publishing.citation import citation, version


def answer_json(answer: Answer) -> bytes:
    """Return the whole answer: rows, caveats, breaks, releases, citation, query."""
    body = answer.as_dict() | {"citation": citation(answer), "openlifecycle": version()}
    return (json.dumps(body, indent=1, ensure_ascii=False) + "\n").encode()


def answer_parquet(answer: Answer) -> bytes:
    """Return the rows as Parquet; the question and all that must be said of it in its metadata."""
    body = answer.as_dict()
    del body["rows"]
    kept = {"openlifecycle": json.dumps(body | {"citation": citation(answer)})}
    held = io.BytesIO()
    answer.rows.write_parquet(held, metadata=kept)
    return held.getvalue()


def frame_bytes(frame: pl.DataFrame, form: str) -> bytes:
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
