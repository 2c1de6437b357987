"""When a release was published: from its names where they are plausible, and why.

File names lie (FY21_detentionStats07222020 is July 2021; FY23_detentionStats01192022 is January
2023): a date in a name counts only where it lies shortly after the latest date inside.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence

_DIGITS = re.compile(r"(?<!\d)(\d{8}|\d{6}|\d{4})(?!\d)")
_ISO = re.compile(r"(?<!\d)(20\d\d)-(\d\d)-(\d\d)(?!\d)")
#: Publication follows the latest stated date by at most this much.
_LATEST_AFTER = dt.timedelta(days=150)
_SLACK = dt.timedelta(days=1)


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _readings(digits: str, near: dt.date) -> Iterator[dt.date | None]:
    pairs = [int(digits[i : i + 2]) for i in range(0, len(digits), 2)]
    if len(digits) == 8:
        yield _day(int(digits[4:]), pairs[0], pairs[1])
        yield _day(int(digits[:4]), pairs[2], pairs[3])
    elif len(digits) == 6:
        yield _day(2000 + pairs[2], pairs[0], pairs[1])
        yield _day(2000 + pairs[0], pairs[1], pairs[2])
    else:
        yield _day(near.year, pairs[0], pairs[1])
        yield _day(near.year + 1, pairs[0], pairs[1])


def name_dates(name: str, near: dt.date) -> list[dt.date]:
    """Return every calendar day that a file name may mean, in the order it is most likely meant."""
    out = [day for m in _ISO.finditer(name) if (day := _day(*(int(g) for g in m.groups())))]
    for match in _DIGITS.finditer(_ISO.sub(" ", name)):
        out += [day for day in _readings(match.group(1), near) if day is not None]
    return out


def published_on(
    names: Iterable[str], stated: Sequence[dt.date], modified: dt.datetime | None
) -> tuple[dt.date | None, str, list[tuple[str, dt.date]]]:
    """Return the day a release was published, why that day, and the name dates that lie.

    Args:
        names: names the bytes were seen under.
        stated: the dates that the tables inside speak of.
        modified: when the workbook was last saved, from its own properties.
    """
    latest = max(stated, default=None)
    lies: list[tuple[str, dt.date]] = []
    if latest is not None:
        for name in names:
            days = name_dates(name, latest)
            good = [d for d in days if latest - _SLACK <= d <= latest + _LATEST_AFTER]
            if good:
                return good[0], f"date in the file name {name}", lies
            lies += [(name, day) for day in days[:1]]
    if modified is not None and (latest is None or modified.date() >= latest - _SLACK):
        return modified.date(), "the workbook was last saved on this day", lies
    if latest is not None:
        return latest, "the latest date that the workbook states", lies
    return None, "no date is stated anywhere", lies
