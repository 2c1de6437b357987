"""Fact tables: one slim table per kind of record, with links joined on and dimensions ready.

Questions are answered from these and not from the lifecycle tables: they hold only the fields
that some declaration names, and a number in the place of the publisher's key. They lie in the
store's cache and never leave it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import ibis

from openlifecycle.engine.record_marks import beside, marked
from openlifecycle.engine.record_units import PERSON, RECORD_KEY, UNIT, Units
from openlifecycle.measures.record_declaration import FACTS
from openlifecycle.measures.record_dimensions import RecordDimension, record_dimensions
from openlifecycle.measures.registry import measures

Tables = Mapping[str, Any]

#: The table that heads are counted from: every stint, those left out by the rule set too.
HEADS: Final = "heads"

#: Transfers from which the band is open.
MANY_TRANSFERS: Final = 3

#: Dimensions that heads can be split by.
_HEAD_DIMENSIONS: Final = frozenset(
    {
        "facility_code",
        "facility_kind",
        "state",
        "aor",
        "criminality",
        "conviction",
        "gender",
        "age_group",
    }  # fmt: skip
)

_DAY_SECONDS: Final = 86_400

#: A person is under 18 on every day before the year of the eighteenth birthday.
ADULT_YEARS: Final = 18
MINOR: Final = "Under 18"
ADULT: Final = "18 in that year or older"


def fact(name: str, tables: Tables, units: Units) -> Any:
    """Return the expression of a fact table over the lifecycle tables of a collection."""
    own = "stay_id" if name == "stay" else "row_id"
    rows = units.numbered(MAKERS[name](tables), FACTS[name], own)
    chosen = {column: rows[column] for column in (PERSON, UNIT, RECORD_KEY)}
    chosen |= {field: _field(rows, field) for field in fields_of(name)}
    for dim in record_dimensions().values():
        if name in dim.columns:
            chosen[dim.name] = _dimension(rows, dim, dim.columns[name])
    made = marked(rows.select(**chosen), times_of(name))
    return beside(made, "book_in_at", "book_out_at") if name == "stay" else made


def heads(tables: Tables, units: Units) -> Any:
    """Return the expression of the table that heads are counted from.

    Its ``person_key`` is the number of the person, not the publisher's key.
    """
    rows = units.numbered(_placed_stints(tables["stint"]), FACTS["stint"])
    chosen = {name: rows[name] for name in ("row_id", "book_in_at", "book_out_at", "is_left_out")}
    chosen |= {"person_key": rows[PERSON], UNIT: rows[UNIT], RECORD_KEY: rows[RECORD_KEY]}
    for dim in record_dimensions().values():
        if dim.name in _HEAD_DIMENSIONS:
            chosen[dim.name] = _dimension(rows, dim, dim.columns["stint"])
    return marked(rows.select(**chosen), ("book_in_at",))


def times_of(name: str) -> tuple[str, ...]:
    """Return the fields by which the declarations of a fact table place its records in time."""
    declared = [one.records for one in measures().values() if one.records]
    return tuple(sorted({one.at for one in declared if one.table == name and one.at}))


def fields_of(name: str) -> tuple[str, ...]:
    """Return the fields that the declarations of a fact table name, in name order."""
    dims = {d.name for d in record_dimensions().values() if name in d.columns}
    named = {
        field
        for one in measures().values()
        if one.records and one.records.table == name
        for field in one.records.fields
    }
    return tuple(sorted(named - dims))


def _field(rows: Any, name: str) -> Any:
    """Return a field; a table that a layout does not fill has it, missing throughout."""
    return rows[name] if name in rows.columns else ibis.null("string")


def _dimension(rows: Any, dim: RecordDimension, column: str) -> Any:
    value = _field(rows, column)
    if not dim.groups:
        return value
    said = [(value.isin(values), ibis.literal(label)) for label, values in dim.groups]
    rest = ibis.literal(dim.rest) if dim.rest else value
    return ibis.cases((value.isnull(), ibis.null("string")), *said, else_=rest)


def _kept(table: Any) -> Any:
    """Return the records that the rule set keeps."""
    return table.filter(~table.is_left_out)


def _linked(rows: Any, tables: Tables, link: str, key: str, **columns: str) -> Any:
    """Return the rows with columns of their link, one link at most per row; null without one.

    Args:
        rows: the records.
        tables: the lifecycle tables.
        link: name of the link table.
        key: its column that names the record.
        columns: columns of the link to take, by their new name.
    """
    if link not in tables:
        empty = {new: ibis.null(_LINK_TYPES[old]) for new, old in columns.items()}
        return rows.mutate(**empty)
    found = tables[link]
    mine = found.select(key_of_link=found[key], **{new: found[old] for new, old in columns.items()})
    own = "stay_id" if key == "stay_id" else "row_id"
    return rows.left_join(mine, rows[own] == mine.key_of_link)


_LINK_TYPES: Final = {
    "stay_id": "int64", "gap_hours": "float64", "gap_days": "float64", "departed_on": "date",
}  # fmt: skip


def _arrest(tables: Tables) -> Any:
    rows = _linked(
        _kept(tables["arrest"]), tables, "link__arrest_stay", _KEYS["link__arrest_stay"],
        linked_stay="stay_id", gap_hours="gap_hours",
    )  # fmt: skip
    return rows.mutate(is_linked=rows.linked_stay.notnull())


def _detainer(tables: Tables) -> Any:
    rows = _linked(
        _kept(tables["detainer"]), tables, "link__detainer_stay", _KEYS["link__detainer_stay"],
        linked_stay="stay_id",
    )  # fmt: skip
    return rows.mutate(is_followed=rows.linked_stay.notnull())


def _stay(tables: Tables) -> Any:
    from openlifecycle.lifecycle.outcomes import BLANK, exit_state

    rows = tables["stay"]
    ended = rows.book_out_at.notnull()
    many = rows.n_transfers >= MANY_TRANSFERS
    exit_group = exit_state(rows.last_release_reason).nullif(BLANK)
    rows = rows.mutate(
        transfers_band=ibis.ifelse(
            many, f"{MANY_TRANSFERS}+", rows.n_transfers.cast("int64").cast("string")
        ),
        exit_group=ibis.ifelse(ended, exit_group, ibis.null("string")),
        last_release_reason=ibis.ifelse(ended, rows.last_release_reason, ibis.null("string")),
        stay_days=_days(rows.book_in_at, rows.book_out_at),
    )
    rows = _linked(
        rows, tables, "link__stay_removal", "stay_id",
        linked_departure="departed_on", departure_gap_days="gap_days",
    )  # fmt: skip
    return rows.mutate(is_departed=rows.linked_departure.notnull())


def _placed_stints(rows: Any) -> Any:
    """Return stints with the state and kind of their facility."""
    from openlifecycle.model.places import states

    place = rows.facility_code.upper().right(2)
    hold = rows.facility_code.upper().contains("HOLD")
    kind = ibis.ifelse(hold, "Hold room", "Other facility")
    # a year of birth says who must be under 18, and not who turns 18 in the year (R33)
    minor = rows.book_in_at.year() < rows.birth_year + ADULT_YEARS
    return rows.mutate(
        age_group=ibis.cases((minor.isnull(), None), (minor, MINOR), else_=ADULT),
        facility_state=ibis.ifelse(place.isin(list(states())), place, ibis.null("string")),
        facility_kind=ibis.ifelse(rows.facility_code.isnull(), ibis.null("string"), kind),
    )


def _stint(tables: Tables) -> Any:
    rows = _placed_stints(_kept(tables["stint"]))
    # engines differ in where missing values stand, so it is said
    times = [ibis.asc(rows[name], nulls_first=False) for name in ("book_in_at", "book_out_at")]
    order = ibis.window(group_by=rows.stay_id, order_by=[*times, rows.row_id])
    return rows.mutate(
        is_first_stint=ibis.ifelse(
            rows.stay_id.isnull(), ibis.null("boolean"), ibis.row_number().over(order) == 0
        ),
    )


def _removal(tables: Tables) -> Any:
    rows = _kept(tables["removal"])
    gone, own, born = (
        rows[name].upper() for name in ("departure_country", "citizenship_country", "birth_country")
    )
    known = gone.notnull() & own.notnull() & born.notnull()
    third = (gone != own) & (gone != born)
    return rows.mutate(is_third_country=ibis.ifelse(known, third, ibis.null("boolean")))


def _encounter(tables: Tables) -> Any:
    return _kept(tables["encounter"])


def _days(start: Any, end: Any) -> Any:
    """Return the days between two times; null where they run backwards."""
    seconds = end.epoch_seconds() - start.epoch_seconds()
    return ibis.ifelse(seconds >= 0, seconds / _DAY_SECONDS, ibis.null("float64"))


#: The column of a link table that names the record it starts from.
_KEYS: Final = {"link__arrest_stay": "row_id", "link__detainer_stay": "row_id"}

MAKERS: Final[dict[str, Callable[[Tables], Any]]] = {
    "encounter": _encounter,
    "arrest": _arrest,
    "detainer": _detainer,
    "stint": _stint,
    "stay": _stay,
    "removal": _removal,
}
NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "encounter": ("encounter",),
    "arrest": ("arrest", "link__arrest_stay"),
    "detainer": ("detainer", "link__detainer_stay"),
    "stint": ("stint",),
    "stay": ("stay", "link__stay_removal"),
    "removal": ("removal",),
}
