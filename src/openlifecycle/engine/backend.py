"""Open the place where record questions run: DuckDB by default, Spark by name.

The lifecycle is Ibis expressions that run on either; docs/engines.md says what they keep away from.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from openlifecycle.errors import UsageError
from openlifecycle.lifecycle.build_steps import VIEW

#: Which engine answers record questions: ``duckdb`` (default) or ``spark``.
ENGINE_ENV: Final = "OPENLIFECYCLE_ENGINE"
#: How much memory an engine may take, as DuckDB writes sizes: 2GB, 800MB.
MEMORY_ENV: Final = "OPENLIFECYCLE_MEMORY"

DUCKDB: Final = "duckdb"
SPARK: Final = "spark"
ENGINES: Final = (DUCKDB, SPARK)

#: Held by who changes how Ibis compiles.
_COMPILING: Final = threading.RLock()


def engine_name(name: str | None = None) -> str:
    """Return the engine asked for by name, else by the environment, else DuckDB.

    Raises:
        UsageError: no engine of that name; the message names those that there are.
    """
    asked = (name or os.environ.get(ENGINE_ENV, "") or DUCKDB).strip().lower()
    if asked not in ENGINES:
        raise UsageError(
            f"there is no engine {asked!r}",
            where="the argument" if name else ENGINE_ENV,
            nearest=", ".join(ENGINES),
            next_step=f"unset {ENGINE_ENV}, or set it to one of these",
        )
    return asked


def open_backend(
    name: str | None = None,
    *,
    memory_limit: str | None = None,
    temp: Path | None = None,
) -> Any:
    """Return an Ibis backend to run the lifecycle's expressions on.

    Args:
        name: ``duckdb`` or ``spark``; without it the environment decides, else DuckDB.
        memory_limit: what the engine may hold in memory, such as ``2GB``; beyond it, it spills.
        temp: folder to spill into, inside the store: what is spilled are rows about people.
            Without it DuckDB spills nothing and Spark into the machine's own folder.

    Raises:
        UsageError: an unknown engine, a size that is none, or pyspark or Java not there.
    """
    limit = memory_limit or os.environ.get(MEMORY_ENV, "") or None
    if engine_name(name) == SPARK:
        from openlifecycle.engine.spark import open_spark

        return open_spark(memory_limit=limit, temp=temp)
    return _open_duckdb(limit, temp)


def _open_duckdb(memory_limit: str | None, temp: Path | None) -> Any:
    import duckdb
    import ibis

    # nothing is fetched: an engine that downloads extensions is an engine that calls home
    config: dict[str, Any] = {"autoinstall_known_extensions": "false", "temp_directory": ""}
    if memory_limit:
        config["memory_limit"] = memory_limit
        # rows carry row_id; keeping their order would hold back whole results in memory
        config["preserve_insertion_order"] = "false"
    if temp is not None:
        temp.mkdir(parents=True, exist_ok=True)
        config["temp_directory"] = str(temp)
    try:
        connection = duckdb.connect(":memory:", config=config)
    except (duckdb.ParserException, duckdb.InvalidInputException) as wrong:
        raise UsageError(
            f"DuckDB cannot be opened with these limits: {wrong}",
            where=f"memory_limit={memory_limit}",
            next_step="write a size such as 2GB or 800MB",
        ) from wrong
    return ibis.duckdb.from_connection(connection)


def read_parquet(backend: Any, paths: Path | Iterable[Path], name: str) -> Any:
    """Return an Ibis table over Parquet files, under a name, with no time zone anywhere.

    A folder stands for the files in it.
    """
    given = [paths] if isinstance(paths, Path) else list(paths)
    files = [f for p in given for f in (sorted(p.glob("*.parquet")) if p.is_dir() else [p])]
    if not files:
        raise UsageError(f"there is no file to read {name} from")
    if backend.name == DUCKDB:
        # a folder part=3 must not become a column part
        named = [str(f) for f in files]
        return backend.read_parquet(named, table_name=name, hive_partitioning=False)
    return backend.read_files(files, name)


def fetch(backend: Any, expression: Any) -> Any:
    """Return the rows of an expression as an Arrow table; equal on every engine but for order."""
    if backend.name != DUCKDB or not hasattr(expression, "schema"):
        return backend.to_pyarrow(expression)
    from ibis.formats.pyarrow import PyArrowSchema

    backend._run_pre_execute_hooks(expression)  # tables in memory get their names
    table = backend.con.sql(unfused(backend, expression)).to_arrow_table()
    return table.cast(PyArrowSchema.from_ibis(expression.schema()))


def unfused(backend: Any, expression: Any) -> str:
    """Return the DuckDB query of an Ibis expression, one select for each step of it.

    Ibis otherwise puts steps together by writing a column out wherever it is used: such a query
    means the same and takes twice as long to compile. The option is Ibis' own global, so it is put
    back for whoever else uses Ibis, and nobody else here changes it meanwhile.
    """
    import ibis

    with _COMPILING:
        before = ibis.options.sql.fuse_selects
        ibis.options.sql.fuse_selects = False
        try:
            return str(backend.compile(expression))
        finally:
            ibis.options.sql.fuse_selects = before


def fetch_with_query(backend: Any, expression: Any) -> tuple[Any, str]:
    """Return the rows of a table expression as ``fetch`` does, and the query that gave them.

    To compile a question takes Ibis about as long as DuckDB takes to answer it, so it is done once.
    """
    from ibis.formats.pyarrow import PyArrowSchema

    if backend.name != DUCKDB:
        return fetch(backend, expression), str(backend.compile(expression))
    backend._run_pre_execute_hooks(expression)  # tables in memory get their names
    query = str(backend.compile(expression))
    table = backend.con.sql(query).to_arrow_table()
    return table.cast(PyArrowSchema.from_ibis(expression.schema())), query


def query_of(backend: Any, expression: Any) -> str:
    """Return the query of a table expression, not run."""
    if backend.name == DUCKDB:
        backend._run_pre_execute_hooks(expression)  # tables in memory get their names
    return str(backend.compile(expression))


def hold(backend: Any, expression: Any, name: str) -> Any:
    """Compute an expression once, keep it under a name, and return it as an Ibis table.

    A step that several later ones read is otherwise computed once for each of them.
    """
    if backend.name != DUCKDB:
        return backend.hold(expression, name)
    backend._run_pre_execute_hooks(expression)  # tables in memory get their names
    query = unfused(backend, expression)
    # the types that Ibis promised, which are not always those that DuckDB comes to
    columns = expression.schema().to_sqlglot_column_defs(backend.dialect)
    told = ", ".join(column.sql(backend.dialect) for column in columns)
    backend.raw_sql(f'CREATE OR REPLACE TEMP TABLE "{name}" ({told})')
    backend.raw_sql(f'INSERT INTO "{name}" {query}').fetchall()
    return backend.table(name, database=("temp", "main"))


def keep_step(backend: Any, expression: Any, name: str) -> Any:
    """Keep a step of a build: views of event tables by name only, everything else computed once.

    A wide table that several later steps read is never copied that way.
    """
    if VIEW not in name:
        return hold(backend, expression, name)
    if backend.name == DUCKDB:
        backend._run_pre_execute_hooks(expression)  # tables in memory get their names
        backend.raw_sql(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {backend.compile(expression)}')
        return backend.table(name)
    return backend.name_view(expression, name)


def write_parquet(backend: Any, expression: Any, path: Path, order: Sequence[str] = ()) -> Path:
    """Write the rows of an expression into one Parquet file and return its path."""
    ordered = expression.order_by(list(order)) if order else expression
    if backend.name == DUCKDB:
        backend.to_parquet(ordered, path, compression="zstd")
    else:
        backend.to_parquet(ordered, path)
    return path
