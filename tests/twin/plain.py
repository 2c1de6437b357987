"""The lifecycle once more, slowly: lists, dictionaries and loops, read from the words of the rules.

Nothing of the engine is imported here besides the settings of a rule set. A row is a dictionary;
a missing value is None. What is obvious is preferred to what is fast.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from datetime import date, datetime, time
from typing import Any

from openlifecycle.lifecycle.rules import RuleSet

Row = dict[str, Any]

BONDS = (
    "initial_bond_set_amount",
    "initial_bond_set_on",
    "bond_posted_amount",
    "bond_posted_on",
)
WHERE_FROM = ("release_id", "row_id", "member", "sheet", "row", "date_flags")


def _missing_first(value: Any) -> tuple[int, Any]:
    return (0, 0) if value is None else (1, value)


def _missing_last(value: Any) -> tuple[int, Any]:
    return (1, 0) if value is None else (0, value)


def _grouped(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> list[list[Row]]:
    groups: dict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return list(groups.values())


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def r_text(moment: datetime) -> str:
    """Return the text of a time as R pastes it: no time of day at exactly midnight."""
    return moment.strftime("%Y-%m-%d" if moment.time() == time() else "%Y-%m-%d %H:%M:%S")


def believable(rows: list[Row], rules: RuleSet) -> list[Row]:
    """Return the rows as a rule set takes their dates: flagged ones as printed, or as missing."""
    if rules.others.impossible_dates == "kept":
        return rows
    flagged = [
        {flag.split(":")[0] for flag in (row["date_flags"] or "").split(",")} for row in rows
    ]
    return [
        {name: None if name in odd else value for name, value in row.items()}
        for row, odd in zip(rows, flagged, strict=True)
    ]


def in_order(rows: list[Row], fields: Iterable[str]) -> list[Row]:
    """Return the rows in the order of the fields, missing first, then as released."""
    names = [name for name in fields if rows and name in rows[0]]
    return sorted(
        rows, key=lambda row: [*(_missing_first(row[name]) for name in names), row["row_id"]]
    )


def stints(rows: list[Row], rules: RuleSet) -> dict[int, Row]:
    """Return for each stint: is it a copy, an earlier one of its day, a dearer one, left out."""
    own = rules.stints
    told: dict[int, Row] = {}
    for row in rows:
        nobody = row["person_key"] is None
        told[row["row_id"]] = {
            "outside": nobody and own.missing_person == "left_out",
            "undecided": nobody and own.undecided_person == "null",
            "copy": False,
            "earlier": False,
            "dearer": False,
        }
    ordered = in_order(rows, own.order)
    judged = [
        row
        for row in ordered
        if not told[row["row_id"]]["undecided"] and not told[row["row_id"]]["outside"]
    ]
    _copies(judged, own.exact, told)
    _same_day([row for row in judged if not told[row["row_id"]]["copy"]], own.same_day, told)
    if own.same_stint == "lowest_bond":
        _dearer(judged, told)
    for mark in told.values():
        mark["left_out"] = any(mark[why] for why in ("outside", "copy", "earlier", "dearer"))
    return told


def _copies(ordered: list[Row], exact: str, told: dict[int, Row]) -> None:
    if exact == "none":
        return
    left = set(WHERE_FROM) | (set(BONDS) if exact == "provenance_bond" else set())
    seen: list[Any] = []
    if exact == "pasted":
        ordered = sorted(ordered, key=lambda row: row["row_id"])
    for row in ordered:
        said: Any = {name: value for name, value in row.items() if name not in left}
        if exact == "pasted":
            said = "".join(_pasted(value) for value in said.values())
        told[row["row_id"]]["copy"] = said in seen
        seen.append(said)


def _pasted(value: Any) -> str:
    if value is None:
        return "NA"
    if isinstance(value, datetime):
        return r_text(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _same_day(ordered: list[Row], rule: str, told: dict[int, Row]) -> None:
    if rule == "none":
        return
    groups = _grouped(
        ordered,
        lambda row: (
            row["person_key"],
            row["facility_code"],
            _day(row["book_in_at"]),
            row["stay_book_in_at"],
        ),
    )
    for group in groups:
        for one, following in zip(group, group[1:], strict=False):
            told[one["row_id"]]["earlier"] = rule == "last" or _overlap(one, following)


def _overlap(one: Row, following: Row) -> bool:
    """Return whether one person cannot have been at one place twice: the first had not left."""
    if one["book_in_at"] is None or following["book_in_at"] is None:
        return True
    if one["book_out_at"] is None or one["book_in_at"] == following["book_in_at"]:
        return True
    return bool(one["book_out_at"] > following["book_in_at"])


def _dearer(ordered: list[Row], told: dict[int, Row]) -> None:
    def key(row: Row) -> Hashable:
        parts = (row["person_key"], row["book_in_at"], row["facility_code"])
        return None if None in parts else parts

    for group in _grouped(ordered, key):
        bonds = [r["initial_bond_set_amount"] for r in group]
        known = [bond for bond in bonds if bond is not None]
        keep = group[-1]
        if known:
            keep = [r for r in group if r["initial_bond_set_amount"] == min(known)][-1]
        for row in group:
            told[row["row_id"]]["dearer"] = row is not keep


def stays(rows: list[Row], rules: RuleSet, through: datetime) -> dict[int, Row]:
    """Return the stays by the row number of their last stint: rows, first, longest, person.

    A stint without a person key is in no stay, unless every stint without a stay text is in one.
    """
    marks = stints(rows, rules)
    kept = [row for row in rows if not marks[row["row_id"]]["left_out"]]
    named = [row for row in kept if row["person_key"] is not None]
    groups = _grouped(named, lambda row: _stay_of(row, rules.stays.missing_start))
    made = {}
    for group in groups:
        ordered = _stay_order(group, rules)
        made[ordered[-1]["row_id"]] = {
            "rows": {row["row_id"] for row in ordered},
            "first": ordered[0]["row_id"],
            "longest": _longest(ordered, rules, through),
            "person_key": ordered[-1]["person_key"],
            "transfers": _transfers(ordered),
        }
    return made


def _stay_of(row: Row, missing_start: str) -> Hashable:
    """Return what the stints of one stay share."""
    begun = row["stay_book_in_at"]
    if begun is None and missing_start == "one_for_all":
        return "the stay of all whose stay has no book-in"
    if begun is None and missing_start == "book_in":
        begun = row["book_in_at"]
    return (row["person_key"], begun)


def _transfers(ordered: list[Row]) -> int:
    """Return how often the next stint is at another facility; an unknown one is no other."""
    codes = [row["facility_code"] for row in ordered]
    pairs = zip(codes, codes[1:], strict=False)
    return sum(one is not None and two is not None and one != two for one, two in pairs)


def _stay_order(group: list[Row], rules: RuleSet) -> list[Row]:
    def key(row: Row) -> list[Any]:
        found: list[Any] = []
        for word in rules.stays.order:
            name, where = word.split()
            place = _missing_first if where == "first" else _missing_last
            found.append(place(row[name]))
        return [*found, row["row_id"]]

    return sorted(group, key=key)


def _longest(ordered: list[Row], rules: RuleSet, through: datetime) -> int | None:
    end = through if rules.stays.open_end == "through" else datetime.combine(through, time())
    lengths = [
        None if row["book_in_at"] is None else ((row["book_out_at"] or end) - row["book_in_at"])
        for row in ordered
    ]
    known = [length for length in lengths if length is not None]
    if not known:
        return None
    best = [
        row["row_id"] for row, length in zip(ordered, lengths, strict=True) if length == max(known)
    ]
    return int(best[-1] if rules.stays.longest_tie == "last" else best[0])


def arrests(rows: list[Row], rules: RuleSet) -> dict[int, Row]:
    """Return for each arrest record: its episode's first record, and whether it is left out."""
    own = rules.arrests
    told: dict[int, Row] = {}
    timed: list[Row] = []
    for row in rows:
        outside = row["person_key"] is None and own.missing_person == "left_out"
        told[row["row_id"]] = {"first": row["row_id"], "left_out": outside}
        if row["person_key"] is not None and (row["arrested_at"] is not None or own.same):
            timed.append(row)
    if own.episode == "chain":
        groups = _chains(timed, own.gap_hours)
    elif own.episode == "same":
        groups = _grouped(timed, lambda row: tuple(_field(row, name) for name in own.same))
    elif own.episode == "exact":
        groups = _grouped(
            [row for row in rows if row["person_key"] is not None],
            lambda row: tuple(v for k, v in sorted(row.items()) if k not in WHERE_FROM),
        )
    else:
        groups = []
    for group in groups:
        ordered = sorted(group, key=_arrest_order)
        for row in ordered:
            told[row["row_id"]]["first"] = ordered[0]["row_id"]
            if own.keep == "first" and row is not ordered[0]:
                told[row["row_id"]]["left_out"] = True
    return told


