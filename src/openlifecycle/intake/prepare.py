"""One release from bytes to what the vault will land: checked, scanned, read, encoded.

This is the part of a ``take`` that costs time and touches no store, so that worker processes
can do it. Frame libraries are imported by the reader only, inside the worker.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from openlifecycle.errors import UnknownSeries
from openlifecycle.intake.scan import refuse_personal_data
from openlifecycle.reading.cycles import no_cycle_search
from openlifecycle.reading.workbook import open_workbook
from openlifecycle.vault.landing import release_id
from openlifecycle.vault.rows import Derived

if TYPE_CHECKING:
    import polars as pl


class ReadRelease(Protocol):
    """What the tidying room gives for one release (``tidying.tidy.Tidied``)."""

    @property
    def series(self) -> str:
        """Published series, e.g. us_ice.detention_statistics."""

    @property
    def observations(self) -> pl.DataFrame:
        """Rows of core__observation, in a fixed order."""

    @property
    def receipt(self) -> dict[str, Any]:
        """The account of every cell."""

    @property
    def dates(self) -> list[dict[str, Any]]:
        """Every date that the release states."""

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What reading found wrong."""

    @property
    def fiscal_year(self) -> int:
        """Fiscal year of the current sheets."""

    @property
    def as_of(self) -> date:
        """As-of date of the release."""

    @property
    def published_on(self) -> date | None:
        """Publication date, where known."""

    @property
    def published_why(self) -> str:
        """How it is known."""


#: ``read_release(data, names=[...], release_id="...")``, as the tidying room declares it.
Reader = Callable[..., ReadRelease]

#: The series a release id is made for before the content has named it; the only one so far.
_FIRST_SERIES = "us_ice.detention_statistics"


def read_release(data: bytes, *, names: Sequence[str], release_id: str) -> ReadRelease:
    """Read a release with the tidying room, imported when first needed."""
    from openlifecycle.tidying.tidy import read_release as read

    return read(data, names=names, release_id=release_id)


def prepare(data: bytes, names: Sequence[str], read: Reader = read_release) -> Derived:
    """Return what reading a workbook gives, or refuse it.

    Args:
        data: the bytes, as they came.
        names: the file names they came under.
        read: the reader; another one in tests.

    Raises:
        RefusedInput: not a workbook, damaged, unsafe, of no known series, or about people.
    """
    with no_cycle_search():
        return _prepare(data, names, read)


def _prepare(data: bytes, names: Sequence[str], read: Reader) -> Derived:
    import polars
    import pyarrow.parquet as pq

    book = open_workbook(data)
    refuse_personal_data(data, book.facts, book.texts())
    sha256 = hashlib.sha256(data).hexdigest()
    read_as = release_id(_FIRST_SERIES, sha256)
    tidied = read(data, names=list(names), release_id=read_as)
    if release_id(tidied.series, sha256) != read_as:
        raise UnknownSeries(f"the content is of series {tidied.series!r}, which has no reader")
    frame = tidied.observations
    buffer = io.BytesIO()
    # The Arrow writer takes half the time of the frame's own, and every column is read whole
    # anyway, so that neither dictionaries nor statistics of its parts would be used.
    pq.write_table(
        frame.to_arrow(compat_level=polars.CompatLevel.oldest()),
        buffer,
        compression="lz4",
        use_dictionary=False,
        write_statistics=False,
        store_schema=False,
    )
    account = {"receipt": tidied.receipt, "findings": tidied.findings, "dates": tidied.dates}
    return Derived(
        series=tidied.series,
        fiscal_year=tidied.fiscal_year,
        as_of=tidied.as_of,
        published_on=tidied.published_on,
        published_why=tidied.published_why,
        observations=buffer.getvalue(),
        rows=frame.height,
        statuses={str(k): int(n) for k, n in sorted(frame["status"].value_counts().rows())},
        receipt=(json.dumps(account, ensure_ascii=False, sort_keys=True) + "\n").encode(),
        tables_refused=tuple(_refused_tables(tidied.receipt)),
        dates=tuple(tidied.dates),
    )


def _refused_tables(receipt: dict[str, Any]) -> list[str]:
    """Return ``sheet: table`` of every table that did not land."""
    return [
        f"{str(sheet['sheet']).strip()}: {table['table']}"
        for sheet in receipt["sheets"]
        for table in sheet["tables"]
        if table["status"] == "refused"
    ]
