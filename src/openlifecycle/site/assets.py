"""What pages load beside themselves: our few files, and what comes out of installed packages.

An address holds the start of the content's hash, so a browser keeps it for good.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Final

from openlifecycle.errors import UsageError

ROOT: Final = "/assets"
_MEDIA: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
#: Files made from installed packages, by name: what makes the bytes, and their kind.
_MADE: Final[dict[str, tuple[Callable[[], bytes], str]]] = {}


@dataclass(frozen=True)
class Asset:
    """One file, with the hash in its address."""

    name: str
    body: bytes
    media: str
    packed: dict[str, bytes] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Return where it is served."""
        digest = hashlib.sha256(self.body).hexdigest()[:12]
        return f"{ROOT}/{digest}/{self.name}"


@cache
def asset(name: str) -> Asset:
    """Return a file by name, or raise UsageError."""
    own = resources.files("openlifecycle.site") / "static" / name
    if "/" not in name and own.is_file():
        return Asset(name, own.read_bytes(), _MEDIA[name.rpartition(".")[2]])
    if name in _MADE:
        make, media = _MADE[name]
        return Asset(name, make(), media)
    raise UsageError(f"there is no file {name!r} here")
