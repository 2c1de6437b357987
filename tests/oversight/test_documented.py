"""The page of the room lists every check, with the definition that the code has."""

from __future__ import annotations

from pathlib import Path

from openlifecycle.oversight import families
from openlifecycle.oversight.registry import CHECKS

families.load()
PAGE = Path(__file__).resolve().parents[2] / "docs" / "rooms" / "oversight.md"


def test_every_check_is_on_the_page_with_its_definition_and_no_other_is() -> None:
    lines = [
        line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")
    ]
    listed = {line.split("`")[1]: line for line in lines}
    assert set(listed) == set(CHECKS)
    for check in CHECKS.values():
        expected = f"| `{check.id}` | {check.severity} | {check.text} | {check.source} |"
        assert listed[check.id] == expected
