"""How a facility stands in the lists: where it is missing, what changed, who is like it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from openlifecycle.site.facility_lists import Facility, FacilityList, Lists

#: What is followed from list to list, and how it is called.
_FOLLOWED: Final = {
    "label": "Name as printed", "code": "Code (DETLOC)", "address": "Address",
    "city": "City as printed", "zip": "ZIP", "aor": "Field office (AOR)", "kind": "Type",
    "gender": "Holds",
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """Lists that follow each other and all have, or all lack, a facility."""

    listed: bool
    first: FacilityList
    last: FacilityList
    lists: int


def runs(found: Facility, held: Lists) -> list[Run]:
    """Return the stretches of lists that have a facility and that do not, in order."""
    said = []
    every = held.lists.values()
    for listed, of in groupby(every, lambda one: one.facts.release_id in found.listings):
        mine = list(of)
        said.append(Run(listed, mine[0], mine[-1], len(mine)))
    return said


def changed(found: Facility, held: Lists) -> list[dict[str, Any]]:
    """Return each value that was printed of what follows a facility, where there is more than one.

    A value may stop and come back: then it has several stretches.
    """
    rows = []
    for name, title in _FOLLOWED.items():
        if len({getattr(one, name) for one in found.listings.values()}) < 2:
            continue
        for value, of in groupby(found.listings.values(), attrgetter(name)):
            mine = [held.lists[one.release_id] for one in of]
            rows.append(
                {
                    "what": title,
                    "value": value or "nothing printed",
                    "first": mine[0],
                    "last": mine[-1],
                    "lists": len(mine),
                }
            )
    return rows


def neighbours(found: Facility, held: Lists) -> list[dict[str, Any]]:
    """Return other facilities of the same printed address, or of the same name elsewhere.

    Whether they are one place is for the reader to say: the publisher prints no code beside a name.
    """
    mine = _addresses(found)
    said = []
    for other in held.facilities.values():
        if other.key == found.key:
            continue
        why = []
        if mine & _addresses(other):
            why.append("same address")
        if other.key[0] == found.key[0]:
            why.append("same name")
        if why:
            lists = [held.lists[release_id] for release_id in other.listings]
            said.append(
                {"facility": other, "why": " and ".join(why), "first": lists[0], "last": lists[-1],
                 "lists": len(lists)}
            )  # fmt: skip
    return said


def _addresses(found: Facility) -> set[tuple[str, str]]:
    return {
        (re.sub(r"[^A-Z0-9]+", " ", one.address.upper()).strip(), one.zip)
        for one in found.listings.values()
        if any(c.isdigit() for c in one.address)
    }
