"""The figures of the Now page: each with its question, and what it is compared to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from openlifecycle.api import Answer, Session
from openlifecycle.measures.question import Question
from openlifecycle.publishing.question_lines import query
from openlifecycle.site.render import day, figure, link

POPULATION: Final = "detained_population"
TOTAL: Final = "Total"
_YEAR: Final = timedelta(days=365)
#: A period that ends further than this from the day a year ago is not "a year before".
_NEAR: Final = timedelta(days=45)
#: Of counts since the fiscal year began the two must be about as long as each other.
_AS_LONG: Final = timedelta(days=7)


#: What a figure is asked with: label, measure, where, period.
Asked = tuple[str, str, dict[str, str], str]


@dataclass(frozen=True)
class Point:
    """One value, and where it stands in which release."""

    value: float
    unit: str
    start: date
    end: date
    note: str
    place: str
    published_on: date | None

    @property
    def span(self) -> str:
        """Return the time that it speaks of, in words that cannot be misread."""
        return span(self.start, self.end)

    @property
    def source(self) -> str:
        """Return its cell, and the release by its day."""
        if self.published_on is None:
            return self.place
        return f"{self.place}, release of {day(self.published_on)}"


@dataclass(frozen=True)
class Figure:
    """A value, what it is compared to, and the question behind each as an address of Explore."""

    label: str
    now: Point | None
    then: Point | None
    href: str
    then_href: str = ""
    broken: str = ""

    @property
    def change(self) -> str:
        """Return the difference in words: +4,509 (+7.4 %)."""
        return difference(self.then, self.now)


def difference(then: Point | None, now: Point | None) -> str:
    """Return a difference in words; nothing where one of the two was not printed."""
    if then is None or now is None:
        return ""
    moved = now.value - then.value
    if moved == 0:
        return "no change"
    sign = "+" if moved > 0 else "\N{MINUS SIGN}"
    part = f" ({sign}{abs(moved) / then.value:.1%})".replace("%", " %") if then.value else ""
    return f"{sign}{figure(abs(moved), now.unit)}{part}"


def span(start: date, end: date) -> str:
    """Return a time in words: 1 to 29 November 2025."""
    if start == end:
        return day(end)
    first = day(start)
    if start.year == end.year:
        first = str(start.day) if start.month == end.month else f"{start.day} {start:%B}"
    return f"{first} to {day(end)}"


def explore(question: Question) -> str:
    """Return the address of Explore that asks a question."""
    return f"{link('explore')}?{query(question)}"


def points(answer: Answer, by: str = "") -> dict[str, list[Point]]:
    """Return the values of an answer through time, by the values of one dimension."""
    found: dict[str, list[Point]] = {}
    for row in answer.rows.iter_rows(named=True):
        if row["value"] is not None:
            found.setdefault(str(row[by]) if by else "", []).append(point(row))
    return found


def point(row: Mapping[str, Any]) -> Point:
    """Return the value of a row of an answer."""
    place = f"{str(row['sheet']).strip()}!{row['cell']}"
    return Point(
        row["value"], row["unit"], row["period_start"], row["period_end"], row["note"] or "",
        place, row["published_on"],
    )  # fmt: skip


def year_before(series: list[Point], now: Point) -> Point | None:
    """Return the value of about a year before, or None where none is near and as long."""
    wanted = now.end - _YEAR
    length = now.end - now.start
    near = [
        one
        for one in series
        if abs(one.end - wanted) <= _NEAR and abs((one.end - one.start) - length) <= _AS_LONG
    ]
    return min(near, key=lambda one: abs(one.end - wanted), default=None)


def held(session: Session) -> tuple[Figure, Figure] | None:
    """Return the people held on the latest day, against the release before and a year before."""
    question = Question.of(POPULATION)
    series = points(session.answer(question)).get("")
    if not series:
        return None
    now = series[-1]
    address = explore(Question.of(POPULATION, on=now.end))

    def against(then: Point | None) -> Figure:
        asked = Question.of(POPULATION, start=then.end, end=now.end) if then else None
        return Figure("", now, then, address, explore(asked) if asked else "")

    return (
        against(series[-2] if len(series) > 1 else None),
        against(year_before(series[:-1], now)),
    )


def figures(session: Session, asked: tuple[Asked, ...]) -> list[Figure]:
    """Return a figure for each (label, measure, where, period), against a year before."""
    return [_figure(session, *one) for one in asked]


def _figure(
    session: Session, label: str, measure: str, where: dict[str, str], period: str
) -> Figure:
    answer = session.answer(Question.of(measure, where=where, period=period))
    series = points(answer).get("")
    if not series:
        return Figure(label, None, None, explore(Question.of(measure, where=where)))
    now = series[-1]
    then = year_before(series[:-1], now)
    question = Question.of(measure, where=where, period=period, on=now.end)
    back = Question.of(measure, where=where, period=period, on=then.end) if then else None
    broken = [one.what for one in answer.breaks if then and one.breaks and then.end < one.effective]
    return Figure(
        label, now, then, explore(question), explore(back) if back else "", "; ".join(broken)
    )
