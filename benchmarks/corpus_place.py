"""Where the published workbooks are, for the benchmarks."""

from __future__ import annotations

import os
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]


def workbooks() -> list[Path]:
    """Return every workbook of the corpus in name order, or stop where there is none."""
    root = Path(os.environ.get("OPENLIFECYCLE_CORPUS", REPO.parent / "shared" / "corpus"))
    files = sorted((root / "ice_detention_statistics").glob("*.xlsx"))
    if not files:
        raise SystemExit(f"no workbooks in {root}: set OPENLIFECYCLE_CORPUS")
    return files
