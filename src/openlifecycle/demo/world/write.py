"""Write a world: its releases in one layout and form, its truth beside them, and what it is."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Final

from openlifecycle.demo.world.build import World
from openlifecycle.demo.world.names import MARK, METADATA
from openlifecycle.demo.world.originals import write_originals
from openlifecycle.demo.world.processed import write_processed
from openlifecycle.errors import UsageError

FORMS: Final = ("original", "processed")
TRUTH: Final = "truth"
ABOUT: Final = "SYNTHETIC.json"


def write_world(world: World, folder: Path, form: str = "original") -> list[Path]:
    """Write the releases and the truth of a world into a folder; return the release files.

    Args:
        world: what to write.
        folder: a new or empty folder; made where missing.
        form: ``original`` (as the publisher gives it) or ``processed`` (one Parquet a table).

    Raises:
        UsageError: no such form, or the folder holds something already.
    """
    if form not in FORMS:
        raise UsageError(f"there is no form {form!r}", nearest=", ".join(FORMS))
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(
            "the folder holds something already; it was left alone",
            where=str(folder),
            next_step="name a new or empty folder with --out",
        )
    releases = folder / "releases"
    releases.mkdir(parents=True, exist_ok=True)
    write = write_originals if form == "original" else write_processed
    files = [path for table in world.tables for path in write(world, table, releases)]
    _write_truth(world, folder / TRUTH)
    about = {
        "note": MARK,
        "persons": world.persons,
        "seed": world.seed,
        "layout": world.layout,
        "form": form,
        "start": world.start.isoformat(),
        "through": world.through.isoformat(),
        "rates": dataclasses.asdict(world.rates),
        "rows": {table: frame.height for table, frame in world.tables.items()},
        "files": [path.name for path in files],
    }
    (folder / ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return files


def _write_truth(world: World, folder: Path) -> None:
    folder.mkdir()
    for name, frame in world.truth.items():
        frame.write_parquet(
            folder / f"SYNTHETIC truth {name}.parquet", compression="zstd", metadata=METADATA
        )
