"""The operations that the lifecycle is made of mean the same on DuckDB and on Spark.

docs/engines.md lists them, and those that do not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openlifecycle.engine.backend import fetch, read_parquet
from tests.engines.row_hash import table_hash

pytestmark = pytest.mark.xdist_group("spark")

_at = datetime.fromisoformat

#: Times as digits on a wall clock: the hours that clocks skip and repeat, ties, midnights,
#: microseconds, years that cannot be, and none.
MOMENTS = [
    _at("2025-03-09 02:30:00"),
    _at("2025-03-09 02:30:00.123456"),
    None,
    _at("2025-01-01 00:00:00"),
    _at("2025-01-01 23:59:59"),
    None,
    _at("0212-05-01 00:00:00"),
    _at("1899-12-31 23:59:59"),
    _at("2025-11-02 01:30:00"),
    _at("2026-01-01 00:00:00"),
]
ROWS = pa.table(
    {
        "id": pa.array(range(10), pa.int64()),
        "text": ["a", "a", "a", None, None, "B", "b", "é", "", None],
        "at": pa.array(MOMENTS, pa.timestamp("us")),
        "until": pa.array([*MOMENTS[3:], *MOMENTS[:3]], pa.timestamp("us")),
        "on": pa.array(
            [m.date() if m else None for m in (*MOMENTS[5:], *MOMENTS[:5])], pa.date32()
        ),
        "n": pa.array([1, 2, None, -7, 0, 5, 5, 9, 10, 3], pa.int64()),
        "flag": [True, False, None, True, None, False, True, None, True, False],
    }
)
OTHER = pa.table({"text": ["a", "a", None, "z"], "m": pa.array([1, 2, 3, 4], pa.int64())})


def _first(t: Any) -> Any:
    return t.at.asc(nulls_first=True)


def _so_far(t: Any) -> Any:
    return ibis.window(group_by=t.text, order_by=t.id, preceding=None, following=0)


#: One value for each row.
VALUES: dict[str, Callable[[Any], Any]] = {
    "place, missing last": lambda t: ibis.row_number().over(order_by=[t.at, t.id]),
    "place, missing first": lambda t: ibis.row_number().over(order_by=[_first(t), t.id]),
    "place, descending": lambda t: ibis.row_number().over(order_by=[t.at.desc(), t.id]),
    "place by text": lambda t: ibis.row_number().over(order_by=[t.text, t.id]),
    "place in a group with a missing name": lambda t: ibis.row_number().over(
        group_by=t.text, order_by=[_first(t), t.id]
    ),
    "dense rank": lambda t: ibis.dense_rank().over(order_by=t.n.asc(nulls_first=True)),
    "the one before": lambda t: t.at.lag().over(group_by=t.text, order_by=[_first(t), t.id]),
    "the one after": lambda t: t.n.lead().over(order_by=t.id),
    "running sum": lambda t: t.n.sum().over(_so_far(t)),
    "running sum of flags": lambda t: t.at.isnull().sum().over(_so_far(t)),
    "largest of all before": lambda t: t.until.max().over(
        ibis.window(order_by=t.id, preceding=(None, 1))
    ),
    "smallest of the group": lambda t: t.on.min().over(group_by=t.text),
    "text with a missing part": lambda t: t.text + "_" + t.n.cast("string"),
    "moment as text": lambda t: t.at.strftime("%Y-%m-%d %H:%M:%S"),
    "moment cast to text": lambda t: t.at.cast("string"),
    "day cast to text": lambda t: t.on.cast("string"),
    "seconds between": lambda t: t.until.truncate("s").delta(t.at.truncate("s"), unit="second"),
    "days between days": lambda t: t.on.delta(t.at.date(), unit="day"),
    "a day later": lambda t: t.at + ibis.interval(hours=24),
    "more than a day later": lambda t: t.until > t.at + ibis.interval(hours=24),
    "the day after": lambda t: (t.on + ibis.interval(days=1)).cast("date"),
    "so many days after": lambda t: (t.on + t.n.as_interval("D")).cast("date"),
    "start of the day": lambda t: t.at.truncate("D"),
    "start of the month": lambda t: t.at.truncate("M"),
    "day of a moment": lambda t: t.at.date(),
    "month of a day": lambda t: t.on.truncate("M").cast("date"),
    "year": lambda t: t.at.year(),
    "hour": lambda t: t.at.hour(),
    "a fixed moment": lambda t: ibis.timestamp("2026-03-10 23:59:59"),
    "after a fixed moment": lambda t: t.at > ibis.literal(_at("2025-01-01 00:00:00")),
    "between": lambda t: t.at.between(_at("2025-01-01 00:00:00"), _at("2025-03-09 02:30:00")),
    "no moment": lambda t: ibis.null("timestamp"),
    "the first that is there": lambda t: ibis.coalesce(t.at, t.until),
    "the later": lambda t: ibis.greatest(t.at, t.until),
    "the lesser": lambda t: ibis.least(t.n, t.id),
    "half": lambda t: t.n / 2,
    "half, whole": lambda t: t.n // 2,
    "remainder": lambda t: t.n % 3,
    "rounded down": lambda t: (t.n / 2).floor().cast("int64"),
    "divided by what may be zero": lambda t: t.id / t.n.nullif(0),
    "same as the one before": lambda t: t.text.identical_to(t.text.lag().over(order_by=t.id)),
    "last two letters": lambda t: t.text.right(2),
    "in a list": lambda t: t.text.isin(["a", "b"]),
    "cases": lambda t: ibis.cases((t.n > 5, "hi"), (t.n > 0, "lo"), else_=None),
    "or with a missing part": lambda t: (t.text == "a") | (t.n > 3),
    "not": lambda t: ~t.flag,
    "md5": lambda t: t.text.hexdigest("md5"),
}

#: Tables.
TABLES: dict[str, Callable[[Any, Any], Any]] = {
    "groups": lambda t, o: t.group_by("text").agg(
        least=t.at.min(),
        most=t.on.max(),
        rows=t.count(),
        known=t.at.count(),
        different=t.n.nunique(),
        total=t.n.sum(),
        some=t.n.sum(where=t.n > 2),
        flags=(t.n > 2).sum(),
        any=t.flag.any(),
        mean=t.n.mean(),
    ),
    "texts joined in order": lambda t, o: (
        t.group_by("text")
        .agg(all=ibis.struct({"seq": -t.id, "value": t.n.cast("string")}).collect())
        .mutate(all=ibis._.all.sort().map(lambda e: e.value).join("; "))
    ),
    "different": lambda t, o: t.select("text", "flag").distinct(),
    "one of each": lambda t, o: t.filter(
        ibis.row_number().over(group_by=t.text, order_by=t.id) == 0
    ).select("id"),
    "union": lambda t, o: t.select("text").union(o.select("text"), distinct=False),
    "inner join": lambda t, o: t.join(o, "text").select("id", "m"),
    "left join": lambda t, o: t.left_join(o, "text").select("id", "m"),
    "join where missing is equal": lambda t, o: t.left_join(o, t.text.identical_to(o.text)).select(
        "id", "m"
    ),
    "anti join": lambda t, o: t.anti_join(o, "text").select("id"),
    "semi join": lambda t, o: t.semi_join(o, "text").select("id"),
    "table in memory": lambda t, o: t.left_join(
        ibis.memtable(
            {"text": ["a", "B"], "v": [1, None]}, schema={"text": "string", "v": "int64"}
        ),
        "text",
    ).select("id", "v"),
    "numbers spread": lambda t, o: t.filter(t.n > 0).select(
        "id", each=ibis.range(0, t.filter(t.n > 0).n).unnest()
    ),
    "first three": lambda t, o: t.order_by(_first(t), t.id).limit(3).select("id"),
    "no rows": lambda t, o: (
        lambda e: e.agg(
            n=e.count(), some=(e.n > 2).cast("int64").sum().fill_null(0), most=e.n.max()
        )
    )(t.filter(t.id < 0)),
}


@pytest.fixture(scope="module")
def pairs(duck: Any, spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The two tables on each engine: ((backend, rows, other), ...)."""
    folder: Path = tmp_path_factory.mktemp("portability")
    pq.write_table(ROWS, folder / "rows.parquet")
    pq.write_table(OTHER, folder / "other.parquet")
    return tuple(
        (
            backend,
            read_parquet(backend, folder / "rows.parquet", "portable_rows"),
            read_parquet(backend, folder / "other.parquet", "portable_other"),
        )
        for backend in (duck, spark)
    )


