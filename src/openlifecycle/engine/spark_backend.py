"""Ibis' Spark backend with Arrow at both ends.

Ibis moves rows in and out of Spark through pandas, where a missing whole number becomes a fraction
and a missing text a NaN. Import it only where Java is known to be there.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import ibis.expr.operations as ops
from ibis.backends.pyspark import Backend
from ibis.backends.pyspark.datatypes import PySparkType
from pyspark.sql.functions import col
from pyspark.sql.types import TimestampNTZType


class LocalSpark(Backend):  # type: ignore[misc]  # ibis ships no types
    """A Spark session that gives and takes Arrow tables."""

    def _register_in_memory_table(self, op: ops.InMemoryTable) -> None:
        table = op.data.to_pyarrow(op.schema)
        self._session.createDataFrame(table).createOrReplaceTempView(op.name)

    def frame(self, expression: Any) -> Any:
        """Return the Spark frame of an expression, in the types that Ibis promised.

        Spark numbers rows in 32 bits and truncates a moment into one with a zone.
        """
        self._run_pre_execute_hooks(expression)
        table = expression.as_table()
        frame = self._session.sql(self.compile(table))
        given = {field.name: field.dataType for field in frame.schema.fields}
        wanted = {name: _wanted(promised) for name, promised in table.schema().items()}
        changed = {n: col(n).cast(kind) for n, kind in wanted.items() if kind != given[n]}
        return frame.withColumns(changed) if changed else frame

    def to_pyarrow(self, expr: Any, /, **unused: Any) -> Any:
        """Return the rows of an expression as an Arrow table of the types that Ibis promised."""
        from ibis.formats.pyarrow import PyArrowSchema

        table = self.frame(expr).toArrow()
        table = table.cast(PyArrowSchema.from_ibis(expr.as_table().schema()))
        return expr.__pyarrow_result__(table)

    def execute(self, expr: Any, /, **unused: Any) -> Any:
        """Return the rows of an expression as a pandas frame, by way of Arrow."""
        table = self.to_pyarrow(expr.as_table())
        return expr.__pandas_result__(table.to_pandas())

    def to_parquet(self, expr: Any, /, path: str | Path, **unused: Any) -> None:
        """Write one Parquet file: Spark writes a folder, of which the single part is moved."""
        wanted = Path(path)
        folder = wanted.with_name(f".{wanted.name}.parts")
        shutil.rmtree(folder, ignore_errors=True)
        self.frame(expr).coalesce(1).write.parquet(str(folder))
        (part,) = folder.glob("*.parquet")
        part.replace(wanted)
        shutil.rmtree(folder)

    def hold(self, expr: Any, name: str) -> Any:
        """Compute an expression now and keep its rows (in memory, then on disk) under a name."""
        # a checkpoint, not a cache: the steps before it are no longer part of each later plan,
        # and planning them again and again costs Spark more than a million rows do
        self.frame(expr).localCheckpoint().createOrReplaceTempView(name)
        return self.table(name)

    def name_view(self, expr: Any, name: str) -> Any:
        """Name an expression without computing it, and return it as an Ibis table."""
        self.frame(expr).createOrReplaceTempView(name)
        return self.table(name)

    def read_files(self, files: list[Path], name: str) -> Any:
        """Return an Ibis table over Parquet files."""
        self._session.read.parquet(*[str(f) for f in files]).createOrReplaceTempView(name)
        return self.table(name)


def _wanted(promised: Any) -> Any:
    """Return the Spark type of an Ibis type; a moment has no zone, whatever Ibis says of Spark."""
    return TimestampNTZType() if promised.is_timestamp() else PySparkType.from_ibis(promised)


def connect(session: Any) -> Any:
    """Return the backend of a session."""
    # pyspark writes a failed query and a hundred lines of Java to the terminal before it raises
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    backend = LocalSpark()
    backend.register_options()
    backend.do_connect(session)
    return backend
