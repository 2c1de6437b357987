"""Published immigration-enforcement statistics: every release kept, every cell read.

>>> import openlifecycle as ol
>>> ol.open("my-store").ask("detained_population", on="2024-10-03")  # doctest: +SKIP
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openlifecycle.api import Session

__all__ = ["open"]


def open(store: str | os.PathLike[str] | None = None) -> Session:  # noqa: A001 - ol.open reads well
    """Return a session on a store: a folder, or the user's own store where none is named.

    Everything heavy (Polars, DuckDB, Ibis) is imported on the first call, not with the package.
    """
    from openlifecycle.api import open_store

    return open_store(store)
