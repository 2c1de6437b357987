"""What the lists print of each facility in numbers: asked once for all, kept for every page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from openlifecycle.api import Answer, Session
from openlifecycle.engine.answer import NOT_MADE
from openlifecycle.publishing.numbers import shown
from openlifecycle.site.facility_lists import Key, Lists, lists

T = TypeVar("T")

ADP: Final = "facility_adp"
ALOS: Final = "facility_alos"
MINIMUM: Final = "guaranteed_minimum"
INSPECTIONS: Final = "facility_inspections"
#: Numbers that stand in the list and, by release, on the page of a facility.
LISTED: Final = {ADP: "release", ALOS: "release", MINIMUM: "snapshot"}

EDITIONS: Final = ("published", "corrected")


@dataclass(frozen=True)
class Figure:
    """One number of a list, with what must be said of it."""

    value: float | None
    unit: str
    note: str
    correction: str
    sheet: str
    cell: str

    @property
    def text(self) -> str:
        """Return it as people read it; what the gate does not make is said to be not shown."""
        if self.value is None:
            return "not shown" if NOT_MADE in self.note else ""
        return shown(self.value, self.unit)


#: Figures by release and facility. Two rows of one list may have one name: then there are two.
Known = Mapping[tuple[str, Key], tuple[Figure, ...]]
#: Rows of an answer by release and facility.
Rows = Mapping[tuple[str, Key], list[dict[str, Any]]]

#: So much is kept beside the numbers of the list; the oldest goes first.
_MOST: Final = 64


@dataclass(frozen=True)
class Figures:
    """The numbers of all lists in one edition.

    Attributes:
        edition: which.
        answers: what was asked, by measure.
        known: what was answered, by measure.
        answering: by release, the one whose numbers stand for its day: of several releases that
            speak of one day, the engine takes the last.
    """

    edition: str
    answers: Mapping[str, Answer]
    known: Mapping[str, Known]
    answering: Mapping[str, str]
    _made: dict[Hashable, Any] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def of(self, measure: str, release_id: str, key: Key) -> tuple[Figure, ...]:
        """Return what a list prints of a facility."""
        said = self.answering.get(release_id, release_id)
        return self.known[measure].get((said, key), ())

    def once(self, what: Hashable, make: Callable[[], T]) -> T:
        """Return what is made of the lists, made once for all pages."""
        with self._lock:
            if what not in self._made:
                while len(self._made) >= _MOST:
                    self._made.pop(next(iter(self._made)))
                self._made[what] = make()
            found: T = self._made[what]
            return found

    def rows(self, session: Session, measure: str, **words: Any) -> Rows:
        """Return the rows of an answer about all facilities, asked once for all pages."""

        def make() -> Rows:
            found: dict[tuple[str, Key], list[dict[str, Any]]] = {}
            answer = session.ask(measure, edition=self.edition, **words)
            for row in answer.rows.iter_rows(named=True):
                found.setdefault((row["release_id"], key_of(row)), []).append(row)
            return found

        return self.once((measure, *sorted(words.items())), make)


def texts(figures: Iterable[Figure]) -> str:
    """Return the numbers of a facility in one list, with a stroke between those of two rows."""
    return " / ".join(one.text for one in figures if one.text)


#: By session and edition, with the state of the store that they were true in.
_kept: WeakKeyDictionary[Session, dict[str, tuple[str, Figures]]] = WeakKeyDictionary()
_lock: Final = threading.Lock()


def figures(session: Session, edition: str) -> Figures:
    """Return the numbers of a session's lists, asked again only when the store has changed."""
    held, state = lists(session), session.state()
    with _lock:
        mine = _kept.setdefault(session, {})
        if edition not in mine or mine[edition][0] != state:
            mine[edition] = (state, _asked(session, edition, held))
        return mine[edition][1]


def at_hand(session: Session, edition: str) -> bool:
    """Return whether the numbers of the store's present state need not be asked for."""
    kept = _kept.get(session, {}).get(edition)
    return kept is not None and kept[0] == session.state()


def key_of(row: Mapping[str, Any]) -> Key:
    """Return whom a row of an answer is about."""
    label, city, state = (
        str(row.get(name) or "").upper()
        for name in ("facility_label", "facility_city", "facility_state")
    )
    return (label, city, state)


def figure_of(row: Mapping[str, Any]) -> Figure:
    """Return the number of a row of an answer."""
    return Figure(
        row["value"], row["unit"], row["note"] or "", row["correction_id"] or "",
        row["sheet"] or "", row["cell"] or "",
    )  # fmt: skip


def _asked(session: Session, edition: str, held: Lists) -> Figures:
    answers = {
        name: session.ask(name, period=period, edition=edition) for name, period in LISTED.items()
    }
    known = {name: _by_release(answer) for name, answer in answers.items()}
    told = {release_id for release_id, _ in known[ADP]}
    answering: dict[str, str] = {}
    for release_id, one in held.lists.items():
        same = [other for other, two in held.lists.items() if two.as_of == one.as_of]
        last = next((other for other in reversed(same) if other in told), release_id)
        answering[release_id] = release_id if release_id in told else last
    return Figures(edition, answers, known, answering)


def _by_release(answer: Answer) -> Known:
    found: dict[tuple[str, Key], tuple[Figure, ...]] = {}
    for row in answer.rows.iter_rows(named=True):
        place = (row["release_id"], key_of(row))
        found[place] = (*found.get(place, ()), figure_of(row))
    return found