@pytest.fixture(scope="module")
def values(pairs: Any) -> list[Any]:
    """Every value of VALUES on each engine, in one query each."""
    names = {name: f"v{number}" for number, name in enumerate(VALUES)}
    found = []
    for backend, rows, _ in pairs:
        asked = rows.select("id", **{names[name]: made(rows) for name, made in VALUES.items()})
        table = fetch(backend, asked).sort_by("id")
        found.append(table.rename_columns(["id", *VALUES]))
    return found


@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_the_same_on_both(name: str, values: list[Any]) -> None:
    on_duck, on_spark = (table.column(name) for table in values)
    assert on_duck.type == on_spark.type
    assert on_duck.to_pylist() == on_spark.to_pylist()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_the_same_on_both(name: str, pairs: Any) -> None:
    on_duck, on_spark = (fetch(b, TABLES[name](rows, other)) for b, rows, other in pairs)
    assert on_duck.num_rows
    assert table_hash(on_duck) == table_hash(on_spark)


def test_values_written_by_hand(values: list[Any]) -> None:
    table = values[1]
    assert table["place, missing last"].to_pylist() == [4, 5, 8, 2, 3, 9, 0, 1, 6, 7]
    assert table["seconds between"][0].as_py() == -(67 * 86400 + 9000)
    assert table["the day after"][0].as_py() is None
    assert table["the day after"][2].as_py() == date(1900, 1, 1)
    assert table["moment as text"][6].as_py() == "0212-05-01 00:00:00"
    assert table["running sum"].to_pylist() == [1, 3, 3, -7, -7, 5, 5, 9, 10, -4]


#: What docs/engines.md says to keep away from: if one of these agrees one day, the page may say so.
TRAPS: dict[str, Callable[[Any], Any]] = {
    "hours by delta": lambda t: t.until.delta(t.at, unit="hour"),
    "fraction cast to a whole number": lambda t: (t.n / 2).cast("int64"),
    "hash": lambda t: t.text.hash(),
    "last of a window": lambda t: t.at.last().over(_so_far(t)),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_of_the_list_is_still_one(name: str, pairs: Any) -> None:
    found = [fetch(b, rows.select("id", v=TRAPS[name](rows))).sort_by("id") for b, rows, _ in pairs]
    assert found[0]["v"].to_pylist() != found[1]["v"].to_pylist()
