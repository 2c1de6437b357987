"""The verb: the files of one record release become one canonical event file with a receipt."""

from __future__ import annotations

import tempfile
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from openlifecycle.errors import RefusedInput, UnknownSeries
from openlifecycle.reading.records import account as accounts_of
from openlifecycle.reading.records import extent
from openlifecycle.reading.records.batches import Job, RecordSheet
from openlifecycle.reading.records.clean import (
    DROPPED_PRINT,
    EVENT_FIELDS,
    KEPT_PRINT,
    clean,
)
from openlifecycle.reading.records.counts import BatchCounts
from openlifecycle.reading.records.files import RecordFile, open_file
from openlifecycle.reading.records.frame import Member, RecordFrame
from openlifecycle.reading.records.headings import Match
from openlifecycle.reading.records.pace import Pace, pace_for
from openlifecycle.reading.records.recognise import matched
from openlifecycle.reading.records.variants import dropped_variants
from openlifecycle.reading.records.write import Part, write_events

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Member", "RecordFrame", "read_records"]


def read_records(
    members: Sequence[Member],
    *,
    release_id: str,
    out: Path,
    work: Path,
    pace: Pace | None = None,
) -> RecordFrame:
    """Read the files of one release into one Parquet file of canonical events.

    Args:
        members: the files; they must be of one series, layout and form.
        release_id: written into every row.
        out: the Parquet file to write.
        work: an existing folder for files in between; emptied of them before returning.
        pace: how much is worked on at a time; chosen by the size of the files if not given.

    Raises:
        UnknownSeries: a file is no record table that is known.
        RefusedInput: the files are not of one table, or a file is damaged.
        PersonalData: a column that identifies people is not wholly redacted.
    """
    ordered = sorted(members, key=lambda member: (member.name, member.path.name))
    tables = [(member, file, match) for member in ordered for file, match in [_opened(member)]]
    _refuse_unlike(tables)
    match = tables[0][2][0]
    pace = pace or pace_for(sum(s.unpacked for _, file, _ in tables for s in file.sheets))
    with tempfile.TemporaryDirectory(dir=work) as place:
        try:
            accounts, parts, prints = _cleaned(tables, Path(place), pace)
            days: Counter[object] = Counter()
            for sheet in accounts:
                days.update(sheet.counts.days)
            end, why = extent.through(days, EVENT_FIELDS[match.spec.event.name])  # type: ignore[arg-type]
            variants = dropped_variants(prints)
            flags = write_events(
                parts, variants, match.spec.event, out, release_id=release_id, end=end
            )
        except BaseException:
            out.unlink(missing_ok=True)
            raise
    happened = Counter(day for a in accounts for day in a.counts.happened)
    return RecordFrame(
        series=match.spec.series,
        table=match.spec.event.name,
        layout=match.layout.name,
        form=match.form,
        rows=sum(part.rows for part in parts),
        first=extent.first_day(happened),
        through=end,
        through_why=why,
        receipt=accounts_of.receipt(
            accounts,
            {member.name: file.others for member, file, _ in tables},
            {member.name: file.kind for member, file, _ in tables},
            flags,
            variants.height,
        ),
        findings=list(accounts_of.findings(accounts, flags)),
    )


def _opened(member: Member) -> tuple[RecordFile, list[Match]]:
    file = open_file(member.path)
    found = matched(file, member.name) if file else None
    if file is None or found is None:
        raise UnknownSeries(
            "the file is no record table that is known",
            where=member.name,
            next_step="record tables: arrests, detainers, detentions, encounters, removals of ICE",
        )
    return file, found


def _refuse_unlike(tables: Sequence[tuple[Member, RecordFile, list[Match]]]) -> None:
    """Raise where the members are not of one table."""
    if not tables:
        raise RefusedInput("a release has at least one file")
    kinds = {
        (found[0].spec.series, found[0].layout.name, found[0].form): member.name
        for member, _, found in tables
    }
    if len(kinds) > 1:
        raise RefusedInput(
            "the files are not of one record table",
            where="; ".join(f"{name}: {' '.join(kind)}" for kind, name in kinds.items()),
            next_step="take each table by itself",
        )


def _cleaned(
    tables: Sequence[tuple[Member, RecordFile, list[Match]]], place: Path, pace: Pace
) -> tuple[list[accounts_of.SheetAccount], list[Part], list[pl.DataFrame]]:
    """Read and clean every table; the batches land on disk, their prints are kept."""
    accounts: list[accounts_of.SheetAccount] = []
    parts: list[Part] = []
    prints: list[pl.DataFrame] = []
    for number, (member, sheet, match) in enumerate(
        (member, sheet, match)
        for member, file, found in tables
        for sheet, match in zip(file.sheets, found, strict=True)
    ):
        account = accounts_of.SheetAccount(member.name, sheet, match)
        accounts.append(account)
        where = f"{member.name}, sheet {sheet.name!r}" if sheet.name else member.name
        stem = str(place / f"{number:04}")
        for counts, printed, path in _in_turn(sheet, match, where, stem, pace):
            account.counts.add(counts)
            prints.append(printed)
            parts.append(Part(path, member.name, sheet.name, printed.height))
    return accounts, parts, prints


def _in_turn(
    sheet: RecordSheet, match: Match, where: str, stem: str, pace: Pace
) -> Iterator[tuple[BatchCounts, pl.DataFrame, Path]]:
    """Yield what became of each batch, in the order of the rows, some worked on at a time."""
    kinds = {field.name: field.kind for field in match.spec.event.columns}
    dates = [c.position for c in match.columns if kinds.get(c.field) in {"moment", "day"}]
    waiting: deque[Future[tuple[BatchCounts, pl.DataFrame, Path]]] = deque()
    with ThreadPoolExecutor(pace.workers) as pool:
        try:
            for number, job in enumerate(sheet.jobs(pace.piece, dates)):
                path = Path(f"{stem}-{number:06}.arrow")
                waiting.append(pool.submit(partial(_run, job, match, where, path)))
                if len(waiting) > pace.workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _run(job: Job, match: Match, where: str, path: Path) -> tuple[BatchCounts, pl.DataFrame, Path]:
    """Read and clean one batch; its rows go to disk, its counts and prints come back."""
    cleaned = clean(job(), match, where)
    cleaned.frame.drop(KEPT_PRINT, DROPPED_PRINT).write_ipc(path, compression="lz4")
    return cleaned.counts, cleaned.frame.select(KEPT_PRINT, DROPPED_PRINT), path