def _field(row: Row, name: str) -> Any:
    return _day(row[name[4:]]) if name.startswith("day:") else row[name]


def _arrest_order(row: Row) -> list[Any]:
    method = row["arrest_method"]
    again = 2 if method is None else int(method == "ERO Reprocessed Arrest")
    return [_missing_last(row["arrested_at"]), again, row["row_id"]]


def _chains(rows: list[Row], gap_hours: int) -> list[list[Row]]:
    chains: list[list[Row]] = []
    for person in _grouped(rows, lambda row: row["person_key"]):
        before: datetime | None = None
        for row in sorted(person, key=_arrest_order):
            gap = None if before is None else (row["arrested_at"] - before).total_seconds()
            if gap is None or gap > gap_hours * 3600:
                chains.append([])
            chains[-1].append(row)
            before = row["arrested_at"]
    return chains


def arrest_links(
    arrested: list[Row], held: dict[int, Row], starts: dict[int, datetime | None], rules: RuleSet
) -> dict[int, int]:
    """Return arrest -> stay: nearest arrest of a stay, nearest stay of that arrest, then again.

    Args:
        arrested: the arrest records that stand for their episodes.
        held: stays by their number, with ``person_key``.
        starts: when each stay began.
        rules: a rule set.
    """
    least, most = (hours * 3600 for hours in rules.links.arrest_hours)
    pairs = []
    for arrest in arrested:
        for stay, what in held.items():
            start = starts[stay]
            if None in (arrest["person_key"], arrest["arrested_at"], start):
                continue
            if what["person_key"] != arrest["person_key"] or start is None:
                continue
            gap = (start - arrest["arrested_at"]).total_seconds()
            if least <= gap <= most:
                pairs.append((abs(gap), arrest["arrested_at"], arrest["row_id"], start, stay))
    linked: dict[int, int] = {}
    while True:
        free = [p for p in pairs if p[2] not in linked and p[4] not in linked.values()]
        won = _one_round(free)
        linked |= won
        if not won or rules.links.second_choice == "none":
            return linked


