"""Where things live on this machine, and the names of the environment variables that say so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

STORE_ENV: Final = "OPENLIFECYCLE_STORE"
DEBUG_ENV: Final = "OPENLIFECYCLE_DEBUG"
CORPUS_ENV: Final = "OPENLIFECYCLE_CORPUS"


def store_path(given: str | Path | None = None) -> Path:
    """Return the store's folder: as given, else OPENLIFECYCLE_STORE, else in the user's data.

    Args:
        given: the value of ``--store``; None where the person said nothing.
    """
    named = given or os.environ.get(STORE_ENV)
    if named:
        return Path(named).expanduser()
    # Imported here: `olc --help` needs no folder.
    import platformdirs

    return Path(platformdirs.user_data_path("openlifecycle")) / "store"
