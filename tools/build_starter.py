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
from datetime import UTC, datetime, time, timedelta
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
README_FILE: Final = "README.md"
FILES: Final = (OBSERVATIONS_FILE, ACCOUNTS_FILE, RELEASES_FILE, README_FILE)
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


def release_record(row: ReleaseRow, place: int, statuses: dict[str, int]) -> dict[str, Any]:
    """Return a release as JSON, without what is no fact about it or stands in its account.

    When this tool took it says nothing of the release, but of two releases of one day the order
    does: the second of the day is its place among all. The stated dates stand in the account;
    the observations by status are those that the starter set carries.
    """
    stated = row.published_on or row.as_of
    received = (datetime.combine(stated, time(), tzinfo=UTC) + timedelta(seconds=place)).isoformat()
    return {**row.as_dict(), "received_at": received, "dates": [], "statuses": statuses}


def statuses(rows: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Return the number of observations of each release by status."""
    found: dict[str, dict[str, int]] = {}
    counted = rows.group_by("release_id", "status").len().sort("release_id", "status")
    for release, status, count in counted.iter_rows():
        found.setdefault(release, {})[status] = count
    return found


def readme(releases: list[ReleaseRow], rows: pl.DataFrame) -> str:
    """Return the page that says what the starter set is and which releases it was made from."""
    listed = "\n".join(
        f"| {row.names[0]} | {row.published_on or 'not known'} | {row.as_of} "
        f"| `{row.release_id}` | `{row.sha256}` |"
        for row in releases
    )
    return README.format(rows=rows.height, releases=len(releases), table=listed)


README: Final = """\
# The starter set

{rows:,} published figures from {releases} releases of ICE Detention Statistics, FY2019 to
FY2026, so that `olc demo` answers with nothing to download. Written by `tools/build_starter.py`:
do not edit.

- `observations.parquet`: one row per printed cell, as published, with release, sheet and cell
  ([columns](../../../../docs/generated/dictionary.md)). Recorded corrections are in it as well
  (`edition`, `correction_id`).
- `accounts.parquet`: for each release, the receipt of all its cells, what reading found, its dates.
- `releases.json`: for each release, names, hash, dates. `received_at` is the day of publication,
  its seconds the place in the order of taking.

**How it was made.** Each workbook was taken into an empty store with `olc take`, under the name
its publisher gave it, and read like any other. Kept are the observations of every table of every
release on visible sheets; of the list of facilities, which is half of every workbook, only those
of the last release of each fiscal year and of the last three. Nothing was rounded, filled in or
left out otherwise. The same workbooks give the same bytes.

**What it is not.** The workbooks themselves are not here; the hashes below say which they were.
Take your own copies (`olc take FILES`) to have everything and to prove it with `olc verify`.

**Licence.** Works of the United States Government: no copyright in the United States (17 U.S.C.
105).

| workbook | published | as of | release | sha256 |
|---|---|---|---|---|
{table}
"""


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


def build(corpus_folder: Path, out: Path) -> None:
    """Write the files of the starter set into a folder."""
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "files"
        under_own_names(corpus_folder, files)
        store = take(files, Path(folder) / "store")
        releases = store.releases()
        frames = [pl.read_parquet(p) for p in store.observation_files(releases[0].series)]
        accounts = {
            row.release_id: row.path.read_text(encoding="utf-8")
            for row in store.derived()
            if row.table == RECEIPT
        }
    order = [row.release_id for row in releases]
    chosen = selected(pl.concat(frames), order)
    out.mkdir(parents=True, exist_ok=True)
    write_parquet(chosen, out / OBSERVATIONS_FILE)
    told = pl.DataFrame({"release_id": order, "account": [accounts[r] for r in order]})
    told.write_parquet(out / ACCOUNTS_FILE, compression="zstd", compression_level=22)
    counts = statuses(chosen)
    records = [
        release_record(row, place, counts[row.release_id]) for place, row in enumerate(releases)
    ]
    text = json.dumps(records, ensure_ascii=False, indent=1, sort_keys=True)
    (out / RELEASES_FILE).write_text(text + "\n", encoding="utf-8")
    (out / README_FILE).write_text(readme(releases, chosen), encoding="utf-8")


def main() -> None:
    """Build the starter set and say how large its files are."""
    build(corpus(), OUT)
    for name in FILES:
        print(f"{name:<24}{(OUT / name).stat().st_size:>10,} bytes")
    if (OUT / OBSERVATIONS_FILE).stat().st_size > LIMIT:
        raise SystemExit(f"observations.parquet is over {LIMIT:,} bytes: select less")


if __name__ == "__main__":
    main()
