"""What the documentation shows is what happens: every command and snippet in it is run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from console_blocks import agrees, commands, stale
from openlifecycle.demo.unpack import starter_store

REPO = Path(__file__).resolve().parents[2]
PAGES = [REPO / "README.md", *sorted((REPO / "docs").rglob("*.md"))]
WITH_COMMANDS = [p for p in PAGES if "```console" in p.read_text()]
SNIPPET = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SNIPPETS = [(p.name, text) for p in PAGES for text in SNIPPET.findall(p.read_text())]
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The starter store, which every documented command asks; noise is of a fixed key."""
    folder = tmp_path_factory.mktemp("docs") / "starter"
    starter_store(folder)
    key = folder.parent / "cell-key"
    key.write_bytes(bytes(range(32)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENLIFECYCLE_CELL_KEY_FILE", str(key))
        yield folder


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda p: p.name)
def test_every_command_prints_what_the_page_shows(page: Path, starter: Path) -> None:
    assert stale(page.read_text(), starter) == [], "run make docs and look at what changed"


@pytest.mark.parametrize(("name", "text"), SNIPPETS)
def test_every_snippet_runs(name: str, text: str, starter: Path, tmp_path: Path) -> None:
    env = {**os.environ, "OPENLIFECYCLE_STORE": str(starter)}
    done = subprocess.run(
        [sys.executable, "-"], input=text, text=True, capture_output=True, env=env, cwd=tmp_path
    )
    assert done.returncode == 0, f"{name}:\n{text}\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(REPO)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text()) if not link.startswith("http")]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_shows_the_two_commands_first() -> None:
    first_screen = (REPO / "README.md").read_text().splitlines()[:20]
    assert "make run" in first_screen
    assert "make test" in first_screen


def test_a_changed_output_is_noticed() -> None:
    ((command, shown),) = commands("$ olc measures\none\ntwo\n")
    assert command == "olc measures"
    assert agrees(shown, "one\ntwo\n")
    assert not agrees(shown, "one\nthree\n")


def test_a_gap_stands_for_lines_left_out_but_not_for_order() -> None:
    assert agrees("one\n...\nthree\n", "one\ntwo\nthree\n")
    assert not agrees("three\n...\none\n", "one\ntwo\nthree\n")
