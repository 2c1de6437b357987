"""Progress bars for long work, on stderr and only on a terminal."""

from __future__ import annotations

import sys
from types import TracebackType


def wants_progress() -> bool:
    """Return whether somebody is watching stderr."""
    return sys.stderr.isatty()


class TakeProgress:
    """The bar of ``olc take``: files looked at, and the download under way."""

    def __init__(self) -> None:
        """Make the bars; they show once the context is entered."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

        self._bars = Progress(
            "[progress.description]{task.description}",
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._files = self._bars.add_task("Taking", total=None)
        self._work = self._bars.add_task("", total=None, visible=False)
        self._download = self._bars.add_task("Downloading", total=None, visible=False)

    def __enter__(self) -> TakeProgress:
        """Show the bars."""
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bars away."""
        self._bars.stop()

    def files(self, total: int) -> None:
        """Set how many files there are."""
        self._bars.update(self._files, total=total)

    def advance(self, files: int = 1) -> None:
        """So many more are done; members of archives make the total grow."""
        self._bars.advance(self._files, files)

    def doing(self, what: str) -> None:
        """Show long work that has no parts to count."""
        self._bars.update(self._work, description=what, visible=True)

    def download(self, name: str, done: int, total: int | None) -> None:
        """Show the bytes of a download."""
        self._bars.update(
            self._download,
            description=f"Downloading {name}",
            completed=done,
            total=total,
            visible=done != total,
        )
