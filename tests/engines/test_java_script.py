"""tools/java.sh: Java is installed when missing, and tests go on without it when it cannot be."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import REPO

#: What the script itself needs; everything else, Java above all, is hidden from it.
NEEDED = ("sh", "sed", "head", "id", "env")


def _stub(path: Path, text: str) -> None:
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of commands with all that the script needs, and no Java and no apt-get."""
    for name in NEEDED:
        found = shutil.which(name)
        assert found, name
        (tmp_path / name).symlink_to(found)
    return tmp_path


def _run(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(folder / "sh"), str(REPO / "tools" / "java.sh")],
        env={"PATH": str(folder), **more},
        capture_output=True,
        text=True,
    )


def test_java_that_is_there_is_left_alone(bare: Path) -> None:
    _stub(bare / "java", """echo 'openjdk version "21.0.1" 2023-10-17' >&2\n""")
    _stub(bare / "apt-get", "echo called >>$LOG\n")
    log = bare / "log"
    assert (_run(bare, LOG=str(log)).returncode, log.exists()) == (0, False)


@pytest.mark.skipif(os.getuid() != 0, reason="only root may install")
@pytest.mark.parametrize("offered", ["openjdk-17-jre-headless", "openjdk-21-jre-headless"])
def test_java_is_installed_with_apt_when_missing(bare: Path, offered: str) -> None:
    version = offered.split("-")[1]
    stub = f"""#!/bin/sh\\necho 'openjdk version "{version}.0.1"' >&2\\n"""
    _stub(
        bare / "apt-get",
        f"""echo "$*" >>{bare}/log
case "$*" in
    *" {offered}") printf "{stub.replace('"', chr(92) + '"')}" >{bare}/java
        {shutil.which("chmod")} 755 {bare}/java ;;
    *) exit 100 ;;
esac
""",
    )
    done = _run(bare)
    assert done.returncode == 0
    assert "installing it with apt-get" in done.stderr
    assert f"Java: {bare}/java" in done.stderr
    asked = (bare / "log").read_text()
    assert offered in asked.splitlines()[-1]


@pytest.mark.skipif(os.getuid() != 0, reason="only root may install")
def test_an_apt_that_cannot_is_said_and_does_not_stop_the_tests(bare: Path) -> None:
    _stub(bare / "apt-get", "exit 100\n")
    done = _run(bare)
    assert done.returncode == 0
    assert "skipped by name" in done.stderr


def test_no_apt_is_said_and_does_not_stop_the_tests(bare: Path) -> None:
    done = _run(bare)
    assert done.returncode == 0
    assert "skipped by name" in done.stderr
    assert "apt-get install -y openjdk-17" in done.stderr


def test_an_old_java_that_was_chosen_on_purpose_is_said_not_replaced(bare: Path) -> None:
    home = bare / "old"
    (home / "bin").mkdir(parents=True)
    _stub(home / "bin" / "java", """echo 'openjdk version "11.0.2"' >&2\n""")
    _stub(bare / "apt-get", f"echo called >>{bare}/log\n")
    done = _run(bare, JAVA_HOME=str(home))
    assert done.returncode == 0
    assert f"JAVA_HOME is {home}" in done.stderr
    assert not (bare / "log").exists()
