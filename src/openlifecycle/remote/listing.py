"""What a server gives beside answers: cohorts, fixed tables, changes, findings, facilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from openlifecycle.remote.answer import opened_stream


@dataclass(frozen=True)
class RemoteListing:
    """Rows as a server gave them, and all that it says of them.

    Attributes:
        rows: typed as they were there.
        said: all else, as the JSON of the address has it: notes, caveats, verdict, releases.
    """

    rows: pl.DataFrame
    said: dict[str, Any]

    def __len__(self) -> int:
        return self.rows.height

    def to_polars(self) -> pl.DataFrame:
        """Return the rows as a Polars frame."""
        return self.rows

    def as_dict(self) -> dict[str, Any]:
        """Return all of it for JSON."""
        rows = self.rows.with_columns(pl.col(pl.Date).dt.to_string("iso")).to_dicts()
        return self.said | {"rows": rows}


@dataclass(frozen=True)
class RemoteAccount:
    """The account of every cell, or every row and column, of one release."""

    release_id: str
    said: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return the account for JSON."""
        return self.said


def listing_of(body: bytes) -> RemoteListing:
    """Return what an Arrow stream holds, or raise StoreProblem where it is none of ours."""
    return RemoteListing(*opened_stream(body))
