"""What draws: here in a command, in a process of its own beside a server.

Drawing holds Python's lock for tenths of a second, and making the bundle for browsers holds it for
seconds: in a server nobody else would be answered meanwhile.
"""

from __future__ import annotations

import atexit
import json
import signal
import subprocess
import sys
import threading
from functools import cache
from importlib import metadata
from typing import IO, Final

#: ``svg`` and ``png`` of a Vega-Lite chart; ``vega``, what a browser draws of it; ``bundle``, the
#: browser's own Vega with all it needs.
KINDS: Final = ("svg", "png", "vega", "bundle")

#: Points of a PNG in each direction for one of the picture.
_SCALE: Final = 2.0


#: Set once this process serves.
_apart = threading.Event()

#: What a process draws before it is asked, so that the first reader does not wait for its start.
_NOTHING: Final = '{"data": {"values": [{"a": 1}]}, "mark": "point", "encoding": {}}'


def draw_apart() -> None:
    """Draw in a process of its own from now on; it starts at once."""
    if not _apart.is_set():
        _apart.set()
        _draughtsman().start()


def drawn(kind: str, spec: str = "") -> bytes:
    """Return what is made of a Vega-Lite chart in JSON, here or by the process beside this one.

    Raises:
        ValueError: it cannot be drawn, or there is no such kind.
    """
    return _draughtsman().draw(kind, spec) if _apart.is_set() else draw(kind, spec)


def draw(kind: str, spec: str) -> bytes:
    """Return what is made of a chart, made here.

    Raises:
        ValueError: there is no such kind.
    """
    import vl_convert

    if kind == "svg":
        return str(vl_convert.vegalite_to_svg(spec)).encode()
    if kind == "png":
        return bytes(vl_convert.vegalite_to_png(spec, scale=_SCALE))
    if kind == "vega":
        return json.dumps(vl_convert.vegalite_to_vega(spec), separators=(",", ":")).encode()
    if kind == "bundle":
        return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")).encode()
    raise ValueError(f"nothing of kind {kind!r} is drawn")


def made_by() -> str:
    """Return the version of what draws: the same bundle comes of the same."""
    return f"vl-convert-python {metadata.version('vl-convert-python')}"


class Draughtsman:
    """A process that draws one thing after the other; started for the first of them."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def draw(self, kind: str, spec: str) -> bytes:
        """Return what is made of a chart.

        Raises:
            ValueError: it cannot be drawn.
        """
        with self._lock:
            try:
                said = self._asked(kind, spec)
            except OSError:  # it has ended: one more is started, and no third
                self.close()
                said = self._asked(kind, spec)
        if said[:1] != b"+":
            raise ValueError(said[1:].decode())
        return said[1:]

    def start(self) -> subprocess.Popen[bytes]:
        """Return the process, started where there is none."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "openlifecycle.publishing.drawing"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        return self._process

    def _asked(self, kind: str, spec: str) -> bytes:
        process = self.start()
        to, back = process.stdin, process.stdout
        if to is None or back is None:
            raise OSError("a process without pipes")
        _write(to, json.dumps([kind, spec]).encode())
        said = _read(back)
        if said is None:
            raise OSError("it ended before it had drawn")
        return said

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@cache
def _draughtsman() -> Draughtsman:
    made = Draughtsman()
    atexit.register(made.close)
    return made


def _write(to: IO[bytes], body: bytes) -> None:
    to.write(len(body).to_bytes(8, "big") + body)
    to.flush()


def _read(back: IO[bytes]) -> bytes | None:
    """Return the next message, None at the end."""
    size = back.read(8)
    return back.read(int.from_bytes(size, "big")) if len(size) == 8 else None


def main() -> None:
    """Draw what is asked for until nobody asks any more."""
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    # an interrupt of the terminal ends the server, which ends this process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    draw("svg", _NOTHING)
    while (said := _read(asked)) is not None:
        kind, spec = json.loads(said)
        try:
            body = b"+" + draw(kind, spec)
        except ValueError as why:  # vl_convert raises this for what it cannot draw
            body = b"-" + str(why).encode()
        _write(answers, body)


if __name__ == "__main__":
    main()
