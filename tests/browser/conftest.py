"""A person at the pages: ``olc serve --demo`` as ``make run`` starts it, and Debian's Chromium."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from openlifecycle.site.listed import VIEWS
from tests.browser.links import Followed, followed
from tests.conftest import REPO

#: What a person waits at most before a test gives up; the machine may be busy.
PATIENCE_MS = 120_000
#: The server waits for what it works on, so that on a busy machine no page says "not yet"; whoever
#: asks without a browser waits longer than that.
PATIENCE = "120"
TIMEOUT = 150.0


#: Asked of the pages of the navigation always; of the others, which share their looks, when
#: there is time.
_WHEN_THERE_IS_TIME = (
    "test_it_keeps_them_in_the_dark",
    "test_links_and_pictures_of_a_page_answer",
)
_FIRST = {view.name for view in VIEWS if view.nav}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker has the browser and the server; what takes long and says little more is heavy."""
    for item in items:
        if Path(__file__).parent not in item.path.parents:
            continue
        item.add_marker(pytest.mark.xdist_group("browser"))
        name, _, view = item.name.rstrip("]").partition("[")
        if name in _WHEN_THERE_IS_TIME and view not in _FIRST:
            item.add_marker(pytest.mark.heavy)


@dataclass(frozen=True)
class Shown:
    """The server, what it said when it started, and the environment it was started in."""

    address: str
    said: str
    env: dict[str, str]

    @property
    def demonstration(self) -> Path:
        """Return the folder that holds the store shown."""
        return Path(self.env["XDG_DATA_HOME"]) / "openlifecycle" / "demonstration"


@contextmanager
def serving(words: list[str], env: dict[str, str]) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a command that serves; give its first line, and stop it at the end."""
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env,
        cwd=REPO, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stderr
        try:
            said = process.stdout.readline()
            assert said, process.stderr.read()
            yield said, process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.communicate(timeout=60)


def serve(*words: str) -> list[str]:
    """Return the command that serves, on any free port."""
    return [sys.executable, "-m", "openlifecycle", "serve", *words, "--port", "0"]


@pytest.fixture(scope="package")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """The pages on the starter figures and the invented records, as ``make run`` shows them."""
    home = tmp_path_factory.mktemp("home")
    env = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "data")}
    for name in ("OPENLIFECYCLE_STORE", "DISPLAY", "WAYLAND_DISPLAY"):
        env.pop(name, None)
    log = home / "serve.log"
    with (
        log.open("w") as to,
        subprocess.Popen(
            serve("--demo", "--rate", "10000", "--patience", PATIENCE),
            stdout=subprocess.PIPE, stderr=to, text=True, env=env,
        ) as process,
    ):  # fmt: skip
        assert process.stdout
        said = process.stdout.readline()
        assert said, log.read_text()
        try:
            yield Shown(said.split()[0], said + log.read_text(), env)
        finally:
            process.terminate()
            process.wait(timeout=60)


@pytest.fixture(scope="package")
def walk(shown: Shown) -> Followed:
    """For each page, an address of it that the other pages link to."""
    with httpx.Client(base_url=shown.address, timeout=TIMEOUT) as client:
        return followed(client)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all tests here."""
    named = os.environ.get("OPENLIFECYCLE_CHROMIUM")
    found = named or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if not found:
        pytest.skip("needs Chromium: sh tools/browser.sh installs it or says how")
    with sync_playwright() as driver:
        # a container has neither the kernel's sandbox for root nor much shared memory
        args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = driver.chromium.launch(executable_path=found, args=args)
        yield browser
        browser.close()


@dataclass
class Seat:
    """A person before one page, and all that the browser saw and said meanwhile."""

    page: Page
    home: str
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen to everything from the first moment on."""
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", lambda said: self._console(said.type, said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda one: self._failed(one.url, one.failure or ""))
        self.page.on("request", lambda one: self._request(one.url))

    def _console(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{kind}: {text}")

    def _failed(self, address: str, why: str) -> None:
        if "ERR_ABORTED" not in why:  # a picture given up for its dark or small form
            self.complaints.append(f"{why}: {address}")

    def _request(self, address: str) -> None:
        if urlsplit(address).scheme not in ("data", "blob") and not address.startswith(self.home):
            self.elsewhere.append(address)


class Room:
    """Hands out seats; everything is closed when the test is over."""

    def __init__(self, browser: Browser, home: str) -> None:
        self._browser = browser
        self._home = home
        self._contexts: list[BrowserContext] = []

    def seat(self, address: str, **how: Any) -> Seat:
        """Open a page in a browser that has never been here."""
        # what moves may be measured half way
        context = self._browser.new_context(base_url=self._home, reduced_motion="reduce", **how)
        self._contexts.append(context)
        seat = Seat(context.new_page(), self._home)
        answer = seat.page.goto(address, wait_until="load")
        assert answer is not None
        assert answer.status == 200, f"{address}: {answer.status}\n{answer.text()[:500]}"
        return seat

    def close(self) -> None:
        """Close every seat."""
        for context in self._contexts:
            context.close()


@pytest.fixture
def room(chromium: Browser, shown: Shown) -> Iterator[Room]:
    """Seats for one test."""
    made = Room(chromium, shown.address)
    yield made
    made.close()
