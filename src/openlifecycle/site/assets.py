"""What pages load beside themselves: our few files, and what comes out of installed packages.

An address holds the start of the content's hash, so a browser keeps it for good.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from typing import Final

from openlifecycle.errors import UsageError
from openlifecycle.publishing.drawing import drawn, made_by

ROOT: Final = "/assets"
_MEDIA: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
#: Files made from installed packages, by name: what makes the bytes, and their kind.
_MADE: Final[dict[str, tuple[Callable[[], bytes], str]]] = {}
#: Files that take seconds to make: what their address is made of in the place of the content, so
#: that a page which names them need not wait for them.
_SLOW: Final[dict[str, tuple[Callable[[], bytes], str, Callable[[], str]]]] = {
    "vega.js": (partial(drawn, "bundle"), _MEDIA["js"], made_by),
}


@dataclass(frozen=True)
class Asset:
    """One file, with the hash in its address."""

    name: str
    make: Callable[[], bytes]
    media: str
    version: str = ""

    @property
    def body(self) -> bytes:
        """Return its content; it may take seconds the first time."""
        return self.make()

    @property
    def address(self) -> str:
        """Return where it is served."""
        said = self.version.encode() or self.body
        return f"{ROOT}/{hashlib.sha256(said).hexdigest()[:12]}/{self.name}"


@cache
def asset(name: str) -> Asset:
    """Return a file by name, or raise UsageError."""
    own = resources.files("openlifecycle.site") / "static" / name
    if "/" not in name and own.is_file():
        body = own.read_bytes()
        return Asset(name, lambda: body, _MEDIA[name.rpartition(".")[2]])
    if name in _MADE:
        make, media = _MADE[name]
        return Asset(name, cache(make), media)
    if name in _SLOW:
        make, media, version = _SLOW[name]
        return Asset(name, cache(make), media, version())
    raise UsageError(f"there is no file {name!r} here")
