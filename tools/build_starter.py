"""Builds the starter set of ``olc demo`` from the published workbooks. Deterministic.

The workbooks are taken into a throw-away store the normal way, under the publisher's own names;
then the observations of the chosen tables are written as one Parquet file, as printed.

    OPENLIFECYCLE_CORPUS=... python tools/build_starter.py
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow.parquet as pq

from openlifecycle.demo.selection import selected
from openlifecycle.demo.unpack import ACCOUNTS_FILE, OBSERVATIONS_FILE, RELEASES_FILE
from openlifecycle.vault.places import RECEIPT
from openlifecycle.vault.rows import ReleaseRow
from openlifecycle.vault.store import Store
from report import REPO

OUT: Final = REPO / "src" / "openlifecycle" / "demo" / "starter"
LIMIT: Final = 2_000_000
_ARCHIVE_PREFIX: Final = re.compile(r"^\d{14}-")


def corpus() -> Path:
    """Return the folder of workbooks, or stop."""
    root = Path(os.environ.get("OPENLIFECYCLE_CORPUS", REPO.parent / "shared" / "corpus"))
    folder = root / "ice_detention_statistics"
    if not folder.is_dir():
        raise SystemExit(f"no workbooks in {folder}: set OPENLIFECYCLE_CORPUS")
    return folder


def under_own_names(folder: Path, out: Path) -> None:
    """Copy each workbook under the name that the publisher gave it, each in a folder of its own."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as handle:
        # In the order of the manifest, which is that of time: which release follows which under
        # one name depends on the order of taking.
        for number, row in enumerate(csv.DictReader(handle)):
            first = row["original_name"].split(";")[0]
            place = out / f"{number:03d}" / _ARCHIVE_PREFIX.sub("", first)
            place.parent.mkdir(parents=True)
            shutil.copyfile(folder / row["file"], place)


def take(files: Path, store: Path) -> Store:
    """Take a folder of workbooks into a new store, the way a person does."""
    words = [sys.executable, "-m", "openlifecycle", "take", "--store", str(store), str(files)]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"olc take ended {done.returncode}:\n{done.stdout}{done.stderr}")
    return Store.open(store)


def release_record(row: ReleaseRow) -> dict[str, Any]:
    """Return a release as JSON, without what is no fact about it or stands in its account.

    When this tool took it says nothing of the release; the stated dates stand in the account.
    """
    stated = row.published_on or row.as_of
    received = datetime.combine(stated, time(), tzinfo=UTC).isoformat()
    return {**row.as_dict(), "received_at": received, "dates": []}


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write a small, deterministic Parquet file."""
    words = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    pq.write_table(
        frame.to_arrow(compat_level=pl.CompatLevel.oldest()),
        path,
        compression="zstd",
        compression_level=22,
        use_dictionary=[*words, "as_of", "period_start", "period_end"],
        row_group_size=1 << 20,
        data_page_size=1 << 20,
        store_schema=False,
        write_statistics=False,
    )


def main() -> None:
    """Build the three files of the starter set and say what they hold."""
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "files"
        under_own_names(corpus(), files)
        store = take(files, Path(folder) / "store")
        releases = store.releases()
        frames = [pl.read_parquet(p) for p in store.observation_files(releases[0].series)]
        accounts = {
            row.release_id: row.path.read_text(encoding="utf-8")
            for row in store.derived()
            if row.table == RECEIPT
        }
        chosen = selected(pl.concat(frames), [row.release_id for row in releases])
        OUT.mkdir(parents=True, exist_ok=True)
        write_parquet(chosen, OUT / OBSERVATIONS_FILE)
        order = [row.release_id for row in releases]
        told = pl.DataFrame({"release_id": order, "account": [accounts[r] for r in order]})
        told.write_parquet(OUT / ACCOUNTS_FILE, compression="zstd", compression_level=22)
        records = [release_record(row) for row in releases]
        text = json.dumps(records, ensure_ascii=False, indent=1, sort_keys=True)
        (OUT / RELEASES_FILE).write_text(text + "\n", encoding="utf-8")
    for name in (OBSERVATIONS_FILE, ACCOUNTS_FILE, RELEASES_FILE):
        print(f"{name:<24}{(OUT / name).stat().st_size:>10,} bytes")
    print(f"{chosen.height:,} observations of {len(releases)} releases")
    if (OUT / OBSERVATIONS_FILE).stat().st_size > LIMIT:
        raise SystemExit(f"observations.parquet is over {LIMIT:,} bytes: select less")


if __name__ == "__main__":
    main()
