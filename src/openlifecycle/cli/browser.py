"""Opening an address in the reader's browser, where there is a display."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress


def has_display() -> bool:
    """Return whether a browser with a window could be opened here.

    Without this, a machine without a display would be given a browser of text, in the terminal
    that the server's log is written to.
    """
    if sys.platform in ("darwin", "win32"):
        return not os.environ.get("SSH_CONNECTION")
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_in_browser(address: str) -> None:
    """Open an address in the background; where that fails, the printed address is enough."""
    if has_display():
        threading.Thread(target=_try, args=(address,), daemon=True).start()


def _try(address: str) -> None:
    import webbrowser

    with suppress(Exception):  # whatever a desktop does wrong, the server goes on
        webbrowser.open(address)