def _one_round(pairs: list[tuple[float, datetime, int, datetime, int]]) -> dict[int, int]:
    of_stay: dict[int, Any] = {}
    for pair in sorted(pairs):
        of_stay.setdefault(pair[4], pair)
    of_arrest: dict[int, Any] = {}
    for pair in sorted(of_stay.values(), key=lambda p: (p[0], p[3], p[4])):
        of_arrest.setdefault(pair[2], pair)
    return {arrest: pair[4] for arrest, pair in of_arrest.items()}


def departures(
    held: dict[int, Row], by_row: dict[int, Row], removed: list[Row], rules: RuleSet
) -> dict[int, tuple[Any, date]]:
    """Return stay -> (removal or None, day): the departure nearest to its book-out.

    Args:
        held: stays by the number of their last stint.
        by_row: stints by number.
        removed: removal records.
        rules: a rule set.
    """
    least, most = (days * 86400 for days in rules.links.removal_days)
    found = {}
    for stay, what in held.items():
        last = by_row[stay]
        out = last["stay_book_out_at"]
        if out is None:
            continue
        days = [("a", last["departed_on"], -1)] if last["departed_on"] else []
        days += [
            ("b", row["departed_on"], row["row_id"])
            for row in removed
            if row["departed_on"] and row["person_key"] == what["person_key"]
        ]
        near = []
        for source, day, row in days:
            gap = (datetime.combine(day, time()) - out).total_seconds()
            if least <= gap <= most:
                near.append((abs(gap), source, day, row))
        if near:
            _, source, day, row = min(near)
            found[stay] = (None if source == "a" else row, day)
    return found


def detainer_links(
    asked: list[Row], held: dict[int, Row], starts: dict[int, datetime | None], rules: RuleSet
) -> dict[int, int]:
    """Return detainer -> the person's first stay that begins within the days of the rule set."""
    least, most = (days * 86400 for days in rules.links.detainer_days)
    found = {}
    for row in asked:
        near = []
        for stay, what in held.items():
            start = starts[stay]
            if None in (row["person_key"], row["prepared_at"]) or start is None:
                continue
            gap = (start - row["prepared_at"]).total_seconds()
            if what["person_key"] == row["person_key"] and least <= gap <= most:
                near.append((gap, stay))
        if near:
            found[row["row_id"]] = min(near)[1]
    return found
