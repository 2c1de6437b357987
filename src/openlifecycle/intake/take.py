"""``take``: from what a person names to releases in the store, each whole or not at all.

Why this is a room of its own: docs/decisions/0002-intake-room.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from openlifecycle.errors import RefusedInput
from openlifecycle.intake import fetch, offers
from openlifecycle.intake.offers import Item, Offer, Skipped, Turned
from openlifecycle.intake.passport import passport
from openlifecycle.intake.prepare import Reader, read_release
from openlifecycle.intake.workers import Result, Workers
from openlifecycle.settings import cache_path
from openlifecycle.vault import catalogue
from openlifecycle.vault.landing import ALREADY, TAKEN, known_release, land, land_again, now
from openlifecycle.vault.places import Places
from openlifecycle.vault.rows import Origin
from openlifecycle.vault.store import Store

NOT_CHANGED: Final = "not_changed"
REFUSED: Final = "refused"
SKIPPED: Final = "skipped"


@dataclass(frozen=True)
class Outcome:
    """What became of one thing at the door.

    Attributes:
        label: the path, address, or ``archive!member``.
        outcome: taken, already_taken, not_changed, refused or skipped.
        follows: the release whose name or date it has, "" where none.
        tables_refused: tables that did not land, by name; the release landed without them.
        observations: rows that landed.
        error: the refusal, in the parts of ``--json``.
        message: the refusal or the reason, as printed.
    """

    label: str
    outcome: str
    release_id: str = ""
    follows: str = ""
    follows_why: str = ""
    new_name: bool = False
    tables_refused: tuple[str, ...] = ()
    observations: int = 0
    error: dict[str, str | int] | None = field(default=None)
    message: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the parts for ``--json``."""
        shown = {key: value for key, value in vars(self).items() if key != "message"}
        shown["tables_refused"] = list(self.tables_refused)
        shown["why"] = self.message if self.outcome == SKIPPED else ""
        return shown


class Progress(Protocol):
    """Who is told how far a take is; see cli/progress.py."""

    def files(self, total: int) -> None:
        """So many files are to be looked at."""

    def download(self, name: str, done: int, total: int | None) -> None:
        """So many bytes of a download are here."""


class Silent:
    """Nobody is told."""

    def files(self, total: int) -> None:
        """Say nothing."""

    def download(self, name: str, done: int, total: int | None) -> None:
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
) -> list[Outcome]:
    """Take files, folders, zips of workbooks and addresses into a store.

    Each release lands whole or is refused on its own; a refusal does not stop the others.

    Args:
        store: folder of the store; it is made when the first release lands.
        sources: paths and http(s) addresses.
        progress: told how far it is.
        tell: told each outcome as it comes.
        read: the reader; another one in tests.
        jobs: processes that read.
        cache: folder of partial downloads, else the user's.

    Returns:
        One outcome for each workbook, skipped file and refused source, in order.

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

    with Workers(jobs, read) as workers:
        batch: list[Path] = []
        for source in sources:
            if not fetch.is_url(source):
                batch.append(Path(source))
                continue
            note(_take_paths(door, batch, workers))
            batch = []
            note(_take_url(door, source, workers, progress, cache or cache_path()))
        note(_take_paths(door, batch, workers))
    return outcomes


class _Door:
    """The store as the door sees it: maybe not made yet."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._store: Store | None = None
        if not places.is_unmade():
            self._store = Store.open(places.root, create=True)

    def store(self) -> Store:
        """Return the store, made if need be."""
        if self._store is None:
            self._store = Store.open(self._places.root, create=True)
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
        with catalogue.connect(self._places) as connection:
            last = catalogue.last_fetch(connection, fetch.public_url(url))
        return (fetch.Known(last[0], last[1]), last[2]) if last else (None, "")

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


def _take_paths(door: _Door, paths: Iterable[Path], workers: Workers) -> Iterator[Outcome]:
    return _take_items(door, (item for path in paths for item in offers.unfold(path)), workers)


def _take_items(door: _Door, items: Iterable[Item], workers: Workers) -> Iterator[Outcome]:
    """Yield the outcome of each item, in order; reading runs ahead, landing does not."""

    def to_read(pair: tuple[Item, str | None]) -> Offer | None:
        item, known = pair
        return item if isinstance(item, Offer) and known is None else None

    with_known = (
        (item, door.known(item.data) if isinstance(item, Offer) else None) for item in items
    )
    for (item, known), result in workers.in_order(with_known, to_read):
        if isinstance(item, Skipped):
            yield Outcome(item.label, SKIPPED, message=item.why)
        elif isinstance(item, Turned):
            yield _refusal(item.label, item.error)
        else:
            yield _settle(door, item, known, result)


def _settle(door: _Door, offer: Offer, known: str | None, result: Result | None) -> Outcome:
    if known is not None:
        again = land_again(door.store(), known, offer.origin)
        return Outcome(offer.label, ALREADY, again.release_id, new_name=again.new_name)
    if result is None:
        raise AssertionError("an offer that is not known is always read")
    if isinstance(result, RefusedInput):
        return _refusal(offer.label, result)
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


def _refusal(label: str, error: RefusedInput) -> Outcome:
    if not error.where:
        error.where = label
    elif label not in error.where:
        error.where = f"{label}: {error.where}"
    return Outcome(label, REFUSED, error=error.as_dict(), message=str(error))


def _take_url(
    door: _Door, url: str, workers: Workers, progress: Progress, cache: Path
) -> Iterator[Outcome]:
    label = fetch.public_url(url)
    known, sha256 = door.last_fetch(url)

    def told(done: int, total: int | None) -> None:
        progress.download(label, done, total)

    try:
        with fetch.fetched(url, cache, known=known, progress=told) as got:
            if got.path is None:
                release = known_release(door.store(), sha256) or ""
                yield Outcome(label, NOT_CHANGED, release)
                return
            with got.path.open("rb") as handle:
                body = hashlib.file_digest(handle, "sha256").hexdigest()
            found = list(
                _take_items(door, offers.unfold_file(got.path, label, got.origin), workers)
            )
    except RefusedInput as error:
        yield _refusal(label, error)
        return
    if all(outcome.outcome in (TAKEN, ALREADY, SKIPPED) for outcome in found):
        door.remember_fetch(got.origin, body)
    yield from found
