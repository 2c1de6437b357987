"""``take``: from what a person names to releases in the store, each whole or not at all.

Why this is a room of its own: docs/decisions/0002-intake-room.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from openlifecycle.errors import RefusedInput
from openlifecycle.intake import fetch, offers
from openlifecycle.intake.offers import Item, Offer, Skipped, Turned
from openlifecycle.intake.outcome import ALREADY, NOT_CHANGED, SKIPPED, TAKEN, Outcome, refusal
from openlifecycle.intake.passport import passport
from openlifecycle.intake.prepare import Reader, read_release
from openlifecycle.intake.record_files import Bench, ReadingRoom, RecordFile, RecordReader
from openlifecycle.intake.records import take_records
from openlifecycle.intake.tell_apart import Look, is_asked_first, told_apart
from openlifecycle.intake.workers import Result, Workers
from openlifecycle.reading.records.frame import Recognised
from openlifecycle.settings import RECORD_LIMITS, cache_path
from openlifecycle.vault import catalogue, record_catalogue
from openlifecycle.vault.landing import known_release, land, land_again, now
from openlifecycle.vault.places import Places
from openlifecycle.vault.record_rows import RecordRelease
from openlifecycle.vault.rows import Origin
from openlifecycle.vault.store import Store


class Progress(Protocol):
    """Who is told how far a take is; see cli/progress.py."""

    def files(self, total: int) -> None:
        """So many files are to be looked at."""

    def download(self, name: str, done: int, total: int | None) -> None:
        """So many bytes of a download are here."""

    def doing(self, what: str) -> None:
        """Long work without parts to count has begun."""


class Silent:
    """Nobody is told."""

    def files(self, total: int) -> None:
        """Say nothing."""

    def download(self, name: str, done: int, total: int | None) -> None:
        """Say nothing."""

    def doing(self, what: str) -> None:
        """Say nothing."""


def take(
    store: Path,
    sources: Sequence[str],
    *,
    progress: Progress | None = None,
    tell: Callable[[Outcome], None] = lambda _outcome: None,
    read: Reader = read_release,
    jobs: int = 1,
    cache: Path | None = None,
    records: RecordReader | None = None,
    step: Callable[[str], None] = lambda _name: None,
) -> list[Outcome]:
    """Take files, folders, zips and addresses into a store.

    Each release lands whole or is refused on its own; a refusal does not stop the others. Record
    files are gathered until all sources have been looked at, because files of one series are one
    release, and what comes in one command is one collection.

    Args:
        store: folder of the store; it is made when the first release lands.
        sources: paths and http(s) addresses.
        progress: told how far it is.
        tell: told each outcome as it comes.
        read: the reader; another one in tests.
        jobs: processes that read.
        cache: folder of partial downloads, else the user's.
        records: the reader of record tables; another one in tests.
        step: told the name of each step of taking records; tests die in it.

    Returns:
        One outcome for each workbook, skipped file and refused source, in order, then one for
        each record release.

    Raises:
        StoreTooNew, StoreProblem: the store cannot be used; nothing was taken.
        StoreNotWritable, StoreBusy: it could not be written to; what was told before stays taken.
    """
    # Looked at first: a store that cannot be used refuses before anything is read.
    door = _Door(Places(store.expanduser().absolute()))
    progress = progress or Silent()
    local = [source for source in sources if not fetch.is_url(source)]
    progress.files(sum(offers.count_files(Path(p)) for p in local) + len(sources) - len(local))
    outcomes: list[Outcome] = []

    def note(found: Iterable[Outcome]) -> None:
        for outcome in found:
            outcomes.append(outcome)
            tell(outcome)

    with Bench(door.places) as bench, Workers(jobs, read) as workers:
        work = _Work(door, workers, bench, records, progress)
        batch: list[Path] = []
        for source in sources:
            if not fetch.is_url(source):
                batch.append(Path(source))
                continue
            note(work.paths(batch))
            batch = []
            note(work.url(source, cache or cache_path()))
        note(work.paths(batch))
        note(work.landed_records(step))
    return outcomes


class _Door:
    """The store as the door sees it: maybe not made yet."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._store: Store | None = None
        if not places.is_unmade():
            self._store = Store.open(places.root, create=True)

    def store(self) -> Store:
        """Return the store, made if need be."""
        if self._store is None:
            self._store = Store.open(self.places.root, create=True)
        return self._store

    def known(self, data: bytes) -> str | None:
        """Return the release that has these bytes already."""
        if self._store is None:
            return None
        return known_release(self._store, hashlib.sha256(data).hexdigest())

    def last_fetch(self, url: str) -> tuple[fetch.Known | None, str]:
        """Return what is remembered of an address, and the sha256 of what it gave."""
        if self._store is None:
            return None, ""
        with catalogue.connect(self.places) as connection:
            last = catalogue.last_fetch(connection, fetch.public_url(url))
        return (fetch.Known(last[0], last[1]), last[2]) if last else (None, "")

    def kept_member(self, sha256: str) -> tuple[RecordRelease, Path] | None:
        """Return the record release that a file of these bytes belongs to, and where it lies."""
        if self._store is None:
            return None
        with catalogue.connect(self.places) as connection:
            found = record_catalogue.member_file(connection, self.places, sha256)
        return (self._store.record_release(found[0]), found[1]) if found else None

    def remember_fetch(self, origin: Origin, sha256: str) -> None:
        """Remember the tag of an address whose releases are all in the store."""
        store = self.store()
        with catalogue.connect(store.places) as connection:
            if catalogue.last_fetch(connection, origin.url) == (
                origin.etag,
                origin.last_modified,
                sha256,
            ):
                return
        with (
            store.writing(),
            catalogue.connect(store.places) as connection,
            catalogue.transaction(connection),
        ):
            catalogue.record_fetch(connection, origin, sha256, now())


