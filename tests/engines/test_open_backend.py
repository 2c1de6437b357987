"""Which engine is opened, and what is said when it cannot be."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openlifecycle.engine.backend import (
    ENGINE_ENV,
    engine_name,
    fetch,
    hold,
    open_backend,
    read_parquet,
    write_parquet,
)
from openlifecycle.errors import UsageError


def test_duckdb_is_the_engine_when_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENGINE_ENV, raising=False)
    assert engine_name() == "duckdb"
    assert open_backend().name == "duckdb"


def test_the_environment_names_the_engine_and_an_argument_wins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(ENGINE_ENV, "Spark ")
    assert engine_name() == "spark"
    assert engine_name("duckdb") == "duckdb"


def test_an_unknown_engine_is_refused_with_those_that_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(ENGINE_ENV, "sqlite")
    with pytest.raises(UsageError) as refused:
        open_backend()
    assert refused.value.where == ENGINE_ENV
    assert refused.value.nearest == "duckdb, spark"


def test_spark_without_java_says_what_to_install(no_java: None) -> None:
    pytest.importorskip("pyspark")
    with pytest.raises(UsageError) as refused:
        open_backend("spark")
    assert "Java 17" in refused.value.what
    assert "openjdk-17" in refused.value.next_step


@pytest.mark.parametrize("said", ['openjdk version "11.0.2"', 'java version "1.8.0_392"', "?"])
def test_a_java_that_is_too_old_counts_as_none(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyspark")
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho '{said}' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UsageError) as refused:
        open_backend("spark")
    assert refused.value.where == "JAVA_HOME"


def test_spark_without_pyspark_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(UsageError) as refused:
        open_backend("spark")
    assert "openlifecycle[spark]" in refused.value.next_step


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_a_size_that_is_none_is_refused(engine: str) -> None:
    if engine == "spark":
        pytest.importorskip("pyspark")
    with pytest.raises(UsageError, match="much"):
        open_backend(engine, memory_limit="much")


def _largest_place(memory_limit: str, temp: Path | None) -> int:
    """Sort four million texts, about 200 MB, and return the place of the last."""
    backend = open_backend("duckdb", memory_limit=memory_limit, temp=temp)
    rows = ibis.range(0, 4_000_000).unnest().name("n").as_table()
    texts = rows.mutate(text=rows.n.cast("string").hexdigest("md5"))
    placed = texts.mutate(place=ibis.row_number().over(order_by=[texts.text, texts.n]))
    found: int = fetch(backend, placed.place.max()).as_py()
    return found


def test_duckdb_spills_into_the_named_folder_and_finishes(tmp_path: Path) -> None:
    assert _largest_place("80MB", tmp_path / "spill") == 3_999_999
    assert list((tmp_path / "spill").iterdir()) == []


def test_duckdb_spills_nowhere_when_no_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # its own habit is a folder .tmp right here
    with pytest.raises(duckdb.OutOfMemoryException):
        _largest_place("80MB", None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.xdist_group("spark")
@pytest.mark.parametrize("engine", ["duck", "spark"])
def test_rows_come_out_as_they_went_in(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    backend: Any = request.getfixturevalue(engine)
    table = pa.table(
        {
            "row_id": pa.array([0, 1, 2], pa.int64()),
            # the night when clocks go forward, and a year that cannot be
            "at": pa.array(["2025-03-09T02:30:00", None, "0212-05-01T00:00:00"]).cast(
                pa.timestamp("us")
            ),
            "on": pa.array(["2025-01-31", "1899-12-31", None]).cast(pa.date32()),
            "count": pa.array([1, None, 3], pa.int64()),
            "text": pa.array(["é", None, ""]),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    rows = read_parquet(backend, tmp_path / "in.parquet", f"{engine}_in")
    assert fetch(backend, rows).sort_by("row_id").equals(table)
    held = hold(backend, rows.filter(rows.row_id > 0), f"{engine}_held")
    written = write_parquet(backend, held, tmp_path / "out.parquet", order=["row_id"])
    # DuckDB writes a column without missing values as one that must have none
    assert pq.read_table(written).cast(table.schema).equals(table.slice(1))


@pytest.mark.xdist_group("spark")
def test_a_missing_number_of_a_table_in_memory_stays_missing(spark: Any) -> None:
    rows = ibis.memtable({"a": [1, None]}, schema={"a": "int64"})
    assert sorted(fetch(spark, rows)["a"].to_pylist(), key=str) == [1, None]


@pytest.mark.xdist_group("spark")
@pytest.mark.parametrize("engine", ["duck", "spark"])
def test_a_folder_stands_for_its_files_and_its_name_is_no_column(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    backend: Any = request.getfixturevalue(engine)
    folder = tmp_path / "part=3"
    folder.mkdir()
    for number in (1, 2):
        pq.write_table(pa.table({"a": pa.array([number])}), folder / f"{number}.parquet")
    rows = read_parquet(backend, folder, f"{engine}_folder")
    assert sorted(fetch(backend, rows).to_pylist(), key=str) == [{"a": 1}, {"a": 2}]


@pytest.mark.xdist_group("spark")
@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_two_that_are_open_may_use_one_name(engine: str, spark: Any, tmp_path: Path) -> None:
    found = []
    for number in (1, 2):
        backend = open_backend(engine)
        pq.write_table(pa.table({"a": pa.array([number])}), tmp_path / f"{number}.parquet")
        rows = read_parquet(backend, tmp_path / f"{number}.parquet", "same_name")
        found.append((backend, rows, hold(backend, rows.mutate(b=rows.a), "same_step")))
    for number, (backend, rows, step) in enumerate(found, start=1):
        assert fetch(backend, rows)["a"].to_pylist() == [number]
        assert fetch(backend, step)["b"].to_pylist() == [number]


def test_no_file_is_refused(duck: Any) -> None:
    with pytest.raises(UsageError, match="no file"):
        read_parquet(duck, [], "stints")
