"""Spark in local mode, set so that it answers as DuckDB does: no zone, no locale, no chance."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any, Final

from openlifecycle.errors import UsageError

#: Spark 4 does not start on an older Java.
OLDEST_JAVA: Final = 17

#: What makes two engines agree. Each session is told, also where somebody else started Spark.
AGREEMENT: Final = {
    "spark.sql.session.timeZone": "UTC",
    # a time of the records is digits on a wall clock: without a zone, as in DuckDB
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # a bad cast or an overflow is an error, as in DuckDB, and not a silent null
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.parquet.compression.codec": "zstd",
}

#: What Spark is started with: quiet, and nothing listens on the network.
START: Final = {
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.catalogImplementation": "in-memory",
}


def java_or_none() -> Path | None:
    """Return the Java that Spark would start (JAVA_HOME, else the PATH), None where there is none.

    A Java that is too old counts as none.
    """
    home = os.environ.get("JAVA_HOME", "")
    found = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not found or not Path(found).exists():
        return None
    # S603: the Java that Spark itself would start
    said = subprocess.run([found, "-version"], capture_output=True, text=True)  # noqa: S603
    version = re.search(r'version "(?:1\.)?(\d+)', said.stderr + said.stdout)
    if said.returncode or version is None or int(version.group(1)) < OLDEST_JAVA:
        return None
    return Path(found)


def open_spark(*, memory_limit: str | None = None, temp: Path | None = None) -> Any:
    """Return the Ibis backend of a new session of this process's Spark, started if there is none.

    Memory and folder are those of the first session: there is one Spark in a process.

    Raises:
        UsageError: pyspark or Java is not there; the message says what to install.
    """
    try:
        import pyspark.sql  # noqa: F401
    except ModuleNotFoundError as missing:
        raise UsageError(
            "the engine 'spark' needs the package pyspark, which is not installed",
            next_step="pip install 'openlifecycle[spark]', or unset OPENLIFECYCLE_ENGINE",
        ) from missing
    if java_or_none() is None:
        raise UsageError(
            f"the engine 'spark' needs Java {OLDEST_JAVA} or newer, and there is none",
            where="JAVA_HOME" if os.environ.get("JAVA_HOME") else "PATH",
            next_step="apt-get install -y openjdk-17-jre-headless, or unset OPENLIFECYCLE_ENGINE",
        )
    with warnings.catch_warnings():
        # pyspark warns of pandas 3 while it loads functions that nothing here uses
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
        return _started(memory_limit, temp)


def _started(memory_limit: str | None, temp: Path | None) -> Any:
    from pyspark.sql import SparkSession

    from openlifecycle.engine.spark_backend import connect

    cores = os.cpu_count() or 1
    builder = SparkSession.builder.master(f"local[{cores}]").appName("openlifecycle")
    for key, value in {**START, **AGREEMENT, **_sized(cores, memory_limit, temp)}.items():
        builder = builder.config(key, value)
    # names of tables belong to a session: two rule sets opened side by side have the same names
    session = builder.getOrCreate().newSession()
    for key, value in AGREEMENT.items():
        session.conf.set(key, value)
    return connect(session)


def _sized(cores: int, memory_limit: str | None, temp: Path | None) -> dict[str, str]:
    """Return the settings that depend on the machine and on what the caller allows."""
    quiet = Path(__file__).with_name("spark_log.properties")
    options = f"-Duser.timezone=UTC -Dlog4j2.configurationFile={quiet.as_uri()}"
    sized = {
        # 200 tasks, Spark's own default, cost more than the work of a million rows
        "spark.sql.shuffle.partitions": str(2 * cores),
        "spark.driver.extraJavaOptions": options,
        "spark.driver.memory": "2g",
    }
    if memory_limit:
        sized["spark.driver.memory"] = _jvm_size(memory_limit)
    if temp is not None:
        temp.mkdir(parents=True, exist_ok=True)
        sized["spark.local.dir"] = str(temp)
        sized["spark.sql.warehouse.dir"] = str(temp / "warehouse")
    return sized


def _jvm_size(text: str) -> str:
    """Return a size as the Java machine writes it: ``2GB`` is ``2000m``, ``2GiB`` is ``2048m``."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT])(i?)B?\s*", text, re.IGNORECASE)
    if found is None:
        raise UsageError(f"{text!r} is no size of memory", next_step="write 2GB or 800MB")
    base = 1024 if found.group(3) else 1000
    power = "KMGT".index(found.group(2).upper()) - 1
    return f"{int(float(found.group(1)) * base**power)}m"
