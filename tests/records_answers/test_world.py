# ruff: noqa: S608 - the SQL is made of the constants of this file
"""Every record measure once on a synthetic world, against raw SQL written for this test.

The SQL reads the lifecycle tables and knows neither the declarations nor the fact tables nor the
engine's expressions. Compared are the exact cells, before any of them is hidden.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from openlifecycle.demo.world import make_world
from openlifecycle.engine.record_periods import last_days
from openlifecycle.engine.records import RecordCorpus, ask
from openlifecycle.lifecycle.outcomes import groups
from openlifecycle.measures.question import Question
from openlifecycle.measures.record_registry import record_measures
from openlifecycle.model.places import states
from tests.records_answers.small import Records

PERSONS = 1500

KEPT_ARREST = "FROM arrest a WHERE NOT is_left_out AND arrested_at <= $through"
LINKED = (
    "FROM arrest a LEFT JOIN link__arrest_stay l ON a.row_id = l.row_id "
    "WHERE NOT is_left_out AND arrested_at <= $through - INTERVAL 10 DAY"
)
ENDED = "FROM stay WHERE book_out_at <= $through"
BEGUN = "FROM stay WHERE book_in_at <= $through"
DEPARTED = (
    "FROM stay s LEFT JOIN link__stay_removal l ON s.stay_id = l.stay_id "
    "WHERE s.book_out_at <= $through - INTERVAL 10 DAY"
)
GONE = "FROM removal WHERE NOT is_left_out AND departed_on <= $through"
WANTED = "FROM detainer d WHERE NOT is_left_out AND prepared_at <= $through"
PENDING = "criminality IN ('2 Pending Criminal Charges', '3 Other Immigration Violator')"
CUSTODY = (
    "arrest_method IN ('Custodial Arrest', 'CAP Local Incarceration', 'CAP State Incarceration', "
    "'CAP Federal Incarceration', 'Criminal Alien Program')"
)
AT_LARGE = (
    "arrest_method IN ('Located', 'Non-Custodial Arrest', 'Probation and Parole', "
    "'Worksite Enforcement')"
)
THIRD = (
    "upper(departure_country) <> upper(citizenship_country) "
    "AND upper(departure_country) <> upper(birth_country)"
)
DAYS = "CASE WHEN book_out_at >= book_in_at THEN date_diff('second', book_in_at, book_out_at) END"


def _reasons(name: str) -> str:
    listed = ", ".join("'" + r.lower().replace("'", "''") + "'" for r in groups()[name].reasons)
    return f"lower(trim(last_release_reason)) IN ({listed})"


STATED = "trim(last_release_reason) <> ''"


def month(at: str, value: str, rows: str, where: str = "TRUE") -> str:
    """Return a query of a value per month."""
    return f"SELECT last_day({at}) AS day, {value} AS value {rows} AND {where} GROUP BY 1"


def year(at: str, value: str, rows: str) -> str:
    """Return a query of a value per fiscal year."""
    number = f"(year({at}) + CASE WHEN month({at}) >= 10 THEN 1 ELSE 0 END)"
    return f"SELECT make_date({number}, 9, 30) AS day, {value} AS value {rows} GROUP BY 1"


def share(inside: str) -> str:
    """Return the share of rows that pass a test."""
    return f"avg(CASE WHEN {inside} THEN 1.0 ELSE 0.0 END)"


def held(since: str, days: int) -> str:
    """Return a query of the people in a state at the midnight after each month."""
    return (
        f"SELECT day, count(DISTINCT person_key) + count(*) FILTER (person_key IS NULL) AS value "
        f"FROM month_ends, stay WHERE {since} + INTERVAL {days} DAY < day + INTERVAL 1 DAY "
        "AND (book_out_at IS NULL OR book_out_at >= day + INTERVAL 1 DAY) GROUP BY 1"
    )


#: One stint counts from the day of its book-in to the day before that of its book-out.
NIGHTS = (
    "(SELECT unnest(range(CAST(book_in_at AS DATE), CAST(CASE WHEN book_out_at IS NULL OR "
    "book_out_at > $through THEN CAST($through AS DATE) + 1 ELSE book_out_at END AS DATE), "
    "INTERVAL 1 DAY)) AS night, coalesce(person_key, 'nobody' || row_id) AS who FROM stint "
    "WHERE NOT is_left_out AND book_in_at <= $through)"
)
HEADS = (
    f"(SELECT night, count(DISTINCT who) AS heads FROM {NIGHTS} WHERE night >= $first GROUP BY 1)"
)
#: One stint counts on every day that it touches.
PRESENT = (
    "(SELECT unnest(range(CAST(book_in_at AS DATE), CAST(least(coalesce(book_out_at, $through), "
    "$through) AS DATE) + 1, INTERVAL 1 DAY)) AS day, coalesce(person_key, 'nobody' || row_id) "
    "AS who FROM stint WHERE NOT is_left_out AND book_in_at <= $through)"
)
STATES = ", ".join(f"'{code}'" for code in states())
#: Stints of stays in order, each with its state where its code names one.
IN_ORDER = (
    "(SELECT stay_id, book_in_at, CASE WHEN upper(right(facility_code, 2)) IN "
    f"({STATES}) THEN upper(right(facility_code, 2)) END AS place, row_number() OVER (PARTITION BY "
    "stay_id ORDER BY book_in_at NULLS FIRST, book_out_at NULLS FIRST, row_id) AS nth FROM stint "
    "WHERE NOT is_left_out AND stay_id IS NOT NULL)"
)
MOVED = (
    f"(SELECT b.stay_id, min(b.book_in_at) AS moved_at FROM {IN_ORDER} a JOIN {IN_ORDER} b ON "
    "a.stay_id = b.stay_id AND b.nth = a.nth + 1 WHERE a.place <> b.place GROUP BY 1)"
)
CIRCUITS = "first_circuit IS NOT NULL AND last_circuit IS NOT NULL"

SQL: dict[str, str] = {
    "arrests": month("arrested_at", "count(*)", KEPT_ARREST),
    "people_arrested": month(
        "arrested_at",
        "count(DISTINCT person_key) + count(*) FILTER (person_key IS NULL)", KEPT_ARREST,
    ),
    "arrests_without_conviction_share": month(
        "arrested_at", share(PENDING), KEPT_ARREST, "criminality IS NOT NULL"
    ),
    "arrests_without_charge_share": month(
        "arrested_at", share("criminality LIKE '3%'"), KEPT_ARREST, "criminality IS NOT NULL"
    ),
    "arrests_custodial_share": month(
        "arrested_at", share(CUSTODY), KEPT_ARREST, f"({CUSTODY} OR {AT_LARGE})"
    ),
    "arrests_collateral_share": month(
        "arrested_at", share("arrest_type = 'Collateral'"), KEPT_ARREST,
        "arrest_type IN ('Targeted', 'Collateral')",
    ),
    "arrests_detained_share": month("arrested_at", share("l.stay_id IS NOT NULL"), LINKED),
    "hours_to_book_in": month("arrested_at", "median(gap_hours)", LINKED, "gap_hours IS NOT NULL"),
    "record_book_ins": month("book_in_at", "count(*)", BEGUN),
    "record_book_outs": month("book_out_at", "count(*)", ENDED),
    "exits_to_remove_share": month(
        "book_out_at", share(_reasons("removed")), ENDED, STATED
    ),
    "voluntary_departures": month(
        "book_out_at", "count(*)", ENDED, _reasons("voluntary_departure")
    ),
    "voluntary_departure_share": month(
        "book_out_at", share(_reasons("voluntary_departure")), ENDED, STATED
    ),
    "released_on_bond": month("book_out_at", "count(*)", ENDED, _reasons("released_bond")),
    "transfers": (
        "SELECT last_day(book_in_at) AS day, count(*) AS value FROM (SELECT book_in_at, "
        "row_number() OVER (PARTITION BY stay_id ORDER BY book_in_at NULLS LAST, "
        "book_out_at NULLS LAST, row_id) AS nth FROM stint WHERE NOT is_left_out "
        "AND stay_id IS NOT NULL) WHERE nth > 1 AND book_in_at <= $through GROUP BY 1"
    ),
    "stays_transferred_share": year("book_out_at", share("n_transfers >= 1"), ENDED),
    "stays_transferred_3_share": year("book_out_at", share("n_transfers >= 3"), ENDED),
    "stays_across_states_share": year("book_out_at", share("n_transfers_state >= 1"), ENDED),
    "stays_across_circuits_share": year("book_out_at", share("n_transfers_circuit >= 1"), ENDED),
    "stays_ended_in_other_circuit_share": year(
        "book_out_at", share("first_circuit <> last_circuit"), f"{ENDED} AND {CIRCUITS}"
    ),
    "hold_room_stays_over_12_hours": month(
        "book_in_at", "count(*)", BEGUN, "hold_longest_hours > 12"
    ),
    "hold_room_stays_over_72_hours": month(
        "book_in_at", "count(*)", BEGUN, "hold_longest_hours > 72"
    ),
    "hours_to_first_state_move": month(
        "s.book_in_at", "median(date_diff('second', s.first_book_in_at, m.moved_at) / 3600.0)",
        f"FROM stay s JOIN {MOVED} m ON s.stay_id = m.stay_id WHERE s.book_in_at <= $through "
        "AND m.moved_at IS NOT NULL AND s.first_book_in_at IS NOT NULL",
    ),
    "hold_room_over_limit_share": month(
        "book_in_at", share("is_over_hold_limit"), BEGUN, "hold_hours > 0"
    ),
    "hold_room_stays_over_limit": month("book_in_at", "count(*)", BEGUN, "is_over_hold_limit"),
    "hold_room_hours": month("book_in_at", "median(hold_hours)", BEGUN, "hold_hours > 0"),
    "held_over_90_days": held("book_in_at", 90),
    "held_over_180_days": held("book_in_at", 180),
    "held_over_365_days": held("book_in_at", 365),
    "held_180_days_after_final_order": held(
        "CASE WHEN final_order_on IS NOT NULL AND book_in_at IS NOT NULL THEN "
        "greatest(book_in_at, CAST(final_order_on AS TIMESTAMP)) END", 180,
    ),
    "record_alos": month("book_out_at", f"avg(({DAYS}) / 86400.0)", ENDED, f"{DAYS} IS NOT NULL"),
    "record_median_stay": month(
        "book_out_at", f"median(({DAYS}) / 86400.0)", ENDED, f"{DAYS} IS NOT NULL"
    ),
    "record_population": (
        f"SELECT CAST(night AS DATE) AS day, heads AS value FROM {HEADS} "
        "WHERE CAST(night AS DATE) IN (SELECT day FROM month_ends)"
    ),
    "record_population_peak": (
        f"SELECT last_day(night) AS day, max(heads) AS value FROM {HEADS} GROUP BY 1"
    ),
    "record_peak_any_time": (
        "SELECT last_day(day) AS day, max(heads) AS value FROM (SELECT CAST(day AS DATE) AS day, "
        f"count(DISTINCT who) AS heads FROM {PRESENT} WHERE day >= $first GROUP BY 1) GROUP BY 1"
    ),
    "record_person_days": (
        f"SELECT last_day(night) AS day, sum(heads) AS value FROM {HEADS} GROUP BY 1"
    ),
    "record_adp": (
        "SELECT last_day(night) AS day, sum(heads) / (1 + date_diff('day', greatest($first, "
        "CAST(date_trunc('month', night) AS DATE)), least(CAST($through AS DATE), "
        f"last_day(night)))) AS value FROM {HEADS} GROUP BY 1, last_day(night), "
        "date_trunc('month', night)"
    ),
    "bond_set_share": month("book_out_at", share("initial_bond_lowest IS NOT NULL"), ENDED),
    "initial_bond_median": month(
        "book_out_at", "median(initial_bond_lowest)", ENDED, "initial_bond_lowest IS NOT NULL"
    ),
    "bond_posted_median": month(
        "book_out_at", "median(bond_posted_lowest)", ENDED, "bond_posted_lowest IS NOT NULL"
    ),
    "record_removals": month("departed_on", "count(*)", GONE),
    "third_country_departures": month("departed_on", "count(*)", GONE, THIRD),
    "third_country_departure_share": month(
        "departed_on", share(THIRD), GONE,
        "departure_country || citizenship_country || birth_country IS NOT NULL",
    ),
    "exits_departed_share": month("s.book_out_at", share("l.departed_on IS NOT NULL"), DEPARTED),
    "days_to_departure": month(
        "s.book_out_at", "median(gap_days)", DEPARTED, "gap_days IS NOT NULL"
    ),
    "detainers": month("prepared_at", "count(*)", WANTED),
    "detainers_lifted_share": month("prepared_at", share("lift_reason IS NOT NULL"), WANTED),
    "detainers_followed_share": (
        "SELECT last_day(prepared_at) AS day, avg(CASE WHEN l.stay_id IS NULL THEN 0.0 ELSE 1.0 "
        "END) AS value FROM detainer d LEFT JOIN link__detainer_stay l ON d.row_id = l.row_id "
        "WHERE NOT is_left_out AND prepared_at <= $through - INTERVAL 90 DAY GROUP BY 1"
    ),
    "detainers_without_conviction_share": month(
        "prepared_at", share(PENDING), WANTED, "criminality IS NOT NULL"
    ),
    "record_encounters": month(
        "encountered_at", "count(*)",
        "FROM encounter WHERE NOT is_left_out AND encountered_at <= $through",
    ),
}  # fmt: skip

#: Measures that split by themselves, and the column of their split.
SPLIT: dict[str, tuple[str, str]] = {
    "stays_by_transfers": (
        "CASE WHEN n_transfers >= 3 THEN '3+' ELSE CAST(n_transfers AS VARCHAR) END",
        year("book_out_at", "count(*)", ENDED),
    ),
    "detainers_lifted": (
        "lift_reason", month("prepared_at", "count(*)", WANTED, "lift_reason IS NOT NULL")
    ),
    "exits_by_reason": ("exit_group", ""),  # below: each group against its own reasons
    "stay_survival_median": ("", ""),  # below: against the slow estimator
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[RecordCorpus, Any, Path]:
    """A corpus on a synthetic world, and a database on its lifecycle tables."""
    made = make_world(PERSONS, seed=7)
    folder = tmp_path_factory.mktemp("world")
    for name, frame in made.tables.items():
        frame.write_parquet(folder / f"{name}.parquet")
    corpus = RecordCorpus(Records(folder, made.through))
    ask(corpus, Question.of("arrests"))
    built = next(folder.glob("built/*/olc-1-*"))
    base = duckdb.connect(":memory:")
    for file in (built / "lifecycle").glob("*.parquet"):
        base.execute(f"CREATE VIEW {file.stem} AS FROM read_parquet('{file}')")
    base.execute("SET VARIABLE through = ?", [made.through])
    first = base.execute("SELECT CAST(min(book_out_at) AS DATE) FROM stay").fetchone()
    assert first
    base.execute("SET VARIABLE first = ?", [first[0]])
    ends = last_days(first[0], made.through.date(), "month")
    base.execute("CREATE TABLE month_ends (day DATE)")
    base.executemany("INSERT INTO month_ends VALUES (?)", [(d,) for d in ends])
    return corpus, base, folder


def _sql(base: Any, query: str) -> list[Any]:
    text = query.replace("$through", "getvariable('through')")
    text = text.replace("$first", "getvariable('first')")
    rows: list[Any] = base.execute(text).fetchall()
    return rows


def test_every_measure_is_counted_here_once() -> None:
    assert set(SQL) | set(SPLIT) == set(record_measures())


@pytest.mark.parametrize("name", sorted(SQL))
def test_the_engine_counts_what_plain_sql_counts(
    world: tuple[RecordCorpus, Any, Path], name: str
) -> None:
    corpus, base, _ = world
    frame = ask(corpus, Question.of(name)).frame
    found = dict(zip(frame["period_end"], frame["value"], strict=True))
    plain = {day: float(value) for day, value in _sql(base, SQL[name]) if day is not None}
    assert len(plain) > 3, "a world that shows nothing"
    assert found.keys() == plain.keys()
    for day, value in plain.items():
        assert found[day] == pytest.approx(value, abs=1e-9), day


@pytest.mark.parametrize("name", ["stays_by_transfers", "detainers_lifted"])
def test_the_engine_splits_as_plain_sql_splits(
    world: tuple[RecordCorpus, Any, Path], name: str
) -> None:
    corpus, base, _ = world
    column, query = SPLIT[name]
    split = record_measures()[name].default_by[0]
    frame = ask(corpus, Question.of(name)).frame
    found = {(r["period_end"], r[split]): r["value"] for r in frame.iter_rows(named=True)}
    query = query.replace(" AS value", f" AS value, {column} AS split")
    query = query.replace("GROUP BY 1", "GROUP BY ALL")
    plain = {(day, part): float(value) for day, value, part in _sql(base, query)}
    assert len({part for _, part in plain}) > 2
    assert found == plain


def test_exit_groups_are_the_reasons_of_the_list(world: tuple[RecordCorpus, Any, Path]) -> None:
    corpus, base, _ = world
    frame = ask(corpus, Question.of("exits_by_reason")).frame
    for name in groups():
        mine = frame.filter(frame["exit_group"] == name)
        found = dict(zip(mine["period_end"], mine["value"], strict=True))
        query = month("book_out_at", "count(*)", ENDED, _reasons(name))
        assert found == {day: float(value) for day, value in _sql(base, query)}, name


def test_the_survival_median_is_the_one_of_a_plain_product(
    world: tuple[RecordCorpus, Any, Path],
) -> None:
    corpus, base, _ = world
    frame = ask(corpus, Question.of("stay_survival_median", period="fiscal_year")).frame
    found = dict(zip(frame["fiscal_year"], frame["value"], strict=True))
    query = (
        "SELECT year(book_in_at) + CASE WHEN month(book_in_at) >= 10 THEN 1 ELSE 0 END AS fy, "
        "ceil(date_diff('second', book_in_at, coalesce(book_out_at, $through)) / 3600.0), "
        f"book_out_at IS NOT NULL {BEGUN} AND coalesce(book_out_at, $through) >= book_in_at"
    )
    years: dict[int, list[tuple[float, bool]]] = {}
    for number, hours, ended in _sql(base, query):
        years.setdefault(number, []).append((hours, ended))
    assert len(years) > 2
    for number, stays in years.items():
        alive, median = Fraction(1), None
        for hour in sorted({h for h, ended in stays if ended}):
            at_risk = sum(h >= hour for h, _ in stays)
            gone = sum(h == hour and ended for h, ended in stays)
            alive *= 1 - Fraction(gone, at_risk)
            if alive <= Fraction(1, 2) and median is None:
                median = hour / 24
        assert found[number] == pytest.approx(median), number


def test_a_split_adds_up_to_the_whole(world: tuple[RecordCorpus, Any, Path]) -> None:
    corpus, _, _ = world
    for name in ("arrests", "record_book_outs", "detainers", "record_removals", "transfers"):
        whole = ask(corpus, Question.of(name)).frame
        one = record_measures()[name]
        for dim in one.dimensions:
            parts = ask(corpus, Question.of(name, by=dim)).frame
            added = parts.group_by("period_end").agg(pl.col("value").sum()).sort("period_end")
            assert added["value"].to_list() == whole.sort("period_end")["value"].to_list(), dim


def test_a_filter_keeps_what_the_split_shows(world: tuple[RecordCorpus, Any, Path]) -> None:
    corpus, _, _ = world
    split = ask(corpus, Question.of("arrests", by="gender")).frame
    for gender in ("Male", "Female"):
        kept = ask(corpus, Question.of("arrests", where={"gender": gender})).frame
        shown = split.filter(split["gender"] == gender)
        assert kept["value"].to_list() == shown["value"].to_list()


def test_every_rule_set_answers_every_measure(world: tuple[RecordCorpus, Any, Path]) -> None:
    corpus, _, _ = world
    for name in ("arrests", "record_book_ins", "record_population", "arrests_detained_share"):
        question = replace(Question.of(name, period="fiscal_year"), sensitivity=True)
        frame = ask(corpus, question).frame
        assert frame["rule_set"].n_unique() == 5, name
        assert frame["value"].null_count() == 0, name
