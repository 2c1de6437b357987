"""An answer as a server gave it: its rows, and all that it says of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from openlifecycle.disclosure.verdict import Verdict
from openlifecycle.engine.source import ReleaseFacts, release_facts
from openlifecycle.errors import StoreProblem, UsageError
from openlifecycle.measures.declaration import Measure
from openlifecycle.measures.question import Question
from openlifecycle.measures.registry import measure


@dataclass(frozen=True)
class RemoteAnswer:
    """What ``publishing.faces.Answer`` is for a store on this side.

    Attributes:
        question: what was asked.
        rows: the rows, typed as they were there.
        said: all else, as the JSON of the answer has it.
    """

    question: Question
    rows: pl.DataFrame
    said: dict[str, Any]

    def __len__(self) -> int:
        return self.rows.height

    @property
    def measure(self) -> Measure:
        """Return the declaration of what was asked for, as this version has it."""
        return measure(self.question.measure)

    @property
    def split(self) -> tuple[str, ...]:
        """Return the dimensions that the rows are split by."""
        return tuple(self.said["split"])

    @property
    def granularity(self) -> str:
        """Return how fine the rows are in time."""
        return str(self.said["period"])

    @property
    def caveats(self) -> tuple[str, ...]:
        """Return what to know before quoting it."""
        return tuple(self.said["caveats"])

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what this answer, not every one of the measure, must say."""
        return tuple(self.said["notes"])

    @property
    def corrections(self) -> tuple[str, ...]:
        """Return the ids of known publisher's errors that touch it."""
        return tuple(self.said["corrections"])

    @property
    def releases(self) -> tuple[ReleaseFacts, ...]:
        """Return the releases that it rests on; when they were received is not told."""
        rows = [_Release(r | {"series": str(r["release_id"]).partition("@")[0]})
                for r in self.said["releases"]]  # fmt: skip
        return tuple(release_facts(rows))

    @property
    def sql(self) -> str:
        """Return the query that was run there."""
        return str(self.said["sql"])

    @property
    def disclosure(self) -> str:
        """Return in words how people in it are protected."""
        return str(self.said["disclosure"])

    @property
    def verdict(self) -> Verdict:
        """Return why it could leave: policy, method and margin."""
        told = self.said["verdict"]
        return Verdict(
            told["policy"],
            told["method"],
            self.disclosure,
            margin=told["margin"],
            exposed=told["exposed_group"],
            not_drawn=told["not_drawn"],
        )

    @property
    def value(self) -> float | str:
        """Return the value of an answer of one row; raise UsageError where there are more."""
        if self.rows.height != 1:
            raise UsageError(
                f"the answer has {self.rows.height} rows, not one",
                next_step="read .to_polars(), or filter with where= and on=",
            )
        row = self.rows.row(0, named=True)
        found: float | str = row["value_text"] if self.measure.is_text else row["value"]
        return found

    def to_polars(self) -> pl.DataFrame:
        """Return the rows as a Polars frame."""
        return self.rows

    def citation(self) -> str:
        """Return publisher, workbook, release, hash, cells and version, one release a line."""
        return str(self.said["citation"])

    def as_dict(self) -> dict[str, Any]:
        """Return the whole answer for JSON."""
        rows = self.rows.with_columns(pl.col(pl.Date).dt.to_string("iso")).to_dicts()
        return self.said | {"rows": rows}


class _Release:
    """A release as the answer tells it; when it was received it does not tell."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.__dict__.update(told)


def answer_of(question: Question, body: bytes) -> RemoteAnswer:
    """Return the answer in an Arrow stream, or raise StoreProblem where it is none of ours."""
    return RemoteAnswer(question, *opened_stream(body))


def opened_stream(body: bytes) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Return the rows of an Arrow stream, and what its metadata say of them.

    Raises:
        StoreProblem: it is none, or not one of ours.
    """
    import pyarrow as pa

    try:
        table = pa.ipc.open_stream(body).read_all()
        said = json.loads(table.schema.metadata[b"openlifecycle"])
    except (pa.ArrowInvalid, KeyError, TypeError, ValueError) as why:
        raise StoreProblem("the server did not send an answer") from why
    return pl.DataFrame(pl.from_arrow(table)), said