class _Work:
    """One ``take`` under way."""

    def __init__(
        self,
        door: _Door,
        workers: Workers,
        bench: Bench,
        records: RecordReader | None,
        progress: Progress,
    ) -> None:
        self._door, self._workers, self._bench, self._progress = door, workers, bench, progress
        self._reader: RecordReader = records or ReadingRoom()
        self._records: list[RecordFile] = []
        #: addresses with record files: remembered once those have landed
        self._fetched: list[tuple[Origin, str, set[str]]] = []

    def paths(self, paths: Iterable[Path]) -> Iterator[Outcome]:
        """Yield the outcomes of local files; record files are kept for the end."""
        yield from self._items(item for p in paths for item in offers.unfold(p, self._bench))

    def _items(self, items: Iterable[Item], *, fleeting: bool = False) -> Iterator[Outcome]:
        """Yield the outcome of each item, in order; reading runs ahead, landing does not."""

        def to_read(pair: tuple[Look, str | None]) -> Offer | None:
            item, known = pair
            return item if isinstance(item, Offer) and known is None else None

        looked = (self._look(item) for item in items)
        for (item, known), result in self._workers.in_order(looked, to_read):
            if isinstance(item, Offer) and isinstance(result, RefusedInput):
                other = told_apart(item, self._reader, self._bench)
                item = Turned(item.label, result) if other is item else other
            if isinstance(item, Skipped):
                yield Outcome(item.label, SKIPPED, message=item.why)
            elif isinstance(item, Turned):
                yield refusal(item.label, item.error)
            elif isinstance(item, RecordFile):
                self._records.append(self._kept(item) if fleeting else item)
            else:
                yield _settle(self._door, item, known, result)

    def _look(self, item: Item) -> tuple[Look, str | None]:
        """Return an item, told apart into workbook and record file, and the release it is."""
        if isinstance(item, Skipped | Turned):
            return item, None
        known = self._door.known(item.data) if isinstance(item, Offer) else None
        if isinstance(item, Offer) and (known is not None or not is_asked_first(item)):
            return item, known
        return told_apart(item, self._reader, self._bench), None

    def _kept(self, file: RecordFile) -> RecordFile:
        """Return a record file that stays where it is until all sources were looked at."""
        if file.is_ours:
            return file
        with file.path.open("rb") as handle:
            place, _, _ = self._bench.keep(handle, file.origin.name, most=RECORD_LIMITS.file_bytes)
        return replace(file, path=place, is_ours=True)

    def url(self, url: str, cache: Path) -> Iterator[Outcome]:
        """Yield the outcomes of what an address gives."""
        label = fetch.public_url(url)
        known, sha256 = self._door.last_fetch(url)

        def told(done: int, total: int | None) -> None:
            self._progress.download(label, done, total)

        before = len(self._records)
        try:
            with fetch.fetched(url, cache, known=known, progress=told) as got:
                if got.path is None:
                    yield from self._unchanged(label, got.origin, sha256)
                    return
                with got.path.open("rb") as handle:
                    body = hashlib.file_digest(handle, "sha256").hexdigest()
                items = offers.unfold_file(got.path, label, got.origin, self._bench)
                found = list(self._items(items, fleeting=True))
        except RefusedInput as error:
            del self._records[before:]
            yield refusal(label, error)
            return
        if all(outcome.outcome in (TAKEN, ALREADY, SKIPPED) for outcome in found):
            labels = {file.label for file in self._records[before:]}
            if labels:
                self._fetched.append((got.origin, body, labels))
            else:
                self._door.remember_fetch(got.origin, body)
        yield from found

    def _unchanged(self, label: str, origin: Origin, sha256: str) -> Iterator[Outcome]:
        """Yield the outcome of an address that gives what it gave before."""
        kept = self._door.kept_member(sha256)
        if kept is None:
            release = known_release(self._door.store(), sha256) or ""
            yield Outcome(label, NOT_CHANGED, release)
            return
        row, path = kept
        # It still counts: the other files of this command form one release or collection with it.
        recognised = Recognised(row.series, row.table, row.layout, row.form, ())
        self._records.append(RecordFile(label, origin, path, recognised, is_unchanged=True))

    def landed_records(self, step: Callable[[str], None]) -> Iterator[Outcome]:
        """Yield the outcomes of the record releases that came, and remember their addresses."""
        well: set[str] = set()
        for outcome in take_records(
            self._door.store,
            self._records,
            self._bench,
            self._reader,
            tell=self._progress.doing,
            step=step,
        ):
            if outcome.outcome in (TAKEN, ALREADY, NOT_CHANGED):
                well.update(outcome.members)
            yield outcome
        for origin, body, labels in self._fetched:
            if labels <= well:
                self._door.remember_fetch(origin, body)


def _settle(door: _Door, offer: Offer, known: str | None, result: Result | None) -> Outcome:
    if known is not None:
        again = land_again(door.store(), known, offer.origin)
        return Outcome(offer.label, ALREADY, again.release_id, new_name=again.new_name)
    if result is None:
        raise AssertionError("an offer that is not known is always read")
    if isinstance(result, RefusedInput):
        return refusal(offer.label, result)
    terms = passport(result.series)
    landed = land(
        door.store(),
        offer.data,
        result,
        offer.origin,
        licence=terms.licence,
        agreement=terms.agreement,
    )
    if landed.outcome == ALREADY:
        return Outcome(offer.label, ALREADY, landed.release_id, new_name=landed.new_name)
    return Outcome(
        offer.label,
        TAKEN,
        landed.release_id,
        follows=landed.follows,
        follows_why=landed.follows_why,
        tables_refused=result.tables_refused,
        observations=result.rows,
    )
