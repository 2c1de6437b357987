"""Each house rule is shown a bad tree, so that a rule that can no longer fail is found out."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import check_hygiene
import check_releases
import check_rooms
import check_sizes
import check_sources
import openlifecycle.sources
from report import outcome


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_an_import_against_the_flow_is_found_even_inside_a_function(tmp_path: Path) -> None:
    package = tmp_path / "src" / "openlifecycle"
    write(package / "vault" / "a.py", "def f():\n    from openlifecycle.cli import main\n")
    write(package / "reading" / "b.py", "from openlifecycle import cli, errors, vault\n")
    write(package / "cli" / "c.py", "import openlifecycle.vault.store\n")
    assert check_rooms.problems(tmp_path) == [
        "src/openlifecycle/reading/b.py:1: reading imports openlifecycle.cli",
        "src/openlifecycle/vault/a.py:2: vault imports openlifecycle.cli",
    ]


def test_a_room_nobody_planned_is_found(tmp_path: Path) -> None:
    write(tmp_path / "src" / "openlifecycle" / "attic" / "a.py", "")
    assert "'attic' is no room" in check_rooms.problems(tmp_path)[0]


def test_a_file_of_500_lines_is_found_and_one_of_499_is_not(tmp_path: Path) -> None:
    write(tmp_path / "src" / "long.py", "x = 1\n" * 500)
    write(tmp_path / "src" / "short.py", "x = 1\n" * 499)
    assert check_sizes.problems(tmp_path) == ["src/long.py: 500 lines"]


def test_a_source_that_reaches_into_the_engine_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "src" / "openlifecycle" / "sources" / "xx_pub" / "series"
    write(folder / "rules.py", "import re\nfrom openlifecycle.kit import x\nimport polars\n")
    write(folder / "more.py", "from openlifecycle.reading import workbook\n")
    found = check_sources.problems(tmp_path)
    assert "xx_pub/series/rules.py:3: imports polars" in found
    assert "xx_pub/series/more.py:1: imports openlifecycle.reading" in found
    assert "xx_pub/series/source.yml: missing" in found
    assert len(found) == 3


@pytest.fixture
def passport(tmp_path: Path) -> Path:
    """A copy of a real, complete passport, in a tree of its own."""
    (sources,) = openlifecycle.sources.__path__
    original = Path(sources) / "us_ice" / "detention_statistics" / "source.yml"
    folder = tmp_path / "src" / "openlifecycle" / "sources" / "us_ice" / "detention_statistics"
    return write(folder / "source.yml", original.read_text())


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("licence: >-\n", "license: >-\n", "unknown field 'license'"),
        ("agreement: none\n", "", "agreement is missing"),
        ("series: us_ice.detention_statistics", "series: us_ice.x", "series is 'us_ice.x'"),
        ("  acronym: ICE\n", "", "publisher.acronym is missing"),
        ("cadence: >-\n", "cadence: Often\nx: >-\n", "cadence has 5 characters"),
    ],
)
def test_a_passport_with_a_hole_is_found(passport: Path, old: str, new: str, problem: str) -> None:
    root = passport.parents[5]
    assert check_sources.problems(root) == []
    text = passport.read_text()
    assert old in text
    passport.write_text(text.replace(old, new))
    assert any(problem in found for found in check_sources.problems(root))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with one committed manifest."""
    write(tmp_path / "store" / "manifests" / "a.json", "{}")
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def _git(root: Path, *words: str) -> None:
    name = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", "-C", str(root), *name, *words], check=True, capture_output=True)


def test_a_new_manifest_is_allowed(repository: Path) -> None:
    write(repository / "store" / "manifests" / "b.json", "{}")
    _git(repository, "add", ".")
    _git(repository, "commit", "-qm", "second")
    assert check_releases.problems(repository) == []


def test_an_edited_manifest_is_found_in_the_work_tree_and_in_history(repository: Path) -> None:
    write(repository / "store" / "manifests" / "a.json", '{"x": 1}')
    assert check_releases.problems(repository) == [
        "store/manifests/a.json: edited in the work tree"
    ]
    _git(repository, "commit", "-qam", "edit")
    (found,) = check_releases.problems(repository)
    assert found.startswith("store/manifests/a.json: edited in commit ")


def test_a_moved_manifest_is_found(repository: Path) -> None:
    _git(repository, "mv", "store/manifests/a.json", "store/manifests/b.json")
    _git(repository, "commit", "-qm", "move")
    assert len(check_releases.problems(repository)) == 1


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("src/utils.py", "", "the name says nothing"),
        ("a.yaml", "", ".yml is the one spelling"),
        ("lock.txt", "--index-" + "url https://example.org/simple\n", "package-index address"),
        ("a.py", 'P = "/wo' + 'rk/main"\n', "a path of one machine"),
        ("a.csv", "Unique Identifier,age\n", "'Unique Identifier' reads like a person's record"),
        ("a.xlsx", "", "cannot be looked into"),
    ],
)
def test_what_belongs_elsewhere_is_found(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    write(tmp_path / name, text)
    write(tmp_path / "facilities.csv", "facility_code,adp\n")
    (found,) = check_hygiene.problems(tmp_path)
    assert problem in found


def test_a_broken_rule_says_why_it_is_there_and_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert outcome("sizes", ["a.py: 900 lines"], why="because", do="split it") == 1
    said = capsys.readouterr().err
    assert "a.py: 900 lines" in said
    assert "why: because" in said
    assert "do:  split it" in said
