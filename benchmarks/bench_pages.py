"""How soon a page is seen and what it weighs, in Chromium against ``olc serve --demo``.

Every page of the navigation, by a reader who has never been here: first after the server's
start (nothing was worked out before), then again. Needs Chromium: ``sh tools/browser.sh``.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, sync_playwright

from openlifecycle.site.listed import VIEWS

#: First contentful paint, in milliseconds, of a page that somebody has asked for before.
PAINT_LIMIT: Final = 500
VISITS: Final = 5
_CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome")
_MEASURED: Final = """() => new Promise(done => {
    const told = () => done({
        paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
        answered: performance.getEntriesByType('navigation')[0].responseStart,
        loaded: [...performance.getEntriesByType('navigation'),
                 ...performance.getEntriesByType('resource')]
            .map(one => [one.initiatorType, one.transferSize]),
    });
    requestAnimationFrame(() => setTimeout(told, 50));
})"""


@dataclass(frozen=True)
class Visit:
    """One first visit of a page."""

    paint: float
    answered: float
    plain: float
    whole: float


@contextmanager
def served() -> Iterator[str]:
    """Serve the demonstration from an empty folder; give the address."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "demonstration"
        words = [str(Path(sys.executable).with_name("olc")), "serve", "--demo"]
        command = [*words, "--store", str(folder), "--port", "0", "--rate", "10000"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdout  # noqa: S101 - a pipe was asked for
            try:
                yield process.stdout.readline().split()[0]
            finally:
                process.terminate()


def visit(browser: Browser, address: str) -> Visit:
    """Open a page as somebody who has nothing of it yet."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address, wait_until="load")
    page.evaluate("[...document.images].forEach(one => { one.loading = 'eager'; })")
    page.wait_for_load_state("networkidle")
    told: dict[str, Any] = page.evaluate(_MEASURED)
    context.close()
    return Visit(
        told["paint"],
        told["answered"],
        sum(size for kind, size in told["loaded"] if kind != "img"),
        sum(size for _kind, size in told["loaded"]),
    )


def main() -> None:
    """Measure and print all pages; end in an error where one is seen too late."""
    named = os.environ.get("OPENLIFECYCLE_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if not found:
        raise SystemExit("no Chromium here: sh tools/browser.sh")
    late = []
    with served() as home, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        visit(browser, home + "limits")  # the browser's own first start is not the page's
        print(f"first contentful paint, ms; {VISITS} visits after the first; KB over the line")
        print(f"{'page':<14}{'first':>8}{'then':>8}{'server':>8}{'text':>8}{'whole':>8}")
        for view in (view for view in VIEWS if view.nav):
            first, *then = (visit(browser, home + view.path[1:]) for _ in range(1 + VISITS))
            paint = statistics.median(one.paint for one in then)
            print(
                f"{view.path:<14}{first.paint:>8.0f}{paint:>8.0f}"
                f"{statistics.median(one.answered for one in then):>8.0f}"
                f"{first.plain / 1000:>8.1f}{first.whole / 1000:>8.1f}"
            )
            if paint > PAINT_LIMIT:
                late.append(view.path)
        browser.close()
    if late:
        raise SystemExit(f"seen later than {PAINT_LIMIT} ms: {', '.join(late)}")


if __name__ == "__main__":
    main()
