"""Every facility that the store's lists name, told apart as the engine tells them apart.

A facility is one name in one city of one state, in capitals: the rule by which the engine follows
facilities from release to release (measures/declarations/facilities.yml). A name spelled another
way is another facility here; its page names those at the same address and leaves it at that.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final
from weakref import WeakKeyDictionary

from openlifecycle.api import Session
from openlifecycle.engine.source import ReleaseFacts
from openlifecycle.errors import UnknownRelease
from openlifecycle.model.places import states

#: Name, city and state in capitals; what is not printed is empty.
Key = tuple[str, str, str]

#: What is not printed cannot be part of an address.
_UNPRINTED: Final = "unprinted"


@dataclass(frozen=True)
class Listing:
    """A facility in one list: what is printed of it beside its numbers.

    Attributes:
        label: its name, and so on as printed; what is not printed is empty.
        places: sheet and row, more than one where the list has it twice.
    """

    release_id: str
    as_of: date | None
    label: str
    code: str
    address: str
    city: str
    state: str
    zip: str
    aor: str
    kind: str
    gender: str
    places: tuple[tuple[str, int], ...]

    @property
    def key(self) -> Key:
        """Return who it is."""
        return (self.label.upper(), self.city.upper(), self.state.upper())

    @property
    def where(self) -> str:
        """Return city and state."""
        return ", ".join(part for part in (self.city, self.state) if part)

    @property
    def haystack(self) -> str:
        """Return what is searched, in small letters."""
        state = states().get(self.state.upper())
        parts = (self.label, self.city, self.state, state.name if state else "", self.zip,
                 self.aor, self.code, self.kind)  # fmt: skip
        return " ".join(part for part in parts if part).casefold()


@dataclass(frozen=True)
class Facility:
    """One facility with every list that it stands in, by release, in published order."""

    key: Key
    listings: Mapping[str, Listing]

    @property
    def latest(self) -> Listing:
        """Return what the list of the latest day says of it.

        Not the list published last: one workbook of 2022 carries a list of 2020 (E5).
        """
        said = self.listings.values()
        return max(reversed([*said]), key=lambda one: one.as_of or date.min)

    @property
    def path(self) -> dict[str, str]:
        """Return the parts of its address."""
        return path_of(self.key)


@dataclass(frozen=True)
class FacilityList:
    """The list of one release."""

    facts: ReleaseFacts
    as_of: date | None
    listings: Mapping[Key, Listing]


@dataclass
class Lists:
    """All lists of a store in one state of it."""

    releases: tuple[ReleaseFacts, ...]
    lists: dict[str, FacilityList]
    facilities: dict[Key, Facility]
    by_path: dict[tuple[str, ...], Facility] = field(init=False)

    def __post_init__(self) -> None:
        """Find the facilities by address."""
        self.by_path = {tuple(one.path.values()): one for one in self.facilities.values()}

    def list_of(self, release: str = "") -> FacilityList:
        """Return the list of a release by the end or the start of its id; the last one without.

        Raises:
            UnknownRelease: the store has no list of it.
        """
        if not self.lists:
            raise UnknownRelease("the store holds no facility list")
        if not release:
            return next(reversed(self.lists.values()))
        if release in self.lists:
            return self.lists[release]
        raise UnknownRelease(
            f"the store holds no facility list of {release!r}",
            nearest=next(reversed(self.lists)),
            next_step="choose a release in the form of the facilities page",
        )


def path_of(key: Key) -> dict[str, str]:
    """Return the address of a facility: the same whatever else the store holds.

    Two names may differ in a full stop alone, so where an address loses a character it ends with a
    part of the hash of what it stands for.
    """
    label, city, state = key
    said = [_slug(part) for part in (state, city, label)]
    lost = any(
        slug.replace("-", " ") != part.casefold()
        for slug, part in zip(said, (state, city, label), strict=True)
    )
    if lost:
        said[2] += "-" + hashlib.sha256("\n".join(key).encode()).hexdigest()[:4]
    return dict(zip(("state", "city", "name"), (part or _UNPRINTED for part in said), strict=True))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")


#: By session, with the state of the store that they were true in.
_kept: WeakKeyDictionary[Session, tuple[str, Lists]] = WeakKeyDictionary()
_lock: Final = threading.Lock()


def lists(session: Session) -> Lists:
    """Return the lists of a session's store, read again only when the store has changed."""
    state = session.state()
    with _lock:
        kept = _kept.get(session)
        if kept is None or kept[0] != state:
            kept = (state, _read(session))
            _kept[session] = kept
        return kept[1]


def _read(session: Session) -> Lists:
    facts = {one.release_id: one for one in session.releases()}
    by_release: dict[str, dict[Key, Listing]] = {}
    for row in session.facility_lists().rows.iter_rows(named=True):
        if row["release_id"] in facts:
            listing = _listing(row)
            mine = by_release.setdefault(listing.release_id, {})
            before = mine.get(listing.key)
            mine[listing.key] = (
                replace(before, places=before.places + listing.places) if before else listing
            )
    found: dict[str, FacilityList] = {}
    followed: dict[Key, dict[str, Listing]] = {}
    for release_id, one in facts.items():
        listed = by_release.get(release_id)
        if not listed:
            continue
        as_of = next((li.as_of for li in listed.values() if li.as_of), one.as_of)
        found[release_id] = FacilityList(one, as_of, listed)
        for key, listing in listed.items():
            followed.setdefault(key, {})[release_id] = listing
    facilities = {key: Facility(key, said) for key, said in sorted(followed.items())}
    return Lists(tuple(facts.values()), found, facilities)


def _listing(row: dict[str, Any]) -> Listing:
    def text(name: str) -> str:
        return str(row[f"facility_{name}"] or "")

    return Listing(
        row["release_id"], row["as_of"], text("label"), text("code"), text("address"),
        text("city"), text("state"), text("zip"), row["aor"] or "", text("type_detailed"),
        text("gender"), ((row["sheet"], row["sheet_row"]),),
    )  # fmt: skip
