"""``make run``: pages at a printed address, on the demonstration or on a store of one's own."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from openlifecycle.cli.browser import has_display
from openlifecycle.cli.main import cli
from openlifecycle.demo.showing import PERSONS, showing_store
from openlifecycle.errors import StoreProblem
from tests.browser.conftest import TIMEOUT, Shown, serve, serving
from tests.conftest import REPO

needs_environment = pytest.mark.skipif(
    not (REPO / ".venv" / "bin" / "olc").exists(), reason="make env was not run here"
)


def test_it_says_where_the_pages_are_and_what_they_show(shown: Shown) -> None:
    assert shown.said.startswith("http://127.0.0.1:")
    assert "figures of the workbooks that ICE published" in shown.said
    assert "SYNTHETIC" in shown.said
    assert f"{PERSONS:,} persons" in shown.said
    assert str(shown.demonstration / "store") in shown.said


def test_the_pages_and_the_api_answer(shown: Shown) -> None:
    assert "<h1>" in httpx.get(shown.address, timeout=TIMEOUT).text
    api = httpx.get(shown.address + "api/v1/releases", timeout=TIMEOUT).json()
    assert len(api["rows"]) == 81  # the table of releases in the starter set's README


def test_a_second_start_makes_nothing_again_and_opens_the_browser(
    shown: Shown, tmp_path: Path
) -> None:
    told, script = tmp_path / "told", tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" >{told}\n')
    script.chmod(0o755)
    env = {**shown.env, "DISPLAY": ":77", "BROWSER": f"{script} %s"}
    with serving(serve("--demo", "--browser"), env) as (said, process):
        address = said.split()[0]
        assert httpx.get(address, timeout=TIMEOUT).status_code == 200
        deadline = time.monotonic() + 20
        while not (told.exists() and told.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert told.read_text().strip() == address
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "SYNTHETIC" in err
    assert "unpacking" not in err
    assert "Traceback" not in err


def test_a_machine_without_a_display_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not has_display()


def test_a_store_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["serve", "--store", str(tmp_path / "no")])
    assert done.exit_code == 5
    assert str(tmp_path / "no") in done.output


@needs_environment
@pytest.mark.parametrize("words", [(), ("STORE",)])
def test_make_run_serves_until_it_is_stopped(shown: Shown, words: tuple[str, ...]) -> None:
    named = [f"{word}={shown.demonstration / 'store'}" for word in words]
    command = ["make", "--no-print-directory", "run", "PORT=0", *named]
    with serving(command, shown.env) as (said, process):
        address = said.split()[0]
        assert httpx.get(address, timeout=TIMEOUT).status_code == 200
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it
        _out, err = process.communicate(timeout=20)
    assert ("SYNTHETIC" in err) == (not words)
    assert "Traceback" not in err
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)


def test_a_half_made_demonstration_is_made_again_and_a_strange_folder_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openlifecycle.demo.showing.PERSONS", 20)
    folder = tmp_path / "demonstration"
    folder.mkdir()
    (folder / "demonstration.begun").touch()
    (folder / "left over").touch()
    steps: list[str] = []
    store = showing_store(folder, steps.append)
    assert len(steps) == 3
    assert not (folder / "left over").exists()
    assert showing_store(folder, steps.append) == store
    assert len(steps) == 3
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "mine").touch()
    with pytest.raises(StoreProblem, match="left alone"):
        showing_store(strange)
    assert (strange / "mine").exists()
