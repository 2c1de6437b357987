"""tools/browser.sh: Chromium is installed when missing, and tests go on without it otherwise."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import REPO

#: What the script itself needs; everything else, every browser above all, is hidden from it.
NEEDED = ("sh", "id", "env")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of commands with all that the script needs, and no browser and no apt-get."""
    for name in NEEDED:
        found = shutil.which(name)
        assert found, name
        (tmp_path / name).symlink_to(found)
    return tmp_path


def _stub(path: Path, text: str) -> None:
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


def _run(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(folder / "sh"), str(REPO / "tools" / "browser.sh")],
        env={"PATH": str(folder), **more},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_that_is_there_is_left_alone(bare: Path, name: str) -> None:
    _stub(bare / name, "")
    _stub(bare / "apt-get", f"echo called >>{bare}/log\n")
    done = _run(bare)
    assert (done.returncode, done.stderr, (bare / "log").exists()) == (0, "", False)


@pytest.mark.skipif(os.getuid() != 0, reason="only root may install")
def test_it_is_installed_with_apt_when_missing_after_an_update(bare: Path) -> None:
    touch, chmod = shutil.which("touch"), shutil.which("chmod")
    _stub(
        bare / "apt-get",
        f"""echo "$*" >>{bare}/log
case "$1" in
    update) {touch} {bare}/updated ;;
    install) [ -e {bare}/updated ] || exit 100
        {touch} {bare}/chromium; {chmod} 755 {bare}/chromium ;;
esac
""",
    )
    done = _run(bare)
    assert done.returncode == 0
    assert "installing it with apt-get" in done.stderr
    assert f"Chromium: {bare}/chromium" in done.stderr
    asked = (bare / "log").read_text().splitlines()
    assert [line.split()[0] for line in asked] == ["install", "update", "install"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root may install")
def test_an_apt_that_cannot_is_said_and_does_not_stop_the_tests(bare: Path) -> None:
    _stub(bare / "apt-get", "exit 100\n")
    done = _run(bare)
    assert done.returncode == 0
    assert "skipped by name" in done.stderr


def test_no_right_to_install_is_said_with_what_to_do(bare: Path) -> None:
    _stub(bare / "apt-get", f"echo called >>{bare}/log\n")
    (bare / "id").unlink()
    _stub(bare / "id", "echo 1000\n")
    done = _run(bare)
    assert done.returncode == 0
    assert "apt-get install -y chromium" in done.stderr
    assert "OPENLIFECYCLE_CHROMIUM" in done.stderr
    assert not (bare / "log").exists()


def test_a_browser_that_was_named_and_is_not_there_is_said_not_replaced(bare: Path) -> None:
    _stub(bare / "apt-get", f"echo called >>{bare}/log\n")
    done = _run(bare, OPENLIFECYCLE_CHROMIUM="/nowhere/chromium")
    assert done.returncode == 0
    assert "/nowhere/chromium" in done.stderr
    assert not (bare / "log").exists()
