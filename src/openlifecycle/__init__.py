"""Published immigration-enforcement statistics: every release kept, every cell read.

>>> import openlifecycle as ol
>>> ol.open("my-store").ask("detained_population", on="2024-10-03")  # doctest: +SKIP
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from openlifecycle.api import Session

__all__ = ["open"]


def open(store: str | os.PathLike[str] | None = None) -> Session:  # noqa: A001 - ol.open reads well
    """Return a session on a store: a folder, a server's address, or else the user's own store.

    ``http://...`` is the address of an ``olc serve``: what is asked then is answered there.
    Everything heavy (Polars, DuckDB, Ibis) is imported on the first call, not with the package.
    """
    if isinstance(store, str) and store.startswith(("http://", "https://")):
        from openlifecycle.remote.session import RemoteSession

        # the same face by shape, as far as it is served; tests/serving holds the two together
        return cast("Session", RemoteSession(store))
    from openlifecycle.api import open_store

    return open_store(store)
